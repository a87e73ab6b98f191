"""The second factor: nobody gets past it, and it can be lost, replaced and reset."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock
from django_otp.oath import TOTP

from foundation import crypto, rekey
from foundation.errors import Conflict, Forbidden
from foundation.models import AuditEntry, User
from foundation.signin import second_factor
from foundation.signin.errors import CodeRefused, TooManyCodes
from foundation.signin.models import (
    Authenticator,
    RecoveryCodes,
    digest_of,
    is_authenticator_code,
    new_recovery_code,
)
from foundation.tests.conftest import make_user, signed_in

pytestmark = pytest.mark.django_db

NOW = 1_800_000_000
PASSWORD = "a-long-enough-one"
ENROL, VERIFY = "/admin/two-factor/enrol/", "/admin/two-factor/verify/"
HOME, OVERVIEW = "/admin/", "/admin/two-factor/"


@pytest.fixture(autouse=True)
def required(settings, monkeypatch):
    settings.TWO_FACTOR = "required"
    monkeypatch.setattr("foundation.signin.models.now", lambda: NOW)  # no step ends in a test


@pytest.fixture
def ada(db) -> User:
    user = make_user("ada", "administrator")
    user.set_password(PASSWORD)
    user.save()
    return user


def code_of(user: User, steps: int = 0) -> str:
    """The code that the person's phone shows, so many steps from now."""
    totp = TOTP(Authenticator.objects.get(user=user).secret)
    totp.time, totp.drift = NOW, steps
    return f"{totp.token():06}"


def wrong_code(user: User) -> str:
    right = {code_of(user, steps) for steps in (-2, -1, 0, 1, 2)}
    return next(code for code in ("000000", "111111", "222222") if code not in right)


def enrol(user: User) -> list[str]:
    """The recovery codes. A code is good once, so this takes the one of the step before."""
    second_factor.begin_enrolment(user=user)
    return second_factor.confirm_enrolment(user=user, code=code_of(user, -1))[1]


def forget_failures(user: User) -> None:
    for model in (Authenticator, RecoveryCodes):
        model.objects.filter(user=user).update(throttling_failure_count=0)


def happened() -> list[str]:
    rows = AuditEntry.objects.filter(action__startswith="two_factor.").order_by("pk")
    return list(rows.values_list("action", flat=True))


def sign_in(user: User) -> Client:
    client = Client()
    data = {"username": user.username, "password": PASSWORD, "next": "/admin/foundation/user/"}
    assert client.post(reverse("admin:login"), data).status_code == 302
    return client


# -- the gate -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [HOME, "/admin/foundation/user/", "/admin/nowhere/", OVERVIEW])
def test_who_has_no_authenticator_is_led_to_enrolment_and_nowhere_else(ada, path):
    client = signed_in(ada)
    answer = client.get(path)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, ENROL)
    assert client.post(path)["Location"] == ENROL
    assert client.get(ENROL).status_code == 200


@pytest.mark.parametrize("path", [HOME, "/admin/foundation/user/", ENROL, OVERVIEW])
def test_a_password_alone_opens_nothing_once_enrolled(ada, path):
    enrol(ada)
    answer = signed_in(ada).get(path)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, VERIFY)


def test_one_can_sign_out_without_a_code(ada):
    client = signed_in(ada)
    client.post(reverse("admin:logout"))
    assert client.get(HOME)["Location"].startswith(reverse("admin:login"))


def test_with_the_code_one_comes_to_where_one_wanted(ada):
    enrol(ada)
    client = sign_in(ada)
    answer = client.get("/admin/foundation/user/?q=ada")
    asked = client.get(answer["Location"])
    assert asked.context["next"] == "/admin/foundation/user/?q=ada"
    before = client.session.session_key
    answer = client.post(VERIFY, {"code": code_of(ada), "next": asked.context["next"]})
    assert answer["Location"] == "/admin/foundation/user/?q=ada"
    assert client.session.session_key != before
    assert client.get(answer["Location"]).status_code == 200
    assert happened() == ["two_factor.enrolled", "two_factor.verified"]


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(ada, elsewhere):
    enrol(ada)
    answer = sign_in(ada).post(VERIFY, {"code": code_of(ada), "next": elsewhere})
    assert answer["Location"] == HOME


