"""A client system that speaks the sentinel format, with a key or without."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client as HttpClient

from clients.models import Institution
from clients.services import issue_api_key

ONE = {
    "transaction_id": "TXN-1",
    "user_id": 17,
    "amount": 99.5,
    "merchant_name": "Corner Shop",
    "user_email": "ada@gmail.com",
    "user_phone": "+2348031234567",
    "ip_address": "8.8.4.4",
    "user_country": "NG",
}
FRAUD = {
    **ONE,
    "transaction_id": "TXN-F",
    "user_id": "C-99",
    "user_email": "eve@gmail.com",
    "user_phone": "+2348037654321",
    "ip_address": "1.0.0.1",
    "amount": 9_000,
    "is_emulator": True,
    "is_vpn": True,
    "account_age_days": 1,
}
CERTAIN = {"NewAccountFraudRule", "HighTransactionAmountRule", "VPNOrProxyDetectedRule"}
"""Some of the rules that FRAUD triggers."""

SINGLE = ("/check-transaction", "/check-transaction-vertical")
BATCH = "/check-transactions-batch"


def plain(number: int) -> dict[str, Any]:
    """ONE of another customer, so that no two of them have anything to do with each other."""
    return {
        **ONE,
        "transaction_id": f"t-{number}",
        "user_id": number,
        "user_email": f"c{number}@gmail.com",
        "user_phone": f"+23480312345{number:02}",
        "ip_address": f"8.8.4.{number}",
    }


@dataclass
class SentinelClient:
    """`headers` of every call."""

    headers: dict[str, str]

    def check(self, /, _path: str = SINGLE[0], **fields: Any):
        return self.post(_path, {**ONE, **fields})

    def batch(self, *items: Any, **headers: str):
        return self.post(BATCH, list(items), **headers)

    def post(self, path: str, value: Any, **headers: str):
        return self.raw(path, json.dumps(value), **headers)

    def raw(
        self, path: str, body: str | bytes, content_type: str = "application/json", **more: str
    ):
        return self._http.post(
            path, body, content_type=content_type, headers={**self.headers, **more}
        )

    def get(self, path: str, params: dict[str, str] | None = None, **more: str):
        return self._http.get(path, params or {}, headers={**self.headers, **more})

    @property
    def _http(self) -> HttpClient:
        return HttpClient(raise_request_exception=False)


def with_key(institution: Institution, **more: Any) -> SentinelClient:
    _, text = issue_api_key(institution=institution, name="sentinel", by="test", **more)
    return SentinelClient({"X-API-Key": text})


def refused(response: Any, status: int) -> dict[str, str]:
    """Which fields the refusal names, and how; fails when it is none of this format."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/json"
    body = response.json()
    assert body.keys() == {"error", "detail", "type", "request_id"}
    assert isinstance(body["error"], str)
    assert body["error"]
    assert body["request_id"] == response.headers["X-Request-ID"]
    return {error["field"]: error["message"] for error in body["detail"]}
