"""Tokens: whom they stand for, and all those that stand for nobody."""

import base64
import json
import time
from datetime import timedelta

import jwt
import pytest
from django.utils import timezone as clock

from clients import authentication
from clients.accounts import sessions, tokens
from clients.accounts.errors import TokenExpired, TokenMissing, TokenRevoked, TokenUnknown
from clients.accounts.managing import change_tier, close_account, reopen_account, revoke_tokens
from clients.accounts.models import AccountSession
from clients.accounts.sessions import logout, logout_everywhere, prune_sessions, refresh
from clients.accounts.tests.conftest import login, register
from clients.accounts.tiers import subscription_tier
from clients.accounts.tokens import client_of, read_access, read_refresh
from clients.authentication import Client, ClientTier, forget_cached_keys
from clients.services import change_institution
from foundation.errors import Unauthorized
from foundation.models import AuditEntry

pytestmark = pytest.mark.django_db


def key() -> str:
    found = tokens._backend().signing_key
    assert isinstance(found, str)
    return found


def claims_of(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})


def forged(token: str, *, signed_with: str | None = None, algorithm: str = "HS256", **changes):
    """The token with other claims; a claim changed to None is left out."""
    claims = {**claims_of(token), **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, signed_with or key(), algorithm=algorithm)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_stands_for_its_account(ada):
    account = ada.account
    assert client_of(ada.tokens.access) == Client(
        institution_id=account.institution_id,
        institution_slug=account.client_id,
        base_currency="USD",
        key_id=0,
        scopes=frozenset({"score", "read", "feedback"}),
        tier=ClientTier("free", 100),
        throttled_as=f"account:{account.pk}",
    )


def test_a_token_says_nothing_personal(ada):
    for token in ada.tokens:
        assert set(claims_of(token)) <= {
            *("token_type", "exp", "iat", "jti", "iss", "aud", "sub", "sid", "gen", "rot")
        }


def test_tokens_are_short_lived(ada):
    now = time.time()
    assert claims_of(ada.tokens.access)["exp"] - now == pytest.approx(15 * 60, abs=5)
    assert claims_of(ada.tokens.refresh)["exp"] - now == pytest.approx(7 * 86_400, abs=5)


def test_the_signing_key_is_not_the_secret_key(settings):
    assert settings.SECRET_KEY not in key()
    assert key() != settings.SECRET_KEY
    before = key()
    settings.SECRET_KEY = "another-secret-key"
    assert key() != before


def test_a_second_look_asks_no_database(ada, django_assert_num_queries):
    with django_assert_num_queries(1):
        client_of(ada.tokens.access)
    with django_assert_num_queries(0):
        client_of(ada.tokens.access)


