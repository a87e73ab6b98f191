"""Change sets: the list, one with its edits and all that speaks for and against it, its acts."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.admin_parts import (
    action,
    confirm_page,
    demand,
    found,
    own_paths,
    page,
    person,
    relative_time,
)
from foundation.errors import Problem
from studio.admin.change_acts import ACTS, initial_of
from studio.admin.change_doing import DOES
from studio.admin.change_files import HERE, FilePages, to_page
from studio.admin.change_forms import DescribeForm
from studio.admin.change_page import STATE_LOOKS, context_of
from studio.changes import services
from studio.changes.editing import EDIT
from studio.changes.proposing import may_comment
from studio.editor.saving import SAVED
from studio.models.changes import ChangeSet


@admin.register(ChangeSet)
class ChangeSetAdmin(FilePages):
    empty_list = (
        "Changes of rules and verticals go through change sets: begin one here, or with an edit in "
        "the rule book. Each stands here with what became of it."
    )
    list_display = ("title_shown", "state_shown", "edit_count", "author", "changed", "in_force")
    list_display_links = None
    list_filter = ("state", "origin")
    list_select_related = ("created_by",)
    search_fields = ("title",)
    ordering = ("-pk",)
    sortable_by = ()
    actions_list = ("begin", "file", "catalogue")

    def get_queryset(self, request: HttpRequest) -> Any:
        """The list without evidence and pre-flights, which are large."""
        rows = super().get_queryset(request).annotate(edits_in_it=Count("edits"))
        match = request.resolver_match
        is_list = match is not None and str(match.url_name).endswith("_changelist")
        return rows.defer("evidence", "preflight") if is_list else rows

    @admin.display(description="change set")
    def title_shown(self, change_set: ChangeSet) -> SafeString:
        return format_html(
            '<a class="fs-link fs-wrap" href="{}">{}</a> <span class="fs-muted">{}</span>',
            reverse(f"{HERE}change", args=[change_set.pk]),
            change_set.title,
            change_set.pk,
        )

    @admin.display(description="stands")
    def state_shown(self, change_set: ChangeSet) -> SafeString:
        looks = STATE_LOOKS[ChangeSet.State(change_set.state)]
        words = change_set.get_state_display()
        return format_html('<span class="fs-status {}">{}</span>', looks, words)

    @admin.display(description="edits")
    def edit_count(self, change_set: Any) -> int:
        return int(change_set.edits_in_it)

    @admin.display(description="by")
    def author(self, change_set: ChangeSet) -> str:
        return change_set.created_by.get_username()

    @admin.display(description="last change")
    def changed(self, change_set: ChangeSet) -> str | SafeString:
        return relative_time(change_set.changed_at)

    @admin.display(description="ruleset")
    def in_force(self, change_set: ChangeSet) -> str | SafeString:
        if change_set.ruleset_id is None:
            return ""
        url = reverse("admin:rules_ruleset_change", args=[change_set.ruleset_id])
        return format_html('<a class="fs-link" href="{}">{}</a>', url, change_set.ruleset_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return person(request).has_perm(EDIT)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @action(description="New change set", permissions=[EDIT], url_path="begin", icon="add")
    def begin(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse(f"{HERE}add"))

    @action(description="From a file", permissions=[EDIT], url_path="from-file", icon="upload_file")
    def file(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse(f"{HERE}import"))

    @action(
        description="Merge the built-in rules",
        permissions=[EDIT],
        url_path="from-catalogue",
        icon="merge",
    )
    def catalogue(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse(f"{HERE}merge_catalogue"))

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self,
            ("<int:pk>/act/<slug:name>/", self.act_view, "act"),
            ("<int:pk>/comment/", self.comment_view, "comment"),
            ("<int:pk>/do/<slug:name>/", self.do_view, "do"),
        )
        return [*own, *super().get_urls()]

    # -- pages --------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        demand(request, EDIT)
        form = DescribeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = services.create_change_set(by=person(request), **form.cleaned_data)
            except Problem as problem:
                form.add_error(None, problem.detail)
            else:
                return to_page(made)
        return page(
            self,
            request,
            "foundation/confirm.html",
            title="New change set",
            explanation="Edits of rules and verticals that belong together, proposed as one.",
            button="Begin",
            form=form,
            back=reverse(f"{HERE}changelist"),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """One change set. Some thirty queries besides the frame's, however many edits."""
        change_set: ChangeSet = found(self, request, object_id)
        return page(
            self,
            request,
            "studio/changes/change_set.html",
            title=change_set.title,
            original=change_set,
            saved=request.session.pop(SAVED, ""),
            **context_of(change_set, person(request)),
        )

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """The page of an act: explains it, asks, does it."""
        change_set: ChangeSet = found(self, request, str(pk))
        if name not in ACTS:
            raise Http404
        act, user = ACTS[name], person(request)
        demand(request, act.permission)
        if not act.offered(change_set, user):
            messages.warning(request, f"{act.button}: not as the change set stands now.")
            return to_page(change_set)

        class Form(act.form):  # type: ignore[name-defined, misc]
            def __init__(self, data: Any = None) -> None:
                super().__init__(data, initial=initial_of(name, change_set))

        made: list[ChangeSet] = []

        def run(said: dict[str, Any]) -> str:
            done = act.run(change_set, user, {**said, "revision": _revision(request)})
            if isinstance(done, str):
                return done
            made.append(done)
            return "Begun. Look at it, and propose it."

        answer = confirm_page(
            self,
            request,
            title=f"{act.button}: {change_set.title}",
            explanation=act.explanation,
            button=act.button,
            form_class=Form,
            act=run,
            back=reverse(f"{HERE}change", args=[pk]),
            dangerous=act.dangerous,
        )
        return to_page(made[0]) if made else answer

    def do_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Buttons on the page itself: about one edit, or the evidence."""
        change_set: ChangeSet = found(self, request, str(pk))
        demand(request, EDIT)
        if name not in DOES:
            raise Http404
        if request.method == "POST":
            try:
                messages.success(request, DOES[name](request, change_set))
            except Problem as problem:
                messages.error(request, problem.detail)
        return to_page(change_set)

    def comment_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        change_set: ChangeSet = found(self, request, str(pk))
        if request.method == "POST":
            text = request.POST.get("text", "")
            if not may_comment(person(request)):
                raise PermissionDenied
            try:
                services.comment(by=person(request), change_set=change_set, text=text)
            except Problem as problem:
                messages.error(request, problem.detail)
        return HttpResponseRedirect(reverse(f"{HERE}change", args=[pk]) + "#timeline")


def _revision(request: HttpRequest) -> int | None:
    """Of the change set as it stood on the page whose link led here: what somebody put in since is
    not proposed unseen."""
    told = request.GET.get("revision", "")
    return int(told) if told.isdecimal() and len(told) < 10 else None
