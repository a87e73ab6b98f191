"""Makes the virtual environment current, then hands over to the launcher inside it.

Run as a script (`python fraudshield/launcher/bootstrap.py run`): at that time nothing is installed,
so this file uses the standard library alone and imports nothing of the project.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python is just who reads this
    sys.exit(
        f"FraudShield: needs Python 3.11 or newer, and {sys.executable} is "
        f"{sys.version_info[0]}.{sys.version_info[1]}. Name a newer one: PYTHON=python3.11 make run"
    )

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"
NEEDED = {"run": RUNTIME, "test": DEVELOPMENT, "check": DEVELOPMENT, "bench": DEVELOPMENT}
FREE_BYTES = {RUNTIME: 800_000_000, DEVELOPMENT: 1_200_000_000}  # what the packages take, unpacked
STATE_NAMES = (
    "postgres",
    "valkey",
    "logs",
    "run",
    "static",
    "environment.json",
    "secrets.json",
    "demo.json",
    "lock",
)
CACHES = (".venv", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".coverage")
SHOWN_MEGABYTES = 2.0  # downloads worth a line of progress


class SetupError(Exception):
    """One sentence with the remedy, for whoever typed the command."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Holds other set-ups of this directory back: two `make run` at once share one .venv."""
    import fcntl

    with Path(__file__).open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another set-up of this directory to finish ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            pass
        yield


def working_python() -> bool:
    """Whether .venv holds a Python that still runs, is new enough and has pip."""
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        done = subprocess.run([VENV_PYTHON, "-c", probe], capture_output=True, check=False)  # noqa: S603
    except OSError:
        return False
    return done.returncode == 0


def create_environment() -> None:
    if working_python():
        return
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetupError(
            f"{sys.executable} comes without venv and ensurepip. Install them, on Debian and "
            f"Ubuntu with: apt-get install python3-venv (or python{version}-venv)."
        )
    say(f"Creating .venv with Python {sys.version.split()[0]} ...")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise SetupError(f"Creating .venv failed: {reason[0]}")


def fingerprint(requirements: str) -> str:
    """Changes with every listed file and with the Python that the packages are for."""
    digest = hashlib.sha256((VENV / "pyvenv.cfg").read_bytes())
    for name in (RUNTIME, DEVELOPMENT) if requirements == DEVELOPMENT else (RUNTIME,):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def stamp(requirements: str) -> Path:
    return VENV / f".installed-{requirements}"


def is_installed(requirements: str) -> bool:
    path = stamp(requirements)
    return path.is_file() and path.read_text() == fingerprint(requirements)


def check_space(requirements: str) -> None:
    free = shutil.disk_usage(ROOT).free
    if free < FREE_BYTES[requirements]:
        raise SetupError(
            f"Installing the packages takes about {FREE_BYTES[requirements] // 10**6} MB and "
            f"{free // 10**6} MB are free in {ROOT}. Free some space, then start again."
        )


def progress_of(line: str) -> str | None:
    """The line of progress to show for a line of pip's, if any."""
    if match := re.match(r"\s*Downloading (\S+?)(?:\.metadata)? \(([\d.]+) MB\)", line):
        return f"      {match[1]} ({match[2]} MB)" if float(match[2]) >= SHOWN_MEGABYTES else None
    if line.startswith("Installing collected packages:"):
        return f"      installing {line.count(',') + 1} packages"
    return None


def install(requirements: str) -> None:
    if is_installed(requirements):
        return
    check_space(requirements)
    say(f"Installing {requirements} into .venv ...")
    started = time.monotonic()
    log = VENV / "install.log"
    command = [
        str(VENV_PYTHON),
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
    ]
    command += ["--progress-bar", "off", "-r", requirements]
    with (
        log.open("w") as record,
        subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as pip,
    ):
        for line in pip.stdout or ():
            record.write(line)
            if shown := progress_of(line):
                say(shown)
    if pip.returncode != 0:
        errors = [line for line in log.read_text().splitlines() if line.startswith("ERROR")]
        raise SetupError(
            f"pip could not install {requirements}: {(errors or ['see the log'])[0]} "
            f"(whole log: {log}). Check the network and the Python version, then start again."
        )
    for name in {requirements, RUNTIME}:
        stamp(name).write_text(fingerprint(name))
    say(f"      done in {time.monotonic() - started:.0f} s")


def prepare(command: str) -> None:
    if os.name != "posix":
        raise SetupError("runs on Linux and macOS; on Windows use WSL or docker compose.")
    requirements = NEEDED[command]
    try:
        if not (working_python() and is_installed(requirements)):
            with only_one():
                create_environment()
                install(requirements)
    except PermissionError as error:
        raise SetupError(f"{error.filename} may not be written by this user.") from None
    except OSError as error:
        raise SetupError(f"{error.strerror}: {error.filename or ROOT}.") from None


def clean() -> None:
    """Removes what was made here; in a STATE_DIR only what the launcher put there."""
    import fcntl

    state = ROOT / Path(os.environ.get("STATE_DIR") or ".state").expanduser()
    if (state / "lock").exists():
        with (state / "lock").open("rb") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SetupError(f"{state} is in use; stop that start first.") from None
    if (state / "postgres").is_symlink():  # see launcher/postgres.py: data that root cannot serve
        shutil.rmtree((state / "postgres").resolve().parent, ignore_errors=True)
    for path in [*(state / name for name in STATE_NAMES), *(ROOT / name for name in CACHES)]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        state.rmdir()  # only if nothing else is in it
    say(f"Removed .venv, the caches and what was in {state}.")


def main(arguments: list[str]) -> None:
    command = arguments[0] if arguments else ""
    if command == "clean":
        clean()
        return
    if command not in NEEDED:
        raise SetupError(f"choose one of {', '.join(NEEDED)} and clean, not {command!r}.")
    prepare(command)
    os.chdir(ROOT)
    for name in ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"):
        os.environ.pop(name, None)  # they would point away from .venv
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-m", "fraudshield.launcher", *arguments])  # noqa: S606


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SetupError as problem:
        sys.exit(f"FraudShield: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
