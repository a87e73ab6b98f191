"""Somebody else in the customer's account."""

from random import Random

from intake.synthetic.acts import Strain, at_merchant
from intake.synthetic.oddities import NEW_EMAIL, NEW_NUMBER, NEW_PASSWORD, NEW_SIM, schedule
from intake.synthetic.people import Customer, bank_account, elsewhere
from intake.synthetic.randomness import chance, lognormal
from intake.synthetic.settings import MINUTE
from intake.synthetic.trade import FENCED, price
from intake.synthetic.typologies.stage import Crew, Plot, Stage, forced, typical

# What a thief does with an account of each vertical.
_WAYS_OUT = {
    "banking": "transfer",
    "fintech": "transfer",
    "crypto": "send",
    "ecommerce": "online",
    "gaming": "gift",
    "betting": "winnings",
    "remittance": "send",
    "marketplace": "buy",
}


def account_takeover(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """Leaked passwords are tried; one fits. The password is changed, a small sum tests whether
    anybody looks, then the account is emptied towards mules within the hour."""
    victim = stage.victim(rng, line)
    rhythm = "night" if chance(rng, 0.45) else "flat"
    at = stage.begin(rng, victim.city.zone, rhythm, 1)
    session = stage.session(rng, crew, victim)
    guessed = chance(rng, 0.65)
    _take_hold(victim, at, rng)
    name = _WAYS_OUT[line]
    plot = Plot([], [])
    for number in range(rng.randrange(3, 8)):
        at += lognormal(rng, 6, 0.8) * MINUTE
        factor = 0.3 if number == 0 else rng.uniform(1.8, 6)
        strain = Strain(failed_logins=rng.randrange(3, 9) if guessed and number < 2 else 0)
        made = forced(
            victim,
            name,
            at,
            rng,
            usd=typical(victim, name) * factor,
            session=session,
            strain=strain,
        )
        if line in {"banking", "fintech", "crypto", "gaming", "remittance"}:
            made.payee = stage.mule(rng, crew, at)
        elif line == "ecommerce":
            shop = stage.shop(rng, victim, FENCED)
            cost = price(rng, shop.category, shop.level, victim.standard)
            at_merchant(made, shop, rng, usd=cost * (0.4 if number == 0 else 1.6))
            made.ship_to = elsewhere(rng, victim.address)
        elif line == "marketplace":
            made.seller = stage.economy.sellers[victim.country.code].pick(rng)
        elif line == "betting":
            made.bank_account = bank_account(crew.rng)
        plot.fraud.append(made)
    return plot


def _take_hold(victim: Customer, at: float, rng: Random) -> None:
    """Lock the owner out: a new password mostly, a new address or number at times."""
    if chance(rng, 0.7):
        schedule(victim, at - rng.uniform(1, 40) * MINUTE, NEW_PASSWORD)
    if chance(rng, 0.35):
        schedule(victim, at - rng.uniform(1, 30) * MINUTE, NEW_EMAIL)
    if chance(rng, 0.25):
        schedule(victim, at - rng.uniform(1, 30) * MINUTE, NEW_NUMBER)


def sim_swap(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """The victim's number is moved to the crew's SIM, often with an insider's help. With the codes
    that now reach them they set a new PIN and drain the wallet, at night or at the weekend."""
    victim = stage.victim(rng, line, lambda c: c.phone is not None)
    at = stage.begin(rng, victim.city.zone, "night" if chance(rng, 0.5) else "flat", 1)
    schedule(victim, at - lognormal(rng, 90, 1.0) * MINUTE, NEW_SIM)
    if chance(rng, 0.8):
        schedule(victim, at - rng.uniform(2, 30) * MINUTE, NEW_PASSWORD)
    session = stage.session(rng, crew, victim, phone=True if line == "mobile_money" else None)
    plot = Plot([], [])
    for number in range(rng.randrange(2, 6)):
        at += lognormal(rng, 5, 0.7) * MINUTE
        usd = typical(victim, "transfer") * rng.uniform(1.5, 5)
        cash = line == "mobile_money" and number and chance(rng, 0.35)
        name = "cash_out" if cash else "transfer"
        made = forced(victim, name, at, rng, usd=usd, session=session)
        if cash:
            made.agent_id = stage.economy.agents[victim.country.code].pick(rng)
        else:
            made.payee = stage.mule(rng, crew, at)
        made.strain = Strain(failed_logins=int(chance(rng, 0.3)))
        plot.fraud.append(made)
    plot.fraud[0].holds = sum(made.amount for made in plot.fraud) * rng.uniform(1.0, 1.2)
    plot.fraud[-1].empties = rng.uniform(0.85, 1.0)
    return plot
