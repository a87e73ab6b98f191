"""Where a webhook may go: the shape of its URL, and the addresses that are never called."""

import ipaddress
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

LONGEST_URL: Final = 2_048
_LONGEST_HOST: Final = 253

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Beyond what the standard library knows to be private; some of it depends on Python's version.
_NEVER: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "100.64.0.0/10",  # carriers' own, and a cloud's metadata at 100.100.100.200
        "168.63.129.16/32",  # a cloud's service address for its machines, although public
        "192.0.0.0/24",  # protocol assignments, and a cloud's metadata at 192.0.0.192
        "192.88.99.0/24",  # relays of 6to4
        "198.18.0.0/15",  # benchmarks
        "240.0.0.0/4",  # reserved, and broadcast
        "::/96",  # IPv4 in IPv6, as it was once written
        "64:ff9b:1::/48",  # local translation to IPv4
        "100::/64",  # discarded
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local, as it was once written
    )
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP: Final = (0x00005EFE, 0x02005EFE)


def url_fault(url: str) -> str:
    """Why this cannot be an address to call, as a sentence's end; "" when it can.

    Looks at the shape only: what the name resolves to is judged whenever it is called.
    """
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"must be an http or https URL of at most {LONGEST_URL:,} characters"
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.port != 0
        sound = sound and 0 < len(parts.hostname or "") <= _LONGEST_HOST
    except ValueError:
        sound = False
    if not sound or "\\" in url:
        return f"must be an http or https URL of at most {LONGEST_URL:,} characters"
    if parts.username is not None or parts.password is not None:
        return "must not contain a user name or password"
    return ""


def literal_fault(url: str, *, loopback_allowed: bool) -> str:
    """Why the address that the URL names by number is refused; "" for a name or a good address."""
    try:
        address = ipaddress.ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return ""
    fault = address_fault(str(address), loopback_allowed=loopback_allowed)
    return f"must be a public address; this one is {fault}" if fault else ""


def origin_of(url: str) -> str:
    """Scheme, host and port, the default port left out: "https://bank.example:8443".

    >>> origin_of("HTTPS://Bank.example:443/hooks?key=1")
    'https://bank.example'
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, default_port(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def address_fault(address: str, *, loopback_allowed: bool) -> str:
    """What is wrong with calling this address: "private", "loopback" ...; "" for a public one.

    An IPv6 address that carries an IPv4 address in it is judged by both.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "no address"
    if loopback_allowed and ip.is_loopback:
        return ""
    return next(filter(None, map(_fault, (ip, *_carried(ip)))), "")


def _fault(ip: Address) -> str:
    for kind in ("unspecified", "loopback", "link_local", "multicast"):
        if getattr(ip, f"is_{kind}"):
            return kind.replace("_", "-")
    if any(ip in network for network in _NEVER if network.version == ip.version):
        return "reserved"
    # Translated and mapped addresses count by what they carry, whatever Python thinks of them.
    carries = next(_carried(ip), None) is not None
    return "" if ip.is_global or carries else "private"


def _carried(ip: Address) -> Iterator[ipaddress.IPv4Address]:
    """IPv4 addresses that packets to this one would end at."""
    if ip.version == 4:
        return
    if ip.ipv4_mapped:
        yield ip.ipv4_mapped
    if ip.sixtofour:
        yield ip.sixtofour
    if ip in _NAT64 or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP:
        yield ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
