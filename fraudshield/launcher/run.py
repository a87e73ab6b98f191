"""`make run`: everything on this machine, in the foreground, until Ctrl-C."""

import contextlib
import http.client
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fraudshield.launcher import adopt, machine
from fraudshield.launcher.errors import LauncherError, StopRequested
from fraudshield.launcher.interrupt import SIGNALS, Interrupt
from fraudshield.launcher.options import EVERY_ADDRESS, ROOT, Options, read_options
from fraudshield.launcher.process import Process, stop_leftovers
from fraudshield.launcher.relay import FIRST_MODEL, Relay
from fraudshield.launcher.servers import Servers
from fraudshield.launcher.state import Secrets, StateDirectory, write_private
from fraudshield.launcher.supervisor import Supervisor
from fraudshield.launcher.terminal import Lines, Progress, say

READY_SECONDS = 60.0
STEPS = 7
RELEASE_SECONDS = 5.0  # that a killed process may hold its port


def run() -> None:
    """Returns after a stop that was asked for; raises LauncherError when something is wrong."""
    options = read_options()
    state = StateDirectory(options.state_dir)
    progress = Progress(STEPS)
    interrupt = Interrupt()
    interrupt.install()
    with contextlib.suppress(StopRequested):
        with progress.step("Checking this machine"):
            state.create()
            machine.check_space(state.path)
        with state.locked(options.url):
            Launch(options, state, progress, interrupt).run()


