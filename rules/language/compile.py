"""Turns checked rules into one function per ruleset and vertical."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.language.interpreter import NOTHING_LISTED
from rules.language.python_code import Writer
from rules.language.scope import MoneyParameter, ParameterValue, resolve_money
from rules.language.terms import Checked, Value

RULES_A_FUNCTION = 500
"""More rules than this are spread over several functions: CPython compiles in more than linear time."""

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

        A rule can raise only when a value is not of its feature's type; the others decide all the
        same.
        """
        hits: list[int] = []
        failures: Failures = []
        for chunk in self._chunks:
            chunk(values, money, listed, hits, failures)
        return hits, failures

    def score(
        self, index: int, values: Sequence[Value], money: Money = (), listed: Pairs = NOTHING_LISTED
    ) -> float | None:
        """The score of one rule (normally one that fired), or None when it is missing or the rule has none.

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

    ``positions`` maps each feature to its place in the values that `evaluate` will get.
    ``vertical`` holds the vertical's values; one that is absent is missing. Raises KeyError for a
    feature without a place.
    """
    writer = Writer(positions, vertical or {})
    sources = [
        _chunk_source(writer, rules, start, number)
        for number, start in enumerate(range(0, len(rules), RULES_A_FUNCTION))
    ]
    scores = {
        index: _score_source(writer, rule.score, index)
        for index, rule in enumerate(rules)
        if rule.score is not None
    }
    source = "\n".join([*sources, *scores.values()])
    names = _run(source, {**writer.constants, "load_slowly": load_slowly})
    return CompiledRuleset(
        money_parameters=tuple(writer.money),
        source=source,
        _chunks=tuple(names[f"chunk{number}"] for number in range(len(sources))),
        _scores=tuple(
            names[f"score{index}"] if index in scores else None for index in range(len(rules))
        ),
    )


def _run(source: str, constants: Mapping[str, Any]) -> dict[str, Any]:
    """The names that the generated source defines. It sees its own constants and no builtins."""
    names: dict[str, Any] = {**constants, "__builtins__": {"Exception": Exception}}
    # The source is written by Writer out of checked terms; no character of a rule's text is in it.
    exec(compile(source, "<compiled rules>", "exec"), names)  # noqa: S102
    return names


def _chunk_source(writer: Writer, rules: Sequence[CompilableRule], start: int, number: int) -> str:
    writer.start_function()
    body = []
    for index, rule in enumerate(rules[start : start + RULES_A_FUNCTION], start):
        writer.start_rule()
        body += [
            "    try:",
            f"        if {writer.truth(rule.condition.term)}: hits.append({index})",
            "    except Exception as error:",
            f"        failures.append(({index}, error))",
        ]
    head = f"def chunk{number}(values, money, listed, hits, failures):"
    return "\n".join([head, *_load_source(writer), *body, "    return None", ""])


def _load_source(writer: Writer) -> list[str]:
    """Each feature and amount is read once into a local; a value of a wrong type spoils only the rules that use it."""
    lines = [f"    m{slot} = money[{slot}]" for slot in sorted(writer.money_used)]
    if writer.loads:
        fast = [f"        {line}" for load in writer.loads.values() for line in load.split("\n")]
        targets = "".join(f"{name}, " for name in writer.loads)
        slow = f"        {targets}= load_slowly(values, ({''.join(f'{name[1:]}, ' for name in writer.loads)}))"
        lines += ["    try:", *fast, "    except Exception:", slow]
    return lines


def load_slowly(values: Sequence[Value], positions: Sequence[int]) -> list[Value]:
    """The values at these places, numbers that are not finite as missing, those of a wrong type as they are."""
    return [
        None if isinstance(v, float) and v - v != 0.0 else v for v in (values[p] for p in positions)
    ]


def _score_source(writer: Writer, score: Checked, index: int) -> str:
    writer.start_function()
    writer.start_rule()
    result = writer.value(score.term).optional
    head = f"def score{index}(values, money, listed):"
    return "\n".join([head, *_load_source(writer), f"    return {result}", ""])
