"""Targets, signatures, schedule and excerpts: no database, no network."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.webhooks.excerpts import LONGEST, excerpt
from clients.webhooks.schedule import (
    LONGEST_PAUSE,
    LONGEST_WAIT,
    OPENS_AFTER,
    TRIES,
    circuit_after,
    pause_after,
    wait_after,
)
from clients.webhooks.signing import (
    hex_signature,
    make_body,
    new_secret,
    secret_fault,
    signature_headers,
)
from clients.webhooks.targets import address_fault, literal_fault, origin_of, url_fault

# -- addresses ------------------------------------------------------------------------------------

REFUSED = {
    "loopback": ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"],
    "private": [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "::ffff:10.0.0.1",
        "fc00::1",
        "fd00:ec2::254",  # metadata
    ],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1"],
    "unspecified": ["0.0.0.0", "::", "::ffff:0.0.0.0"],  # noqa: S104
    "reserved": [
        "0.1.2.3",
        "100.64.0.1",
        "100.100.100.200",  # metadata
        "168.63.129.16",  # metadata
        "192.0.0.192",  # metadata
        "198.18.0.1",
        "192.88.99.1",
        "240.0.0.1",
        "255.255.255.255",
        "::127.0.0.1",  # IPv4 in IPv6, as it was once written
        "64:ff9b:1::7f00:1",
        "2001::1",  # Teredo
        "2001:db8::1",
        "fec0::1",
        "100::1",
    ],
}


@pytest.mark.parametrize(
    ("address", "kind"), [(each, kind) for kind, several in REFUSED.items() for each in several]
)
def test_addresses_that_are_never_called(address, kind):
    assert address_fault(address, loopback_allowed=False) == kind


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("64:ff9b::7f00:1", "loopback"),  # NAT64 of 127.0.0.1
        ("64:ff9b::a9fe:a9fe", "link-local"),  # of 169.254.169.254
        ("64:ff9b::a00:1", "private"),
        ("2002:7f00:1::", "loopback"),  # 6to4 of 127.0.0.1
        ("2002:a00:1::1", "private"),
        ("2002:a9fe:a9fe::", "link-local"),
        ("2600::5efe:10.0.0.1", "private"),  # ISATAP
        ("192.0.2.1", "private"),
        ("203.0.113.1", "private"),
        ("no address", "no address"),
        ("", "no address"),
    ],
)
def test_addresses_inside_addresses_are_judged(address, kind):
    assert address_fault(address, loopback_allowed=False) == kind
    assert address_fault(address, loopback_allowed=True) == kind


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "172.32.0.1", "11.0.0.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"],
)
def test_public_addresses_may_be_called(address):
    assert address_fault(address, loopback_allowed=False) == ""


def test_the_demo_may_call_this_machine_and_nothing_else_private():
    assert address_fault("127.0.0.1", loopback_allowed=True) == ""
    assert address_fault("::1", loopback_allowed=True) == ""
    for address in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0"):  # noqa: S104
        assert address_fault(address, loopback_allowed=True) != ""


@given(st.ip_addresses())
def test_every_address_is_judged_without_failing(address):
    fault = address_fault(str(address), loopback_allowed=False)
    assert (
        fault or address.is_global or getattr(address, "ipv4_mapped", None) or address.version == 6
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://bank.example/hook",
        "http://bank.example:8080/a?b=c#d",
        "https://[2606:4700::1111]/",
        "HTTPS://Bank.Example",
    ],
)
def test_urls_of_a_sound_shape(url):
    assert url_fault(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "",
        "bank.example",
        "//bank.example/",
        "ftp://bank.example/",
        "file:///etc/passwd",
        "gopher://bank.example/",
        "https://",
        "https:///path",
        "https://user@bank.example/",
        "https://user:secret@bank.example/",
        "https://:@bank.example/",
        "https://bank.example:0/",
        "https://bank.example:99999/",
        "https://bank.example:port/",
        "https://bank.example/ path",
        "https://bank.example/\r\nX: y",
        "https://bank.example\\@evil.example/",
        "https://bänk.example/",
        "https://[::1/",
        f"https://{'a' * 254}/",
        "https://bank.example/" + "x" * 2048,
    ],
)
def test_urls_of_no_sound_shape(url):
    assert url_fault(url).startswith("must ")


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://", "https://h/"]))
def test_any_text_is_judged_and_what_passes_has_a_server(text, start):
    url = start + text
    if not url_fault(url):
        assert origin_of(url).startswith(("http://", "https://"))
        assert len(origin_of(url)) <= 300


def test_a_literal_address_is_refused_at_once():
    assert "loopback" in literal_fault("http://127.0.0.1/", loopback_allowed=False)
    assert "link-local" in literal_fault("http://[fe80::1]/", loopback_allowed=True)
    assert literal_fault("http://bank.example/", loopback_allowed=False) == ""


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://Bank.example:80/x", "http://bank.example"),
        ("https://bank.example:8443", "https://bank.example:8443"),
        ("https://[2606:4700::1111]:443/", "https://[2606:4700::1111]"),
    ],
)
def test_the_server_of_a_url(url, origin):
    assert origin_of(url) == origin


# -- bodies and signatures ------------------------------------------------------------------------

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_a_body_decoded_and_encoded_again_has_the_same_bytes(value):
    body = make_body("fraud_detected", NOON, {"value": value})
    assert json.dumps(json.loads(body), sort_keys=True) == body
    assert body.isascii()


def test_a_number_that_json_does_not_know_is_an_error():
    with pytest.raises(ValueError, match="JSON"):
        make_body("fraud_detected", NOON, {"value": float("nan")})


def test_the_signature_is_the_plain_hmac_of_the_older_systems():
    expected = hmac.new(b"a-secret-of-sixteen", b"{}", hashlib.sha256).hexdigest()
    assert hex_signature("a-secret-of-sixteen", b"{}") == expected


def test_the_other_signature_follows_standard_webhooks():
    """The example of the specification's own reference implementation."""
    headers = signature_headers(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        body=b'{"test": 2432232314}',
        at=datetime.fromtimestamp(1614265330, UTC),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_of_the_clients_own_signs_with_its_bytes():
    secret = "as it was in the old system"
    headers = signature_headers([secret], event_id="e", body=b"{}", at=NOON)
    signed = f"e.{int(NOON.timestamp())}.{{}}".encode()
    mac = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()


def test_new_secrets_are_sound_and_never_the_same():
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {secret_fault(each) for each in made} == {""}


@pytest.mark.parametrize(
    "secret", ["", "short", "x" * 256, "whsec_not base64 at all", "ä" * 20, "whsec_" + "=" * 16]
)
def test_secrets_that_are_refused(secret):
    assert secret_fault(secret)


# -- schedule -------------------------------------------------------------------------------------


@pytest.mark.parametrize("luck", [0.0, 0.5, 1.0])
def test_at_least_twelve_tries_are_spread_over_a_day_or_more(luck):
    waits = [wait_after(tries, luck) for tries in range(1, TRIES)]
    assert TRIES >= 12
    assert timedelta(days=1) <= sum(waits, timedelta()) <= timedelta(days=2)
    assert waits == sorted(waits)
    assert waits[0] <= timedelta(seconds=12)


def test_a_receiver_may_ask_for_a_longer_wait_within_bounds():
    assert wait_after(1, 0, 600) == timedelta(minutes=10)
    assert wait_after(1, 0, 999_999_999) == timedelta(hours=1)
    assert wait_after(1, 0, 0) == timedelta(seconds=10)
    assert wait_after(1_000_000, 0, 1) == LONGEST_WAIT


def test_a_circuit_opens_after_some_failures_and_for_longer_each_time():
    assert pause_after(OPENS_AFTER - 1) is None
    pauses = [pause_after(OPENS_AFTER + n) for n in range(40)]
    assert pauses[:2] == [timedelta(seconds=30), timedelta(seconds=60)]
    assert pauses[-1] == LONGEST_PAUSE


@pytest.mark.parametrize(
    ("failures", "open_for", "failed_ago", "expected"),
    [
        (0, None, [0], (1, None)),
        (3, None, [0], (4, None)),
        (4, None, [0], (5, 30)),
        (0, None, [1] * 16, (5, 30)),  # all at once: a blip
        (5, 29, [5, 5], (5, 29)),  # they began before it opened
        (5, 30, [0], (6, 60)),  # the trial, claimed a moment ago
        (6, 30, [0], (7, 120)),
        (40, 30, [0], (41, 600)),
    ],
)
def test_only_failed_trials_prolong_the_pause(failures, open_for, failed_ago, expected):
    until = None if open_for is None else NOON + timedelta(seconds=open_for)
    failed_at = [NOON - timedelta(seconds=ago) for ago in failed_ago]
    count, opened = circuit_after(failures, until, failed_at, NOON)
    assert (count, opened and (opened - NOON).total_seconds()) == expected


# -- excerpts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"", ""),
        (
            b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
            "502 Bad Gateway nginx",
        ),
        (b'{"error": "invalid_signature"}', "error invalid signature"),
        (
            b'{"message": "Customer Ada Lovelace (ada@example.com) not found"}',
            "message Customer … not found",
        ),
        (b"KeyError: 'C-1815'", "Key Error …"),
        (
            b"connection to 10.0.0.8 timed out for +234 801 234 5678",
            "connection to … timed out for …",
        ),
        ("Ọláńrewájú 4111111111111111".encode(), ""),
        (b"\x00\xff\xfe" * 900, ""),
        (b'<script>alert("error")</script>denied', "denied"),
    ],
)
def test_an_excerpt_says_what_went_wrong_and_of_whom_nothing(body, kept):
    assert excerpt(body) == kept


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "Z"]), min_size=1, max_size=40))
def test_no_name_passes_whatever_it_is(name):
    from clients.webhooks import excerpts

    told = excerpt(f"error: {name}!".encode()).replace("…", " ").split()
    assert all(word.lower() in excerpts._KNOWN or word in excerpts._STATUSES for word in told)


@given(st.binary(max_size=5_000))
def test_an_excerpt_is_bounded_whatever_comes(body):
    assert len(excerpt(body)) <= LONGEST
