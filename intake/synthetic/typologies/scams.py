"""Victims who press the button themselves, and trade that is none."""

from random import Random

from intake.synthetic.acts import Strain, act
from intake.synthetic.people import Payee
from intake.synthetic.randomness import chance, lognormal
from intake.synthetic.settings import DAY, HOUR, MINUTE
from intake.synthetic.typologies.stage import Crew, Plot, Stage, sending, typical


def payee_manipulation(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """A caller who claims to be the bank, or an invoice with another account number: the customer
    pays a new payee, from the own telephone, at home, often during the call, and more than once."""
    victim = stage.victim(rng, line)
    at = stage.begin(rng, victim.city.zone, "office", 1)
    payee = stage.mule(rng, crew, at + 8 * MINUTE)
    coached, controlled = chance(rng, 0.6), chance(rng, 0.15)
    plot = Plot([], [])
    for number in range(rng.randrange(1, 5)):
        at += lognormal(rng, 12, 0.7) * MINUTE
        usd = typical(victim, "transfer") * rng.uniform(2.5, 9)
        at = stage.awake(rng, at, victim.city.zone)
        made = act(victim, "transfer", at, rng, usd=usd)
        made.payee = payee if number < 2 else stage.mule(rng, crew, at)
        made.strain = Strain(0, coached, controlled)
        made.holds = made.amount * 1.2
        plot.fraud.append(made)
    return plot


def investment_scam(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """A new friend from the internet knows a sure investment. Small payments that seem to pay off
    are followed by ever larger ones over weeks, all to the same one or two accounts."""
    victim = stage.victim(rng, line)
    at = stage.begin(rng, victim.city.zone, "evening", 32)
    payee = stage.mule(rng, crew, at)
    plot = Plot([], [])
    name = sending(line)
    usd = typical(victim, name) * rng.uniform(0.7, 1.2)
    for number in range(rng.randrange(4, 9)):
        at += lognormal(rng, 3, 0.6) * DAY + rng.uniform(-4, 4) * HOUR
        at = stage.awake(rng, at, victim.city.zone)
        made = act(victim, name, at, rng, usd=usd)
        made.payee = payee if number else Payee(payee.account, at - 10 * MINUTE)
        payee = made.payee
        plot.fraud.append(made)
        usd *= rng.uniform(1.25, 1.9)
    return plot


def seller_scam(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """A young shop on the marketplace sells dear things far too cheaply to as many as it can within
    two days, and never sends anything. The buyers are what they seem to be."""
    country = rng.choice(("NG", "GB", "US", "DE"))
    buyers = [
        c
        for c in stage.honest[line]
        if c.country.code == country and c.opened < stage.settings.start
    ]
    if not buyers:
        buyers = [stage.victim(rng, line)]
    at = stage.begin(rng, buyers[0].city.zone, "online", 3)
    young = (at - stage.settings.start) / DAY
    seller = stage.economy.seller(rng, buyers[0].country.code, lognormal(rng, 5, 0.7) - young)
    plot = Plot([], [])
    usd = 70 * buyers[0].standard ** 0.5 * rng.uniform(0.6, 1.4)
    rng.shuffle(buyers)
    for number in range(rng.randrange(8, 24)):
        at = stage.awake(rng, at + lognormal(rng, 35, 1.0) * MINUTE, buyers[0].city.zone)
        made = act(buyers[number % len(buyers)], "buy", at, rng, usd=usd * rng.uniform(0.9, 1.1))
        made.seller = seller
        plot.fraud.append(made)
    return plot


def agent_float_cycling(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """An agent earns by the transaction: with a few borrowed wallets the same float is paid in and
    out again and again, at the own counter, when no other customers come."""
    country = stage.victim(rng, line).country
    agent = stage.economy.agents[country.code].pick(rng)
    wallets = [
        stage.victim(rng, line, lambda c: c.country is country)
        if chance(rng, 0.5)
        else stage.newcomer(line, rng, age_days=lognormal(rng, 60, 0.9), country=country.code)
        for _ in range(rng.randrange(2, 5))
    ]
    at = stage.begin(rng, wallets[0].city.zone, "street", 3)
    usd = typical(wallets[0], "cash_in") * rng.uniform(0.9, 2.2)
    plot = Plot([], [])
    for number in range(rng.randrange(8, 22)):
        at += lognormal(rng, 5, 0.7) * MINUTE if number % 8 else rng.uniform(2, 20) * HOUR
        at = stage.awake(rng, at, wallets[0].city.zone)
        wallet = wallets[(number // 2) % len(wallets)]
        name = "cash_out" if number % 2 else "cash_in"
        made = act(
            wallet, name, at, rng, usd=usd * (1.0 if chance(rng, 0.7) else rng.uniform(0.8, 1.2))
        )
        made.agent_id = agent
        plot.fraud.append(made)
    return plot
