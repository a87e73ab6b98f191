"""Where a request came from."""

from ipaddress import ip_address, ip_network

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


def network_of(address: str) -> str:
    """What counts as one network: an IPv4 address, or an IPv6 household's 64 bits."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ip) if ip.version == 4 else str(ip_network((int(ip) >> 64 << 64, 64)))
