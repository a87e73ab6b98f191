"""Throwing a vertical's switch: who may, for how long, and what becomes of it."""

from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone as clock

from foundation import approvals
from foundation.errors import Forbidden
from foundation.models import ApprovalRequest, AuditEntry, OutboxEvent, User
from foundation.roles import ANALYST, AUDITOR, SUPERVISOR
from rules.errors import Invalid, SwitchRefused
from rules.models import Publication, Vertical
from rules.publishing import publish_first_ruleset
from rules.services import write_config
from rules.switching.models import Switch
from rules.switching.queries import count_on, switches_on
from rules.switching.reading import Mode
from rules.switching.throwing import end_switch, throw_switch
from rules.tests.cast import make_config
from rules.tests.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _book() -> None:
    for code in ("payments", "crypto"):
        vertical = Vertical(code=code)
        write_config(vertical, make_config(code=code, name=code.title()))
        vertical.save()
    publish_first_ruleset(by="tests")


@pytest.fixture
def rita() -> User:
    return make_user("rita")


def throw(by: User, mode: Mode = Mode.DECLINE_ALL, hours: float = 1, **more: Any) -> Any:
    fields = {
        "vertical": "payments",
        "ends_at": clock.now() + timedelta(hours=hours),
        "reason": "an attack",
        **more,
    }
    return throw_switch(by=by, mode=mode, **fields)


def told() -> dict[str, str]:
    return {code: one["mode"] for code, one in Publication.objects.get().switches.items()}


def test_it_is_on_at_once_audited_and_told(rita: User) -> None:
    switch = throw(rita)
    assert told() == {"payments": "decline_all"}
    assert switches_on() == [switch]
    entry = AuditEntry.objects.get(action="switch.throw")
    assert (entry.actor_name, entry.reason, entry.subject) == (
        "rita", "an attack", "rules.vertical:payments",
    )  # fmt: skip
    event = OutboxEvent.objects.get(type="rules.switch_thrown.v1")
    assert event.payload["mode"] == "decline_all"


def test_a_new_one_takes_the_place_of_the_one_before(rita: User) -> None:
    first = throw(rita)
    second = throw(rita, Mode.REVIEW_ALL)
    first.refresh_from_db()
    assert first.end_reason == "another took its place"
    assert switches_on() == [second]
    assert told() == {"payments": "review_all"}


def test_two_verticals_have_switches_of_their_own(rita: User) -> None:
    throw(rita)
    throw(rita, Mode.RULES_ONLY, vertical="crypto")
    assert told() == {"payments": "decline_all", "crypto": "rules_only"}
    end_switch(by=rita, vertical="payments", reason="over")
    assert told() == {"crypto": "rules_only"}
    assert count_on() == 1


def test_who_ends_one_does_not_end_another_that_took_its_place(rita: User) -> None:
    first = throw(rita)
    throw(rita, Mode.REVIEW_ALL)
    with pytest.raises(SwitchRefused, match="another one meanwhile: review all"):
        end_switch(by=rita, vertical="payments", reason="over", thrown=first)
    assert told() == {"payments": "review_all"}


def test_what_is_over_is_neither_counted_nor_kept(rita: User) -> None:
    switch = throw(rita)
    long_ago = clock.now() - timedelta(hours=2)
    Switch.objects.update(thrown_at=long_ago, ends_at=clock.now() - timedelta(hours=1))
    Publication.objects.update(
        switches={"payments": {"mode": "decline_all", "until": 1.0, "id": switch.pk}}
    )
    assert (switches_on(), count_on()) == ([], 0)
    with pytest.raises(SwitchRefused, match="No switch"):
        end_switch(by=rita, vertical="payments", reason="over")
    throw(rita, vertical="crypto")
    assert told() == {"crypto": "decline_all"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"vertical": "moon"}, "vertical"),
        ({"hours": -1}, "ends_at"),
        ({"hours": 25}, "ends_at"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(rita: User, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        throw(rita, **wrong)
    assert [finding.field for finding in refused.value.findings] == [field]
    assert told() == {}


@pytest.mark.parametrize("role", [ANALYST, AUDITOR])
def test_only_who_may_throws_or_ends_it(role: str, rita: User) -> None:
    stranger = make_user("sam", role)
    with pytest.raises(Forbidden):
        throw(stranger)
    throw(rita)
    with pytest.raises(Forbidden):
        end_switch(by=stranger, vertical="payments", reason="no")


def test_letting_all_through_needs_a_second_person(rita: User) -> None:
    request = throw(rita, Mode.APPROVE_ALL)
    assert isinstance(request, ApprovalRequest)
    assert told() == {}
    with pytest.raises(Forbidden):
        approvals.approve(request=request, by=rita)
    approvals.approve(request=request, by=make_user("sue", SUPERVISOR))
    assert told() == {"payments": "approve_all"}
    assert switches_on()[0].approval == request


def test_an_approval_that_comes_too_late_throws_nothing(rita: User, monkeypatch: Any) -> None:
    request = throw(rita, Mode.APPROVE_ALL)
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr("rules.switching.throwing.clock", SimpleNamespace(now=lambda: later))
    done = approvals.approve(request=request, by=make_user("sue", SUPERVISOR))
    assert done.state == ApprovalRequest.State.FAILED
    assert "is over" in done.error
    assert told() == {}


def test_an_approval_does_not_undo_what_was_thrown_since(rita: User) -> None:
    throw(rita, Mode.REVIEW_ALL)
    request = throw(rita, Mode.APPROVE_ALL)
    assert request.evidence["Instead of"] == Mode.REVIEW_ALL.words
    throw(make_user("ravi"), Mode.DECLINE_ALL)
    done = approvals.approve(request=request, by=make_user("sue", SUPERVISOR))
    assert done.state == ApprovalRequest.State.FAILED
    assert "ravi threw another one since" in done.error
    assert told() == {"payments": "decline_all"}


def test_before_the_first_publication_there_is_nothing_to_switch(rita: User) -> None:
    Publication.objects.all().delete()
    with pytest.raises(SwitchRefused, match="Nothing is published"):
        throw(rita)
    assert not Switch.objects.exists()


def test_a_publication_leaves_the_switch_as_it_is(rita: User, settings: Any) -> None:
    from rules.publishing import propose_publication
    from rules.services import edit_vertical

    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    throw(rita)
    config = make_config(name="Payments", review_threshold=30)
    edit_vertical(by=rita, config=config, expected_revision=1)
    propose_publication(by=rita, reason="stricter")
    assert Publication.objects.get().ruleset_id == 2
    assert told() == {"payments": "decline_all"}


def run(*words: str) -> str:
    out = StringIO()
    call_command("switch", *words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("minutes", ["9" * 20, "-" + "9" * 20, "nan", "1e3", "soon"])
def test_minutes_that_no_clock_can_add_are_no_number(rita: User, minutes: str) -> None:
    who = ("--by", "rita", "--reason", "an attack")
    with pytest.raises(CommandError, match="invalid minutes value"):
        run("throw", "payments", "decline_all", f"--minutes={minutes}", *who)


def test_the_command_throws_lists_and_ends_it(rita: User) -> None:
    who = ("--by", "rita", "--reason", "an attack")
    assert "payments: decline all" in run(
        "throw", "payments", "decline_all", "--minutes", "30", *who
    )
    assert "by rita" in run("list")
    assert "again" in run("end", "payments", *who)
    assert "No switch is on" in run("list")
    with pytest.raises(CommandError, match="No switch"):
        run("end", "payments", *who)
    with pytest.raises(CommandError, match="nobody called"):
        run("end", "payments", "--by", "nobody", "--reason", "x")
