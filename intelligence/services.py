"""Changes to what is known."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from foundation import audit
from foundation.permissions import require
from intelligence.models import ExchangeRate
from intelligence.rates import forget_rates

COLUMNS = ("day", "currency", "per_usd", "source")
SHIPPED = Path(__file__).parent / "data" / "rates.csv"


class RatesFileError(ValueError):
    """A rates file that cannot be taken; the message names the line."""


@transaction.atomic
def import_rates(*, path: Path, actor: audit.Actor, reason: str = "") -> int:
    """Store the rates of a CSV file (day,currency,per_usd,source); returns how many rows it had.

    All or nothing; a rate that is there already for its day is replaced, so a second run of the
    same file changes nothing.
    """
    with path.open(newline="", encoding="utf-8-sig") as handle:
        rates = list(_read(handle))
    ExchangeRate.objects.bulk_create(
        rates,
        update_conflicts=True,
        unique_fields=["currency", "day"],
        update_fields=["per_usd", "source"],
    )
    audit.record(
        actor=actor,
        action="intelligence.import_rates",
        subject=f"intelligence.exchangerate:{path.name}",
        before=None,
        after={"rows": len(rates)},
        reason=reason,
    )
    transaction.on_commit(forget_rates)
    return len(rates)


@transaction.atomic
def save_rate(*, rate: ExchangeRate, by: audit.Actor, reason: str = "") -> ExchangeRate:
    """Store one new or corrected rate; in force within a minute everywhere."""
    require(by, f"intelligence.{'change' if rate.pk else 'add'}_exchangerate")
    rate.full_clean()
    stored = ExchangeRate.objects.select_for_update().filter(pk=rate.pk).first()
    rate.save()
    audit.record(
        actor=by,
        action="intelligence.rate",
        subject=f"intelligence.exchangerate:{rate}",
        before={"per_usd": str(stored.per_usd), "source": stored.source} if stored else None,
        after={"per_usd": str(rate.per_usd), "source": rate.source},
        reason=reason,
    )
    transaction.on_commit(forget_rates)
    return rate


def _read(lines: Iterable[str]) -> Iterator[ExchangeRate]:
    reader = csv.DictReader(lines, strict=True)
    seen: set[tuple[str, date]] = set()
    try:
        header = tuple(reader.fieldnames or ())
        if sorted(header) != sorted(COLUMNS):
            raise RatesFileError(f"the first line must be {','.join(COLUMNS)}")
        for row in reader:
            if None in row:
                raise RatesFileError(f"line {reader.line_num} has more fields than the first line")
            rate = _rate(row, reader.line_num)
            if (rate.currency, rate.day) in seen:
                raise RatesFileError(
                    f"line {reader.line_num}: a second rate of {rate.currency} for {rate.day}"
                )
            seen.add((rate.currency, rate.day))
            yield rate
    except csv.Error as error:
        raise RatesFileError(f"the row after line {reader.line_num}: {error}") from error
    except UnicodeDecodeError as error:
        raise RatesFileError("the file is not UTF-8 text") from error


def _rate(row: dict[str, str], line: int) -> ExchangeRate:
    try:
        rate = ExchangeRate(
            day=date.fromisoformat(row["day"]),
            currency=row["currency"],
            per_usd=Decimal(row["per_usd"]),
            source=row["source"],
        )
        rate.clean_fields()
    except ValidationError as error:
        ((field, words), *_) = error.message_dict.items()
        raise RatesFileError(f"line {line}: {field}: {' '.join(words)}") from error
    except (TypeError, ValueError, InvalidOperation) as error:
        expected = f"expected {','.join(COLUMNS)}"
        raise RatesFileError(f"line {line}: {error!r}; {expected}") from error
    if rate.per_usd <= 0:
        raise RatesFileError(f"line {line}: {rate.currency!r} at {rate.per_usd} is no rate")
    if "\0" in rate.source:
        raise RatesFileError(f"line {line}: source: the character NUL cannot be stored")
    return rate
