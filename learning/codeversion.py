"""Which code this is, for what has to be traced to it."""

import shutil
import subprocess
from functools import cache
from typing import Final

from django.conf import settings

_SECONDS: Final = 5


@cache
def code_version() -> str:
    """The version, and the commit where this is a git checkout: "0.1.0 (1a2b3c4, changed)"."""
    commit = _commit()
    return f"{settings.VERSION} ({commit})" if commit else str(settings.VERSION)


def _commit() -> str:
    git = shutil.which("git")
    if git is None or not (settings.BASE_DIR / ".git").exists():
        return ""
    told = subprocess.run(  # noqa: S603  a fixed command
        [git, "describe", "--always", "--dirty=, changed", "--exclude=*"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return told.stdout.strip()
