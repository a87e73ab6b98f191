"""What is asked of a backtest and what it answers: plain structs, ready to be kept as JSON.

Import from here, not from the engine, where only the shapes are needed: nothing here loads Polars.
"""

from datetime import UTC, date, datetime, time
from typing import Any, Literal, Self

import msgspec

from rules.definition import PublishedRule, Snapshot, VerticalConfig
from scoring.reports.figures import Share

SAMPLES = 50
"""Transactions kept of each kind, at most: the newest."""

MOST_DAYS = 365
"""Length of a window, at most, where people choose it by days."""

Known = Literal["today", "then"]
Truth = Literal["fraud", "genuine", "unlabelled"]
TRUTHS: tuple[Truth, ...] = ("fraud", "genuine", "unlabelled")
FRAUD, GENUINE, UNLABELLED = range(len(TRUTHS))
"""Their places, as arrays hold them."""

MATCHED, NEWLY_MATCHED, NO_LONGER_MATCHED = "matched", "newly_matched", "no_longer_matched"


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions of these institutions (slugs) on transactions from `since` to `until` (exclusive).

    Times carry a zone. With `known` "then" a label counts only if it was known `maturity_days`
    after its transaction; with "today" every label does.
    """

    institutions: tuple[str, ...]
    since: datetime
    until: datetime
    vertical: str | None = None
    known: Known = "today"
    maturity_days: int = 60

    @property
    def days(self) -> float:
        """Its length."""
        return (self.until - self.since).total_seconds() / 86_400

    @property
    def first_day(self) -> date:
        """In UTC, as the archive has days."""
        return self.since.astimezone(UTC).date()

    def days_from(self, first: date) -> float:
        """Its length from that day on (UTC), if that lies in it: what figures a day are divided by
        where history begins within the window."""
        begin = datetime.combine(first, time(), UTC)
        return (self.until - max(self.since, begin)).total_seconds() / 86_400


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried: rules new or replaced (by code), codes left out, verticals replaced."""

    rules: tuple[PublishedRule, ...] = ()
    removed: tuple[str, ...] = ()
    verticals: tuple[VerticalConfig, ...] = ()

    def applied_to(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with these edits; rules keep their order, new ones come last."""
        rules = {r.code: r for r in snapshot.rules if r.code not in self.removed}
        rules.update({r.code: r for r in self.rules})
        verticals = {v.code: v for v in snapshot.verticals}
        verticals.update({v.code: v for v in self.verticals})
        return msgspec.structs.replace(
            snapshot, rules=tuple(rules.values()), verticals=tuple(verticals.values())
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form; `load` is its inverse."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def load(cls, data: dict[str, Any]) -> Self:
        """Raises msgspec.ValidationError when it is not one."""
        return msgspec.convert(data, cls)


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions by what they turned out to be, with their amounts in the result's currency."""

    n: int = 0
    fraud: int = 0
    genuine: int = 0
    unlabelled: int = 0
    fraud_amount: float = 0.0
    genuine_amount: float = 0.0
    unlabelled_amount: float = 0.0


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One side of the comparison. Shares tell their whole, and are of labelled decisions alone.

    `matched` is what the rule hits; of a whole ruleset what it flags (review or declined).
    `precision` is fraud among matched, `recall` matched among fraud, `false_positive_rate` matched
    among genuine. `money_saved` is the amount of fraud that was not approved,
    `genuine_money_blocked` of genuine transactions declined. Alerts are what the vertical makes of
    its flagged decisions (`alert_on`).
    """

    matched: Group
    approved: Group
    review: Group
    declined: Group
    precision: Share
    recall: Share
    false_positive_rate: Share
    money_saved: float
    genuine_money_blocked: float
    alerts: int
    alerts_a_day: float


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions that are `before` on one side and `after` on the other; equal ones too."""

    before: str
    after: str
    decisions: Group


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One vertical's or one day's share; `name` is the vertical's code or the day, ISO 8601."""

    name: str
    decisions: Group
    before: Figures
    after: Figures


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A whole backtest. `code` is the rule's, empty for a ruleset.

    `samples` holds ids of transactions by kind and truth, as "approved>declined.fraud",
    "newly_matched.genuine": see `sample_key`. `notes` are sentences: what was left out and assumed.
    """

    kind: Literal["rule", "ruleset"]
    code: str
    window: Window
    currency: str
    decisions: Group
    before: Figures
    after: Figures
    changes: tuple[Change, ...]
    by_vertical: tuple[Part, ...]
    by_day: tuple[Part, ...]
    samples: dict[str, tuple[str, ...]]
    notes: tuple[str, ...]
    rows: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form; `load` is its inverse."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def load(cls, data: dict[str, Any]) -> Self:
        """Raises msgspec.ValidationError when it is not one."""
        return msgspec.convert(data, cls)


def change_kind(before: str, after: str) -> str:
    """
    >>> change_kind("approved", "declined")
    'approved>declined'
    """
    return f"{before}>{after}"


def sample_key(kind: str, truth: Truth) -> str:
    """Where samples of a kind (MATCHED ... or `change_kind`) with that truth stand.

    >>> sample_key(NEWLY_MATCHED, "fraud")
    'newly_matched.fraud'
    """
    return f"{kind}.{truth}"
