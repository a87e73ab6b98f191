"""Only what our own proxies say of the caller's address counts."""

import pytest
from django.test import RequestFactory

from foundation.addresses import client_address


@pytest.mark.parametrize(
    ("hops", "forwarded", "seen"),
    [
        (0, None, "10.0.0.9"),
        (0, "203.0.113.7", "10.0.0.9"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "1.1.1.1, 203.0.113.7", "203.0.113.7"),
        (1, "1.1.1.1,2.2.2.2,203.0.113.7", "203.0.113.7"),
        (2, "1.1.1.1, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (2, "203.0.113.7", ""),
        (1, None, ""),
        (1, "", ""),
        (1, "nonsense", ""),
        (1, "203.0.113.7:4711", ""),
        (1, "2001:DB8::1", "2001:db8::1"),
        (1, ", , ,", ""),
    ],
)
def test_the_address_is_taken_from_our_own_proxies(settings, hops, forwarded, seen):
    settings.PROXY_HOPS = hops
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory(headers=headers).get("/", REMOTE_ADDR="10.0.0.9")
    assert client_address(request) == seen


@pytest.mark.parametrize("given", [None, "", "unix:"])
def test_a_server_that_tells_no_address_gives_none(settings, given):
    settings.PROXY_HOPS = 0
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=given)) == ""
