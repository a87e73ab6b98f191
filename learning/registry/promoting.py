"""Putting a model in force: proposed with evidence, approved by a second person; and back again."""

from typing import Final

from django.conf import settings
from django.db import transaction

from foundation import approvals
from foundation.audit import Actor
from foundation.models import ApprovalRequest, User
from foundation.permissions import require
from learning.registry.errors import PromotionRefused
from learning.registry.models import ModelComparison
from scoring.detectors import ArtefactError
from scoring.serving.models import ModelVersion
from scoring.serving.services import champion, lock_registry, put_in_force

PROMOTE: Final = "models.promote"
ROLL_BACK: Final = "models.rollback"
PROPOSE: Final = "scoring.promote_modelversion"
_APPROVE: Final = "scoring.approve_modelversion"


@transaction.atomic
def propose_promotion(*, model: ModelVersion, by: User, reason: str) -> ApprovalRequest:
    """Asks for approval to let the model decide; promoted at once where nobody has to agree.

    Raises PromotionRefused unless its latest comparison with the present champion passed the gate.
    """
    require(by, PROPOSE)
    _check_reason(reason)
    against = champion()
    return _request(
        PROMOTE, model, by, reason, against, _evidence(model, against) if against else {}
    )


@transaction.atomic
def roll_back(*, by: User, reason: str) -> ApprovalRequest:
    """Lets the model decide again that did before the present one. At once, unless
    APPROVALS_REQUIRED asks for approvals of "models.rollback". Raises PromotionRefused."""
    require(by, PROPOSE)
    _check_reason(reason)
    model = previous_champion()
    if model is None:
        raise PromotionRefused("No model decided before the present one.")
    return _request(ROLL_BACK, model, by, reason, champion(), {})


@transaction.atomic
def promote_first(*, model: ModelVersion, by: Actor) -> ModelVersion:
    """Lets the first model of an installation decide, where there is none to compare with.

    The only way around an approval: it works once. Raises PromotionRefused.
    """
    require(by, PROPOSE)
    lock_registry()  # two trainings may end at once
    if ModelVersion.objects.exclude(promoted_at=None).exists():
        raise PromotionRefused("A model has decided before: propose a promotion.")
    return put_in_force(model=model, by=by, reason="The first model of this installation.")


def previous_champion() -> ModelVersion | None:
    """Who decided last before the present champion (one query)."""
    retired = ModelVersion.objects.filter(state=ModelVersion.State.RETIRED)
    return retired.exclude(promoted_at=None).order_by("-promoted_at").first()


def latest_comparison(model: ModelVersion) -> ModelComparison | None:
    """One query."""
    rows = ModelComparison.objects.filter(challenger=model).select_related("champion", "challenger")
    return rows.order_by("-made_at").first()


def _request(
    kind: str,
    model: ModelVersion,
    by: User,
    reason: str,
    against: ModelVersion | None,
    evidence: dict[str, object],
) -> ApprovalRequest:
    default = 0 if kind == ROLL_BACK else 1
    request = approvals.request_approval(
        kind=kind,
        subject=f"scoring.modelversion:{model.version}",
        payload={
            "model": model.pk,
            "digest": model.digest,
            "champion": against.version if against else "",
        },
        evidence=evidence,
        requested_by=by,
        reason=reason,
        required=int(settings.APPROVALS_REQUIRED.get(kind, default)),
    )
    if request.state == ApprovalRequest.State.FAILED:  # nobody else had to agree, and it failed
        raise PromotionRefused(request.error)
    return request


@approvals.on_approved(PROMOTE, permission=_APPROVE)
@approvals.on_approved(ROLL_BACK, permission=_APPROVE)
def put_approved_in_force(request: ApprovalRequest) -> None:
    """Runs once, in the transaction of the last approval. Raises PromotionRefused when another
    champion came in between, or the files do not work."""
    lock_registry()  # of two approvals at once, the second sees what the first did
    model = ModelVersion.objects.get(pk=request.payload["model"])
    against = champion()
    if (against.version if against else "") != request.payload["champion"]:
        raise PromotionRefused("Another model came into force since the request: propose again.")
    try:
        put_in_force(model=model, by=request.requested_by, reason=request.reason)
    except ArtefactError as error:
        raise PromotionRefused(str(error)) from error


def _evidence(model: ModelVersion, against: ModelVersion) -> dict[str, object]:
    found = latest_comparison(model)
    if found is None or found.champion_id != against.pk:
        raise PromotionRefused(f"Compare {model} with the champion {against} first.")
    if not found.passes:
        raise PromotionRefused("The gate is closed: " + " ".join(found.objections))
    figures = found.figures
    return {
        "comparison": found.pk,
        "transactions": found.rows,
        "frauds": found.frauds,
        "average_precision": figures["average_precision"],
        "cost_usd": figures["cost_usd"],
        "calibration_error": figures["calibration_error"],
        "latency_us": figures["latency_us"],
        "false_alarms": figures.get("false_alarms", {}),
        "fairness": figures["fairness"],
    }


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise PromotionRefused("Say why: approvers and the audit trail need a reason.")
