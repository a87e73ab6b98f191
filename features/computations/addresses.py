"""Which kind of internet address it is: IPv4, IPv6, or one wrapped in the other."""

import ipaddress
from functools import lru_cache

# Set aside for examples (RFC 5737, RFC 3849, RFC 9637): samples and manuals use them as neutral
# addresses.
DOCUMENTATION = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
)
# The translation prefix of RFC 6052 stands in a reserved block, but means the IPv4 address in its
# last 32 bits.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Classes in the order in which they are tried: the library calls loopback private, too.
CLASSES = (
    "documentation",
    "unspecified",
    "loopback",
    "link_local",
    "multicast",
    "reserved",
    "private",
)
# First numbers of IPv4 addresses under which a block is set aside (IANA's special registry).
# All others are public; asking the standard library about each class takes ten times as long.
_SPECIAL_OCTETS = frozenset({0, 10, 100, 127, 169, 172, 192, 198, 203, *range(224, 256)})
NOT_PUBLIC = frozenset({"unspecified", "loopback", "link_local", "private", "reserved"})


@lru_cache(maxsize=32)  # one transaction's address is read for several features
def parse_address(text: str) -> Address | None:
    """The address, an IPv4 one where an IPv6 one merely wraps it."""
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _TRANSLATED:
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


@lru_cache(maxsize=4096)
def ip_class(text: str) -> str | None:
    """One of :data:`CLASSES`, or public.

    >>> ip_class("10.0.0.1"), ip_class("203.0.113.5"), ip_class("8.8.8.8")
    ('private', 'documentation', 'public')
    """
    address = parse_address(text)
    if address is None:
        return None
    if address.version == 4 and address.packed[0] not in _SPECIAL_OCTETS:
        return "public"
    if any(address in network for network in DOCUMENTATION if network.version == address.version):
        return "documentation"
    for name in CLASSES[1:]:
        if getattr(address, f"is_{name}"):
            return name
    return "public"


def ip_version(text: str) -> float | None:
    """4 or 6, told by the colon; of what is an address at all."""
    if ip_class(text) is None:
        return None
    return 6.0 if ":" in text else 4.0


def is_private_class(address_class: str) -> bool:
    """Whether no client on the internet can have an address of this class."""
    return address_class in NOT_PUBLIC
