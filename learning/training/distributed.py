"""Fitting trees on several processes or machines, through XGBoost's own Dask interface.

Everything else (folds, calibration, export) stays where it is. Rows are cut into a part for each
worker; their histograms are added up, so the trees are those of one machine but for the bins'
edges and for which rows a tree leaves out.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from learning.errors import BadHistory
from learning.training.boosting import BINS, THREADS, Drawn, Shape, column_types, elsewhere

if TYPE_CHECKING:
    from xgboost import Booster

    from learning.training.sample import Sample

log = logging.getLogger(__name__)
CONNECT_SECONDS: Final = 20
LOCAL: Final = "local:"
_HOW = "pip install -r requirements-distributed.txt"


@contextmanager
def workers(address: str) -> Iterator[None]:
    """Within the block trees are fitted there: "" is this process, "local:2" two processes of this
    machine, anything else a Dask scheduler's address.

    Raises BadHistory when the packages are not installed, or nobody answers.
    """
    if not address:
        yield
        return
    with _client(address) as client:

        def fit_there(sample: Sample, drawn: Drawn, shape: Shape, seed: int) -> Booster:
            return _fit(client, sample, drawn, shape, seed)

        token = elsewhere.set(fit_there)
        try:
            yield
        finally:
            elsewhere.reset(token)


@contextmanager
def _client(address: str) -> Iterator[Any]:
    count = _count(address) if address.startswith(LOCAL) else 0
    try:
        from distributed import Client, LocalCluster
        from xgboost import dask as _  # noqa: F401  it needs more packages
    except ImportError as error:
        raise BadHistory(
            f"TRAINING_DASK_SCHEDULER is set, but {error.name} is not installed: {_HOW}."
        ) from error
    if not count:
        try:
            client = Client(address, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise BadHistory(
                f"The Dask scheduler {address} does not answer; start it, or empty "
                "TRAINING_DASK_SCHEDULER to train on this machine."
            ) from error
        with client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=count,
            threads_per_worker=THREADS,
            dashboard_address=None,
            silence_logs=logging.ERROR,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _count(address: str) -> int:
    text = address.removeprefix(LOCAL)
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise BadHistory(f"TRAINING_DASK_SCHEDULER must be like local:2, not {address}.")
    return int(text)


def _fit(client: Any, sample: Sample, drawn: Drawn, shape: Shape, seed: int) -> Booster:
    import dask.array as da
    from xgboost import dask as dxgb

    count = max(1, len(client.scheduler_info()["workers"]))
    rows = -(-len(drawn.rows) // count)
    matrix = da.from_array(sample.matrix[drawn.rows], chunks=(rows, -1))
    data = dxgb.DaskQuantileDMatrix(
        client,
        matrix,
        da.from_array(drawn.verdicts, chunks=rows),
        weight=da.from_array(drawn.weights, chunks=rows),
        feature_names=[one.name for one in sample.inputs],
        feature_types=column_types(sample.inputs),
        enable_categorical=True,
        max_bin=BINS,
    )
    parameters = {**shape.parameters(seed), "nthread": THREADS}
    made = dxgb.train(client, parameters, data, num_boost_round=shape.rounds)
    booster: Booster = made["booster"]
    return booster
