"""What the vector of one transaction costs, with all that counters, profile and local libraries
tell; and what the windowed features cost over a history."""

import resource
from collections.abc import Iterable
from statistics import median
from time import perf_counter
from typing import Any

FIGURES = ("features_us", "windows_1m_s")

ROUNDS = 7
CALLS = 2_000
EVENTS = 1_000_000

SUPPLIED: dict[str, Any] = {
    "amount": 500_000.0,
    "currency": "NGN",
    "account_currency": "NGN",
    "transaction_type": "withdrawal",
    "industry": "fintech",
    "account_created_at": 1_700_000_000.0,
    "country": "NG",
    "home_country": "NG",
    "card_country": "NG",
    "merchant_country": "GB",
    "merchant_category_code": "7995",
    "card_type": "credit",
    "card_expiry": "02/30",
    "ip_is_vpn": True,
    "home_latitude": 6.4,
    "home_longitude": 3.3,
    "sender_balance_before": 1_000_000.0,
    "sender_balance_after": 500_000.0,
    "gpu_info": "Adreno (TM) 640",
    "os_type": "android",
    "browser_type": "chrome",
    "failed_login_attempts": 1.0,
    "password_changed_at": 1_763_700_000.0,
    "email_confirmed": True,
    "phone_verified": False,
}
PARTIES = (
    ("customer", 50_000),
    ("card", 70_000),
    ("device", 60_000),
    ("ip", 80_000),
    ("email", 50_000),
    ("phone", 50_000),
    ("address", 40_000),
    ("merchant", 3_000),
    ("beneficiary", 100_000),
    ("seller", 1_000),
    ("agent", 300),
    ("country", 12),
)
AGENT = (
    "Mozilla/5.0 (Linux; Android 13; SM-A536B) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Mobile Safari/537.36"
)


GATHERED: dict[str, Any] = {
    "ip_country": "NG",
    "ip_latitude": 6.5,
    "ip_longitude": 3.4,
    "last_latitude": 9.0,
    "last_longitude": 7.4,
    "last_location_at": 1_763_800_000.0,
    "last_transaction_at": 1_763_800_000.0,
    "avg_transaction_amount": 3_000.0,
    "transaction_amount_stddev": 100.0,
    "usual_merchant_categories": ("food", "5411"),
}
BY_TYPE: dict[str, Any] = {"boolean": False, "string": "other", "strings": ("other",)}


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    if "features_us" in wanted:
        yield _vectors()
    if "windows_1m_s" in wanted:
        yield _windows()


def _vectors() -> dict[str, Any]:
    """Every call has another customer, telephone and address; devices repeat, as they do."""
    from features.catalogue import compute_vector

    gathered = _gathered()
    facts = [_facts(i, gathered) for i in range(CALLS)]
    rounds = []
    for _ in range(ROUNDS):
        start = perf_counter()
        for one in facts:
            compute_vector(one)
        rounds.append(round((perf_counter() - start) / CALLS * 1e6, 1))
    return {
        "figure": "features_us",
        "value": median(rounds),
        "unit": "microseconds",
        "rounds": rounds,
    }


def _windows() -> dict[str, Any]:
    """90 days of a million events in which every party takes part; 1 in 200 comes hours late."""
    from features.catalogue import CATALOGUE
    from features.windows.history import with_windows
    from features.windows.plan import make_plan

    events = _history()
    start = perf_counter()
    with_windows(events, make_plan(CATALOGUE))
    return {
        "figure": "windows_1m_s",
        "value": round(perf_counter() - start, 1),
        "unit": "seconds",
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _history() -> Any:
    import polars as pl

    def one_of(many: int, seed: int) -> pl.Expr:
        return pl.col("event").hash(seed) % many

    late = pl.when(one_of(200, 1) == 0).then(one_of(80_000, 2)).otherwise(0)
    parties = [one_of(many, seed).alias(name) for seed, (name, many) in enumerate(PARTIES, 3)]
    amount = one_of(500_000, 20) / 100
    frame = pl.DataFrame({"event": pl.int_range(EVENTS, eager=True)}).with_columns(
        *parties,
        occurred_at=pl.col("event") * 7.776 + 1.77e9,
        amount=amount,
        base_amount=amount,
        small=amount < 10,
        round=amount == amount.floor(),
        loan=one_of(30, 21) == 0,
        approved=one_of(20, 22) > 0,
        declined=one_of(20, 22) == 0,
    )
    return frame.sort(pl.col("occurred_at") + late, maintain_order=True).drop("event")


def _gathered() -> dict[str, Any]:
    """Something for everything that we find ourselves."""
    from features.catalogue import CATALOGUE

    ours = [f for f in CATALOGUE if (f.windowed or f.gathered_from) and f.name not in SUPPLIED]
    some = {f.name: BY_TYPE.get(f.type, min(3.0, f.maximum or 3.0)) for f in ours}
    return {**some, **GATHERED}


def _facts(number: int, gathered: dict[str, Any]) -> Any:
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
        gathered=gathered,
        hashes=dict.fromkeys(names, f"{number:032x}"),
        raw=raw,
        utc_offset_minutes=60.0,
    )
