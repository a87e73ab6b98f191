"""The features of recorded events, share after share, as scoring would have had them."""

from __future__ import annotations

import math

import polars as pl

from features.catalogue import CATALOGUE
from features.catalogue.risk import RATES, SETTLED
from features.framework import Feature
from features.windows.declaring import ENTITIES, LATE_SECONDS, MEMBERS, WINDOWS
from features.windows.happening import HIGH_TIMES, KINDS
from features.windows.history import with_windows
from features.windows.plan import Plan, make_plan
from learning.offline.columns import Columns
from learning.offline.computed import with_computed
from learning.offline.habits import Keeper
from learning.offline.risk import Fading, Ledger, verdicts
from learning.offline.settled import REACH_SECONDS, Delays, Settling, Whole
from scoring.state.risks import SMOOTHING, USUAL_RATE, USUAL_WEIGHT
from scoring.state.script import SETTLED_BUCKETS

DAY_SECONDS = 86_400.0
_FADINGS = tuple(
    Fading(pattern.replace("{}_", ""), days * DAY_SECONDS) for pattern, days in RATES.items()
)
_SETTLED = tuple(
    (pattern.replace("{}_", ""), length)
    for pattern, length in zip(SETTLED, SETTLED_BUCKETS, strict=True)
)
_LONGEST = max(window.seconds for window in WINDOWS.values()) + LATE_SECONDS
_WHOLE = "institution"


