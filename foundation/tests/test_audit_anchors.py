"""Anchors, exports and bound rows: what a forger would have to change besides the chain."""

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from foundation import audit
from foundation.anchoring import anchor_audit_chain
from foundation.audit_anchors import add_anchor, read_anchors
from foundation.audit_bound import digest_of
from foundation.audit_chain import GENESIS, seal_audit_chain, verify_audit_chain
from foundation.audit_export import export_audit_trail
from foundation.models import AuditChain, OutboxEvent
from foundation.tests.test_audit_chain import tamper, write

AT = datetime(2026, 1, 2, 12, tzinfo=UTC)


def documented_verify():
    text = (Path(settings.BASE_DIR) / "docs" / "audit.md").read_text(encoding="utf-8")
    code = re.search(r"```python verify_export\n(.*?)```", text, re.DOTALL)[1]
    space: dict[str, object] = {}
    exec(compile(code, "docs/audit.md", "exec"), space)  # noqa: S102  our own page
    return space["verify"]


@pytest.fixture
def anchors(settings, tmp_path) -> Path:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "kept" / "anchors.jsonl")
    return Path(settings.AUDIT_ANCHOR_FILE)


def sealed(count: int) -> None:
    write(count)
    seal_audit_chain()


def flips(content: bytes, step: int = 1):
    """The content with one byte changed, at every `step`th place."""
    for place in range(0, len(content), step):
        yield content[:place] + bytes((content[place] ^ 1,)) + content[place + 1 :]


# -- the file ---------------------------------------------------------------------------------


def test_an_anchor_is_appended_once_and_readable_by_its_owner_alone(tmp_path):
    path = tmp_path / "anchors"
    assert add_anchor(path, sequence=1, head="aa", at=AT).sequence == 1
    assert add_anchor(path, sequence=1, head="aa", at=AT) is None
    add_anchor(path, sequence=2, head="bb", at=AT)
    found, problems = read_anchors(path)
    assert [(a.sequence, a.head) for a in found] == [(1, "aa"), (2, "bb")]
    assert problems == []


def test_a_line_that_was_cut_short_is_told_and_those_after_it_stand(tmp_path):
    path = tmp_path / "anchors"
    add_anchor(path, sequence=1, head="aa", at=AT)
    whole = path.read_bytes()
    add_anchor(path, sequence=2, head="bb", at=AT)
    path.write_bytes(path.read_bytes()[: len(whole) + 20])
    add_anchor(path, sequence=3, head="cc", at=AT)
    found, problems = read_anchors(path)
    assert [anchor.sequence for anchor in found] == [1, 3]
    assert problems == ["Line 2 of the anchors is no anchor."]
    assert path.stat().st_mode & 0o077 == 0


def test_each_changed_byte_of_the_file_is_noticed(tmp_path):
    path = tmp_path / "anchors"
    for sequence in (1, 2):
        add_anchor(path, sequence=sequence, head=f"{sequence:064x}", at=AT)
    content = path.read_bytes()
    for changed in flips(content[:-1]):
        path.write_bytes(changed + b"\n")
        assert read_anchors(path)[1], changed


def test_a_file_that_is_not_there_has_no_anchors(tmp_path):
    assert read_anchors(tmp_path / "none") == ([], [])


# -- anchoring --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_head_is_anchored_and_told_once(anchors):
    assert anchor_audit_chain() is None  # nothing is sealed
    sealed(3)
    anchor = anchor_audit_chain()
    assert anchor is not None
    assert anchor_audit_chain() is None
    assert read_anchors(anchors)[0] == [anchor]
    [event] = OutboxEvent.objects.filter(type="foundation.audit_anchored.v1")
    assert (event.payload["sequence"], event.payload["head"]) == (3, anchor.head)


@pytest.mark.django_db
def test_a_cut_off_tail_contradicts_the_anchor_even_when_the_stored_head_was_forged(anchors):
    sealed(4)
    anchor_audit_chain()
    tamper("DELETE FROM foundation_auditentry WHERE sequence > 2")
    tamper(
        "UPDATE foundation_auditchain SET sequence = 2, entry_hash = "
        "(SELECT entry_hash FROM foundation_auditentry WHERE sequence = 2)"
    )
    assert verify_audit_chain().ok  # by itself the chain is whole again
    report = verify_audit_chain(anchors=read_anchors(anchors)[0])
    assert report.problems == ["Entry 4 was anchored, but is not there: the chain was cut off."]


