"""`make check`: lint, types, rooms, migrations, settings, API schema."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from fraudshield.launcher.options import ROOT
from fraudshield.launcher.servers import Servers
from fraudshield.launcher.state import new_secrets
from fraudshield.launcher.terminal import say

_LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
# What a server on the internet would set; the checks are those of such an installation.
_PRODUCTION = {
    "DEMO": "0",
    "DEBUG": "0",
    "HTTPS": "1",
    "BEHIND_PROXY": "1",
    "ALLOWED_HOSTS": "fraudshield.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://fraudshield.example.org",
}


@dataclass(frozen=True)
class Check:
    """One tool's verdict; `arguments` are for the virtual environment's Python."""

    title: str
    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


CHECKS = (
    Check("Lint", ("-m", "ruff", "check", ".")),
    Check("Format", ("-m", "ruff", "format", "--check", ".")),
    Check("Types", ("-m", "mypy", ".")),
    Check("Rooms", ("-c", _LINT_IMPORTS)),
    Check("Migrations", ("manage.py", "makemigrations", "--check", "--dry-run")),
    Check(
        "Settings of a server",
        ("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        _PRODUCTION,
    ),
    Check("API schema", ("manage.py", "schema", "--check")),
)


def run_checks() -> int:
    """Runs all of them, shows what the failing ones wrote, and returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="fraudshield-check-") as directory:
        servers = Servers(Path(directory), durable=False)
        try:
            servers.start_database()
            servers.start_redis()
            environment = _environment(directory, servers)
            failed = [check.title for check in CHECKS if not _passes(check, environment)]
        finally:
            servers.stop()
    say(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


def _environment(directory: str, servers: Servers) -> dict[str, str]:
    made = new_secrets()
    return {
        **os.environ,
        **servers.environment(),
        "SECRET_KEY": made.secret_key,
        "FRAUDSHIELD_KEYS": made.fraudshield_keys,
        "STATE_DIR": directory,
        "DEMO": "1",
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "fraudshield.settings",
    }


def _passes(check: Check, environment: dict[str, str]) -> bool:
    say(f"{check.title} ...", end="")
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603
        [sys.executable, *check.arguments],
        cwd=ROOT,
        env={**environment, **check.environment},
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    passed = done.returncode == 0
    say(f" {'passed' if passed else 'FAILED'} ({time.monotonic() - started:.1f} s)")
    if not passed:
        say(done.stdout.rstrip())
    return passed
