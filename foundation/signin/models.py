"""What a person proves the second factor with. Secrets are encrypted, recovery codes are hashed.

django-otp's own devices keep both in clear; these stand on its abstract device, with its throttling
(each failure doubles the wait: 1, 2, 4, 8 ... seconds) and its code arithmetic.
"""

import hashlib
import secrets
from base64 import b32encode
from time import time as now
from typing import Any, Final
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django_otp.models import Device, ThrottlingMixin, TimestampMixin
from django_otp.oath import TOTP

from foundation.crypto import seal, unseal

ISSUER: Final = "FraudShield"
STEP: Final = 30  # seconds that a code stands
DIGITS: Final = 6
TOLERANCE: Final = 1  # steps that a phone's clock may be off
RECOVERY_CODES: Final = 10
_SECRET_BYTES = 20
_CODE_BYTES = 10  # 80 bits: too many to try, so that one plain SHA-256 is enough


class _Throttled(TimestampMixin, ThrottlingMixin, Device):  # type: ignore[misc]
    """One of a kind for each person."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        abstract = True

    def get_throttle_factor(self) -> int:
        return 1


class Authenticator(_Throttled):
    """The app on a person's phone that shows a code every 30 seconds (TOTP, RFC 6238).

    `confirmed` once its first code was typed in. A code is taken once: `last_step` is the step of
    the last one.
    """

    secret_sealed = models.BinaryField(editable=False)
    last_step = models.BigIntegerField(default=-1, editable=False)

    class Meta:
        default_permissions = ()

    @property
    def secret(self) -> bytes:
        return unseal(self.secret_sealed, context=secret_context(self.user_id))

    @property
    def secret_as_text(self) -> str:
        """In groups of four, for typing in."""
        text = b32encode(self.secret).decode()
        return " ".join(text[i : i + 4] for i in range(0, len(text), 4))

    @property
    def address(self) -> str:
        """The otpauth:// address that the QR code holds."""
        label = quote(f"{ISSUER}:{self.user.get_username()}")
        values = {"secret": b32encode(self.secret).decode(), "issuer": ISSUER, "digits": DIGITS}
        return f"otpauth://totp/{label}?{urlencode({**values, 'period': STEP})}"

    def verify_token(self, token: str) -> bool:
        """Whether the code is right and new. A wrong one counts; none is looked at too early."""
        if not self.verify_is_allowed()[0]:
            return False
        totp = TOTP(self.secret, step=STEP, digits=DIGITS)
        totp.time = now()
        if is_authenticator_code(token) and totp.verify(int(token), TOLERANCE, self.last_step + 1):
            self.last_step = totp.t()
            _accepted(self)
            return True
        self.throttle_increment()
        return False


class RecoveryCodes(_Throttled):
    """What gets a person in without the phone: SHA-256 of codes that are good once each."""

    digests = ArrayField(models.BinaryField(max_length=32), default=list, editable=False)

    class Meta:
        default_permissions = ()

    @property
    def left(self) -> int:
        return len(self.digests)

    def verify_token(self, token: str) -> bool:
        """As the authenticator's; the code is used up."""
        if not self.verify_is_allowed()[0]:
            return False
        wanted = digest_of(token)
        kept = [stored for stored in map(bytes, self.digests) if stored != wanted]
        if len(kept) < len(self.digests):
            self.digests = kept
            _accepted(self)
            return True
        self.throttle_increment()
        return False


def _accepted(device: Any) -> None:
    device.throttle_reset(commit=False)
    device.set_last_used_timestamp(commit=False)
    device.save()


def is_authenticator_code(token: str) -> bool:
    """Six digits; anything else is meant as a recovery code."""
    return len(token) == DIGITS and token.isascii() and token.isdigit()


def new_secret() -> bytes:
    return secrets.token_bytes(_SECRET_BYTES)


def secret_context(user_id: int) -> bytes:
    return f"foundation.authenticator:{user_id}:secret".encode()


def seal_secret(user_id: int, secret: bytes) -> bytes:
    return seal(secret, context=secret_context(user_id))


def new_recovery_code() -> str:
    """ "k3fd-q2xa-77ub-mz5e"."""
    text = b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def digest_of(code: str) -> bytes:
    """Of the code as it is meant: hyphens, blanks and capitals mean nothing."""
    meant = "".join(character for character in code.lower() if character.isalnum())
    return hashlib.sha256(meant.encode()).digest()
