"""What is counted of a rule book, so that several institutions' counts add up. Pure."""

from collections.abc import Iterable

import msgspec

from studio.backtest.contract import Group


class RuleCounts(msgspec.Struct, kw_only=True):
    """`hits` are where its condition holds, whatever its state; `alone` flagged decisions that
    would be approved without it, `spared` approved ones that would be flagged."""

    hits: Group = Group()
    alone: Group = Group()
    spared: Group = Group()


class TypologyCounts(msgspec.Struct, kw_only=True):
    """Labelled fraud of one kind: how much there is, how much was flagged, and how much each rule
    hits (with effect or not); `unhit` is what no rule in force with effect hits."""

    n: int = 0
    amount: float = 0.0
    flagged: int = 0
    unhit: int = 0
    rules: dict[str, int] = {}


class Pair(msgspec.Struct, frozen=True):
    """Decisions that both rules hit."""

    one: str
    other: str
    both: int


class Counts(msgspec.Struct, kw_only=True):
    """Of one institution or of several together. Amounts are in `currency`.

    `decisions` by vertical; `missing` by vertical and feature: in how many it was missing.
    """

    currency: str
    whole: Group = Group()
    decisions: dict[str, int] = {}
    rules: dict[str, RuleCounts] = {}
    pairs: list[Pair] = []
    missing: dict[str, dict[str, int]] = {}
    typologies: dict[str, TypologyCounts] = {}
    broken: list[str] = []

    def scaled(self, rate: float, currency: str) -> "Counts":
        """In another currency."""
        return Counts(
            currency=currency,
            whole=_scaled(self.whole, rate),
            decisions=self.decisions,
            rules={
                code: RuleCounts(
                    hits=_scaled(rule.hits, rate),
                    alone=_scaled(rule.alone, rate),
                    spared=_scaled(rule.spared, rate),
                )
                for code, rule in self.rules.items()
            },
            pairs=self.pairs,
            missing=self.missing,
            typologies={
                name: msgspec.structs.replace(one, amount=one.amount * rate)
                for name, one in self.typologies.items()
            },
            broken=self.broken,
        )


def together(parts: Iterable[Counts], currency: str) -> Counts:
    """Their sum; all of them are in that currency."""
    found = Counts(currency=currency)
    both: dict[tuple[str, str], int] = {}
    for part in parts:
        found.whole = add(found.whole, part.whole)
        for vertical, number in part.decisions.items():
            found.decisions[vertical] = found.decisions.get(vertical, 0) + number
        for code, rule in part.rules.items():
            mine = found.rules.setdefault(code, RuleCounts())
            mine.hits = add(mine.hits, rule.hits)
            mine.alone = add(mine.alone, rule.alone)
            mine.spared = add(mine.spared, rule.spared)
        for pair in part.pairs:
            key = (pair.one, pair.other)
            both[key] = both.get(key, 0) + pair.both
        for vertical, features in part.missing.items():
            missing = found.missing.setdefault(vertical, {})
            for name, number in features.items():
                missing[name] = missing.get(name, 0) + number
        for name, one in part.typologies.items():
            _add_typology(found.typologies.setdefault(name, TypologyCounts()), one)
        found.broken = sorted({*found.broken, *part.broken})
    found.pairs = [Pair(one, other, number) for (one, other), number in both.items()]
    return found


def _add_typology(to: TypologyCounts, more: TypologyCounts) -> None:
    to.n += more.n
    to.amount += more.amount
    to.flagged += more.flagged
    to.unhit += more.unhit
    for code, number in more.rules.items():
        to.rules[code] = to.rules.get(code, 0) + number


def add(one: Group, other: Group) -> Group:
    """Field by field."""
    fields = {name: getattr(one, name) + getattr(other, name) for name in Group.__struct_fields__}
    return Group(**fields)


def _scaled(group: Group, rate: float) -> Group:
    return msgspec.structs.replace(
        group,
        fraud_amount=group.fraud_amount * rate,
        genuine_amount=group.genuine_amount * rate,
        unlabelled_amount=group.unlabelled_amount * rate,
    )
