"""Every way of showing a key, good and bad, and what the cache promises."""

import json
import time
from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone as clock

from clients import authentication, errors
from clients.authentication import Client, ClientTier, authenticate
from clients.models import ApiKey
from clients.services import change_institution, issue_api_key, revoke_api_key
from foundation.errors import Unauthorized
from foundation.middleware import ProblemMiddleware
from foundation.tests.threads import at_once

pytestmark = pytest.mark.django_db


def after(seconds: float, monkeypatch) -> None:
    """Moves the cache's clock."""
    now = time.monotonic() + seconds
    monkeypatch.setattr(authentication.time, "monotonic", lambda: now)


def test_a_good_key_names_its_client(issued, bank):
    assert authenticate(issued.text) == Client(
        institution_id=bank.pk,
        institution_slug="bank",
        base_currency="NGN",
        key_id=issued.key.pk,
        scopes=frozenset({"score", "read", "feedback", "webhooks"}),
        tier=ClientTier("standard", 6_000),
        throttled_as=f"key:{issued.key.pk}",
    )


WRONG = {
    "none": (None, errors.KeyMissing),
    "empty": ("", errors.KeyMissing),
    "blank": (" ", errors.KeyUnknown),
    "NUL": ("fs_abcdefgh_" + "x" * 42 + "\0", errors.KeyUnknown),
    "NUL in the prefix": ("fs_abc\0efgh_" + "x" * 43, errors.KeyUnknown),
    "not ASCII": ("fs_äbcdefgh_" + "x" * 43, errors.KeyUnknown),
    "lone surrogate": ("\ud800" * 55, errors.KeyUnknown),
    "10 kB": ("fs_abcdefgh_" + "x" * 10_000, errors.KeyUnknown),
    "another product's": ("sk_live_" + "x" * 47, errors.KeyUnknown),
    "unknown prefix": ("fs_zzzzzzzz_" + "x" * 43, errors.KeyUnknown),
    "SQL": ("' OR 1=1 --", errors.KeyUnknown),
}


@pytest.mark.parametrize(("text", "error"), WRONG.values(), ids=WRONG)
def test_a_wrong_key_is_a_401_with_a_clear_reason(text, error):
    for _ in range(2):  # the second time from the cache
        with pytest.raises(error) as caught:
            authenticate(text)
        request = RequestFactory().get("/api/v1/x")
        response = ProblemMiddleware(lambda r: r).process_exception(request, caught.value)
        assert response.status_code == 401
        assert json.loads(response.content)["detail"].endswith(".")


def test_the_right_prefix_with_a_wrong_secret_is_unknown(issued):
    with pytest.raises(errors.KeyUnknown):
        authenticate(issued.text[:12] + "x" * 43)


def test_each_state_of_a_key_has_its_own_reason(issued, bank, monkeypatch):
    ApiKey.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    with pytest.raises(errors.KeyExpired):
        authenticate(issued.text)
    with pytest.raises(errors.KeyUnknown):  # who lacks the secret doesn't learn the state
        authenticate(issued.text[:12] + "x" * 43)
    ApiKey.objects.update(expires_at=None, revoked_at=clock.now())
    after(4, monkeypatch)
    with pytest.raises(errors.KeyRevoked):
        authenticate(issued.text)
    ApiKey.objects.update(revoked_at=None)
    bank.is_active = False
    bank.save()
    after(8, monkeypatch)
    with pytest.raises(errors.InstitutionInactive):
        authenticate(issued.text)


def test_a_known_key_asks_the_database_once_in_three_seconds(
    issued, monkeypatch, django_assert_num_queries
):
    authenticate(issued.text)
    with django_assert_num_queries(0):
        for _ in range(100):
            authenticate(issued.text)
    after(3.1, monkeypatch)
    with django_assert_num_queries(1):
        authenticate(issued.text)


def test_a_refused_key_asks_the_database_once_in_three_seconds(django_assert_num_queries):
    text = "fs_zzzzzzzz_" + "x" * 43
    with django_assert_num_queries(1):
        for _ in range(100):
            with pytest.raises(errors.KeyUnknown):
                authenticate(text)


