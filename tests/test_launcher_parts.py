"""The launcher's parts that need no server: options, state, supervision, progress, set-up."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fraudshield.launcher import binaries, bootstrap, chromium, external, machine, supervisor
from fraudshield.launcher.errors import LauncherError, StopRequested
from fraudshield.launcher.interrupt import Interrupt
from fraudshield.launcher.options import ROOT, read_options
from fraudshield.launcher.process import Process
from fraudshield.launcher.relay import Relay
from fraudshield.launcher.state import StateDirectory
from fraudshield.launcher.supervisor import Supervisor
from fraudshield.launcher.terminal import Lines, Progress

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


# --- Options ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ("127.0.0.1", 8000)),
        ({"PORT": "8001", "API_PORT": "9000"}, ("127.0.0.1", 8001)),
        ({"API_PORT": "9000", "API_HOST": "::1"}, ("::1", 9000)),
        ({"PORT": "", "HOST": ""}, ("127.0.0.1", 8000)),
    ],
)
def test_port_and_host_win_over_their_older_names(environ, expected):
    options = read_options(environ)
    assert (options.host, options.port) == expected


@pytest.mark.parametrize("text", ["0", "65536", "80 80", "http", "-1", "8000.5"])
def test_a_wrong_port_is_named(text):
    with pytest.raises(LauncherError, match=r"^PORT must be a whole number from 1 to 65535"):
        read_options({"PORT": text})


def test_the_state_directory_is_counted_from_the_project():
    assert read_options({}).state_dir == ROOT / ".state"
    assert read_options({"STATE_DIR": ".state2"}).state_dir == ROOT / ".state2"
    assert read_options({"STATE_DIR": "/srv/x"}).state_dir == Path("/srv/x")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104
        ("::1", "http://[::1]:8000"),
    ],
)
def test_the_url_can_be_opened_on_this_machine(host, url):
    assert read_options({"HOST": host}).url == url


# --- State ------------------------------------------------------------------------------------


@pytest.fixture
def state(tmp_path):
    directory = StateDirectory(tmp_path / "state of things")
    directory.create()
    return directory


def test_a_second_launcher_on_the_same_state_is_refused(state):
    refused = pytest.raises(LauncherError, match=rf"process {os.getpid()} \(http://127")
    with state.locked("http://127.0.0.1:8000"), refused, StateDirectory(state.path).locked("x"):
        pytest.fail("both have the lock")
    with state.locked("again"):
        pass


def test_the_lock_goes_with_a_killed_launcher(state):
    code = (
        "import sys, time; from pathlib import Path\n"
        "from fraudshield.launcher.state import StateDirectory\n"
        "with StateDirectory(Path(sys.argv[1])).locked('first'):\n"
        "    print('locked', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(state.path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "locked\n"
        with pytest.raises(LauncherError), state.locked("second"):
            pytest.fail("both have the lock")
        first.kill()
    with state.locked("second"):
        pass


def test_secrets_are_made_once_and_for_the_owner_only(state):
    first = state.secrets()
    assert state.secrets() == first
    assert stat.S_IMODE((state.path / "secrets.json").stat().st_mode) == 0o600
    assert re.fullmatch(r"1:[A-Za-z0-9+/]{43}=", first.fraudshield_keys)
    assert len({first.secret_key, first.postgres_password, first.valkey_password}) == 3


@pytest.mark.parametrize("content", ["", "{}", '{"secret_key": "x"}', "[]"])
def test_damaged_secrets_are_explained_and_not_replaced(state, content):
    path = state.path / "secrets.json"
    path.write_text(content)
    with pytest.raises(LauncherError, match="put a copy of it back"):
        state.secrets()
    assert path.read_text() == content


def test_the_demo_file_gets_the_addresses_and_keeps_the_accounts(state):
    accounts = {"api_key": "fs_x", "users": {"admin": {"username": "admin", "password": "p"}}}
    state.demo_file.write_text(json.dumps(accounts))
    state.write_demo_file({"url": "http://one"})
    state.write_demo_file({"url": "http://two"})
    assert json.loads(state.demo_file.read_text()) == {**accounts, "url": "http://two"}
    assert stat.S_IMODE(state.demo_file.stat().st_mode) == 0o600


def test_a_state_directory_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LauncherError, match="STATE_DIR=/elsewhere make run"):
        StateDirectory(tmp_path / "file" / "state").create()


# --- Machine ----------------------------------------------------------------------------------


def test_a_taken_port_is_named_with_the_remedy():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LauncherError, match=rf"port {port} is taken .* PORT={port + 1} make"):
            machine.check_port("127.0.0.1", port)
    machine.check_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(LauncherError, match=r"cannot listen on 203\.0\.113\.9"):
        machine.check_port("203.0.113.9", machine.free_port())


def test_a_full_disk_is_named_before_anything_is_started(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=123_000_000)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(LauncherError, match="only 123 MB are free"):
        machine.check_space(tmp_path)


def test_a_process_is_told_from_a_later_one_with_its_id():
    with subprocess.Popen(["sleep", "60"]) as process:
        birth = machine.birth_of(process.pid)
        assert birth is not None
        assert machine.birth_of(process.pid) == birth
        wait_for(lambda: "sleep 60" in machine.command_of(process.pid))
        process.kill()
    assert machine.birth_of(process.pid) is None


def test_a_missing_program_is_an_exit_status():
    assert machine.run(["/nowhere/at/all"]).returncode == 127


@as_root
@pytest.mark.parametrize("run_as", [machine.RunAs.NAMESPACE, machine.RunAs.NOBODY])
def test_root_runs_programs_as_somebody_else(run_as):
    if run_as is machine.RunAs.NAMESPACE and machine.unprivileged() is not run_as:
        pytest.skip("user namespaces are refused here")
    assert machine.run(["id", "-u"], run_as=run_as).stdout == "65534\n"


# --- Binaries ---------------------------------------------------------------------------------


@pytest.fixture
def no_wheels(monkeypatch, tmp_path):
    """No wheels, and a PATH with nothing but what the test puts there."""
    monkeypatch.setattr(binaries, "_package", lambda name: None)
    monkeypatch.setattr(binaries, "_installed", list)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path, output):
    path.write_text(f"#!/bin/sh\necho '{output}'\n")
    path.chmod(0o755)


def test_programs_on_the_path_are_the_next_choice(no_wheels):
    program(no_wheels / "initdb", "initdb")
    program(no_wheels / "postgres", "postgres (PostgreSQL) 16.4")
    program(no_wheels / "redis-server", "Redis server v=7.2.5 sha=0")
    assert binaries.find_postgres() == binaries.Postgres(no_wheels.resolve(), 16)
    assert binaries.find_valkey() == binaries.Valkey(no_wheels / "redis-server", 7)


def test_too_old_programs_are_refused_with_the_remedy(no_wheels):
    program(no_wheels / "initdb", "initdb")
    program(no_wheels / "postgres", "postgres (PostgreSQL) 14.9")
    program(no_wheels / "valkey-server", "Valkey server v=7.2.5 sha=0")
    program(no_wheels / "redis-server", "Redis server v=6.2.0 sha=0")
    with pytest.raises(LauncherError, match=r"is version 14\); .* DATABASE_URL"):
        binaries.find_postgres()
    with pytest.raises(LauncherError, match=r"version 7; .* version 6\); .* REDIS_URL"):
        binaries.find_valkey()


def test_missing_programs_are_named_with_the_remedy(no_wheels):
    with pytest.raises(LauncherError, match=r"no PostgreSQL 15 or newer found \(none here\)"):
        binaries.find_postgres()
    with pytest.raises(LauncherError, match="no Valkey 8 or Redis 7 or newer found"):
        binaries.find_valkey()


# --- Named servers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://root@localhost/x", "must look like postgresql://"),
        ("postgresql://user:secret@127.0.0.1:1/x", "cannot be used: .*refused"),
        ("postgresql://user:secret@[half/x", "must look like"),
        ("postgresql://user:secret@host/x?nonsense=1", "must look like"),
        ("postgresql://user:secret@host:port/x", "must look like|cannot be used"),
    ],
)
def test_an_unusable_database_url_is_explained_without_its_password(url, reason):
    with pytest.raises(LauncherError, match=reason) as caught:
        external.check_database(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://localhost", "must look like redis://"),
        ("redis://:secret@127.0.0.1:1/0", "cannot be used: .*refused"),
        ("redis://:secret@127.0.0.1:port/0", "must look like redis://"),
    ],
)
def test_an_unusable_redis_url_is_explained_without_its_password(url, reason):
    with pytest.raises(LauncherError, match=reason) as caught:
        external.check_redis(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("facts", "refused"),
    [
        ({"redis_version": "6.2.14"}, "Redis 6.2.14"),
        ({"redis_version": "7.2.4", "valkey_version": "7.2.8"}, "Valkey 7.2.8"),
        ({"redis_version": "7.0.0"}, None),
        ({"redis_version": "7.2.4", "valkey_version": "8.0.1"}, None),
    ],
)
def test_a_redis_too_old_is_refused(facts, refused):
    expected = pytest.raises(LauncherError, match=refused) if refused else contextlib.nullcontext()
    with expected:
        external._check_redis_version(facts)


# --- Processes --------------------------------------------------------------------------------


@pytest.fixture
def make_process(tmp_path):
    made = []

    def make(script, **changes):
        process = Process(
            name="part",
            arguments=["sh", "-c", script],
            log=tmp_path / "part.log",
            record=tmp_path / "part.pid",
            **changes,
        )
        made.append(process)
        return process

    yield make
    for process in made:
        process.kill()


def test_a_process_that_ignores_the_request_is_made_to_stop(make_process, tmp_path):
    process = make_process("trap '' TERM; echo up; sleep 60 & wait; wait", stop_seconds=0.3)
    process.start()
    wait_for(lambda: "up" in process.last_words())
    group = process.process_id
    process.stop()
    assert not process.is_alive
    assert not (tmp_path / "part.pid").exists()
    wait_for(lambda: not group_lives(group))


def test_children_that_outlive_their_process_are_ended(make_process):
    process = make_process("sleep 60 & echo gone")
    process.start()
    group = process.process_id
    wait_for(lambda: not process.is_alive)
    assert group_lives(group)
    process.kill()
    wait_for(lambda: not group_lives(group))


def test_a_large_log_is_set_aside(make_process, tmp_path):
    (tmp_path / "part.log").write_bytes(b"x" * 10_000_001)
    process = make_process("echo fresh")
    process.start()
    wait_for(lambda: not process.is_alive)
    assert process.last_words() == "fresh"
    assert (tmp_path / "part.log.1").stat().st_size == 10_000_001


def test_the_reason_of_a_crash_is_shown_rather_than_what_was_said_after_it(make_process):
    process = make_process("echo 'ImportError: no module x'; seq 20")
    process.start()
    wait_for(lambda: not process.is_alive)
    assert process.last_words() == "ImportError: no module x"


def test_a_program_that_cannot_start_is_one_sentence(tmp_path):
    process = Process(
        name="web", arguments=["/nowhere"], log=tmp_path / "log", record=tmp_path / "pid"
    )
    with pytest.raises(LauncherError, match=r"^web cannot be started: .*/nowhere"):
        process.start()


def group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return any(
        line.split()[-1] != "Z"
        for line in subprocess.run(
            ["ps", "-e", "-o", "pgid=,stat="], capture_output=True, text=True
        ).stdout.splitlines()
        if line.split()[0] == str(group) and not line.split()[-1].startswith("Z")
    )


def wait_for(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


# --- Supervision ------------------------------------------------------------------------------


class FakePart:
    name = "web"

    def __init__(self, fails=False):
        self.is_alive = True
        self.log = []
        self.fails = fails

    def start(self):
        self.log.append("start")
        if self.fails:
            raise LauncherError("no start")
        self.is_alive = True

    def stop(self):
        self.log.append("stop")

    def kill(self):
        self.log.append("kill")

    def last_words(self):
        return "segmentation fault"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_part_that_died_is_started_again_after_a_moment(clock, capsys):
    part, watcher = FakePart(), Supervisor(clock)
    watcher.watch(part, vital=True)
    part.is_alive = False
    watcher.look()
    assert part.log == ["kill"]
    assert "web died; starting it again in 1 s" in capsys.readouterr().out
    clock.now = 0.9
    watcher.look()
    assert part.log == ["kill"]
    clock.now = 1.0
    watcher.look()
    assert part.log == ["kill", "start"]
    assert part.is_alive


@pytest.mark.parametrize("fails", [False, True])
def test_a_vital_part_that_keeps_dying_ends_everything_with_the_reason(clock, fails):
    part, watcher = FakePart(fails), Supervisor(clock)
    watcher.watch(part, vital=True)
    for _ in supervisor.BACKOFF_SECONDS:
        part.is_alive = False
        watcher.look()
        clock.now += 10
        watcher.look()
    part.is_alive = False
    with pytest.raises(LauncherError, match=r"web died 5 times; its log ends:\s+segmentation"):
        watcher.look()
    assert part.log.count("start") == len(supervisor.BACKOFF_SECONDS)


def test_a_part_that_is_not_vital_is_tried_for_ever(clock):
    part, watcher = FakePart(), Supervisor(clock)
    watcher.watch(part, vital=False)
    for _ in range(20):
        part.is_alive = False
        watcher.look()
        clock.now += supervisor.LONG_SECONDS
        watcher.look()
    assert part.log.count("start") == 20


def test_a_part_that_lived_long_gets_all_its_tries_again(clock):
    part, watcher = FakePart(), Supervisor(clock)
    watcher.watch(part, vital=True)
    for _ in range(20):
        clock.now += supervisor.SOUND_SECONDS + 1
        part.is_alive = False
        watcher.look()
        clock.now += 1
        watcher.look()
    assert part.log.count("start") == 20


def test_parts_stop_in_the_opposite_order():
    order, watcher = [], Supervisor()
    for name in ("database", "worker", "web"):
        part = FakePart()
        part.stop = lambda name=name: order.append(name)
        watcher.watch(part, vital=True)
    watcher.stop()
    assert order == ["web", "worker", "database"]


def test_a_stop_signal_ends_the_waiting_at_once(monkeypatch):
    monkeypatch.delenv("MAKELEVEL", raising=False)
    interrupt = Interrupt()
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        interrupt.install()
        interrupt.pause(0)
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StopRequested):
            interrupt.pause(60)
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def test_the_end_of_make_ends_the_waiting(monkeypatch):
    monkeypatch.setenv("MAKELEVEL", "1")
    interrupt = Interrupt()
    interrupt.pause(0)
    monkeypatch.setattr(os, "getppid", lambda: 1)
    with pytest.raises(StopRequested):
        interrupt.pause(60)


# --- Terminal ---------------------------------------------------------------------------------


def test_progress_numbers_the_steps(capsys):
    progress = Progress(2)
    with progress.step("First"):
        pass
    with progress.step("Second"):
        progress.note("half way")
    shown = re.sub(r"\d+\.\d s", "0.0 s", capsys.readouterr().out)
    assert shown == "[1/2] First ... 0.0 s\n[2/2] Second ...\n      half way\n      0.0 s\n"


def test_output_becomes_lines_without_log_records_tracebacks_and_most_of_a_bar(clock):
    shown = []
    lines = Lines(shown.append, clock)
    lines.feed('25 rules\n{"level": "info"}\n\rtraffic 1 %\rtraffic')
    clock.now = 10
    lines.feed(' 2 %\rtraffic 50 %{"level": "info"}')
    lines.feed("\rtraffic 99 %")
    lines.feed("\r            \rDemo data is there.\nTraceback (most recent call last):\n  boom\n")
    assert shown == ["25 rules", "traffic 50 %", "Demo data is there."]


# --- Set-up -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("  Downloading polars-2.1.0-cp39.whl (35.2 MB)", "      polars-2.1.0-cp39.whl (35.2 MB)"),
        ("  Downloading amqp-5.4.2-py3-none-any.whl (52 kB)", None),
        ("  Downloading certifi-2026-py3.whl (0.2 MB)", None),
        ("Installing collected packages: a, b, c", "      installing 3 packages"),
        ("Collecting Django==5.2", None),
    ],
)
def test_of_pips_output_only_the_long_steps_are_shown(line, shown):
    assert bootstrap.progress_of(line) == shown


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A project directory of its own for the set-up."""
    root = tmp_path / "check out"
    (root / ".venv").mkdir(parents=True)
    (root / ".venv" / "pyvenv.cfg").write_text("version = 3.11")
    for name in (bootstrap.RUNTIME, bootstrap.DEVELOPMENT):
        (root / name).write_text(name)
    monkeypatch.setattr(bootstrap, "ROOT", root)
    monkeypatch.setattr(bootstrap, "VENV", root / ".venv")
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", root / ".venv" / "bin" / "python")
    return root


