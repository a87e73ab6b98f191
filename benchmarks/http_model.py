"""What a champion in force adds to a decision over HTTP: the same traffic with and without it."""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.http import CHANCE, CHECK, WARM_UP, _load, _server, prepare, transaction

FIGURES = ("http_cpu_model_us", "http_rps_model")
NEEDS_SERVERS = True

ROUNDS = 5
REQUESTS = 1_500


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    """Rounds with and without a model (`use_ml`) alternate, so that a busy moment hits both.

    Microseconds of CPU a request, in all processes; what moved the model is told of the flagged
    tenth. `adds` is the difference to the round without beside it.
    """
    import django

    django.setup()
    key = prepare()
    _put_in_force()
    rounds: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    with (
        tempfile.TemporaryDirectory(prefix="fraudshield-http-") as directory,
        _server(Path(directory)) as port,
    ):
        for number in range(ROUNDS + 1):
            for with_model in (False, True):
                done = _round(port, key, with_model, REQUESTS if number else WARM_UP)
                if number:
                    rounds[with_model].append(done)
    cost = {which: [sum(r["cpu"].values()) for r in done] for which, done in rounds.items()}
    adds = [new - old for old, new in zip(cost[False], cost[True], strict=True)]
    rates = {which: [r["rps"] for r in done] for which, done in rounds.items()}
    figures = [
        _figure("http_cpu_model_us", "us", cost[True], without=cost[False], adds=adds),
        _figure("http_rps_model", "1/s", rates[True], without=rates[False]),
    ]
    yield from (figure for figure in figures if figure["figure"] in wanted)


def _put_in_force() -> None:
    from django.conf import settings

    from benchmarks.models import make_artefact
    from learning.registry.promoting import promote_first
    from scoring.serving.services import champion, register_model

    if champion() is None:
        artefact = make_artefact(Path(settings.MODELS_DIR) / "benchmark")
        model = register_model(artefact=artefact, card={}, by="benchmark")
        promote_first(model=model, by="benchmark")


def _round(port: int, key: str, with_model: bool, count: int) -> dict[str, Any]:
    bodies = [json.dumps({**transaction(i, CHANCE), "use_ml": with_model}) for i in range(count)]
    return _load(port, CHECK, bodies, {"X-API-Key": key})


def _figure(name: str, unit: str, rounds: list[float], **more: list[float]) -> dict[str, Any]:
    return {
        "figure": name,
        "value": round(median(rounds), 1),
        "unit": unit,
        "rounds": [round(value, 1) for value in rounds],
        **{key: round(median(values), 1) for key, values in more.items()},
    }
