"""Sending to servers that fail in every way. No database."""

import socket
import time

import pytest
from django.test import override_settings

from clients.webhooks import sending
from clients.webhooks.sending import forget_connections, send
from clients.webhooks.tests import server
from clients.webhooks.tests.server import OK, answer, drips, says

BODY, HEADERS = b'{"data": {}}', {"Content-Type": "application/json", "X-Mark": "7"}
A_WHILE = 0.6
"""Seconds that an attempt has in these tests."""


@pytest.fixture(autouse=True)
def clean():
    forget_connections()
    with override_settings(DEMO=True):
        yield
    forget_connections()


@pytest.fixture
def receiver():
    with server.receiving() as receiver:
        yield receiver


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", A_WHILE)


def resolve_to(monkeypatch, *addresses: str) -> list[str]:
    """Makes every name resolve to these; returns the names that were asked for."""
    asked: list[str] = []

    def look_up(host: str, port: int) -> list[str]:
        asked.append(host)
        return list(addresses)

    monkeypatch.setattr(sending, "_look_up", look_up)
    return asked


def test_it_posts_the_bytes_as_they_are(receiver):
    outcome = send(receiver.url("/hook?key=1&b=%20"), BODY, HEADERS)
    assert (outcome.fault, outcome.status, outcome.excerpt) == ("", 200, "")
    (got,) = receiver.got
    assert (got.path, got.body) == ("/hook?key=1&b=%20", BODY)
    assert got.headers["X-Mark"] == "7"
    assert got.headers["Host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize(
    ("behave", "fault"),
    [
        (says(answer(500, b"database timeout")), "answered 500"),
        (says(answer(404)), "answered 404"),
        (says(answer(302, b"", "Location: http://169.254.169.254/")), "redirects are not followed"),
        (says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), "answered 101"),
        (server.hangs_up, "the connection was closed without an answer"),
        (server.resets, "the connection broke"),
        (says(b"\x00\xff garbage \r\n\r\n"), "no HTTP answer"),
        (says(b"HTTP/1.1 abc\r\n\r\n"), "no HTTP answer"),
        (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "no HTTP answer"),
        (says(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"), "no HTTP answer"),
        (says(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300 + b"\r\n"), "no HTTP answer"),
    ],
)
def test_what_is_no_success_is_a_fault_in_our_words(receiver, behave, fault):
    receiver.behave = behave
    assert send(receiver.url(), BODY, HEADERS).fault == fault
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "behave",
    [
        server.silence,
        drips(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" * 2),
        drips(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50 + b"\r\n"),
        lambda c, r: (
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"),
            drips(b"x" * 500)(c, r),
        ),
        lambda c, r: [
            (c.sendall(b"HTTP/1.1 100 Continue\r\n\r\n"), time.sleep(0.1)) for _ in range(99)
        ],
    ],
    ids=["silence", "drips the head", "drips headers", "drips the body", "continues for ever"],
)
def test_the_time_is_for_everything_together(receiver, hurried, behave):
    receiver.behave = behave
    outcome = send(receiver.url(), BODY, HEADERS)
    assert outcome.fault.startswith("no complete answer within")
    assert outcome.latency_ms < 1_000 * A_WHILE + 900


def test_a_huge_answer_is_not_read(receiver):
    receiver.behave = server.floods
    outcome = send(receiver.url(), BODY, HEADERS)
    assert (outcome.fault, outcome.status) == ("", 200)
    receiver.behave = says(OK)
    assert send(receiver.url(), BODY, HEADERS).fault == ""  # on a new connection


def test_a_compressed_answer_is_not_unpacked(receiver):
    receiver.behave = says(answer(500, b"\x1f\x8b" + b"\0" * 90, "Content-Encoding: gzip"))
    assert send(receiver.url(), BODY, HEADERS).fault == "answered 500"


def test_connections_are_used_again(receiver):
    ports = set()
    receiver.behave = lambda connection, _: (
        ports.add(connection.getpeername()[1]),
        connection.sendall(OK),
    )
    assert [send(receiver.url(), BODY, HEADERS).fault for _ in range(3)] == ["", "", ""]
    assert len(ports) == 1


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert send(f"http://127.0.0.1:{port}/", BODY, HEADERS).fault == "no connection"


def test_a_wish_for_later_is_passed_on(receiver):
    receiver.behave = says(answer(429, b"", "Retry-After: 120"))
    assert send(receiver.url(), BODY, HEADERS).retry_after == 120
    receiver.behave = says(answer(429, b"", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT"))
    assert send(receiver.url(), BODY, HEADERS).retry_after is None


def test_no_proxy_of_the_environment_is_asked(receiver, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert send(receiver.url(), BODY, HEADERS).fault == ""


# -- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "0", "[::1]"]
)
def test_this_machine_is_not_called_outside_the_demo(receiver, host):
    with override_settings(DEMO=False):
        fault = send(receiver.url(host=host), BODY, HEADERS).fault
    assert fault.startswith(("the name leads to an address that is", "the name does not resolve"))
    assert receiver.got == []


@pytest.mark.parametrize("address", ["10.0.0.8", "169.254.169.254", "192.168.1.1", "::"])
def test_even_the_demo_calls_no_private_address(monkeypatch, address):
    resolve_to(monkeypatch, address)
    assert "address that is" in send("http://bank.example/", BODY, HEADERS).fault


def test_one_bad_address_among_good_ones_spoils_the_name(monkeypatch, receiver):
    resolve_to(monkeypatch, "127.0.0.1", "10.0.0.8")
    assert "private" in send(receiver.url(host="bank.example"), BODY, HEADERS).fault
    assert receiver.got == []


def test_the_address_that_was_judged_is_the_one_that_is_called(monkeypatch, receiver):
    """A name whose answer changes between the look and the call (rebinding) is asked once."""
    asked = resolve_to(monkeypatch, "127.0.0.1")
    assert send(receiver.url(host="bank.example"), BODY, HEADERS).fault == ""
    assert asked == ["bank.example"]
    assert receiver.got[0].headers["Host"] == f"bank.example:{receiver.port}"


def test_the_next_address_is_called_when_the_first_is_dead(monkeypatch, receiver):
    resolve_to(monkeypatch, "127.0.0.2", "127.0.0.1")
    assert send(receiver.url(host="bank.example"), BODY, HEADERS).fault == ""


def test_a_name_that_takes_too_long_costs_no_more_than_the_time(monkeypatch, hurried):
    monkeypatch.setattr(sending, "_look_up", lambda *_: time.sleep(3))
    outcome = send("http://slow.example/", BODY, HEADERS)
    assert outcome.fault.startswith("no complete answer")
    assert outcome.latency_ms < 2_500


@pytest.mark.parametrize("url", ["http://bank.invalid/", "http://" + "a" * 64 + ".example/"])
def test_an_unknown_name_is_a_fault(url):
    assert send(url, BODY, HEADERS).fault == "the name does not resolve"


# -- TLS ------------------------------------------------------------------------------------------


@pytest.fixture
def secured(tmp_path, monkeypatch):
    chain, context = server.certificate(tmp_path, "bank.example", "127.0.0.1")
    resolve_to(monkeypatch, "127.0.0.1")
    with server.receiving(context) as receiver:
        yield receiver, chain


def test_a_certificate_that_nobody_vouches_for_is_refused(secured):
    receiver, _ = secured
    fault = send(receiver.url(host="bank.example"), BODY, HEADERS).fault
    assert fault == "the certificate is not valid for this name"
    assert receiver.got == []


def test_the_certificate_is_asked_for_by_name_though_the_address_is_pinned(secured, monkeypatch):
    receiver, chain = secured
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    outcome = send(receiver.url(host="bank.example"), BODY, HEADERS)
    assert (outcome.fault, receiver.got[0].body) == ("", BODY)
    fault = send(receiver.url(host="other.example"), BODY, HEADERS).fault
    assert fault == "the certificate is not valid for this name"
    assert send(receiver.url(), BODY, HEADERS).fault == ""  # named by its number


def test_a_secured_server_that_drips_gains_nothing(secured, monkeypatch, hurried):
    receiver, chain = secured
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    receiver.behave = drips(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    outcome = send(receiver.url(host="bank.example"), BODY, HEADERS)
    assert outcome.fault.startswith("no complete answer")
    assert outcome.latency_ms < 1_000 * A_WHILE + 900


@pytest.mark.parametrize("behave", [says(b"SSH-2.0-x\r\n"), server.silence])
def test_what_speaks_no_tls_is_a_fault(receiver, hurried, behave):
    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        assert send(url, BODY, HEADERS).fault.startswith("no complete answer")
    assert send(receiver.url().replace("http:", "https:"), BODY, HEADERS).fault
