"""A mobile-money customer and what PaySim would send of him."""

import json
from typing import Any

from django.test import Client as HttpClient

PAYMENT: dict[str, Any] = {
    "transaction_id": "g-1",
    "step": 1,
    "type": "PAYMENT",
    "amount": 9839.64,
    "nameOrig": "C1231006815",
    "oldbalanceOrg": 170136.0,
    "newbalanceOrig": 160296.36,
    "nameDest": "M1979787155",
    "oldbalanceDest": 0.0,
    "newbalanceDest": 0.0,
}
CASH_OUT = {
    **PAYMENT,
    "transaction_id": "g-2",
    "type": "CASH_OUT",
    "amount": 181.0,
    "nameOrig": "C840083671",
    "oldbalanceOrg": 181.0,
    "newbalanceOrig": 0.0,
    "nameDest": "C38997010",
    "oldbalanceDest": 21182.0,
    "newbalanceDest": 21363.0,
}


def call(key: str | None, method: str, path: str, body: Any = None, **headers: str):
    """One request; a body that is no bytes goes as JSON."""
    client = HttpClient(raise_request_exception=False)
    headers = {**({"X-API-Key": key} if key else {}), **headers}
    if method in {"get", "head"}:
        return getattr(client, method)(path, body or {}, headers=headers)
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    headers = {"Content-Type": "application/json", **headers}
    return client.generic(method.upper(), path, content, headers=headers)
