"""Files of a case: checked, encrypted, whole or not there, given out as downloads only."""

import hashlib
import os
import time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from cases.files import attachments, storing
from cases.files.attachments import MOST_FILES, attach, content_of, remove_orphans, safe_name
from cases.models import Attachment, Case, CaseEntry
from cases.services import working
from cases.tests.conftest import person
from cases.tests.tampering import tamper
from foundation.errors import Conflict, Forbidden, TooLarge
from foundation.models import AuditEntry

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\nthe statement of Ada Lovelace"


@pytest.fixture(autouse=True)
def room(settings, tmp_path) -> Path:
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    return settings.ATTACHMENTS_DIR


def stored(room: Path) -> list[Path]:
    return [path for path in room.rglob("*") if path.is_file()]


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def send(user, case, content=PDF, name="statement.pdf"):
    url = reverse("admin:cases_case_act", args=[case.pk, "attach"])
    file = SimpleUploadedFile(name, content)
    return signed_in(user).post(url, {"version": case.version, "file": file})


def fetch(user, row):
    return signed_in(user).get(reverse("admin:cases_case_file", args=[row.case_id, row.pk]))


def test_a_file_lies_encrypted_and_comes_back_as_it_was(case, analyst, room):
    row = attach(case_id=case.pk, name="statement.pdf", content=PDF, by=analyst)
    [path] = stored(room)
    assert b"Ada" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert content_of(row, to=analyst) == PDF
    assert (row.media_type, row.size, bytes(row.digest)) == (
        "application/pdf",
        len(PDF),
        hashlib.sha256(PDF).digest(),
    )
    assert CaseEntry.objects.get(kind="attached").facts["name"] == "statement.pdf"


def test_a_download_is_a_download_and_is_written_down(case, analyst):
    assert send(analyst, case).status_code == 302
    answer = fetch(person("auditor", "auditor"), Attachment.objects.get())
    assert answer.content == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="statement.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    entry = AuditEntry.objects.get(action="cases.download")
    assert entry.actor_name == "auditor"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\temp\\invoice.pdf", "invoice.pdf"),
        ('a"b\r\nSet-Cookie: x=1.pdf', "a_bSet-Cookie_ x_1.pdf"),
        ("\u202efdp.exe", "fdp.exe.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        ("<script>.pdf", "_script_.pdf"),
        ("Ọláyínká.PDF", "Ọláyínká.PDF"),
        ("x" * 400 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_a_name_does_no_harm(name, kept):
    assert safe_name(name, "application/pdf") == kept


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00\x03\x00\x00\x00", "statement.pdf"),
        (b"<html><script>alert(1)</script>", "page.txt"),
        (b"", "empty.pdf"),
    ],
)
def test_another_kind_of_file_is_refused_whatever_its_name(case, analyst, room, content, name):
    answer = send(analyst, case, content, name)
    assert answer.status_code == 400
    assert "kinds of file" in answer.content.decode() or "empty" in answer.content.decode()
    assert stored(room) == []
    assert not Attachment.objects.exists()


def test_too_large_a_file_and_too_many_are_refused(case, analyst, monkeypatch, room):
    monkeypatch.setattr(attachments, "MOST_BYTES", 30)
    with pytest.raises(TooLarge):
        attach(case_id=case.pk, name="x.pdf", content=PDF, by=analyst)
    rows = [
        Attachment(
            case=case, name="x", media_type="text/plain", size=1, digest=bytes([n]), by=analyst
        )
        for n in range(MOST_FILES)
    ]
    Attachment.objects.bulk_create(rows)
    with pytest.raises(Conflict, match="50 files already"):
        attach(case_id=case.pk, name="x.pdf", content=b"%PDF-1.7", by=analyst)
    assert stored(room) == []


