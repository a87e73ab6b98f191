"""Folders that somebody damaged or made up: a sentence, never a crash and never a wait."""

import hashlib
import io
import os
import zipfile
from dataclasses import replace
from math import inf, nan

import msgspec
import numpy as np
import pytest

from features.catalogue import CATALOGUE
from scoring.detectors import Artefact, ArtefactError, Detector, artefact, read_artefact
from scoring.detectors.manifest import GRAPH, NAME, PATHS
from scoring.detectors.paths import Paths
from scoring.detectors.tests.making import graph, make_artefact, paths


@pytest.fixture
def folder(tmp_path):
    return make_artefact(tmp_path / "tiny").folder


def forged(folder, **files: bytes) -> Artefact:
    """As if it had been written so: every hash is right."""
    names = {"graph": GRAPH, "paths": PATHS}
    said = msgspec.json.decode((folder / NAME).read_bytes())
    for key, content in files.items():
        (folder / names[key]).write_bytes(content)
        said["files"][names[key]] = hashlib.sha256(content).hexdigest()
    (folder / NAME).write_bytes(msgspec.json.encode(said))
    return read_artefact(folder)


def cut_zip() -> bytes:
    """It begins like an archive and ends in the middle."""
    return paths().dump()[:200]


def zip_of_rubbish() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("roots.npy", b"no array")
    return buffer.getvalue()


def pickled() -> bytes:
    """An array of objects needs unpickling."""
    buffer = io.BytesIO()
    np.savez(buffer, roots=np.array([{"a": 1}], dtype=object))
    return buffer.getvalue()


def changed(**arrays) -> bytes:
    return replace(paths(), **arrays).dump()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        graph()[: len(graph()) // 2],
        b"\x00" * 1_000,
        graph()[::-1],
        graph(bonus=nan),
    ],
    ids=["nothing", "cut short", "zeros", "reversed", "answers with no number"],
)
def test_a_graph_that_is_none_is_refused(folder, content):
    with pytest.raises(ArtefactError):
        Detector(forged(folder, graph=content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        cut_zip(),
        zip_of_rubbish(),
        pickled(),
        changed(roots=np.array([7_000], np.int32)),
        changed(below=np.full(9, -1, np.int32)),
        changed(column=np.full(9, 99, np.int32)),
        changed(threshold=np.zeros(2, np.float32)),
        changed(depth=np.array([2_000_000_000], np.int32)),
        changed(depth=np.array([], np.int32)),
        changed(roots=np.array([], np.int32)),
    ],
    ids=[
        "nothing",
        "cut short",
        "rubbish",
        "pickled",
        "roots elsewhere",
        "negative places",
        "columns elsewhere",
        "too few thresholds",
        "endless",
        "no depth",
        "no trees",
    ],
)
def test_paths_that_lead_nowhere_are_refused(folder, content):
    with pytest.raises(ArtefactError):
        Detector(forged(folder, paths=content))


def test_a_pipe_is_not_waited_for(folder):
    (folder / GRAPH).unlink()
    os.mkfifo(folder / GRAPH)

    with pytest.raises(ArtefactError, match="no file of a model"):
        read_artefact(folder)


def test_a_directory_in_a_files_place_is_refused(folder):
    (folder / GRAPH).unlink()
    (folder / GRAPH).mkdir()

    with pytest.raises(ArtefactError, match="no file of a model"):
        read_artefact(folder)


def test_what_is_too_large_is_not_read(folder, monkeypatch):
    monkeypatch.setattr(artefact, "MOST_BYTES", 100)

    with pytest.raises(ArtefactError, match="no file of a model"):
        read_artefact(folder)


def test_a_link_to_another_file_is_what_that_file_is(folder, tmp_path):
    """Links are allowed, as a shared directory may be made of them; the hash still holds."""
    other = tmp_path / "secret"
    other.write_bytes(b"something else")
    (folder / GRAPH).rename(tmp_path / "moved")
    (folder / GRAPH).symlink_to(tmp_path / "moved")
    assert read_artefact(folder).graph

    (folder / GRAPH).unlink()
    (folder / GRAPH).symlink_to(other)
    with pytest.raises(ArtefactError, match="not what was written"):
        read_artefact(folder)


def test_a_link_to_itself_is_missing(folder):
    (folder / GRAPH).unlink()
    (folder / GRAPH).symlink_to(folder / GRAPH)

    with pytest.raises(ArtefactError, match="cannot be read"):
        read_artefact(folder)


@pytest.mark.parametrize("amount", [nan, inf, -inf, 1e300, -1e300, None])
def test_numbers_that_are_none_count_as_missing(folder, amount):
    detector = Detector(read_artefact(folder))
    vector = [None] * len(CATALOGUE)
    unknown = detector.judge(vector)
    vector[CATALOGUE.index["amount"]] = amount

    assert detector.judge(vector) == unknown


def test_categories_that_training_never_saw_count_as_missing(folder):
    detector = Detector(read_artefact(folder))
    vector = [None] * len(CATALOGUE)
    unknown = detector.judge(vector)
    for name in CATALOGUE.index:
        if not CATALOGUE[name].type.is_numeric:
            vector[CATALOGUE.index[name]] = "<script>never seen</script>"

    assert detector.judge(vector) == unknown


def test_paths_survive_being_written_and_read():
    made = paths()

    read = Paths.load(made.dump(), width=3)

    assert read.shares(np.array([5.0, 1.0, np.nan], np.float32)).tolist() == pytest.approx(
        made.shares(np.array([5.0, 1.0, np.nan], np.float32)).tolist()
    )
