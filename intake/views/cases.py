"""Cases: what an institution's own systems read of them, and do with them.

Of another institution's cases nobody learns that they exist: they are not found.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone as clock

from cases.models import Case, CaseCall
from cases.services import working
from cases.services.machines import worker_of
from clients.authentication import Client
from clients.models import Scope
from foundation.errors import Conflict, NotFound
from foundation.models import User
from intake.body import has_body, parse_object, read_body
from intake.case_filters import cases_of, cursor_after, read_case_filters
from intake.cases import (
    NewNote,
    Taking,
    Verdict,
    case_answer,
    case_detail,
    case_page,
)
from intake.doors import door, idempotency_key
from intake.formats.native import NATIVE
from intake.parameters import read_parameters
from intake.views.answers import json_answer
from intake.webhooks import S, read_fields

REMEMBERED: Final = timedelta(days=7)
_READ, _WORK = str(Scope.CASES_READ), str(Scope.CASES_WORK)
Act = Callable[[User, int], object]


@door(wire=NATIVE, endpoint="cases", scope=_READ)
def cases(request: HttpRequest, client: Client) -> HttpResponse:
    """Cases, newest first, filtered and in pages; one query, and three at most for identifiers."""
    filters = read_case_filters(request.GET)
    found = list(cases_of(client.institution_id, filters)[: filters.limit + 1])
    page = found[: filters.limit]
    return json_answer(case_page(page, cursor_after(page[-1]) if len(found) > len(page) else None))


@door(wire=NATIVE, endpoint="case", scope=_READ)
def case(request: HttpRequest, client: Client, pk: int) -> HttpResponse:
    """One case with its alerts and timeline. Six queries."""
    read_parameters(request.GET, {})
    return json_answer(case_detail(_found(client, pk)))


@door(wire=NATIVE, endpoint="case_claim", scope=_WORK, methods=("POST",))
def claim(request: HttpRequest, client: Client, pk: int) -> HttpResponse:
    wish = _wish(request, Taking, empty=True)
    return _do(
        request,
        client,
        pk,
        wish,
        lambda by, case_id: working.claim(case_id=case_id, by=by, version=wish.version),
    )


@door(wire=NATIVE, endpoint="case_release", scope=_WORK, methods=("POST",))
def release(request: HttpRequest, client: Client, pk: int) -> HttpResponse:
    wish = _wish(request, Taking, empty=True)
    return _do(
        request,
        client,
        pk,
        wish,
        lambda by, case_id: working.release(case_id=case_id, by=by, version=wish.version),
    )


@door(wire=NATIVE, endpoint="case_note", scope=_WORK, methods=("POST",))
def note(request: HttpRequest, client: Client, pk: int) -> HttpResponse:
    wish = _wish(request, NewNote)
    return _do(
        request,
        client,
        pk,
        wish,
        lambda by, case_id: working.note(case_id=case_id, by=by, text=wish.text),
    )


@door(wire=NATIVE, endpoint="case_decide", scope=_WORK, methods=("POST",))
def decide(request: HttpRequest, client: Client, pk: int) -> HttpResponse:
    """Closes the case at once, or has the verdict wait for a second person."""
    wish = _wish(request, Verdict)
    return _do(
        request,
        client,
        pk,
        wish,
        lambda by, case_id: working.decide(
            case_id=case_id,
            by=by,
            disposition=wish.disposition,
            typology=wish.typology,
            reason=wish.reason,
            version=wish.version,
        ),
    )


def _do(
    request: HttpRequest, client: Client, pk: int, wish: msgspec.Struct, act: Act
) -> HttpResponse:
    """The case as it is afterwards. Under an Idempotency-Key that came before, nothing is done.

    The case's row is locked first, so that of two equal calls at once the second sees the first.
    """
    _found(client, pk)
    key, by = idempotency_key(request), worker_of(client)
    with transaction.atomic():
        Case.objects.select_for_update(of=("self",)).get(pk=pk)
        replayed = key is not None and _came_before(by, key, pk, _fingerprint(request.path, wish))
        if not replayed:
            act(by, pk)
    headers = {"Idempotent-Replayed": "true"} if replayed else None
    return json_answer(case_answer(_found(client, pk)), headers=headers)


def _came_before(by: User, key: str, pk: int, mark: bytes) -> bool:
    """Whether this call was made already; else it is remembered. Raises Conflict when it was
    another call that had the key."""
    CaseCall.objects.filter(by=by, at__lt=clock.now() - REMEMBERED).delete()
    known, created = CaseCall.objects.get_or_create(
        by=by, key=key, defaults={"case_id": pk, "fingerprint": mark}
    )
    if not created and bytes(known.fingerprint) != mark:
        raise Conflict(
            "This Idempotency-Key came with another request before.", type="idempotency-conflict"
        )
    return not created


def _fingerprint(path: str, wish: msgspec.Struct) -> bytes:
    return hashlib.sha256(path.encode() + b"\n" + msgspec.json.encode(wish)).digest()


def _found(client: Client, pk: int) -> Case:
    rows = Case.objects.select_related("institution", "customer", "assignee")
    found = rows.filter(pk=pk, institution=client.institution_id).first() if pk < 2**63 else None
    if found is None:
        raise NotFound("There is no case of this number.")
    return found


def _wish(request: HttpRequest, kind: type[S], *, empty: bool = False) -> S:
    if empty and not has_body(request):
        return kind()
    fields: dict[str, Any] = dict(parse_object(read_body(request)).fields)
    return read_fields(fields, kind)
