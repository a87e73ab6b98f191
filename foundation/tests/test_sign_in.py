"""Signing in with a password: how often it may be tried, and how little a refusal tells."""

import logging
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock

from foundation.errors import Conflict, Forbidden
from foundation.models import AuditEntry, User
from foundation.signin import throttle
from foundation.tests.conftest import make_user, signed_in

pytestmark = pytest.mark.django_db

PASSWORD, WRONG = "a-long-enough-one", "not-this-one"
LOGIN = "/admin/login/"
HOME, ELSEWHERE = "203.0.113.9", "198.51.100.7"


@pytest.fixture(autouse=True)
def five(settings):
    settings.SIGN_IN_ATTEMPTS = settings.AXES_FAILURE_LIMIT = 5
    return settings


@pytest.fixture
def eve(db) -> User:
    user = make_user("eve", "analyst")
    user.set_password(PASSWORD)
    user.save()
    return user


def attempt(name="eve", password=WRONG, address=HOME, **headers):
    data = {"username": name, "password": password, "next": "/admin/?q=secret-search"}
    return Client(REMOTE_ADDR=address, **headers).post(LOGIN, data)


def fail(times: int = 5, **more) -> None:
    for _ in range(times):
        attempt(**more)


def test_the_right_password_is_refused_after_five_wrong_ones(eve):
    fail(4)
    assert attempt().status_code == 429
    answer = attempt(password=PASSWORD)
    assert answer.status_code == 429
    assert answer["Retry-After"] == "1800"
    assert "For 30 minutes nobody can sign in under this name from here" in answer.content.decode()


def test_a_name_that_is_longer_than_names_are_is_refused_and_counted(eve):
    for _ in range(5):
        answer = attempt(name="q" * 100_000)
    assert answer.status_code == 429
    assert AccessAttempt.objects.get().username == "q" * 150


def test_four_wrong_ones_do_no_harm_and_a_right_one_clears_them(eve):
    fail(4)
    assert attempt(password=PASSWORD).status_code == 302
    fail(4)
    assert attempt(password=PASSWORD).status_code == 302


@pytest.mark.parametrize("other", [{"address": ELSEWHERE}, {"name": "auditor"}])
def test_other_networks_and_other_people_are_not_locked(eve, other):
    person = make_user("auditor", "auditor")
    person.set_password(PASSWORD)
    person.save()
    fail()
    assert attempt(password=PASSWORD, **other).status_code == 302


def test_another_browser_does_not_begin_anew(eve):
    for number in range(5):
        attempt(HTTP_USER_AGENT=f"browser {number}")
    assert attempt(password=PASSWORD, HTTP_USER_AGENT="another").status_code == 429


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("203.0.113.9", "::ffff:203.0.113.9", True),
    ],
)
def test_a_household_is_one_network(eve, one, other, same):
    fail(address=one)
    assert (attempt(password=PASSWORD, address=other).status_code == 429) is same


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(eve, settings):
    settings.PROXY_HOPS = 1
    for number in range(5):
        attempt(address="10.0.0.1", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}, {HOME}")
    said = {"address": "10.0.0.1", "HTTP_X_FORWARDED_FOR": f"192.0.2.99, {HOME}"}
    assert attempt(password=PASSWORD, **said).status_code == 429
    said["HTTP_X_FORWARDED_FOR"] = f"{HOME}, {ELSEWHERE}"
    assert attempt(password=PASSWORD, **said).status_code == 302


def test_refused_attempts_do_not_prolong_the_lock(eve):
    fail()
    ends = throttle.locked_for(eve)
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=29))
    fail(3)
    assert throttle.locked_for(eve) <= 60 < ends
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=31))
    assert attempt(password=PASSWORD).status_code == 302


def test_a_network_is_locked_that_tries_one_password_on_many_names(eve, monkeypatch):
    monkeypatch.setattr(throttle, "NETWORK_FACTOR", 2)
    for number in range(10):
        attempt(name=f"person-{number}")
    assert attempt(password=PASSWORD).status_code == 429
    assert attempt(password=PASSWORD, address=ELSEWHERE).status_code == 302


