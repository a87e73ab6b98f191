"""What this machine offers: ports, disk, processes, and other users to run as."""

import contextlib
import ctypes
import enum
import errno
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from fraudshield.launcher.errors import LauncherError

LINUX = sys.platform.startswith("linux")
NOBODY = 65534
MINIMUM_FREE_BYTES = 500_000_000
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_libc = ctypes.CDLL(None, use_errno=True)  # loaded before any fork


class RunAs(enum.Enum):
    """As whom a child runs. PostgreSQL refuses to run as root."""

    SELF = "self"
    NAMESPACE = "namespace"  # root here, user 65534 inside a user namespace of its own
    NOBODY = "nobody"  # the user `nobody`, where namespaces are refused


def nobody() -> tuple[int, int]:
    """User and group id of `nobody`."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return NOBODY, NOBODY
    return entry.pw_uid, entry.pw_gid


def _enter_namespace() -> None:
    """As `unshare --user --map-user=65534 --map-group=65534`, without needing that program."""
    user, group = os.geteuid(), os.getegid()
    if _libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1")


def child_setup(run_as: RunAs, death_signal: signal.Signals | None) -> Callable[[], None]:
    """What a child does between fork and exec: become the user, tie its life to this process.

    The order matters: the kernel forgets the death signal when the credentials change.
    """
    parent = os.getpid()

    def prepare() -> None:
        if run_as is RunAs.NAMESPACE:
            _enter_namespace()
        if LINUX and death_signal is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:  # it died before we asked
                os._exit(1)

    return prepare


def run(
    command: Sequence[str | Path], *, run_as: RunAs = RunAs.SELF, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end in a small environment; a missing one ends with status 127."""
    user, group = nobody() if run_as is RunAs.NOBODY else (None, None)
    try:
        return subprocess.run(  # noqa: S603
            [str(part) for part in command],
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd="/",
            env=plain_environment(),
            user=user,
            group=group,
            extra_groups=None if group is None else [],
            preexec_fn=child_setup(run_as, signal.SIGKILL),
        )
    except (OSError, subprocess.SubprocessError) as error:
        return subprocess.CompletedProcess(list(map(str, command)), 127, "", str(error))


def plain_environment() -> dict[str, str]:
    """For the servers: nothing of the user's own settings (PGDATA, LC_*, LD_LIBRARY_PATH)."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def unprivileged() -> RunAs:
    """How to run a program that refuses to be root."""
    if os.geteuid() != 0:
        return RunAs.SELF
    if LINUX and run(["true"], run_as=RunAs.NAMESPACE).returncode == 0:
        return RunAs.NAMESPACE
    return RunAs.NOBODY


def free_port() -> int:
    """A port of the loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def check_port(host: str, port: int, *, patience: float = 0.0) -> None:
    """Raises LauncherError when the web server could not listen there.

    `patience` in seconds: how long a port may take to become free, as those of processes that were
    just killed do.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return _try_port(host, port)
        except LauncherError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)


def _try_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LauncherError(_port_problem(host, port, error)) from None


def _port_problem(host: str, port: int, error: OSError) -> str:
    other = port + 1 if port < 65535 else port - 1
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken by another program; choose another: PORT={other} make run."
    if error.errno == errno.EACCES:
        return f"port {port} is reserved to root; choose one above 1023: PORT=8000 make run."
    reason = error.strerror or error
    return f"cannot listen on {host}: {reason}; choose another address: HOST=127.0.0.1 make run."


def check_space(directory: Path) -> None:
    """Raises LauncherError when the disk is too full to start databases on it."""
    free = shutil.disk_usage(directory).free
    if free < MINIMUM_FREE_BYTES:
        raise LauncherError(
            f"only {free // 10**6} MB are free for {directory} and {MINIMUM_FREE_BYTES // 10**6} "
            "are needed; free some space, or name another place: STATE_DIR=/elsewhere make run."
        )


def birth_of(process_id: int) -> str | None:
    """When the process started, so that a reused id is not taken for it; None if it is gone."""
    if LINUX:
        try:
            line = Path(f"/proc/{process_id}/stat").read_text()
        except OSError:
            return None
        fields = line.rpartition(")")[2].split()  # the name before may hold spaces
        return None if fields[0] == "Z" else fields[19]
    shown = run(["ps", "-o", "lstart=", "-p", str(process_id)])
    return shown.stdout.strip() or None


def group_members(group: int) -> list[int]:
    """Ids of the living processes in a process group, whether or not its leader lives."""
    if LINUX:
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = path.read_text().rpartition(")")[2].split()
                if fields[0] != "Z" and fields[2] == str(group):
                    found.append(int(path.parent.name))
        return found
    rows = run(["ps", "-A", "-o", "pid=,pgid="]).stdout.splitlines()
    return [int(row.split()[0]) for row in rows if row.split()[1] == str(group)]


def command_of(process_id: int) -> str:
    """The process's command line; empty if it is gone."""
    if LINUX:
        try:
            raw = Path(f"/proc/{process_id}/cmdline").read_bytes()
        except OSError:
            return ""
        return raw.replace(b"\0", b" ").decode(errors="replace")
    return run(["ps", "-o", "command=", "-p", str(process_id)]).stdout.strip()
