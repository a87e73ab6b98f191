"""A private Valkey (or Redis) server: loopback only, a port of its own, a password of its own."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from fraudshield.launcher import binaries, machine
from fraudshield.launcher.errors import LauncherError
from fraudshield.launcher.process import Process

START_SECONDS = 60.0  # loading a large append-only file included
_ATTEMPTS = 5


class ValkeyServer:
    """One server under `directory`; the same port and password for the life of this object."""

    name = "Valkey"

    def __init__(
        self,
        directory: Path,
        *,
        password: str | None = None,
        durable: bool = True,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.port = machine.free_port()
        self.url = ""
        self._directory = directory
        self._password = password or secrets.token_urlsafe(24)
        self._durable = durable
        self._pause = pause
        self._process: Process | None = None

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.is_alive

    def last_words(self) -> str:
        return self._process.last_words() if self._process else ""

    def start(self) -> None:
        """Returns when the server answers; what it stored before is there again."""
        program = binaries.find_valkey().program
        for attempt in range(1, _ATTEMPTS + 1):
            self._launch(program)
            if self._wait_until_ready():
                break
            words = self.last_words()
            self.kill()
            if attempt == _ATTEMPTS or "Address already in use" not in words:
                raise LauncherError(f"Valkey did not start; its log ends:\n      {words}")
            self.port = machine.free_port()
        self.url = f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        if self._process:
            self._process.stop()

    def kill(self) -> None:
        """As a power cut would."""
        if self._process:
            self._process.kill()

    def _launch(self, program: Path) -> None:
        data = self._directory / "valkey"
        logs, records = self._directory / "logs", self._directory / "run"
        for directory in (data, logs, records):
            directory.mkdir(parents=True, exist_ok=True)
        self._process = Process(
            name="Valkey",
            arguments=[program, "-"],
            log=logs / "valkey.log",
            record=records / "valkey.pid",
            standard_input=self._configuration(data).encode(),
        )
        self._process.start()

    def _configuration(self, data: Path) -> str:
        """Given on standard input: a command line would show the password to every user."""
        place = str(data).replace("\\", "\\\\").replace('"', '\\"')
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self._password}",
            f'dir "{place}"',
            "databases 64",
            "maxmemory-policy noeviction",
            f"appendonly {'yes' if self._durable else 'no'}",
            'save ""',
        ]
        return "\n".join(lines) + "\n"

    def _wait_until_ready(self) -> bool:
        """False when the server ended instead."""
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis(
            host="127.0.0.1",
            port=self.port,
            password=self._password,
            socket_timeout=1,
            retry=Retry(NoBackoff(), 0),  # the loop retries, and looks at the process in between
        ) as client:
            while self.is_alive:
                try:
                    client.ping()
                except redis.AuthenticationError:
                    return False  # somebody else's server took the port
                except redis.RedisError:  # not listening yet, or loading
                    if time.monotonic() > deadline:
                        raise LauncherError(
                            f"Valkey did not answer within {START_SECONDS:.0f} s; its log "
                            f"ends:\n      {self.last_words()}"
                        ) from None
                else:
                    return True
                self._pause(0.03)
        return False
