"""Borrowers: an application, a loan, instalments; some come back for the next one."""

from intake.synthetic import clock
from intake.synthetic.acts import Act, act
from intake.synthetic.people import Customer
from intake.synthetic.randomness import chance, lognormal
from intake.synthetic.settings import DAY, HOUR, Settings


def plan(customer: Customer, settings: Settings) -> list[Act]:
    """Loans within the world's days, and instalments also on earlier ones. Unsorted."""
    rng = customer.rng
    acts: list[Act] = []
    usd = lognormal(rng, 420 * customer.standard**0.85 * customer.wealth, 0.5)
    begin = max(settings.start - 60 * DAY, customer.opened + rng.uniform(1, 60) * HOUR)
    at = begin + rng.random() * 75 * DAY if chance(rng, 0.8) else begin
    while at < settings.end:
        acts.extend(loan(customer, at, usd))
        if not chance(rng, 0.45):
            break
        at += rng.uniform(50, 85) * DAY
        usd *= rng.uniform(0.9, 1.5)
    return [a for a in acts if max(settings.start, customer.opened) <= a.at < settings.end]


def loan(customer: Customer, at: float, usd: float, instalments: int = 0) -> list[Act]:
    """A loan and its instalments: weekly, fortnightly or monthly; a few are late."""
    rng = customer.rng
    day = clock.moment(rng, int(at // DAY), customer.city.zone, "office")
    day = day if day > customer.opened else at
    acts = [act(customer, "loan", day, rng, usd=usd)]
    step = rng.choice((7, 7, 14, 30))
    count = instalments or max(2, 60 // step)
    rate = act(customer, "repay", day, rng, usd=usd * rng.uniform(1.08, 1.3) / count).amount
    for number in range(1, count + 1):
        due = day + (number * step + (rng.uniform(1, 8) if chance(rng, 0.15) else 0)) * DAY
        paid = clock.moment(rng, int(due // DAY), customer.city.zone, "online", customer.shift)
        made = act(customer, "repay", paid, rng, usd=1.0)
        made.amount = rate
        acts.append(made)
    return acts
