"""What the operator chose in the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fraudshield.launcher.errors import LauncherError

ROOT = Path(__file__).resolve().parents[2]
EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 - only if the operator asks for it


@dataclass(frozen=True)
class Options:
    """`PORT` and `HOST` win over their older names `API_PORT` and `API_HOST`."""

    host: str
    port: int
    state_dir: Path
    is_demo: bool
    web_workers: int
    web_threads: int
    task_workers: int

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the web server."""
        host = "127.0.0.1" if self.host in EVERY_ADDRESS else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def read_options(environ: Mapping[str, str] = os.environ) -> Options:
    """Raises LauncherError naming the variable that is wrong."""
    state_dir = Path(environ.get("STATE_DIR") or ".state").expanduser()
    return Options(
        host=environ.get("HOST") or environ.get("API_HOST") or "127.0.0.1",
        port=_number(environ, ("PORT", "API_PORT"), default=8000, largest=65535),
        state_dir=(ROOT / state_dir).resolve(),
        is_demo=(environ.get("DEMO") or "1").lower() not in {"0", "no", "false", "off"},
        web_workers=_number(environ, ("WEB_WORKERS",), min(os.cpu_count() or 1, 4), 64),
        web_threads=_number(environ, ("WEB_THREADS",), default=4, largest=64),
        task_workers=_number(environ, ("TASK_WORKERS",), default=2, largest=64),
    )


def _number(environ: Mapping[str, str], names: tuple[str, ...], default: int, largest: int) -> int:
    for name in names:
        text = environ.get(name, "").strip()
        if not text:
            continue
        if not text.isdecimal() or not 1 <= int(text) <= largest:
            raise LauncherError(
                f"{name} must be a whole number from 1 to {largest}, not {text!r}; "
                f"for example: {name}={default} make run."
            )
        return int(text)
    return default
