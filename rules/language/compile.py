"""Turns checked rules into one function per ruleset and vertical."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.language.interpreter import NOTHING_LISTED
from rules.language.python_code import Writer
from rules.language.python_names import Names
from rules.language.scope import MoneyParameter, ParameterValue, resolve_money
from rules.language.terms import Checked, Value

RULES_A_FUNCTION = 500
"""More rules than this are spread over several functions, lest one becomes a monster."""

Failures = list[tuple[int, Exception]]
Money = Sequence[float | None]
Pairs = Container[tuple[str, str]]
_Chunk = Callable[[Sequence[Value], Money, Pairs, list[int], Failures], None]
_Score = Callable[[Sequence[Value], Money, Pairs], float | None]


@dataclass(frozen=True, slots=True)
class CompilableRule:
    """A rule's condition and, unless its score is kept elsewhere, its score."""

    condition: Checked
    score: Checked | None = None


@dataclass(frozen=True, slots=True)
class CompiledRuleset:
    """Rules ready to score one vertical's transactions. Immutable; may be shared by threads.

    ``money_parameters`` are the amounts that `evaluate` and `score` want converted, in this order.
    ``source`` is the generated code, for those who debug.
    """

    money_parameters: tuple[MoneyParameter, ...]
    source: str
    _chunks: tuple[_Chunk, ...]
    _scores: tuple[_Score | None, ...]

    def resolve_money(self, currency: str | None, rates: Mapping[str, float]) -> list[float | None]:
        """All money parameters in the transaction's currency; see the function of that name."""
        return [resolve_money(parameter, currency, rates) for parameter in self.money_parameters]

    def evaluate(
        self, values: Sequence[Value], money: Money = (), listed: Pairs = NOTHING_LISTED
    ) -> tuple[list[int], Failures]:
        """Positions of the rules that fire, and of those that raised, with what they raised.

        ``listed`` holds the (feature, list name) pairs of which the feature's value is on the list.
        A rule can raise only when a value is not of its feature's type; the others decide all the
        same.
        """
        hits: list[int] = []
        failures: Failures = []
        for chunk in self._chunks:
            chunk(values, money, listed, hits, failures)
        return hits, failures

    def score(
        self,
        index: int,
        values: Sequence[Value],
        money: Money = (),
        listed: Pairs = NOTHING_LISTED,
    ) -> float | None:
        """The score of one rule that fired, or None when it is missing or the rule has none.

        Raises what the expression raises when a value is not of its feature's type.
        """
        run = self._scores[index]
        return None if run is None else run(values, money, listed)


def compile_ruleset(
    rules: Sequence[CompilableRule],
    *,
    positions: Mapping[str, int],
    vertical: Mapping[str, ParameterValue | None] | None = None,
) -> CompiledRuleset:
    """The rules as one function (several when they are very many).

    ``positions`` maps each feature to its place in the values that `evaluate` will get;
    ``vertical`` holds the vertical's values, of which an absent one is missing. Raises KeyError
    for a feature without a place.
    """
    writer = Writer(Names(positions), vertical or {})
    chunks = [
        _chunk_source(writer, rules, start) for start in range(0, len(rules), RULES_A_FUNCTION)
    ]
    scores = {
        index: _score_source(writer, rule.score, index)
        for index, rule in enumerate(rules)
        if rule.score is not None
    }
    source = "\n".join([*chunks, *scores.values()])
    made = _run(source, writer.names.constants)
    return CompiledRuleset(
        money_parameters=tuple(writer.names.money),
        source=source,
        _chunks=tuple(made[f"chunk{s}"] for s in range(0, len(rules), RULES_A_FUNCTION)),
        _scores=tuple(made.get(f"score{index}") for index in range(len(rules))),
    )


def _run(source: str, constants: Mapping[str, Any]) -> dict[str, Any]:
    """What the generated source defines. It sees its own constants and no builtins."""
    names: dict[str, Any] = {
        **constants,
        "load_slowly": load_slowly,
        "__builtins__": {"Exception": Exception},
    }
    # Writer made the source out of checked terms; no character of a rule's text is in it.
    exec(compile(source, "<compiled rules>", "exec"), names)  # noqa: S102
    return names


def _chunk_source(writer: Writer, rules: Sequence[CompilableRule], start: int) -> str:
    """A function for some of the rules, each under its own `try`, which costs nothing untaken."""
    writer.names.start_function()
    body = []
    for index, rule in enumerate(rules[start : start + RULES_A_FUNCTION], start):
        writer.names.start_rule()
        body += [
            "    try:",
            f"        if {writer.truth(rule.condition.term)}: hits.append({index})",
            "    except Exception as error:",
            f"        failures.append(({index}, error))",
        ]
    head = f"def chunk{start}(values, money, listed, hits, failures):"
    return "\n".join([head, *writer.names.load_lines(), *body, ""])


def _score_source(writer: Writer, score: Checked, index: int) -> str:
    writer.names.start_function()
    writer.names.start_rule()
    result = writer.value(score.term).optional
    head = f"def score{index}(values, money, listed):"
    return "\n".join([head, *writer.names.load_lines(), f"    return {result}", ""])


def load_slowly(values: Sequence[Value], positions: Sequence[int]) -> list[Value]:
    """The values at these places: numbers that are not finite as missing, the rest as they are."""
    return [_finite_or_missing(values[position]) for position in positions]


def _finite_or_missing(value: Value) -> Value:
    return None if isinstance(value, float) and value - value != 0.0 else value
