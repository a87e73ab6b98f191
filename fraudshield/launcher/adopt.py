"""What `manage.py` needs to speak to what `make run` has started."""

import json
import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from fraudshield.launcher.errors import LauncherError

ROOT = Path(__file__).resolve().parents[2]
NAME = "environment.json"
LENT = (
    "SECRET_KEY",
    "FRAUDSHIELD_KEYS",
    "DATABASE_URL",
    "REDIS_URL",
    "ALLOWED_HOSTS",
    "DEMO",
    "STATE_DIR",
)
"""Of the application's environment, what a command in another terminal cannot know."""


def lent(environment: Mapping[str, str]) -> dict[str, str]:
    """The part that is written down while everything runs."""
    return {name: environment[name] for name in LENT if name in environment}


def adopt_environment(environ: MutableMapping[str, str] = os.environ) -> None:
    """Take over the settings of what runs under STATE_DIR, unless the environment brings its own.

    Raises LauncherError when there are neither.
    """
    if environ.get("SECRET_KEY"):
        return
    directory = ROOT / Path(environ.get("STATE_DIR") or ".state").expanduser()
    try:
        lent_ones = json.loads((directory / NAME).read_text())
    except FileNotFoundError:
        raise LauncherError(
            f"nothing runs under {directory}. Start it in another terminal (make run), name its "
            "place (STATE_DIR=...), or set SECRET_KEY, FRAUDSHIELD_KEYS, DATABASE_URL, REDIS_URL."
        ) from None
    except (OSError, ValueError) as error:
        raise LauncherError(f"{directory / NAME} cannot be read: {error}") from None
    for name, value in lent_ones.items():
        if not environ.get(name):
            environ[name] = value
