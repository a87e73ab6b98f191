"""A decision under an operator's switch: what it obeys, what it tells, and how it is made again."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock

from foundation.models import User
from foundation.roles import RISK_MANAGER, assign_roles
from intelligence.tests.making import add, make_list
from rules.models import Publication
from rules.switching.reading import Mode
from rules.switching.throwing import end_switch, throw_switch
from scoring.formula import Verdict, obey
from scoring.models import Decision
from scoring.replay import replay
from scoring.services import score_transaction
from scoring.tests.making import make_request, make_suspicious


@pytest.fixture
def otto(rule_book, settings) -> User:
    settings.APPROVALS_REQUIRED = {**settings.APPROVALS_REQUIRED, "rules.switch.approve_all": 0}
    user = User.objects.create_user("otto", is_staff=True)
    return assign_roles(user=user, roles=[RISK_MANAGER], by="test")


def throw(by: User, mode: Mode, vertical: str = "fintech", hours: float = 1.0) -> None:
    ends_at = clock.now() + timedelta(hours=hours)
    throw_switch(by=by, vertical=vertical, mode=mode, ends_at=ends_at, reason="an incident")


def decide(client, request, **more) -> Decision:
    answer = score_transaction(client=client, request=request, source="test", **more)
    rows = Decision.objects.select_related("transaction")
    return rows.get(transaction__external_id=answer.transaction_id)


@pytest.mark.django_db
@pytest.mark.parametrize("make", [make_request, make_suspicious])
@pytest.mark.parametrize(
    ("mode", "status"),
    [
        (Mode.APPROVE_ALL, "approved"),
        (Mode.REVIEW_ALL, "review"),
        (Mode.DECLINE_ALL, "declined"),
    ],
)
def test_it_decides_in_the_place_of_rules_and_model(bank, otto, mode, status, make):
    before = decide(bank, make())
    throw(otto, mode)
    decision = decide(bank, make(user_id="bea"))
    assert (decision.status, decision.effect) == (status, "switch")
    assert decision.fraud_score == before.fraud_score
    assert decision.inputs["switch"]["mode"] == mode
    assert decision.hits[-1]["code"] == f"switch_{mode}"
    assert replay(decision) == []


@pytest.mark.django_db
def test_the_answer_says_so(bank, otto):
    throw(otto, Mode.DECLINE_ALL)
    answer = score_transaction(client=bank, request=make_request(), source="test")
    assert answer.switch == "decline_all"
    assert answer.message.startswith(
        "Transaction declined. All transactions of Fintech are declined until "
    )
    assert answer.flags[-1].flag_type == "operator_switch"


@pytest.mark.django_db
def test_another_vertical_decides_as_ever(bank, otto):
    throw(otto, Mode.DECLINE_ALL)
    decision = decide(bank, make_request(vertical="payments"))
    assert (decision.status, decision.effect) == ("approved", "")
    assert "switch" not in decision.inputs


@pytest.mark.django_db
def test_it_ends_by_itself_at_its_time(bank, otto):
    throw(otto, Mode.DECLINE_ALL)
    told = Publication.objects.get()
    told.switches["fintech"]["until"] = clock.now().timestamp()
    told.save()
    decision = decide(bank, make_request())
    assert (decision.status, decision.effect) == ("approved", "")


@pytest.mark.django_db
def test_it_ends_when_somebody_ends_it_and_what_was_decided_is_made_again_the_same(bank, otto):
    throw(otto, Mode.DECLINE_ALL)
    under = decide(bank, make_request())
    end_switch(by=otto, vertical="fintech", reason="over")
    assert decide(bank, make_request(user_id="bea")).status == "approved"
    assert replay(under) == []


@pytest.mark.django_db
def test_recorded_history_obeys_no_switch(bank, otto):
    throw(otto, Mode.DECLINE_ALL)
    assert decide(bank, make_request(), imported=True).status == "approved"


@pytest.mark.django_db
def test_rules_only_asks_no_model_and_leaves_the_status_to_the_rules(bank, otto, monkeypatch):
    asked = []
    monkeypatch.setattr("scoring.services.hear", lambda *_, **__: asked.append(1))
    throw(otto, Mode.RULES_ONLY)
    decision = decide(bank, make_suspicious())
    assert asked == []
    assert (decision.ml_score, decision.effect) == (None, "")
    assert decision.inputs["switch"]["mode"] == "rules_only"
    assert "model" not in decision.degraded
    assert replay(decision) == []


@pytest.mark.django_db
def test_what_a_list_declines_stays_declined_though_all_is_approved(bank, otto):
    add(make_list("stolen", "device"), "device-1", effect="decline")
    throw(otto, Mode.APPROVE_ALL)
    decision = decide(bank, make_request(identifiers={"device_id": "device-1"}))
    assert (decision.status, decision.effect) == ("declined", "decline")
    assert decision.inputs["switch"]["mode"] == "approve_all"
    assert replay(decision) == []


@pytest.mark.django_db
def test_it_holds_while_redis_is_down(bank, otto, monkeypatch, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    throw(otto, Mode.REVIEW_ALL)
    assert decide(bank, make_request()).effect == "switch"


@pytest.mark.django_db
def test_a_decision_under_a_switch_takes_no_further_statement(bank, otto, settings):
    settings.PREPARED_STATEMENTS = False
    throw(otto, Mode.DECLINE_ALL)
    score_transaction(client=bank, request=make_request(), source="test")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        score_transaction(client=bank, request=make_request(), source="test")
    statements = [q for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(statements) == 2


DECLINED = Verdict(80.0, 80, "critical", "declined", "")
LISTED = Verdict(0.0, 0, "low", "declined", "decline")


@pytest.mark.parametrize(
    ("verdict", "mode", "is_listed", "expected"),
    [
        (DECLINED, "approve_all", False, ("approved", "switch")),
        (DECLINED, "rules_only", False, ("declined", "")),
        (LISTED, "approve_all", True, ("declined", "decline")),
        (LISTED, "review_all", True, ("declined", "decline")),
        # A rule's effect is an opinion, and the switch is there for rules that err.
        (LISTED, "approve_all", False, ("approved", "switch")),
        (LISTED, "decline_all", True, ("declined", "decline")),
        (Verdict(0.0, 0, "low", "approved", "allow"), "decline_all", False, ("declined", "switch")),
    ],
)
def test_what_outranks_what(verdict, mode, is_listed, expected):
    obeyed = obey(verdict, mode, is_listed=is_listed)
    assert (obeyed.status, obeyed.effect) == expected
