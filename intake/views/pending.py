"""Promised addresses without ground yet: 501, saying what is missing and what serves meanwhile.

Callers are known, throttled and checked as everywhere, so that nothing changes for them later.
"""

from typing import Final

from django.http import HttpRequest, HttpResponse

from clients.authentication import Client
from intake.body import parse_object, read_body
from intake.errors import NotBuilt

JOBS: Final = (
    "Batch jobs are not there yet. Send up to 1,000 transactions at once to /api/v1/score; files "
    "of history are imported with manage.py import_transactions."
)
NOTIFICATIONS: Final = (
    "Notifications by e-mail are not there yet, and no thresholds for them. Decisions can be "
    "sent to you by webhook."
)
HISTORY: Final = "Notifications are not there yet, so there is no history of them to show."


def jobs(request: HttpRequest, client: Client) -> HttpResponse:
    raise NotBuilt(JOBS)


def job(request: HttpRequest, client: Client, job_id: str) -> HttpResponse:
    raise NotBuilt(JOBS)


def notify(request: HttpRequest, client: Client) -> HttpResponse:
    parse_object(read_body(request))
    raise NotBuilt(NOTIFICATIONS)


def notification_history(request: HttpRequest, client: Client) -> HttpResponse:
    raise NotBuilt(HISTORY)
