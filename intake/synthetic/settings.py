"""What a world is made from. The same settings give the same bytes."""

import hashlib
from dataclasses import dataclass
from typing import Final

DAY: Final = 86_400.0
HOUR: Final = 3_600.0
MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """`end` in epoch seconds (exclusive); `fraud_rate` is the share of fraud among transactions.

    `tag` begins every transaction id, so that two worlds in one institution do not collide; when it
    is not given it is made from all the other settings.
    """

    count: int
    fraud_rate: float
    seed: int
    end: float
    days: int = 90
    tag: str = ""

    @property
    def start(self) -> float:
        return self.end - self.days * DAY

    @property
    def fraud_count(self) -> int:
        """How many transactions are fraud: at least one where the rate is not zero."""
        return max(round(self.count * self.fraud_rate), 1 if self.fraud_rate > 0 else 0)

    @property
    def id_prefix(self) -> str:
        if self.tag:
            return self.tag
        facts = f"{self.count}/{self.fraud_rate!r}/{self.seed}/{self.end!r}/{self.days}"
        return hashlib.sha256(facts.encode()).hexdigest()[:8]
