"""What two rules' texts alone tell of each other: whether one fires whenever the other does.

Never claimed wrongly: what the language's checker cannot follow counts as not implied.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations

from rules.checking import check_definition, make_scope
from rules.definition import VERTICALS, PublishedRule
from rules.errors import Invalid
from rules.language.analysis import MAX_SEARCHED
from rules.language.normalise import push_negation
from rules.language.terms import And, FeatureTerm, Or, Term, walk
from rules.language.worlds import ANY_WORLD, Worlds


@dataclass(frozen=True, slots=True)
class Implied:
    """Whenever `one` fires, `other` does too, in every vertical of `one`; `both_ways`: and the
    other way round."""

    one: PublishedRule
    other: PublishedRule
    both_ways: bool


@dataclass(frozen=True, slots=True)
class _Read:
    rule: PublishedRule
    term: Term
    features: frozenset[str]
    verticals: frozenset[str]
    plain: bool


def implications(rules: Iterable[PublishedRule]) -> Iterator[Implied]:
    """All pairs of which the texts tell; a pair that goes both ways comes once."""
    read = [one for rule in rules if (one := _read(rule)) is not None]
    told = {(a.rule.code, b.rule.code) for a, b in permutations(read, 2) if implies(a, b)}
    by_code = {one.rule.code: one.rule for one in read}
    for code, wider in sorted(told):
        back = (wider, code) in told
        if not back or code < wider:
            yield Implied(by_code[code], by_code[wider], back)


def _read(rule: PublishedRule) -> _Read | None:
    """None for a rule that compiles no more, or is too long to be followed."""
    try:
        term = push_negation(check_definition(rule.definition, any_list=True).condition.term)
    except Invalid:
        return None
    parts = list(walk(term))
    if len(parts) > MAX_SEARCHED:
        return None
    return _Read(
        rule=rule,
        term=term,
        features=frozenset(part.name for part in parts if isinstance(part, FeatureTerm)),
        verticals=frozenset(v for v in VERTICALS if rule.definition.applies_to(v)),
        plain=not any(isinstance(part, Or) for part in parts),
    )


def implies(one: _Read, other: _Read) -> bool:
    """Whether `one` and not `other` can never be.

    A rule is silent where a feature is missing. So `one` must be a plain `and`, under which all
    its features are known, and `other` may read no further ones.
    """
    if not (one.plain and other.features <= one.features and one.verticals <= other.verticals):
        return False
    if one.term == other.term or _is_part(other.term, one.term):
        return True
    worlds = Worlds(make_scope(one.rule.definition, any_list=True))
    world = worlds.narrow(one.term, ANY_WORLD)
    if world is None:
        return False
    return worlds.narrow(push_negation(other.term, positive=False), world) is None


def _is_part(part: Term, whole: Term) -> bool:
    """Whether all that `part` asks, `whole` asks too."""
    asked = set(whole.operands) if isinstance(whole, And) else {whole}
    return (set(part.operands) if isinstance(part, And) else {part}) <= asked
