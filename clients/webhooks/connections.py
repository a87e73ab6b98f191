"""Connections to one judged address each, whose every read ends with the attempt's time."""

import math
import socket
import ssl
import threading
import time
from functools import lru_cache
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

_IDLE_CONNECTIONS = 16


class _Clock(threading.local):
    """When the attempt that this thread makes has to be over."""

    deadline = math.inf


clock = _Clock()


def time_left() -> float:
    """Seconds that this thread's attempt still has. Raises TimeoutError when there are none."""
    left = clock.deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Socket(socket.socket):
    """Each read waits for what is left of the attempt, so that dripping servers gain nothing.

    Writing and handshakes need no such care: Python bounds each of them as a whole.
    """

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(time_left())
        return super().recv_into(*args, **kwargs)


class _TlsSocket(ssl.SSLSocket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(time_left())
        return super().recv_into(*args, **kwargs)


def _bounded(sock: socket.socket) -> socket.socket:
    bounded = _Socket(fileno=sock.detach())
    bounded.settimeout(time_left())
    return bounded


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _bounded(super()._new_conn())


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _bounded(super()._new_conn())


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


@lru_cache(maxsize=256)
def pool_for(scheme: str, host: str, address: str, port: int) -> urllib3.HTTPConnectionPool:
    """Connections to one address under one name, kept open between attempts."""
    if scheme == "http":
        return _PlainPool(address, port, maxsize=_IDLE_CONNECTIONS)
    return _TlsPool(
        address,
        port,
        maxsize=_IDLE_CONNECTIONS,
        server_hostname=host,
        ssl_context=_tls_context(),
    )


@lru_cache(maxsize=1)
def _tls_context() -> ssl.SSLContext:
    """Trusts what the operating system trusts (SSL_CERT_FILE adds to it)."""
    context = ssl.create_default_context()
    context.sslsocket_class = _TlsSocket
    return context


def close_connections() -> None:
    """Closes those that are idle."""
    pool_for.cache_clear()
    _tls_context.cache_clear()
