"""Whether what was said came."""

import ast
from pathlib import Path

import numpy as np

import learning
from learning.evaluation.calibration import calibration_curve, calibration_error


def test_what_is_said_and_what_comes_agree_in_an_honest_model():
    rng = np.random.default_rng(0)
    chance = rng.beta(0.3, 6.0, 20_000)
    fraud = rng.random(20_000) < chance

    assert calibration_error(fraud, chance) < 0.01
    assert calibration_error(fraud, np.clip(chance * 3, 0, 1)) > 0.05
    curve = calibration_curve(fraud, chance)
    assert sum(one["rows"] for one in curve) == 20_000
    assert [one["predicted"] for one in curve] == sorted(one["predicted"] for one in curve)


def test_calibration_is_worked_out_in_one_place():
    """So that a card, the drift's watch and a comparison mean the same figure."""
    names = {"calibration_curve", "calibration_error"}
    found = sorted(
        (node.name, path.name)
        for path in Path(learning.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name in names
    )
    assert found == [(name, "calibration.py") for name in sorted(names)]
