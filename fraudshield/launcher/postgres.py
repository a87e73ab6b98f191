"""A private PostgreSQL server: loopback only, a port of its own, a password of its own."""

import contextlib
import os
import secrets
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2

from fraudshield.launcher import machine
from fraudshield.launcher.errors import LauncherError
from fraudshield.launcher.machine import RunAs
from fraudshield.launcher.postgres_home import Home, choose_home
from fraudshield.launcher.process import Process, end_process

USER = DATABASE = "fraudshield"
START_SECONDS = 60.0  # recovery after an unclean end included
_ATTEMPTS = 5

# Neither rows nor statements may reach the log: both can hold personal data.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a path's length is limited there
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer:
    """One cluster under `directory`; the same port and password for the life of this object."""

    name = "PostgreSQL"

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
        """Creates the cluster if there is none, and returns when it takes connections."""
        home = choose_home(self._directory / "postgres")
        if not (home.data / "PG_VERSION").exists():
            self._initialise(home)
        _check_version(home)
        _clear_pid_file(home.data)
        for attempt in range(1, _ATTEMPTS + 1):
            self._launch(home)
            if self._wait_until_ready():
                break
            words = self.last_words()
            self.kill()
            if attempt == _ATTEMPTS or not self._worth_another_try(words):
                raise LauncherError(f"PostgreSQL did not start; its log ends:\n      {words}")
        self.url = f"postgresql://{USER}:{self._password}@127.0.0.1:{self.port}/{DATABASE}"
        self._create_database()

    def stop(self) -> None:
        """Fast shutdown: sessions are cut, everything committed is kept."""
        if self._process:
            self._process.stop()

    def kill(self) -> None:
        """As a power cut would."""
        if self._process:
            self._process.kill()

    def _initialise(self, home: Home) -> None:
        """Runs initdb beside the final place: an interrupted one leaves nothing half made."""
        unfinished = home.data.with_name(home.data.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        password_file = home.data.with_name(home.data.name + ".password")
        password_file.touch(mode=0o600)
        password_file.write_text(self._password)
        if home.run_as is RunAs.NOBODY:
            for path in (unfinished, password_file):
                os.chown(path, *machine.nobody())
        command: list[str | Path] = [
            home.programs.directory / "initdb",
            f"--pgdata={unfinished}",
            f"--username={USER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
        ]
        if home.programs.major >= 17:  # knows letters beyond ASCII without the system's locales
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self._durable:
            command.append("--no-sync")
        try:
            done = machine.run(command, run_as=home.run_as)
        finally:
            password_file.unlink()
        if done.returncode != 0:
            reason = (done.stderr or done.stdout).strip().splitlines()[-3:]
            raise LauncherError(f"creating the PostgreSQL cluster failed: {' '.join(reason)}")
        unfinished.rename(home.data)

    def _launch(self, home: Home) -> None:
        settings = {**SETTINGS, **({} if self._durable else NOT_DURABLE)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        logs, records = self._directory / "logs", self._directory / "run"
        for directory in (logs, records):
            directory.mkdir(parents=True, exist_ok=True)
        self._process = Process(
            name="PostgreSQL",
            arguments=[
                home.programs.directory / "postgres",
                "-D",
                home.data,
                "-p",
                str(self.port),
                *options,
            ],
            log=logs / "postgres.log",
            record=records / "postgres.pid",
            run_as=home.run_as,
            stop_signal=signal.SIGINT,
        )
        self._process.start()

    def _wait_until_ready(self) -> bool:
        """False when the server ended instead; LauncherError when the password is not its own."""
        deadline = time.monotonic() + START_SECONDS
        while self.is_alive:
            try:
                self._connect("postgres").close()
            except psycopg2.OperationalError as error:
                if "password authentication failed" in str(error):
                    self.stop()
                    raise LauncherError(
                        f"the password in {self._directory / 'secrets.json'} does not open the "
                        "database beside it; put the right file back, or start afresh with "
                        "another STATE_DIR."
                    ) from None
                if time.monotonic() > deadline:
                    self.stop()
                    raise LauncherError(
                        f"PostgreSQL took no connection within {START_SECONDS:.0f} s; its log "
                        f"ends:\n      {self.last_words()}"
                    ) from None
            else:
                return True
            self._pause(0.03)
        return False

    def _worth_another_try(self, words: str) -> bool:
        """Another port when ours was taken meanwhile; time for a dying predecessor's processes."""
        if "Address already in use" in words:
            self.port = machine.free_port()
            return True
        if "shared memory block" in words or "lock file" in words:
            self._pause(1.0)
            return True
        return False

    def _connect(self, database: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=self._password,
            dbname=database,
            connect_timeout=3,
        )

    def _create_database(self) -> None:
        with contextlib.closing(self._connect("postgres")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")


def _check_version(home: Home) -> None:
    made_by = (home.data / "PG_VERSION").read_text().strip()
    if made_by != str(home.programs.major):
        raise LauncherError(
            f"{home.data} was made by PostgreSQL {made_by} and {home.programs.major} is installed "
            "here; use a new STATE_DIR, or move the data with pg_dump and pg_restore."
        )


def _clear_pid_file(data: Path) -> None:
    """Stops a server that still runs on these data, and removes what a dead one left."""
    path = data / "postmaster.pid"
    try:
        process_id = int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        path.unlink(missing_ok=True)
        return
    if str(data) in machine.command_of(process_id):
        end_process(process_id)
    path.unlink(missing_ok=True)
