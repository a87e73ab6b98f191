"""Small trained models of every shape, made in a blink."""

from functools import lru_cache

import numpy as np
import xgboost
from sklearn.ensemble import IsolationForest

from learning.training.trained import Forest, Input, Knots, Trained

NUMBERS = ("amount", "account_age_days", "transactions_last_hour")
FEATURES = (
    *(Input(name, "number") for name in NUMBERS),
    Input("ip_is_vpn", "flag"),
    Input("transaction_type", "category", ("cash_in", "deposit", "payment", "transfer", "debit")),
)
TYPES = ["q", "q", "q", "q", "c"]


def matrix(rows: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    made = np.column_stack(
        [
            rng.lognormal(8, 2, rows),
            rng.integers(0, 900, rows),
            rng.poisson(2, rows),
            rng.integers(0, 2, rows),
            rng.integers(0, 5, rows),
        ]
    ).astype(np.float32)
    made[rng.random(made.shape) < 0.2] = np.nan
    return made


def labels(rows: np.ndarray, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    amount, age, hour, vpn, kind = np.nan_to_num(rows, nan=0.0).T
    danger = np.log1p(amount) / 4 - age / 500 + hour / 3 + vpn + 1.5 * (kind == 3)
    return (danger + rng.logistic(size=len(rows)) > 4).astype(int)


@lru_cache(maxsize=8)
def make_trained(*, seeds: int = 2, one_hot: int = 4, forest: bool = True) -> Trained:
    """`one_hot` 1 makes XGBoost split categories by sets, a large one one by one."""
    rows = matrix(2_000)
    data = xgboost.DMatrix(
        rows,
        labels(rows),
        feature_names=[one.name for one in FEATURES],
        feature_types=TYPES,
        enable_categorical=True,
    )
    boosters = [
        xgboost.train(
            {
                "objective": "binary:logistic",
                "max_depth": 4,
                "subsample": 0.7,
                "base_score": 0.1 + 0.2 * seed,
                "max_cat_to_onehot": one_hot,
                "nthread": 1,
                "seed": seed,
            },
            data,
            12,
        )
        for seed in range(seeds)
    ]
    return Trained(
        features=FEATURES,
        boosters=boosters,
        calibration=Knots((-6.0, 6.0), (0.0, 1.0)),
        alignment=Knots((-6.0, 0.0, 6.0), (0.0, 40.0, 100.0)),
        anomaly=_forest(rows) if forest else None,
        facts={"catalogue_version": 1, "rows": len(rows)},
    )


def _forest(rows: np.ndarray) -> Forest:
    columns = (0, 1, 2, 3)
    fills = tuple(float(np.nanmedian(rows[:, column])) for column in columns)
    filled = np.where(np.isnan(rows[:, columns]), np.asarray(fills, np.float32), rows[:, columns])
    made = IsolationForest(n_estimators=20, max_features=0.75, random_state=0).fit(filled)
    return Forest(columns, fills, made, Knots((0.3, 0.9), (0.0, 100.0)))
