"""A customer's habits in words. Pure."""

from datetime import UTC, datetime

from cases.customers.normal import FEW, busiest_hours, usual_amounts
from foundation.admin_display import exact_time
from scoring.profiles.habits import Habits
from scoring.profiles.known import Things, Words

_NAMED = 5


def in_words(habits: Habits, currency: str) -> list[tuple[str, str]]:
    """What the profile knows, by name; empty for a customer without ordinary transactions."""
    if habits.learned < 1:
        return []
    weights, _ = habits.hours_and_weekdays()
    amounts = habits.counted >= FEW and habits.log_weight > 0
    told = [
        ("Amounts", f"{usual_amounts(habits, currency)}" if amounts else ""),
        ("Hours", busiest_hours(weights) if habits.timed >= FEW and sum(weights) > 0 else ""),
        ("Countries", _words(habits.countries)),
        ("Places", _counted(habits.cells, "area of 111 km", "areas of 111 km")),
        ("Devices", _counted(habits.devices, "device", "devices")),
        ("Networks", _counted(habits.networks, "network", "networks")),
        ("Payees", _counted(habits.beneficiaries, "payee", "payees")),
        ("Merchants", _counted(habits.merchants, "merchant", "merchants")),
        ("Kinds of shop", _words(habits.categories)),
        ("Channels", _words(habits.channels)),
        ("Charged back", _chargebacks(habits)),
    ]
    return [(name, words) for name, words in told if words]


def span(habits: Habits) -> str:
    """From when to when it is known; empty without a transaction."""
    if habits.first_at is None or habits.last_at is None:
        return ""
    first, last = (
        exact_time(datetime.fromtimestamp(at, UTC)) for at in (habits.first_at, habits.last_at)
    )
    return f"{first} to {last}"


def _words(words: Words) -> str:
    """Those seen last in front."""
    names = sorted(words.members, key=lambda name: (-words.members[name], name))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _counted(things: Things, one: str, more: str) -> str:
    number = len(things.sightings())
    if not number:
        return ""
    newest = max(first for first, _ in things.sightings().values())
    added = datetime.fromtimestamp(newest, UTC)
    words = f"{number} {one if number == 1 else more} of late"
    return f"{words}, the newest since {added:%d %b %Y}" if number > 1 else words


def _chargebacks(habits: Habits) -> str:
    times = "once" if habits.charged_back == 1 else f"{habits.charged_back} times"
    return times if habits.charged_back else ""
