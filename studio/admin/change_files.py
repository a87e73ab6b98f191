"""Files of change sets, of the rule book and of the ruleset in force; what a release ships."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse

from foundation.admin_parts import (
    FastModelAdmin,
    confirm_page,
    demand,
    found,
    own_paths,
    page,
    person,
)
from foundation.errors import Problem
from studio.admin.change_forms import FileForm
from studio.changes.editing import EDIT
from studio.exchange.catalogue import merge_catalogue
from studio.exchange.importing import import_rules
from studio.exchange.reading import LARGEST
from studio.exchange.writing import export_book, export_change_set, export_in_force
from studio.models.changes import ChangeSet

HERE = "admin:studio_changeset_"


class FilePages(FastModelAdmin):
    """Of the admin of change sets: what comes from files and goes into them."""

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self,
            ("import/", self.import_view, "import"),
            ("built-in/", self.catalogue_view, "merge_catalogue"),
            ("export/<slug:what>/", self.export_view, "export"),
            ("<int:pk>/toml/", self.toml_view, "toml"),
        )
        return [*own, *super().get_urls()]

    def toml_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        change_set: ChangeSet = found(self, request, str(pk))
        return _file(f"change-set-{pk}.toml", export_change_set(change_set))

    def export_view(self, request: HttpRequest, what: str) -> HttpResponse:
        demand(request, "rules.view_ruleset")
        if what == "in-force":
            try:
                return _file("ruleset.toml", export_in_force())
            except Problem as problem:
                messages.error(request, problem.detail)
                return HttpResponseRedirect(reverse(f"{HERE}changelist"))
        if what == "book":
            return _file("rule-book.toml", export_book())
        raise Http404

    def import_view(self, request: HttpRequest) -> HttpResponse:
        demand(request, EDIT)
        form = FileForm(request.POST or None, request.FILES or None)
        faults: list[Any] = []
        if request.method == "POST" and form.is_valid():
            uploaded = form.cleaned_data["file"]
            try:
                done = import_rules(
                    by=person(request),
                    content=uploaded.read(LARGEST + 1),
                    name=uploaded.name,
                    title=form.cleaned_data["title"],
                )
            except Problem as problem:
                faults = list(getattr(problem, "faults", []))
                if not faults:
                    form.add_error(None, problem.detail)
            else:
                for remark in done.remarks:
                    messages.warning(request, remark)
                return to_page(done.change_set)
        context = {"form": form, "faults": faults[:200], "more": max(0, len(faults) - 200)}
        return page(
            self, request, "studio/changes/import.html", title="Rules from a file", **context
        )

    def catalogue_view(self, request: HttpRequest) -> HttpResponse:
        demand(request, EDIT)
        made: list[ChangeSet] = []

        def merge(said: dict[str, Any]) -> str:
            done = merge_catalogue(by=person(request))
            made.append(done.change_set)
            return (
                f"{len(done.followed)} follow, {len(done.merged)} merged with what was edited "
                f"here, {len(done.conflicts)} wait for somebody to choose, {len(done.kept)} kept."
            )

        answer = confirm_page(
            self,
            request,
            title="Merge the built-in rules of this release",
            explanation="Makes a change set of what is shipped now and not in force here. Rules "
            "that nobody edited follow; of edited ones only what was not edited here changes, and "
            "where both changed you choose. Nothing is applied before it is proposed and approved.",
            button="Make a change set",
            form_class=forms.Form,
            act=merge,
            back=reverse(f"{HERE}changelist"),
        )
        return to_page(made[0]) if made else answer


def to_page(change_set: ChangeSet) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"{HERE}change", args=[change_set.pk]))


def _file(name: str, text: str) -> HttpResponse:
    response = HttpResponse(text, content_type="application/toml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
