"""Whether a parsed rule makes sense in its scope: all problems in one go."""

from features.types import Type
from rules.language import wording
from rules.language.analysis import findings
from rules.language.nodes import Tree
from rules.language.parameters import parameter_problems
from rules.language.problems import RuleProblems, Severity
from rules.language.resolver import Resolver
from rules.language.scope import Scope
from rules.language.terms import Checked


def check(tree: Tree, scope: Scope, expect: Type = Type.BOOLEAN) -> Checked:
    """The tree with names and types resolved. Raises `RuleProblems` with everything that is wrong.

    ``expect`` is BOOLEAN for a condition and NUMBER for a score. A condition that can never fire,
    or that fires always, is an error; a part of it that does nothing is a warning.
    """
    checked = resolve(tree, scope, expect)
    found = findings(checked.term, scope)
    if any(problem.severity is Severity.ERROR for problem in found):
        raise RuleProblems(found)
    return Checked(checked.tree, checked.term, checked.parameters, tuple(found))


def resolve(tree: Tree, scope: Scope, expect: Type = Type.BOOLEAN) -> Checked:
    """As `check`, without asking whether the condition can fire."""
    resolver = Resolver(scope, list(parameter_problems(scope)))
    root = tree.root
    term = resolver.condition(root) if expect is Type.BOOLEAN else resolver.value(root)
    if term and term.type is not expect:
        resolver.refuse(root, *wording.wrong_result(root, term.type, expect))
    if resolver.problems or term is None:
        raise RuleProblems(resolver.problems)
    return Checked(tree, term, tuple(sorted(resolver.parameters)))
