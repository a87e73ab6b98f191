"""What analysts decide moves the figures of the rules that brought the case to them: those of the
command, and those of each rule's own page."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone as clock

from cases.services.working import claim, decide
from cases.tests.conftest import flag, person
from cases.tests.test_pages import signed_in, text_of
from clients.models import Institution
from foundation.outbox import drain_outbox
from rules.models import Rule
from scoring.reports import of_rule
from transactions.models import Label

pytestmark = pytest.mark.django_db


def figures_of_rules() -> tuple[set[tuple[int, int]], int]:
    """Of the rules that fired: fraud among their hits; and how many decisions have no label.

    A decision without label counts as genuine.
    """
    out = StringIO()
    call_command("rule_report", institution="bank", format="json", stdout=out)
    report = json.loads(out.getvalue())
    fired = [rule["precision"] for rule in report["rules"] if rule["hits"]]
    return {(share["part"], share["whole"]) for share in fired}, report["unlabelled"]


@pytest.mark.parametrize(
    ("disposition", "typology", "after"),
    [
        ("confirmed_fraud", "account_takeover", ({(1, 1)}, 0)),
        ("genuine", "", ({(0, 1)}, 0)),
        ("inconclusive", "", ({(0, 1)}, 1)),
    ],
)
def test_a_verdict_moves_the_precision_of_the_rules_that_fired(
    case, analyst, disposition, typology, after
):
    assert figures_of_rules() == ({(0, 1)}, 1)
    claim(case_id=case.pk, by=analyst)
    decide(case_id=case.pk, disposition=disposition, typology=typology, reason="called", by=analyst)
    assert figures_of_rules() == after


# -- a rule's own page ------------------------------------------------------------------------


def verdict(case, analyst, disposition, typology=""):
    drain_outbox()
    claim(case_id=case.pk, by=analyst)
    decide(case_id=case.pk, disposition=disposition, typology=typology, reason="called", by=analyst)


def fired(case) -> str:
    return str(case.alerts.get().transaction.decision.hits[0]["code"])


def page_of_rule(user, code: str) -> str:
    rule = Rule.objects.get(code=code)
    answer = signed_in(user).get(reverse("admin:rules_rule_change", args=[rule.pk]))
    assert answer.status_code == 200
    return text_of(answer).partition('id="figures"')[2].partition("</section>")[0]


@pytest.mark.parametrize(
    ("disposition", "typology", "fraud", "genuine", "precision"),
    [
        ("confirmed_fraud", "account_takeover", 1, 0, "100 %"),
        ("genuine", "", 0, 1, "0 %"),
        ("inconclusive", "", 0, 0, "–"),
    ],
)
def test_a_verdict_moves_the_figures_on_the_rules_page(
    case, analyst, disposition, typology, fraud, genuine, precision
):
    before = page_of_rule(person("risk", "risk_manager"), fired(case))
    assert "It has not fired" in before
    verdict(case, analyst, disposition, typology)
    page = page_of_rule(analyst, fired(case))
    assert "<b>1</b>hit<" in page
    assert f">{fraud}</b>turned out to be fraud" in page
    assert f">{genuine}</b>turned out to be genuine" in page
    assert f"<b>{precision}</b>precision" in page
    assert ("No hit of this time has a label yet" in page) == (not fraud + genuine)


@pytest.mark.parametrize(("truth", "shown"), [("fraud", True), ("genuine", False)])
def test_the_figures_lead_to_their_rows(case, analyst, truth, shown):
    verdict(case, analyst, "confirmed_fraud", "account_takeover")
    code = fired(case)
    address = f"{reverse('admin:scoring_decision_changelist')}?labelled={code}.{truth}"
    assert address in page_of_rule(analyst, code)
    rows = text_of(signed_in(analyst).get(address))
    assert (">t-1<" in rows) == shown


@pytest.mark.parametrize("value", ["", "x", ".", "no_such_rule.fraud", "%00.fraud", "a.b"])
def test_a_hostile_address_does_no_harm(case, analyst, value):
    address = f"{reverse('admin:scoring_decision_changelist')}?labelled={value}"
    assert signed_in(analyst).get(address).status_code in (200, 302, 400)


def test_of_several_labels_the_one_that_counts_is_counted(case, analyst):
    verdict(case, analyst, "confirmed_fraud", "account_takeover")
    told = Label.objects.get()
    Label.objects.create(
        transaction=told.transaction,
        institution=told.institution,
        is_fraud=False,
        source="client",
        known_at=clock.now(),
    )
    figures = figures_of(fired(case))
    assert (figures.fraud, figures.genuine) == (1, 0)


def figures_of(code: str, slug: str = "bank") -> of_rule.RuleFigures:
    scope = [Institution.objects.get(slug=slug).pk]
    return of_rule.rule_figures(code, scope, now=clock.now())


def test_others_hits_and_labels_are_not_in_it(case, stranger, analyst):
    verdict(case, analyst, "confirmed_fraud", "account_takeover")
    figures = figures_of(fired(case), "other")
    assert (figures.hits, figures.fraud, figures.precision.value) == (0, 0, None)


def test_more_labels_than_are_read_are_told(bank, case, analyst, monkeypatch):
    verdict(case, analyst, "confirmed_fraud", "account_takeover")
    assert not figures_of(fired(case)).cut
    monkeypatch.setattr(of_rule, "LABELS_READ", 1)
    assert figures_of(fired(case)).cut


def test_the_figures_take_two_queries(bank, case, analyst, django_assert_num_queries):
    verdict(case, analyst, "confirmed_fraud", "account_takeover")
    flag(bank, "t-2")
    scope, code = [bank.institution_id], fired(case)
    with django_assert_num_queries(2):
        of_rule.rule_figures(code, scope, now=clock.now())
