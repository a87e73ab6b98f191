"""Rows become native transactions by the door's own decoder; the label side stays outside."""

import pytest

from intake.imports.decoding import decode
from intake.imports.errors import BadRow
from intake.imports.formats import Options, Truth
from intake.imports.registry import FORMATS
from intake.imports.share import worker_of
from intake.tests.import_cast import HANDBOOK, NATIVE, PAYSIM

OPTIONS = Options(currency="EUR", epoch=1_000_000.0, label_delay=7.0, id_prefix="file-")


def translate(format_name, row, options=OPTIONS, number=1):
    layout = FORMATS[format_name]
    body, truth = layout.translate(number, row, options)
    return decode(body, layout.names), truth


def as_text(row):
    return {name: "" if value is None else str(value) for name, value in row.items()}


def test_a_handbook_row_is_a_card_payment_of_its_customer():
    request, truth = translate("handbook", HANDBOOK[2], number=3)
    assert request.transaction_id == "file-3"
    assert (request.user_id, request.amount, request.currency) == ("2", 146.0, "EUR")
    assert (request.vertical, request.transaction_type) == ("payments", "purchase")
    assert request.occurred_at == 1_000_476
    assert request.identifiers == {"merchant_id": "1365"}
    assert truth == Truth(is_fraud=True, typology="scenario_1")


def test_a_paysim_row_is_mobile_money_with_its_balances():
    request, truth = translate("paysim", PAYSIM[1], number=2)
    assert (request.user_id, request.amount) == ("C840", 181.0)
    assert (request.vertical, request.transaction_type) == ("mobile_money", "cash_out")
    assert request.occurred_at == 1_000_000 + 2 * 3600
    assert request.identifiers == {"beneficiary_id": "C389"}
    assert request.supplied == {
        "sender_balance_before": 181.0,
        "sender_balance_after": 0.0,
        "recipient_balance_before": 21182.0,
        "recipient_balance_after": 0.0,
    }
    assert truth == Truth(is_fraud=True)


@pytest.mark.parametrize(
    ("payer", "payee", "identifiers"),
    [
        ("C1", "M2", {"merchant_id": "M2"}),
        ("C1", "C2", {"beneficiary_id": "C2"}),
        ("M1", "C2", {"merchant_id": "M1", "beneficiary_id": "C2"}),
    ],
)
def test_names_beginning_with_m_are_merchants(payer, payee, identifiers):
    request, _ = translate("paysim", {**PAYSIM[0], "nameOrig": payer, "nameDest": payee})
    assert request.user_id == payer
    assert request.identifiers == identifiers


@pytest.mark.parametrize("rows", [HANDBOOK, PAYSIM], ids=["handbook", "paysim"])
def test_text_cells_give_the_same_transaction_as_typed_ones(rows):
    name = "handbook" if rows is HANDBOOK else "paysim"
    for row in rows:
        assert translate(name, row) == translate(name, as_text(row))


def test_native_text_cells_are_read_by_their_fields_types():
    from_text, truth = translate("native", as_text(NATIVE[0]))
    from_json, _ = translate("native", NATIVE[0])
    assert from_text == from_json
    assert from_text.supplied["ip_is_vpn"] is True
    assert from_text.supplied["account_age_days"] == 3.0
    assert from_text.extras == {"note": "kept"}
    assert truth == Truth(is_fraud=True)


def test_a_native_row_keeps_its_own_id_and_gets_one_where_it_has_none():
    assert translate("native", NATIVE[0])[0].transaction_id == "n-1"
    assert translate("native", NATIVE[1], number=2)[0].transaction_id == "file-2"


def test_a_native_row_in_its_own_currency_keeps_it():
    assert translate("native", {**NATIVE[0], "currency": "kes"})[0].currency == "KES"
    assert translate("native", NATIVE[0])[0].currency == "EUR"
    undecided = OPTIONS.__class__(None, None, 0.0, "x-")
    assert translate("native", NATIVE[0], undecided)[0].currency is None


@pytest.mark.parametrize("value", ["2024-03-01T09:00:00Z", 1709283600, "1709283600", 1709283600.0])
def test_a_native_time_is_iso_or_epoch_seconds(value):
    row = {"user_id": "C", "amount": "5", "occurred_at": value}
    assert translate("native", row)[0].occurred_at == 1_709_283_600
    assert FORMATS["native"].event_time(row) == 1_709_283_600


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ({"is_fraud": True}, Truth(is_fraud=True, typology="sim_swap")),
        ({"is_fraud": "1"}, Truth(is_fraud=True, typology="sim_swap")),
        ({"is_fraud": False}, Truth(is_fraud=False)),
        ({"is_fraud": ""}, None),
        ({}, None),
    ],
)
def test_the_typology_is_known_of_reported_frauds_alone(label, expected):
    row = {"user_id": "C", "amount": 5, "occurred_at": 1_709_283_600, **label}
    truth = {"true_fraud": True, "true_typology": "sim_swap", "true_story": "sim_swap-00001"}
    request, known = translate("native", {**row, **truth})
    assert known == expected
    assert request == translate("native", row)[0]


