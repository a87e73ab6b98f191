"""The dossier: all facts, the same whenever they are, masked unless asked and allowed."""

import hashlib
import io
import json
import re

import pytest
from django.urls import reverse

from cases.alerts.opening import open_alerts
from cases.files.binding import bound_attachment
from cases.models import Attachment
from cases.reports.dossier import Part, parts_of
from cases.reports.text import BOLD, MISSING, PLAIN, showable, width_of, wrapped
from cases.reports.writing import make_dossier, write_json, write_pdf
from cases.services import working
from cases.tests.conftest import flag, person
from cases.tests.test_pages import HOSTILE, signed_in
from foundation import audit
from foundation.audit_chain import verify_audit_chain
from foundation.errors import Forbidden
from foundation.models import AuditEntry, User

NOTE = "Called Ọlá.\nShe said “no” – 中文 العربية 🙂 " + "w" * 400

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked(bank, case, analyst):
    """With a second transaction, notes, a file and a verdict."""
    open_alerts([flag(bank, "t-2", amount=700_000.0).pk])
    working.claim(case_id=case.pk, by=analyst)
    for text in (NOTE, HOSTILE):
        working.note(case_id=case.pk, by=analyst, text=text)
    file = Attachment.objects.create(
        case=case,
        name="=cmd<script>.pdf",
        media_type="application/pdf",
        size=5,
        digest=b"d" * 32,
        by=analyst,
    )
    audit.record(actor=analyst, action="t", subject="t", after=bound_attachment(file))
    working.decide(
        case_id=case.pk,
        by=analyst,
        disposition="confirmed_fraud",
        typology="account_takeover",
        reason="The customer denies both.",
    )
    case.refresh_from_db()
    return case


def as_json(case, by, **more) -> dict:
    made = make_dossier(case=case, by=by, form="json", **more)
    return json.loads(made.file.read())


def test_it_tells_the_case_and_each_transaction_with_its_decision(worked, analyst):
    told = as_json(worked, analyst)
    content = told["content"]
    assert (told["schema"], told["schema_version"]) == ("fraudshield.case-dossier", 1)
    assert content["case"]["disposition"] == "confirmed_fraud"
    assert content["case"]["transactions_in_all"] == 2
    assert content["case"]["most_transactions_told"] == 5_000
    first, second = content["transactions"]
    assert (first["transaction_id"], second["transaction_id"]) == ("t-1", "t-2")
    decision = second["decision"]
    assert decision["status"] in ("review", "declined")
    assert {"score", "level", "ruleset", "catalogue_version", "model_version"} <= decision.keys()
    assert decision["reasons"][0]["reason"]
    assert second["amount"] == "700000"
    assert [label["typology"] for label in second["labels"]] == ["account_takeover"]
    assert [outcome["reason"] for outcome in second["outcomes"]] == ["The customer denies both."]
    assert second["current_status"] == "declined"


def test_it_tells_the_timeline_files_and_audit_entries_of_the_case(worked, analyst):
    content = as_json(worked, analyst)["content"]
    assert [e["text"] for e in content["timeline"] if e["kind"] == "noted"] == [NOTE, HOSTILE]
    [file] = content["attachments"]
    assert (file["name"], file["sha256"]) == ("=cmd<script>.pdf", (b"d" * 32).hex())
    entries = content["audit"]
    assert [entry["sequence"] for entry in entries] == sorted(e["sequence"] for e in entries)
    kept = AuditEntry.objects.get(sequence=entries[0]["sequence"])
    assert entries[0]["hash"] == bytes(kept.entry_hash).hex()
    assert verify_audit_chain().ok


def test_twice_it_says_the_same_but_for_who_exported_it_when(worked, analyst, supervisor):
    first, second = as_json(worked, analyst), as_json(worked, supervisor)
    assert first["content"] == second["content"]
    assert first["content_sha256"] == second["content_sha256"]
    assert (first["export"]["by"], second["export"]["by"]) == ("analyst", "supervisor")