def test_packages_are_installed_again_only_when_the_list_changes(checkout):
    stamp = bootstrap.stamp(bootstrap.RUNTIME)
    stamp.write_text(bootstrap.fingerprint(bootstrap.RUNTIME))
    assert bootstrap.is_installed(bootstrap.RUNTIME)
    (checkout / bootstrap.DEVELOPMENT).write_text("more tools")
    assert bootstrap.is_installed(bootstrap.RUNTIME)
    (checkout / bootstrap.RUNTIME).write_text("more packages")
    assert not bootstrap.is_installed(bootstrap.RUNTIME)


def test_too_little_space_for_the_packages_is_named(checkout, monkeypatch):
    usage = shutil.disk_usage(checkout)._replace(free=10_000_000)
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(bootstrap.SetupError, match="10 MB are free"):
        bootstrap.install(bootstrap.RUNTIME)


def test_a_python_without_venv_is_named_with_the_remedy(checkout, monkeypatch):
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(bootstrap.SetupError, match="apt-get install python3-venv"):
        bootstrap.create_environment()


def test_an_old_python_is_told_so():
    """Run under this Python with another version pretended: what stands before is all that old
    ones have to understand."""
    source = Path(bootstrap.__file__).read_text()
    gate = source[: source.index("import contextlib")].replace("(3, 11)", "(99, 0)")
    done = subprocess.run([sys.executable, "-c", gate], capture_output=True, text=True)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "PYTHON=python3.11 make run" in done.stderr


