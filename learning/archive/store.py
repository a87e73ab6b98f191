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

FOLDER: Final = "decisions"
SUFFIX: Final = ".parquet"
_UNFINISHED: Final = ".unfinished"


class Store:
    """The archive's root. Paths are relative to it, with forward slashes.

    Every call may raise OSError, or what the driver raises, when the store does not answer.
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
        """The file on this machine, fetched if need be; gone afterwards if it was.

        Raises FileNotFoundError.
        """
        if self.is_local:
            yield Path(self._full(path))
            return
        with _temporary() as local:
            self._fs.get_file(self._full(path), str(local))
            yield local

    def size(self, path: str) -> int | None:
        """Bytes; None when there is no such file."""
        try:
            self._fs.invalidate_cache()
            return int(self._fs.info(self._full(path))["size"])
        except FileNotFoundError:
            return None

    def remove(self, path: str) -> None:
        """Removes the file, and what a killed writer left of it; no matter if it is not there."""
        for name in (path, path + _UNFINISHED):
            with contextlib.suppress(FileNotFoundError):
                self._fs.rm_file(self._full(name))

    def files(self) -> set[str]:
        """All files of the archive that exist, whoever put them there."""
        self._fs.invalidate_cache()
        found = self._fs.find(self._full(FOLDER))
        return {name.removeprefix(self._root + "/") for name in found}

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"


def archive_store() -> Store:
    """The store that ARCHIVE_URL names. Raises ValueError or ImportError when it cannot be used."""
    return Store(settings.ARCHIVE_URL)


def shown_url() -> str:
    """ARCHIVE_URL without a password."""
    parts = urlsplit(settings.ARCHIVE_URL)
    if "@" not in parts.netloc:
        return str(settings.ARCHIVE_URL)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


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
