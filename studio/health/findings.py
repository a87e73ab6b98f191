"""What is wrong with a rule book, worst first, each in one sentence. Pure.

Every bound stands here with its reason; docs/health.md tells them to people.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

import msgspec

from rules.definition import PublishedRule, Snapshot, State
from scoring.reports.figures import wilson
from studio.health.counts import Counts, RuleCounts
from studio.health.implying import Implied

Level = Literal["high", "medium", "low"]
LEVELS: Final = ("high", "medium", "low")

LEAST_DECISIONS: Final = 1_000
"""A rule that never fired on fewer may yet do so."""
FEW_HITS: Final = 30
"""Of rarer rules neither overlaps nor worth are told."""
NEARLY_ALWAYS: Final = 0.5
"""Beyond this share of its decisions a rule says something of the traffic, not of fraud."""
ALIKE: Final = 0.8
"""Jaccard index from which two rules count as one."""
MOSTLY_MISSING: Final = 0.9
FEW_FRAUDS: Final = 10
POORLY_COVERED: Final = 0.5
COSTLY_GENUINE: Final = 20
COSTLY_PRECISION: Final = 0.05


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is its heading; `rules` are codes that the sentence is about; `weight` orders findings
    of one level."""

    level: Level
    kind: str
    words: str
    rules: tuple[str, ...] = ()
    weight: float = 0.0


def findings(snapshot: Snapshot, counts: Counts, implied: Iterable[Implied]) -> list[Finding]:
    """All of them, the worst first."""
    rules = {rule.code: rule for rule in snapshot.rules}
    told = list(_of_texts(implied))
    # What the texts tell for sure needs no counting.
    pairs = {frozenset(one.rules) for one in told}
    seen = (*_contradictions(rules, counts), *_overlaps(rules, counts))
    found = [
        *_broken(counts),
        *_activity(rules, counts),
        *(one for one in seen if frozenset(one.rules) not in pairs),
        *told,
        *_typologies(counts),
        *_worth(rules, counts),
    ]
    return sorted(found, key=lambda one: (LEVELS.index(one.level), -one.weight, one.rules))


def decisions_of(rule: PublishedRule, counts: Counts) -> int:
    """In the verticals in which it is evaluated."""
    return sum(n for v, n in counts.decisions.items() if rule.definition.applies_to(v))


def missing_share(rule: PublishedRule, feature: str, counts: Counts) -> float:
    """Share of the decisions of its verticals in which the feature is missing."""
    verticals = [v for v in counts.decisions if rule.definition.applies_to(v)]
    whole = sum(counts.decisions[v] for v in verticals)
    missing = sum(counts.missing.get(v, {}).get(feature, 0) for v in verticals)
    return missing / whole if whole else 0.0


def _broken(counts: Counts) -> Iterator[Finding]:
    for code in counts.broken:
        yield Finding(
            level="high",
            kind="does not compile",
            words=f"{code} does not compile any more and is skipped: what it reads is gone.",
            rules=(code,),
        )


def _activity(rules: Mapping[str, PublishedRule], counts: Counts) -> Iterator[Finding]:
    for code, rule in rules.items():
        whole = decisions_of(rule, counts)
        hits = counts.rules.get(code, RuleCounts()).hits.n
        if code in counts.broken or whole < LEAST_DECISIONS:
            continue
        if not hits:
            yield Finding(
                level="medium" if _decides(rule) else "low",
                kind="never fires",
                words=f"{code} never fired on {whole:,} decisions of its verticals.",
                rules=(code,),
                weight=float(whole),
            )
        elif wilson(hits, whole)[0] > NEARLY_ALWAYS:
            yield Finding(
                level="high" if _decides(rule) else "medium",
                kind="fires nearly always",
                words=f"{code} fires on {_percent(hits / whole)} of the decisions of its "
                "verticals: it tells the traffic, not fraud.",
                rules=(code,),
                weight=hits / whole,
            )


def missing_findings(
    rules: Mapping[str, PublishedRule], reads: Mapping[str, Iterable[str]], counts: Counts
) -> Iterator[Finding]:
    """Rules that read a feature which is mostly missing; `reads` are each rule's features."""
    for code, features in reads.items():
        rule = rules[code]
        if decisions_of(rule, counts) < LEAST_DECISIONS:
            continue
        shares = sorted(
            ((missing_share(rule, name, counts), name) for name in features), reverse=True
        )
        absent = [(share, name) for share, name in shares if share >= MOSTLY_MISSING]
        if not absent:
            continue
        share, name = absent[0]
        more = f" (and {len(absent) - 1} more)" if len(absent) > 1 else ""
        silent = not counts.rules.get(code, RuleCounts()).hits.n
        yield Finding(
            level="medium" if silent and _decides(rule) else "low",
            kind="reads what is mostly missing",
            words=f"{code} reads {name}{more}, missing in {_percent(share)} of the decisions "
            f"of its verticals{'; it never fired' if silent else ''}.",
            rules=(code,),
            weight=share,
        )