@pytest.mark.parametrize("times", [1, 5, 6])
def test_nothing_tells_whether_there_is_such_a_person(eve, times):
    gone = make_user("gone", is_active=False)
    gone.set_password(PASSWORD)
    gone.save()
    fail(times - 1)
    fail(times - 1, name="nobody")
    fail(times - 1, name="gone", password=PASSWORD)
    answers = [attempt(), attempt(name="nobody"), attempt(name="gone", password=PASSWORD)]
    assert len({answer.status_code for answer in answers}) == 1
    pages = {
        _without_what_differs(answer, name)
        for answer, name in zip(answers, ("eve", "nobody", "gone"), strict=True)
    }
    assert len(pages) == 1


def _without_what_differs(answer, name: str) -> str:
    text = answer.content.decode().replace(f'value="{name}"', "")
    lines = [line for line in text.splitlines() if "csrfmiddlewaretoken" not in line]
    return "\n".join(lines)


def test_the_begin_of_a_lock_is_on_the_trail_once_without_address_and_unknown_names(eve):
    fail(7)
    fail(7, name="typed-password-here")
    entries = AuditEntry.objects.filter(action="sign_in.locked").order_by("pk")
    assert [entry.subject for entry in entries] == [
        f"foundation.user:{eve.pk}",
        "foundation.user:unknown",
    ]
    text = " ".join(str((e.actor_name, e.subject, e.after, e.reason)) for e in entries)
    assert HOME not in text
    assert "typed" not in text


def test_neither_logs_nor_rows_hold_what_was_typed_or_searched(eve, caplog):
    caplog.set_level(logging.DEBUG)
    fail(6)
    attempt(name="my-password")
    for text in ("eve", HOME, WRONG, "my-password", "secret-search"):
        assert text not in caplog.text
    for row in AccessAttempt.objects.all():
        for text in (WRONG, "secret-search"):
            assert text not in f"{row.get_data} {row.post_data} {row.path_info}"


def test_an_administrator_unlocks_with_a_reason(eve):
    fail()
    admin = make_user("admin", "administrator")
    client = signed_in(admin)
    page = client.get(f"/admin/foundation/user/{eve.pk}/change/").content.decode()
    url = reverse("admin:foundation_user_unlock", args=[eve.pk])
    assert "Locked after too many wrong ones, for another 30 min" in " ".join(page.split())
    assert url in page
    client.post(url, {"reason": "forgot it, called me"})
    assert attempt(password=PASSWORD).status_code == 302
    entry = AuditEntry.objects.get(action="sign_in.unlocked")
    assert (entry.actor, entry.reason) == (admin, "forgot it, called me")
    assert url not in client.get(f"/admin/foundation/user/{eve.pk}/change/").content.decode()


@pytest.mark.parametrize("role", ["analyst", "supervisor", "risk_manager", "auditor"])
def test_only_administrators_unlock(eve, role):
    fail()
    somebody = make_user("somebody", role)
    with pytest.raises(Forbidden):
        throttle.unlock(user=eve, by=somebody, reason="x")
    url = reverse("admin:foundation_user_unlock", args=[eve.pk])
    assert signed_in(somebody).post(url, {"reason": "x"}).status_code == 403
    assert attempt(password=PASSWORD).status_code == 429


def test_there_is_nothing_to_unlock_for_who_never_failed(eve):
    with pytest.raises(Conflict):
        throttle.unlock(user=eve, by=make_user("admin", "administrator"), reason="x")


def test_failures_that_count_no_longer_are_forgotten(eve):
    fail(1)
    fail(1, address=ELSEWHERE)
    old = clock.now() - timedelta(minutes=31)
    AccessAttempt.objects.filter(ip_address=HOME).update(attempt_time=old)
    assert throttle.prune_attempts() == 1
    assert AccessAttempt.objects.get().ip_address == ELSEWHERE
