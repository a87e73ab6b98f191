"""Background work of this room. Each task may run twice without harm."""

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore

from foundation import anchoring, approvals, audit_chain, outbox
from foundation.outbox.waking import clear_marker
from foundation.signin.second_factor import prune_enrolments
from foundation.signin.throttle import prune_attempts


@shared_task(name="foundation.tasks.drain_outbox")
def drain_outbox() -> None:
    clear_marker()
    outbox.drain_outbox()


@shared_task(name="foundation.tasks.prune_outbox")
def prune_outbox() -> None:
    outbox.prune_outbox()


@shared_task(name="foundation.tasks.seal_audit_chain")
def seal_audit_chain() -> None:
    audit_chain.seal_audit_chain()


@shared_task(name="foundation.tasks.anchor_audit_chain")
def anchor_audit_chain() -> None:
    anchoring.anchor_audit_chain()


@shared_task(name="foundation.tasks.expire_approvals")
def expire_approvals() -> None:
    approvals.expire_approvals()


@shared_task(name="foundation.tasks.tidy_sign_in")
def tidy_sign_in() -> None:
    prune_attempts()
    prune_enrolments()
    SessionStore.clear_expired()