class Engine:
    """Keeps what the counters and profiles would keep, and passes shares of events through it.

    Give labels as they become known, before the events that follow them. `batch_seconds`: labels
    arrive at multiples of so many seconds and not in between; 0 for at once.
    """

    def __init__(
        self, columns: Columns, *, utc_offset_minutes: float = 0.0, batch_seconds: float = 0.0
    ) -> None:
        self.columns = columns
        self.offset = utc_offset_minutes
        self.batch = batch_seconds
        self.plan = _plan(columns)
        self._keeper = Keeper(utc_offset_minutes)
        self._ledgers = {name: Ledger(_FADINGS) for name in (_WHOLE, *columns.risky)}
        self._recent: pl.DataFrame | None = None
        self._waiting = pl.DataFrame(
            schema={"tx_id": pl.Int64, "y": pl.Int8, "known_at": pl.Float64}
        )
        self._verdicts = pl.DataFrame(schema={"tx_id": pl.Int64, "y": pl.Int8})
        self._who: list[pl.DataFrame] = []
        self._delays = Delays()
        self._frauds: list[pl.DataFrame] = []

    def labels(self, labels: pl.DataFrame) -> None:
        """Take labels (tx_id, y, known_at) that are known by now; each counts from `known_at`."""
        known_at = pl.col("known_at")
        if self.batch:
            known_at = (known_at / self.batch).ceil() * self.batch
        told = labels.select("tx_id", pl.col("y").cast(pl.Int8), known_at=known_at)
        self._waiting = pl.concat([self._waiting, told])

    def events(self, events: pl.DataFrame) -> pl.DataFrame:
        """The features of the next events, one row each in their order; by name, and `tx_id`.

        `events` as `reading.read_events` gives them: in order of time, none before the last share.
        """
        known = {name: pl.col(column) for name, column in self.columns.known.items()}
        base = events.select(
            "tx_id",
            "occurred_at",
            "amount",
            own_time="occurred_at",
            **{"timezone_offset": pl.lit(self.offset)} | known,
        ).select(_typed(name, dtype) for name, dtype in self._schema(events, known))
        habits = self._keeper.pass_through(events, self.columns.parties, self.columns.known)
        parts = [base, self._windows(events, self._high(base, habits)), self._risks(events), habits]
        seen = set(base.columns)
        fresh = []
        for part in parts[1:]:
            fresh.append(part.select(name for name in part.columns if name not in seen))
            seen |= set(part.columns)
        return with_computed(pl.concat([base, *fresh], how="horizontal")).with_columns(
            self._generic(events)
        )

    def _schema(
        self, events: pl.DataFrame, known: dict[str, pl.Expr]
    ) -> list[tuple[str, pl.DataType | None]]:
        names = ["tx_id", "occurred_at", "amount", "own_time", "timezone_offset"]
        names += [name for name in known if name not in names]
        return [(name, _stored_type(name)) for name in names]

    def _high(self, base: pl.DataFrame, habits: pl.DataFrame) -> pl.Series:
        """As `features.windows.happening.is_high` tells it, of the average that was told."""
        name = "avg_transaction_amount"
        usual = habits[name] if name not in base.columns else base[name].fill_null(habits[name])
        return (base["amount"] > usual * HIGH_TIMES).fill_null(value=False)

    def _windows(self, events: pl.DataFrame, high: pl.Series) -> pl.DataFrame:
        parties = self.columns.counted
        kind = self.columns.known.get("transaction_type")
        country = self.columns.known.get("country") or self.columns.known.get("ip_country")
        told = events.select(
            "occurred_at",
            "amount",
            base_amount="amount",
            round=pl.col("amount") % 1 == 0,
            **{party: pl.col(column) for party, column in parties.items()},
            **({"country": pl.col(country)} if country else {}),
            **(_conditions(kind) if kind else {}),
            high=high,
            fresh=pl.lit(value=True),
        )
        if self._recent is not None:
            told = pl.concat([self._recent.with_columns(fresh=pl.lit(value=False)), told])
        answered = with_windows(told, self.plan)
        newest = float(told["occurred_at"].max())  # type: ignore[arg-type]
        self._recent = told.filter(pl.col("occurred_at") > newest - _LONGEST)
        names = {name for plan in self.plan.entities.values() for a in plan.answers for name in a}
        return answered.filter("fresh").select(sorted(names))

    def _risks(self, events: pl.DataFrame) -> pl.DataFrame:
        risky = self.columns.risky
        self._who.append(
            events.select(
                "tx_id",
                time="occurred_at",
                **{n: pl.col(c).cast(pl.String) for n, c in risky.items()},
            )
        )
        changes = self._changes(events)
        self._frauds.append(changes)
        rises = changes.filter(pl.col("change") > 0)
        lags = self._delays.lags(events["occurred_at"].to_numpy(), rises)
        found: dict[str, pl.DataFrame] = {}
        for name, ledger in self._ledgers.items():
            entity = pl.lit(_WHOLE) if name == _WHOLE else pl.col(name)
            told = self._who[-1].select(entity=entity, time="time")
            known = changes.select("time", "known_at", "change", entity=entity)
            found[name] = ledger.pass_through(told, known.filter(pl.col("entity").is_not_null()))
            if name != _WHOLE:
                found[name] = found[name].hstack(self._settled(name, lags))
        whole = found.pop(_WHOLE)
        now = events["occurred_at"]
        return pl.concat(
            [
                _risk_features(name, told, whole, now, name in self.columns.entities)
                for name, told in found.items()
            ]
            or [pl.DataFrame(schema={})],
            how="horizontal",
        )

    def _settled(self, name: str, lags: Whole) -> pl.DataFrame:
        newest = float(self._who[-1]["time"].max() or 0.0)  # type: ignore[arg-type]
        first = float(self._who[-1]["time"].min() or 0.0)  # type: ignore[arg-type]
        recent = pl.concat(
            [
                who.select("time", entity=name).filter(pl.col("time") > first - REACH_SECONDS)
                for who in self._who
            ]
        )
        frauds = pl.concat(self._frauds).select("time", "known_at", "change", entity=name)
        frauds = frauds.filter(pl.col("known_at") <= newest)
        return Settling(recent, frauds).answers(lags)

    def _changes(self, events: pl.DataFrame) -> pl.DataFrame:
        """The labels known by the end of these events, with who took part in their transactions."""
        end = float(events["occurred_at"].max() or -math.inf)  # type: ignore[arg-type]
        due = self._waiting.filter(pl.col("known_at") <= end)
        self._waiting = self._waiting.filter(pl.col("known_at") > end)
        before = self._verdicts.with_columns(known_at=pl.lit(-math.inf))
        told = verdicts(pl.concat([before.select(due.columns), due]))
        told = told.filter(pl.col("known_at") > -math.inf)
        latest = pl.concat([self._verdicts, told.select("tx_id", "y")])
        self._verdicts = latest.unique("tx_id", keep="last").filter(pl.col("y") == 1)
        return told.join(pl.concat(self._who), on="tx_id", how="inner", maintain_order="left")

    def _generic(self, events: pl.DataFrame) -> list[pl.Series]:
        columns = self.columns
        made = [events[name].cast(pl.Float64) for name in columns.numbers]
        made += [events[name] for name in columns.flags]
        return made + [events[name].cast(pl.String) for name in columns.categories]