def test_a_malformed_key_never_reaches_the_database(django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(errors.KeyUnknown):
        authenticate("fs_abcdefgh_short")


def test_a_revocation_elsewhere_takes_effect_within_three_seconds(issued, monkeypatch):
    authenticate(issued.text)
    ApiKey.objects.update(revoked_at=clock.now())  # by another process: the cache stays
    assert authenticate(issued.text)
    after(3.1, monkeypatch)
    with pytest.raises(errors.KeyRevoked):
        authenticate(issued.text)


def test_a_revocation_here_takes_effect_at_once(issued, django_capture_on_commit_callbacks):
    authenticate(issued.text)
    with django_capture_on_commit_callbacks(execute=True):
        revoke_api_key(key=issued.key, by="tests", reason="leaked")
    with pytest.raises(errors.KeyRevoked):
        authenticate(issued.text)


def test_an_inactive_institution_is_refused_at_once_here(
    issued, bank, django_capture_on_commit_callbacks
):
    authenticate(issued.text)
    with django_capture_on_commit_callbacks(execute=True):
        change_institution(institution=bank, is_active=False, by="tests")
    with pytest.raises(errors.InstitutionInactive):
        authenticate(issued.text)


def test_a_key_is_not_trusted_beyond_its_expiry(bank, monkeypatch):
    soon = clock.now() + timedelta(seconds=1)
    _, text = issue_api_key(institution=bank, name="x", by="tests", expires_at=soon)
    authenticate(text)
    after(1.1, monkeypatch)
    monkeypatch.setattr(authentication.clock, "now", lambda: soon + timedelta(seconds=0.1))
    with pytest.raises(errors.KeyExpired):
        authenticate(text)


def test_a_flood_of_wrong_keys_is_bounded_and_pushes_out_no_known_one(issued, monkeypatch):
    monkeypatch.setattr(authentication, "_CACHE_ENTRIES", 10)
    authenticate(issued.text)
    for number in range(50):
        with pytest.raises(Unauthorized):
            authenticate(f"fs_{number:08}_" + "x" * 43)
    assert len(authentication._refused) <= 10
    assert len(authentication._known) == 1


def test_the_last_use_is_noted_at_most_once_a_minute(
    issued, monkeypatch, django_assert_num_queries
):
    with django_assert_num_queries(2):
        authenticate(issued.text)
    first = ApiKey.objects.get().last_used_at
    assert abs(clock.now() - first) < timedelta(seconds=5)
    after(4, monkeypatch)
    authenticate(issued.text)
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
    after(8, monkeypatch)
    authenticate(issued.text)
    assert ApiKey.objects.get().last_used_at > first


def test_the_plaintext_is_kept_nowhere_in_the_cache(issued):
    authenticate(issued.text)
    assert issued.text not in repr(authentication._known)
    assert issued.key.prefix not in repr(authentication._known)


def test_a_cached_check_costs_a_few_microseconds(issued):
    authenticate(issued.text)
    best = 1.0
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(1_000):
            authenticate(issued.text)
        best = min(best, (time.perf_counter() - started) / 1_000)
    assert best < 10e-6  # 2 us when the machine is idle


@pytest.mark.django_db(transaction=True)
def test_many_threads_with_good_and_bad_keys_get_their_own_answers(issued):
    def ask(text: str) -> list[object]:
        answers: list[object] = []
        for _ in range(20):
            authentication.forget_cached_keys()
            try:
                answers.append(authenticate(text).key_id)
            except Unauthorized as error:
                answers.append(error.type)
        return answers

    bad = issued.text[:-1] + ("a" if issued.text[-1] != "a" else "b")
    good_1, bad_1, good_2, bad_2 = at_once(
        lambda: ask(issued.text), lambda: ask(bad), lambda: ask(issued.text), lambda: ask(bad)
    )
    assert good_1 == good_2 == [issued.key.pk] * 20
    assert bad_1 == bad_2 == ["key-unknown"] * 20
