"""API keys that the environment gives, for clients that keep the keys of the system they left.

FRONTEND_API_KEY and ADMIN_API_KEY may be any text of twenty characters or more. Each stands for an
`ApiKey` of the institution API_KEYS_INSTITUTION, with tier, log and revocation as any other; only
its secret was chosen elsewhere. A key that has left the environment is revoked.
"""

from collections.abc import Mapping
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from clients import keys
from clients.models import USUAL_SCOPES, ApiKey, Institution, Scope
from clients.services import issue_api_key, revoke_api_key

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "FRONTEND_API_KEY": (Scope.SCORE, Scope.READ),
    "ADMIN_API_KEY": USUAL_SCOPES,
}
SHORTEST: Final = 20
_ACTOR: Final = "environment"


@transaction.atomic
def adopt_environment_keys() -> tuple[int, int]:
    """Issue the keys that are new, revoke those that are gone; how many of each. Repeatable.

    Raises ImproperlyConfigured for a key that is too short or was revoked, and without an
    institution.
    """
    given = {name: _given(name) for name in NAMES if getattr(settings, name)}
    stored = {key.prefix: key for key in ApiKey.objects.filter(name__in=NAMES)}
    kept = {key.prefix for key in given.values()}
    gone = [key for prefix, key in stored.items() if prefix not in kept and not key.revoked_at]
    for key in gone:
        revoke_api_key(key=key, by=_ACTOR, reason=f"{key.name} left the environment")
    new = {name: key for name, key in given.items() if key.prefix not in stored}
    for name, text in given.items():
        if name in new:
            issue_api_key(
                institution=_institution(), name=name, by=_ACTOR, scopes=NAMES[name], text=text
            )
        elif stored[text.prefix].revoked_at:
            raise ImproperlyConfigured(f"{name} was revoked, which is for good; choose another.")
    return len(new), len(gone)


def _given(name: str) -> keys.KeyText:
    text: str = getattr(settings, name)
    if len(text) < SHORTEST:
        raise ImproperlyConfigured(f"{name} has fewer than {SHORTEST} characters.")
    return keys.chosen_elsewhere(text)


def _institution() -> Institution:
    slug = settings.API_KEYS_INSTITUTION
    found = Institution.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Institution.objects.values_list("slug", flat=True)[:10]) or "none yet"
        raise ImproperlyConfigured(
            f"API_KEYS_INSTITUTION must name the institution of FRONTEND_API_KEY and "
            f"ADMIN_API_KEY; {slug!r} is none. There are: {known}."
        )
    return found