HOSTILE = {
    "not signed at all": lambda t: f"{part({'alg': 'none', 'typ': 'JWT'})}.{t.split('.')[1]}.",
    "alg None": lambda t: f"{part({'alg': 'None'})}.{t.split('.')[1]}.{t.split('.')[2]}",
    "another key": lambda t: forged(t, signed_with="x" * 64),
    "an empty key": lambda t: (
        f"{part({'alg': 'HS256'})}.{t.split('.')[1]}."
        + base64.urlsafe_b64encode(b"0" * 32).decode()
    ),
    "another algorithm with our key": lambda t: forged(t, algorithm="HS512"),
    "a key named in the header": lambda t: (
        part({"alg": "HS256", "kid": "../../dev/null", "jwk": {"kty": "oct", "k": ""}})
        + f".{t.split('.')[1]}.{t.split('.')[2]}"
    ),
    "a critical extension": lambda t: jwt.encode(
        claims_of(t), key(), algorithm="HS256", headers={"crit": ["x"], "x": 1}
    ),
    "another audience": lambda t: forged(t, aud="somebody.else"),
    "no audience": lambda t: forged(t, aud=None),
    "another issuer": lambda t: forged(t, iss="somebody.else"),
    "no issuer": lambda t: forged(t, iss=None),
    "no expiry": lambda t: forged(t, exp=None),
    "no id": lambda t: forged(t, jti=None),
    "no type": lambda t: forged(t, token_type=None),
    "another type": lambda t: forged(t, token_type="sliding"),
    "no subject": lambda t: forged(t, sub=None),
    "a subject that is no number": lambda t: forged(t, sub="admin"),
    "no session": lambda t: forged(t, sid=None),
    "a session that is none": lambda t: forged(t, sid="x"),
    "a session of the wrong type": lambda t: forged(t, sid=7),
    "an expiry of the wrong type": lambda t: forged(t, exp="soon"),
    "changed claims": lambda t: (
        f"{t.split('.')[0]}.{part({**claims_of(t), 'sub': '1'})}.{t.split('.')[2]}"
    ),
    "cut short": lambda t: t[:-5],
    "two parts": lambda t: ".".join(t.split(".")[:2]),
    "five parts": lambda t: t + ".a.b",
    "claims that are a list": lambda t: jwt.api_jws.encode(b"[1]", key(), algorithm="HS256"),
    "claims that are no JSON": lambda t: jwt.api_jws.encode(b"{", key(), algorithm="HS256"),
    "claims in no encoding": lambda t: jwt.api_jws.encode(b"\xff\xfe", key(), algorithm="HS256"),
    "dots": lambda t: "..",
    "a word": lambda t: "token",
    "a NUL": lambda t: t + "\0",
    "other letters": lambda t: t + "é",
    "half a character": lambda t: t + "\ud800",
    "huge": lambda t: t + "A" * 1_000_000,
    "a deep header": lambda t: base64.urlsafe_b64encode(b"[" * 1_400).decode() + ".e30.eA",
    "an expiry beyond all time": lambda t: forged(t, exp=10**40),
    "an expiry that is infinite": lambda t: forged(t, exp=float("inf")),
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_token_stands_for_nobody(ada, hostile):
    """And all of them get the same answer."""
    access, renewing = (HOSTILE[hostile](token) for token in ada.tokens)
    with pytest.raises(TokenUnknown):
        client_of(access)
    with pytest.raises(TokenUnknown):
        refresh(token=renewing)
    assert client_of(ada.tokens.access)


def test_a_hostile_token_costs_no_query(ada, django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(TokenUnknown):
        client_of(forged(ada.tokens.access, signed_with="x" * 64))


@pytest.mark.parametrize("read", [client_of, read_access, read_refresh])
def test_no_token_is_told_apart_from_a_wrong_one(read):
    with pytest.raises(TokenMissing):
        read("")


def test_an_expired_token_says_so(ada):
    past = int(time.time()) - 1
    with pytest.raises(TokenExpired):
        client_of(forged(ada.tokens.access, exp=past))
    with pytest.raises(TokenExpired):
        refresh(token=forged(ada.tokens.refresh, exp=past))


def test_neither_kind_of_token_serves_for_the_other(ada):
    with pytest.raises(TokenUnknown):
        client_of(ada.tokens.refresh)
    with pytest.raises(TokenUnknown):
        refresh(token=ada.tokens.access)


def test_a_token_of_one_account_does_not_open_anothers_session(ada):
    other = register("grace@example.com")
    sid = claims_of(other.tokens.access)["sid"]
    with pytest.raises(TokenRevoked):
        client_of(forged(ada.tokens.access, sid=sid))


# -- refreshing -----------------------------------------------------------------------------------


def test_refreshing_gives_a_new_pair(ada):
    fresh = refresh(token=ada.tokens.refresh)
    assert fresh.account == ada.account
    assert set(fresh.tokens).isdisjoint(ada.tokens)
    assert client_of(fresh.tokens.access).throttled_as == f"account:{ada.account.pk}"
    assert refresh(token=fresh.tokens.refresh)


def test_a_refresh_token_used_twice_ends_the_session_for_both(ada):
    fresh = refresh(token=ada.tokens.refresh)
    with pytest.raises(TokenRevoked):
        refresh(token=ada.tokens.refresh)
    for use in (
        lambda: client_of(fresh.tokens.access),
        lambda: refresh(token=fresh.tokens.refresh),
    ):
        with pytest.raises(TokenRevoked):
            use()
    assert AuditEntry.objects.get(action="account.token_reused").subject.endswith(
        str(ada.account.pk)
    )


def test_a_theft_ends_one_session_only(ada):
    other = login()
    refresh(token=ada.tokens.refresh)
    with pytest.raises(TokenRevoked):
        refresh(token=ada.tokens.refresh)
    assert client_of(other.tokens.access)


def test_a_session_does_not_last_for_ever(ada, monkeypatch):
    session = AccountSession.objects.get()
    session.created_at -= sessions.LONGEST_SESSION - timedelta(hours=1)
    session.save()
    fresh = refresh(token=ada.tokens.refresh)
    in_an_hour = time.time() + 3_600
    assert claims_of(fresh.tokens.refresh)["exp"] == pytest.approx(in_an_hour, abs=5)
    session.refresh_from_db()
    session.created_at -= timedelta(minutes=55)
    session.save()
    last = refresh(token=fresh.tokens.refresh)
    in_five_minutes = time.time() + 300
    assert claims_of(last.tokens.access)["exp"] == pytest.approx(in_five_minutes, abs=5)


def test_sessions_are_kept_a_day_longer_than_their_tokens(ada):
    assert prune_sessions() == 0
    AccountSession.objects.update(expires_at=clock.now() - timedelta(hours=25))
    assert prune_sessions() == 1
    with pytest.raises(TokenUnknown):
        refresh(token=ada.tokens.refresh)
    with pytest.raises(TokenRevoked):
        client_of(ada.tokens.access)


# -- revoking -------------------------------------------------------------------------------------


def end_session(opened):
    logout(claims=read_access(opened.tokens.access))


def end_everywhere(opened):
    logout_everywhere(claims=read_access(opened.tokens.access))


def by_staff(opened):
    revoke_tokens(account=opened.account, by="tests", reason="test")


def close(opened):
    close_account(account=opened.account, by="tests", reason="test")


def close_institution(opened):
    change_institution(institution=opened.account.institution, by="tests", is_active=False)


@pytest.mark.parametrize(
    "revoke", [end_session, end_everywhere, by_staff, close, close_institution]
)
def test_revoking_holds_here_at_once(ada, revoke, django_capture_on_commit_callbacks):
    client_of(ada.tokens.access)
    with django_capture_on_commit_callbacks(execute=True):
        revoke(ada)
    with pytest.raises(Unauthorized):
        client_of(ada.tokens.access)
    with pytest.raises(Unauthorized):
        refresh(token=ada.tokens.refresh)


@pytest.mark.parametrize(
    "revoke", [end_session, end_everywhere, by_staff, close, close_institution]
)
def test_revoking_holds_elsewhere_within_three_seconds(ada, revoke, monkeypatch):
    """Another process keeps what it knows; nobody tells it, and time passes."""
    client_of(ada.tokens.access)
    revoke(ada)  # its on-commit hook is not run
    now = time.monotonic()
    assert client_of(ada.tokens.access)
    monkeypatch.setattr(time, "monotonic", lambda: now + 3.01)
    with pytest.raises(Unauthorized):
        client_of(ada.tokens.access)


def test_a_refusal_is_remembered_for_as_long(ada, django_assert_num_queries):
    end_session(ada)
    with pytest.raises(TokenRevoked):
        client_of(ada.tokens.access)
    with django_assert_num_queries(0), pytest.raises(TokenRevoked):
        client_of(ada.tokens.access)


def test_a_token_is_not_trusted_past_its_expiry(ada, monkeypatch):
    soon = forged(ada.tokens.access, exp=int(time.time()) + 1)
    now = time.monotonic()
    client_of(soon)
    until, _ = authentication._known[authentication.digest_of(soon)]
    assert until - now <= 1.01


def test_signing_out_ends_one_session_only(ada):
    other = login()
    end_session(ada)
    end_session(ada)  # a repeat is harmless
    assert client_of(other.tokens.access)
    assert AuditEntry.objects.filter(action="account.logout").count() == 1


@pytest.mark.parametrize("revoke", [end_everywhere, by_staff, close])
def test_revoking_everything_ends_all_sessions(ada, revoke):
    other = login()
    revoke(ada)
    with pytest.raises(TokenRevoked):
        client_of(other.tokens.access)
    with pytest.raises(TokenRevoked):
        logout_everywhere(claims=read_access(other.tokens.access))


def test_a_reopened_account_signs_in_anew(ada):
    close(ada)
    reopen_account(account=ada.account, by="tests", reason="test")
    forget_cached_keys()
    with pytest.raises(TokenRevoked):
        client_of(ada.tokens.access)
    assert client_of(login().tokens.access)


def test_another_tier_holds_for_the_tokens_there_are(ada, django_capture_on_commit_callbacks):
    client_of(ada.tokens.access)
    with django_capture_on_commit_callbacks(execute=True):
        change_tier(
            account=ada.account, tier=subscription_tier("premium"), by="tests", reason="paid"
        )
    assert client_of(ada.tokens.access).tier == ClientTier("premium", 3_000)
