"""An archive of random decisions under two rulesets."""

import pytest

from clients.services import create_institution
from intelligence.rates import forget_rates
from scoring.formula import SWITCH
from studio.backtest.contract import Window
from studio.backtest.tests.world import (
    SINCE,
    UNTIL,
    VARIED,
    a_rule,
    a_snapshot,
    make_events,
    put_in_force,
    put_into_archive,
)
from studio.backtest.then import rules_then

WINDOW = Window(institutions=("bank",), since=SINCE, until=UNTIL)


@pytest.fixture
def archive(settings, tmp_path, db):
    settings.ARCHIVE_URL = str(tmp_path / "archive")
    _forget()
    yield
    _forget()


def _forget() -> None:
    """What this process keeps of rulesets and rates, which other tests have others of."""
    rules_then.cache_clear()
    forget_rates()


@pytest.fixture
def bank(db):
    return create_institution(name="Bank", slug="bank", base_currency="NGN", by="test")


@pytest.fixture
def rulesets():
    """Two that were in force: the first knew another rule of that code, and fewer ones."""
    other = a_rule("half_point", "ip_is_tor or account_age_days < 100", "60", confidence=0.5)
    older = (other, *(rule for rule in VARIED if rule.code not in {"half_point", "aml"}))
    return {1: a_snapshot(*older), 2: a_snapshot()}


@pytest.fixture
def events(archive, bank, rulesets, request):
    """Those that backtests are about; among them lie others that an operator's switch decided."""
    for number, snapshot in rulesets.items():
        put_in_force(number, snapshot)
    made = make_events(getattr(request, "param", 1), 400, rulesets)
    put_into_archive(made)
    return [event for event in made if event.verdict.effect != SWITCH]
