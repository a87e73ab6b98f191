"""Where the archive's files lie: a local directory, or anything that fsspec has a driver for.

A file is never visible half written: locally it is written beside its place, synced and renamed;
elsewhere it is put in one piece, which object stores make visible when it is complete.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import fsspec
from django.conf import settings
from fsspec.implementations.local import LocalFileSystem

from learning.errors import StoreError, WrongRowCountError

FOLDER: Final = "decisions"
SUFFIX: Final = ".parquet"
_UNFINISHED: Final = ".unfinished"


class Store:
    """The archive's root. Paths are relative to it, with forward slashes.

    Every call may raise StoreError: no permission, a full disk, a server that does not answer.
    """

    def __init__(self, url: str) -> None:
        self._fs, root = fsspec.core.url_to_fs(url)
        self._root = root.rstrip("/")
        self.is_local = isinstance(self._fs, LocalFileSystem)

    def address(self, path: str) -> str:
        """What other programs call the file: a local path, or a URL."""
        full = self._full(path)
        return full if self.is_local else str(self._fs.unstrip_protocol(full))

    def put(self, path: str, write: Callable[[Path], object]) -> int:
        """Stores what `write` writes to the path it is given; the file's size in bytes."""
        with _told():
            return self._put_locally(path, write) if self.is_local else self._upload(path, write)

    def _put_locally(self, path: str, write: Callable[[Path], object]) -> int:
        target = Path(self._full(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(target.name + _UNFINISHED)
        try:
            write(unfinished)
            size = _sync(unfinished)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
        _sync(target.parent)
        return size

    def _upload(self, path: str, write: Callable[[Path], object]) -> int:
        with _temporary() as local:
            write(local)
            self._fs.makedirs(os.path.dirname(self._full(path)), exist_ok=True)  # noqa: PTH120
            self._fs.put_file(str(local), self._full(path))
            return local.stat().st_size

    @contextlib.contextmanager
    def local(self, path: str) -> Iterator[Path]:
        """The file on this machine, fetched if need be; gone afterwards if it was."""
        if self.is_local:
            yield Path(self._full(path))
            return
        with _temporary() as local:
            with _told():
                self._fs.get_file(self._full(path), str(local))
            yield local

    def size(self, path: str) -> int | None:
        """Bytes; None when there is no such file."""
        with _told(), contextlib.suppress(FileNotFoundError):
            self._fs.invalidate_cache()
            return int(self._fs.info(self._full(path))["size"])
        return None

    def remove(self, path: str) -> None:
        """Removes the file, and what a killed writer left of it; no matter if it is not there."""
        for name in (path, path + _UNFINISHED):
            with _told(), contextlib.suppress(FileNotFoundError):
                self._fs.rm_file(self._full(name))

    def files(self) -> set[str]:
        """All files of the archive that exist, whoever put them there."""
        with _told():
            self._fs.invalidate_cache()
            found = self._fs.find(self._full(FOLDER))
        return {name.removeprefix(self._root + "/") for name in found}

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"


def archive_store() -> Store:
    """The store that ARCHIVE_URL names; some drivers connect here. Raises StoreError."""
    with _told():
        return Store(settings.ARCHIVE_URL)


def shown_url() -> str:
    """ARCHIVE_URL without a password."""
    parts = urlsplit(settings.ARCHIVE_URL)
    if "@" not in parts.netloc:
        return str(settings.ARCHIVE_URL)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Makes a StoreError of what goes wrong: each driver has exceptions of its own."""
    try:
        yield
    except (StoreError, WrongRowCountError):
        raise
    except Exception as error:
        words = " ".join(str(error).replace(settings.ARCHIVE_URL, shown_url()).split())
        why = f"{type(error).__name__}: {words}" if words else type(error).__name__
        raise StoreError(f"The archive at {shown_url()} cannot be used ({why}).") from error


@contextlib.contextmanager
def _temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fraudshield-archive-") as directory:
        yield Path(directory) / f"file{SUFFIX}"


def _sync(path: Path) -> int:
    """Makes sure that the file or directory survives a power cut; its size."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
        return os.fstat(handle).st_size
    finally:
        os.close(handle)
