"""What the catalogue was promised to hold, and the files that are written from it."""

import json

import pytest

from features import docs, layouts
from features.aliases import ALIASES
from features.catalogue import CATALOGUE
from features.tests import promised
from features.types import Type

PROMISED = [(category, name) for category, names in promised.NAMES.items() for name in names]


@pytest.mark.parametrize(("category", "name"), PROMISED)
def test_it_has_every_promised_feature_in_its_category(category, name):
    assert category in CATALOGUE[name].categories


@pytest.mark.parametrize(("category", "fewest"), promised.FEWEST.items())
def test_every_category_has_as_many_features_as_promised(category, fewest):
    assert len(CATALOGUE.by_category()[category]) >= fewest


@pytest.mark.parametrize(("name", "field"), promised.ALIASES.items())
def test_every_promised_name_is_accepted(name, field):
    assert ALIASES[name] == field
    assert field in CATALOGUE


@pytest.mark.parametrize("name", promised.RULE_INPUTS)
def test_every_input_of_the_promised_rules_is_known(name):
    assert ALIASES.get(name, name) in CATALOGUE


@pytest.mark.parametrize(
    "name", ["overall_fraud_probability", "total_risk_score", "ensemble_score"]
)
def test_figures_made_after_the_decision_can_be_neither_supplied_nor_read(name):
    assert not CATALOGUE[name].suppliable
    assert not CATALOGUE[name].readable


@pytest.mark.parametrize(
    "name",
    [
        "user_id", "email", "phone", "ip_address", "user_agent", "device_id", "merchant_id",
        "card_token", "beneficiary_id", "bvn", "registered_address", "transaction_address",
        "canvas_fingerprint", "webgl_fingerprint", "stored_device_fingerprint",
    ],
)  # fmt: skip
def test_what_points_at_somebody_is_an_identifier(name):
    assert CATALOGUE[name].type is Type.IDENTIFIER


def test_two_categories_may_share_one_feature():
    assert CATALOGUE["failed_login_attempts"].categories == ("behavioral", "ato")
    assert CATALOGUE["card_prepaid"].categories == ("transaction", "funding")


def test_the_layout_on_file_is_the_catalogues():
    assert layouts.complaint() is None


def test_a_changed_catalogue_is_noticed_until_its_version_is_raised(tmp_path, monkeypatch):
    monkeypatch.setattr(layouts, "FOLDER", tmp_path)
    assert "has no layout" in layouts.complaint()
    assert layouts.main() == 0
    path = tmp_path / f"{CATALOGUE.version}.json"
    content = json.loads(path.read_text())
    content["features"].reverse()
    path.write_text(json.dumps(content))
    assert "raise VERSION" in layouts.complaint()
    assert layouts.main() == 1


def test_the_page_of_features_is_current():
    assert docs.PAGE.read_text(encoding="utf-8") == docs.page(), "run python -m features.docs"


def test_the_page_says_why_a_promised_feature_is_known_to_clients_alone():
    named = " ".join(docs.CLIENTS_ALONE.values()).split()
    clients_alone = {
        name
        for _, name in PROMISED
        if CATALOGUE[name].source == "supplied"
        and CATALOGUE[name].type is not Type.IDENTIFIER
        and not CATALOGUE[name].output
    }
    assert len(named) == len(set(named))
    assert set(named) == clients_alone


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("email_age_days", "client"),
        ("hour", "us, from `occurred_at`, `timezone_offset`"),
        ("transactions_last_day", "either, counted: customer, 24h"),
        ("card_declines_24h", "either, counted: card, 24h, declined"),
        ("beneficiary_senders_24h", "either, counted: beneficiary, 24h, distinct customers"),
        ("duplicate_amount_24h", "either, counted: customer, 24h, same amount before"),
        ("merchant_fraud_rate", "either, from the labels known so far"),
        ("merchant_is_new", "either, from the customer's profile; else from `merchant_paid_30d`"),
        ("ensemble_score", "output"),
    ],
)
def test_the_page_says_where_a_value_comes_from(name, words):
    line = next(line for line in docs.page().splitlines() if line.startswith(f"| `{name}` "))
    assert line.split(" | ")[3] == words