def test_optional_asks_only_those_who_enrolled(ada, settings):
    settings.TWO_FACTOR = "optional"
    other = make_user("other", "auditor")
    enrol(ada)
    assert signed_in(other).get(HOME).status_code == 200
    assert signed_in(ada).get(HOME)["Location"].startswith(VERIFY)


@pytest.mark.parametrize("path", [ENROL, VERIFY, OVERVIEW])
def test_off_asks_nobody_and_has_no_pages(ada, settings, path):
    enrol(ada)
    settings.TWO_FACTOR = "off"
    assert signed_in(ada).get(HOME).status_code == 200
    assert signed_in(ada).get(path).status_code == 404


def test_users_of_the_demo_need_no_phone_in_the_demo(ada, settings):
    User.objects.filter(pk=ada.pk).update(is_demo=True)
    settings.DEMO = True
    assert signed_in(ada).get(HOME).status_code == 200
    settings.DEMO = False
    assert signed_in(ada).get(HOME)["Location"].startswith(ENROL)


# -- enrolling ------------------------------------------------------------------------------------


def test_enrolment_shows_the_secret_until_its_first_code_and_the_recovery_codes_once(ada):
    client = sign_in(ada)
    page = client.get(ENROL)
    device = Authenticator.objects.get(user=ada)
    assert "<svg" in page.content.decode()
    assert device.secret_as_text in page.content.decode()
    assert device.secret_as_text in client.get(ENROL).content.decode()
    assert "no-store" in page["Cache-Control"]
    done = client.post(ENROL, {"code": code_of(ada)}).content.decode()
    codes = RecoveryCodes.objects.get(user=ada)
    assert codes.left == 10
    assert done.count("<li>") >= 10
    assert client.get(HOME).status_code == 200
    assert client.get(ENROL)["Location"] == OVERVIEW
    assert device.secret_as_text not in client.get(OVERVIEW).content.decode()


def test_a_wrong_first_code_enrols_nobody(ada):
    client = sign_in(ada)
    client.get(ENROL)
    page = client.post(ENROL, {"code": wrong_code(ada)})
    assert "not the code" in page.content.decode()
    assert not Authenticator.objects.get(user=ada).confirmed
    assert happened() == ["two_factor.failed"]
    assert client.get(HOME)["Location"].startswith(ENROL)


def test_the_address_in_the_qr_code_is_what_apps_read(ada):
    device = second_factor.begin_enrolment(user=ada)
    assert device.address.startswith("otpauth://totp/FraudShield%3Aada?secret=")
    assert device.address.endswith("&issuer=FraudShield&digits=6&period=30")


def test_secrets_are_stored_encrypted_and_codes_hashed(ada):
    codes = enrol(ada)
    device, stored = Authenticator.objects.get(user=ada), RecoveryCodes.objects.get(user=ada)
    assert device.secret not in bytes(device.secret_sealed)
    assert crypto.sealed_version(device.secret_sealed) == crypto.keyring().current
    assert [bytes(digest) for digest in stored.digests] == [digest_of(code) for code in codes]
    assert len(set(codes)) == 10
    assert all(len(code) == 19 for code in codes)


def test_a_secret_of_another_person_does_not_open(ada):
    enrol(ada)
    other = make_user("other")
    sealed = Authenticator.objects.get(user=ada).secret_sealed
    moved = Authenticator.objects.create(user=other, name="x", secret_sealed=sealed)
    with pytest.raises(crypto.TamperedValue):
        _ = moved.secret


def test_secrets_move_to_a_new_key(ada):
    enrol(ada)
    registered = {sealed.model: sealed for sealed in rekey.sealed_models()}
    device = Authenticator.objects.get(user=ada)
    before, secret = bytes(device.secret_sealed), device.secret
    assert list(registered[Authenticator].rekey_row(device)) == ["secret_sealed"]
    assert bytes(device.secret_sealed) != before
    assert device.secret == secret


# -- codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_a_step_off(ada, steps):
    enrol(ada)
    Authenticator.objects.update(last_step=0)
    second_factor.verify(user=ada, code=f" {code_of(ada, steps)} ")


@pytest.mark.parametrize("steps", [-2, 2])
def test_older_and_later_codes_are_refused(ada, steps):
    enrol(ada)
    with pytest.raises(CodeRefused):
        second_factor.verify(user=ada, code=code_of(ada, steps))


