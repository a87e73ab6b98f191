"""Reading a model's folder: every byte that is used was hashed when it was written."""

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from scoring.detectors.errors import CorruptArtefact, ForeignArtefact, MissingArtefact
from scoring.detectors.manifest import FORMAT, GRAPH, NAME, PATHS, Manifest

MOST_BYTES: Final = 256 * 1024 * 1024
"""Of a file; a model of 360 trees has one million."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A model's files as they were checked; `folder` is for those that are read later."""

    folder: Path
    manifest: Manifest
    digest: str  # SHA-256 of the manifest, and so of everything
    graph: bytes
    paths: bytes

    def read(self, name: str) -> bytes:
        """Another of its files, checked. Raises MissingArtefact, CorruptArtefact."""
        return _checked(self.folder, name, self.manifest.files)


def read_artefact(folder: Path, *, digest: str = "") -> Artefact:
    """Raises MissingArtefact or CorruptArtefact, also when the manifest is not the one whose
    `digest` is given, and ForeignArtefact for a manifest of another format."""
    raw = _read(folder / NAME)
    found = hashlib.sha256(raw).hexdigest()
    if digest and found != digest:
        raise CorruptArtefact(f"{folder / NAME} is not the manifest that was registered.")
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.MsgspecError, ValueError) as error:
        raise CorruptArtefact(f"{folder / NAME} cannot be read: {error}.") from error
    if manifest.format != FORMAT:
        raise ForeignArtefact(
            f"The model in {folder} has format {manifest.format}, this version reads {FORMAT}: "
            "train anew."
        )
    graph, paths = (_checked(folder, name, manifest.files) for name in (GRAPH, PATHS))
    return Artefact(folder, manifest, found, graph, paths)


def _checked(folder: Path, name: str, digests: dict[str, str]) -> bytes:
    content = _read(folder / name)
    if hashlib.sha256(content).hexdigest() != digests.get(name):
        raise CorruptArtefact(
            f"{folder / name} is not what was written: put the file back, or promote another model."
        )
    return content


def _read(path: Path) -> bytes:
    try:
        found = path.stat()
        # A pipe would be waited for, and what is too large would take the memory of all.
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
            raise CorruptArtefact(
                f"{path} is no file of a model: put the model's folder back, or promote another "
                "model."
            )
        return path.read_bytes()
    except OSError as error:
        raise MissingArtefact(
            f"{path} cannot be read ({error.strerror}): put the model's folder back, or promote "
            "another model."
        ) from error
