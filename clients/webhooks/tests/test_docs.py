"""The ways to verify that docs/webhooks.md shows do verify, and only what is genuine."""

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from clients.webhooks.schedule import OPENS_AFTER, TRIES, wait_after
from clients.webhooks.signing import make_body, new_secret, signature_headers

DOCS = (Path(settings.BASE_DIR) / "docs" / "webhooks.md").read_text(encoding="utf-8")
OWN = "a secret from the old system"


def example(name: str) -> str:
    return re.search(rf"```\w+ {name}\n(.*?)```", DOCS, re.DOTALL)[1]


def verifier(name: str):
    space: dict[str, object] = {}
    exec(compile(example(name), name, "exec"), space)  # noqa: S102  our own page
    return space["is_genuine"]


def sent(*secrets: str, at: datetime | None = None) -> tuple[bytes, dict[str, str]]:
    at = at or datetime.now(UTC)
    body = make_body("fraud_detected", at, {"transaction_id": "T-1", "amount": 0.1}).encode()
    return body, signature_headers(secrets, event_id="evt_1", body=body, at=at)


@pytest.mark.parametrize("name", ["verify_hex", "verify_standard"])
@pytest.mark.parametrize("secret", [new_secret(), OWN], ids=["made here", "brought along"])
def test_what_is_genuine_verifies_and_nothing_else(name, secret):
    is_genuine = verifier(name)
    body, headers = sent(secret)
    assert is_genuine(body, headers, secret)
    assert not is_genuine(body + b" ", headers, secret)
    assert not is_genuine(body, headers, new_secret())


def test_a_recorded_request_verifies_no_more_after_five_minutes():
    old = datetime.now(UTC) - timedelta(minutes=6)
    secret = new_secret()
    body, headers = sent(secret, at=old)
    assert not verifier("verify_standard")(body, headers, secret)


def test_during_a_rotation_each_receiver_verifies_with_what_it_has():
    old, new = new_secret(), new_secret()
    body, headers = sent(old, new)
    assert verifier("verify_standard")(body, headers, old)
    assert verifier("verify_standard")(body, headers, new)
    assert verifier("verify_hex")(body, headers, old)


def test_the_shell_gets_the_same_signature():
    body, headers = sent(OWN)
    got = subprocess.run(
        ["sh", "-c", example("verify_shell")],
        env={"BODY": body.decode(), "SECRET": OWN, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    if got.returncode or not got.stdout.strip():
        pytest.skip("there is no openssl here")
    assert got.stdout.strip() == headers["X-Webhook-Signature"]


def test_the_page_tells_the_schedule_as_it_is():
    hours = sum((wait_after(n, 0) for n in range(1, TRIES)), timedelta()) // timedelta(hours=1)
    assert f"{TRIES} tries over {hours} hours" in DOCS
    assert f"{OPENS_AFTER} failures in a row" in DOCS
