"""Endpoints: registered, changed, tested, their secrets shown and rotated, their circuits."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.enums import ActionVariant
from unfold.views import ChangeList

from clients.admin import InstitutionFilter
from clients.webhooks import services
from clients.webhooks.admin.forms import (
    AddEndpointForm,
    ChangeEndpointForm,
)
from clients.webhooks.admin.labels import (
    circuit_label,
    deliveries_url,
    delivery_state,
    delivery_url,
    endpoint_state,
    endpoint_url,
    events_in_words,
)
from clients.webhooks.admin.secrets import SecretPages
from clients.webhooks.models import WebhookDelivery, WebhookEndpoint
from clients.webhooks.queries import unsettled
from clients.webhooks.sealing import url_of
from foundation.admin_facts import FactPageAdmin
from foundation.admin_parts import (
    QuietChangeList,
    ReasonForm,
    action,
    confirm_page,
    demand,
    display,
    found,
    page,
    person,
    relative_time,
)
from foundation.errors import Problem

NEWEST = 15
Page = Callable[..., HttpResponse]


class CountingChangeList(QuietChangeList):
    """Adds what waits and what was given up to the rows of the page, in one query."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = self.result_list = list(self.result_list)
        counts = unsettled(row.pk for row in rows)
        for row in rows:
            row.waiting, row.dead = counts.get(row.pk, (0, 0))


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(SecretPages, FactPageAdmin):
    page_template = "clients/webhook_endpoint.html"
    list_display = (
        "name",
        "origin",
        "institution",
        "events_shown",
        "state_shown",
        "circuit_shown",
        "waiting_shown",
        "dead_shown",
    )
    list_select_related = ("institution",)
    list_filter = ("state", "kind", InstitutionFilter)
    search_fields = ("name", "origin")
    ordering = ("-id",)
    actions_list = ("register", "default_secret")
    reveals = {"url": url_of}
    reveal_permission = services.MANAGE

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CountingChangeList

    @admin.display(description="events")
    def events_shown(self, row: WebhookEndpoint) -> str:
        return events_in_words(row)

    @admin.display(description="state")
    def state_shown(self, row: WebhookEndpoint) -> SafeString:
        return endpoint_state(row)

    @admin.display(description="circuit")
    def circuit_shown(self, row: WebhookEndpoint) -> SafeString:
        return circuit_label(row, clock.now())

    @display(description="waiting")
    def waiting_shown(self, row: Any) -> SafeString:
        return _count(row, row.waiting, "pending")

    @display(description="given up")
    def dead_shown(self, row: Any) -> SafeString:
        return _count(row, row.dead, "dead")

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return person(request).has_perm(services.MANAGE)

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, Page] = {
            "edit": self.edit_view,
            "state": self.state_view,
            "test": self.test_view,
            "rotate": self.rotate_view,
            "secret": self.secret_view,
            "close": self.close_view,
            "remove": self.remove_view,
        }
        own = [
            path(
                f"<uuid:pk>/{name}/",
                self.admin_site.admin_view(self._managed(view)),
                name=f"clients_webhookendpoint_{name}",
            )
            for name, view in pages.items()
        ]
        urls: list[URLPattern] = super().get_urls()
        return [*own, *urls]

    def _managed(self, view: Page) -> Page:
        """Gives the page its endpoint, for those who manage endpoints and see this one."""

        def managed(request: HttpRequest, pk: Any) -> HttpResponse:
            demand(request, services.MANAGE)
            return view(request, found(self, request, str(pk)))

        return managed

    # -- the endpoint's page ------------------------------------------------------------------

    def page_context(self, request: HttpRequest, row: WebhookEndpoint) -> dict[str, Any]:
        """Three queries besides the frame's."""
        waiting, dead = unsettled([row.pk]).get(row.pk, (0, 0))
        newest = WebhookDelivery.objects.filter(endpoint=row).order_by("-pk")[:NEWEST]
        removed = row.state == WebhookEndpoint.State.REMOVED
        standing = row.kind == WebhookEndpoint.Kind.STANDING
        return {
            "url_shown": self.masked(request, row, "url", f"{row.origin}/…"),
            "events": events_in_words(row),
            "state": endpoint_state(row),
            "circuit": circuit_label(row, clock.now()),
            "waiting": waiting,
            "dead": dead,
            "pending_url": deliveries_url(endpoint=row.pk, state="pending"),
            "dead_url": deliveries_url(endpoint=row.pk, state="dead"),
            "all_url": deliveries_url(endpoint=row.pk),
            "deliveries": [_cells(delivery) for delivery in newest],
            "standing": standing,
            "paused": row.state == WebhookEndpoint.State.PAUSED,
            "broken": row.open_until is not None,
            "may_manage": self.has_manage_permission(request) and not removed,
        }

    # -- changes ------------------------------------------------------------------------------

    @action(
        description="Register an endpoint",
        permissions=["manage"],
        icon="add",
        variant=ActionVariant.PRIMARY,
    )
    def register(self, request: HttpRequest) -> HttpResponse:
        form = AddEndpointForm(request.POST or None, institutions=self.institutions(request))
        if request.method == "POST" and form.is_valid():
            made = services.add_endpoint(by=person(request), **form.cleaned_data)
            messages.success(request, "The endpoint is registered. Its secret is one click away.")
            return HttpResponseRedirect(endpoint_url(made.pk))
        return page(
            self,
            request,
            "foundation/confirm.html",
            title="Register a webhook endpoint",
            form=form,
            button="Register",
            explanation="Events are sent to it as they happen, signed with a secret of its own.",
            back=reverse("admin:clients_webhookendpoint_changelist"),
        )

    def edit_view(self, request: HttpRequest, row: WebhookEndpoint) -> HttpResponse:
        initial = {"name": row.name, "url": url_of(row), "events": row.events}

        def act(values: dict[str, Any]) -> str:
            services.change_endpoint(endpoint=row, by=person(request), **values)
            return "Saved. What waits goes to the new URL."

        def form(data: Any) -> ChangeEndpointForm:
            return ChangeEndpointForm(data, initial=initial)

        return self._confirm(
            request,
            row,
            act,
            title=f"Edit {row}",
            explanation="A change holds from the next delivery on.",
            button="Save",
            form_class=form,
        )

    def state_view(self, request: HttpRequest, row: WebhookEndpoint) -> HttpResponse:
        states = WebhookEndpoint.State
        goal = states.ACTIVE if row.state == states.PAUSED else states.PAUSED

        def act() -> str:
            services.change_endpoint(endpoint=row, by=person(request), state=goal)
            return "Sending again." if goal == states.ACTIVE else "Paused: events wait 3 days."

        return self._at_once(request, row, act)

    def test_view(self, request: HttpRequest, row: WebhookEndpoint) -> HttpResponse:
        def act() -> str:
            services.send_test(endpoint=row, by=person(request))
            return "A test is on its way; it appears below within seconds."

        return self._at_once(request, row, act)

    def close_view(self, request: HttpRequest, row: WebhookEndpoint) -> HttpResponse:
        def act() -> str:
            services.close_circuit(endpoint=row, by=person(request))
            return "The circuit is closed: what waits is sent now."

        return self._at_once(request, row, act)

    def remove_view(self, request: HttpRequest, row: WebhookEndpoint) -> HttpResponse:
        def act(values: dict[str, Any]) -> str:
            count = services.remove_endpoint(
                endpoint=row, by=person(request), reason=values["reason"]
            )
            return f"The endpoint is removed; {count} waiting deliveries were given up."

        return self._confirm(
            request,
            row,
            act,
            title=f"Remove {row}",
            explanation="It hears of nothing any more, and what waits for it is given up.",
            button="Remove",
            form_class=ReasonForm,
            dangerous=True,
        )

    # -- shared -------------------------------------------------------------------------------

    def _confirm(
        self,
        request: HttpRequest,
        row: WebhookEndpoint,
        act: Callable[[dict[str, Any]], str],
        **texts: Any,
    ) -> HttpResponse:
        return confirm_page(self, request, act=act, back=endpoint_url(row.pk), **texts)

    def _at_once(
        self, request: HttpRequest, row: WebhookEndpoint, act: Callable[[], str]
    ) -> HttpResponse:
        """By POST alone; a Problem becomes a message on the endpoint's page."""

        def do(request: HttpRequest) -> HttpResponse:
            try:
                messages.success(request, act())
            except Problem as problem:
                messages.error(request, problem.detail)
            return HttpResponseRedirect(endpoint_url(row.pk))

        answer: HttpResponse = require_POST(do)(request)
        return answer


def _count(row: WebhookEndpoint, number: int, state: str) -> SafeString:
    if not number:
        return format_html('<span class="fs-number fs-muted">0</span>')
    url = deliveries_url(endpoint=row.pk, state=state)
    return format_html('<a class="fs-link fs-number" href="{}">{}</a>', url, f"{number:,}")


def _cells(row: WebhookDelivery) -> dict[str, Any]:
    return {
        "url": delivery_url(row.pk),
        "sequence": row.sequence,
        "event": row.event,
        "reference": row.reference,
        "state": delivery_state(row),
        "attempts": row.attempts,
        "fault": row.last_fault,
        "created": relative_time(row.created_at),
    }
