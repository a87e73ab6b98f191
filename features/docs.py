"""Writes docs/features.md from the catalogue: ``python -m features.docs``."""

import sys
from collections.abc import Iterator
from pathlib import Path

from features.aliases import ALIASES
from features.catalogue import CATALOGUE
from features.framework import CATEGORIES, Feature
from features.types import Type
from features.windows.declaring import Windowed

PAGE = Path(__file__).parent.parent / "docs" / "features.md"

_TITLES = {
    "identity": "Identity: who the customer is, and how well that is known",
    "behavioral": "Behaviour: what the customer usually does, and does now",
    "transaction": "Transaction: amount, time, kind and card",
    "network": "Network: address, place, browser and device",
    "ato": "Account takeover",
    "funding": "Funding: where the money comes from",
    "merchant": "Merchant: to whom the money goes",
    "ml": "Models: shapes that models take in, and their figures",
    "derived": "Derived: one figure for each side",
}

CLIENTS_ALONE = {
    "the client, or a provider of identities on its behalf, checks it": """
        phone_verified name_match_score ssn_match_score address_verified document_expiry_valid
        document_fraud_check document_duplicate dob_matches identity_lookup_status
        pep_check_result sanctions_list_match kyc_status profile_completeness
    """,
    "it happens in the client's application: log-ins, sessions, changes of the account": """
        failed_login_count failed_login_attempts login_count_24h login_count_7d
        password_changes_count suspicious_login_locations recovery_email_changed
        recovery_phone_changed mfa_disabled account_suspension_count
        customer_service_contacts device_fingerprint_confidence
    """,
    "it stands in the books of the client, the issuer or the acquirer": """
        address_age_days user_lifetime_value card_type card_country card_issuer_bank
        bank_account_age merchant_type merchant_category_code merchant_country
        merchant_restricted merchant_mcc_restricted
    """,
    "a service elsewhere would have to be asked, and scoring waits for none": """
        email_age_days phone_age_days email_domain_reputation email_breaches phone_breaches
        ssn_breaches ip_type ip_reputation_score ip_is_vpn ip_is_proxy ip_is_tor ip_is_datacenter
        ip_is_carrier asn_reputation
    """,
    "a model gives it": "anomaly_score",
}
"""Features that clients and documents were promised and that nothing of ours tells, by the reason
why."""

_INTRODUCTION = """\
# Features

Everything that rules and models can know of a transaction: {count} features, catalogue
version {version}. This page is written by `python -m features.docs` from the declarations in
`features/catalogue/`; a test fails when it is out of date. To add one, see
[recipes/add-a-feature.md](recipes/add-a-feature.md).

- **From** says where the value comes from. *client*: only when the client supplies it. *us*:
  computed, and cannot be supplied. *either*: what the client supplies wins; both are stored.
- *Counted* is what the recorded events of one party come to within a window that ends with this
  event: attempts with this one among them, outcomes (approved, declined) of earlier ones. See
  [counters.md](counters.md).
- A value that nobody knows is **missing**: it is never taken for zero or for false. So is a
  number outside of its range, and whatever divides by zero.
- An **identifier** is stored as a keyed hash. A rule may ask whether it is on a list, and read
  what is derived from it, such as `email_domain` or `ip_class`.
- Amounts are in the transaction's currency, times in seconds since 1970 (UTC); clients may give
  times in ISO 8601 as well. Hours and weekdays are those of the customer's own clock: they are
  missing when the transaction came without a time, or without an offset from UTC.
- An **output** is written after the decision, so no rule and no model can read it.
"""


def page() -> str:
    """The whole page."""
    introduction = _INTRODUCTION.format(count=len(CATALOGUE), version=CATALOGUE.version)
    sections = (*_sections(), *_from_clients_alone(), *_aliases())
    return introduction + "".join(sections)


def _sections() -> Iterator[str]:
    for category in CATEGORIES:
        features = CATALOGUE.by_category()[category]
        yield f"\n## {_TITLES[category]}\n\n`{category}`, {len(features)} features\n\n"
        yield "| name | type | unit and range | from | meaning |\n|---|---|---|---|---|\n"
        for feature in features:
            yield _line(feature, category)


def _line(feature: Feature, category: str) -> str:
    others = [other for other in feature.categories if other != category]
    meaning = feature.doc + (f" Also in {', '.join(others)}." if others else "")
    cells = (f"`{feature.name}`", feature.type, _range(feature), _origin(feature), meaning)
    return "| " + " | ".join(cells) + " |\n"


def _range(feature: Feature) -> str:
    return "; ".join(part for part in (feature.unit, _bounds(feature)) if part)


def _bounds(feature: Feature) -> str:
    if feature.choices:
        return ", ".join(feature.choices)
    told = ".." in feature.unit or feature.type is Type.TIMESTAMP
    if told or feature.minimum is None or feature.maximum is None:
        return ""
    return f"{feature.minimum:,.15g} to {feature.maximum:,.15g}"


def _origin(feature: Feature) -> str:
    if feature.output:
        return "output"
    names = {"supplied": "client", "computed": "us", "either": "either"}
    inputs = ", ".join(f"`{_shown(n)}`" for n in (*feature.computed_from, *feature.optional))
    ways = [
        f"counted: {_counted(feature.windowed)}" if feature.windowed else "",
        f"from {feature.gathered_from}" if feature.gathered_from else "",
        f"from {inputs}" if inputs else "",
    ]
    ours = "; else ".join(way for way in ways if way)
    return names[feature.source] + (f", {ours}" if ours else "")


def _counted(spec: Windowed) -> str:
    """What is counted, in a few words: whose, within which window, of what.

    >>> _counted(Windowed(entity="customer_merchant", window="30d", aggregate="sum"))
    'customer with merchant, 30d, sum of amounts'
    """
    what = {
        "count": spec.where.replace("_", " "),
        "sum": "sum of amounts",
        "distinct": f"distinct {_members(spec.of)}",
        "repeated": f"same {spec.of} before",
        "since": f"seconds since same {spec.of}",
    }[spec.aggregate]
    whose = spec.entity.replace("_", " with ")
    return ", ".join(part for part in (whose, spec.window, what) if part)


def _members(name: str) -> str:
    return {"country": "countries", "beneficiary": "beneficiaries"}.get(name, f"{name}s")


def _shown(name: str) -> str:
    """Facts that are no features by the name of the field that they come from."""
    return {"own_time": "occurred_at", "utc_offset_minutes": "occurred_at"}.get(
        name, name.removeprefix("raw_")
    )


def _from_clients_alone() -> Iterator[str]:
    yield "\n## What only clients can tell\n\n"
    yield "Of the features most asked for, these are known only when they are supplied.\n\n"
    yield "| because | features |\n|---|---|\n"
    for reason, names in CLIENTS_ALONE.items():
        yield f"| {reason} | {', '.join(f'`{name}`' for name in names.split())} |\n"


def _aliases() -> Iterator[str]:
    yield "\n## Other names\n\n"
    yield "A request may use these names as well. Given twice, a field must have one value.\n\n"
    yield "| name | stands for |\n|---|---|\n"
    for name, field in sorted(ALIASES.items()):
        yield f"| `{name}` | `{field}` |\n"


def main() -> int:
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
