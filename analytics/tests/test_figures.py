"""Every figure from stored rows: what counts, whose, of which days, in how many queries."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection

from analytics import verticals as verticals_room
from analytics.accuracy import accuracy
from analytics.advice import threshold_advice
from analytics.distribution import risk_distribution
from analytics.patterns import transaction_patterns
from analytics.performance import NO_LABELS, NO_MODEL, auc, performance
from analytics.period import LONGEST, Period, last_days
from analytics.reading import DECISIONS, LABELLED, WITHIN, rows
from analytics.tests.conftest import NOW
from analytics.trends import fraud_trends
from analytics.verticals import vertical_metrics
from rules.registry import registry
from scoring.tests.conftest import rule_book  # noqa: F401

pytestmark = pytest.mark.django_db
MONTH = last_days(30)


def of(book, figure, period=MONTH, **options):
    return figure(book.institution.pk, period, **options)


class TestAccuracy:
    def test_declined_counts_as_predicted_fraud(self, book, theirs):
        book.add(90, fraud=True, number=4)
        book.add(70, fraud=False, number=2)
        book.add(50, fraud=True, number=3)
        book.add(10, fraud=True)
        book.add(10, fraud=False, number=10)
        book.add(95)
        told = of(book, accuracy)
        assert told.total_feedback == 20
        assert told.correct_predictions == 14
        assert (told.false_positives, told.false_negatives, told.in_review) == (2, 4, 3)
        assert (told.accuracy, told.precision, told.recall) == (0.7, 0.666667, 0.5)

    def test_without_feedback_there_is_no_figure(self, book, theirs):
        book.add(90)
        told = of(book, accuracy)
        assert (told.accuracy, told.precision, told.recall) == (None, None, None)
        assert told.total_feedback == 0

    def test_the_current_label_counts(self, book):
        book.add(90, fraud=True)
        book.label(book.last, False, source="analyst", known_at=NOW - timedelta(hours=1))
        told = of(book, accuracy)
        assert (told.total_feedback, told.false_positives) == (1, 1)

    def test_it_is_of_the_days_and_the_vertical_asked_for(self, book):
        book.add(90, fraud=True, vertical="crypto")
        book.add(90, fraud=True, days_ago=40)
        assert of(book, accuracy).total_feedback == 1
        assert of(book, accuracy, last_days(60)).total_feedback == 2
        assert of(book, accuracy, vertical="crypto").total_feedback == 1
        assert of(book, accuracy, vertical="lending").total_feedback == 0


class TestPerformance:
    def test_it_says_that_no_model_took_part(self, book, theirs):
        book.add(90, fraud=True, number=2)
        book.add(20, fraud=True)
        book.add(20, fraud=False, number=2)
        told = of(book, performance)
        assert told.note == NO_MODEL
        [rules] = told.models
        assert (rules.model_version, rules.labelled, rules.frauds) == (None, 5, 3)
        assert rules.auc == round((2 * 2 + 2 / 2) / 6, 6)
        assert rules.average_score_genuine == 20
        assert rules.outcome.recall == 0.666667

    def test_each_model_stands_by_itself(self, book):
        book.add(90, fraud=True, model="m-1")
        book.add(10, fraud=False)
        told = of(book, performance)
        assert told.note == ""
        assert [one.model_version for one in told.models] == [None, "m-1"]
        assert [one.auc for one in told.models] == [None, None]

    def test_it_says_that_nothing_is_known(self, book):
        book.add(90)
        told = of(book, performance)
        assert (told.models, told.note) == ((), NO_LABELS)

    @pytest.mark.parametrize(
        ("frauds", "genuine", "area"),
        [
            ({90: 5}, {10: 5}, 1.0),
            ({10: 5}, {90: 5}, 0.0),
            ({50: 5}, {50: 5}, 0.5),
            ({}, {10: 1}, None),
        ],
    )
    def test_the_area_under_the_curve(self, frauds, genuine, area):
        assert auc(Counter(frauds), Counter(genuine)) == area


class TestAdvice:
    def advice(self, book, period=MONTH, vertical="payments"):
        return threshold_advice(
            book.institution.pk, period, vertical=vertical, review=40, current=60
        )

    def test_what_was_let_through_without_complaint_counts_as_genuine(self, book, theirs):
        book.add(90, days_ago=10, fraud=True, number=30)
        book.add(55, days_ago=10, fraud=True, number=20)
        book.add(10, days_ago=10, number=40)
        told = self.advice(book)
        assert (told.frauds, told.genuine) == (50, 40)
        assert (told.suggestion, told.suggested_threshold) == ("decrease_threshold", 55)

    @pytest.mark.parametrize(
        "left_out",
        [
            {"score": 90},  # declined, and nobody can know
            {"score": 10, "days_ago": 3},  # too young
            {"score": 10, "days_ago": 60},
            {"score": 10, "effect": "allow"},
            {"score": 10, "effect": "decline", "status": "declined", "fraud": True},
            {"score": 10, "vertical": "crypto"},
        ],
    )
    def test_what_does_not_count(self, book, left_out):
        book.add(**{"days_ago": 10, **left_out})
        told = self.advice(book)
        assert (told.frauds, told.genuine) == (0, 0)

    def test_a_period_shorter_than_what_settles_holds_nothing(self, book):
        book.add(10, days_ago=1)
        assert self.advice(book, last_days(2)).genuine == 0


class TestTrends:
    def test_every_day_is_there(self, book, theirs):
        book.add(90, fraud=True)
        book.add(50)
        book.add(10, days_ago=2, fraud=False)
        told = of(book, fraud_trends, last_days(5))
        assert told.days == len(told.trends) == 5
        today, before = told.trends[-1], told.trends[-3]
        assert (today.date, today.transactions) == (datetime.now(UTC).date(), 2)
        assert (today.review, today.declined, today.confirmed_fraud) == (1, 1, 1)
        assert (today.average_fraud_score, today.fraud_rate) == (70.0, 50.0)
        assert (before.approved, before.confirmed_genuine, before.fraud_rate) == (1, 1, 0.0)
        assert told.trends[0].fraud_rate is None

    def test_a_clock_that_is_ahead_at_midnight_loses_no_transaction(self, book):
        book.add(10)
        yesterday = datetime.combine(NOW.date(), datetime.min.time(), UTC) - timedelta(days=1)
        told = of(book, fraud_trends, Period(yesterday, NOW + timedelta(minutes=5)))
        assert sum(day.transactions for day in told.trends) == 1


def test_patterns(book, theirs):
    book.add(90, kind="transfer", amount=100)
    book.add(10, kind="transfer", amount=300)
    book.add(10, kind="", currency="USD", amount=5)
    told = of(book, transaction_patterns)
    assert told.total_transactions == 3
    assert [(part.name, part.transactions, part.declined) for part in told.by_type] == [
        ("transfer", 2, 1),
        ("", 1, 0),
    ]
    assert told.by_type[0].declined_percent == 50
    assert len(told.by_hour) == 24
    assert told.by_hour[NOW.hour].transactions == 3
    assert len(told.by_weekday) == 7
    assert told.by_weekday[NOW.weekday()].transactions == 3
    naira, dollars = told.by_currency
    assert (naira.currency, naira.total_amount, naira.average_amount) == ("NGN", 400, 200)
    assert (dollars.currency, dollars.largest_amount) == ("USD", 5)


def test_distribution(book, theirs):
    for score in (0, 9, 10, 40, 59, 60, 89, 90, 100):
        book.add(score)
    told = of(book, risk_distribution)
    assert told.total_transactions == 9
    assert told.average_fraud_score == round(457 / 9, 4)
    assert [(level.risk_level, level.transactions) for level in told.levels] == [
        ("low", 3),
        ("medium", 2),
        ("high", 1),
        ("critical", 3),
    ]
    assert [band.transactions for band in told.bands] == [2, 1, 0, 0, 1, 1, 1, 0, 1, 2]
    assert (told.bands[-1].score_to, told.bands[-1].declined) == (100, 2)


@pytest.fixture
def in_force(monkeypatch):
    configs = {
        "payments": SimpleNamespace(fraud_score_threshold=60),
        "crypto": SimpleNamespace(fraud_score_threshold=50),
    }
    monkeypatch.setattr(verticals_room, "verticals_in_force", lambda: configs)


class TestVerticals:
    def test_fraudulent_is_a_rule_score_at_the_verticals_threshold(self, book, theirs, in_force):
        book.add(30, rule_score=59.5)
        book.add(90, rule_score=59.4, fraud=True)
        book.add(55, vertical="crypto")
        crypto, payments = of(book, vertical_metrics)
        assert (payments.vertical, payments.threshold) == ("payments", 60)
        assert (payments.total_transactions, payments.fraudulent_count) == (2, 1)
        assert (payments.fraud_rate, payments.average_fraud_score) == (50.0, 60.0)
        assert (payments.average_rule_score, payments.confirmed_fraud) == (59.45, 1)
        assert (payments.approved, payments.declined) == (1, 1)
        assert (crypto.fraudulent_count, crypto.review) == (1, 1)

    def test_one_without_traffic_has_no_rate(self, book, in_force):
        [told] = of(book, vertical_metrics, vertical="crypto")
        assert (told.total_transactions, told.fraud_rate) == (0, None)

    def test_an_unknown_one_is_none(self, book, in_force):
        assert of(book, vertical_metrics, vertical="casino") == ()

    def test_thresholds_are_those_of_the_published_ruleset(self, book, rule_book):  # noqa: F811
        told = {one.vertical: one.threshold for one in of(book, vertical_metrics)}
        assert (told["lending"], told["crypto"], told["mobile_money"]) == (65, 50, 80)

    def test_without_a_ruleset_there_are_none(self, book):
        registry.forget()
        assert of(book, vertical_metrics) == ()


@pytest.mark.parametrize(
    ("figure", "queries", "options"),
    [
        (accuracy, 1, {}),
        (performance, 1, {}),
        (fraud_trends, 2, {}),
        (transaction_patterns, 1, {}),
        (risk_distribution, 1, {}),
        (vertical_metrics, 2, {}),  # and one for the ruleset's number
        (threshold_advice, 2, {"vertical": "payments", "review": 40, "current": 60}),
    ],
)
def test_the_number_of_queries(book, in_force, django_assert_num_queries, figure, queries, options):
    book.add(90, fraud=True, number=3)
    with django_assert_num_queries(queries):
        of(book, figure, **options)


@pytest.mark.parametrize("source", [DECISIONS, LABELLED])
def test_primary_keys_bound_what_is_read(book, source):
    """No index is kept for the sake of figures: ids grow with time, and bound both tables."""
    book.add(90, fraud=True)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    sql = f"EXPLAIN (COSTS OFF) SELECT count(*) FROM {source} WHERE {WITHIN}"  # noqa: S608
    plan = "\n".join(line for (line,) in rows(sql, book.institution.pk, MONTH))
    assert "Seq Scan" not in plan
    assert "id >= '" in plan


class TestPeriod:
    def test_days_begin_at_midnight_utc_and_end_after_now(self):
        now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        period = last_days(30, now)
        assert period.since == datetime(2026, 1, 31, tzinfo=UTC)
        assert now < period.until < now + timedelta(hours=1)
        assert period.last_day == now.date()

    @pytest.mark.parametrize("days", [0, -1, LONGEST + 1])
    def test_days_are_bounded(self, days):
        with pytest.raises(ValueError, match="from 1 to"):
            last_days(days)
