"""One figure for each side of the transaction."""

from features.computations import numbers
from features.declaring import PROFILE, Section

_ = Section("derived")

IDENTITY_SIGNALS = (
    "email_duplicate",
    "phone_duplicate",
    "document_duplicate",
    "address_duplicate",
    "address_mismatch",
    "country_mismatch",
    "sanctions_list_match",
    "is_blacklisted_email",
)
NETWORK_SIGNALS = (
    "ip_is_vpn",
    "ip_is_proxy",
    "ip_is_tor",
    "ip_is_datacenter",
    "ip_is_botnet",
    "ip_is_private",
    "is_residential_proxy",
    "impossible_travel",
    "is_emulator",
    "gpu_is_emulated",
    "user_agent_is_bot",
)

FEATURES = (
    _.ratio(
        "overall_fraud_probability",
        "How probable fraud is after the decision, by rules and models together.",
        output=True,
    ),
    _.points(
        "identity_risk_score",
        "Which share of the known warnings about the customer's identity is raised, in percent.",
        compute=numbers.share_raised,
        optional=IDENTITY_SIGNALS,
    ),
    _.ratio(
        "behavior_anomaly_score",
        "How far the behaviour is from the customer's habits; ordinary behaviour passes 0.7 less "
        "than once in 200 times.",
        gathered_from=PROFILE,
    ),
    _.points(
        "network_risk_score",
        "Which share of the known warnings about the connection is raised, in percent.",
        compute=numbers.share_raised,
        optional=NETWORK_SIGNALS,
    ),
)
