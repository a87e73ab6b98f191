#!/usr/bin/env python
"""Django's command line. Finds .venv and the settings of what `make run` has started by itself."""

import importlib.util
import os
import sys
from pathlib import Path

VENV_PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def main() -> None:
    if importlib.util.find_spec("django") is None and VENV_PYTHON.exists():
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])  # noqa: S606  (no shell is wanted)
    from fraudshield.launcher.adopt import adopt_environment
    from fraudshield.launcher.errors import LauncherError

    try:
        adopt_environment()
    except LauncherError as error:
        sys.exit(f"FraudShield: {error}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fraudshield.settings")
    from django.core.management import execute_from_command_line

    # The shell's bytes that are no UTF-8 could be neither stored nor looked up nor printed.
    if any("\udc80" <= character <= "\udcff" for character in "".join(sys.argv)):
        sys.exit("CommandError: An argument is not UTF-8 text.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