def test_a_form_above_the_bound_is_refused_before_it_is_read(case, analyst, settings):
    settings.UPLOAD_MAX_BYTES = 1_000
    assert send(analyst, case, PDF + b"x" * 2_000).status_code == 400
    assert not Attachment.objects.exists()


def test_a_file_of_some_megabytes_goes_in(case, analyst):
    content = PDF + os.urandom(3 * 1024 * 1024)
    assert send(analyst, case, content).status_code == 302
    assert Attachment.objects.get().size == len(content)


def test_the_same_file_twice_is_refused(case, analyst):
    attach(case_id=case.pk, name="a.pdf", content=PDF, by=analyst)
    with pytest.raises(Conflict, match=r"already, as a\.pdf"):
        attach(case_id=case.pk, name="b.pdf", content=PDF, by=analyst)


def test_a_closed_case_takes_files(case, supervisor):
    working.decide(case_id=case.pk, disposition="genuine", by=supervisor, reason="fine")
    assert attach(case_id=case.pk, name="a.pdf", content=PDF, by=supervisor).pk


def test_readers_attach_nothing_and_strangers_see_nothing(case, analyst):
    with pytest.raises(Forbidden):
        attach(case_id=case.pk, name="a.pdf", content=PDF, by=person("auditor", "auditor"))
    row = attach(case_id=case.pk, name="a.pdf", content=PDF, by=analyst)
    outsider = person("outsider")
    outsider.scopes.all().delete()
    assert fetch(outsider, row).status_code == 404
    assert send(outsider, case).status_code == 404


def test_a_file_of_another_case_is_not_there(bank, case, analyst):
    from cases.alerts.opening import open_alerts
    from cases.tests.conftest import flag

    row = attach(case_id=case.pk, name="a.pdf", content=PDF, by=analyst)
    [alert] = open_alerts([flag(bank, "x-1", user_id="customer-2").pk])
    url = reverse("admin:cases_case_file", args=[alert.case_id, row.pk])
    assert signed_in(analyst).get(url).status_code == 404


@pytest.mark.parametrize("harm", ["changed", "gone", "swapped"])
def test_a_damaged_file_is_never_given_out(case, analyst, room, harm):
    row = attach(case_id=case.pk, name="a.pdf", content=PDF, by=analyst)
    [path] = stored(room)
    if harm == "gone":
        path.unlink()
    elif harm == "changed":
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    else:
        tamper("cases_attachment", "UPDATE cases_attachment SET digest = 'other'")
    answer = fetch(analyst, row)
    assert answer.status_code == 302
    page = signed_in(analyst).get(answer["Location"]).content.decode()
    assert "a.pdf" in page
    assert not AuditEntry.objects.filter(action="cases.download").exists()


def test_what_was_rolled_back_is_swept_away_later_and_the_rest_stays(case, analyst, room):
    kept = attach(case_id=case.pk, name="a.pdf", content=PDF, by=analyst)
    lost = attach(case_id=case.pk, name="b.pdf", content=PDF + b"2", by=analyst)
    tamper("cases_attachment", "DELETE FROM cases_attachment WHERE id = %s", lost.pk)
    assert remove_orphans() == 0, "it may still commit"
    old = time.time() - 7_200
    for path in stored(room):
        os.utime(path, (old, old))
    partial = room / "ab" / "deadbeef.partial"
    partial.parent.mkdir(exist_ok=True)
    partial.write_bytes(b"")
    os.utime(partial, (old, old))
    assert remove_orphans() == 2
    assert remove_orphans() == 0
    assert [path.name for path in stored(room)] == [kept.pk.hex]
    assert content_of(kept, to=analyst) == PDF


def test_a_write_that_fails_leaves_no_row(case, analyst, room, monkeypatch):
    def full(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(storing, "whole_file", full)
    with pytest.raises(OSError, match="no space"):
        attach(case_id=case.pk, name="a.pdf", content=PDF, by=analyst)
    assert not Attachment.objects.exists()
    assert Case.objects.get().version == case.version