def test_a_code_is_good_once(ada):
    enrol(ada)
    code = code_of(ada)
    second_factor.verify(user=ada, code=code)
    with pytest.raises(CodeRefused):
        second_factor.verify(user=ada, code=code)


def test_a_recovery_code_gets_in_once_however_it_is_written(ada):
    first, second, *_ = enrol(ada)
    assert second_factor.verify(user=ada, code=first).codes_left == 9
    with pytest.raises(CodeRefused):
        second_factor.verify(user=ada, code=first)
    forget_failures(ada)
    written = second.upper().replace("-", " ")
    assert second_factor.verify(user=ada, code=written).codes_left == 8


@pytest.mark.parametrize("text", ["12345", "1234567", "²²²²²²", "abcdef", "x" * 500, "\u0661" * 6])
def test_nonsense_is_refused(ada, text):
    enrol(ada)
    assert not is_authenticator_code(text)
    with pytest.raises(CodeRefused):
        second_factor.verify(user=ada, code=text)


def test_each_wrong_code_doubles_the_wait_in_which_no_code_is_looked_at(ada):
    enrol(ada)
    waits = []
    for _ in range(5):
        with pytest.raises(CodeRefused):
            second_factor.verify(user=ada, code=wrong_code(ada))
        failed = clock.now() + timedelta(minutes=1)  # so that this test may take its time
        Authenticator.objects.update(throttling_failure_timestamp=failed)
        with pytest.raises(TooManyCodes) as refused:
            second_factor.verify(user=ada, code=code_of(ada))
        waits.append((refused.value.until - failed).total_seconds())
        Authenticator.objects.update(throttling_failure_timestamp=failed - timedelta(hours=1))
    assert waits == [1, 2, 4, 8, 16]
    second_factor.verify(user=ada, code=code_of(ada))
    assert Authenticator.objects.get(user=ada).throttling_failure_count == 0


def test_refused_attempts_do_not_prolong_the_wait_and_leave_no_entries(ada):
    enrol(ada)
    with pytest.raises(CodeRefused):
        second_factor.verify(user=ada, code=wrong_code(ada))
    Authenticator.objects.update(throttling_failure_count=9)
    for _ in range(3):
        with pytest.raises(TooManyCodes):
            second_factor.verify(user=ada, code=wrong_code(ada))
    assert Authenticator.objects.get(user=ada).throttling_failure_count == 9
    assert happened() == ["two_factor.enrolled", "two_factor.failed"]


def test_the_page_says_how_long_to_wait(ada):
    enrol(ada)
    client = sign_in(ada)
    assert "The code is wrong" in client.post(VERIFY, {"code": wrong_code(ada)}).content.decode()
    Authenticator.objects.update(throttling_failure_count=10)
    answer = client.post(VERIFY, {"code": code_of(ada)})
    assert answer.status_code == 429
    assert "10 wrong codes in a row. Try again in 9 min" in answer.content.decode()


def test_what_was_typed_is_not_on_the_trail(ada):
    codes = enrol(ada)
    second_factor.verify(user=ada, code=codes[0])
    with pytest.raises(CodeRefused):
        second_factor.verify(user=ada, code="my-secret-typo")
    text = " ".join(str((e.after, e.reason, e.subject)) for e in AuditEntry.objects.all())
    assert codes[0] not in text
    assert "typo" not in text


# -- losing and replacing it ----------------------------------------------------------------------


@pytest.mark.parametrize("act", [second_factor.remove_own, second_factor.renew_recovery_codes])
@pytest.mark.parametrize("password", ["wrong", ""])
def test_the_own_second_factor_is_changed_with_password_and_code_only(ada, act, password):
    enrol(ada)
    with pytest.raises(CodeRefused):
        act(user=ada, password=password, code=code_of(ada))
    assert Authenticator.objects.get(user=ada).throttling_failure_count == 1
    forget_failures(ada)
    with pytest.raises(CodeRefused):
        act(user=ada, password=PASSWORD, code=wrong_code(ada))
    assert RecoveryCodes.objects.get(user=ada).left == 10


def test_new_recovery_codes_replace_the_old_ones(ada):
    old = enrol(ada)
    new = second_factor.renew_recovery_codes(user=ada, password=PASSWORD, code=code_of(ada))
    assert not set(old) & set(new)
    with pytest.raises(CodeRefused):
        second_factor.verify(user=ada, code=old[0])
    forget_failures(ada)
    second_factor.verify(user=ada, code=new[0])