class Launch:
    """One start, from the servers up, and its end."""

    def __init__(
        self, options: Options, state: StateDirectory, progress: Progress, interrupt: Interrupt
    ) -> None:
        self.options = options
        self.state = state
        self.progress = progress
        self.interrupt = interrupt
        self.supervisor = Supervisor()
        self.environment: dict[str, str] = {}
        self.relay: Relay | None = None

    def run(self) -> None:
        with self._stopping_everything():
            self._clear_the_ground()
            secrets = self.state.secrets()
            servers = self._start_servers(secrets)
            self.environment = self._environment(secrets, servers)
            self._prepare_database()
            write_private(self.state.path / adopt.NAME, adopt.lent(self.environment))
            self._start_processes()
            self._announce(servers)
            self._tell_of_the_first_model()
            self.supervisor.run(self._pause)

    @contextlib.contextmanager
    def _stopping_everything(self) -> Iterator[None]:
        try:
            yield
        finally:
            for number in SIGNALS:  # the stop is not to be stopped
                signal.signal(number, signal.SIG_IGN)
            say("Stopping ...")
            (self.state.path / adopt.NAME).unlink(missing_ok=True)
            if self.relay is not None:
                self.relay.stop()
            self.supervisor.stop()
            say("Stopped.")

    def _clear_the_ground(self) -> None:
        names = stop_leftovers(self.state.records)
        if names:
            say(f"Stopped what an earlier start left running: {', '.join(names)}.")
        self.state.clear_metrics()
        patience = RELEASE_SECONDS if names else 0.0
        machine.check_port(self.options.host, self.options.port, patience=patience)

    def _start_servers(self, secrets: Secrets) -> Servers:
        servers = Servers(self.state.path, secrets=secrets, pause=self.interrupt.pause)
        for server in servers.private:
            self.supervisor.watch(server, vital=True)
        with self.progress.step(_title("PostgreSQL", private=servers.postgres is not None)):
            servers.start_database()
        with self.progress.step(_title("Valkey", private=servers.valkey is not None)):
            if warning := servers.start_redis():
                self.progress.note(warning)
        return servers

    def _environment(self, secrets: Secrets, servers: Servers) -> dict[str, str]:
        """For the application's processes; what the operator set wins."""
        chosen = {name: value for name, value in os.environ.items() if value}
        for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
            chosen.pop(name, None)
        return {
            "SECRET_KEY": secrets.secret_key,
            "FRAUDSHIELD_KEYS": secrets.fraudshield_keys,
            "ALLOWED_HOSTS": self._allowed_hosts(),
            "PYTHONUNBUFFERED": "1",
            **chosen,
            **servers.environment(),
            "DEMO": "1" if self.options.is_demo else "0",
            "STATE_DIR": str(self.state.path),
            "PROMETHEUS_MULTIPROC_DIR": str(self.state.metrics),
            "PORT": str(self.options.port),
            "DJANGO_SETTINGS_MODULE": "fraudshield.settings",
        }

    def _allowed_hosts(self) -> str:
        hosts = ["localhost", "127.0.0.1", "[::1]"]
        if self.options.host not in EVERY_ADDRESS and self.options.host not in hosts:
            hosts.append(self.options.host)
        return ",".join(hosts)

    def _prepare_database(self) -> None:
        arguments = [str(self.state.demo_file)] if self.options.is_demo else []
        process = self._process("prepare", "fraudshield.launcher.prepare", *arguments)
        process.log.unlink(missing_ok=True)
        last = "demo data" if self.options.is_demo else "static files"
        with self.progress.step(f"Migrations, built-in rules, {last}"):
            process.start()
            try:
                self._follow(process)
            finally:
                status = process.exit_status
                process.kill()
        if status != 0:
            reason = process.last_words().rpartition("\n")[2].strip()
            raise LauncherError(f"preparing the database failed: {reason} (log: {process.log})")

    def _follow(self, process: Process) -> None:
        """Shows what the process writes until it ends."""
        with process.log.open(newline="") as log:
            lines = Lines(self.progress.note)
            while process.is_alive:
                lines.feed(log.read())
                self.interrupt.pause(0.1)
            lines.feed(log.read())

    def _start_processes(self) -> None:
        options = self.options
        celery = ("celery", "--app", "fraudshield.celery")
        beat = self._process(
            "scheduler", *celery, "beat", "--schedule", self.state.records / "schedule",
            "--pidfile", "", "--loglevel", "INFO",
        )  # fmt: skip
        worker = self._process(
            "worker", *celery, "worker", "--concurrency", options.task_workers,
            "--hostname", f"fraudshield-{options.port}@%h", "--loglevel", "INFO",
        )  # fmt: skip
        web = self._process(
            "web", "granian", "--interface", "wsgi", "--host", options.host, "--port", options.port,
            "--workers", options.web_workers, "--blocking-threads", options.web_threads,
            "--workers-kill-timeout", 5, "--respawn-failed-workers", "fraudshield.wsgi:application",
        )  # fmt: skip
        with self.progress.step("Starting scheduler"):
            self._start(beat, vital=False)
        with self.progress.step("Starting worker"):
            self._start(worker, vital=False)
        with self.progress.step(f"Starting web server on {options.url}"):
            self._start(web, vital=True)
            self._wait_until_healthy(web)

    def _tell_of_the_first_model(self) -> None:
        """The demo is up without it; what becomes of it is told as it comes."""
        if not self.options.is_demo:
            return
        process = self._process("first-model", "fraudshield.launcher.first_model")
        self.relay = Relay(process, FIRST_MODEL, say)
        self.relay.start()

    def _pause(self, seconds: float) -> None:
        self.interrupt.pause(seconds)
        if self.relay is not None:
            self.relay.look()

    def _process(self, name: str, module: str, *arguments: object) -> Process:
        return Process(
            name=name,
            arguments=[sys.executable, "-m", module, *map(str, arguments)],
            log=self.state.logs / f"{name}.log",
            record=self.state.records / f"{name}.pid",
            environment=self.environment,
            directory=ROOT,
        )

    def _start(self, process: Process, *, vital: bool) -> None:
        process.start()
        self.supervisor.watch(process, vital=vital)

    def _wait_until_healthy(self, web: Process) -> None:
        deadline = time.monotonic() + READY_SECONDS
        answer = "no answer"
        while time.monotonic() < deadline:
            self.interrupt.pause(0.1)
            if not web.is_alive:
                raise LauncherError(
                    f"the web server ended; its log ends:\n      {web.last_words()}"
                )
            answer = ask(self.options.url, "/health")
            if answer == "200":
                return
        raise LauncherError(
            f"/health did not become 200 within {READY_SECONDS:.0f} s (last: {answer}); "
            f"see {web.log}."
        )

    def _announce(self, servers: Servers) -> None:
        url = self.options.url
        lines = [f"FraudShield is ready: {url}/admin/", f"  API documentation  {url}/docs"]
        if self.options.is_demo:
            addresses = {"url": url}
            for name, value in servers.environment().items():
                addresses[name.lower()] = value
            lines += _demo_lines(self.state.write_demo_file(addresses), self.state.demo_file)
        if self.options.host in EVERY_ADDRESS and not os.environ.get("ALLOWED_HOSTS"):
            lines.append("  From elsewhere     set ALLOWED_HOSTS to the names that browsers use")
        lines += [f"  Logs               {_short(self.state.logs)}", "Stop with Ctrl-C."]
        say("\n" + "\n".join(lines))


def ask(url: str, path: str) -> str:
    """The status of a GET, or why there was none."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    try:
        connection.request("GET", path)
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()


def _demo_lines(demo: dict[str, Any], path: Path) -> list[str]:
    lines = [
        f"  {'Sign in as' if number == 0 else '':18} {user['username']:14} {user['password']}"
        for number, user in enumerate(demo["users"].values())
    ]
    return [*lines, f"  API key            in {_short(path)}"]


def _title(server: str, *, private: bool) -> str:
    if private:
        return f"Starting {server}"
    return f"Checking {'DATABASE_URL' if server == 'PostgreSQL' else 'REDIS_URL'}"


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
