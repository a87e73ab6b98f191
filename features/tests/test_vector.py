"""Stored vectors come back exactly as they were."""

import json

import pytest
from hypothesis import given

from features import layouts
from features.catalogue import CATALOGUE, compute_vector
from features.errors import UnknownCatalogueVersionError
from features.tests.worlds import make_facts, transactions
from features.vector import by_name, pack, present_by_category, unpack


@given(transactions())
def test_unpacking_gives_back_what_was_packed(facts):
    values, _ = compute_vector(facts)
    numbers, texts = pack(values)
    back = unpack(numbers, texts, CATALOGUE.version)
    assert back == values
    assert [type(v) for v in back] == [type(v) for v in values]


@given(transactions())
def test_arrays_hold_numbers_and_texts_alone_and_no_missing_tail(facts):
    numbers, texts = pack(compute_vector(facts)[0])
    assert {type(n) for n in numbers} <= {float, type(None)}
    assert {type(t) for t in texts} <= {str, type(None)}
    assert numbers[-1] is not None
    assert texts == [] or texts[-1] is not None


def test_a_row_of_nothing_packs_to_nothing():
    assert pack([None] * len(CATALOGUE)) == ([], [])
    assert unpack([], []) == [None] * len(CATALOGUE)


@pytest.fixture
def older_version(tmp_path, monkeypatch):
    """A layout in another order, with a feature that is gone and without most that there are."""
    features = [["amount", "money"], ["weather", "string"], ["ip_is_vpn", "boolean"],
                ["currency", "string"], ["usual_merchant_categories", "strings"]]  # fmt: skip
    (tmp_path / "0.json").write_text(json.dumps({"version": 0, "features": features}))
    monkeypatch.setattr(layouts, "FOLDER", tmp_path)
    layouts.layout.cache_clear()
    yield 0
    layouts.layout.cache_clear()


def test_a_vector_of_an_older_version_is_read_by_its_own_layout(older_version):
    row = unpack([5.0, 1.0], ["fair", "NGN", '["food"]'], older_version)
    known = {n: v for n, v in zip(CATALOGUE.index, row, strict=True) if v is not None}
    assert known == {
        "amount": 5.0,
        "ip_is_vpn": True,
        "currency": "NGN",
        "usual_merchant_categories": ("food",),
    }


def test_a_feature_that_is_gone_is_still_shown(older_version):
    shown = present_by_category(by_name([5.0], ["fair"], older_version))
    assert shown["retired"] == {"weather": "fair"}
    assert shown["transaction"] == {"amount": 5.0}


def test_an_unknown_version_is_refused():
    with pytest.raises(UnknownCatalogueVersionError, match="999"):
        unpack([], [], 999)


def test_what_is_known_is_shown_by_category():
    values, _ = compute_vector(make_facts(amount=5.5, card_prepaid=True))
    shown = present_by_category(values)
    assert list(shown) == [
        "identity", "behavioral", "transaction", "network", "ato", "funding", "merchant", "ml",
        "derived",
    ]  # fmt: skip
    assert shown["transaction"]["amount"] == 5.5
    assert shown["funding"] == {"card_prepaid": True}
    assert shown["identity"] == {}
