"""The admin as a whole: every page as every role, scopes, masks, and queries that do not grow."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clients.models import Institution
from foundation.models import AuditEntry
from foundation.roles import ROLES
from rules.models import Rule, Ruleset
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.tests.making import make_suspicious
from transactions.models import Customer, Transaction
from transactions.services import record_label

pytestmark = pytest.mark.django_db
PAGES = sorted((model._meta.app_label, model._meta.model_name) for model in admin.site._registry)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def list_of(app, model):
    return reverse(f"admin:{app}_{model}_changelist")


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_every_list_opens_for_those_who_may_and_only_for_them(decided, people, role):
    client = signed_in(people[role])
    for app, model in PAGES:
        allowed = people[role].has_perm(f"{app}.view_{model}")
        status = client.get(list_of(app, model)).status_code
        assert status == (200 if allowed else 403), f"{role} on {app}.{model}"


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_the_home_page_opens_for_everyone(decided, people, role):
    page = signed_in(people[role]).get(reverse("admin:index"))
    assert page.status_code == 200
    assert ("ours-1" in page.content.decode()) == (role != "nobody")


def test_without_signing_in_there_is_only_the_sign_in_page(decided):
    for app, model in PAGES:
        answer = Client().get(list_of(app, model))
        assert answer.status_code == 302
        assert "/login/" in answer["Location"]


@pytest.mark.parametrize("app_model", ["transactions_transaction", "scoring_decision"])
def test_people_see_their_own_institutions_only(decided, people, app_model):
    client = signed_in(people["analyst"])
    page = client.get(reverse(f"admin:{app_model}_changelist")).content.decode()
    assert "ours-1" in page
    assert "theirs-1" not in page
    foreign = Transaction.objects.get(external_id="theirs-1")
    answer = client.get(reverse(f"admin:{app_model}_change", args=[foreign.pk]))
    assert answer.status_code == 302  # as if it did not exist


def test_no_list_names_institutions_that_are_not_ones_own(decided, people):
    client, foreign = signed_in(people["analyst"]), Institution.objects.get(slug="other")
    Institution.objects.filter(pk=foreign.pk).update(name="Not-Yours Bank")
    allowed = [page for page in PAGES if people["analyst"].has_perm("{}.view_{}".format(*page))]
    for page in allowed:
        assert "Not-Yours" not in client.get(list_of(*page)).content.decode(), page


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("status__exact=%00", 400),
        ("transaction__vertical__in=crypto,%00", 400),
        ("fraud_score__gte=abc", 302),
        ("status__regex=(a*)*b", 400),
        ("rule_score__iregex=[", 400),
        ("institution__slug=other", 400),
    ],
)
def test_a_hostile_filter_is_refused_without_a_failure(decided, people, query, status):
    page = signed_in(people["auditor"]).get(f"{list_of('scoring', 'decision')}?{query}")
    assert page.status_code == status


def test_the_auditor_sees_all_institutions(decided, people):
    page = signed_in(people["auditor"]).get(list_of("scoring", "decision")).content.decode()
    assert "ours-1" in page
    assert "theirs-1" in page


@pytest.mark.parametrize("model", ["transaction", "customer"])
def test_identifiers_are_masked_until_revealed(decided, people, model):
    secrets = ["ada@example.com", "8012345678", "203.0.113.9", "device-1815", "token-1852"]
    pk = {"transaction": Transaction, "customer": Customer}[model].objects.order_by("pk")[0].pk
    url = reverse(f"admin:transactions_{model}_change", args=[pk])
    page = signed_in(people["supervisor"]).get(url).content.decode()
    assert not [secret for secret in secrets if secret in page]


def test_a_reveal_shows_one_identifier_and_leaves_an_audit_entry(decided, people):
    ours = Transaction.objects.get(external_id="ours-1")
    url = reverse("admin:transactions_transaction_reveal", args=[ours.pk, "email"])
    client = signed_in(people["analyst"])
    assert client.get(url).status_code == 405
    answer = client.post(url)
    assert "ada@example.com" in answer.content.decode()
    assert "8012345678" not in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    entry = AuditEntry.objects.get(action="identifier.reveal")
    assert (entry.actor, entry.after) == (people["analyst"], {"field": "email"})


def test_fields_that_the_catalogue_does_not_know_are_named_but_not_shown(decided, people):
    ours, client = Transaction.objects.get(external_id="ours-1"), signed_in(people["analyst"])
    page = client.get(reverse("admin:transactions_transaction_change", args=[ours.pk]))
    assert "holder" in page.content.decode()
    assert "Lovelace" not in page.content.decode()
    url = reverse("admin:transactions_transaction_reveal", args=[ours.pk, "unknown_fields"])
    assert "Lovelace" in client.post(url).content.decode()
    assert AuditEntry.objects.get(action="identifier.reveal").after == {"field": "unknown_fields"}


@pytest.mark.parametrize("role", ["auditor", "administrator", "risk_manager", "nobody"])
def test_a_reveal_is_refused_without_the_permission(decided, people, role):
    ours = Transaction.objects.get(external_id="ours-1")
    url = reverse("admin:transactions_transaction_reveal", args=[ours.pk, "email"])
    assert signed_in(people[role]).post(url).status_code == 403
    assert not AuditEntry.objects.filter(action="identifier.reveal").exists()


def test_a_foreign_identifier_cannot_be_revealed(decided, people):
    theirs = Transaction.objects.get(external_id="theirs-1")
    url = reverse("admin:transactions_transaction_reveal", args=[theirs.pk, "email"])
    assert signed_in(people["analyst"]).post(url).status_code == 404


def test_the_decision_page_tells_why_and_replays(decided, people):
    ours = Decision.objects.get(transaction__external_id="ours-1")
    client = signed_in(people["analyst"])
    page = client.get(reverse("admin:scoring_decision_change", args=[ours.pk])).content.decode()
    for hit in ours.hits:
        assert hit["reason"] in page
    assert "No model took part" in page
    again = client.post(reverse("admin:scoring_decision_replay", args=[ours.pk]), follow=True)
    assert "identical" in again.content.decode()


@pytest.mark.parametrize(
    "text",
    [
        "ours-1",
        " ADA@example.com ",
        "+2348012345678",
        "203.0.113.9",
        "device-1815",
        "token-1852",
        "ada",
    ],
)
def test_a_decision_is_found_by_exactly_what_is_known(decided, people, text):
    page = signed_in(people["analyst"]).get(list_of("scoring", "decision"), {"q": text})
    assert "ours-1" in page.content.decode()
    assert "theirs-1" not in page.content.decode()


@pytest.mark.parametrize("text", ["ada@example", "nobody", "'; DROP TABLE", "%", "x" * 5000])
def test_parts_and_nonsense_find_nothing(decided, people, text):
    page = signed_in(people["analyst"]).get(list_of("scoring", "decision"), {"q": text})
    assert page.status_code == 200
    assert "ours-1" not in page.content.decode()


@pytest.mark.parametrize("app_model", [("transactions", "transaction"), ("scoring", "decision")])
def test_lists_take_as_many_queries_for_thirty_rows_as_for_two(decided, bank, people, app_model):
    client = signed_in(people["analyst"])
    url = list_of(*app_model)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for number in range(28):
        request = make_suspicious(user_id=f"u{number}", transaction_id=f"more-{number}")
        score_transaction(client=bank, request=request, source="test")
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few)
    assert not [q for q in many if "COUNT(*)" in q["sql"] and "LIMIT" not in q["sql"]]


@pytest.mark.parametrize("app_model", [("transactions", "transaction"), ("scoring", "decision")])
def test_lists_read_no_whole_table_for_their_filters(decided, people, app_model):
    with CaptureQueriesContext(connection) as queries:
        page = signed_in(people["auditor"]).get(list_of(*app_model), {"_facets": "True"})
    assert "fintech" in page.content.decode()
    for sql in (query["sql"] for query in queries):
        assert "DISTINCT" not in sql, sql
        assert "COUNT(" not in sql or "LIMIT" in sql, sql


def test_a_page_lists_the_customers_newest_transactions_first(decided, bank, people):
    for number in range(25):
        request = make_suspicious(transaction_id=f"later-{number}")
        score_transaction(client=bank, request=request, source="test")
    ours = Transaction.objects.get(external_id="ours-1")
    url = reverse("admin:transactions_transaction_change", args=[ours.pk])
    page = signed_in(people["analyst"]).get(url).content.decode()
    shown = [number for number in range(25) if f">later-{number}<" in page]
    assert shown == list(range(5, 25))
    assert page.index(">later-24<") < page.index(">later-23<")


@pytest.mark.parametrize(("model", "text"), [("customer", "ada"), ("device", "device-1815")])
def test_a_customer_or_device_is_found_by_its_exact_reference_alone(decided, people, model, text):
    client = signed_in(people["analyst"])
    url = list_of("transactions", model)
    assert "1 " + model in " ".join(client.get(url, {"q": f" {text} "}).content.decode().split())
    for wrong in (text[:-1], "nobody", "'"):
        assert "Nothing matches" in client.get(url, {"q": wrong}).content.decode()


def test_a_label_is_found_by_its_transaction(decided, people):
    for name in ("ours-1", "ours-2"):
        row = Transaction.objects.get(external_id=name)
        record_label(transaction_row=row, is_fraud=True, source="chargeback", by="test")
    client, url = signed_in(people["analyst"]), list_of("transactions", "label")
    page = client.get(url, {"q": "ours-1"}).content.decode()
    assert "1 label" in " ".join(page.split())
    assert "Nothing matches" in client.get(url, {"q": "x"}).content.decode()


def test_a_code_on_a_decision_leads_to_the_rule(decided, people):
    ours = Decision.objects.get(transaction__external_id="ours-1")
    client = signed_in(people["analyst"])
    page = client.get(reverse("admin:scoring_decision_change", args=[ours.pk])).content.decode()
    link = reverse("admin:rules_rule_by_code", args=[ours.hits[0]["code"]])
    assert f'href="{link}"' in page
    rule = Rule.objects.get(code=ours.hits[0]["code"])
    assert client.get(link)["Location"] == reverse("admin:rules_rule_change", args=[rule.pk])


def test_what_the_client_supplied_is_marked_and_lengths_of_time_are_readable(decided, people):
    ours = Decision.objects.get(transaction__external_id="ours-1")
    url = reverse("admin:scoring_decision_change", args=[ours.pk])
    page = signed_in(people["analyst"]).get(url).content.decode()
    assert '>account_age_days <span class="fs-chip">client</span></dt>' in page
    assert ">amount_log10</dt>" in page
    assert ">5 days</dd>" in page


def test_who_works_for_no_institution_is_told_what_to_ask_for(decided, people):
    people["analyst"].scopes.all().delete()
    client = signed_in(people["analyst"])
    for url in (reverse("admin:index"), list_of("scoring", "decision")):
        assert "You work for no institution yet" in client.get(url).content.decode()


def test_home_tells_live_rules_from_those_in_shadow_and_counts_approvals(decided, people):
    page = signed_in(people["risk_manager"]).get(reverse("admin:index")).content.decode()
    states = [rule.state for rule in Ruleset.objects.get().content.rules]
    assert f"{states.count('live')} live, {states.count('shadow')} in shadow" in page
    assert "none for your vote" in page


@pytest.mark.parametrize(
    ("app_model", "title"),
    [
        ("rules_rule", "Rule book"),
        ("foundation_approvalrequest", "Approvals"),
        ("foundation_outboxdelivery", "Set aside"),
        ("scoring_ruleactivity", "Rule activity"),
    ],
)
def test_a_list_is_called_as_in_the_menu(decided, people, app_model, title):
    page = signed_in(people["auditor"]).get(reverse(f"admin:{app_model}_changelist"))
    assert f"<title> {title} | FraudShield" in " ".join(page.content.decode().split())


def test_a_refused_page_says_who_may_and_shows_a_way_back(decided, people):
    client = signed_in(people["analyst"])
    answer = client.get(
        reverse("admin:foundation_user_changelist"), headers={"accept": "text/html"}
    )
    page = answer.content.decode()
    assert answer.status_code == 403
    for part in ("auditor", "administrator", "analyst", 'href="/admin/"'):
        assert part in page


def test_a_page_that_is_not_there_shows_a_way_back(decided, people):
    answer = signed_in(people["analyst"]).get("/admin/nowhere/", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert 'href="/admin/"' in answer.content.decode()
    assert "/admin/nowhere/" in answer.content.decode()


def test_the_home_page_takes_few_queries(decided, people, django_assert_max_num_queries):
    client = signed_in(people["administrator"])
    client.get(reverse("admin:index"))  # the ruleset is in memory from then on
    with django_assert_max_num_queries(15):
        client.get(reverse("admin:index"))
