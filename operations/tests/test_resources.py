"""This machine's use, and when it is an alert."""

import pytest

from operations import resources


@pytest.fixture
def used(monkeypatch):
    figures = {"cpu": 79.9, "memory": 85.0, "disk": 97.5}
    meters = {name: (lambda name=name: figures[name]) for name in figures}
    monkeypatch.setattr(resources, "_METERS", meters)
    monkeypatch.setattr(resources, "_last", None)
    return figures


def test_what_reaches_its_threshold_is_an_alert(used):
    alerts = resources.alerts_of(resources.measure())
    assert [(one.resource, one.severity, one.threshold) for one in alerts] == [
        ("memory", "warning", 85.0),
        ("disk", "critical", 90.0),
    ]


def test_a_threshold_is_the_settings(used, settings):
    settings.ALERT_THRESHOLDS = {"cpu": 10, "memory": 99, "disk": 99}
    assert [one.resource for one in resources.alerts_of(resources.measure())] == ["cpu"]


def test_a_measurement_is_given_again_until_it_is_old(used, monkeypatch):
    first = resources.measure()
    used["cpu"] = 12.0
    assert resources.measure() == first
    monkeypatch.setattr(resources, "FRESH_SECONDS", -1)
    assert resources.measure()[0].used == 12.0


def test_this_machine_is_really_measured(monkeypatch):
    monkeypatch.setattr(resources, "_last", None)
    measured = {one.resource: one.used for one in resources.measure()}
    assert measured.keys() == {"cpu", "memory", "disk"}
    assert 0 < measured["memory"] < 100
    assert 0 <= measured["cpu"] <= 100
    assert 0 <= measured["disk"] <= 100
