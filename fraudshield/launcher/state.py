"""STATE_DIR: what one installation keeps on disk, and who may use it at a time."""

import base64
import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fraudshield.launcher.errors import LauncherError


@dataclass(frozen=True)
class Secrets:
    """Made once per installation. Lost keys mean unreadable personal fields: back this file up."""

    secret_key: str
    fraudshield_keys: str
    postgres_password: str
    valkey_password: str


class StateDirectory:
    """The directory and the files in it that the launcher itself reads and writes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def records(self) -> Path:
        return self.path / "run"

    @property
    def metrics(self) -> Path:
        return self.records / "metrics"

    @property
    def demo_file(self) -> Path:
        return self.path / "demo.json"

    def create(self) -> None:
        try:
            for directory in (self.path, self.logs, self.records):
                directory.mkdir(parents=True, exist_ok=True)
            probe = self.path / ".writable"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise LauncherError(
                f"{self.path} cannot be written ({error.strerror}); change its owner, or name "
                "another directory: STATE_DIR=/elsewhere make run."
            ) from None

    def clear_metrics(self) -> None:
        """An empty place for the figures of all processes: those of an earlier start are gone, and
        its process ids may come again."""
        shutil.rmtree(self.metrics, ignore_errors=True)
        self.metrics.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def locked(self, address: str) -> Iterator[None]:
        """Refuses a second launcher on the same state; the kernel drops the lock with us."""
        with (self.path / "lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.seek(0)
                raise LauncherError(
                    f"{self.path} is in use by {handle.read().strip() or 'another start'}; stop "
                    "that one, or give this one a place and port of its own: "
                    "STATE_DIR=.state2 PORT=8001 make run."
                ) from None
            handle.truncate(0)
            handle.write(f"process {os.getpid()} ({address})")
            handle.flush()
            yield

    def secrets(self) -> Secrets:
        """The installation's secrets, made at the first call."""
        path = self.path / "secrets.json"
        if not path.exists():
            write_private(path, asdict(new_secrets()))
        return _read_secrets(path)

    def write_demo_file(self, addresses: Mapping[str, str]) -> dict[str, Any]:
        """Adds this start's addresses to the accounts that `seed_demo` wrote; returns all of it."""
        accounts = json.loads(self.demo_file.read_text())
        whole = {**accounts, **addresses}
        write_private(self.demo_file, whole)
        return whole


def new_secrets() -> Secrets:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return Secrets(
        secret_key=secrets.token_urlsafe(50),
        fraudshield_keys=f"1:{key}",
        postgres_password=secrets.token_urlsafe(24),
        valkey_password=secrets.token_urlsafe(24),
    )


def _read_secrets(path: Path) -> Secrets:
    try:
        return Secrets(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        raise LauncherError(
            f"{path} cannot be read; put a copy of it back, or start afresh with another STATE_DIR."
        ) from None


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Writes JSON that only the owner may read, whole or not at all."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    with open(unfinished, "w", opener=_private) as handle:
        json.dump(content, handle, indent=2)
        handle.write("\n")
        handle.flush()
        os.fsync(handle.fileno())
    unfinished.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
