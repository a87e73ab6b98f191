"""Has the worker train the demo's first model, and tells how that goes. Run as a module.

It only asks and looks: the training is the worker's, and goes on without this process.
"""

import os
import sys
import time
from typing import Final

import django

from fraudshield.launcher.relay import FIRST_MODEL

_PATIENCE_SECONDS: Final = 900.0
_POLL_SECONDS: Final = 1.0


def follow() -> None:
    """Returns when the training has ended, or there is none to wait for."""
    from learning.retraining.services import settled_first
    from learning.tasks import train_first_model

    if said := settled_first():
        tell(said)
        return
    from learning.retraining.models import TrainingRun

    last = TrainingRun.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    tell("the worker trains it on the demo's history, in the background.")
    train_first_model.delay()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        run = TrainingRun.objects.filter(pk__gt=last).order_by("pk").first()
        if run is not None and run.state != TrainingRun.State.RUNNING:
            tell(run.said if run.state == TrainingRun.State.DONE else f"{run.state}. {run.said}")
            return
    tell("its training takes long; Models in the admin tells how it ends.")


def tell(text: str) -> None:
    sys.stdout.write(f"{FIRST_MODEL}: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fraudshield.settings")
    django.setup()
    follow()
