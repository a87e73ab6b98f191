"""How far it is: a bar on a terminal, a line now and then elsewhere."""

import time
from typing import Final, Protocol, TextIO

from tqdm import tqdm

EVERY_SECONDS: Final = 30.0


class Progress(Protocol):
    def advance(self, rows: int) -> None: ...
    def close(self) -> None: ...


class Bar:
    """Rows done, rate and remaining time, redrawn in place."""

    def __init__(self, name: str, total: int, done: int, stream: TextIO) -> None:
        self._bar = tqdm(total=total, initial=done, desc=name, unit=" rows", file=stream)

    def advance(self, rows: int) -> None:
        self._bar.update(rows)

    def close(self) -> None:
        self._bar.close()


class Lines:
    """One line every half minute, for logs and pipes."""

    def __init__(self, name: str, total: int, done: int, stream: TextIO) -> None:
        self._name, self._total, self._done, self._stream = name, total, done, stream
        self._began_with = done
        self._began = self._told = time.monotonic()

    def advance(self, rows: int) -> None:
        self._done += rows
        now = time.monotonic()
        if now - self._told >= EVERY_SECONDS:
            self._told = now
            self._tell(now)

    def close(self) -> None:
        pass

    def _tell(self, now: float) -> None:
        rate = (self._done - self._began_with) / (now - self._began)
        left = (self._total - self._done) / rate if rate else 0.0
        self._stream.write(
            f"{self._name}: {self._done:,} of {self._total:,} rows, {rate:,.0f} rows/s, "
            f"about {left / 60:,.0f} min left\n"
        )
        self._stream.flush()


def progress_on(stream: TextIO, name: str, *, total: int, done: int) -> Progress:
    return (Bar if stream.isatty() else Lines)(name, total, done, stream)
