"""What a rule is worth beside the others is what leaving it out shows, event by event."""

import itertools
from collections import Counter

import pytest

from rules.engine import CompiledBook
from scoring.consider import thresholds
from scoring.formula import decide
from studio.backtest.marginal import value_of_rules
from studio.backtest.tests.conftest import WINDOW
from studio.backtest.tests.world import a_snapshot

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("built_in", [False, True])
def test_each_rule_is_worth_what_is_lost_without_it(events, built_in):
    snapshot = a_snapshot(built_in=built_in)
    book = CompiledBook(snapshot, 0)
    hits, alone, spared, both = Counter(), Counter(), Counter(), Counter()
    for event in events:
        evaluation, verdict = event.under(book)
        limits = thresholds(book.configs[event.vertical])
        fired = sorted(h.code for h in (*evaluation.hits, *evaluation.shadow_hits) if h.version)
        hits.update(fired)
        both.update(itertools.combinations(fired, 2))
        for hit in evaluation.hits:
            rest = tuple(other for other in evaluation.hits if other is not hit)
            without = decide(rest, event.ground.ml_score, limits).status
            if hit.version and (without == "approved") != (verdict.status == "approved"):
                (alone if without == "approved" else spared)[hit.code] += 1
    found = value_of_rules(snapshot, WINDOW)
    assert {one.code: one.hits.n for one in found.rules if one.hits.n} == hits
    assert {one.code: one.alone.n for one in found.rules if one.alone.n} == alone
    assert {one.code: one.spared.n for one in found.rules if one.spared.n} == spared
    told = {tuple(sorted((one.one, one.other))): one for one in found.overlaps}
    assert {pair: one.both for pair, one in told.items()} == both
    assert alone
    assert spared
