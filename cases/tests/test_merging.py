"""Two cases that are one story become one, and nothing is lost."""

import pytest

from cases.alerts.opening import open_alerts
from cases.models import Alert, Case
from cases.services import working
from cases.services.merging import merge
from cases.tests.conftest import flag, person
from clients.services import grant_scope
from foundation.errors import BadRequest, Conflict, Forbidden, NotFound
from foundation.models import AuditEntry, OutboxEvent
from foundation.tests.threads import at_once
from transactions.models import Label

pytestmark = pytest.mark.django_db


def opened(client, customer: str, amount: float = 500_000.0) -> Case:
    row = flag(client, f"of-{customer}-{amount}", user_id=customer, amount=amount)
    return open_alerts([row.pk])[0].case


@pytest.fixture
def pair(bank) -> tuple[Case, Case]:
    return opened(bank, "ada", 900_000.0), opened(bank, "bola")


def test_the_alerts_move_and_the_stakes_add_up(pair, supervisor):
    source, target = pair
    working.claim(case_id=target.pk, by=supervisor)
    merge(case_id=source.pk, into=target.pk, by=supervisor, reason="One device.")
    source.refresh_from_db()
    merged = Case.objects.get(pk=target.pk)
    assert (source.status, source.merged_into, source.disposition) == ("closed", target, "")
    assert merged.alerts.count() == 2
    assert (merged.amount, source.alerts.count()) == (1_400_000, 0)
    assert merged.loss == pytest.approx(source.loss + target.loss)
    assert merged.rank > source.rank
    assert merged.due_at == min(source.due_at, target.due_at)
    assert merged.entries.get(kind="merged").facts == {"from": source.pk, "alerts": 1}
    assert source.entries.get(kind="merged").facts == {"into": target.pk, "alerts": 1}
    assert AuditEntry.objects.filter(action="cases.merged").count() == 2
    told = OutboxEvent.objects.filter(payload__kind="merged").values_list("payload", flat=True)
    assert {event["case"]: event["happening"] for event in told} == {
        source.pk: "closed",
        target.pk: "updated",
    }


def test_a_verdict_on_the_target_labels_the_transactions_of_both(pair, supervisor):
    source, target = pair
    merge(case_id=source.pk, into=target.pk, by=supervisor, reason="One device.")
    working.decide(case_id=target.pk, disposition="genuine", by=supervisor, reason="A family.")
    assert Label.objects.count() == 2


def test_later_alerts_of_the_merged_customer_join_the_target(bank, pair, supervisor):
    source, target = pair
    merge(case_id=source.pk, into=target.pk, by=supervisor, reason="One device.")
    third = opened(bank, "chi")
    merge(case_id=target.pk, into=third.pk, by=supervisor, reason="And one more.")
    rows = [flag(bank, f"later-{name}", user_id=name).pk for name in ("ada", "bola", "chi")]
    assert {alert.case_id for alert in open_alerts(rows)} == {third.pk}
    third.refresh_from_db()
    assert third.alerts.count() == 6


def test_once_the_target_is_closed_the_merged_customer_has_a_case_of_its_own(
    bank, pair, supervisor
):
    source, target = pair
    merge(case_id=source.pk, into=target.pk, by=supervisor, reason="One device.")
    working.decide(case_id=target.pk, disposition="genuine", by=supervisor, reason="A family.")
    case = opened(bank, "ada", 700_000.0)
    assert case.pk not in {source.pk, target.pk}
    assert Case.objects.get(pk=source.pk).status == "closed"
    with pytest.raises(Conflict, match=f"merged into case {target.pk}"):
        working.reopen(case_id=source.pk, by=supervisor, reason="Look again.")


