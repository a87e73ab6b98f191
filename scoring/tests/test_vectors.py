"""Stored vectors, read back in Python and in SQL."""

import pytest
from django.db import connection

from features.vector import by_name, present_by_category
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.tests.making import make_suspicious

pytestmark = pytest.mark.django_db


@pytest.fixture
def decision(bank):
    supplied = {
        "ip_is_vpn": True,
        "phone_verified": False,
        "account_age_days": 5.0,
        "usual_merchant_categories": ("grocery", "fuel"),
    }
    request = make_suspicious(supplied=supplied, identifiers={"email": "a@example.com"})
    score_transaction(client=bank, request=request, source="test")
    return Decision.objects.get()


def test_the_view_shows_what_python_reads(decision):
    with connection.cursor() as cursor:
        cursor.execute("SELECT category, features FROM decision_features")
        seen = dict(cursor.fetchall())
    known = by_name(decision.numbers, decision.texts, decision.catalogue_version)
    wanted = {c: values for c, values in present_by_category(known).items() if values}
    wanted["transaction"]["occurred_at"] = pytest.approx(wanted["transaction"]["occurred_at"])
    as_json = {
        c: {n: list(v) if isinstance(v, tuple) else v for n, v in values.items()}
        for c, values in wanted.items()
    }
    assert decode(seen) == as_json


def decode(seen):
    import json

    return {c: json.loads(f) if isinstance(f, str) else f for c, f in seen.items()}


def test_an_identifier_is_a_hash_in_the_vector(decision):
    known = by_name(decision.numbers, decision.texts, decision.catalogue_version)
    assert len(known["email"]) == 32
    assert known["email_domain"] == "example.com"
