"""A process that runs beside the others, once, and whose lines are shown as they come."""

from collections.abc import Callable
from typing import Final

from fraudshield.launcher.process import Process

FIRST_MODEL: Final = "First model"
"""What the lines about it begin with."""


class Relay:
    """Shows the lines of a process that begin with `label`; when it dies, nothing else does."""

    def __init__(self, process: Process, label: str, show: Callable[[str], None]) -> None:
        self._process = process
        self._label = label
        self._show = show
        self._read = 0

    def start(self) -> None:
        self._process.log.unlink(missing_ok=True)
        self._process.start()

    def look(self) -> None:
        """Shows what is new. A line that is not whole yet waits."""
        if self._process.process_id is None:
            return
        ended = not self._process.is_alive
        with self._process.log.open("rb") as log:
            log.seek(self._read)
            whole, newline, _ = log.read().rpartition(b"\n")
        self._read += len(whole + newline)
        for line in whole.decode(errors="replace").splitlines():
            if line.startswith(self._label):
                self._show(line)
        if ended:
            self._process.kill()

    def stop(self) -> None:
        self._process.kill()