def test_removing_the_own_one_ends_the_other_sessions_and_leads_to_enrolment(ada):
    codes = enrol(ada)
    here, elsewhere = sign_in(ada), sign_in(ada)
    here.post(VERIFY, {"code": codes[0]})
    elsewhere.post(VERIFY, {"code": codes[1]})
    assert elsewhere.get(HOME).status_code == 200
    done = here.post("/admin/two-factor/remove/", {"password": PASSWORD, "code": code_of(ada)})
    assert done["Location"] == ENROL
    assert here.get(HOME)["Location"].startswith(ENROL)
    assert elsewhere.get(HOME)["Location"].startswith(reverse("admin:login"))
    assert not RecoveryCodes.objects.exists()
    assert happened()[-2:] == ["two_factor.verified", "two_factor.reset"]


def verified(user: User) -> Client:
    client, codes = signed_in(user), enrol(user)
    client.post(VERIFY, {"code": codes[0]})
    return client


def test_an_administrator_resets_somebody_else_with_a_reason(ada):
    lost = make_user("lost", "analyst")
    phone = verified(lost)
    client = verified(ada)
    page = client.get(reverse("admin:foundation_user_change", args=[lost.pk])).content.decode()
    assert "recovery codes left: 9" in page
    url = reverse("admin:foundation_user_reset_two_factor", args=[lost.pk])
    assert url in page
    assert "required" in client.post(url, {"reason": ""}).content.decode()
    client.post(url, {"reason": "phone stolen"})
    assert not Authenticator.objects.filter(user=lost).exists()
    assert phone.get(HOME)["Location"].startswith(reverse("admin:login"))
    entry = AuditEntry.objects.get(action="two_factor.reset")
    assert (entry.actor, entry.reason) == (ada, "phone stolen")
    assert entry.subject == f"foundation.user:{lost.pk}"
    page = client.get(reverse("admin:foundation_user_change", args=[lost.pk])).content.decode()
    assert "Off: asked for at the next sign-in" in page
    assert url not in page


@pytest.mark.parametrize("role", ["analyst", "supervisor", "risk_manager", "auditor"])
def test_only_administrators_reset(role):
    lost, somebody = make_user("lost", "analyst"), make_user("somebody", role)
    enrol(lost)
    with pytest.raises(Forbidden):
        second_factor.reset(user=lost, by=somebody, reason="x")
    url = reverse("admin:foundation_user_reset_two_factor", args=[lost.pk])
    assert verified(somebody).post(url, {"reason": "x"}).status_code == 403
    assert Authenticator.objects.filter(user=lost).exists()


def test_nobody_resets_their_own_as_an_administrator(ada):
    client = verified(ada)
    with pytest.raises(Forbidden, match="your password and a code"):
        second_factor.reset(user=ada, by=ada, reason="x")
    url = reverse("admin:foundation_user_reset_two_factor", args=[ada.pk])
    assert client.post(url, {"reason": "x"}).status_code == 403
    assert url not in client.get(f"/admin/foundation/user/{ada.pk}/change/").content.decode()


def test_a_superuser_is_reset_by_superusers_only(ada):
    root = User.objects.create_superuser("root")
    enrol(root)
    with pytest.raises(Forbidden):
        second_factor.reset(user=root, by=ada, reason="x")
    second_factor.reset(user=root, by=User.objects.create_superuser("toor"), reason="x")


def test_there_is_nothing_to_reset_for_who_never_enrolled(ada):
    with pytest.raises(Conflict):
        second_factor.reset(user=make_user("new"), by=ada, reason="x")


def test_an_enrolment_that_nobody_confirmed_is_forgotten_after_a_day(ada):
    second_factor.begin_enrolment(user=ada)
    enrol(make_user("other"))
    Authenticator.objects.filter(user=ada).update(created_at=clock.now() - timedelta(hours=23))
    assert second_factor.prune_enrolments() == 0
    Authenticator.objects.update(created_at=clock.now() - timedelta(hours=25))
    assert second_factor.prune_enrolments() == 1
    assert Authenticator.objects.get().user.username == "other"


def test_recovery_codes_are_never_taken_for_codes_of_the_app():
    assert not any(is_authenticator_code(new_recovery_code()) for _ in range(100))
