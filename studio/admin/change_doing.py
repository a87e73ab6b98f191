"""Buttons on the page of a change set: about one of its edits, or its evidence."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from foundation.admin_parts import person
from studio.changes import services
from studio.editor.saving import MOST_DIGITS
from studio.models.changes import ChangeEdit, ChangeSet


def _drop(request: HttpRequest, change_set: ChangeSet) -> str:
    edit = _edit(request, change_set)
    services.drop_edit(by=person(request), change_set=change_set, edit=edit)
    return f"The edit of {edit.code} is out of it."


def _merge(request: HttpRequest, change_set: ChangeSet) -> str:
    edit = services.rebase_edit(
        by=person(request), change_set=change_set, edit=_edit(request, change_set)
    )
    if edit.conflicts:
        fields = ", ".join(field.replace("_", " ") for field in edit.conflicts)
        return f"{edit.code}: merged; choose for what both changed: {fields}."
    return f"{edit.code}: merged with what came meanwhile."


def _choose(request: HttpRequest, change_set: ChangeSet) -> str:
    field, side = request.POST.get("field", ""), request.POST.get("side", "")
    edit = services.resolve(
        by=person(request),
        change_set=change_set,
        edit=_edit(request, change_set),
        choices={field: side},
    )
    return f"{edit.code}: {field} chosen."


def _attach(request: HttpRequest, change_set: ChangeSet) -> str:
    services.take_trial(by=person(request), change_set=change_set)
    return "The backtest is attached."


def _detach(request: HttpRequest, change_set: ChangeSet) -> str:
    services.drop_evidence(by=person(request), change_set=change_set)
    return "The backtest is removed."


DOES = {"drop": _drop, "merge": _merge, "choose": _choose, "attach": _attach, "detach": _detach}


def _edit(request: HttpRequest, change_set: ChangeSet) -> ChangeEdit:
    pk = request.POST.get("edit", "")
    sound = pk.isdecimal() and len(pk) < MOST_DIGITS
    return get_object_or_404(change_set.edits, pk=int(pk) if sound else 0)
