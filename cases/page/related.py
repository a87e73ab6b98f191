"""Open cases that share something with this one: proposals to merge, with the reason in words."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cases.graph.choosing import strength
from cases.links.keeping import Thing
from cases.links.naming import KINDS, names_of_things
from cases.links.reading import SHARERS_READ, Neighbourhood, Use
from cases.links.telling import Shared, shared_things
from cases.models import Case, Link
from transactions.presenting import masked_reference

PROPOSED: Final = 5
TOO_MANY: Final = 20
"""What more customers than this share is no reason: a carrier's address, a popular payee."""

_REASONS: Final = frozenset(Link.Kind.values) - {Link.Kind.MERCHANT}


@dataclass(frozen=True, slots=True)
class Proposal:
    """An open case that this one may be merged with."""

    case: Case
    customer: str  # masked
    reason: str  # "shares device dev••••77 and card 457173••••••1234"


@dataclass(frozen=True, slots=True)
class RelatedCases:
    proposals: Sequence[Proposal]  # most in common first
    more: int  # further ones, with less in common
    passed_over: str  # what was no reason, and why; empty when nothing was


def related_cases(case: Case, around: Neighbourhood) -> RelatedCases:
    """Proposals for a case from its neighbourhood; four queries at most."""
    shared = shared_things(around)
    telling = [one for one in shared if _tells(one)]
    common: dict[int, list[Shared]] = defaultdict(list)
    for one in telling:
        for use in one.others:
            standing = around.standing.get(use.customer)
            if standing and standing.open_case and standing.open_case != case.pk:
                common[standing.open_case].append(one)
    ranked = sorted(common, key=lambda pk: (-_weight(common[pk]), pk))
    rows = Case.objects.select_related("customer", "institution", "assignee").exclude(
        status=Case.Status.CLOSED
    )
    found = rows.in_bulk(ranked[:PROPOSED])
    too_many = [one for one in shared if one.thing[0] in _REASONS and not _tells(one)]
    named = [one for pk in found for one in common[pk]] + too_many
    names = names_of_things(_one_use(named))
    return RelatedCases(
        proposals=[
            Proposal(
                found[pk],
                masked_reference(found[pk].customer),
                "shares " + _and([_called(one, names) for one in common[pk]]),
            )
            for pk in ranked[:PROPOSED]
            if pk in found
        ],
        more=max(len(ranked) - PROPOSED, 0),
        passed_over=_passed_over(too_many, names),
    )


def _tells(one: Shared) -> bool:
    return one.thing[0] in _REASONS and not one.popular and len(one.others) <= TOO_MANY


def _weight(shared: Sequence[Shared]) -> float:
    return sum(strength(one.thing, len(one.others)) for one in shared)


def _one_use(shared: Iterable[Shared]) -> list[Use]:
    return [one.others[0] for one in shared]


def _called(one: Shared, names: dict[Thing, str]) -> str:
    return f"{KINDS[one.thing[0]]} {names[one.thing]}"


def _and(words: Sequence[str]) -> str:
    """
    >>> _and(["a"]), _and(["a", "b"]), _and(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _passed_over(too_many: Sequence[Shared], names: dict[Thing, str]) -> str:
    if not too_many:
        return ""
    told = _and([_called(one, names) for one in too_many[:3]])
    are = "is" if len(too_many) == 1 else "are"
    widest = max(len(one.others) for one in too_many)
    many = f"more than {SHARERS_READ if widest > SHARERS_READ else TOO_MANY}"
    return f"{told} {are} no reason to merge: {many} customers share that."
