"""What the vector of one transaction costs: 40 supplied fields and all that follows from them."""

from collections.abc import Iterable
from statistics import median
from time import perf_counter
from typing import Any

FIGURES = ("features_us",)

ROUNDS = 7
CALLS = 2_000

SUPPLIED: dict[str, Any] = {
    "amount": 500_000.0,
    "currency": "NGN",
    "account_currency": "NGN",
    "transaction_type": "withdrawal",
    "industry": "fintech",
    "account_created_at": 1_700_000_000.0,
    "country": "NG",
    "home_country": "NG",
    "ip_country": "NG",
    "card_country": "NG",
    "merchant_country": "GB",
    "merchant_category_code": "7995",
    "usual_merchant_categories": ("food", "5411"),
    "card_type": "credit",
    "card_expiry": "02/30",
    "ip_is_vpn": True,
    "ip_latitude": 6.5,
    "ip_longitude": 3.4,
    "home_latitude": 6.4,
    "home_longitude": 3.3,
    "last_latitude": 9.0,
    "last_longitude": 7.4,
    "last_transaction_at": 1_763_800_000.0,
    "transactions_last_hour": 8.0,
    "transactions_last_day": 9.0,
    "velocity_7d": 10.0,
    "velocity_30d": 20.0,
    "avg_transaction_amount": 3_000.0,
    "transaction_amount_stddev": 100.0,
    "max_transaction_amount": 100_000.0,
    "sender_balance_before": 1_000_000.0,
    "sender_balance_after": 500_000.0,
    "gpu_info": "Adreno (TM) 640",
    "os_type": "android",
    "browser_type": "chrome",
    "failed_login_attempts": 1.0,
    "password_changed_at": 1_763_700_000.0,
    "email_confirmed": True,
    "phone_verified": False,
    "device_is_new": True,
}
AGENT = (
    "Mozilla/5.0 (Linux; Android 13; SM-A536B) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Mobile Safari/537.36"
)


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    """Every call has another customer, telephone and address; devices repeat, as they do."""
    from features.catalogue import compute_vector

    facts = [_facts(i) for i in range(CALLS)]
    rounds = []
    for _ in range(ROUNDS):
        start = perf_counter()
        for one in facts:
            compute_vector(one)
        rounds.append(round((perf_counter() - start) / CALLS * 1e6, 1))
    yield {
        "figure": "features_us",
        "value": median(rounds),
        "unit": "microseconds",
        "rounds": rounds,
    }


def _facts(number: int) -> Any:
    from features.framework import Facts

    names = ("user_id", "email", "phone", "ip_address", "user_agent", "device_id", "card_token")
    raw = {
        "email": f"ada.{number}@example.com",
        "phone": f"+23480312{number:05}",
        "ip_address": f"102.89.{number >> 8}.{number & 255}",
        "user_agent": AGENT,
    }
    return Facts(
        occurred_at=1_763_900_000.0 + number,
        supplied=SUPPLIED,
        hashes=dict.fromkeys(names, f"{number:032x}"),
        raw=raw,
        utc_offset_minutes=60.0,
    )
