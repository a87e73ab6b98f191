"""Of whom a second factor is asked."""

from enum import StrEnum

from django.conf import settings

from foundation.models import User
from foundation.signin.models import Authenticator


class Policy(StrEnum):
    """Values of the setting TWO_FACTOR."""

    REQUIRED = "required"
    OPTIONAL = "optional"  # asked of those who enrolled
    OFF = "off"  # asked of nobody, the pages for it are gone


def is_on() -> bool:
    return bool(settings.TWO_FACTOR != Policy.OFF)


def is_demanded_of(user: User) -> bool:
    """Whether the person must enrol. Users of the demo need not: their passwords are known."""
    exempt = settings.DEMO and user.is_demo
    return bool(settings.TWO_FACTOR == Policy.REQUIRED and not exempt)


def is_enrolled(user: User) -> bool:
    """One query."""
    return bool(Authenticator.objects.filter(user=user, confirmed=True).exists())
