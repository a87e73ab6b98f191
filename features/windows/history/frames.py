"""What goes in: a frame with one row an event, in the order in which the events were recorded.

    occurred_at   epoch seconds
    base_amount   what was moved, in the institution's currency; null without a rate
    <party>       who took part (customer, card, device, ip, email, phone, address, merchant,
                  beneficiary, seller, agent): texts, bytes or numbers that tell them apart; null
                  if not known
    country       where, as a code
    amount        as it was stated: the member that a payment is told by
    <condition>   small, round, refund, loan, cash_out, approved, declined: true or not

Only ``occurred_at`` must be there. What has no column is never known, and never true. Entities and
members of several parts (`customer_merchant`, `payment`) are put together from these, unless they
have a column of their own.
"""

from collections.abc import Iterable, Sequence

import polars as pl

from features.windows.declaring import CONDITIONS, ENTITIES, MEMBERS
from features.windows.happening import FLAGS, Happening

_PARTS = {**MEMBERS, **ENTITIES}


def frame_of(
    happenings: Sequence[Happening], outcomes: Iterable[int | None] | None = None
) -> pl.DataFrame:
    """The frame of these happenings; outcomes are flags (`FLAGS`), or None where there was none."""
    flags = [
        one.flags | (outcome or 0)
        for one, outcome in zip(happenings, outcomes or [0] * len(happenings), strict=True)
    ]
    columns = {
        "occurred_at": pl.Series([one.occurred_at for one in happenings], dtype=pl.Float64),
        "base_amount": pl.Series([one.amount for one in happenings], dtype=pl.Float64),
    }
    for name in _PARTS:
        kept = [(one.entities if name in ENTITIES else one.members).get(name) for one in happenings]
        columns[name] = pl.Series(kept, dtype=pl.Binary)
    for name in CONDITIONS:
        columns[name] = pl.Series([flag & FLAGS[name] != 0 for flag in flags], dtype=pl.Boolean)
    return pl.DataFrame(columns)


def prepared(events: pl.DataFrame) -> pl.DataFrame:
    """The frame with a payee where it can be told, and all columns that a calculation reads."""
    present = [pl.col(name) for name in ("merchant", "beneficiary") if name in events.columns]
    if present and "payee" not in events.columns:
        events = events.with_columns(payee=pl.coalesce(present))
    amount = pl.col("base_amount") if "base_amount" in events.columns else pl.lit(None, pl.Float64)
    return events.with_columns(
        pl.col("occurred_at").cast(pl.Float64),
        base_amount=amount.cast(pl.Float64),
        **{
            name: pl.col(name).fill_null(value=False) if name in events.columns else pl.lit(False)
            for name in CONDITIONS
        },
    )


def numbered(events: pl.DataFrame, name: str) -> pl.Series | None:
    """An entity or member by number, null where a part is not known; None where it never is."""
    parts = [name] if name in events.columns else list(_PARTS[name])
    if not set(parts) <= set(events.columns):
        return None
    told = events.select(parts)
    numbers = told.drop_nulls().unique().with_row_index("number")
    return told.join(numbers, on=parts, how="left", maintain_order="left")["number"].cast(pl.Int64)
