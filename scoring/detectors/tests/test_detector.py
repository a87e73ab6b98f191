import numpy as np
import pytest

from features.catalogue import CATALOGUE
from scoring.detectors import Detector, ForeignArtefact
from scoring.detectors.manifest import Column, Curve
from scoring.detectors.rows import RowMaker
from scoring.detectors.tests.making import COLUMNS, make_artefact


def vector(**known):
    values = [None] * len(CATALOGUE)
    for name, value in known.items():
        values[CATALOGUE.index[name]] = value
    return values


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    return Detector(make_artefact(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.mark.parametrize(
    ("known", "margin", "anomaly"),
    [
        ({}, -2.0, 40.0),
        ({"amount": 999.0}, -2.0, 40.0),
        ({"amount": 1_000.0}, 1.0, 40.0),
        ({"amount": 1_000.0, "ip_is_vpn": True}, 3.0, 40.0),
        ({"amount": 1_000.0, "ip_is_vpn": False}, 1.0, 40.0),
        ({"amount": 600_000.0, "transaction_type": "transfer"}, 1.5, 80.0),
        ({"amount": 600_000.0, "transaction_type": "never seen"}, 1.0, 80.0),
        ({"amount": 1e300}, -2.0, 40.0),  # beyond float32 is missing
    ],
)
def test_it_judges_a_vector(detector, known, margin, anomaly):
    opinion = detector.judge(vector(**known))

    assert opinion.margin == pytest.approx(margin, abs=1e-6)
    assert opinion.anomaly == pytest.approx(anomaly, abs=1e-4)
    assert opinion.probability == pytest.approx((margin + 4) / 8, abs=1e-6)
    expected = (margin + 4) * 10 if margin <= 0 else 40 + margin * 15
    assert opinion.score == pytest.approx(expected, abs=1e-4)


def test_a_model_without_a_forest_has_no_opinion_on_strangeness(tmp_path):
    detector = Detector(make_artefact(tmp_path / "m", anomaly=None))

    assert detector.judge(vector()).anomaly is None


def test_what_moved_it_adds_up_to_the_margin(detector):
    known = vector(amount=5_000.0, ip_is_vpn=True, transaction_type="transfer")

    moved = detector.moved_by(known)

    assert moved == pytest.approx({"amount": 1.5, "ip_is_vpn": 1.0, "transaction_type": 0.25})
    mean = -0.5 + 1.0 + 0.25
    assert detector.judge(known).margin == pytest.approx(mean + sum(moved.values()))


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (Column("gone_since", "number"), "gone_since"),
        (Column("amount", "category", ("a",)), "amount as a category"),
        (Column("transaction_type", "number"), "transaction_type as a number"),
    ],
)
def test_a_model_of_another_catalogue_is_refused_in_a_sentence(tmp_path, column, words):
    artefact = make_artefact(tmp_path / "m", columns=(*COLUMNS[:2], column))

    with pytest.raises(ForeignArtefact, match=f"{words}.*train anew"):
        Detector(artefact)


def test_rows_are_float32_with_nan_for_what_is_missing():
    row = RowMaker(COLUMNS).row(vector(amount=0.1, transaction_type="deposit"))

    assert row.dtype == np.float32
    assert row.shape == (1, 3)
    assert row[0, 0] == np.float32(0.1)
    assert np.isnan(row[0, 1])
    assert row[0, 2] == 0.0


def test_a_model_may_have_a_single_column():
    assert RowMaker(COLUMNS[:1]).row(vector(amount=3.0)).tolist() == [[3.0]]


@pytest.mark.parametrize(
    ("x", "y"), [((), ()), ((1.0,), (1.0, 2.0)), ((1.0, 1.0), (1.0, 2.0)), ((1.0, 2.0), (2.0, 1.0))]
)
def test_a_curve_that_does_not_rise_is_refused(x, y):
    with pytest.raises(ValueError, match="curve"):
        Curve(x, y)
