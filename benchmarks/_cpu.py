"""CPU time by kind of process: what a request costs, however busy the machine is. Linux only."""

import os
from collections import Counter
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_KINDS = {"granian": "web", "postgres": "database", "valkey": "redis", "redis-server": "redis"}


def cpu_seconds() -> Counter[str]:
    """User and system seconds of this process's living descendants; empty where /proc is not."""
    parents: dict[int, int] = {}
    found: dict[int, tuple[str, float]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_text()
        except OSError:  # it ended meanwhile
            continue
        kind = next((kind for word, kind in _KINDS.items() if word in command), "other")
        parents[int(entry.name)] = int(fields[1])
        found[int(entry.name)] = (kind, (int(fields[11]) + int(fields[12])) / _TICKS)
    total: Counter[str] = Counter()
    for pid, (kind, seconds) in found.items():
        if _is_ours(pid, parents):
            total[kind] += seconds
    return total


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    while pid := parents.get(pid, 0):
        if pid == os.getpid():
            return True
    return False
