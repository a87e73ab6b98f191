"""What people and monitoring are told about rules and changes of them."""

import logging
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from foundation.models import User
from foundation.outbox import drain_outbox, publish
from foundation.roles import ANALYST, RISK_MANAGER, SUPERVISOR, assign_roles
from rules.events import RuleDemoted, SwitchThrown
from studio.events import ChangeSetMoved, EmergencyPublished, ReviewOverdue, RuleOutOfBounds

pytestmark = pytest.mark.django_db
DEMOTED = RuleDemoted(
    code="wild", version=3, before="live", ruleset=8, cause="share", owner="rita",
    words="It hits 40 % of the traffic.",
)  # fmt: skip
HELD = RuleOutOfBounds(code="wild", version=3, words="It hits 40 % of the traffic.")
FAILED = ChangeSetMoved(change_set=5, state="failed", by="rita", failure="Somebody was faster.")
EMERGENCY = EmergencyPublished(change_set=6, by="sue", due="2026-05-03T04:00+01:00")
OVERDUE = ReviewOverdue(change_set=6, by="sue")


@pytest.fixture(autouse=True)
def people(settings):
    settings.EMAIL_FROM = "fraud@bank.example"
    for name, role in {
        "rita": RISK_MANAGER,
        "ruth": RISK_MANAGER,
        "sue": SUPERVISOR,
        "sam": SUPERVISOR,
        "ann": ANALYST,
    }.items():
        user = User.objects.create_user(name, email=f"{name}@bank.example")
        assign_roles(user=user, roles=[role], by="test")
    User.objects.filter(username="ruth").update(is_active=False)
    mailless = User.objects.create_user("rob")
    assign_roles(user=mailless, roles=[RISK_MANAGER], by="test")


def tell(*events) -> None:
    for each in events:
        publish(each, subject="test")
    drain_outbox()


def named(message) -> list[str]:
    assert message.to == []
    return sorted(address.split("@")[0] for address in message.bcc)


@pytest.mark.parametrize(
    ("event", "names", "says"),
    [
        (DEMOTED, ["rita"], "40 % of the traffic"),
        (HELD, ["rita"], "40 % of the traffic"),
        (FAILED, ["rita"], "Somebody was faster"),
        (EMERGENCY, ["rita", "sam"], "without an approval"),
        (OVERDUE, ["rita", "sam"], "Review it"),
    ],
)
def test_those_who_can_do_something_are_mailed(event, names, says):
    tell(event)
    [message] = mail.outbox
    assert (named(message), says in message.body) == (names, True)
    assert message.from_email == "fraud@bank.example"


def test_a_demoted_rule_is_named_with_its_owner():
    tell(DEMOTED)
    [message] = mail.outbox
    assert "wild went into shadow" in message.subject
    assert "version 3, owned by rita, was live" in message.body


@pytest.mark.parametrize("state", ["proposed", "published", "withdrawn"])
def test_what_goes_its_way_is_not_mailed(state):
    tell(ChangeSetMoved(change_set=5, state=state, by="rita"))
    assert mail.outbox == []


def test_without_a_sender_nothing_is_mailed(settings):
    settings.EMAIL_FROM = ""
    tell(DEMOTED, EMERGENCY)
    assert mail.outbox == []


def test_a_mail_server_that_is_away_keeps_no_alert_back(monkeypatch, caplog):
    def refuse(*_):
        raise SMTPServerDisconnected("gone")

    with monkeypatch.context() as away, caplog.at_level(logging.CRITICAL):
        away.setattr(EmailBackend, "send_messages", refuse)
        tell(DEMOTED)
    assert "rule wild, owned by rita, went from live into shadow" in caplog.text
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (HELD, "wild, owned by nobody, is out of its bounds and goes on"),
        (FAILED, "change set 5 was not published: Somebody was faster."),
        (EMERGENCY, "sue published change set 6 without an approval"),
        (OVERDUE, "nobody reviewed change set 6 in time"),
        (SwitchThrown(vertical="crypto", mode="decline_all", switch=1), "crypto was turned to"),
    ],
)
def test_watchers_read_it_in_the_log(event, says, caplog):
    with caplog.at_level(logging.CRITICAL):
        tell(event)
    [line] = [one for one in caplog.records if one.levelno == logging.CRITICAL]
    assert says in line.getMessage()


@pytest.mark.parametrize(
    "event",
    [
        ChangeSetMoved(change_set=5, state="published", by="rita", ruleset=9),
        SwitchThrown(vertical="crypto", mode="", switch=1),
    ],
)
def test_what_is_as_usual_wakes_nobody(event, caplog):
    with caplog.at_level(logging.CRITICAL):
        tell(event)
    assert not [one for one in caplog.records if one.levelno == logging.CRITICAL]
