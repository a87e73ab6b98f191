"""A closed case that is acted on: a clear answer, and nothing has changed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cases.alerts.opening import open_alerts
from cases.models import Alert, Case, CaseEntry, ReviewOutcome
from cases.page.acting import ACTS
from cases.services import working
from cases.services.listing import identifiers_of
from cases.tests.conftest import flag
from cases.tests.lists import load_short_lists
from cases.tests.test_pages import act, text_of
from foundation.models import AuditEntry
from intelligence.models import ListEntry
from transactions.models import Label

pytestmark = pytest.mark.django_db

CLOSED = "The case is closed already; reopen it to change it."
FIELDS: dict[str, dict] = {
    "claim": {},
    "fraud": {
        "disposition": "confirmed_fraud",
        "typology": "sim_swap",
        "reason": "typed in vain",
    },
    "genuine": {"disposition": "genuine", "reason": "typed in vain"},
    "undecided": {"disposition": "suspected", "reason": "typed in vain"},
    "escalate": {"reason": "typed in vain"},
    "ask": {"question": "typed in vain"},
    "wait": {"reason": "typed in vain"},
    "resume": {"reason": "typed in vain"},
    "snooze": {"hours": "4"},
    "assign": {"to": "{colleague}"},
    "release": {},
    "list": {
        "identifier": "{identifier}",
        "on": "block_list",
        "days": "7",
        "reason": "typed in vain",
    },
    "release_one": {"transaction": "{transaction}", "reason": "typed in vain"},
    "decline_one": {"transaction": "{transaction}", "reason": "typed in vain"},
    "merge": {"other": "{other}", "reason": "typed in vain"},
    "withdraw": {},
}
"""What is refused, with what its form asks for."""
TAKEN = {"note", "attach", "reopen"}
"""What a closed case still takes: of whoever may."""


@pytest.fixture
def closed(bank, case, supervisor) -> Case:
    load_short_lists()
    return working.decide(case_id=case.pk, disposition="genuine", by=supervisor, reason="fine")


def facts() -> list:
    """All that an act could have left behind."""
    rows = [
        list(Case.objects.order_by("pk").values()),
        list(Alert.objects.order_by("pk").values_list("case", "transaction")),
    ]
    counted = (CaseEntry, ReviewOutcome, Label, ListEntry, AuditEntry)
    return [*rows, *[model.objects.count() for model in counted]]


def test_the_table_has_every_act():
    assert FIELDS.keys() | TAKEN == ACTS.keys()


@pytest.mark.parametrize("version", ["as it was shown", "from before it was closed"])
@pytest.mark.parametrize("name", FIELDS)
def test_what_a_closed_case_does_not_take_is_refused_with_the_reason(
    bank, closed, supervisor, colleague, name, version
):
    [other] = open_alerts([flag(bank, "x-1", user_id="customer-2").pk])
    row = closed.alerts.get().transaction_id
    known = {
        "colleague": colleague.pk,
        "transaction": row,
        "other": other.case_id,
        "identifier": identifiers_of(closed)[0].key,
    }
    fields = {key: value.format(**known) for key, value in FIELDS[name].items()}
    if version == "from before it was closed":
        fields["version"] = 1
    before = facts()
    answer = act(supervisor, closed, name, **fields)
    page = text_of(answer)
    assert answer.status_code == 409
    said = "No verdict waits for a second person." if name == "withdraw" else CLOSED
    assert said in page
    assert ("typed in vain" in page) == ("typed in vain" in fields.values())
    assert facts() == before


@pytest.mark.parametrize("name", FIELDS)
def test_an_analyst_gets_no_further(closed, analyst, colleague, name):
    row = closed.alerts.get().transaction_id
    known = {
        "colleague": colleague.pk,
        "transaction": row,
        "other": closed.pk,
        "identifier": identifiers_of(closed)[0].key,
    }
    before = facts()
    answer = act(analyst, closed, name, **{k: v.format(**known) for k, v in FIELDS[name].items()})
    assert answer.status_code in {400, 403, 409}
    assert facts() == before


def test_what_a_closed_case_takes(closed, supervisor):
    file = SimpleUploadedFile("a.txt", b"a letter")
    for name, fields in (("note", {"text": "A letter came."}), ("attach", {"file": file})):
        assert act(supervisor, closed, name, **fields).status_code == 302
    assert Case.objects.get().status == "closed"
    assert act(supervisor, closed, "reopen", reason="New facts.").status_code == 302
    assert Case.objects.get().status == "open"


def test_an_undo_that_comes_too_late_says_so(client, closed, supervisor):
    client.force_login(supervisor)
    before = facts()
    url = f"/admin/cases/case/{closed.pk}/do/undo/"
    assert "The verdict has taken effect: the case is closed." in text_of(
        client.post(url, follow=True)
    )
    assert facts() == before
