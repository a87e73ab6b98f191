"""When a session ends, and what the person is told."""

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from foundation.models import User
from foundation.signin import sessions
from foundation.tests.conftest import make_user, signed_in

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-one"
LOGIN, HOME, PEOPLE = "/admin/login/", "/admin/", "/admin/foundation/user/?q=ada"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000

    def go(self, *, minutes: int = 0, seconds: int = 0) -> None:
        self.now += 60 * minutes + seconds


@pytest.fixture
def clock(monkeypatch, settings) -> Clock:
    settings.SESSION_IDLE_SECONDS = 30 * 60
    clock = Clock()
    monkeypatch.setattr(sessions, "_now", lambda: clock.now)
    return clock


@pytest.fixture
def auditor(clock) -> User:
    user = make_user("auditor", "auditor")
    user.set_password(PASSWORD)
    user.save()
    return user


def told(client: Client, answer) -> str:
    page = client.get(answer["Location"])
    return " ".join(page.content.decode().split())


def test_a_session_ends_after_half_an_hour_without_use(auditor, clock):
    client = signed_in(auditor)
    clock.go(minutes=29)
    assert client.get(PEOPLE).status_code == 200
    clock.go(minutes=29)
    assert client.get(PEOPLE).status_code == 200
    clock.go(minutes=30)
    answer = client.get(PEOPLE)
    assert answer["Location"] == f"{LOGIN}?next=/admin/foundation/user/%3Fq%3Dada"
    page = told(client, answer)
    assert "Your session ended after 30 minutes without use." in page
    assert "not saved" not in page
    assert client.get(HOME)["Location"].startswith(LOGIN)


def test_a_session_ends_twelve_hours_after_the_sign_in_however_used(auditor, clock):
    client = signed_in(auditor)
    for _ in range(36):
        clock.go(minutes=19, seconds=59)
        assert client.get(HOME).status_code == 200
    clock.go(minutes=1)
    assert "Your session ended, 12 hours after you signed in." in told(client, client.get(HOME))


def test_a_form_sent_too_late_is_said_to_be_lost_and_leads_back_to_its_page(auditor, clock):
    client = signed_in(auditor)
    clock.go(minutes=31)
    answer = client.post(
        "/admin/cases/case/17/do/note/",
        {"text": "typed for long"},
        headers={"referer": "http://testserver/admin/cases/case/17/change/?tab=2"},
    )
    assert answer["Location"] == f"{LOGIN}?next=/admin/cases/case/17/change/%3Ftab%3D2"
    assert "What you sent was not saved" in told(client, answer)
    back = client.post(
        LOGIN, {"username": "auditor", "password": PASSWORD, "next": "/admin/cases/case/17/change/"}
    )
    assert back["Location"] == "/admin/cases/case/17/change/"


@pytest.mark.parametrize("referer", ["", "https://evil.test/admin/", "http://testserver/docs"])
def test_a_form_of_no_page_here_leads_home(auditor, clock, referer):
    client = signed_in(auditor)
    clock.go(minutes=31)
    answer = client.post(HOME, headers={"referer": referer})
    assert answer["Location"] == f"{LOGIN}?next=/admin/"


def test_a_form_sent_when_the_server_knows_no_session_is_said_to_be_lost(db):
    client = Client()
    answer = client.post("/admin/cases/case/17/do/note/", {"text": "typed for long"})
    assert "What you sent was not saved" in told(client, answer)


def test_a_session_that_tells_no_times_is_over(auditor):
    client = signed_in(auditor)
    session = client.session
    del session[sessions.SIGNED_IN]
    session.save()
    assert client.get(HOME)["Location"].startswith(LOGIN)


def test_an_ended_session_is_gone_from_the_database(auditor, clock):
    client = signed_in(auditor)
    key = client.session.session_key
    clock.go(minutes=31)
    client.get(HOME)
    assert not Session.objects.filter(session_key=key).exists()


def test_use_is_written_down_at_most_once_a_minute(auditor, clock):
    client = signed_in(auditor)
    written = []
    for seconds in (0, 30, 29, 1, 59, 1):
        clock.go(seconds=seconds)
        with CaptureQueriesContext(connection) as queries:
            client.get(HOME)
        written.append(any("UPDATE" in query["sql"] for query in queries))
    assert written == [False, False, False, True, False, True]


def test_one_can_sign_out_of_an_ended_session(auditor, clock):
    client = signed_in(auditor)
    clock.go(minutes=31)
    assert client.post(reverse("admin:logout")).status_code in (200, 302)


def test_the_session_gets_another_key_at_the_sign_in(auditor, clock):
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    client.post(LOGIN, {"username": "auditor", "password": PASSWORD, "next": HOME})
    assert client.session.session_key not in (None, planted)
    assert client.get(HOME).status_code == 200
    assert not Session.objects.filter(session_key=planted).exists()


def test_a_new_password_of_ones_own_ends_the_other_sessions(auditor, clock):
    here, elsewhere = signed_in(auditor), signed_in(auditor)
    new = "another-long-enough-one"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post(reverse("admin:password_change"), data).status_code == 302
    assert here.get(HOME).status_code == 200
    assert elsewhere.get(HOME)["Location"].startswith(LOGIN)


def test_a_password_set_by_an_administrator_ends_all_sessions(auditor, clock):
    client, admin = signed_in(auditor), signed_in(make_user("admin", "administrator"))
    new = "another-long-enough-one"
    url = reverse("admin:auth_user_password_change", args=[auditor.pk])
    admin.post(url, {"password1": new, "password2": new, "usable_password": "true"})
    assert User.objects.get(pk=auditor.pk).check_password(new)
    assert client.get(HOME)["Location"].startswith(LOGIN)


def test_a_person_who_is_deactivated_is_out_at_once(auditor, clock):
    client = signed_in(auditor)
    User.objects.filter(pk=auditor.pk).update(is_active=False)
    assert client.get(HOME)["Location"].startswith(LOGIN)


def test_an_older_secret_key_keeps_sessions_and_their_generation(auditor, clock, settings):
    client = signed_in(auditor)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-of-this-installation-that-is-long-enough-0123456789"
    assert client.get(HOME).status_code == 200
    User.objects.filter(pk=auditor.pk).update(generation=2)
    assert client.get(HOME)["Location"].startswith(LOGIN)
