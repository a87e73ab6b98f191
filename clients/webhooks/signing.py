"""Bodies and signatures, pure.

Two signatures of one body: `X-Webhook-Signature` as the older systems made it, and those of
Standard Webhooks (https://www.standardwebhooks.com), which a replayed request does not pass for
long, since they hold the time.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

PREFIX: Final = "whsec_"
SHORTEST, LONGEST = 16, 255  # characters of a secret that a client brings along
_RANDOM_BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(_RANDOM_BYTES)).decode()


def secret_fault(secret: str) -> str:
    """Why a text cannot serve as a secret, as a sentence's end; "" when it can."""
    if not SHORTEST <= len(secret) <= LONGEST or not secret.isascii() or not secret.isprintable():
        return f"must be {SHORTEST} to {LONGEST} printable ASCII characters"
    if secret.startswith(PREFIX) and _decoded(secret) is None:
        return f"must be base64 after {PREFIX}"
    return ""


def make_body(event: str, occurred_at: datetime, data: Mapping[str, Any]) -> str:
    """The text whose bytes are sent and signed: ASCII, keys sorted, Python's usual separators.

    A receiver that decodes it and encodes it again in this way gets the same bytes. Raises
    ValueError for a number that JSON does not know.
    """
    timestamp = occurred_at.astimezone(UTC).isoformat(timespec="milliseconds")
    body = {"event": event, "timestamp": timestamp, "data": data}
    return json.dumps(body, sort_keys=True, allow_nan=False)


def signature_headers(
    valid: Sequence[str], *, event_id: str, body: bytes, at: datetime
) -> dict[str, str]:
    """The headers that prove a body; `valid` are the secrets in force, oldest first.

    X-Webhook-Signature has room for one signature: while two secrets are valid, it is made with
    the older one, which every receiver has.
    """
    seconds = int(at.timestamp())
    return {
        "X-Webhook-Signature": hex_signature(valid[0], body),
        "webhook-id": event_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(
            standard_signature(secret, event_id, seconds, body) for secret in reversed(valid)
        ),
    }


def hex_signature(secret: str, body: bytes) -> str:
    """HMAC-SHA256 over the body in hexadecimal; the key is the secret as it is written."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard_signature(secret: str, event_id: str, seconds: int, body: bytes) -> str:
    """ "v1,<base64>" over id, time and body; the key is what stands after whsec_ in base64, or
    the bytes of a secret without that prefix."""
    key = _decoded(secret) or secret.encode()
    signed = f"{event_id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _decoded(secret: str) -> bytes | None:
    if not secret.startswith(PREFIX):
        return None
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True) or None
    except (binascii.Error, ValueError):
        return None
