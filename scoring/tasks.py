"""Background work of this room. Each task may run twice without harm."""

from celery import shared_task


@shared_task(name="scoring.tasks.explain_decision")
def explain_decision(transaction: str) -> None:
    """Explains one decision that somebody looks at."""
    from scoring.serving.explaining import explain  # late: numpy and what it brings

    explain([transaction])
