"""Background work of this room. Each task may run twice without harm."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


@shared_task(name="scoring.tasks.explain_decision")
def explain_decision(transaction: str) -> None:
    """Explains one decision that somebody looks at."""
    from scoring.serving.explaining import explain  # late: numpy and what it brings

    explain([transaction])


def explain_later(transaction: str) -> bool:
    """Hands it to a worker; False when the broker does not answer."""
    try:
        explain_decision.apply_async((transaction,), retry=False, expires=600)
    except OperationalError as error:
        log.warning("%s is not explained: %s", transaction, type(error).__name__)
        return False
    return True
