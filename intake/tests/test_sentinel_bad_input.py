"""Bad input in the sentinel format: 4xx in its own words, never 500, and nothing stored."""

import json

import pytest
from django.core.checks import run_checks
from django.test import Client as HttpClient

from clients.authentication import forget_cached_keys
from clients.models import Institution, Tier
from intake.checks import check_keyless_calls
from intake.tests.conftest import open_bank
from intake.tests.sentinel_cast import BATCH, ONE, SINGLE, SentinelClient, refused, with_key
from transactions.models import Transaction

pytestmark = pytest.mark.django_db
NAN = float("nan")


@pytest.fixture
def institution(db) -> Institution:
    return open_bank("bank", "USD")[0]


@pytest.fixture
def client(institution):
    yield with_key(institution)
    assert not Transaction.objects.exists()


FIELDS = {
    "transaction_id": [False, [], {}, "", "x" * 129, "a\0", "\udfff", 1.5, NAN, -1],
    "user_id": [None, True, [], {}, "", "x" * 129, 1.5, NAN, -1, 2**63],
    "amount": [None, "1", True, [], {}, -1, 1e13, NAN, float("inf"), 10**400],
    "currency": ["", "dollars", "ZZZ", 5, [], {}, True],
    "vertical": ["", "nowhere", 5, [], {}, "x" * 5_000],
    "merchant_name": [5, [], {}, True, "x" * 5_000, "\0"],
    "user_email": [5, [], {}, True, "x" * 5_000],
    "user_phone": [5, [], {}, "1" * 5_000],
    "ip_address": [5, [], {}, "999.1.1.1", "localhost"],
    "user_country": [5, [], {}, True, "x" * 5_000],
    "timestamp": ["now", True, [], NAN, 1e300],
    "is_vpn": ["yes", 1, {}],
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_wrong_field_is_named_by_every_call(client, name):
    for value in FIELDS[name]:
        one = {**ONE, name: value}
        for path in SINGLE:
            assert list(refused(client.post(path, one), 400)) == [name], value
        body = refused(client.batch(ONE, one), 400)
        assert list(body) == [f"1.{name}"], value


@pytest.mark.parametrize("path", SINGLE)
@pytest.mark.parametrize("name", ["user_id", "amount"])
def test_what_is_required_is_asked_for(client, path, name):
    given = {field: value for field, value in ONE.items() if field != name}
    assert refused(client.post(path, given), 400) == {name: "is required"}


BODIES = [b" ", b"{", b"null", b"5", b'"text"', b"\xff\xfe", b"[" * 100_000, b"NaN", b"{}{}"]


@pytest.mark.parametrize("path", [*SINGLE, BATCH])
@pytest.mark.parametrize("body", BODIES)
def test_a_body_of_another_kind_is_refused(client, path, body):
    refused(client.raw(path, body), 400)


@pytest.mark.parametrize("path", SINGLE)
def test_a_single_call_takes_no_list(client, path):
    refused(client.post(path, [ONE]), 400)


@pytest.mark.parametrize("body", [{}, ONE, {"transactions": [ONE]}])
def test_a_batch_is_a_list(client, body):
    assert "list" in client.post(BATCH, body).json()["error"]


@pytest.mark.parametrize("item", [None, 5, "text", [], True, NAN])
def test_an_item_that_is_no_object_is_named_by_its_place(client, item):
    assert list(refused(client.batch(ONE, item, ONE), 400)) == ["1"]


def test_every_wrong_item_is_named_and_none_is_decided(client):
    wrong = client.batch(ONE, {**ONE, "amount": -1}, 7, {"user_id": [], "amount": "1"})
    assert set(refused(wrong, 400)) == {"1.amount", "2", "3.user_id", "3.amount"}


def test_ten_thousand_items_are_too_many(client):
    assert "500" in client.raw(BATCH, json.dumps([{}] * 10_000)).json()["error"]
    refused(client.raw(BATCH, json.dumps([{}] * 10_000)), 400)
    refused(client.raw(BATCH, json.dumps([ONE] * 10_000)), 413)


@pytest.mark.parametrize("path", [*SINGLE, BATCH])
@pytest.mark.parametrize("content_type", ["text/plain", "application/json; charset=latin-1", "x"])
def test_another_content_type_is_not_served(client, path, content_type):
    refused(client.raw(path, json.dumps(ONE), content_type=content_type), 415)


HEADERS = [
    ("X-Webhook-URL", "javascript:alert(1)", 400),
    ("X-Webhook-URL", "https://[::1", 400),
    ("Idempotency-Key", "x" * 256, 400),
    ("Idempotency-Key", "schlüssel", 400),
    ("X-API-Key", "x" * 8_000, 401),
    ("X-API-Key", "schlüssel", 401),
    ("X-API-Key", "", 401),
    ("Content-Encoding", "gzip", 415),
]


@pytest.mark.parametrize("path", [*SINGLE, BATCH])
@pytest.mark.parametrize(("name", "value", "status"), HEADERS)
def test_a_hostile_header_is_refused(client, path, name, value, status):
    body = [ONE] if path == BATCH else ONE
    refused(client.post(path, body, **{name: value}), status)


@pytest.mark.parametrize("vertical", ["nowhere", "..", "%2e%2e", "x" * 3_000, "%F0%9F%92%A9", "'"])
@pytest.mark.parametrize("what", ["config", "metrics", "rules"])
def test_an_unknown_vertical_is_refused(rule_book, client, vertical, what):
    response = client.get(f"/verticals/{vertical}/{what}")
    assert "vertical" in refused(response, 400)


def test_nul_in_an_address_is_refused(client):
    assert client.get("/verticals/a%00b/config").status_code == 400
    assert client.get("/rules/categories", {"category": "a\0"}).status_code == 400


READS = [
    "/rules/metadata",
    "/rules/categories",
    "/rules/count",
    "/status",
    "/verticals",
    "/verticals/crypto/config",
    "/verticals/crypto/metrics",
    "/verticals/crypto/rules",
]


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_reading_calls_take_get_alone(client, path, method):
    response = getattr(HttpClient(), method)(path, headers=client.headers)
    refused(response, 405)
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", [*SINGLE, BATCH])
def test_deciding_calls_take_post_alone(client, path):
    refused(client.get(path), 405)


@pytest.mark.parametrize("path", READS[:3] + READS[4:])
def test_before_a_ruleset_is_published_there_is_nothing_to_tell(client, path):
    response = client.get(path, {"category": "identity"})
    refused(response, 503)
    assert response.headers["Retry-After"]


@pytest.mark.parametrize(
    ("path", "scope"), [(SINGLE[0], "read"), (BATCH, "read"), (READS[0], "score")]
)
def test_a_key_without_the_scope_is_forbidden(institution, path, scope):
    caller = with_key(institution, scopes=[scope])
    refused(caller.get(path) if path == READS[0] else caller.post(path, []), 403)


# --- Without a key --------------------------------------------------------------------------
KEYLESS = SentinelClient({})


@pytest.mark.parametrize("path", [*SINGLE, BATCH])
@pytest.mark.parametrize("institution_named", ["", "nobody"])
def test_without_a_key_nobody_is_let_in_unless_an_institution_is_named(
    institution, settings, path, institution_named
):
    settings.SENTINEL_KEYLESS_INSTITUTION = institution_named
    response = KEYLESS.post(path, ONE)
    refused(response, 401)
    assert response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("path", READS)
def test_reading_calls_need_a_key_as_well(institution, settings, path):
    settings.SENTINEL_KEYLESS_INSTITUTION = ""
    refused(KEYLESS.get(path), 401)


def test_calls_without_a_key_are_the_named_institutions(rule_book, institution, settings):
    settings.SENTINEL_KEYLESS_INSTITUTION = "bank"
    assert KEYLESS.check().status_code == 200
    assert KEYLESS.batch({**ONE, "transaction_id": "t-2"}).status_code == 200
    assert KEYLESS.get("/rules/count").status_code == 200
    rows = Transaction.objects.filter(institution=institution)
    assert rows.count() == 2


def test_a_key_says_who_calls_even_where_none_is_needed(rule_book, institution, settings):
    settings.SENTINEL_KEYLESS_INSTITUTION = "bank"
    other = open_bank("other")[0]
    assert with_key(other).check().status_code == 200
    assert Transaction.objects.get().institution_id == other.pk
    for wrong in ({"X-API-Key": "wrong"}, {"Authorization": "Bearer wrong"}):
        refused(SentinelClient(wrong).check(), 401)


def test_no_other_format_is_open_without_a_key(institution, settings):
    settings.SENTINEL_KEYLESS_INSTITUTION = "bank"
    answer = KEYLESS.post("/api/v1/fraud/check", {"user_id": 1, "amount": 1})
    assert answer.status_code == 401


def test_a_closed_institution_answers_nobody(institution, settings):
    settings.SENTINEL_KEYLESS_INSTITUTION = "bank"
    Institution.objects.update(is_active=False)
    refused(KEYLESS.check(), 401)


def test_each_network_has_a_limit_of_its_own(institution, settings):
    settings.SENTINEL_KEYLESS_INSTITUTION = "bank"
    Tier.objects.filter(name="standard").update(requests_per_minute=2)
    forget_cached_keys()

    def ask(address: str):
        return HttpClient(REMOTE_ADDR=address).get("/status")

    answers = [ask("192.0.2.7") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused(answers[-1], 429)
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert ask("192.0.2.8").status_code == 200
    households = [ask(f"2001:db8::{number}") for number in range(3)]
    assert [answer.status_code for answer in households] == [200, 200, 429]


@pytest.mark.parametrize(
    ("slug", "demo", "warned"), [("", False, False), ("bank", True, False), ("bank", False, True)]
)
def test_keyless_calls_outside_the_demo_are_warned_of(settings, slug, demo, warned):
    settings.SENTINEL_KEYLESS_INSTITUTION, settings.DEMO = slug, demo
    assert bool(check_keyless_calls()) is warned
    found = [one for one in run_checks() if one.id == "fraudshield.W003"]
    assert bool(found) is warned
    assert not warned or "bank" in found[0].msg
