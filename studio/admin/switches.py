"""The operator's switch of each vertical: what is on, throwing it, ending it, who did before."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone as clock
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.admin_parts import (
    ReadOnlyModelAdmin,
    ReasonForm,
    action,
    confirm_page,
    demand,
    exact_time,
    found,
    own_paths,
    page,
    person,
    relative_time,
)
from foundation.models import ApprovalRequest
from rules.switching.models import Switch
from rules.switching.reading import Mode
from rules.switching.throwing import THROW, end_switch, throw_switch
from studio.admin.change_forms import SwitchForm


@admin.register(Switch)
class SwitchAdmin(ReadOnlyModelAdmin):
    empty_list = (
        "No switch was ever thrown. In an incident a vertical can decide by rules alone, or "
        "approve, hold or decline all, for a while."
    )
    list_display = ("vertical", "mode_shown", "stands", "thrown", "by", "why")
    list_display_links = None
    ordering = ("-pk",)
    sortable_by = ()
    list_filter = ("mode",)
    actions_list = ("new_switch",)

    @admin.display(description="position")
    def mode_shown(self, switch: Switch) -> SafeString:
        url = reverse("admin:rules_switch_change", args=[switch.pk])
        return format_html('<a class="fs-link" href="{}">{}</a>', url, Mode(switch.mode).words)

    @admin.display(description="stands")
    def stands(self, switch: Switch) -> SafeString:
        looks, words = standing(switch)
        return format_html('<span class="fs-status {}">{}</span>', looks, words)

    @admin.display(description="thrown")
    def thrown(self, switch: Switch) -> str | SafeString:
        return relative_time(switch.thrown_at)

    @admin.display(description="by")
    def by(self, switch: Switch) -> str:
        return switch.thrown_by_name

    @admin.display(description="reason")
    def why(self, switch: Switch) -> SafeString:
        return format_html('<span class="fs-two-lines fs-wrap">{}</span>', switch.reason)

    @action(description="Throw a switch", permissions=[THROW], url_path="new", icon="toggle_on")
    def new_switch(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:rules_switch_throw"))

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self, ("throw/", self.throw_view, "throw"), ("<int:pk>/end/", self.end_view, "end")
        )
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """One throw of a switch."""
        switch: Switch = found(self, request, object_id)
        looks, words = standing(switch)
        return page(
            self,
            request,
            "studio/switches/switch.html",
            title=str(switch),
            original=switch,
            switch=switch,
            mode=Mode(switch.mode),
            looks=looks,
            words=words,
            may_end=is_on(switch) and person(request).has_perm(THROW),
        )

    def throw_view(self, request: HttpRequest) -> HttpResponse:
        demand(request, THROW)

        def act(said: dict[str, Any]) -> str:
            ends_at: datetime = said["ends_at"]
            done = throw_switch(
                by=person(request),
                vertical=said["vertical"],
                mode=Mode(said["mode"]),
                ends_at=ends_at,
                reason=said["reason"],
            )
            if isinstance(done, ApprovalRequest):
                return f"Request {done.pk} waits for another person's approval."
            return f"{done} until {exact_time(ends_at)}."

        return confirm_page(
            self,
            request,
            title="Throw a vertical's switch",
            explanation="It holds for each transaction from now on, in every institution. What an "
            "entry of a list declines stays declined; “decline all” declines the rest, too. "
            "Approving all needs another person.",
            button="Throw it",
            form_class=SwitchForm,
            act=act,
            back=reverse("admin:rules_switch_changelist"),
            dangerous=True,
        )

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        demand(request, THROW)
        switch: Switch = found(self, request, str(pk))

        def act(said: dict[str, Any]) -> str:
            end_switch(
                by=person(request),
                vertical=switch.vertical,
                reason=said["reason"],
                thrown=switch,
            )
            return f"{switch.vertical} decides by rules and model again."

        return confirm_page(
            self,
            request,
            title=f"End: {switch}",
            explanation="Rules and model decide again, from the next transaction on.",
            button="End it",
            form_class=ReasonForm,
            act=act,
            back=reverse("admin:rules_switch_changelist"),
        )


def is_on(switch: Switch) -> bool:
    return switch.ended_at is None and switch.ends_at > clock.now()


def standing(switch: Switch) -> tuple[str, str]:
    """Its look and word now."""
    if is_on(switch):
        return "fs-review", f"on until {exact_time(switch.ends_at)}"
    if switch.ended_at is not None:
        return "fs-muted", f"ended by {switch.ended_by_name}"
    return "fs-muted", "over"
