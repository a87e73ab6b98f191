"""Exchange rates: import, look-up by day, refresh."""

from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command

from foundation.models import AuditEntry
from intelligence.models import ExchangeRate
from intelligence.rates import RateTable, current_rates, forget_rates
from intelligence.services import SHIPPED, import_rates

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC).timestamp()
TABLE = RateTable(
    [
        ("NGN", date(2026, 1, 1), 1500.0),
        ("NGN", date(2026, 1, 11), 1600.0),
        ("EUR", date(2026, 1, 5), 0.8),
    ]
)


@pytest.mark.parametrize(
    ("currency", "day", "expected"),
    [
        ("NGN", date(2026, 1, 1), 1500.0),
        ("NGN", date(2026, 1, 10), 1500.0),
        ("NGN", date(2026, 1, 11), 1600.0),
        ("NGN", date(2030, 1, 1), 1600.0),
        ("NGN", date(1990, 1, 1), 1500.0),
        ("USD", date(1990, 1, 1), 1.0),
        ("XXX", date(2026, 1, 1), None),
    ],
)
def test_the_last_known_day_counts(currency, day, expected):
    assert TABLE.per_usd(currency, day) == expected


def test_amounts_convert_into_the_transactions_currency():
    assert TABLE.into("NGN", ["USD", "EUR", "NGN", "XXX"], NOON) == {
        "USD": 1500.0,
        "EUR": 1875.0,
        "NGN": 1.0,
    }
    assert TABLE.into("XXX", ["USD", "XXX"], NOON) == {"XXX": 1.0}


@pytest.mark.django_db
def test_the_shipped_rates_load_and_twice_changes_nothing():
    call_command("import_rates", verbosity=0)
    first = ExchangeRate.objects.count()
    call_command("import_rates", verbosity=0)
    assert ExchangeRate.objects.count() == first > 30
    assert AuditEntry.objects.filter(action="intelligence.import_rates").count() == 2


@pytest.mark.django_db
def test_a_start_does_not_touch_edited_rates():
    call_command("import_rates", "--if-empty", verbosity=0)
    ExchangeRate.objects.filter(currency="NGN").update(per_usd=1)
    call_command("import_rates", "--if-empty", verbosity=0)
    assert ExchangeRate.objects.get(currency="NGN").per_usd == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "line",
    [
        "2026-13-01,NGN,1,x",
        "2026-01-01,NGN,-1,x",
        "2026-01-01,NGN,NaN,x",
        "2026-01-01,NGN,Infinity,x",
        "2026-01-01,NGN,1e400,x",
        "2026-01-01,NGN,1e15,x",
        "2026-01-01,ngn,1,x",
        "2026-01-01,N\0N,1,x",
        "2026-01-01,NGN,1,x\0",
        f"2026-01-01,NGN,1,{'x' * 121}",
        "2026-01-01,NGN",
        "2026-01-01,NGN,1,x,y",
        "2026-01-01,KES,1,x",
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_stored(tmp_path, line):
    file = tmp_path / "rates.csv"
    file.write_text(f"day,currency,per_usd,source\n2026-01-01,KES,129,x\n{line}\n")
    with pytest.raises(CommandError, match="line 3"):
        call_command("import_rates", str(file))
    assert not ExchangeRate.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "first line must be day,currency,per_usd,source"),
        (b"day,currency,per_usd\n", "first line must be"),
        (b"day,currency,per_usd,source,day\n", "first line must be"),
        (b"day,currency,per_usd,source\n2026-01-01,NGN,1,B\xfccher\n", "not UTF-8"),
        (b'day,currency,per_usd,source\n2026-01-01,NGN,1,"x\n', "the row after line 1"),
    ],
)
def test_a_rates_file_of_another_shape_is_refused(tmp_path, content, message):
    file = tmp_path / "rates.csv"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=message):
        call_command("import_rates", str(file))


@pytest.mark.django_db(transaction=True)
def test_an_import_is_seen_at_once_in_its_own_process():
    forget_rates()
    assert current_rates().per_usd("NGN", date(2026, 1, 1)) is None
    import_rates(path=SHIPPED, actor="test")
    assert current_rates().per_usd("NGN", date(2026, 1, 1)) == 1530.0
    forget_rates()