def _contradictions(rules: Mapping[str, PublishedRule], counts: Counts) -> Iterator[Finding]:
    for pair in counts.pairs:
        one, other = rules.get(pair.one), rules.get(pair.other)
        if one is None or other is None or not pair.both:
            continue
        effects = {one.definition.effect.value: pair.one, other.definition.effect.value: pair.other}
        if {"allow", "decline"} <= effects.keys():
            yield Finding(
                level="high",
                kind="contradict",
                words=f"{effects['allow']} allows and {effects['decline']} declines the same "
                f"{_times(pair.both, 'decision')}; decline wins.",
                rules=(effects["allow"], effects["decline"]),
                weight=float(pair.both),
            )


def _overlaps(rules: Mapping[str, PublishedRule], counts: Counts) -> Iterator[Finding]:
    for pair in counts.pairs:
        if pair.one not in rules or pair.other not in rules or pair.both < FEW_HITS:
            continue
        index = jaccard(pair.one, pair.other, pair.both, counts)
        if index < ALIKE:
            continue
        alike = rules[pair.one].definition.family == rules[pair.other].definition.family
        yield Finding(
            level="low" if alike else "medium",
            kind="overlap",
            words=f"{pair.one} and {pair.other} hit the same decisions (Jaccard index "
            f"{index:.2f}, {pair.both:,} in common)"
            + (
                "; they are of one family, so only the stronger counts."
                if alike
                else "; as they are of different families, one cause counts twice."
            ),
            rules=(pair.one, pair.other),
            weight=index,
        )


def jaccard(one: str, other: str, both: int, counts: Counts) -> float:
    """Decisions that both hit among those that either hits."""
    nothing = RuleCounts()
    either = counts.rules.get(one, nothing).hits.n + counts.rules.get(other, nothing).hits.n - both
    return both / either if either else 0.0


def _of_texts(implied: Iterable[Implied]) -> Iterator[Finding]:
    for each in implied:
        one, other = each.one.definition, each.other.definition
        codes = (each.one.code, each.other.code)
        if one.effect != other.effect and {one.effect.value, other.effect.value} >= {
            "allow",
            "decline",
        }:
            silenced = each.one.code if one.effect.value == "allow" else each.other.code
            always = each.both_ways or silenced == each.one.code
            end = (
                f"; {silenced} never has its effect." if always else f"; there {silenced} has none."
            )
            yield Finding(
                level="high",
                kind="contradict",
                words=f"Whenever {codes[0]} fires, {codes[1]} does too, and one allows what the "
                f"other declines{end}",
                rules=codes,
                weight=1e12,
            )
        elif each.both_ways:
            same = one.effect == other.effect
            yield Finding(
                level="medium",
                kind="say the same" if same else "same condition, other effect",
                words=f"{codes[0]} and {codes[1]} ask the same"
                + ("." if same else f", with the effects {one.effect} and {other.effect}."),
                rules=codes,
            )
        elif one.effect == other.effect:
            yield Finding(
                level="low",
                kind="contained",
                words=f"Whenever {codes[0]} fires, {codes[1]} does too, by their conditions.",
                rules=codes,
            )


def _typologies(counts: Counts) -> Iterator[Finding]:
    for name, one in counts.typologies.items():
        if one.n < FEW_FRAUDS or one.flagged >= POORLY_COVERED * one.n:
            continue
        caught = one.flagged / one.n
        yield Finding(
            level="high" if wilson(one.flagged, one.n)[1] < POORLY_COVERED / 2 else "medium",
            kind="poorly covered",
            words=f"Of {one.n:,} labelled frauds of the kind {name.replace('_', ' ')}, "
            f"{_percent(caught)} are flagged, and no rule with effect hits "
            f"{_percent(one.unhit / one.n)}.",
            weight=float(one.n - one.flagged),
        )


def _worth(rules: Mapping[str, PublishedRule], counts: Counts) -> Iterator[Finding]:
    for code, rule in rules.items():
        one = counts.rules.get(code)
        if one is None or not _decides(rule) or one.hits.n < FEW_HITS:
            continue
        if not one.alone.n and not one.spared.n:
            yield Finding(
                level="low",
                kind="changes nothing",
                words=f"Without {code} every decision would have been the same: other rules or the "
                f"model flag what it hits, or its {one.hits.n:,} hits weigh too little.",
                rules=(code,),
                weight=float(one.hits.n),
            )
        elif rule.definition.effect.value != "allow" and _costs_alone(one):
            yield Finding(
                level="high",
                kind="costs more than it brings",
                words=f"{code} alone flags {_times(one.alone.genuine, 'genuine transaction')} and "
                f"{one.alone.fraud:,} of the labelled frauds.",
                rules=(code,),
                weight=float(one.alone.genuine),
            )


def _costs_alone(one: RuleCounts) -> bool:
    """Whether of what hangs on it alone surely less than COSTLY_PRECISION is fraud."""
    labelled = one.alone.fraud + one.alone.genuine
    if one.alone.genuine < COSTLY_GENUINE:
        return False
    return wilson(one.alone.fraud, labelled)[1] < COSTLY_PRECISION


def _decides(rule: PublishedRule) -> bool:
    return rule.state in (State.LIVE, State.CANARY)


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"


def _times(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
