"""The named kinds of fraud: who acts them out, how often, and when they come to light."""

from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple

from intake.synthetic.randomness import Weighted, chance, lognormal
from intake.synthetic.typologies import abuse, credit, mules, scams, stolen_cards, takeover
from intake.synthetic.typologies.stage import Crew, Plot, Stage


class Typology(NamedTuple):
    """`weight` is its share of all fraudulent transactions; `days` the median time until somebody
    reports them (log-normal, `spread`); `never` the share of frauds that nobody ever reports."""

    name: str
    weight: float
    verticals: Weighted[str]
    days: float
    spread: float
    never: float
    play: Callable[[Stage, Crew, Random, str], Plot]

    def delay(self, rng: Random) -> float:
        """Days from a fraud's last transaction to the report."""
        return max(0.02, lognormal(rng, self.days, self.spread))

    def is_reported(self, rng: Random) -> bool:
        return not chance(rng, self.never)


def _typology(
    play: Callable[[Stage, Crew, Random, str], Plot],
    weight: float,
    days: float,
    spread: float,
    never: float,
    **verticals: float,
) -> Typology:
    return Typology(play.__name__, weight, Weighted(verticals), days, spread, never, play)


TYPOLOGIES: Final = (
    _typology(stolen_cards.card_testing, 13, 9, 0.9, 0.12, payments=50, ecommerce=30, gaming=20),
    _typology(
        takeover.account_takeover, 13, 3, 1.0, 0.08,
        banking=24, fintech=24, crypto=14, ecommerce=16, gaming=8, betting=5, remittance=4,
            marketplace=5,
    ),
    _typology(takeover.sim_swap, 7, 1, 0.9, 0.05, mobile_money=50, fintech=28, banking=22),
    _typology(mules.mule_fan_in, 8, 6, 0.9, 0.25, mobile_money=36, fintech=36, banking=28),
    _typology(mules.mule_fan_out, 6, 7, 0.9, 0.2, fintech=42, banking=36, remittance=6, crypto=16),
    _typology(mules.structuring, 5, 35, 0.6, 0.55, banking=55, remittance=20, crypto=25),
    _typology(credit.loan_stacking, 4, 40, 0.4, 0.1, lending=1),
    _typology(credit.synthetic_identity, 3, 45, 0.4, 0.3, lending=60, fintech=40),
    _typology(credit.bust_out, 5, 32, 0.4, 0.15, banking=60, payments=40),
    _typology(abuse.bonus_abuse, 7, 5, 1.0, 0.4, betting=70, gaming=30),
    _typology(abuse.refund_abuse, 3, 18, 0.8, 0.5, ecommerce=65, marketplace=35),
    _typology(stolen_cards.triangulation, 4, 14, 0.8, 0.15, ecommerce=65, marketplace=35),
    _typology(stolen_cards.collusive_merchant, 5, 16, 0.8, 0.2, payments=1),
    _typology(scams.agent_float_cycling, 5, 21, 0.7, 0.5, mobile_money=1),
    _typology(scams.payee_manipulation, 4, 2, 1.1, 0.2, banking=42, fintech=38, mobile_money=20),
    _typology(abuse.friendly_fraud, 3, 24, 0.5, 0.3, ecommerce=45, gaming=25, marketplace=30),
    _typology(scams.investment_scam, 3, 30, 0.6, 0.35, crypto=50, banking=30, remittance=20),
    _typology(scams.seller_scam, 4, 8, 0.6, 0.15, marketplace=1),
)  # fmt: skip
