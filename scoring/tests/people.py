"""People with habits, made up and seeded, for measuring what is unusual; no database."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from scoring.profiles.features import Asked
from scoring.profiles.habits import Habits, Seen, as_facts

DAY = 86_400
START = 1_760_000_000.0
CATEGORIES = ["5411", "5541", "5812", "5912", "4814", "4121", "5732", "5651", "7230", "8011",
              "5999", "5942", "7832", "5311", "4899", "5977", "5200", "5499"]  # fmt: skip


@dataclass
class Person:
    """Somebody with a rhythm, a purse, devices that are replaced, and now and then a journey."""

    chance: random.Random

    def __post_init__(self) -> None:
        chance = self.chance
        self.peaks = [chance.gauss(12.5, 1.5), chance.gauss(19, 1.5)]
        self.spread = chance.uniform(1.0, 3.5)
        self.weekdays = [chance.uniform(0.3, 1.0) for _ in range(5)] + [chance.uniform(0.1, 2)] * 2
        self.categories = chance.sample(CATEGORIES, len(CATEGORIES))
        self.taste = [1 / (rank + 1) ** chance.uniform(0.8, 1.6) for rank in range(18)]
        self.levels = {name: chance.gauss(8.0, 1.0) for name in CATEGORIES}
        self.devices = [chance.randrange(2**40)] + [chance.randrange(2**40)] * chance.randint(0, 1)
        self.networks = [chance.randrange(1, 60_000) for _ in range(chance.randint(1, 3))]
        self.away_until = 0.0
        self.away = ("GH", 30_000)

    def days(self, count: int) -> Iterator[Seen]:
        """Transactions of so many days, in order."""
        chance = self.chance
        for day in range(count):
            weekday = (int(START // DAY) + day + 3) % 7
            if chance.random() > self.weekdays[weekday]:
                continue
            if chance.random() < 0.004:
                self.away_until = day + chance.randint(3, 12)
                self.away = (chance.choice(["GH", "GB", "AE", "KE"]), chance.randrange(60_000))
            if chance.random() < 0.003:
                self.devices[-1] = chance.randrange(2**40)
            if chance.random() < 0.01:
                self.networks[-1] = chance.randrange(60_000)
            for hour in sorted(self._hour() for _ in range(chance.choice([1, 1, 1, 2, 3]))):
                yield self._transaction(day, weekday, hour)

    def _hour(self) -> float:
        return self.chance.gauss(self.chance.choice(self.peaks), self.spread) % 24

    def _transaction(self, day: int, weekday: int, hour: float) -> Seen:
        chance = self.chance
        [category] = chance.choices(self.categories, self.taste)
        amount = chance.lognormvariate(self.levels[category], 0.6)
        if day % 30 == 28 and chance.random() < 0.5:  # the rent
            amount *= 12
        country, network = self.away if day < self.away_until else ("NG", None)
        return Seen(
            occurred_at=(START // DAY + day) * DAY + hour * 3600,
            ordinary=True,
            amount=amount,
            usd=amount / 1500,
            mcc=category,
            hour=int(hour),
            weekday=weekday,
            device=chance.choice(self.devices),
            network=network or chance.choice(self.networks),
            country=country,
            category=category,
            channel=chance.choice(["app", "app", "pos"]),
        )


def asked(seen: Seen, **changes: object) -> Asked:
    """What would be asked of the habits before this transaction."""
    seen = seen._replace(**changes)
    values = {
        "asn_number": None if seen.network is None else float(seen.network),
        "ip_country": seen.country,
        "current_merchant_category": seen.category,
        "transaction_channel": seen.channel,
    }
    return Asked(
        occurred_at=seen.occurred_at,
        amount=seen.amount or 0.0,
        rate=None if seen.amount is None else 1.0,
        offset_minutes=None if seen.hour is None else 0.0,
        device_given=seen.device is not None,
        device=seen.device,
        merchant=[seen.merchant] if seen.merchant else [],
        beneficiary=[seen.beneficiary] if seen.beneficiary else [],
        values={name: value for name, value in values.items() if value is not None},
    )


def at_hour(question: Asked, hour: int) -> Asked:
    """The same on the same day, at another hour."""
    return replace(question, occurred_at=question.occurred_at // DAY * DAY + hour * 3600)


def alike(one: Habits, other: Habits) -> None:
    """Equal but for the last digits: weights are stored with seven."""
    left, right = as_facts(one), as_facts(other)
    for name in left:
        if isinstance(left[name], float) or name == "rhythm":
            assert left[name] == pytest.approx(right[name], rel=1e-5, abs=1e-5), name
        else:
            assert left[name] == right[name], name
