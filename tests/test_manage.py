"""The command line itself, ahead of any command."""

import subprocess
import sys
from pathlib import Path

MANAGE = Path(__file__).parents[1] / "manage.py"


def test_an_argument_that_is_no_text_is_refused_in_one_line():
    call = [sys.executable, MANAGE, "replay_decision", b"caf\xe9"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "CommandError: An argument is not UTF-8 text.\n",
    )
