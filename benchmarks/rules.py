"""300 rules of two comparisons over 60 features: ours, and the same rules in zen-engine (Rust).

A tenth of the features are missing, as some always are. zen-engine is asked in every way that it
offers, compiled beforehand, from a dict and from JSON, and must name the same rules. What counts is
the quickest way in which a rule that raises leaves the others alone, as ours do; the others are
shown beside it. Time is the process's own (all threads), as on a shared machine the wall clock
measures the neighbours; rounds are interleaved.
"""

import json
import random
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from time import process_time
from typing import Any

FIGURES = ("rules_us", "rules_vs_zen")

ROUNDS = 9
RULES = 300
FEATURES = 60
TRANSACTIONS = 200
OUR_REPEATS = 10
NAMES = [f"f{number}" for number in range(FEATURES)]

MISSING = 0.1
# Here a rule that raises does not end the evaluation of the others.
ISOLATING = {"an expression each", "decision table"}
Row = dict[str, float | None]
Rule = tuple[str, float, str, float]
Engine = Callable[[Any], list[int]]
Ways = dict[str, tuple[float, Engine, list[Any]]]


def make_rules(seed: int = 7) -> list[Rule]:
    """`one > high and other < low` on random features; each side holds for 10 to 40 %."""
    chance = random.Random(seed)  # noqa: S311
    pairs = [chance.sample(NAMES, 2) for _ in range(RULES)]
    return [
        (one, chance.uniform(60.0, 90.0), other, chance.uniform(10.0, 40.0)) for one, other in pairs
    ]


def make_rows(seed: int = 11) -> list[Row]:
    """Transactions whose features are evenly spread over 0 to 100, or missing."""
    chance = random.Random(seed)  # noqa: S311
    return [
        {name: None if chance.random() < MISSING else chance.uniform(0.0, 100.0) for name in NAMES}
        for _ in range(TRANSACTIONS)
    ]


def our_engine(rules: Sequence[Rule]) -> Engine:
    """From a vector to the positions of the rules that fire."""
    from features.types import Type
    from rules import language

    scope = language.Scope(features={name: language.Variable(Type.NUMBER) for name in NAMES})
    texts = [f"{one} > {high!r} and {other} < {low!r}" for one, high, other, low in rules]
    checked = [language.check(language.parse(text), scope) for text in texts]
    compiled = language.compile_ruleset(
        [language.CompilableRule(condition) for condition in checked],
        positions={name: place for place, name in enumerate(NAMES)},
    )
    return lambda vector: compiled.evaluate(vector)[0]


def zen_engines(rules: Sequence[Rule]) -> dict[str, Engine]:
    """Every way to have zen-engine say which rules fire, by name; each takes a dict or JSON.

    There a comparison with a missing value is an error, which ends an expression and all that are
    evaluated with it, so each comparison asks first. Only a decision table does without: it takes
    such a row for one that does not match.
    """
    import zen

    conditions = [
        f"{one} != null and {one} > {high!r} and {other} != null and {other} < {low!r}"
        for one, high, other, low in rules
    ]
    bare = [f"{one} > {high!r} and {other} < {low!r}" for one, high, other, low in rules]

    whole = zen.compile_expression(f"[{', '.join(conditions)}]")
    single = [zen.compile_expression(condition) for condition in conditions]
    keyed = zen.ZenEngine().create_decision(_graph("expressionNode", _expressions(conditions)))
    table = zen.ZenEngine().create_decision(_graph("decisionTableNode", _table(bare)))
    return {
        "one expression": lambda row: [i for i, hit in enumerate(whole.evaluate(row)) if hit],
        "an expression each": lambda row: [i for i, one in enumerate(single) if one.evaluate(row)],
        "expression node": lambda row: sorted(
            int(key[1:]) for key, hit in keyed.evaluate(row)["result"].items() if hit
        ),
        "decision table": lambda row: [hit["rule"] for hit in table.evaluate(row)["result"]],
    }


def _expressions(conditions: Sequence[str]) -> dict[str, Any]:
    rows = [{"id": str(i), "key": f"r{i}", "value": text} for i, text in enumerate(conditions)]
    return {"expressions": rows, "passThrough": False}


def _table(conditions: Sequence[str]) -> dict[str, Any]:
    return {
        "hitPolicy": "collect",
        "inputs": [{"id": "when", "name": "when", "field": ""}],
        "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
        "rules": [
            {"_id": str(i), "when": text, "rule": str(i)} for i, text in enumerate(conditions)
        ],
    }


def _graph(kind: str, content: dict[str, Any]) -> Any:
    """A decision of one node between input and output, with its content compiled."""
    import zen

    def node(name: str, node_type: str, **more: Any) -> dict[str, Any]:
        return {"id": name, "name": name, "type": node_type, "position": {"x": 0, "y": 0}, **more}

    nodes = [
        node("in", "inputNode"),
        node("rules", kind, content=content),
        node("out", "outputNode"),
    ]
    edges = [
        {"id": "first", "type": "edge", "sourceId": "in", "targetId": "rules"},
        {"id": "second", "type": "edge", "sourceId": "rules", "targetId": "out"},
    ]
    return zen.ZenDecisionContent(json.dumps({"nodes": nodes, "edges": edges}))


def microseconds(engine: Engine, inputs: Sequence[Any], repeats: int = 1) -> float:
    """What one input costs on average."""
    start = process_time()
    for _ in range(repeats):
        for one in inputs:
            engine(one)
    return (process_time() - start) / (repeats * len(inputs)) * 1e6


def measure_ways(rules: Sequence[Rule], rows: Sequence[Row], expected: list[list[int]]) -> Ways:
    """Every way of zen-engine in its better form, by name: microseconds, engine and inputs."""
    forms: list[list[Any]] = [list(rows), [json.dumps(row) for row in rows]]
    ways: Ways = {}
    for way, engine in zen_engines(rules).items():
        for inputs in forms:
            if [engine(one) for one in inputs[:5]] != expected[:5]:
                raise AssertionError(f"zen-engine's {way} names other rules than ours")
            cost = min(microseconds(engine, inputs[:20]) for _ in range(3))
            if way not in ways or cost < ways[way][0]:
                ways[way] = (cost, engine, inputs)
    return ways


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    """Ours alone, or both when the comparison is wanted."""
    rules, rows = make_rules(), make_rows()
    vectors = [list(row.values()) for row in rows]
    ours = our_engine(rules)
    ways: Ways = {}
    if "rules_vs_zen" in wanted:
        ways = measure_ways(rules, rows, [ours(vector) for vector in vectors])
    best = min(ISOLATING & ways.keys(), key=lambda way: ways[way][0], default="")
    our_rounds, zen_rounds = [], []
    for _ in range(ROUNDS):
        our_rounds.append(round(microseconds(ours, vectors, OUR_REPEATS), 2))
        if best:
            zen_rounds.append(round(microseconds(*ways[best][1:]), 2))
    if "rules_us" in wanted:
        yield {
            "figure": "rules_us",
            "value": median(our_rounds),
            "unit": "us",
            "rounds": our_rounds,
        }
    if best:
        rounds = zip(zen_rounds, our_rounds, strict=True)
        yield {
            "figure": "rules_vs_zen",
            "value": round(median(zen_rounds) / median(our_rounds), 1),
            "unit": "times faster",
            "rounds": [round(zen_round / our_round, 1) for zen_round, our_round in rounds],
            "zen_way": best,
            "zen_us": {way: round(cost, 1) for way, (cost, _, _) in ways.items()},
        }
