"""Who a request comes from: by an API key, or by an account's access token."""

import re
from collections.abc import Mapping
from typing import Any, Final

from clients.accounts.errors import TokenMissing
from clients.accounts.tokens import client_of
from clients.authentication import Client, authenticate

_scheme_and_token: Final = re.compile(r"\s*(\S+)\s+(\S+)\s*").fullmatch


def client_by_key(meta: Mapping[str, Any]) -> Client:
    """The client of X-API-Key; without that header, of the bearer token in Authorization.

    `meta` as in `HttpRequest.META`. Raises Unauthorized.
    """
    if "HTTP_X_API_KEY" not in meta and "HTTP_AUTHORIZATION" in meta:
        return client_of(bearer_of(meta))
    return authenticate(meta.get("HTTP_X_API_KEY"))


def client_by_token(meta: Mapping[str, Any]) -> Client:
    """The client of the bearer token; without Authorization, of the key in X-API-Key."""
    if "HTTP_AUTHORIZATION" not in meta and "HTTP_X_API_KEY" in meta:
        return authenticate(meta["HTTP_X_API_KEY"])
    return client_of(bearer_of(meta))


def bearer_of(meta: Mapping[str, Any]) -> str:
    """The token in the header Authorization. Raises TokenMissing for none, and for another kind."""
    match = _scheme_and_token(meta.get("HTTP_AUTHORIZATION", ""))
    if match is None or match[1].lower() != "bearer":
        raise TokenMissing
    return match[2]
