"""Where a request came from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The caller's IP address, or "" when the server tells none.

    Of X-Forwarded-For only what our own PROXY_HOPS proxies wrote counts, that is its last entries:
    what stands before them is the caller's own word.
    """
    hops = settings.PROXY_HOPS
    if hops:
        told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        address = told[-hops].strip() if len(told) >= hops else ""
    else:
        address = request.META.get("REMOTE_ADDR") or ""
    try:
        return str(ip_address(address))
    except ValueError:
        return ""
