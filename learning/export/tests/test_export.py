import json

import numpy as np
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.catalogue import CATALOGUE
from learning.export.errors import NotExportable
from learning.export.graph import graph_of
from learning.export.parity import TOLERANCE, check_parity, difference, random_rows
from learning.export.paths import paths_of
from learning.export.tests.making import FEATURES, TYPES, labels, make_trained, matrix
from learning.export.writing import write_artefact
from learning.training.trained import Input, Trained
from scoring.detectors import CorruptArtefact, Detector
from scoring.detectors.manifest import CARD, explainer

SHAPES = [
    {},
    {"one_hot": 1},
    {"one_hot": 100},
    {"seeds": 1},
    {"seeds": 3, "forest": False},
]


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    return write_artefact(make_trained(), tmp_path_factory.mktemp("models") / "one")


def with_booster(**parameters):
    rows = matrix(200)
    data = xgboost.DMatrix(rows, labels(rows), feature_types=TYPES, enable_categorical=True)
    data.feature_names = [one.name for one in FEATURES]
    made = make_trained()
    booster = xgboost.train({"max_depth": 2, **parameters}, data, 2)
    return Trained(FEATURES, [booster], made.calibration, made.alignment, None, made.facts)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_copy_answers_what_the_trainer_answers(shape):
    trained = make_trained(**shape)

    rows = random_rows(trained, 5_000, seed=1)

    assert np.isnan(rows).any(axis=0).all(), "missing values in every column"
    assert (rows[:, 4] > 4).any(), "unseen categories"
    assert difference(trained, graph_of(trained).SerializeToString(), rows) < TOLERANCE


def test_sets_of_many_categories_are_copied_with_one_kind_of_comparison():
    """ONNX Runtime walks trees of mixed comparisons at half the speed."""
    rng = np.random.default_rng(3)
    names = tuple(f"kind{number}" for number in range(64))
    codes = rng.integers(0, 64, 3_000).astype(np.float32)
    risk = rng.random(64)[codes.astype(int)]
    codes[rng.random(3_000) < 0.1] = np.nan
    data = xgboost.DMatrix(
        codes.reshape(-1, 1),
        (rng.random(3_000) < risk).astype(int),
        feature_names=["transaction_type"],
        feature_types=["c"],
        enable_categorical=True,
    )
    asked = {"objective": "binary:logistic", "max_depth": 4, "max_cat_to_onehot": 8, "nthread": 1}
    booster = xgboost.train(asked, data, 10)
    made = make_trained()
    inputs = (Input("transaction_type", "category", names),)
    trained = Trained(inputs, [booster], made.calibration, made.alignment, None, made.facts)
    every = np.array([*range(71), np.nan], np.float32).reshape(-1, 1)

    graph = graph_of(trained)

    assert difference(trained, graph.SerializeToString(), every) < TOLERANCE
    modes = {one.name: one for one in graph.graph.node[0].attribute}["nodes_modes"].strings
    assert set(modes) == {b"BRANCH_LT", b"LEAF"}


_value = st.one_of(
    st.just(float("nan")),
    st.integers(-2, 8).map(float),
    st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False),
)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, (16, 4), elements=_value), st.sampled_from([float("nan"), 0, 2, 3, 60]))
def test_any_row_gets_the_same_answer(numbers, category):
    trained = make_trained(one_hot=1)
    rows = np.column_stack([numbers, np.full(16, category, np.float32)]).astype(np.float32)

    assert difference(trained, _graph(), rows) < TOLERANCE


def _graph(kept={}):  # noqa: B006  written once: every example asks for it
    if not kept:
        kept["graph"] = graph_of(make_trained(one_hot=1)).SerializeToString()
    return kept["graph"]


@pytest.mark.parametrize("shape", SHAPES[:4])
def test_paths_say_what_xgboost_calls_approximate_contributions(shape):
    trained = make_trained(**shape)
    rows = random_rows(trained, 300, seed=2)
    data = xgboost.DMatrix(
        rows,
        feature_names=[one.name for one in FEATURES],
        feature_types=TYPES,
        enable_categorical=True,
    )
    told = [b.predict(data, pred_contribs=True, approx_contribs=True) for b in trained.boosters]
    expected = np.mean(told, axis=0)

    paths = paths_of(trained.boosters)

    shares = np.array([paths.shares(row) for row in rows])
    assert np.abs(shares - expected[:, :-1]).max() < 1e-5
    assert np.abs(shares.sum(axis=1) + expected[:, -1] - trained.margins(rows)).max() < 1e-5


def test_a_written_model_judges_vectors_as_the_trainer_does(artefact):
    trained, detector = make_trained(), Detector(artefact)
    values = [None] * len(CATALOGUE)
    known = {"amount": 250_000.0, "ip_is_vpn": True, "transaction_type": "transfer"}
    for name, value in known.items():
        values[CATALOGUE.index[name]] = value
    row = np.array([[250_000.0, np.nan, np.nan, 1.0, 3.0]], np.float32)

    opinion = detector.judge(values)

    margin = float(trained.margins(row)[0])
    assert opinion.margin == pytest.approx(margin, abs=TOLERANCE)
    assert opinion.probability == pytest.approx(float(trained.calibration(margin)), abs=TOLERANCE)
    assert opinion.score == pytest.approx(float(trained.alignment(margin)), abs=1e-3)
    strange = trained.anomaly.strangeness(row)[0]
    assert opinion.anomaly == pytest.approx(float(trained.anomaly.score(strange)), abs=1e-3)


def test_the_folder_holds_card_and_explainers_and_no_pickle(artefact):
    names = {path.name for path in artefact.folder.iterdir()}

    assert {CARD, explainer(0), explainer(1)} < names
    assert json.loads(artefact.read(CARD))["rows"] == 2_000
    assert names == {"manifest.json", *artefact.manifest.files}
    assert not any(path.read_bytes().startswith(b"\x80") for path in artefact.folder.iterdir())


def test_a_changed_explainer_is_noticed(tmp_path):
    artefact = write_artefact(make_trained(seeds=1, forest=False), tmp_path / "m")
    (artefact.folder / explainer(0)).write_bytes(b"other")

    with pytest.raises(CorruptArtefact):
        artefact.read(explainer(0))


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"booster": "dart", "objective": "binary:logistic"}, "dart"),
        ({"objective": "reg:squarederror"}, "squarederror"),
        ({"objective": "multi:softprob", "num_class": 3}, "softprob"),
    ],
)
def test_what_sums_otherwise_is_not_exported(tmp_path, parameters, words):
    with pytest.raises(NotExportable, match=words):
        write_artefact(with_booster(**parameters), tmp_path / "m")

    assert not (tmp_path / "m").exists()


def test_a_copy_that_differs_is_refused():
    one, other = make_trained(), make_trained(seeds=1)

    with pytest.raises(NotExportable, match="otherwise"):
        check_parity(one, graph_of(other).SerializeToString())
