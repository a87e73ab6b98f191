"""Verticals: their numbers; an edit goes into a change set, never into the book itself."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.admin_parts import FastModelAdmin, demand, found, page, person, relative_time
from foundation.errors import Problem
from rules.errors import Invalid
from rules.models import Vertical
from rules.vertical_form import VerticalForm
from studio.changes.wishes import VerticalEdit
from studio.editor.saving import NEW, Saved, put
from studio.models.changes import ChangeSet


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
        form = VerticalForm(
            request.POST or None,
            initial={
                **VerticalForm.values_of(vertical.config),
                "expected_revision": vertical.revision,
            },
        )
        may_change = person(request).has_perm("rules.change_vertical")
        if request.method == "POST":
            demand(request, "rules.change_vertical")
            if form.is_valid() and (saved := _save(request, vertical, form)):
                messages.success(request, f"Saved in “{saved.title}”.")
                return HttpResponseRedirect(saved.url)
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
            places=_drafts(request) if may_change else [],
            chosen=request.POST.get("into", ""),
        )


def _drafts(request: HttpRequest) -> list[tuple[int, str]]:
    """The person's drafts, newest first (one query)."""
    mine = ChangeSet.objects.filter(state=ChangeSet.State.DRAFT, created_by=person(request))
    return list(mine.order_by("-changed_at").values_list("pk", "title")[:20])


def _save(request: HttpRequest, vertical: Vertical, form: VerticalForm) -> Saved | None:
    """Puts the form into a draft; what is refused is shown at the fields."""
    values = form.cleaned_data
    wish = VerticalEdit(
        config=form.config(vertical.code),
        expected_revision=values["expected_revision"],
        note=values["reason"],
    )
    into = request.POST.get("into", NEW)
    try:
        return put(by=person(request), wish=wish, into=into, title=f"Change {vertical.name}")
    except Invalid as error:
        form.show(error.findings)
    except Problem as problem:
        form.add_error(None, problem.detail)
    return None