def _risk_features(
    entity: str, told: pl.DataFrame, whole: pl.DataFrame, now: pl.Series, counted: bool
) -> pl.DataFrame:
    """What `scoring.state.risks` says of a risk; of a generic column, how often it was seen too."""
    both = pl.concat([told, whole.rename(lambda name: f"whole_{name}")], how="horizontal")
    rates = []
    for one in _FADINGS:
        usual = _share(
            f"whole_{one.frauds}", f"whole_{one.total}", pl.lit(USUAL_RATE), USUAL_WEIGHT
        )
        rates.append(_share(one.frauds, one.total, usual, SMOOTHING).alias(f"{entity}_{one.name}"))
    known = "previous_fraud_count" if entity == "customer" else f"{entity}_known_frauds"
    since = pl.when(pl.col("known") > 0).then((now - pl.col("last")) / DAY_SECONDS)
    seen = [
        pl.col(f"total_{one.name}").alias(f"{entity}_seen_{int(one.half_life // DAY_SECONDS)}d")
        for one in _FADINGS
    ]
    return both.select(
        *rates,
        *(_settled_share(length).alias(f"{entity}_{name}") for name, length in _SETTLED),
        pl.col("frauds_30d").alias(f"{entity}_frauds_30d"),
        pl.col("known").alias(known),
        pl.when(since >= 0).then(since).alias(f"{entity}_last_fraud_days"),
        *(seen if counted else ()),
    )


def _settled_share(length: int) -> pl.Expr:
    frauds, settled = pl.col(f"frauds_{length}"), pl.col(f"settled_{length}")
    whole = pl.max_horizontal(frauds, settled)
    return pl.when(whole > 0).then(frauds / whole)


def _conditions(kind: str) -> dict[str, pl.Expr]:
    """Which of the conditions that a transaction's type tells are true."""
    told = pl.col(kind).cast(pl.String).str.to_lowercase()
    return {
        condition: told.is_in(sorted(kinds)).fill_null(value=False)
        for condition, kinds in KINDS.items()
    }


def _share(frauds: str, total: str, prior: pl.Expr, weight: float) -> pl.Expr:
    return ((pl.col(frauds) + prior * weight) / (pl.col(total) + weight)).clip(0, 1)


def _stored_type(name: str) -> pl.DataType | None:
    feature = CATALOGUE.get(name)
    if name == "tx_id" or feature is None:
        return None
    if feature.type == "boolean":
        return pl.Boolean()
    return pl.Float64() if feature.type.is_numeric else pl.String()


def _typed(name: str, dtype: pl.DataType | None) -> pl.Expr:
    """A supplied value as the vector would hold it: in bounds, or missing."""
    if dtype is None:
        return pl.col(name)
    column = pl.col(name).cast(dtype, strict=False)
    if dtype != pl.Float64:
        return column
    low, high = CATALOGUE[name].bounds
    return pl.when(column.is_between(low, high)).then(column).alias(name)


def _plan(columns: Columns) -> Plan:
    """The windows of those whom the history names, under conditions that it can tell."""
    return make_plan([feature for feature in CATALOGUE if _can_be_counted(feature, columns)])


def _can_be_told(condition: str, columns: Columns) -> bool:
    """Dollars and outcomes are not known, and what is fraud is told by labels (`_risks`)."""
    return condition in ("", "round", "high") or (
        condition in KINDS and "transaction_type" in columns.known
    )


def _can_be_counted(feature: Feature, columns: Columns) -> bool:
    spec = feature.windowed
    if spec is None or not _can_be_told(spec.where, columns):
        return False
    there = {*columns.counted, "amount"}
    if columns.parties.keys() & {"merchant", "beneficiary"}:
        there.add("payee")
    if columns.known.keys() & {"country", "ip_country"}:
        there.add("country")
    needed = {*ENTITIES[spec.entity], *(MEMBERS[spec.of] if spec.of else ())}
    return needed <= there
