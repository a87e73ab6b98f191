"""The book as a list, and the figures that are kept ready for it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone as clock

from clients.models import Institution
from clients.services import grant_scope
from foundation.outbox import drain_outbox
from intelligence.models import ExchangeRate
from learning.archive.exporting import export
from learning.tests.conftest import archive, bank, first_serial, rule_book, stranger  # noqa: F401
from rules.models import Rule
from rules.services import set_rule_state
from rules.switching.reading import Mode
from rules.switching.throwing import throw_switch
from rules.tests.people import make_user
from scoring.services import score_transaction
from scoring.tests.making import make_request, make_suspicious
from studio.book.listing import Asked, Book, Line, read_book
from studio.book.summing import summarise_rules
from studio.models import RuleSummary
from transactions.models import Transaction
from transactions.services import record_label

pytestmark = pytest.mark.django_db(transaction=True)


def decide(client, *, days_ago: float, fraud: bool | None, number: int, **more):
    at = (clock.now() - timedelta(days=days_ago)).timestamp()
    request = make_suspicious(
        transaction_id=f"{client.institution_slug}-{number}",
        user_id=f"u-{number}",
        occurred_at=at,
        **more,
    )
    answer = score_transaction(client=client, request=request, source="test")
    if fraud is not None:
        row = Transaction.objects.get(
            external_id=request.transaction_id, institution=client.institution_id
        )
        record_label(transaction_row=row, is_fraud=fraud, source="chargeback", by="test")
    return answer


@pytest.fixture
def history(bank, stranger, archive):  # noqa: F811
    """Of our bank: four flagged, two of them fraud and one genuine; one is two weeks old."""
    decide(bank, days_ago=1, fraud=True, number=1, amount=600_000.0)
    decide(bank, days_ago=2, fraud=False, number=2)
    decide(bank, days_ago=3, fraud=None, number=3)
    decide(bank, days_ago=14, fraud=True, number=4, amount=1_000.0, currency="USD")
    decide(stranger, days_ago=1, fraud=True, number=5)
    score_transaction(client=bank, request=make_request(), source="test")
    drain_outbox()
    export()
    summarise_rules(now=clock.now())


@pytest.fixture
def rita(bank):  # noqa: F811
    rita = make_user()
    grant_scope(user=rita, institution=Institution.objects.get(pk=bank.institution_id), by="test")
    return rita


def book(user, **asked) -> Book:
    return read_book(by=user, asked=Asked(**asked), now=clock.now())


def line(user, code: str = "vpn_or_proxy", **asked) -> Line:
    return next(one for one in book(user, **asked).lines if one.rule.code == code)


def test_hits_are_those_of_the_period_and_of_the_institutions_seen(history, rita):
    assert [line(rita, days=days).all_hits for days in (7, 30)] == [3, 4]
    assert sum(line(rita, days=7).days) == 3
    assert line(rita, days=7).days[-2:] == (1, 0)


def test_precision_is_of_labelled_hits(history, rita):
    worth = line(rita, days=30).worth
    assert (worth.fraud, worth.genuine, worth.false_positives) == (2, 1, 1)
    assert worth.precision.value == pytest.approx(2 / 3)
    assert line(rita, days=7).worth.fraud == 1


def test_money_is_in_the_banks_currency_at_the_days_rate(history, rita):
    rate = float(ExchangeRate.objects.filter(currency="NGN").latest("day").per_usd)
    week, month = (line(rita, days=days).worth.money["NGN"] for days in (7, 30))
    assert week == pytest.approx(600_000.0)
    assert month == pytest.approx(600_000.0 + 1_000.0 * rate, rel=0.2)


def test_summing_up_again_changes_nothing_but_the_time(history):
    before = list(RuleSummary.objects.order_by("pk").values_list("figures", flat=True))
    summarise_rules(now=clock.now())
    assert list(RuleSummary.objects.order_by("pk").values_list("figures", flat=True)) == before


def test_the_book_says_of_when_its_figures_are(history, rita):
    as_of = book(rita).as_of
    assert as_of is not None
    assert as_of > datetime.now(UTC) - timedelta(minutes=5)


def test_what_was_not_summed_up_is_not_shown_as_nothing(bank, rita):  # noqa: F811
    found = book(rita)
    assert found.as_of is None
    assert {one.worth for one in found.lines} == {None}


def test_who_may_not_see_activity_gets_no_figures(history):
    nobody = make_user("nat")
    nobody.groups.clear()
    assert not book(nobody).may_see_figures
    assert line(nobody).all_hits == 0


def test_a_rule_that_waits_for_publication_is_marked(history, rita):
    assert not line(rita).waits
    set_rule_state(by=rita, code="vpn_or_proxy", to="shadow")
    assert line(rita).waits


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({"sort": "code"}, ["high_amount", "new_account", "vpn_or_proxy"]),
        ({"sort": "-code"}, ["vpn_or_proxy", "new_account", "high_amount"]),
        ({"text": "VPN"}, ["vpn_or_proxy"]),
        ({"text": "account_age"}, ["new_account"]),
        ({"state": "shadow"}, ["high_amount"]),
        ({"state": "retired"}, []),
        ({"category": "ato"}, []),
        ({"sort": "-hits"}, ["new_account", "vpn_or_proxy", "high_amount"]),
        ({"sort": "state"}, ["new_account", "vpn_or_proxy", "high_amount"]),
        ({"sort": "nonsense"}, ["high_amount", "new_account", "vpn_or_proxy"]),
    ],
)
def test_the_book_is_filtered_and_sorted(history, rita, asked, codes):
    set_rule_state(by=rita, code="high_amount", to="shadow")
    assert [one.rule.code for one in book(rita, **asked).lines] == codes


def test_rules_without_a_precision_come_last_both_ways(history, rita):
    for sort in ("precision", "-precision"):
        assert book(rita, sort=sort).lines[-1].rule.code == "high_amount"


def test_the_number_of_queries_does_not_grow_with_the_rules(
    history, rita, django_assert_max_num_queries
):
    rita.has_perm("rules.view_rule")
    with django_assert_max_num_queries(7):
        assert len(book(rita).lines) == Rule.objects.count()


def test_what_a_switch_declined_is_no_rules_merit(history, bank, rita):  # noqa: F811
    before = line(rita).worth
    ends_at = clock.now() + timedelta(hours=1)
    throw_switch(
        by=rita, vertical="fintech", mode=Mode.DECLINE_ALL, ends_at=ends_at, reason="An incident"
    )
    answers = [decide(bank, days_ago=0, fraud=fraud, number=6 + fraud) for fraud in (True, False)]
    assert {answer.status for answer in answers} == {"declined"}
    drain_outbox()
    export()
    summarise_rules(now=clock.now())
    after = line(rita).worth
    assert (after.fraud, after.genuine) == (before.fraud + 1, before.genuine + 1)
    assert (after.money, after.false_positives) == (before.money, before.false_positives)
