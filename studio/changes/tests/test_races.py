"""Two at once, with real transactions; and processes that die halfway."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone as clock

from foundation import approvals
from foundation.errors import Problem
from foundation.models import User
from foundation.roles import SUPERVISOR, sync_roles
from foundation.tests.threads import at_once
from rules.models import Rule, Ruleset
from rules.queries import published_number, published_rule
from rules.tests.people import make_user
from studio.changes import publishing
from studio.changes.services import propose, publish_due, publish_now, put_edit
from studio.changes.tests.conftest import HIGH, draft, edit_of, publish_book
from studio.models.changes import ChangeEntry, ChangeSet, EmergencyReview

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> dict[str, User]:
    publish_book()
    sync_roles()
    people = {name: make_user(name) for name in ("rita", "ravi")}
    return people | {name: make_user(name, SUPERVISOR) for name in ("sue", "sam")}


def proposed(by: User, *wishes: Any, **more: Any) -> ChangeSet:
    return propose(by=by, change_set=draft(by, *wishes), reason="x", **more)


def due(cast: dict[str, User], *wishes: Any) -> ChangeSet:
    """An approved change set whose time has come."""
    soon = clock.now() + timedelta(hours=1)
    change_set = proposed(cast["rita"], *wishes, publish_at=soon)
    approvals.approve(request=change_set.approval, by=cast["sue"])
    ChangeSet.objects.filter(pk=change_set.pk).update(publish_at=clock.now())
    return change_set


def test_two_that_approve_change_sets_of_one_rule_at_once_publish_one(cast) -> None:
    first = proposed(cast["rita"], edit_of(score="35"))
    second = proposed(cast["ravi"], edit_of(score="45"))
    at_once(
        lambda: approvals.approve(request=first.approval, by=cast["sue"]),
        lambda: approvals.approve(request=second.approval, by=cast["sam"]),
    )
    states = sorted(ChangeSet.objects.values_list("state", flat=True))
    assert states == ["failed", "published"]
    assert published_number() == 2
    winner = ChangeSet.objects.get(state="published").edits.get()
    assert published_rule(HIGH).definition.score == winner.definition["score"]


def test_two_that_publish_different_rules_at_once_both_come_into_force(cast) -> None:
    first = proposed(cast["rita"], edit_of(score="35"))
    second = proposed(cast["ravi"], edit_of("low_amount", score="45"))
    at_once(
        lambda: approvals.approve(request=first.approval, by=cast["sue"]),
        lambda: approvals.approve(request=second.approval, by=cast["sam"]),
    )
    assert set(ChangeSet.objects.values_list("state", flat=True)) == {"published"}
    assert published_number() == 3
    assert published_rule(HIGH).definition.score == "35"
    assert published_rule("low_amount").definition.score == "45"


def test_a_form_sent_twice_at_once_proposes_once(cast) -> None:
    change_set = draft(cast["rita"])
    results = at_once(*[lambda: propose(by=cast["rita"], change_set=change_set, reason="x")] * 2)
    assert sum(isinstance(result, Problem) for result in results) == 1


def test_an_emergency_pressed_twice_at_once_publishes_once(cast) -> None:
    change_set = draft(cast["rita"])
    results = at_once(
        *[lambda: publish_now(by=cast["rita"], change_set=change_set, reason="x")] * 2
    )
    assert sum(isinstance(result, Problem) for result in results) == 1
    assert (published_number(), EmergencyReview.objects.count()) == (2, 1)


def test_several_schedulers_at_once_publish_once(cast) -> None:
    change_set = due(cast)
    results = at_once(publish_due, publish_due, publish_due)
    assert sorted(results) == [0, 0, 1]
    change_set.refresh_from_db()
    assert (change_set.state, published_number()) == ("published", 2)
    assert Rule.objects.get(code=HIGH).versions.count() == 2


def test_two_who_write_into_one_draft_at_once_lose_nothing(cast) -> None:
    change_set = draft(cast["rita"], edit_of(score="31"))
    at_once(
        lambda: put_edit(by=cast["rita"], change_set=change_set, wish=edit_of(score="35")),
        lambda: put_edit(by=cast["ravi"], change_set=change_set, wish=edit_of("low_amount")),
    )
    change_set.refresh_from_db()
    assert (change_set.edits.count(), change_set.revision) == (2, 4)


STEPS = [
    "lock_publication",
    "apply_edit",
    "with_edits",
    "_publish",
    "fingerprint",
    "bump",
    "note_down",
    "tell_move",
]


class Killed(BaseException):
    """Ends the process as far as its transaction is concerned."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True])
def test_a_worker_killed_anywhere_leaves_it_to_the_next_run(cast, monkeypatch, step, after) -> None:
    change_set = due(cast)
    entries = ChangeEntry.objects.count()
    real = getattr(publishing, step)

    def die(*args: Any, **more: Any) -> Any:
        if after:
            real(*args, **more)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(publishing, step, die)
        with pytest.raises(Killed):
            publish_due()
    connection.close()
    change_set.refresh_from_db()
    assert (change_set.state, published_number()) == ("scheduled", 1)
    assert Rule.objects.get(code=HIGH).versions.count() == 1
    assert ChangeEntry.objects.count() == entries
    assert (publish_due(), publish_due()) == (1, 0)
    assert (published_number(), Ruleset.objects.count()) == (2, 2)
