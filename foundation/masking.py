"""Identifiers as people without the right to see them get them.

Each function is total: whatever it is given, the answer shows at most what its name promises.
"""

import ipaddress

DOTS = "••••"


def mask_identifier(value: str) -> str:
    """First and last characters of a customer or device number: "C-2••••31".

    At most half of the characters are shown, at most five; of four or fewer, none.
    """
    shown = min(len(value) // 2, 5) if len(value) > 4 else 0
    tail = shown // 2
    return value[: shown - tail] + DOTS + (value[-tail:] if tail else "")


def mask_email(value: str) -> str:
    """First letter and domain: "j••••@example.com"."""
    local, at, domain = value.rpartition("@")
    if not at or not local or not domain:
        return DOTS
    return f"{local[0]}{DOTS}@{domain}"


def mask_phone(value: str) -> str:
    """Country prefix (of numbers with a plus sign) and the last two digits: "+234••••89"."""
    digits = [character for character in value if character.isdigit()]
    if len(digits) < 7:
        return DOTS
    head = "+" + "".join(digits[:3]) if value.strip().startswith("+") else ""
    return head + DOTS + "".join(digits[-2:])


def mask_ip(value: str) -> str:
    """The network only: "203.0.•.•" of an IPv4, "2001:db8::/32" of an IPv6 address."""
    try:
        address = ipaddress.ip_address(value.strip())
    except ValueError:
        return DOTS
    if address.version == 4:
        first, second, *_ = str(address).split(".")
        return f"{first}.{second}.•.•"
    return str(ipaddress.ip_network((int(address) >> 96 << 96, 32)))
