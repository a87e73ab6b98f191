"""What a result says of itself: what was assumed, and what was left out."""

import datetime as dt
from collections.abc import Iterable, Iterator

from features.catalogue import CATALOGUE
from features.types import Type
from intelligence.lookup import TEXTS
from studio.backtest.contract import Group, Window
from studio.backtest.programs import Program


def always(window: Window, *, mixed: bool, currency: str) -> Iterator[str]:
    """What holds of every backtest."""
    yield (
        "Each event is decided again as it was; that people behave otherwise under other rules is "
        "not simulated."
    )
    yield "The hold-out lane is left out on both sides."
    if window.known == "then":
        yield (
            f"A label counts if it was known within {window.maturity_days} days of its "
            "transaction; later ones are left out."
        )
    if mixed:
        yield (
            f"The institutions keep different currencies; amounts are in {currency}, at the "
            "day's rate."
        )


def immature(window: Window, whole: Group, now: dt.datetime) -> Iterator[str]:
    """What to mind about labels."""
    if not whole.fraud + whole.genuine:
        yield "No decision has a label, so precision, recall and money cannot be told."
        return
    if not whole.genuine:
        yield "Only fraud has labels here, so precision is overstated."
    ripe = now - dt.timedelta(days=window.maturity_days)
    if window.until > ripe:
        yield (
            f"The window ends less than {window.maturity_days} days ago; further labels may "
            "become known."
        )


def late_history(window: Window, first: dt.date) -> Iterator[str]:
    """That figures a day are of less than the window; `first` is the day of its first decision."""
    if first > window.first_day:
        yield f"The first decision is of {first}; figures a day are of the time since."


def unrated(rows: int, currency: str) -> Iterator[str]:
    """What the sums lack."""
    if rows:
        yield f"{rows:,} amounts are in no sum, for want of an exchange rate into {currency}."


def asked_lists(programs: Iterable[Program]) -> Iterator[str]:
    """Look-ups that need not have been made then: of texts for which only rules ask."""
    pairs = {pair for program in programs for pair in program.lists}
    for feature, name in sorted(pairs):
        if feature not in TEXTS and CATALOGUE[feature].type is not Type.IDENTIFIER:
            yield (
                f"Whether {feature} is on the list {name} is known only where a rule asked "
                "then; elsewhere it counts as not listed."
            )
