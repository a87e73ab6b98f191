"""When a rule has left its bounds. Pure: counts and bounds in, findings out.

A share counts as beyond its bound only when the whole 95 % interval (Wilson) lies beyond it, so a
few hits of a quiet night demote nothing.

What is judged depends on the effect of a hit:

- `score` and `review` are opinions: share of traffic, hits a day, precision, errors.
- `decline` is a certainty or a policy: precision only where a bound is set for this very rule (an
  expired card is no fraud). One that asks a list is judged by its errors alone: people put its
  entries there, and an attack from listed places must not switch it off.
- `allow` lets through: share, hits a day and errors; that its hits are genuine is what it is for.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from scoring.reports.figures import wilson

Cause = Literal["share", "hits", "precision", "errors"]

LEAST_DECISIONS: Final = 1_000
"""With fewer in the time looked at no share is judged."""
LEAST_ERRORS: Final = 20
PROVEN: Final = 0.5
"""A rule whose precision is surely above this has proved itself."""
PROVEN_FACTOR: Final = 3.0
"""So many times its share a proven rule may hit: in an attack it is right to."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Shares from 0 to 1. `max_hits_a_day` None: no bound; `min_precision` 0: none.

    `own_precision` says that the bound was set for this rule, not for the installation.
    """

    max_share: float
    max_hits_a_day: int | None
    min_precision: float
    min_labelled: int
    max_error_share: float
    own_precision: bool = False


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule did lately. `hits` with and without effect among `decisions` of its verticals,
    `errors` of the same time; `today` with effect since midnight UTC; labels of its version."""

    decisions: int = 0
    hits: int = 0
    errors: int = 0
    today: int = 0
    fraud: int = 0
    genuine: int = 0


class Kind(msgspec.Struct, frozen=True):
    """What of a definition matters here."""

    effect: str
    asks_list: bool


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """One bound that was left. `words` names shares, no counts."""

    cause: Cause
    words: str
    figures: dict[str, Any]


def breaches(seen: Seen, bounds: Bounds, kind: Kind) -> list[Breach]:
    """Every bound that the rule has left; errors first, since they make all else doubtful."""
    return [*_errors(seen, bounds), *_traffic(seen, bounds, kind), *_precision(seen, bounds, kind)]


def allowed_share(seen: Seen, bounds: Bounds) -> float:
    """The bound on its share of traffic; wider for a rule that proved itself."""
    return min(1.0, bounds.max_share * (PROVEN_FACTOR if is_proven(seen, bounds) else 1.0))


def is_proven(seen: Seen, bounds: Bounds) -> bool:
    """Whether enough of its hits were labelled, and surely more than PROVEN of them fraud."""
    labelled = seen.fraud + seen.genuine
    return 0 < bounds.min_labelled <= labelled and wilson(seen.fraud, labelled)[0] > PROVEN


def judges_precision(bounds: Bounds, kind: Kind) -> bool:
    if bounds.min_precision <= 0 or kind.effect == "allow":
        return False
    return bounds.own_precision if kind.effect == "decline" else True


def judges_traffic(kind: Kind) -> bool:
    return not (kind.effect == "decline" and kind.asks_list)


def _errors(seen: Seen, bounds: Bounds) -> Iterator[Breach]:
    if seen.errors < LEAST_ERRORS or not seen.decisions:
        return
    share = min(1.0, seen.errors / seen.decisions)
    if wilson(min(seen.errors, seen.decisions), seen.decisions)[0] > bounds.max_error_share:
        yield Breach(
            cause="errors",
            words=f"It failed on {_percent(share)} of the decisions of late; its bound is "
            f"{_percent(bounds.max_error_share)}.",
            figures={"errors": seen.errors, "decisions": seen.decisions},
        )


def _traffic(seen: Seen, bounds: Bounds, kind: Kind) -> Iterator[Breach]:
    if not judges_traffic(kind):
        return
    most = allowed_share(seen, bounds)
    hits = min(seen.hits, seen.decisions)
    if seen.decisions >= LEAST_DECISIONS and wilson(hits, seen.decisions)[0] > most:
        wider = ", three times the usual since it proved itself" if most > bounds.max_share else ""
        yield Breach(
            cause="share",
            words=f"It hit {_percent(hits / seen.decisions)} of the decisions of late; its bound "
            f"is {_percent(most)}{wider}.",
            figures={"hits": seen.hits, "decisions": seen.decisions},
        )
    if bounds.max_hits_a_day is not None and seen.today > bounds.max_hits_a_day:
        yield Breach(
            cause="hits",
            words=f"It had more hits with effect since midnight UTC than the "
            f"{bounds.max_hits_a_day:,} of its bound.",
            figures={"hits_today": seen.today},
        )


def _precision(seen: Seen, bounds: Bounds, kind: Kind) -> Iterator[Breach]:
    labelled = seen.fraud + seen.genuine
    if not judges_precision(bounds, kind) or labelled < max(bounds.min_labelled, 1):
        return
    if wilson(seen.fraud, labelled)[1] < bounds.min_precision:
        yield Breach(
            cause="precision",
            words=f"{_percent(seen.fraud / labelled)} of its labelled hits were fraud; its bound "
            f"is {_percent(bounds.min_precision)}.",
            figures={"fraud": seen.fraud, "genuine": seen.genuine},
        )


def _percent(share: float) -> str:
    """
    >>> [_percent(s) for s in (0.0, 0.004, 0.031, 0.5)]
    ['0 %', '0.4 %', '3.1 %', '50 %']
    """
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"