def test_make_names_a_python_that_is_not_there():
    done = subprocess.run(
        ["make", "run", "PYTHON=no-such-python"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "no Python 3.11 or newer found as 'no-such-python'" in done.stderr


def test_clean_leaves_what_it_did_not_make(checkout, monkeypatch):
    state = checkout / "state"
    (state / "postgres").mkdir(parents=True)
    (state / "demo.json").write_text("{}")
    (state / "photo.jpg").write_text("mine")
    monkeypatch.setenv("STATE_DIR", str(state))
    bootstrap.clean()
    assert [path.name for path in state.iterdir()] == ["photo.jpg"]
    assert not (checkout / ".venv").exists()


def test_clean_refuses_while_a_launcher_runs(checkout, state, monkeypatch):
    monkeypatch.setenv("STATE_DIR", str(state.path))
    with state.locked("here"), pytest.raises(bootstrap.SetupError, match="is in use"):
        bootstrap.clean()
    assert (checkout / ".venv").exists()


# --- Chromium ---------------------------------------------------------------------------------


def test_a_named_chromium_wins_and_a_wrong_name_is_told(tmp_path, monkeypatch):
    program(tmp_path / "my-browser", "browser")
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "my-browser"))
    assert chromium.ensure_chromium() is None
    assert chromium.find_chromium() == str(tmp_path / "my-browser")
    monkeypatch.setenv("CHROMIUM", "/nowhere")
    assert "/nowhere is no program" in chromium.ensure_chromium()


def test_without_chromium_and_root_the_reason_is_given(no_wheels, monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("HOME", str(no_wheels))
    assert chromium.ensure_chromium() == "no Chromium found; install one, or name one in CHROMIUM"


# -- what runs beside the rest, once ---------------------------------------------------------------


def test_what_runs_beside_tells_its_own_lines_and_its_end_ends_nothing(make_process):
    shown = []
    process = make_process(
        "echo noise; echo 'First model: begins'; printf 'First model: do'; sleep 0.3; echo ne"
    )
    relay = Relay(process, "First model", shown.append)
    relay.start()
    wait_for(lambda: relay.look() or shown)
    assert shown == ["First model: begins"]
    wait_for(lambda: relay.look() or len(shown) == 2)
    assert shown[1] == "First model: done"
    wait_for(lambda: relay.look() or process.process_id is None)
    relay.look()
    relay.stop()
    assert len(shown) == 2
