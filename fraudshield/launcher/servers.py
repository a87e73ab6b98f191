"""The database and Redis of one run: the named ones where there are any, else private ones."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from fraudshield.launcher import external
from fraudshield.launcher.postgres import PostgresServer
from fraudshield.launcher.state import Secrets
from fraudshield.launcher.valkey import ValkeyServer


class Servers:
    """Decides per server, from the environment, between a named and a private one."""

    def __init__(
        self,
        directory: Path,
        *,
        secrets: Secrets | None = None,
        durable: bool = True,
        pause: Callable[[float], None] = time.sleep,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._named = {name: environ.get(name, "") for name in ("DATABASE_URL", "REDIS_URL")}
        self.postgres = self.valkey = None
        if not self._named["DATABASE_URL"]:
            password = secrets.postgres_password if secrets else None
            self.postgres = PostgresServer(
                directory, password=password, durable=durable, pause=pause
            )
        if not self._named["REDIS_URL"]:
            password = secrets.valkey_password if secrets else None
            self.valkey = ValkeyServer(directory, password=password, durable=durable, pause=pause)

    @property
    def private(self) -> list[PostgresServer | ValkeyServer]:
        return [server for server in (self.postgres, self.valkey) if server is not None]

    def start_database(self) -> None:
        if self.postgres:
            self.postgres.start()
        else:
            external.check_database(self._named["DATABASE_URL"])

    def start_redis(self) -> str | None:
        """A warning about a named server's settings, or None."""
        if self.valkey:
            self.valkey.start()
            return None
        return external.check_redis(self._named["REDIS_URL"])

    def stop(self) -> None:
        for server in reversed(self.private):
            server.stop()

    def environment(self) -> dict[str, str]:
        """DATABASE_URL and REDIS_URL for the programs that use these servers."""
        return {
            "DATABASE_URL": self.postgres.url if self.postgres else self._named["DATABASE_URL"],
            "REDIS_URL": self.valkey.url if self.valkey else self._named["REDIS_URL"],
        }
