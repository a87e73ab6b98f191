"""The Celery application: work that happens after a decision was answered."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun, worker_process_init
from django.conf import settings

from foundation.logging import request_id_var

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fraudshield.settings")

app = Celery("fraudshield")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_json(**_: Any) -> None:
    """Keeps Celery from setting up logging of its own: workers log as the web processes do."""
    logging.config.dictConfig(settings.LOGGING)


@task_prerun.connect
def name_the_task(task_id: str, **_: Any) -> None:
    """A task's lines and audit entries carry its id where a request's carry that."""
    request_id_var.set(f"task-{task_id}")


@task_postrun.connect
def forget_the_task(**_: Any) -> None:
    request_id_var.set("")


@worker_process_init.connect
def warm_up(**_: Any) -> None:
    """Loads what explanations need when a worker starts, not with the first of them."""
    from scoring.serving.explaining import warm_up as load_explainers

    load_explainers()
