"""What operations does after a decision, and after a change of a case: tell those who asked."""

from cases.events import CaseChanged
from clients.webhooks.emitting import emit
from foundation.anchoring import AuditAnchored
from foundation.outbox import Envelope, subscribe
from learning.events import DriftFound, TrainingEnded
from operations import (
    anchor_webhook,
    case_webhooks,
    change_alerts,
    model_alerts,
    rule_alerts,
    rule_mail,
)
from operations.decision_webhooks import occurrences_of
from rules.events import RuleDemoted, SwitchThrown
from scoring.events import DecisionMade, ModelFailed
from studio.events import ChangeSetMoved, EmergencyPublished, ReviewOverdue, RuleOutOfBounds


@subscribe(DecisionMade, name="operations.decision_webhooks")
def send_webhooks(events: list[Envelope[DecisionMade]]) -> None:
    """Stores the deliveries in the transaction that also marks the events as handled.

    Imported decisions send nothing. A constant number of queries for a batch.
    """
    emit(occurrences_of([each.event for each in events if not each.event.imported]))


@subscribe(CaseChanged, name="operations.case_webhooks")
def send_case_webhooks(events: list[Envelope[CaseChanged]]) -> None:
    """The same for cases."""
    emit(case_webhooks.occurrences_of([each.event for each in events]))


@subscribe(AuditAnchored, name="operations.audit_anchors")
def send_anchors(events: list[Envelope[AuditAnchored]]) -> None:
    """Tells whoever keeps the heads of the audit chain elsewhere; raises to be tried again."""
    anchor_webhook.send_latest([each.event for each in events])


@subscribe(ModelFailed, name="operations.model_alerts")
def alert_about_models(events: list[Envelope[ModelFailed]]) -> None:
    """Each fault comes once, from the process that met it first."""
    model_alerts.raise_alerts([each.event for each in events])


@subscribe(RuleDemoted, RuleOutOfBounds, name="operations.rule_alerts")
def alert_about_rules(events: list[Envelope[RuleDemoted | RuleOutOfBounds]]) -> None:
    """Each demotion comes once, and each time that a rule is held out of its bounds."""
    rule_alerts.raise_alerts([each.event for each in events])


@subscribe(DriftFound, name="operations.drift_alerts")
def alert_about_drift(events: list[Envelope[DriftFound]]) -> None:
    """Each verdict comes once a day."""
    model_alerts.raise_drift_alerts([each.event for each in events])


@subscribe(TrainingEnded, name="operations.trainings")
def note_trainings(events: list[Envelope[TrainingEnded]]) -> None:
    model_alerts.note_trainings([each.event for each in events])


@subscribe(
    ChangeSetMoved, EmergencyPublished, ReviewOverdue, SwitchThrown, name="operations.change_alerts"
)
def alert_about_changes(
    events: list[Envelope[ChangeSetMoved | EmergencyPublished | ReviewOverdue | SwitchThrown]],
) -> None:
    """Failed publications, emergencies and their reviews, switches."""
    change_alerts.raise_alerts([each.event for each in events])


@subscribe(
    RuleDemoted,
    RuleOutOfBounds,
    ChangeSetMoved,
    EmergencyPublished,
    ReviewOverdue,
    name="operations.rule_mail",
)
def mail_about_rules(events: list[Envelope[rule_mail.Told]]) -> None:
    """Apart from the alerts, which must not wait for a mail server."""
    rule_mail.mail([each.event for each in events])
