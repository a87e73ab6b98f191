"""Closed cases that looked like this one, and what they turned out to be."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import log
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet

from cases.models import Case
from cases.typologies import in_words

SHOWN: Final = 5
LEAST: Final = 0.35
"""Cases less alike than this are not called similar."""

RECENT: Final = 1_000
"""So many closed cases tell how common a rule is; they are candidates themselves."""
FURTHER: Final = 500
RARE: Final = 0.05
"""A rule on no more than this share of them also finds older cases: there cannot be many."""

_CODES, _VERTICAL, _AMOUNT = 0.7, 0.15, 0.15


class Past(NamedTuple):
    """A closed case, as it is compared."""

    pk: int
    codes: Sequence[str]
    vertical: str
    amount: Decimal
    disposition: str
    typology: str
    closed_at: object


@dataclass(frozen=True, slots=True)
class Alike:
    """A similar case with what it has in common."""

    past: Past
    percent: int
    common: Sequence[str]  # codes of rules, the rarest first

    @property
    def outcome(self) -> str:
        return _outcome(self.past)


@dataclass(frozen=True, slots=True)
class SimilarCases:
    cases: Sequence[Alike]
    summary: str  # "5 similar: 4 confirmed fraud (account takeover), 1 genuine"


def similar_cases(case: Case) -> SimilarCases:
    """The SHOWN closed cases most like this one. Two queries at most, RECENT + FURTHER rows.

    Candidates are the newest RECENT closed cases of the institution, and among the older ones those
    on which one of this case's rare rules fired. How alike two cases are, from 0 to 1:

        0.70 x sum of w(rule) over the rules of both / sum of w(rule) over the rules of either
      + 0.15 x 1 if they are of one vertical, else 0
      + 0.15 x smaller amount / larger amount

        w(rule) = ln((1 + n) / (1 + cases with the rule)), n = number of recent closed cases

    so a rule that fires on every case weighs next to nothing. Of equals the newer comes first. A
    case with whose rules nothing is in common is never similar.
    """
    if not case.codes:
        return SimilarCases((), "")
    closed = _closed(case)
    recent = [Past(*row) for row in closed[:RECENT]]
    counts = Counter(code for past in recent for code in set(past.codes))
    candidates = {past.pk: past for past in recent if set(past.codes) & set(case.codes)}
    rare = [code for code in case.codes if counts[code] <= RARE * len(recent)]
    if rare and len(recent) == RECENT:
        older = closed.filter(codes__overlap=rare)[:FURTHER]
        candidates |= {past.pk: past for past in (Past(*row) for row in older)}
    weights = _weights({*case.codes, *counts}, counts, len(recent))
    found = [_compare(case, past, weights) for past in candidates.values()]
    found = sorted(
        (one for one in found if one.percent >= 100 * LEAST),
        key=lambda one: (one.percent, one.past.closed_at, one.past.pk),
        reverse=True,
    )[:SHOWN]
    return SimilarCases(found, summary([one.past for one in found]))


def _closed(case: Case) -> QuerySet[Case, Any]:
    rows = Case.objects.filter(
        institution=case.institution_id, status=Case.Status.CLOSED, merged_into=None
    ).exclude(pk=case.pk)
    return rows.order_by("-closed_at", "-pk").values_list(*Past._fields)


def _weights(codes: Collection[str], counts: Mapping[str, int], number: int) -> dict[str, float]:
    return {code: log((1 + number) / (1 + counts.get(code, 0))) + 0.01 for code in codes}


def _compare(case: Case, past: Past, weights: Mapping[str, float]) -> Alike:
    here, there = set(case.codes), set(past.codes)
    common = sorted(here & there, key=lambda code: (-weights[code], code))
    either = sum(weights.get(code, 0.01) for code in here | there)
    overlap = sum(weights[code] for code in common) / either if either else 0.0
    most = max(case.amount, past.amount)
    near = float(min(case.amount, past.amount) / most) if most > 0 else 1.0
    score = _CODES * overlap + _VERTICAL * (case.vertical == past.vertical) + _AMOUNT * near
    return Alike(past, round(100 * score) if common else 0, common)


def summary(found: Sequence[Past]) -> str:
    """
    >>> summary([])
    ''
    """
    if not found:
        return ""
    outcomes = Counter(past.disposition for past in found)
    parts = []
    for disposition, number in sorted(outcomes.items(), key=lambda item: (-item[1], item[0])):
        kinds = Counter(
            in_words(past.typology)
            for past in found
            if past.disposition == disposition and past.typology
        )
        told = f" ({', '.join(kind for kind, _ in kinds.most_common())})" if kinds else ""
        parts.append(f"{number} {Case.Disposition(disposition).label}{told}")
    return f"{len(found)} similar: {', '.join(parts)}"


def _outcome(past: Past) -> str:
    found = str(Case.Disposition(past.disposition).label)
    return f"{found}, {in_words(past.typology)}" if past.typology else found
