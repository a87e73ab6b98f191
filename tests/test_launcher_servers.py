"""The private servers: real ones, started, stopped and killed."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from fraudshield.launcher import binaries, machine, postgres_home
from fraudshield.launcher.errors import LauncherError
from fraudshield.launcher.machine import RunAs
from fraudshield.launcher.postgres import PostgresServer
from fraudshield.launcher.process import stop_leftovers
from fraudshield.launcher.servers import Servers
from fraudshield.launcher.valkey import ValkeyServer

ROOT = Path(__file__).resolve().parents[1]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def home(tmp_path):
    """A state directory whose path needs quoting everywhere."""
    path = tmp_path / 'a place, "quoted"'
    path.mkdir()
    return path


def query(server, sql):
    with contextlib.closing(psycopg2.connect(server.url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchone() if cursor.description else None


@contextlib.contextmanager
def running(server):
    try:
        server.start()
        yield server
    finally:
        server.stop()


def test_postgres_keeps_what_was_committed_over_stop_and_kill(home):
    with running(PostgresServer(home, durable=False)) as server:
        query(server, "CREATE TABLE kept AS SELECT 1 AS value")
        server.stop()
        server.start()
        query(server, "CHECKPOINT")  # without fsync that is what survives
        server.kill()
        with pytest.raises(psycopg2.OperationalError):
            query(server, "SELECT 1")
        server.start()
        assert query(server, "SELECT value FROM kept") == (1,)


def test_valkey_keeps_what_was_written_over_stop_and_kill(home):
    with running(ValkeyServer(home)) as server, redis.Redis.from_url(server.url) as client:
        client.set("kept", "1")
        server.stop()
        server.start()
        assert client.get("kept") == b"1"
        client.set("also", "2")
        time.sleep(1.2)  # appendfsync everysec
        server.kill()
        with pytest.raises(redis.ConnectionError):
            client.get("kept")
        server.start()
        assert client.mget("kept", "also") == [b"1", b"2"]


def test_postgres_listens_on_the_loopback_alone_and_asks_for_a_password(home):
    with running(PostgresServer(home, durable=False)) as server:
        assert query(server, "SHOW listen_addresses") == ("127.0.0.1",)
        assert query(server, "SHOW unix_socket_directories") == ("",)
        assert query(server, "SHOW timezone") == ("UTC",)
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(server.url.replace(":", ":wrong", 2).replace("wrong//", "//"))


def test_valkey_listens_on_the_loopback_alone_and_asks_for_a_password(home):
    with running(ValkeyServer(home)) as server:
        with redis.Redis.from_url(server.url) as client:
            assert client.config_get("bind") == {"bind": "127.0.0.1"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("appendonly") == {"appendonly": "yes"}
        stranger = redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0))
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()


def test_no_password_stands_on_a_command_line_or_stays_in_a_file(home):
    word = "visible-to-nobody"
    with (
        running(PostgresServer(home, password=word, durable=False)),
        running(ValkeyServer(home, password=word)),
    ):
        processes = [int(record.read_text().split()[0]) for record in home.glob("run/*.pid")]
        assert len(processes) == 2
        assert not [number for number in processes if word in machine.command_of(number)]
    assert not [
        path for path in home.rglob("*") if path.is_file() and word.encode() in path.read_bytes()
    ]


def test_the_data_are_for_their_owner_only(home):
    with running(PostgresServer(home, durable=False)):
        assert stat.S_IMODE((home / "postgres").stat().st_mode) == 0o700


def test_a_wrong_password_is_explained(home):
    with running(PostgresServer(home, password="one", durable=False)):
        pass
    with pytest.raises(LauncherError, match=r"secrets\.json does not open the database"):
        PostgresServer(home, password="two", durable=False).start()


def test_data_of_another_postgres_version_are_refused(home):
    (home / "postgres").mkdir()
    (home / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(LauncherError, match="made by PostgreSQL 9"):
        PostgresServer(home).start()


@as_root
def test_data_of_another_user_are_left_alone(home):
    (home / "postgres").mkdir()
    os.chown(home / "postgres", 12345, 12345)
    with pytest.raises(LauncherError, match=r"belongs to another user \(number 12345\)"):
        PostgresServer(home).start()


def test_an_interrupted_initialisation_is_begun_again(home):
    (home / "postgres.new" / "base").mkdir(parents=True)
    with running(PostgresServer(home, durable=False)) as server:
        assert query(server, "SELECT 1") == (1,)
    assert not (home / "postgres.new").exists()


def test_a_stale_pid_file_with_a_living_strangers_id_does_not_stop_the_start(home):
    with running(PostgresServer(home, password="same", durable=False)):
        pass
    (home / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{home / 'postgres'}\n")
    with running(PostgresServer(home, password="same", durable=False)) as server:
        assert query(server, "SELECT 1") == (1,)


def test_a_second_server_takes_over_from_one_that_still_runs(home):
    first = PostgresServer(home, password="same", durable=False)
    with running(first):
        (home / "run" / "postgres.pid").unlink()  # as if the record were lost
        with running(PostgresServer(home, password="same", durable=False)) as second:
            assert query(second, "SELECT 1") == (1,)
            assert not first.is_alive


@pytest.mark.parametrize("kind", [PostgresServer, ValkeyServer])
def test_a_port_taken_meanwhile_is_replaced(home, kind):
    server = kind(home, durable=False)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server.port = taken.getsockname()[1]
        with running(server):
            assert server.port != taken.getsockname()[1]


def test_only_the_server_that_was_not_named_is_started(home):
    named = Servers(home, environ={"DATABASE_URL": "postgresql://there/db"})
    assert [server.name for server in named.private] == ["Valkey"]
    assert named.environment()["DATABASE_URL"] == "postgresql://there/db"
    named = Servers(home, environ={"REDIS_URL": "redis://there/0"})
    assert [server.name for server in named.private] == ["PostgreSQL"]


@pytest.mark.skipif(not machine.LINUX, reason="elsewhere the next start stops them")
def test_servers_die_with_a_killed_launcher(home):
    processes = start_and_kill_an_owner(home)
    deadline = time.monotonic() + 10
    while any(machine.birth_of(number) for number in processes):
        assert time.monotonic() < deadline, "still running"
        time.sleep(0.05)


def test_leftovers_are_stopped_by_the_next_start(home):
    sleeper = subprocess.Popen(["sleep", "60"])
    (home / "run").mkdir()
    record = home / "run" / "web.pid"
    record.write_text(f"{sleeper.pid} {machine.birth_of(sleeper.pid)}")
    assert stop_leftovers(home / "run") == ["web"]
    assert sleeper.wait(5) == -signal.SIGINT
    assert not record.exists()


def test_workers_that_outlive_their_killed_leader_are_stopped_by_the_next_start(home):
    (home / "run").mkdir()
    code = (
        "import subprocess, sys, time\n"
        "sleeping = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "print(subprocess.Popen(sleeping).pid, flush=True); time.sleep(60)"
    )
    leader = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    worker = int(leader.stdout.readline())
    (home / "run" / "web.pid").write_text(f"{leader.pid} {machine.birth_of(leader.pid)}")
    leader.kill()
    leader.wait()
    leader.stdout.close()
    assert machine.birth_of(worker) is not None
    assert stop_leftovers(home / "run") == ["web"]
    assert machine.birth_of(worker) is None


def test_a_reused_process_id_is_not_taken_for_a_leftover(home):
    (home / "run").mkdir()
    (home / "run" / "web.pid").write_text(f"{os.getpid()} 12345")
    assert stop_leftovers(home / "run") == []


def start_and_kill_an_owner(home):
    """Process ids of both servers, whose owner was killed as by kill -9."""
    code = (
        "import sys, time; from pathlib import Path\n"
        "from fraudshield.launcher.servers import Servers\n"
        "servers = Servers(Path(sys.argv[1]), durable=False, environ={})\n"
        "servers.start_database(); servers.start_redis(); print('up', flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", code, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout.readline() == "up\n"
    processes = [int(record.read_text().split()[0]) for record in home.glob("run/*.pid")]
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert len(processes) == 2
    return processes


@as_root
def test_root_serves_data_as_nobody_where_namespaces_are_refused(monkeypatch):
    """Both the data and the programs lie where nobody can reach: they are put elsewhere."""
    outside = Path(tempfile.mkdtemp(prefix="fraudshield-outside-"))
    outside.chmod(0o755)
    hidden = Path(tempfile.mkdtemp(prefix="fraudshield-hidden-"))
    package = binaries.find_postgres().directory.parents[1]
    for part in (package, package.with_name(package.name + ".libs")):
        shutil.copytree(part, hidden / part.name, symlinks=True)
    programs = binaries.Postgres(hidden / package.name / "pginstall" / "bin", 18)
    monkeypatch.setattr(machine, "unprivileged", lambda: RunAs.NOBODY)
    monkeypatch.setattr(postgres_home, "OUTSIDE", outside)
    monkeypatch.setattr(binaries, "find_postgres", lambda: programs)
    try:
        with running(PostgresServer(hidden / "state", password="same", durable=False)) as server:
            assert query(server, "SELECT 1") == (1,)
            process_id = int((hidden / "state/run/postgres.pid").read_text().split()[0])
            assert Path(f"/proc/{process_id}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
        assert (hidden / "state" / "postgres").resolve().is_relative_to(outside)
        with running(PostgresServer(hidden / "state", password="same", durable=False)) as server:
            assert query(server, "SELECT 1") == (1,)
    finally:
        shutil.rmtree(outside, ignore_errors=True)
        shutil.rmtree(hidden, ignore_errors=True)
