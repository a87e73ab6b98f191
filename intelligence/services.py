"""Changes to what is known."""

import csv
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.db import transaction

from foundation import audit
from foundation.permissions import require
from intelligence.models import ExchangeRate
from intelligence.rates import forget_rates

SHIPPED = Path(__file__).parent / "data" / "rates.csv"


class RatesFileError(ValueError):
    """A rates file that cannot be taken; the message names the line."""


@transaction.atomic
def import_rates(*, path: Path, actor: audit.Actor, reason: str = "") -> int:
    """Store the rates of a CSV file (day,currency,per_usd,source); returns how many rows it had.

    All or nothing; a rate that is there already for its day is replaced, so a second run of the
    same file changes nothing.
    """
    with path.open(newline="", encoding="utf-8") as handle:
        rates = list(_read(csv.DictReader(handle)))
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


def _read(rows: Iterable[dict[str, str]]) -> Iterable[ExchangeRate]:
    for number, row in enumerate(rows, start=2):
        try:
            rate = ExchangeRate(
                day=date.fromisoformat(row["day"]),
                currency=row["currency"],
                per_usd=Decimal(row["per_usd"]),
                source=row["source"],
            )
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise RatesFileError(
                f"line {number}: {error!r}; expected day,currency,per_usd,source"
            ) from error
        if not (len(rate.currency) == 3 and rate.currency.isupper() and rate.per_usd > 0):
            raise RatesFileError(f"line {number}: {rate.currency!r} at {rate.per_usd} is no rate")
        yield rate
