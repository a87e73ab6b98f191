"""One POST to a stranger's server: bounded in time and size, to an address that was judged.

The name is resolved here, every address is judged, and the connection is made to that very address
with the name in Host, SNI and certificate check: a name that resolves to something else a moment
later changes nothing. Redirects are not followed; no proxy is taken from the environment.
"""

import http.client
import logging
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotResolvedYet
from dataclasses import dataclass
from math import inf
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import urllib3
from django.conf import settings
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    SSLError,
)

from clients.webhooks.connections import clock, close_connections, pool_for, time_left
from clients.webhooks.excerpts import READ_AT_MOST, excerpt
from clients.webhooks.targets import address_fault, default_port, origin_of

SECONDS: Final = 5.0
"""For everything: resolving, connecting, sending, and reading whatever comes."""
_MOST_ADDRESSES = 3
_RESOLVED_FOR = 30.0
_MOST_RESOLVED = 1_000

# It logs addresses, whose path and query may say more than they should.
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt; `fault` is empty for a success (any 2xx)."""

    fault: str
    latency_ms: int
    status: int | None = None
    excerpt: str = ""
    retry_after: int | None = None  # seconds


class _Refused(Exception):
    """Not called, or not answered, for this reason."""


def send(url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
    """Never raises for what a server, a network or a URL may do."""
    started = time.monotonic()
    clock.deadline = started + SECONDS
    try:
        outcome = _send(url, body, headers, started)
    except _Refused as refused:
        return Outcome(str(refused), _since(started))
    except (HTTPError, OSError, ValueError, http.client.HTTPException) as error:
        return Outcome(_fault_of(error), _since(started))
    finally:
        clock.deadline = inf
    return outcome


def _send(url: str, body: bytes, headers: Mapping[str, str], started: float) -> Outcome:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or default_port(parts.scheme)
    addresses = _judged(_resolve(host, port))[:_MOST_ADDRESSES]
    host_header = origin_of(url).partition("://")[2]
    for position, address in enumerate(addresses, start=1):
        try:
            response = _post(
                parts,
                address,
                port,
                body,
                {**headers, "Host": host_header},
                last=position == len(addresses),
            )
        except (NewConnectionError, ConnectTimeoutError):
            if position == len(addresses) or time_left() < 0.5:
                raise
        else:
            return _read(response, started)
    raise _Refused("the name has no address")


def _post(
    parts: SplitResult,
    address: str,
    port: int,
    body: bytes,
    headers: Mapping[str, str],
    *,
    last: bool,
) -> urllib3.BaseHTTPResponse:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    left = time_left()
    pool = pool_for(parts.scheme, parts.hostname or "", address, port)
    return pool.urlopen(
        "POST",
        path,
        body=body,
        headers=headers,
        retries=False,
        redirect=False,
        assert_same_host=False,
        timeout=urllib3.Timeout(connect=left if last else left / 2, read=left),
        preload_content=False,
        decode_content=False,
    )


def _read(response: urllib3.BaseHTTPResponse, started: float) -> Outcome:
    """Reads a bounded part of the answer; a longer one costs its sender the connection."""
    try:
        content = response.read(READ_AT_MOST + 1)
        if len(content) > READ_AT_MOST:
            response.close()
    except BaseException:
        response.close()
        raise
    finally:
        response.release_conn()
    status = response.status
    if 200 <= status < 300:
        return Outcome("", _since(started), status)
    fault = "redirects are not followed" if 300 <= status < 400 else f"answered {status}"
    return Outcome(
        fault,
        _since(started),
        status,
        excerpt(content),
        _seconds(response.headers.get("Retry-After")),
    )


def _seconds(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else None


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1_000)


def _fault_of(error: Exception) -> str:
    """In our own words: the libraries' quote addresses and answers."""
    chain = _chain(error)

    def is_any(*kinds: type[BaseException]) -> bool:
        return any(isinstance(each, kinds) for each in chain)

    if isinstance(error, NewConnectionError):  # by urllib3's classes a kind of time-out
        return "no connection"
    if is_any(TimeoutError, urllib3.exceptions.TimeoutError):
        return f"no complete answer within {SECONDS:g} seconds"
    if is_any(ssl.SSLCertVerificationError):
        return "the certificate is not valid for this name"
    if is_any(SSLError, ssl.SSLError):
        return "no TLS connection"
    if is_any(http.client.RemoteDisconnected):
        return "the connection was closed without an answer"
    return "the connection broke" if is_any(ConnectionError) else "no HTTP answer"


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what it was made of: the libraries keep causes in all three places."""
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting and len(found) < 10:
        each = waiting.pop()
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            waiting += [each.__cause__, each.__context__, *each.args]
    return found


# -- names ----------------------------------------------------------------------------------------

_resolver = ThreadPoolExecutor(max_workers=16, thread_name_prefix="resolve")
_resolved: dict[tuple[str, int], tuple[float, list[str]]] = {}


def _judged(addresses: list[str]) -> list[str]:
    """The addresses, if all may be called: a name that leads elsewhere, too, is not trusted."""
    for address in addresses:
        if fault := address_fault(address, loopback_allowed=settings.DEMO):
            raise _Refused(f"the name leads to an address that is {fault}")
    return addresses


def _resolve(host: str, port: int) -> list[str]:
    """Addresses of a name, kept for half a minute. The wait ends with the attempt's time; the
    operating system's own, which cannot be stopped, holds up one of a few threads meanwhile."""
    known = _resolved.get((host, port))
    if known and time.monotonic() < known[0]:
        return known[1]
    try:
        found = _resolver.submit(_look_up, host, port).result(timeout=time_left())
    except NotResolvedYet:
        raise TimeoutError from None
    except (OSError, UnicodeError):
        raise _Refused("the name does not resolve") from None
    if len(_resolved) >= _MOST_RESOLVED:
        _resolved.clear()
    _resolved[host, port] = time.monotonic() + _RESOLVED_FOR, found
    return found


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def forget_connections() -> None:
    """Closes idle connections and forgets what names resolved to."""
    close_connections()
    _resolved.clear()
