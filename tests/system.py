"""A running installation for tests: web, worker and scheduler as processes of their own."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = {"amount": 1500, "transaction_type": "transfer", "industry": "fintech"}


class System:
    """Processes around one database and one Redis; `key` opens the API."""

    def __init__(self, directory: Path, database_url: str, redis_url: str) -> None:
        self.directory = directory
        self.port = _free_port()
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "STATE_DIR": str(directory),
            "DEMO": "1",
            "LOG_LEVEL": "WARNING",
        }
        self.key = ""
        self._processes: list[subprocess.Popen[bytes]] = []

    def prepare(self) -> None:
        for command in ("migrate", "load_rules", "import_rates"):
            self.manage(command)
        file = self.directory / "demo.json"
        self.manage("seed_demo", "--write", str(file), "--count", "0")
        self.key = json.loads(file.read_text())["api_key"]

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start_web(self, *, workers: int = 1, threads: int = 4) -> None:
        self._start(
            "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", str(workers), "--blocking-threads", str(threads),
            "fraudshield.wsgi:application",
        )  # fmt: skip
        wait_for(lambda: self.get("/live")[0] == 200, "the web server to start")

    def start_worker(self) -> None:
        celery = ("celery", "-A", "fraudshield.celery")
        self._start(*celery, "worker", "--concurrency", "1", "--loglevel", "WARNING")
        schedule = str(self.directory / "schedule")
        self._start(*celery, "beat", "--schedule", schedule, "--pidfile", "")

    def _start(self, *module_and_arguments: str) -> None:
        log = (self.directory / "processes.log").open("ab")
        self._processes.append(
            subprocess.Popen(
                [sys.executable, "-m", *module_and_arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        )

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    def get(self, path: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        return self._ask("GET", path, None)

    def check(self, **fields: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, body and headers of one decision; status 0 when nobody answers."""
        return self._ask("POST", "/api/v1/fraud/check", {**EXAMPLE, **fields})

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        try:
            connection.request(method, path, body and json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, json.loads(text or b"{}"), headers
        except OSError:
            return 0, {}, {}
        finally:
            connection.close()


class Load:
    """Clients that keep sending transactions, and remember every answer by transaction id."""

    def __init__(self, system: System, clients: int = 4) -> None:
        self.system = system
        self.answers: dict[str, tuple[int, dict[str, Any], dict[str, str]]] = {}
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._send, args=(number,)) for number in range(clients)
        ]

    def _send(self, client: int) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            name = f"load-{client}-{number}"
            self.answers[name] = self.system.check(user_id=f"u{number % 50}", transaction_id=name)

    def statuses(self) -> set[int]:
        return {status for status, _, _ in list(self.answers.values())}

    def acknowledged(self) -> dict[str, dict[str, Any]]:
        return {name: body for name, (status, body, _) in self.answers.items() if status == 200}

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


@contextlib.contextmanager
def running(
    directory: Path, database_url: str, redis_url: str, *, workers: int = 1
) -> Iterator[System]:
    system = System(directory, database_url, redis_url)
    try:
        system.prepare()
        system.start_web(workers=workers)
        yield system
    finally:
        system.stop()


def wait_for(happened: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if happened():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
