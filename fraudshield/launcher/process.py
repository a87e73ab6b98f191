"""A child process: its log, its record on disk, its stop."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fraudshield.launcher import machine
from fraudshield.launcher.errors import LauncherError

LARGEST_LOG = 10_000_000  # bytes; a larger one is set aside at the next start
_POLL_SECONDS = 0.03
_EXCEPTION = re.compile(r"[\w.]+(Error|Exception|Configured|NotReady): ")


@dataclass
class Process:
    """A program in a session of its own, so that Ctrl-C on the terminal reaches the launcher alone.

    On Linux it dies with the launcher, however that ends; everywhere `record` tells the next start
    what may still be running.
    """

    name: str
    arguments: Sequence[str | Path]
    log: Path
    record: Path
    environment: Mapping[str, str] = field(default_factory=machine.plain_environment)
    directory: Path = Path("/")
    run_as: machine.RunAs = machine.RunAs.SELF
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    standard_input: bytes = b""
    _child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        user, group = machine.nobody() if self.run_as is machine.RunAs.NOBODY else (None, None)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            try:
                self._child = subprocess.Popen(  # noqa: S603
                    [str(part) for part in self.arguments],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=self.directory,
                    env=dict(self.environment),
                    start_new_session=True,
                    user=user,
                    group=group,
                    extra_groups=None if group is None else [],
                    preexec_fn=machine.child_setup(  # noqa: PLW1509 - started from one thread
                        self.run_as, self.stop_signal
                    ),
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise LauncherError(f"{self.name} cannot be started: {error}.") from None
        self.record.write_text(f"{self._child.pid} {machine.birth_of(self._child.pid)}")
        self._feed()

    def _feed(self) -> None:
        if self._child is None or self._child.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError), self._child.stdin as pipe:
            pipe.write(self.standard_input)

    @property
    def process_id(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def is_alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def exit_status(self) -> int | None:
        return self._child.poll() if self._child else None

    def signal(self, number: signal.Signals) -> None:
        if self._child is not None and self.is_alive:
            self._child.send_signal(number)

    def stop(self) -> None:
        """Asks politely, waits up to `stop_seconds`, then insists; leaves nothing of its group."""
        self.signal(self.stop_signal)
        self._wait(self.stop_seconds)
        self.kill()

    def kill(self) -> None:
        """Ends the process and whatever it started, at once."""
        if self._child is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self.record.unlink(missing_ok=True)
        self._child = None

    def _wait(self, seconds: float) -> None:
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(seconds)

    def last_words(self) -> str:
        """For an error message: the last exception in the log's end, else its last lines."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - 4000))
                lines = log.read().decode(errors="replace").strip().splitlines()
        except OSError:
            return ""
        exceptions = [line for line in lines if _EXCEPTION.match(line)]
        return "\n      ".join(exceptions[-1:] or lines[-6:])


def stop_leftovers(records: Path) -> list[str]:
    """Stops what an earlier launcher left running here; returns the names."""
    stopped = []
    for record in sorted(records.glob("*.pid")):
        number, _, birth = record.read_text().partition(" ")
        if number.isdigit() and _end_leftover(int(number), birth):
            stopped.append(record.stem)
        record.unlink(missing_ok=True)
    return stopped


def _end_leftover(process_id: int, birth: str) -> bool:
    """Ends the process, and what it started: workers can outlive a killed leader and keep its port.

    Only programs of our own environment count: the number may belong to strangers by now.
    """
    is_alive = bool(birth) and machine.birth_of(process_id) == birth
    if is_alive:
        end_process(process_id)
    orphans = [
        member
        for member in machine.group_members(process_id)
        if sys.executable in machine.command_of(member)
    ]
    for member in orphans:
        end_process(member, politely=False)
    return is_alive or bool(orphans)


def end_process(process_id: int, *, politely: bool = True, patience: float = 10.0) -> None:
    """Ends a process that is not our child: SIGINT, which every one of ours takes, then SIGKILL."""
    birth = machine.birth_of(process_id)
    for number in (signal.SIGINT, signal.SIGKILL) if politely else (signal.SIGKILL,):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process_id, number)
        deadline = time.monotonic() + patience
        while birth is not None and machine.birth_of(process_id) == birth:
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
        else:
            return
