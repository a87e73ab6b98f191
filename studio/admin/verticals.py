"""Verticals: their numbers; an edit goes into a change set, never into the book itself."""

from typing import Any

import msgspec
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.admin_parts import FastModelAdmin, demand, found, page, person, relative_time
from foundation.errors import Problem
from rules.definition import VerticalConfig
from rules.diffs import diff_verticals
from rules.errors import Invalid
from rules.models import Vertical
from rules.vertical_form import VerticalForm
from studio.changes.wishes import VerticalEdit
from studio.editor.saving import NEW, Saved, Started, chosen_place, places_for, put, started_edit
from studio.models.changes import ChangeEdit

CHANGE = "rules.change_vertical"
SUBJECT = ChangeEdit.Subject.VERTICAL


@admin.register(Vertical)
class VerticalAdmin(FastModelAdmin):
    empty_list = "The lines of business with their thresholds. manage.py load_rules brings them."
    list_display = (
        "vertical",
        "review_threshold",
        "fraud_score_threshold",
        "aml_threshold",
        "weights",
        "accepted",
        "last_change",
    )
    list_display_links = None
    ordering = ("code",)
    sortable_by = ()

    @admin.display(description="vertical")
    def vertical(self, vertical: Vertical) -> SafeString:
        url = reverse("admin:rules_vertical_change", args=[vertical.pk])
        return format_html('<a class="fs-link" href="{}">{}</a>', url, vertical.name)

    @admin.display(description="rules / model")
    def weights(self, vertical: Vertical) -> str:
        return f"{vertical.rules_weight:.0%} / {vertical.ml_weight:.0%}"

    @admin.display(description="currencies")
    def accepted(self, vertical: Vertical) -> str:
        shown = ", ".join(vertical.currencies[:6])
        more = len(vertical.currencies) - 6
        return f"{shown} and {more} more" if more > 0 else shown

    @admin.display(description="last change")
    def last_change(self, vertical: Vertical) -> str:
        return relative_time(vertical.changed_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The vertical's numbers as a form, which only those who may change them can send."""
        vertical: Vertical = found(self, request, object_id)
        may_change = person(request).has_perm(CHANGE)
        into = request.GET.get("into", "")
        started = _started(request, vertical, into) if may_change else None
        sent = request.POST if request.method == "POST" else None
        form = VerticalForm(sent, initial=_initial(vertical, started))
        instead: dict[str, Any] = {}
        if request.method == "POST":
            demand(request, CHANGE)
            if form.is_valid() and (saved := _save(request, vertical, form)):
                messages.success(request, f"Saved in “{saved.title}”.")
                return HttpResponseRedirect(saved.url)
            instead = _instead(request, vertical, form)
        places = _places(request, vertical) if may_change else []
        for field in form.fields.values():
            field.disabled = not may_change
        if not may_change:
            del form.fields["reason"]
        return page(
            self,
            request,
            "rules/vertical.html",
            title=vertical.name,
            original=vertical,
            vertical=vertical,
            form=form,
            may_change=may_change,
            places=places,
            chosen=request.POST.get("into") or chosen_place(places, started, into),
            started=started,
            seen=request.POST.get("seen", started.mark if started else ""),
            **instead,
        )


def _started(request: HttpRequest, vertical: Vertical, into: str) -> Started | None:
    """What the person left of it in a draft."""
    return started_edit(by=person(request), code=vertical.code, into=into, subject=SUBJECT)


def _places(request: HttpRequest, vertical: Vertical) -> list[tuple[str, str]]:
    return places_for(by=person(request), code=vertical.code, subject=SUBJECT)


def _initial(vertical: Vertical, started: Started | None) -> dict[str, Any]:
    """The draft's numbers where there is one, so that a second edit is made on top of the first."""
    config = msgspec.convert(started.said, VerticalConfig) if started else vertical.config
    return {
        **VerticalForm.values_of(config),
        "expected_revision": started.base_version if started else vertical.revision,
        "reason": started.note if started else "",
    }


def _instead(request: HttpRequest, vertical: Vertical, form: VerticalForm) -> dict[str, Any]:
    """What stands in the way of saving: another edit in the chosen change set, which would be
    written over unseen, or a newer revision in the book."""
    into = request.POST.get("into", "")
    there = _started(request, vertical, into) if into.isdecimal() else None
    if there is not None:
        if there.mark == request.POST.get("seen", there.mark):
            return {}
        config = msgspec.convert(there.said, VerticalConfig)
        return {"held": there, "differs": diff_verticals(vertical.config, config)}
    if form.cleaned_data.get("expected_revision", vertical.revision) == vertical.revision:
        return {}
    typed = None if form.errors.keys() - {"__all__"} else form.config(vertical.code)
    return {"moved": True, "differs": diff_verticals(vertical.config, typed) if typed else ()}


def _save(request: HttpRequest, vertical: Vertical, form: VerticalForm) -> Saved | None:
    """Puts the form into a draft; what is refused is shown at the fields."""
    values = form.cleaned_data
    wish = VerticalEdit(
        config=form.config(vertical.code),
        expected_revision=values["expected_revision"],
        note=values["reason"],
        seen=request.POST.get("seen"),
    )
    into = request.POST.get("into", NEW)
    try:
        return put(by=person(request), wish=wish, into=into, title=f"Change {vertical.name}")
    except Invalid as error:
        form.show(error.findings)
    except Problem as problem:
        form.add_error(None, problem.detail)
    return None