def test_a_label_may_say_since_when_it_is_known():
    row = {**NATIVE[0], "label_known_at": "2024-03-09T00:00:00Z"}
    assert translate("native", row)[1] == Truth(is_fraud=True, known_at=1_709_942_400)


LABELS = {
    "handbook": {"fraud": 1, "scenario": 3},
    "paysim": {"isFraud": 1, "isFlaggedFraud": 1},
    "native": {
        "actual_fraud": 1,
        "label_known_at": "2024-03-09",
        "true_fraud": True,
        "true_typology": "sim_swap",
        "true_story": "sim_swap-00001",
    },
}


@pytest.mark.parametrize(
    ("name", "rows"), [("handbook", HANDBOOK), ("paysim", PAYSIM), ("native", NATIVE)]
)
def test_nothing_of_the_label_side_reaches_the_request(name, rows):
    for row in rows:
        bare = {column: value for column, value in row.items() if column not in LABELS[name]}
        labelled, truth = translate(name, {**bare, **LABELS[name]})
        assert truth is not None
        assert translate(name, bare) == (labelled, None)


@pytest.mark.parametrize(
    ("name", "row", "wrong", "column"),
    [
        ("handbook", HANDBOOK[0], {"t": "soon"}, "t"),
        ("handbook", HANDBOOK[0], {"t": -1}, "t"),
        ("handbook", HANDBOOK[0], {"customer": ""}, "customer"),
        ("handbook", HANDBOOK[0], {"customer": 1.5}, "customer"),
        ("handbook", HANDBOOK[0], {"customer": "x" * 200}, "customer"),
        ("handbook", HANDBOOK[0], {"terminal": None}, "terminal"),
        ("handbook", HANDBOOK[0], {"cents": "nan"}, "cents"),
        ("handbook", HANDBOOK[0], {"cents": -5}, "cents"),
        ("handbook", HANDBOOK[0], {"fraud": 7}, "fraud"),
        ("handbook", HANDBOOK[2], {"scenario": "x"}, "scenario"),
        ("paysim", PAYSIM[0], {"step": 1.5}, "step"),
        ("paysim", PAYSIM[0], {"type": "GIFT"}, "type"),
        ("paysim", PAYSIM[0], {"amount": float("nan")}, "amount"),
        ("paysim", PAYSIM[0], {"amount": "-1"}, "amount"),
        ("paysim", PAYSIM[0], {"amount": 1e300}, "amount"),
        ("paysim", PAYSIM[0], {"nameOrig": "C\0"}, "nameOrig"),
        ("paysim", PAYSIM[0], {"nameDest": " "}, "nameDest"),
        ("paysim", PAYSIM[0], {"oldbalanceOrg": "lots"}, "oldbalanceOrg"),
        ("paysim", PAYSIM[0], {"newbalanceDest": -1.0}, "newbalanceDest"),
        ("paysim", PAYSIM[0], {"isFraud": "maybe"}, "isFraud"),
        ("native", NATIVE[0], {"amount": "much"}, "amount"),
        ("native", NATIVE[0], {"amount": float("nan")}, "amount"),
        ("native", NATIVE[0], {"amount": "NaN"}, "amount"),
        ("native", NATIVE[0], {"amount": -1}, "amount"),
        ("native", NATIVE[0], {"true_typology": "x" * 65}, "true_typology"),
        ("native", NATIVE[0], {"customer_id": ""}, "user_id"),
        ("native", NATIVE[0], {"is_vpn": "perhaps"}, "is_vpn"),
        ("native", NATIVE[0], {"timestamp": ""}, "occurred_at"),
        ("native", NATIVE[0], {"timestamp": "yesterday"}, "timestamp"),
        ("native", NATIVE[0], {"note": "\0"}, "note"),
        ("native", NATIVE[0], {"note": [float("inf")]}, "note"),
        ("native", NATIVE[0], {"is_fraud": 0}, "actual_fraud"),
        ("native", NATIVE[0], {"label_known_at": "later"}, "label_known_at"),
    ],
)
def test_a_wrong_cell_is_named_by_the_files_column(name, row, wrong, column):
    with pytest.raises(BadRow) as caught:
        translate(name, {**row, **wrong})
    assert str(caught.value).startswith(column)
    for value in wrong.values():
        assert not isinstance(value, str) or len(value) < 5 or value not in str(caught.value)


def test_missing_columns_are_named_with_their_other_names():
    assert FORMATS["handbook"].missing(["t", "cents"]) == ["customer", "terminal"]
    assert FORMATS["paysim"].missing(list(PAYSIM[0])) == []
    missing = FORMATS["native"].missing(["amount"])
    assert missing[0] == "user_id (or customer_id)"
    assert missing[1].startswith("occurred_at (or timestamp")
    assert FORMATS["native"].missing(["customer_id", "amount", "timestamp"]) == []


def test_a_customer_always_has_the_same_worker():
    assert [worker_of(str(i), 4) for i in range(8)] == [worker_of(str(i), 4) for i in range(8)]
    assert {worker_of(str(i), 4) for i in range(50)} == {0, 1, 2, 3}
    assert worker_of("anybody", 1) == 0
