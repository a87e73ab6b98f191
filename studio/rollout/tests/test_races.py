"""The watch, when something else happens at the same moment, or it dies."""
# ruff: noqa: F811  fixtures of another module, asked for by their names

import pytest
from django.db import OperationalError, connection

from foundation.models import OutboxEvent
from rules.definition import State
from rules.errors import IllegalMove
from rules.models import Publication, Rule, Ruleset
from rules.tests.people import make_user
from studio.models import Demotion
from studio.rollout import checking
from studio.rollout.bounding import hold
from studio.rollout.tests.conftest import (
    decided,
    edited,
    hit,
    minutes,
    state_in_book,
    state_in_force,
)
from studio.rollout.tests.test_checking import (  # noqa: F401
    clock_at,
    look,
    publish_by,
    run_wild,
    watched,
)

pytestmark = pytest.mark.django_db


def test_a_hold_that_began_since_the_look_counts(watched, clock_at, monkeypatch):
    clock_at(2)
    run_wild(watched)
    demote = checking.demote

    def slow(**asked):
        hold(by=make_user("rita"), code="wild", until=minutes(60), reason="An attack")
        return demote(**asked)

    monkeypatch.setattr(checking, "demote", slow)
    assert look(2) == []


def test_a_publication_between_the_look_and_the_demotion_wins(watched, settings, monkeypatch):
    """The rule was edited and published in between: what was seen is not of this version."""
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    run_wild(watched)
    demote = checking.demote

    def slow(**asked):
        edited("wild", score="42")
        publish_by()
        return demote(**asked)

    monkeypatch.setattr(checking, "demote", slow)
    assert look(2) == []
    assert state_in_force("wild") == State.LIVE


def test_other_publications_in_between_are_kept(watched, settings, monkeypatch):
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    run_wild(watched)
    demote = checking.demote

    def slow(**asked):
        edited("calm", score="77", condition="ip_is_vpn", family="ip")
        publish_by()
        return demote(**asked)

    monkeypatch.setattr(checking, "demote", slow)
    assert look(2) == ["wild"]
    content = Publication.objects.get().ruleset.content
    scores = {rule.code: rule.definition.score for rule in content.rules}
    assert scores["calm"] == "77"
    assert state_in_force("wild") == State.SHADOW


def test_two_rules_at_once_are_both_demoted(watched):
    decided(watched, 4_000)
    hit(watched, "wild", 2_000)
    hit(watched, "calm", 2_000)
    assert sorted(look(2)) == ["calm", "wild"]
    assert state_in_force("wild") == state_in_force("calm") == State.SHADOW


def test_a_publication_proposed_before_does_not_bring_it_back(watched):
    from foundation import approvals
    from foundation.models import ApprovalRequest

    edited("calm", score="60", condition="ip_is_vpn", family="ip")
    publish_by()
    run_wild(watched)
    look(2)
    approvals.approve(request=ApprovalRequest.objects.get(), by=make_user("ravi"))
    assert ApprovalRequest.objects.get().state == ApprovalRequest.State.FAILED
    assert state_in_force("wild") == State.SHADOW


@pytest.mark.parametrize(
    "dies_in",
    ["rules.demoting.record", "rules.demoting.publish", "studio.rollout.demoting.Demotion"],
)
def test_a_worker_that_dies_midway_leaves_nothing_half_done(watched, monkeypatch, dies_in):
    run_wild(watched)

    class Died(BaseException):
        pass

    def die(*args, **more):
        raise Died

    with monkeypatch.context() as patched:
        if dies_in.endswith("Demotion"):
            patched.setattr(f"{dies_in}.objects.create", die)
        else:
            patched.setattr(dies_in, die)
        with pytest.raises(Died):
            look(2)
    assert state_in_force("wild") == state_in_book("wild") == State.LIVE
    assert not Demotion.objects.exists()
    assert not OutboxEvent.objects.filter(type="rules.demoted.v1").exists()
    assert look(3) == ["wild"]


@pytest.mark.parametrize("fault", [OperationalError("deadlock detected"), IllegalMove("Retired")])
def test_what_fails_for_one_rule_lets_the_others_be_demoted(watched, monkeypatch, fault):
    decided(watched, 4_000)
    hit(watched, "wild", 2_000)
    hit(watched, "calm", 2_000)
    demote = checking.demote

    def fail_for_calm(**asked):
        if asked["rule"].code == "calm":
            raise fault
        return demote(**asked)

    monkeypatch.setattr(checking, "demote", fail_for_calm)
    assert look(2) == ["wild"]
    monkeypatch.undo()
    assert look(3) == ["calm"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_demote_it_once(watched):
    """Each on a connection of its own, as two processes have it."""
    from threading import Barrier, Thread

    run_wild(watched)
    together = Barrier(2)
    done: list[str] = []

    def work():
        try:
            together.wait(5)
            done.extend(look(2))
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert done == ["wild"]
    assert Ruleset.objects.count() == 2
    assert Rule.objects.get(code="wild").state == State.SHADOW
