"""What an import does after each share: what follows from its rows is known to the next ones."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError

from features.catalogue import CATALOGUE
from features.vector import unpack
from foundation import redis_scripts
from foundation.models import OutboxEvent
from intake.imports import importing, share
from intake.imports.registry import FORMATS
from intake.imports.rows import Row
from intake.tests.import_cast import run_import, write_jsonl
from scoring.models import CustomerProfile, Decision

pytestmark = pytest.mark.usefixtures("bank")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def rows(count, **fields):
    return [
        {
            "transaction_id": f"n-{number}",
            "user_id": "ada",
            "merchant_id": "shop",
            "amount": 100 + number,
            "timestamp": (START + timedelta(hours=6 * number)).isoformat(),
            **fields,
        }
        for number in range(count)
    ]


def feature(number, name):
    decision = Decision.objects.get(transaction__external_id=f"n-{number}")
    values = unpack(decision.numbers, decision.texts, decision.catalogue_version)
    return values[CATALOGUE.index[name]]


def test_habits_are_learned_while_rows_come_in(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "SHARE", 5)
    run_import(write_jsonl(tmp_path / "f.jsonl", rows(20)), "native")
    assert feature(0, "transactions_in_profile") == 0
    assert 15 <= feature(19, "transactions_in_profile") <= 19
    assert CustomerProfile.objects.count() == 1
    assert not OutboxEvent.objects.filter(handled_at=None).exists()


def test_a_fraud_counts_from_the_time_when_it_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "SHARE", 2)
    history = rows(24)
    history[1] |= {"is_fraud": True, "label_known_at": (START + timedelta(days=3)).isoformat()}
    run_import(write_jsonl(tmp_path / "f.jsonl", history), "native")
    known = [feature(number, "previous_fraud_count") for number in range(24)]
    first = known.index(1)
    assert known == [0] * first + [1] * (24 - first)
    assert (
        12 < first <= 18
    )  # three days are twelve rows; it is told some windows later, never before


def test_without_redis_an_import_stops_and_goes_on_later(tmp_path, settings, monkeypatch):
    monkeypatch.setattr(share, "PATIENCE", 1)
    monkeypatch.setattr(share, "PAUSE_SECONDS", 0)
    path = write_jsonl(tmp_path / "f.jsonl", rows(3))
    address, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    with pytest.raises(CommandError, match="Redis does not answer"):
        run_import(path, "native")
    assert Decision.objects.count() == 0
    settings.REDIS_URL = address
    redis_scripts.forget_failure()
    run_import(path, "native")
    assert feature(2, "transactions_last_day") == 3


def test_no_row_of_a_sparse_history_comes_too_late_to_be_counted(tmp_path):
    run_import(write_jsonl(tmp_path / "f.jsonl", rows(60)), "native")
    assert Decision.objects.count() == 60
    assert not Decision.objects.filter(inputs__late=True).exists()


def test_no_window_of_rows_spans_more_than_a_quarter_of_a_day():
    given = [Row(number, fields) for number, fields in enumerate(rows(60), start=1)]
    windows = list(importing._windows(given, 10, FORMATS["native"]))
    assert [row for window in windows for row in window] == given
    times = [[FORMATS["native"].event_time(row.fields) for row in window] for window in windows]
    assert all(theirs[-1] - theirs[0] <= 6 * 3_600 for theirs in times)
    assert len(windows) == 30
