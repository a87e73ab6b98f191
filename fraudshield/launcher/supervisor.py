"""Keeps the started parts alive: restarts what dies, gives up when that does not help."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from fraudshield.launcher.errors import LauncherError
from fraudshield.launcher.terminal import say

BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0)  # then, where we do not give up, every LONG_SECONDS
LONG_SECONDS = 30.0
SOUND_SECONDS = 60.0  # whoever lived that long gets all its tries again
_POLL_SECONDS = 0.25


class Part(Protocol):
    """A server or a process."""

    @property
    def name(self) -> str: ...
    @property
    def is_alive(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def last_words(self) -> str: ...


@dataclass
class _Watched:
    part: Part
    vital: bool
    started: float
    deaths: int = 0
    restart_at: float | None = None


class Supervisor:
    """Stops the parts in the opposite order of `watch`: what depends on others goes first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._watched: list[_Watched] = []

    def watch(self, part: Part, *, vital: bool) -> None:
        """Takes over a started part. When a vital one keeps dying, everything ends."""
        self._watched.append(_Watched(part, vital, self._clock()))

    def run(self, pause: Callable[[float], None]) -> None:
        """Returns never: raises StopRequested out of `pause`, or LauncherError when giving up."""
        while True:
            self.look()
            pause(_POLL_SECONDS)

    def look(self) -> None:
        """One round over all parts."""
        for watched in self._watched:
            if watched.restart_at is not None:
                self._restart_when_due(watched)
            elif not watched.part.is_alive:
                self._note_death(watched)

    def stop(self) -> None:
        for watched in reversed(self._watched):
            watched.part.stop()
        self._watched.clear()

    def _note_death(self, watched: _Watched) -> None:
        now = self._clock()
        watched.deaths = 1 if now - watched.started > SOUND_SECONDS else watched.deaths + 1
        name, words = watched.part.name, watched.part.last_words()
        watched.part.kill()  # its own children, if any are left
        if watched.deaths <= len(BACKOFF_SECONDS):
            delay = BACKOFF_SECONDS[watched.deaths - 1]
        elif watched.vital:
            raise LauncherError(f"{name} died {watched.deaths} times; its log ends:\n      {words}")
        else:
            delay = LONG_SECONDS
        say(f"{name} died; starting it again in {delay:.0f} s. Its log ends:\n      {words}")
        watched.restart_at = now + delay

    def _restart_when_due(self, watched: _Watched) -> None:
        if watched.restart_at is None or self._clock() < watched.restart_at:
            return
        watched.restart_at = None
        watched.started = self._clock()
        try:
            watched.part.start()
        except LauncherError as error:
            say(str(error))  # it counts as another death in the next round