def test_its_digest_is_that_of_the_content_as_compact_json(worked, analyst):
    told = as_json(worked, analyst)
    text = json.dumps(told["content"], ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == told["content_sha256"]


def test_the_pdf_names_the_digest_of_the_same_json(worked, analyst):
    pdf = make_dossier(case=worked, by=analyst, form="pdf")
    assert pdf.file.read(5) == b"%PDF-"
    assert pdf.sha256 == as_json(worked, analyst)["content_sha256"]


def test_identifiers_are_masked_unless_asked_for_and_allowed(worked, analyst):
    masked = json.dumps(as_json(worked, analyst))
    assert "customer-1" not in masked
    assert '"masked"' in masked
    told = as_json(worked, analyst, revealed=True)
    assert told["content"]["customer"]["reference"] == "customer-1"
    assert told["content"]["transactions"][0]["identifiers"]["user_id"] == "customer-1"
    with pytest.raises(Forbidden):
        make_dossier(case=worked, by=person("auditor", "auditor"), form="json", revealed=True)


def test_each_export_is_on_the_trail(worked, analyst):
    told = make_dossier(case=worked, by=analyst, form="pdf", revealed=True)
    entry = AuditEntry.objects.get(action="cases.dossier")
    assert entry.actor == analyst
    assert entry.after == {"form": "pdf", "revealed": True, "sha256": told.sha256}


def test_it_takes_a_constant_number_of_queries(bank, worked, django_assert_num_queries):
    def queries() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as seen:
            for part in parts_of(worked, revealed=False):
                list(part.many)
        return len(seen)

    before = queries()
    working.reopen(case_id=worked.pk, by=person("boss", "supervisor"), reason="more")
    open_alerts([flag(bank, f"more-{n}").pk for n in range(5)])
    worked.refresh_from_db()
    assert queries() <= before


# -- the page's buttons -----------------------------------------------------------------------


def post(user, case, **fields):
    return signed_in(user).post(reverse("admin:cases_case_dossier", args=[case.pk]), fields)


@pytest.mark.parametrize("form", ["pdf", "json"])
def test_it_comes_as_a_file_that_nobody_keeps_by_the_way(worked, analyst, form):
    answer = post(analyst, worked, form=form)
    content = b"".join(answer.streaming_content)
    assert answer.status_code == 200
    assert (
        answer["Content-Disposition"] == f'attachment; filename="case-{worked.pk}-dossier.{form}"'
    )
    assert "no-store" in answer["Cache-Control"]
    assert content.startswith(b"%PDF" if form == "pdf" else b'{"schema"')


@pytest.mark.parametrize(
    ("role", "fields", "status"),
    [
        ("auditor", {"form": "json"}, 200),
        ("auditor", {"form": "json", "revealed": "1"}, 403),
        ("risk_manager", {"form": "pdf", "revealed": "1"}, 403),
        ("supervisor", {"form": "pdf", "revealed": "1"}, 200),
        ("analyst", {"form": "exe"}, 404),
    ],
)
def test_who_may_export_what(worked, role, fields, status):
    assert post(person(f"a-{role}", role), worked, **fields).status_code == status


def test_a_case_of_another_institution_is_not_there(worked):
    outsider = User.objects.create_user("outsider", is_staff=True)
    outsider.groups.set(person("inside").groups.all())
    assert post(outsider, worked, form="pdf").status_code == 404


# -- layout, without a database ----------------------------------------------------------------

CASE = {
    "number": 7, "institution": "Bank Ọlá", "vertical": "mobile_money", "status": "in_progress",
    "disposition": None, "typology": None, "suspected_typology": "sim_swap", "score": 87,
    "level": "critical", "amount_at_risk": "1234567.50", "currency": "NGN",
    "expected_loss_usd": 1.5, "opened_at": "2026-01-02T12:00:00.000000+00:00", "due_at": None,
    "closed_at": None, "assignee": None, "merged_into": None, "version": 1,
    "transactions_in_all": 6_000, "most_transactions_told": 5_000, "timeline_in_all": 1,
    "most_entries_told": 10_000,
}  # fmt: skip
EXPORT = {
    "at": "2026-01-03T09:00:00+00:00",
    "by": "auditor",
    "identifiers": "masked",
    "audit_chain_head": {"sequence": 9, "hash": "ef" * 32},
    "application": "FraudShield",
}


def entry(text: str) -> dict:
    return {
        "at": "2026-01-02T12:00:00.000000+00:00", "by": "analyst", "kind": "noted", "text": text,
        "facts": {}, "id": "x", "sha256": "00",
    }  # fmt: skip


def pdf_of(number: int = 1, text: str = NOTE) -> bytes:
    file = io.BytesIO()
    timeline = Part("timeline", many=[entry(text) for _ in range(number)])
    write_pdf(file, [Part("case", CASE), timeline], EXPORT)
    return file.getvalue()


def test_the_same_content_makes_the_same_bytes():
    assert pdf_of() == pdf_of()
    assert pdf_of() != pdf_of(text="other")


def test_long_documents_go_on_over_pages():
    def pages(pdf: bytes) -> int:
        return len(re.findall(rb"/Type /Page\b", pdf))

    assert pages(pdf_of(1)) == 1
    assert pages(pdf_of(200)) > 10


def test_nothing_typed_can_break_the_file():
    for text in (
        HOSTILE,
        "\0\x01\x1b[0m",
        "\\(unbalanced",
        "%PDF-1.4",
        "\u202eevil\u2066",
        " " * 99,
    ):
        assert pdf_of(text=text).endswith(b"%%EOF\n")


def test_an_empty_part_is_an_empty_list():
    file = io.BytesIO()
    write_json(file, [Part("case", CASE), Part("timeline", many=[])], EXPORT)
    assert json.loads(file.getvalue())["content"]["timeline"] == []


@pytest.mark.parametrize("font", [PLAIN, BOLD])
def test_lines_are_no_wider_than_they_may_be(font):
    for line in wrapped(showable(NOTE)[0], font=font, size=9, width=200):
        assert width_of(line, font, 9) <= 200.01


@pytest.mark.parametrize(
    ("text", "shown", "marked"),
    [
        ("Ọlá ₦ Ελληνικά Кириллица", "Ọlá ₦ Ελληνικά Кириллица", 0),
        ("中文", MISSING * 2, 2),
        ("العربية", MISSING * 7, 7),
        ("a\tb\u200ec", "a bc", 0),
        ("already □", "already □", 0),
    ],
)
def test_what_the_font_lacks_is_marked_and_counted(text, shown, marked):
    assert showable(text) == (shown, marked)


def test_words_are_kept_whole_where_they_fit():
    assert list(wrapped("one two three", font=PLAIN, size=9, width=45)) == ["one two", "three"]
