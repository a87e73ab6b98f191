"""`make test` and `make bench`."""

import os
import shlex
import subprocess
import sys

from fraudshield.launcher.chromium import ensure_chromium
from fraudshield.launcher.options import ROOT
from fraudshield.launcher.terminal import say

# Each worker has a Redis database of its own, of which a server has sixteen. Tests are handed out
# by their place: by name, those that share one (Schemathesis names all operations alike) get lost.
# One more than there are processors: many tests wait for a browser, or for servers that start.
_WORKERS = min(8, 1 + (os.cpu_count() or 1))
_SEVERAL = (f"--numprocesses={_WORKERS}", "--dist=worksteal")


def run_tests() -> int:
    """Runs pytest with `ARGS`, or all tests on several processors; its plugin starts the servers.

    Returns pytest's exit status.
    """
    if reason := ensure_chromium():
        say(f"Browser tests will be skipped: {reason}")
    return _python("-m", "pytest", *(shlex.split(os.environ.get("ARGS", "")) or _SEVERAL))


def run_benchmarks() -> int:
    """Runs all benchmarks, or the one figure named in `ONLY`."""
    only = os.environ.get("ONLY", "")
    return _python("-m", "benchmarks", *([only] if only else []))


def _python(*arguments: str) -> int:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603
