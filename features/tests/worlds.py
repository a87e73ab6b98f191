"""Values for tests: one sample a type, and Hypothesis strategies that fill whole transactions."""

from hypothesis import strategies as st

from features.framework import Facts, Feature
from features.supplied import SUPPLIED
from features.types import Type

NOON = 1_777_809_600.0  # 2026-05-03 12:00 UTC, a Sunday

AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36"
)
RAW = {
    "email": "ada.99@example.com",
    "phone": "+2348000000001",
    "ip_address": "102.89.3.4",
    "user_agent": AGENT,
}
# Texts that some computation can read, where any text would leave it without an answer.
TELLING_TEXTS = {
    "card_expiry": "02/30",
    "merchant_category_code": "7995",
    "transaction_type": "purchase",
    "card_type": "credit",
    "os_type": "windows",
    "user_agent_os": "windows",
    "user_agent_browser": "chrome",
    "browser_type": "chrome",
    "mfa_method": "sms",
    "gpu_info": "ANGLE (NVIDIA GeForce RTX 3060 Direct3D11)",
    "ip_class": "public",
}


def make_facts(occurred_at=NOON, raw=None, hashes=None, gathered=None, **supplied):
    more = {k: supplied.pop(k) for k in ("timestamped", "utc_offset_minutes") if k in supplied}
    return Facts(
        occurred_at=occurred_at,
        supplied=supplied,
        gathered=gathered or {},
        raw=raw or {},
        hashes=hashes or {},
        **more,
    )


def sample(feature: Feature):
    """A value that the feature may have and from which others can be computed."""
    match feature.type:
        case Type.BOOLEAN:
            return False
        case Type.TIMESTAMP:
            return NOON - 1000.0
        case Type.NUMBER | Type.MONEY:
            return min(max(5.0, feature.minimum), feature.maximum)
        case Type.STRINGS:
            return ("food",)
        case _:
            return TELLING_TEXTS.get(feature.name, "food")


def values_of(feature: Feature):
    """Any value that a door lets through."""
    match feature.type:
        case Type.BOOLEAN:
            return st.booleans()
        case Type.NUMBER | Type.MONEY | Type.TIMESTAMP:
            edges = st.sampled_from([feature.minimum, feature.maximum, max(0.0, feature.minimum)])
            return edges.map(float) | st.floats(feature.minimum, feature.maximum)
        case Type.STRINGS:
            return st.lists(st.text(max_size=5), max_size=3).map(tuple)
        case _ if feature.choices:
            return st.sampled_from(feature.choices)
        case _:
            telling = st.sampled_from(sorted(set(TELLING_TEXTS.values())))
            return telling | st.text(max_size=12)


GIVEN = {name: values_of(f) for name, f in SUPPLIED.items() if f.type is not Type.IDENTIFIER}
HASHED = [name for name, f in SUPPLIED.items() if f.type is Type.IDENTIFIER]


@st.composite
def transactions(draw):
    """Facts with any part of the catalogue supplied, down to none and up to all."""
    names = draw(st.lists(st.sampled_from(sorted(GIVEN)), unique=True, max_size=60))
    hashed = draw(st.lists(st.sampled_from(HASHED), unique=True, max_size=5))
    raw = draw(
        st.dictionaries(
            st.sampled_from(sorted(RAW)), st.text(max_size=30) | st.sampled_from(list(RAW.values()))
        )
    )
    return Facts(
        occurred_at=draw(st.floats(0.0, 4_102_444_800.0)),
        supplied={name: draw(GIVEN[name]) for name in names},
        hashes={name: draw(st.sampled_from(["a" * 32, "b" * 32])) for name in hashed},
        raw=raw,
        timestamped=draw(st.booleans()),
        utc_offset_minutes=draw(st.none() | st.floats(-1080, 1080)),
    )
