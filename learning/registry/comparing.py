"""A challenger against the champion: figures, bounds, and what speaks against a promotion."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from foundation.audit import Actor, actor_name, record
from foundation.permissions import require
from learning.evaluation.calibration import calibration_curve, calibration_error
from learning.registry.errors import PromotionRefused
from learning.registry.evidence import Evidence, evidence_on
from learning.registry.groups import UNEVEN, compare_false_alarms
from learning.registry.latency import judging_us
from learning.registry.models import ModelComparison
from learning.registry.paired import (
    Flags,
    Numbers,
    compare_cost,
    compare_precision,
    money_curve,
    recall_curve,
    roc_curve,
)
from scoring.serving.models import ModelVersion
from scoring.serving.services import OPERATE, champion

_ONE_SIDED_95: Final = 1.645
LEAST_FRAUDS: Final = 30
LEAST_GENUINE: Final = 200
CALIBRATION_SLACK: Final = 0.002
LATENCY_SLACK: Final = 1.25
LATENCY_ALLOWED_US: Final = 60.0


def compare(*, model: ModelVersion, by: Actor) -> ModelComparison:
    """Stores how it does against the champion. Raises PromotionRefused without a champion or with
    too few transactions of known outcome that both scored."""
    require(by, OPERATE)
    against = other_champion(model)
    delay = max(label_delay(against.card), label_delay(model.card))
    evidence = evidence_on(against.version, model.version, maturity=delay)
    frauds = int(evidence.fraud.sum())
    genuine = len(evidence.fraud) - frauds
    if frauds < LEAST_FRAUDS or genuine < LEAST_GENUINE:
        raise PromotionRefused(
            f"Both models scored {frauds} frauds and {genuine} genuine transactions that are "
            f"older than the {delay / dt.timedelta(days=1):g} days labels take to come; "
            f"{LEAST_FRAUDS} and {LEAST_GENUINE} are needed. Leave the challenger beside the "
            "champion, and let labels come in."
        )
    figures = figures_of(evidence)
    figures["latency_us"] = judging_us(against.detector(), model.detector())
    figures["fairness"] = [_fairness(against.card), _fairness(model.card)]
    figures["leak_alarm"] = has_leak_alarm(model.card)
    return _store(against, model, evidence, figures, by)


def other_champion(model: ModelVersion) -> ModelVersion:
    """Whom to compare with. Raises PromotionRefused when there is nobody."""
    against = champion()
    if against is None or against.pk == model.pk:
        raise PromotionRefused("There is no other model in force to compare with.")
    return against


@transaction.atomic
def _store(
    against: ModelVersion,
    model: ModelVersion,
    evidence: Evidence,
    figures: dict[str, Any],
    by: Actor,
) -> ModelComparison:
    made = ModelComparison.objects.create(
        champion=against,
        challenger=model,
        rows=len(evidence.fraud),
        frauds=int(evidence.fraud.sum()),
        figures=figures,
        objections=objections_to(figures),
        made_by=actor_name(by),
    )
    record(
        actor=by,
        action="model.compared",
        subject=f"scoring.modelversion:{model.version}",
        after={"against": against.version, "rows": made.rows, "objections": made.objections},
    )
    return made


def figures_of(evidence: Evidence) -> dict[str, Any]:
    """Of champion and challenger, in this order where two stand in a list."""
    old, new, fraud = evidence.champion, evidence.challenger, evidence.fraud
    customer = evidence.customer
    review = float(settings.MODEL_REVIEW_COST_USD)
    return {
        "average_precision": asdict(compare_precision(old, new, fraud, customer)),
        "cost_usd": asdict(compare_cost(old, new, fraud, evidence.amount, customer, review=review)),
        "false_alarms": {
            name: compare_false_alarms(old, new, fraud, group, customer)
            for name, group in evidence.groups.items()
        },
        "calibration_error": [calibration_error(fraud, one.probability) for one in (old, new)],
        "calibration_curve": [_said_and_came(one.probability, fraud) for one in (old, new)],
        "recall_curve": [recall_curve(one.probability, fraud) for one in (old, new)],
        "roc_curve": [roc_curve(one.probability, fraud) for one in (old, new)],
        "money_curve": [money_curve(one.probability, fraud, evidence.amount) for one in (old, new)],
    }


def _said_and_came(probability: Numbers, fraud: Flags) -> list[tuple[float, float]]:
    return [(one["predicted"], one["found"]) for one in calibration_curve(fraud, probability)]


def objections_to(figures: dict[str, Any]) -> list[str]:
    """Empty when the challenger may be promoted."""
    precision, cost = figures["average_precision"], figures["cost_usd"]
    old, new = figures["calibration_error"]
    found = []
    if figures.get("leak_alarm"):
        found.append("Its card raises a leak alarm: it may know what nobody can know in time.")
    if precision["low"] <= 0:
        found.append(
            f"Its average precision is not surely better: the difference may be as low as "
            f"{precision['low']:+.4f} (95 %)."
        )
    if cost["high"] > 0:
        found.append(
            f"Its cost is not surely lower: a transaction may cost {cost['high']:+.4f} USD more "
            "(95 %)."
        )
    if new > old + CALIBRATION_SLACK:
        found.append(f"It is calibrated worse: {new:.4f} against {old:.4f}.")
    return [*found, *_latency(figures["latency_us"]), *_unfair(figures.get("false_alarms", {}))]


def _latency(taken: list[float]) -> list[str]:
    old, new = taken
    if new <= max(LATENCY_ALLOWED_US, old * LATENCY_SLACK):
        return []
    return [f"It takes {new:.0f} microseconds a transaction, the champion {old:.0f}."]


def _unfair(groups: Mapping[str, Any]) -> list[str]:
    """By the ratio of rates, as that of the shares spared hides all but the grossest: some 20 % of
    a group's genuine transactions have to be stopped until it falls under four fifths."""
    return [
        f"Its false alarms fall on groups unevenly: by {name} the highest rate is "
        f"{told['challenger']:.2f} times the lowest, the champion's {told['champion']:.2f}, and "
        f"it is surely more, by {told['low']:+.2f} at least (95 %)."
        for name, told in groups.items()
        if told and told["challenger"] > UNEVEN and told["low"] > 0
    ]


def label_delay(card: Mapping[str, Any]) -> dt.timedelta:
    """From what age on a transaction without a label passes for genuine, as training took it."""
    return dt.timedelta(seconds=float(card.get("facts", {}).get("label_delay", 0.0)))


def has_leak_alarm(card: Mapping[str, Any]) -> bool:
    """Whether training found that the model did better than anybody can."""
    return card.get("leaks", {}).get("passed") is False


def beats_chance(card: Mapping[str, Any]) -> bool:
    """Whether on later days it ranked frauds surely (95 %, one-sided) above what a coin would.

    By the rank-sum test of Mann and Whitney, whose statistic is the AUC: of a coin it has the
    variance (n + m + 1) / 12nm with n frauds and m genuine.
    """
    figures = card.get("figures", {})
    auc, frauds = figures.get("roc_auc"), figures.get("frauds", 0.0)
    genuine = figures.get("rows", 0.0) - frauds
    if auc is None or not frauds or not genuine:
        return False
    deviation = math.sqrt((frauds + genuine + 1) / (12 * frauds * genuine))
    return bool(auc > 0.5 + _ONE_SIDED_95 * deviation)


def _fairness(card: dict[str, Any]) -> float | None:
    """The smallest ratio between groups of who is spared, where the card has groups."""
    found = [told["ratio"] for told in card.get("fairness", {}).values() if told]
    return min(map(float, found), default=None)
