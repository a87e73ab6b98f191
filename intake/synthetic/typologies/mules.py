"""Money on its way through other people's accounts."""

from random import Random

from intake.synthetic.acts import Act, act
from intake.synthetic.people import Customer, Payee
from intake.synthetic.randomness import chance, lognormal
from intake.synthetic.settings import HOUR, MINUTE
from intake.synthetic.typologies.stage import Crew, Plot, Stage, forced, sending, typical


def mule_fan_in(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """An advertisement for something that does not exist: many strangers pay one account within a
    day or two, each from their own telephone; its holder passes the money on as it comes."""
    mule = _mule(stage, rng, line)
    account = stage.economy.beneficiary(rng, mule.opened, 0.0)
    at = stage.begin(rng, mule.city.zone, "online", 4)
    plot, paid = Plot([], []), set[str]()
    name = sending(line)
    for _ in range(rng.randrange(6, 16)):
        at = stage.awake(rng, at + lognormal(rng, 75, 1.0) * MINUTE, mule.city.zone)
        payer = stage.victim(rng, line, lambda c: c.country is mule.country and c.id not in paid)
        paid.add(payer.id)
        usd = typical(payer, name) * rng.uniform(0.5, 1.8)
        made = act(payer, name, at, rng, usd=usd)
        made.payee = Payee(account, at - rng.uniform(1, 20) * MINUTE)
        plot.fraud.append(made)
        if chance(rng, 0.45):
            plot.fraud.append(
                _pass_on(stage, crew, mule, at + rng.uniform(3, 60) * MINUTE, rng, usd)
            )
    return plot


def _pass_on(stage: Stage, crew: Crew, mule: Customer, at: float, rng: Random, usd: float) -> Act:
    line = mule.vertical.name
    name = "cash_out" if line == "mobile_money" else sending(line)
    made = act(mule, name, at, rng, usd=usd * rng.uniform(0.85, 1.6))
    if name == "cash_out":
        made.agent_id = stage.economy.agents[mule.country.code].pick(rng)
        made.holds, made.empties = made.amount, rng.uniform(0.7, 1.0)
    else:
        made.payee = stage.mule(rng, crew, at)
    return made


def mule_fan_out(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """A large sum from a broken account lands at a hired student's; within the hour it leaves again
    in many parts to accounts that were never paid from there before."""
    mule = _mule(stage, rng, line)
    at = stage.begin(rng, mule.city.zone, "online", 2)
    session = stage.session(rng, crew, mule) if chance(rng, 0.4) else None
    name = sending(line)
    part = typical(mule, name) * rng.uniform(1.2, 3)
    plot = Plot([], [])
    for _ in range(rng.randrange(6, 14)):
        at += lognormal(rng, 4, 0.8) * MINUTE
        made = forced(mule, name, at, rng, usd=part * rng.uniform(0.8, 1.2), session=session)
        made.payee = stage.mule(rng, crew, at)
        plot.fraud.append(made)
    return plot


def _mule(stage: Stage, rng: Random, line: str) -> Customer:
    """A hired customer with a past of their own, or an account opened for it weeks ago."""
    if chance(rng, 0.5):
        return stage.victim(rng, line)
    return stage.newcomer(line, rng, age_days=lognormal(rng, 25, 1.0))


def structuring(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """Cash of unknown origin is paid in below the sum that must be reported, by the same few people
    at several counters, day after day, and sent on to one account."""
    limits = {"NGN": 5_000_000, "USD": 10_000, "GBP": 10_000, "EUR": 10_000}
    country = stage.land(rng, line)
    limit = limits[country.currency] / country.per_usd
    usd = min(limit, 3_000 if line in {"remittance", "crypto"} else limit)
    names = {
        "banking": ("pay_in", "transfer"),
        "crypto": ("fund", "send"),
        "remittance": ("send", "send"),
    }
    smurfs = [
        stage.newcomer(line, rng, age_days=lognormal(rng, 90, 0.8), country=country.code)
        for _ in range(rng.randrange(1, 4))
    ]
    at = stage.begin(rng, smurfs[0].city.zone, "office", 14)
    account = stage.mule(rng, crew, at)
    plot = Plot([], [])
    for _ in range(rng.randrange(6, 13)):
        at = stage.awake(rng, at + rng.uniform(5, 30) * HOUR, smurfs[0].city.zone)
        smurf = rng.choice(smurfs)
        first, then = names[line]
        payment = act(smurf, first, at, rng, usd=usd * rng.uniform(0.82, 0.985))
        if payment.activity.party == "payee":
            payment.payee = Payee(account.account, account.added)
        plot.fraud.append(payment)
        if then != first and chance(rng, 0.4):
            onward = act(
                smurf, then, at + rng.uniform(1, 9) * HOUR, rng, usd=usd * rng.uniform(0.8, 0.95)
            )
            onward.payee = Payee(account.account, account.added)
            plot.fraud.append(onward)
    return plot
