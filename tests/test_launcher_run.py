"""`make run` as a whole: the application starts, answers, survives an unclean end, and goes."""

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg2
import pytest
import redis

from fraudshield.launcher import machine
from fraudshield.launcher.machine import RunAs

ROOT = Path(__file__).resolve().parents[1]
SERVER_VARIABLES = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FRAUDSHIELD_KEYS", "MAKELEVEL")


class Launch:
    """One launcher, started as the Makefile does or by make itself."""

    def __init__(self, state_dir, command=None, directory=ROOT, output=None, **changes):
        self.state_dir = state_dir
        self.port = machine.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = output or state_dir.parent / f"{state_dir.name} output {self.port}.txt"
        kept = {name: text for name, text in os.environ.items() if name not in SERVER_VARIABLES}
        self.environment = {
            **kept,
            "STATE_DIR": str(state_dir),
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }
        self.command = command or [sys.executable, "-m", "fraudshield.launcher", "run"]
        self.directory = directory
        self.changes = changes
        self.process = None

    def start(self):
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.directory,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self.changes,
            )

    def wait_until_ready(self, seconds=90):
        deadline = time.monotonic() + seconds
        while "FraudShield is ready" not in self.shown:
            assert self.process.poll() is None, self.shown
            assert time.monotonic() < deadline, self.shown
            time.sleep(0.05)

    @property
    def shown(self):
        return self.output.read_text()

    @property
    def demo(self):
        return json.loads((self.state_dir / "demo.json").read_text())

    def recorded(self):
        """Process ids of all parts that run."""
        return [int(path.read_text().split()[0]) for path in self.state_dir.glob("run/*.pid")]

    def end(self, number=signal.SIGINT, seconds=25):
        """Sends a signal to the launcher alone and waits for its end."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(seconds)
        return self.process.returncode


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def session_is_empty(launch):
    """No process whose command line or directory names this state directory."""
    return not [
        entry.name
        for entry in Path("/proc").glob("[0-9]*")
        if str(launch.state_dir) in machine.command_of(int(entry.name))
    ]


def wait_until_gone(process_ids, seconds=15):
    deadline = time.monotonic() + seconds
    while alive := [number for number in process_ids if machine.birth_of(number)]:
        assert time.monotonic() < deadline, [machine.command_of(number) for number in alive]
        time.sleep(0.05)


@contextlib.contextmanager
def launched(state_dir, **options):
    launch = Launch(state_dir, **options)
    launch.start()
    try:
        launch.wait_until_ready(90 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
        yield launch
    finally:
        launch.end()


@pytest.fixture(scope="module")
def launch(tmp_path_factory):
    with launched(tmp_path_factory.mktemp("run") / "a state") as running:
        yield running


def test_it_answers_when_it_says_that_it_is_ready(launch):
    assert status(f"{launch.url}/live") == 200
    assert status(f"{launch.url}/health") == 200
    assert status(f"{launch.url}/admin/login/") == 200
    assert f"{launch.url}/admin/" in launch.shown


def test_the_figures_of_all_processes_add_up(launch):
    asked = 30
    for _ in range(asked):
        assert status(f"{launch.url}/health") == 200
    counted = 'request_latency_seconds_count{endpoint="health"}'
    for _ in range(4):  # whichever process answers
        with urllib.request.urlopen(f"{launch.url}/metrics") as answer:  # noqa: S310
            lines = answer.read().decode().splitlines()
        line = next(line for line in lines if line.startswith(counted))
        assert float(line.removeprefix(counted)) >= asked


def test_the_demo_file_holds_what_a_visitor_needs(launch):
    demo = launch.demo
    assert demo["url"] == launch.url
    assert set(demo["users"]) == {
        "analyst",
        "supervisor",
        "risk_manager",
        "risk_manager_2",
        "supervisor_2",
        "auditor",
        "admin",
    }
    assert all(set(user) == {"username", "password"} for user in demo["users"].values())
    with contextlib.closing(psycopg2.connect(demo["database_url"])) as connection:
        assert connection.server_version >= 150000
    with redis.Redis.from_url(demo["redis_url"]) as client:
        assert client.ping()
    assert stat.S_IMODE((launch.state_dir / "demo.json").stat().st_mode) == 0o600


def test_the_demos_first_model_is_trained_beside_and_then_decides(launch):
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    deadline = time.monotonic() + 120 * busy
    while "First model: Model " not in launch.shown:
        assert time.monotonic() < deadline, launch.shown
        time.sleep(0.2)
    assert "First model: the worker trains it" in launch.shown
    assert "It decides from now on." in launch.shown
    asked = urllib.request.Request(  # noqa: S310
        f"{launch.url}/api/v1/fraud/check",
        json.dumps({"user_id": "new", "amount": 900, "currency": "NGN"}).encode(),
        {"X-API-Key": launch.demo["api_key"], "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
        decision = json.load(answer)
    assert 0 <= decision["ml_score"] <= 100
    assert f"Model {decision['model_version']}:" in launch.shown


def manage(state_dir, *arguments, python=sys.executable):
    """`manage.py` in another terminal, which knows nothing but where the state is."""
    bare = {"PATH": os.environ["PATH"], "STATE_DIR": str(state_dir)}
    return subprocess.run(
        [python, "manage.py", *arguments], cwd=ROOT, env=bare, capture_output=True, text=True
    )


def test_a_command_in_another_terminal_speaks_to_what_runs(launch):
    done = manage(launch.state_dir, "audit", "verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert stat.S_IMODE((launch.state_dir / "environment.json").stat().st_mode) == 0o600


def test_a_command_where_nothing_runs_says_so_in_a_sentence(tmp_path):
    done = manage(tmp_path, "audit", "verify")
    assert done.returncode == 1
    assert f"nothing runs under {tmp_path}" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_secret_is_in_a_log_or_on_a_command_line(launch):
    made = json.loads((launch.state_dir / "secrets.json").read_text())
    words = [*made.values(), launch.demo["api_key"]]
    texts = [path.read_text(errors="replace") for path in launch.state_dir.glob("logs/*")]
    texts += [machine.command_of(number) for number in launch.recorded()]
    assert len(texts) > 8
    assert not [word for word in words for text in texts if word in text]


def test_a_second_start_on_the_same_state_is_refused(launch):
    second = Launch(launch.state_dir)
    second.start()
    assert second.process.wait(20) == 1
    assert f"is in use by process {launch.process.pid} ({launch.url})" in second.shown
    assert "Traceback" not in second.shown
    assert status(f"{launch.url}/health") == 200


def test_a_taken_port_is_one_sentence_and_nothing_is_started(launch, tmp_path):
    second = Launch(tmp_path / "other")
    second.environment["PORT"] = str(launch.port)
    second.start()
    assert second.process.wait(20) == 1
    assert f"FraudShield: port {launch.port} is taken by another program" in second.shown
    assert second.recorded() == []


@pytest.mark.parametrize(
    ("variable", "text", "sentence"),
    [
        ("PORT", "many", "PORT must be a whole number"),
        ("STATE_DIR", "/dev/null/state", "cannot be written"),
        ("DATABASE_URL", "postgresql://u:hidden@127.0.0.1:1/x", "DATABASE_URL cannot be used"),
        ("REDIS_URL", "redis://:hidden@127.0.0.1:1/0", "REDIS_URL cannot be used"),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path, variable, text, sentence):
    launch = Launch(tmp_path / "state")
    launch.environment[variable] = text
    launch.start()
    assert launch.process.wait(20) == 1
    assert f"FraudShield: {sentence}" in launch.shown or sentence in launch.shown
    assert "Traceback" not in launch.shown
    assert "hidden" not in launch.shown
    assert launch.recorded() == []


def test_a_part_that_dies_is_replaced(launch):
    record = launch.state_dir / "run" / "scheduler.pid"
    before = record.read_text()
    os.kill(int(before.split()[0]), signal.SIGKILL)
    deadline = time.monotonic() + 15
    while not record.exists() or record.read_text() == before:
        assert time.monotonic() < deadline, launch.shown
        time.sleep(0.05)
    assert "scheduler died; starting it again" in launch.shown


def test_after_an_unclean_end_the_next_start_keeps_everything(launch):
    """Runs last of those that share the launcher: it kills it, starts it again and stops it."""
    before = launch.demo
    parts = launch.recorded()
    launch.process.kill()
    for number in parts:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    assert launch.process.wait() == -signal.SIGKILL
    launch.start()
    launch.output.write_text("")
    started = time.monotonic()
    launch.wait_until_ready()
    assert time.monotonic() - started < 40  # idle: 7; the machine may be busy with other tests
    wait_until_gone(parts)
    after = launch.demo
    assert after["api_key"] == before["api_key"]
    assert after["users"] == before["users"]
    assert status(f"{launch.url}/health") == 200

    parts = launch.recorded()
    assert len(parts) in {5, 6}  # one more while it tells of the first model
    started = time.monotonic()
    assert launch.end() == 0
    assert time.monotonic() - started < 20
    assert launch.shown.endswith("Stopped.\n")
    assert not [number for number in parts if machine.birth_of(number)]
    assert session_is_empty(launch)


@pytest.mark.slow
def test_two_run_side_by_side(tmp_path):
    with launched(tmp_path / "one") as one, launched(tmp_path / "two") as two:
        assert status(f"{one.url}/health") == status(f"{two.url}/health") == 200
        assert one.demo["api_key"] != two.demo["api_key"]
        one.end(signal.SIGTERM)
        assert status(f"{two.url}/health") == 200


@pytest.mark.slow
def test_it_uses_the_servers_that_are_named(tmp_path, private_postgres, private_redis):
    launch = Launch(tmp_path / "state")
    launch.environment["DATABASE_URL"] = private_postgres.url
    launch.environment["REDIS_URL"] = private_redis.url
    try:
        launch.start()
        launch.wait_until_ready()
        assert "Checking DATABASE_URL" in launch.shown
        assert launch.demo["database_url"] == private_postgres.url
        assert launch.demo["redis_url"] == private_redis.url
        assert len(launch.recorded()) == 3
        assert not (launch.state_dir / "postgres").exists()
    finally:
        launch.end()
    assert private_postgres.is_alive
    assert private_redis.is_alive


@pytest.fixture
def clone(tmp_path):
    """The committed project in a directory with a space, readable by everyone."""
    target = tmp_path / "a fresh clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(target)], check=True)
    return target


@pytest.mark.slow
def test_make_runs_it_from_nothing_and_again_within_seconds(clone):
    """Downloads all packages. The limits are for a machine with nothing else to do."""
    launch = Launch(clone / ".state", command=["make", "run"], directory=clone)
    try:
        for seconds in (180, 15):
            busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
            launch.start()
            launch.wait_until_ready(seconds * busy)
            assert status(f"{launch.url}/health") == 200
            parts = launch.recorded()
            os.killpg(launch.process.pid, signal.SIGINT)  # as Ctrl-C does: make and the launcher
            launch.process.wait(25 * busy)
            wait_until_gone(parts, seconds=1)
            launch.output.unlink()
    finally:
        launch.end(signal.SIGTERM)


@pytest.mark.slow
def test_killing_make_alone_stops_everything(clone):
    (clone / ".venv").symlink_to(sys.prefix)
    launch = Launch(clone / ".state", command=["make", "run"], directory=clone)
    try:
        launch.start()
        launch.wait_until_ready()
        parts = launch.recorded()
        launch.process.kill()
        launch.process.wait()
        wait_until_gone(parts, seconds=25)
    finally:
        launch.end(signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_runs_it_from_nothing(clone):
    """Downloads all packages."""
    python = next((name for name in pythons() if nobody_can_use(name)), None)
    if python is None:
        pytest.skip("no Python 3.11 or newer with venv that user nobody can run")
    user, group = machine.nobody()
    home = Path(tempfile.mkdtemp(prefix="fraudshield-user-"))
    project = home / "a project"
    shutil.copytree(clone, project)
    for path in [home, *home.rglob("*")]:
        os.chown(path, user, group)
    launch = Launch(
        project / ".state",
        command=["make", "run", f"PYTHON={python}"],
        directory=project,
        output=home / "output.txt",
        user=user,
        group=group,
        extra_groups=[],
    )
    launch.environment |= {"HOME": str(home), "USER": "nobody"}
    try:
        launch.start()
        launch.wait_until_ready(180)
        assert status(f"{launch.url}/health") == 200
        parts = launch.recorded()
        assert {Path(f"/proc/{number}").stat().st_uid for number in parts} == {user}
        os.killpg(launch.process.pid, signal.SIGINT)
        launch.process.wait(25)
        wait_until_gone(parts, seconds=1)
    finally:
        launch.end(signal.SIGTERM)
        shutil.rmtree(home)


def pythons():
    names = [f"python3.{minor}" for minor in (11, 12, 13, 14)]
    found = [shutil.which(name, path="/usr/bin:/usr/local/bin") for name in names]
    return [sys.executable, *filter(None, found)]


def nobody_can_use(python):
    code = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    return machine.run([python, "-c", code], run_as=RunAs.NOBODY).returncode == 0