@pytest.mark.django_db
def test_a_rewritten_chain_contradicts_the_anchor_and_the_command_says_so(anchors):
    sealed(3)
    out, err = io.StringIO(), io.StringIO()
    call_command("audit", "anchor", stdout=out)
    call_command("audit", "verify", stdout=out)
    assert "Anchored 3 " in out.getvalue()
    assert "1 anchors agree" in out.getvalue()
    tamper(
        "UPDATE foundation_auditentry SET sequence = NULL, previous_hash = NULL, "
        "entry_hash = NULL, actor_name = 'somebody else'"
    )
    AuditChain.objects.all().delete()
    seal_audit_chain()
    with pytest.raises(CommandError, match="broken"):
        call_command("audit", "verify", stdout=out, stderr=err)
    assert "Entry 3 is another than when it was anchored." in err.getvalue()
    call_command("audit", "verify", anchors=anchors.with_name("none"), stdout=out)


@pytest.mark.django_db
def test_a_changed_anchor_is_noticed_by_the_command(anchors):
    sealed(1)
    anchor_audit_chain()
    anchors.write_bytes(anchors.read_bytes().replace(b'"at"', b'"aT"'))
    with pytest.raises(CommandError, match="broken"):
        call_command("audit", "verify", stdout=io.StringIO(), stderr=io.StringIO())


# -- exports ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_documented_program_verifies_an_export_with_its_anchors(anchors, tmp_path):
    sealed(3)
    anchor_audit_chain()
    sealed(2)
    path, out = tmp_path / "trail.jsonl", io.StringIO()
    call_command("audit", "export", out=path, stdout=out)
    verify = documented_verify()
    told = [json.loads(line) for line in anchors.read_text().splitlines()]
    assert verify(path, told)["entries"] == 5
    assert verify(path, told)["head"] in out.getvalue()
    with pytest.raises(ValueError, match="is another"):
        verify(path, [{"sequence": 2, "head": "0" * 64}])
    with pytest.raises(ValueError, match="cut off"):
        verify(path, [{"sequence": 9, "head": "0" * 64}])


@pytest.mark.django_db
def test_each_changed_byte_of_an_export_is_noticed(tmp_path):
    sealed(2)
    path, file = tmp_path / "trail.jsonl", io.BytesIO()
    export_audit_trail(file)
    verify = documented_verify()
    for changed in flips(file.getvalue()):
        path.write_bytes(changed)
        with pytest.raises(ValueError):  # noqa: PT011  (malformed JSON is one, too)
            verify(path)


@pytest.mark.django_db
@pytest.mark.parametrize("lost", [0, 1, -1, -2])
def test_a_line_that_is_missing_from_an_export_is_noticed(lost, tmp_path):
    sealed(4)
    path, file = tmp_path / "trail.jsonl", io.BytesIO()
    export_audit_trail(file)
    lines = file.getvalue().splitlines(keepends=True)
    del lines[lost]
    path.write_bytes(b"".join(lines))
    with pytest.raises(ValueError):  # noqa: PT011
        documented_verify()(path)


@pytest.mark.django_db
def test_a_part_of_the_trail_goes_on_from_the_part_before(tmp_path):
    sealed(4)
    path, file = tmp_path / "trail.jsonl", io.BytesIO()
    assert export_audit_trail(file, after=2).entries == 2
    path.write_bytes(file.getvalue())
    first = json.loads(file.getvalue().splitlines()[0])["content"][0]
    assert first != GENESIS.hex()
    assert documented_verify()(path, first=first)["entries"] == 2


@pytest.mark.django_db
def test_an_export_takes_a_constant_number_of_queries(django_assert_max_num_queries):
    sealed(30)
    with django_assert_max_num_queries(4):
        export_audit_trail(io.BytesIO())


# -- digests ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"a": 2.0, "b": (1, "x")}, {"b": [1, "x"], "a": 2}),
        ({"big": 1e16}, {"big": 10_000_000_000_000_000}),
        ({"text": "Ünï 𝄞"}, {"text": "Ünï 𝄞"}),
    ],
)
def test_a_digest_is_the_same_before_and_after_the_database(given, stored):
    assert digest_of([given]) == digest_of([stored])


def test_a_digest_differs_for_different_content():
    assert digest_of(["a", {"b": 1}]) != digest_of(["a", {"b": 2}])


@pytest.mark.django_db
def test_an_unknown_kind_of_bound_row_is_left_alone():
    audit.record(actor="t", action="x", subject="y", after={"bound": {"gone.room:1": "00"}})
    assert verify_audit_chain().ok
