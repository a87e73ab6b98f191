"""The synthetic workbench: as much as was asked for, whole, and never beside real data."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from cases.links.naming import names_of_things
from cases.links.reading import neighbourhood
from cases.models import Alert, Case, CaseEntry, Link, ReviewOutcome
from cases.tests.conftest import person
from cases.volume.copying import Copy
from cases.volume.generating import SLUG, generate_workbench
from cases.volume.plan import Volume, address_of, customer_of, happenings, is_open, things_of
from clients.models import Institution
from clients.services import grant_scope
from foundation import approvals
from foundation.models import AuditEntry, OutboxEvent, User
from scoring.models import Decision
from transactions.models import Customer, Label, Transaction
from transactions.presenting import masked_reference
from transactions.sealing import open_request

END = datetime(2026, 5, 3, 12, tzinfo=UTC)
SMALL = Volume(transactions=300, alerts=60, cases=20, end=END)


def test_the_same_seed_plans_the_same_world():
    assert happenings(SMALL) == happenings(SMALL)
    assert happenings(SMALL) != happenings(Volume(300, 60, 20, END, seed=8))


def test_the_plan_has_what_was_asked_for_in_the_order_of_time():
    planned = happenings(SMALL)
    assert len(planned) == 300
    assert [one.at for one in planned] == sorted(one.at for one in planned)
    assert max(one.at for one in planned) <= END
    flagged = [one for one in planned if one.case >= 0]
    assert len(flagged) == 60
    assert {one.case for one in flagged} == set(range(20))
    assert all(one.customer == customer_of(one.case, SMALL) for one in flagged)


def test_a_customer_has_one_open_case_at_most():
    owners = [customer_of(case, SMALL) for case in range(20) if is_open(case, SMALL)]
    assert len(owners) == len(set(owners)) == 8


def test_neighbours_share_devices_and_very_many_an_address():
    things = [things_of(number, 1_000) for number in range(1_000)]
    assert len({one.devices for one in things}) < 1_000
    assert address_of(things[1], 0.1) == address_of(things[2], 0.1)
    assert address_of(things[1], 0.9) != address_of(things[2], 0.9)


@pytest.mark.parametrize("numbers", [(10, 20, 5), (20, 10, 15), (5, 5, 0), (-1, -1, -1)])
def test_a_volume_that_cannot_be_is_refused(numbers):
    with pytest.raises(ValueError, match="an alert for each"):
        generate_workbench(Volume(*numbers, END))


@pytest.mark.django_db
def test_everything_is_there_and_fits_together(rule_book):
    call_command("generate_workbench", transactions=300, alerts=60, cases=20, verbosity=0)
    ours = {"institution__slug": SLUG}
    rows = Transaction.objects.filter(**ours).exclude(external_id__startswith="template-")
    assert rows.count() == 300
    assert Decision.objects.filter(transaction__in=rows).count() == 300
    assert Alert.objects.filter(**ours).count() == 60
    assert Case.objects.filter(**ours).count() == 20
    assert {case.status for case in Case.objects.all()} >= {"open", "closed"}
    assert not Alert.objects.filter(transaction__decision__status="approved").exists()
    assert CaseEntry.objects.filter(kind="alerted").count() == 60
    decided = Alert.objects.filter(case__disposition__in=["confirmed_fraud", "genuine"]).count()
    assert Label.objects.count() == ReviewOutcome.objects.count() == decided > 0
    for case in Case.objects.all():
        assert {alert.transaction.customer_id for alert in case.alerts.all()} == {case.customer_id}
        assert case.codes


@pytest.mark.django_db
def test_what_is_sealed_opens_and_links_are_those_of_the_worker(rule_book):
    generate_workbench(SMALL)
    row = Transaction.objects.filter(external_id__startswith="synthetic-").first()
    assert open_request(row)["identifiers"]["email"].endswith("@example.com")
    assert masked_reference(row.customer) == "syn••••" + f"{open_request(row)['user_id'][-2:]}"
    kept = set(Link.objects.values_list("customer", "kind", "value", "transactions", "transaction"))
    around = neighbourhood(customer=row.customer_id, institution=row.institution_id)
    assert "••••" not in set(names_of_things(around.uses).values())
    templates = Customer.objects.filter(transaction__external_id__startswith="template-")
    OutboxEvent.objects.all().delete()
    call_command("rebuild_links", verbosity=0)
    made = Link.objects.exclude(customer__in=templates)
    assert kept == set(made.values_list("customer", "kind", "value", "transactions", "transaction"))


@pytest.mark.django_db
def test_it_refuses_outside_of_demo_mode_and_a_second_time(rule_book, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="demo mode only"):
        call_command("generate_workbench", verbosity=0)
    assert not Institution.objects.filter(slug=SLUG).exists()
    settings.DEMO = True
    call_command("generate_workbench", transactions=30, alerts=10, cases=4, verbosity=0)
    before = Transaction.objects.count()
    with pytest.raises(CommandError, match="has transactions already"):
        call_command("generate_workbench", verbosity=0)
    assert Transaction.objects.count() == before


@pytest.mark.django_db
def test_without_rules_it_says_so(db):
    from rules.registry import registry

    registry.forget()
    with pytest.raises(CommandError):
        call_command("generate_workbench", transactions=30, alerts=10, cases=4, verbosity=0)


@pytest.mark.django_db
def test_copying_keeps_what_is_hard_to_write():
    values = ["plain", "tab\tand\nline", "back\\slash", "\\N", "ö“"]
    with Copy("foundation_user", ("username",)) as copy:
        assert copy.lines == []
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE hard (words text, content bytea, many text[])")
        with Copy("hard", ("words", "content", "many")) as copy:
            for value in values:
                copy.add(value, value.encode(), None)
        cursor.execute("SELECT words, content FROM hard")
        assert [(w, bytes(c).decode()) for w, c in cursor.fetchall()] == [(v, v) for v in values]


LIFELIKE = Volume(transactions=900, alerts=360, cases=180, end=END)


@pytest.mark.django_db
def test_the_audit_trail_vouches_for_all_of_it(rule_book, settings):
    settings.FOUR_EYES_ABOVE_USD = 500
    generate_workbench(LIFELIKE)
    call_command("audit", "verify", verbosity=0)
    entries = AuditEntry.objects.filter(action="cases.generated")
    assert entries.count() == 180
    assert not AuditEntry.objects.filter(sequence=None).exists()


@pytest.mark.django_db
def test_cases_are_in_all_the_states_that_there_are_in_life(rule_book, settings):
    settings.FOUR_EYES_ABOVE_USD = 500
    generate_workbench(LIFELIKE)
    cases = Case.objects.all()
    assert set(cases.values_list("status", flat=True)) == set(Case.Status.values)
    assert cases.filter(snoozed_until__gt=END, assignee__isnull=False).exists()
    assert not cases.filter(snoozed_until__isnull=False, assignee=None).exists()
    assert not cases.filter(assignee__isnull=False, touched_at=None).exists()
    assert not cases.filter(touched_at__gt=END).exists()
    assert cases.filter(warned_at__isnull=False).exists()
    assert not cases.exclude(status="closed").filter(due_at__lt=END, warned_at=None).exists()
    assert {case.queue.name for case in cases} > {"Everyday (synthetic)"}
    assert len(set(cases.values_list("suspected", flat=True))) > 1
    for case in cases.filter(status="closed", merged_into=None):
        assert case.opened_at < case.closed_at <= END
    for entry in CaseEntry.objects.select_related("case"):
        assert entry.case.opened_at <= entry.at


@pytest.mark.django_db
def test_merged_cases_gave_their_alerts_away(rule_book):
    generate_workbench(LIFELIKE)
    source = Case.objects.filter(merged_into__isnull=False).first()
    assert (source.status, source.disposition, source.alerts.count()) == ("closed", "", 0)
    target = source.merged_into
    assert target.alerts.values("transaction__customer").distinct().count() == 2
    assert target.amount == sum(alert.amount for alert in target.alerts.all())
    assert target.loss == pytest.approx(sum(alert.loss for alert in target.alerts.all()))
    entries = CaseEntry.objects.filter(kind="merged", case__in=[source, target])
    told = entries.values_list("case", "by", "at")
    assert {case for case, _, _ in told} == {source.pk, target.pk}
    assert len({(by, at) for _, by, at in told}) == 1


@pytest.mark.django_db
def test_a_verdict_that_waits_can_be_agreed_to(rule_book, settings, supervisor):
    settings.FOUR_EYES_ABOVE_USD = 500
    generate_workbench(LIFELIKE)
    case = Case.objects.filter(proposal__isnull=False).first()
    assert case.status == "escalated"
    grant_scope(user=supervisor, institution=case.institution, by="tests")
    request = approvals.approve(request=case.proposal, by=supervisor)
    assert (request.state, request.error) == ("executed", "")
    case.refresh_from_db()
    assert (case.status, case.disposition) == ("closed", "confirmed_fraud")


@pytest.mark.django_db
def test_the_people_of_the_demo_see_it_and_nobody_else(rule_book, supervisor):
    inside, gone = person("demo-analyst"), person("gone")
    User.objects.filter(pk__in=[inside.pk, gone.pk]).update(is_demo=True)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    institution = generate_workbench(SMALL)
    saw = User.objects.filter(scopes__institution=institution)
    assert set(saw.exclude(username__startswith="synthetic-")) == {inside}
    case = Case.objects.filter(institution=institution).first()
    for user, status in ((inside, 200), (supervisor, 302)):
        client = Client()
        client.force_login(User.objects.get(pk=user.pk))
        address = reverse("admin:cases_case_change", args=[case.pk])
        assert client.get(address).status_code == status
