"""Where operations would not do what the settings ask for."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from clients.webhooks.signing import secret_fault
from clients.webhooks.targets import literal_fault, url_fault


@register(Tags.security)
def check_anchor_webhook(**_: Any) -> list[CheckMessage]:
    url, secret = settings.AUDIT_ANCHOR_URL, settings.AUDIT_ANCHOR_SECRET
    if not url:
        return []
    found: list[CheckMessage] = []
    if fault := url_fault(url) or literal_fault(url, loopback_allowed=settings.DEMO):
        hint = "The addresses of webhooks are public ones (docs/webhooks.md)."
        found.append(Error(f"AUDIT_ANCHOR_URL {fault}.", hint=hint, id="fraudshield.E016"))
    if fault := secret_fault(secret):
        hint = 'Make one with: echo "whsec_$(openssl rand -base64 32)"'
        found.append(Error(f"AUDIT_ANCHOR_SECRET {fault}.", hint=hint, id="fraudshield.E017"))
    return found
