"""Counts of an archive are what the engine says event by event, and people see their own."""

from collections import Counter
from datetime import timedelta

import msgspec
import pytest
from django.db import connections

from clients.services import create_institution, grant_scope
from foundation.errors import Forbidden
from foundation.roles import ANALYST
from intelligence.models import ExchangeRate
from intelligence.rates import forget_rates
from rules.engine import CompiledBook
from rules.models import Publication, Ruleset
from rules.tests.people import make_user
from studio.backtest.errors import ArchiveTooOld
from studio.backtest.tests.conftest import (  # noqa: F401
    WINDOW,
    archive,
    bank,
    events,
    rulesets,
)
from studio.backtest.tests.labels import label, store
from studio.backtest.tests.world import (
    UNTIL,
    a_snapshot,
    make_events,
    put_in_force,
    put_into_archive,
)
from studio.health.counting import UNNAMED, count_book
from studio.health.services import ask_for_check, check_all, health_for
from studio.models import BookHealth

pytestmark = pytest.mark.django_db
SNAPSHOT = a_snapshot()


def test_hits_pairs_and_decisions_are_those_of_the_engine(events):  # noqa: F811
    counts = count_book(SNAPSHOT, WINDOW)
    book = CompiledBook(SNAPSHOT, 0)
    fired, both = Counter(), Counter()
    for event in events:
        evaluation = event.under(book)[0]
        codes = {h.code for h in (*evaluation.hits, *evaluation.shadow_hits) if h.version}
        fired.update(codes)
        both.update((a, b) for a in codes for b in codes if a < b)
    assert {code: one.hits.n for code, one in counts.rules.items() if one.hits.n} == dict(fired)
    assert {tuple(sorted((p.one, p.other))): p.both for p in counts.pairs} == dict(both)
    assert counts.decisions == dict(Counter(event.vertical for event in events))


def test_missing_features_are_counted_by_vertical(events):  # noqa: F811
    counts = count_book(SNAPSHOT, WINDOW)
    from features.catalogue import CATALOGUE

    place = CATALOGUE.index["ip_is_vpn"]
    lacking = Counter(e.vertical for e in events if e.ground.values[place] is None)
    assert {v: m["ip_is_vpn"] for v, m in counts.missing.items()} == dict(lacking)


def test_kinds_of_fraud_are_counted_with_the_rules_that_hit_them(events, bank):  # noqa: F811
    book = CompiledBook(SNAPSHOT, 0)
    named = {"mule_account": events[:30], "": events[30:40]}
    for typology, some in named.items():
        for event in some:
            store(event, bank)
            label(event, bank, fraud=True, typology=typology, after_days=0)
    window = msgspec.structs.replace(WINDOW, until=UNTIL)
    counts = count_book(SNAPSHOT, window)
    assert counts.typologies[UNNAMED].n == 10
    mules = counts.typologies["mule_account"]
    decided = [event.under(book) for event in events[:30]]
    assert mules.n == 30
    assert mules.flagged == sum(verdict.status != "approved" for _, verdict in decided)
    hit = Counter(
        code
        for evaluation, _ in decided
        for code in {h.code for h in (*evaluation.hits, *evaluation.shadow_hits) if h.version}
    )
    assert mules.rules == dict(hit)


@pytest.fixture
def in_force(events):  # noqa: F811
    Publication.objects.create(ruleset=Ruleset.objects.get(number=2))


def test_a_person_sees_the_counts_of_their_institutions(in_force, events, bank):  # noqa: F811
    other = create_institution(name="Other", slug="other", base_currency="USD", by="test")
    assert check_all(now=UNTIL) == 2
    rita, ravi, both = make_user("rita"), make_user("ravi"), make_user("bo")
    for user, institution in ((rita, bank), (ravi, other), (both, bank), (both, other)):
        grant_scope(user=user, institution=institution, by="test")
    assert health_for(rita).counts.whole.n == len(events)
    assert health_for(rita).errors == []
    assert health_for(ravi).counts is None
    assert "holds no decisions" in health_for(ravi).errors[0][1]
    assert health_for(both).counts.whole.n == len(events)
    assert health_for(make_user("stranger")).counts is None
    assert ask_for_check(by=rita) == [bank.pk]


def test_amounts_of_a_currency_without_a_rate_are_told(in_force, events, bank):  # noqa: F811
    other = create_institution(name="Other", slug="other", base_currency="USD", by="test")
    put_into_archive(make_events(5, 50, {2: SNAPSHOT}, institution="other"))
    check_all(now=UNTIL)
    bo = make_user("bo")
    for institution in (bank, other):
        grant_scope(user=bo, institution=institution, by="test")
    told = [("Bank", "Its amounts are in no sum, for want of an exchange rate.")]
    assert (health_for(bo).counts.currency, health_for(bo).errors) == ("USD", told)
    ExchangeRate.objects.create(currency="NGN", day=UNTIL.date(), per_usd=1_000)
    forget_rates()
    assert health_for(bo).errors == []


def test_counting_again_replaces_and_follows_the_ruleset_in_force(in_force, bank):  # noqa: F811
    check_all(now=UNTIL)
    put_in_force(3, a_snapshot())
    Publication.objects.update(ruleset=3)
    rita = make_user("rita")
    grant_scope(user=rita, institution=bank, by="test")
    assert health_for(rita).is_older
    check_all(now=UNTIL)
    assert not health_for(rita).is_older
    assert BookHealth.objects.count() == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [(ZeroDivisionError("x"), "ZeroDivisionError"), (ArchiveTooOld(), "archive repair")],
)
def test_a_failure_keeps_what_was_counted_before(in_force, monkeypatch, fault, words):
    check_all(now=UNTIL)
    before = BookHealth.objects.get()

    def fail(*_):
        raise fault

    monkeypatch.setattr("studio.health.counting.count_book", fail)
    check_all(now=UNTIL + timedelta(days=1))
    row = BookHealth.objects.get()
    assert words in row.error
    assert row.counts == before.counts
    assert (row.until, row.made_at, row.seconds) == (before.until, before.made_at, before.seconds)


def test_a_first_failure_is_told_without_counts(in_force, monkeypatch):
    monkeypatch.setattr("studio.health.counting.count_book", lambda *args: 1 / 0)
    check_all(now=UNTIL)
    row = BookHealth.objects.get()
    assert (row.counts, row.ruleset) == (None, 2)
    assert "ZeroDivisionError" in row.error


def test_without_a_decision_in_the_window_nothing_is_left_to_show(in_force):
    check_all(now=UNTIL)
    check_all(now=UNTIL + timedelta(days=400))
    row = BookHealth.objects.get()
    assert row.counts is None
    assert "holds no decisions" in row.error


@pytest.mark.django_db(transaction=True)
def test_what_another_process_counts_is_left_to_it(in_force, bank):  # noqa: F811
    other = create_institution(name="Other", slug="other", base_currency="USD", by="test")
    elsewhere = connections.create_connection("default")
    try:
        with elsewhere.cursor() as cursor:
            key = f"studio.check_book.{bank.pk}"
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
            assert check_all(now=UNTIL) == 1
            assert BookHealth.objects.get().institution == other
            # A connection that is closed gives its locks back some moments later.
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        elsewhere.close()
    assert check_all(now=UNTIL) == 2


def test_without_a_ruleset_nothing_is_counted(bank):  # noqa: F811
    assert check_all(now=UNTIL) == 0


def test_analysts_have_nothing_counted(db):
    with pytest.raises(Forbidden):
        ask_for_check(by=make_user("ann", ANALYST))
