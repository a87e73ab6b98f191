"""Several people change who decides at one time."""

import threading

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction

from foundation import approvals
from foundation.models import ApprovalRequest, User
from foundation.roles import RISK_MANAGER, assign_roles
from learning.registry.errors import PromotionRefused
from learning.registry.models import ModelComparison
from learning.registry.promoting import promote_first, propose_promotion
from learning.registry.tests.test_paired import GOOD
from scoring.serving.models import ModelVersion
from scoring.serving.services import champion, lock_registry, put_in_force
from scoring.serving.tests.making import make_challenger, make_champion, make_model

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def managers():
    call_command("sync_roles", verbosity=0)
    made = [User.objects.create_user(name, is_staff=True) for name in ("grace", "joan")]
    for user in made:
        assign_roles(user=user, roles=[RISK_MANAGER], by="test")
    return made


def at_once(*calls) -> list[BaseException]:
    """All begin when all are ready; what they raised."""
    gate, raised = threading.Barrier(len(calls)), []

    def run(call):
        try:
            gate.wait(30)
            call()
        except Exception as error:  # noqa: BLE001  (told to the test)
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def test_of_two_promotions_approved_at_once_one_comes_into_force(managers):
    """Both were compared with the first champion; the second to come may not replace the other."""
    grace, joan = managers
    make_champion()
    requests = []
    for name in ("second", "third"):
        model = make_challenger(name)
        ModelComparison.objects.create(
            champion=champion(), challenger=model, rows=500, frauds=40, figures=GOOD, made_by="t"
        )
        requests.append(propose_promotion(model=model, by=grace, reason="better"))

    raised = at_once(*(lambda one=one: approvals.approve(request=one, by=joan) for one in requests))

    assert raised == []
    states = sorted(ApprovalRequest.objects.values_list("state", flat=True))
    assert states == [ApprovalRequest.State.EXECUTED, ApprovalRequest.State.FAILED]
    assert ModelVersion.objects.filter(state="champion").count() == 1
    failed = ApprovalRequest.objects.get(state=ApprovalRequest.State.FAILED)
    assert "Another model came into force" in failed.error


def test_a_promotion_waits_for_a_change_that_is_under_way(managers):
    """What it compares itself with is read after the wait, not before it."""
    grace, joan = managers
    make_champion()
    model = make_challenger()
    ModelComparison.objects.create(
        champion=champion(), challenger=model, rows=500, frauds=40, figures=GOOD, made_by="t"
    )
    request = propose_promotion(model=model, by=grace, reason="better")
    third, held, done = make_model("third"), threading.Event(), threading.Event()

    def other():
        with transaction.atomic():
            lock_registry()
            held.set()
            put_in_force(model=third, by="test", reason="meanwhile")
            done.wait(1)  # the approval has come as far as it can
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    assert held.wait(30)
    found = approvals.approve(request=request, by=joan)
    thread.join(30)

    assert found.state == ApprovalRequest.State.FAILED
    assert champion().version == "third"


def test_two_first_models_at_once_are_one(managers):
    models = [make_model(name) for name in ("one", "two")]

    raised = at_once(*(lambda one=one: promote_first(model=one, by="training") for one in models))

    assert [type(error) for error in raised] == [PromotionRefused]
    assert ModelVersion.objects.filter(state="champion").count() == 1
    assert ModelVersion.objects.filter(state="candidate").count() == 1
