import msgspec
import pytest

from scoring.detectors import (
    CorruptArtefact,
    Detector,
    ForeignArtefact,
    MissingArtefact,
    read_artefact,
)
from scoring.detectors.manifest import GRAPH, NAME, PATHS
from scoring.detectors.tests.making import make_artefact


@pytest.fixture
def folder(tmp_path):
    return make_artefact(tmp_path / "tiny").folder


def test_it_reads_what_was_written(folder):
    artefact = read_artefact(folder)

    assert artefact.graph == (folder / GRAPH).read_bytes()
    assert read_artefact(folder, digest=artefact.digest).manifest == artefact.manifest


@pytest.mark.parametrize("name", [NAME, GRAPH, PATHS])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()

    with pytest.raises(MissingArtefact, match=name):
        read_artefact(folder)


@pytest.mark.parametrize("name", [GRAPH, PATHS])
def test_one_changed_byte_is_noticed(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)

    with pytest.raises(CorruptArtefact, match=name):
        read_artefact(folder)


def test_another_manifest_than_the_registered_is_refused(folder):
    with pytest.raises(CorruptArtefact, match="registered"):
        read_artefact(folder, digest="0" * 64)


@pytest.mark.parametrize("content", [b"", b"{}", b"not JSON", b"\xff\xfe"])
def test_a_manifest_that_says_nothing_is_refused(folder, content):
    (folder / NAME).write_bytes(content)

    with pytest.raises(CorruptArtefact):
        read_artefact(folder)


def test_a_manifest_of_a_later_format_asks_for_training(folder):
    said = msgspec.json.decode((folder / NAME).read_bytes())
    (folder / NAME).write_bytes(msgspec.json.encode({**said, "format": 99}))

    with pytest.raises(ForeignArtefact, match="train anew"):
        read_artefact(folder)


@pytest.mark.parametrize("name", [GRAPH, PATHS])
def test_a_file_that_was_written_wrongly_does_not_become_a_detector(tmp_path, name, monkeypatch):
    """Its hash is right, its content is not."""
    artefact = make_artefact(tmp_path / "m")
    field = {GRAPH: "graph", PATHS: "paths"}[name]
    broken = type(artefact)(
        **{**{f: getattr(artefact, f) for f in artefact.__slots__}, field: b"nonsense"}
    )

    with pytest.raises(CorruptArtefact):
        Detector(broken)
