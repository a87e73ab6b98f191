"""What the environment may say, and how it is told off."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from fraudshield import environment


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("2026-01-31", 1769817600.0),
        ("2026-01-31T00:00Z", 1769817600.0),
        ("2026-01-31T01:00+01:00", 1769817600.0),
    ],
)
def test_a_moment_is_read_in_utc_unless_it_says_otherwise(monkeypatch, text, seconds):
    monkeypatch.setenv("GATEWAY_EPOCH", text)
    assert environment.moment("GATEWAY_EPOCH") == seconds


@pytest.mark.parametrize("text", ["soon", "31.01.2026", "1769817600.5", "2026-02-30"])
def test_what_is_no_moment_stops_the_start(monkeypatch, text):
    monkeypatch.setenv("GATEWAY_EPOCH", text)
    with pytest.raises(ImproperlyConfigured, match="GATEWAY_EPOCH"):
        environment.moment("GATEWAY_EPOCH")