@pytest.mark.parametrize(
    ("who", "claims", "allowed"),
    [
        ("analyst", "target", True),
        ("analyst", "both", True),
        ("analyst", "source", False),
        ("analyst", "", False),
        ("supervisor", "", True),
        ("auditor", "", False),
    ],
)
def test_who_may_merge(pair, who, claims, allowed):
    source, target = pair
    user = person("somebody", who)
    for name, case in (("source", source), ("target", target)):
        if claims in {name, "both"}:
            working.claim(case_id=case.pk, by=user)
    if allowed:
        merge(case_id=source.pk, into=target.pk, by=user, reason="One device.")
    else:
        with pytest.raises(Forbidden):
            merge(case_id=source.pk, into=target.pk, by=user, reason="One device.")
    assert Alert.objects.filter(case=target).count() == (2 if allowed else 1)


def test_somebody_elses_source_is_left_to_them(pair, analyst, colleague):
    source, target = pair
    working.claim(case_id=target.pk, by=analyst)
    working.claim(case_id=source.pk, by=colleague)
    with pytest.raises(Forbidden, match="colleague has claimed it"):
        merge(case_id=source.pk, into=target.pk, by=analyst, reason="One device.")


def test_what_cannot_be_merged_is_refused_with_the_reason(bank, stranger, pair, supervisor):
    source, target = pair
    theirs = opened(stranger, "dee")
    Case.objects.filter(pk=theirs.pk).update(version=7)
    with pytest.raises(BadRequest, match="itself"):
        merge(case_id=source.pk, into=source.pk, by=supervisor, reason="x")
    for one, other in ((source, theirs), (theirs, source)):
        with pytest.raises(NotFound):
            merge(case_id=one.pk, into=other.pk, by=supervisor, reason="x", into_version=1)
    both = person("both", "supervisor")
    grant_scope(user=both, institution=theirs.institution, by="tests")
    with pytest.raises(BadRequest, match="two institutions"):
        merge(case_id=source.pk, into=theirs.pk, by=both, reason="x", into_version=1)
    with pytest.raises(BadRequest, match="why"):
        merge(case_id=source.pk, into=target.pk, by=supervisor, reason=" ")
    with pytest.raises(NotFound, match="no such case"):
        merge(case_id=source.pk, into=999_999, by=supervisor, reason="x")
    with pytest.raises(Conflict, match=f"Case {target.pk}: Somebody changed"):
        merge(case_id=source.pk, into=target.pk, by=supervisor, reason="x", into_version=0)
    working.decide(case_id=target.pk, disposition="genuine", by=supervisor, reason="fine")
    with pytest.raises(Conflict, match=f"Case {target.pk}: The case is closed already"):
        merge(case_id=source.pk, into=target.pk, by=supervisor, reason="x")
    assert Case.objects.get(pk=source.pk).version == source.version


@pytest.mark.django_db(transaction=True)
def test_alerts_that_come_while_cases_are_merged_are_not_lost(bank, pair, supervisor):
    source, target = pair
    third = opened(bank, "chi")
    rows = [flag(bank, f"later-{n}", user_id="ada").pk for n in range(4)]

    merge(case_id=source.pk, into=target.pk, by=supervisor, reason="One device.")
    results = at_once(
        lambda: merge(case_id=target.pk, into=third.pk, by=supervisor, reason="One device."),
        *[lambda row=row: open_alerts([row]) for row in rows],
    )
    assert not [each for each in results if isinstance(each, Exception)]
    [alive] = Case.objects.exclude(status="closed")
    assert alive == third
    assert Alert.objects.filter(case=third).count() == 7


@pytest.mark.django_db(transaction=True)
def test_two_cases_merged_into_each_other_at_once_leave_one(pair, supervisor):
    one, other = pair
    results = at_once(
        lambda: merge(case_id=one.pk, into=other.pk, by=supervisor, reason="x"),
        lambda: merge(case_id=other.pk, into=one.pk, by=supervisor, reason="x"),
    )
    assert sorted(type(each).__name__ for each in results) == ["Case", "Conflict"]
    assert Case.objects.exclude(status="closed").get().alerts.count() == 2
