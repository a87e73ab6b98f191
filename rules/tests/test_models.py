"""What the database itself refuses."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from rules.models import Publication, Rule, Ruleset, RuleVersion, Vertical
from rules.services import create_rule, write_config
from rules.tests.cast import make_config, make_definition

pytestmark = pytest.mark.django_db


def refused() -> Any:
    """The statement fails, and the test's own transaction survives it."""
    return pytest.raises(DatabaseError)


def make_ruleset(number: int = 1) -> Ruleset:
    return Ruleset.objects.create(number=number, snapshot={}, note="n", created_by_name="x")


def test_a_version_is_never_changed_or_deleted() -> None:
    version = create_rule(by="tests", code="high_amount", definition=make_definition()).version
    with refused(), transaction.atomic():
        RuleVersion.objects.filter(pk=version.pk).update(score="99")
    with refused(), transaction.atomic():
        RuleVersion.objects.filter(pk=version.pk).delete()
    version.refresh_from_db()
    assert version.score == "30"


def test_a_ruleset_is_never_changed_or_deleted() -> None:
    make_ruleset()
    with refused(), transaction.atomic():
        Ruleset.objects.filter(number=1).update(snapshot={"rules": []})
    with refused(), transaction.atomic():
        Ruleset.objects.filter(number=1).delete()


def test_there_is_one_pointer_only() -> None:
    ruleset = make_ruleset()
    Publication.objects.create(ruleset=ruleset)
    with pytest.raises(IntegrityError), transaction.atomic():
        Publication.objects.create(id=2, ruleset=ruleset)


def test_the_pointers_column_is_what_scoring_reads(django_assert_num_queries: Any) -> None:
    from django.db import connection

    Publication.objects.create(ruleset=make_ruleset(7))
    with django_assert_num_queries(1), connection.cursor() as cursor:
        cursor.execute("SELECT ruleset_number FROM rules_publication WHERE id = 1")
        assert cursor.fetchone() == (7,)


@pytest.mark.parametrize(
    "wrong",
    [
        {"review_threshold": 0},
        {"review_threshold": 70, "fraud_score_threshold": 60},
        {"fraud_score_threshold": 101},
        {"aml_threshold": 101},
        {"rules_weight": Decimal("0.7"), "ml_weight": Decimal("0.4")},
        {"rules_weight": Decimal("1.2"), "ml_weight": Decimal("-0.2")},
        {"currencies": []},
        {"currencies": ["ngn"]},
        {"currencies": ["NGN", "U$D"]},
        {"rule_weights": {"gambling": 5.1}},
        {"rule_weights": {"gambling": -1}},
        {"rule_weights": {"gambling": "1"}},
        {"rule_weights": []},
        {"code": "lottery"},
    ],
)
def test_a_vertical_with_impossible_numbers_is_not_stored(wrong: dict[str, Any]) -> None:
    vertical = Vertical(code="payments")
    write_config(vertical, make_config())
    for name, value in wrong.items():
        setattr(vertical, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        vertical.save()


def test_a_vertical_and_a_version_give_back_what_was_stored() -> None:
    vertical = Vertical(code="payments")
    write_config(vertical, make_config(rule_weights={"high_amount": 1.5}, rules_weight=0.6))
    vertical.save()
    vertical.refresh_from_db()
    assert vertical.config == make_config(rule_weights={"high_amount": 1.5})
    create_rule(by="tests", code="high_amount", definition=make_definition(tags=("a", "b")))
    stored = Rule.objects.get(code="high_amount").version.definition
    assert stored == make_definition(tags=("a", "b"))
    assert stored.fingerprint == make_definition(tags=("a", "b")).fingerprint


@pytest.mark.parametrize("state", ["lively", "LIVE", ""])
def test_a_rule_is_in_no_other_state_than_the_five(state: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Rule.objects.create(code="x", state=state)
