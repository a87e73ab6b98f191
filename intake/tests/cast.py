"""Who takes part: two banks with their keys, and a caller that speaks HTTP to the doors."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client as HttpClient

CHECK = "/api/v1/fraud/check"
PLAIN = {"user_id": "C-1", "amount": 1500}
SUSPICIOUS = {
    "user_id": "ml_test_user",
    "amount": 500000,
    "transaction_type": "withdrawal",
    "industry": "fintech",
    "account_age_days": 5,
    "is_vpn": True,
    "transactions_last_hour": 8,
    "use_ml": True,
}


@dataclass
class Caller:
    """A client system with its key; `raw` sends bytes as they are."""

    key: str | None

    def check(self, /, _headers: dict[str, str] | None = None, **fields: Any):
        return self.raw(json.dumps({**PLAIN, **fields}), headers=_headers)

    def send(self, value: Any, **headers: str):
        return self.raw(json.dumps(value), headers=headers)

    def raw(
        self,
        body: bytes | str,
        *,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ):
        # Django's client leaves the type of an empty body away unless it stands among the headers.
        headers = {"Content-Type": content_type, **self._headers(headers)}
        return HttpClient(raise_request_exception=False).post(
            CHECK, body, content_type=content_type, headers=headers
        )

    def get(self, path: str, params: dict[str, str] | None = None):
        return HttpClient(raise_request_exception=False).get(
            path, params or {}, headers=self._headers(None)
        )

    def post(self, path: str, fields: Any):
        return HttpClient(raise_request_exception=False).post(
            path, json.dumps(fields), content_type="application/json", headers=self._headers(None)
        )

    def _headers(self, more: dict[str, str] | None) -> dict[str, str]:
        return {**({"X-API-Key": self.key} if self.key else {}), **(more or {})}


def wrong_fields(response) -> dict[str, str]:
    """Which fields a refusal names, and how; fails when the answer is no proper refusal."""
    assert response.status_code == 400, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == 400
    assert body["request_id"] == response.headers["X-Request-ID"]
    return {error["field"]: error["message"] for error in body.get("errors", [])}
