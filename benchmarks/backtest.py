"""How long questions to a million decisions take, and how much memory: backtests of one rule and of
a ruleset, the curve of a threshold, the health of the book.

The history is that of `_history`; BACKTEST_DECISIONS makes it smaller, and each figure says how
many decisions there were.

Measured in a process of its own, whose peak memory is told, the program itself included. `cpu_s` is
the CPU time of that process, all of its threads together: what it takes where nobody else wants the
cores is about half of it on two.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from benchmarks import _history

FIGURES = ("backtest_1m_s", "backtest_ruleset_1m_s", "curve_1m_s", "health_1m_s")
NEEDS_SERVERS = True

ROUNDS = 5


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    import django

    django.setup()
    with tempfile.TemporaryDirectory(prefix="fraudshield-backtest-bench-") as directory:
        _history.make(directory)
        for figure in FIGURES:
            if figure in wanted:
                yield _apart(figure)


def _apart(figure: str) -> dict[str, Any]:
    """Measured in a new process, which finds everything through the environment."""
    done = subprocess.run(  # noqa: S603  (our own module)
        [sys.executable, "-c", f"from benchmarks import backtest; backtest.measure({figure!r})"],
        check=True,
        stdout=subprocess.PIPE,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def measure(figure: str) -> None:
    """Prints the figure's line."""
    import django

    django.setup()
    work = dict(zip(FIGURES, (_rule, _ruleset, _curve, _health), strict=True))[figure]
    wall, cpu, told = [], [], {}
    for _ in range(ROUNDS):
        began, used = perf_counter(), process_time()
        told = work()
        wall.append(round(perf_counter() - began, 2))
        cpu.append(round(process_time() - used, 2))
    line = {
        "figure": figure,
        "value": median(wall),
        "unit": "s",
        "rounds": wall,
        "cpu_s": median(cpu),
        "peak_mb": _peak_mb(),
        **told,
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(line))


def _peak_mb() -> int:
    """The most memory that this program ever had; `getrusage` would tell its parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024)
    return 0


def _rule() -> dict[str, int]:
    """The threshold of `high_amount` halved: an amount of money, with points that depend on it."""
    from rules.queries import published_rule
    from studio.backtest.engine import backtest_rule

    before = published_rule("high_amount")
    return _told(backtest_rule(before, _halved(before), _history.window()))


def _ruleset() -> dict[str, int]:
    """All built-in rules on both sides; on one the threshold of `high_amount` is halved."""
    from rules.queries import published_rule, published_snapshot
    from studio.backtest.contract import Edit
    from studio.backtest.engine import backtest_ruleset

    before = published_snapshot()
    assert before is not None  # noqa: S101  (for the type checker)
    edit = Edit(rules=(_halved(published_rule("high_amount")),))
    return _told(backtest_ruleset(before, edit.applied_to(before), _history.window()))


def _told(result: Any) -> dict[str, int]:
    changed = sum(c.decisions.n for c in result.changes if c.before != c.after)
    return {"decisions": result.rows, "changed": changed}


def _curve() -> dict[str, int]:
    """The same threshold slid, with its bootstrap."""
    from studio.optimise.curves import compute
    from studio.optimise.targets import Target, ladder_of

    ladder = ladder_of(Target(kind="parameter", rule="high_amount", name="threshold"))
    curve, _ = compute(
        ladder, _history.window(), progress=lambda share: None, cancelled=lambda: False
    )
    return {"decisions": curve.rows, "values": len(curve.steps), "affected": curve.known.affected}


def _health() -> dict[str, int]:
    """All built-in rules on every decision: what is lost without each, what each hits with others,
    which features are missing, which kinds of fraud are covered."""
    from rules.queries import published_snapshot
    from studio.health.counting import count_book

    snapshot = published_snapshot()
    assert snapshot is not None  # noqa: S101  (for the type checker)
    counts = count_book(snapshot, _history.window())
    frauds = sum(one.n for one in counts.typologies.values())
    return {"decisions": counts.whole.n, "rules": len(counts.rules), "frauds": frauds}


def _halved(rule: Any) -> Any:
    import msgspec

    parameters = tuple(
        msgspec.structs.replace(
            one, value=msgspec.structs.replace(one.value, value=one.value.value / 2)
        )
        if one.name == "threshold"
        else one
        for one in rule.definition.parameters
    )
    changed = msgspec.structs.replace(rule.definition, parameters=parameters)
    return msgspec.structs.replace(rule, definition=changed)
