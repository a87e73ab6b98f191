"""Shared queues: what supervisors edit for all."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from cases.admin.queue import queue_form, queue_url
from cases.models import Queue
from cases.queues.filters import Asked
from cases.queues.saved import delete_shared, save_shared
from foundation.admin_parts import (
    FastModelAdmin,
    demand,
    found,
    page,
    person,
    visible_institutions,
)
from foundation.errors import Problem

LIST = "admin:cases_queue_changelist"


class TimesForm(forms.ModelForm):  # type: ignore[type-arg]
    """All of a shared queue but its filters."""

    class Meta:
        model = Queue
        fields = (
            "name", "position", "hours_critical", "hours_high", "hours_medium", "warn_minutes",
            "release_minutes", "auto_assign", "most_open",
        )  # fmt: skip
        labels = {
            "position": "Place",
            "hours_critical": "Hours for critical cases",
            "hours_high": "for high ones",
            "hours_medium": "for medium and low ones",
            "warn_minutes": "Warn, minutes before",
            "release_minutes": "Release after idle minutes",
            "auto_assign": "Hand out by itself",
            "most_open": "Most open cases a person",
        }
        help_texts = {"position": "Of a new case, the first queue whose filters it passes counts."}

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for field in self.fields.values():
            if not isinstance(field, forms.BooleanField):
                field.widget.attrs["class"] = "cs-input"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        said = (given.get(f"hours_{level}") for level in ("critical", "high", "medium"))
        hours = [each for each in said if each is not None]
        if hours != sorted(hours):
            self.add_error("hours_critical", "The more critical, the sooner.")
        return given


@admin.register(Queue)
class SharedQueueAdmin(FastModelAdmin):
    empty_list = (
        "Filters with a name that all find beside the queue. They also set the times in which new "
        "cases must be decided; without any, the usual ones hold."
    )
    list_display = ("queue", "leaves", "hours", "warning", "idle", "auto_assign")
    list_display_links = None
    ordering = ("position", "name", "pk")
    sortable_by = ()

    def get_urls(self) -> list[URLPattern]:
        remove = self.admin_site.admin_view(require_POST(self.remove_view))
        return [path("<int:pk>/remove/", remove, name="cases_queue_remove"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        """The shared ones, of no institution or of the person's."""
        rows: QuerySet[Queue] = super().get_queryset(request).filter(owner=None)
        scope = visible_institutions(person(request))
        if scope is None:
            return rows
        return rows.filter(~Q(filters__has_key="institution") | Q(filters__institution__in=scope))

    @admin.display(description="queue")
    def queue(self, queue: Queue) -> SafeString:
        url = reverse("admin:cases_queue_change", args=[queue.pk])
        return format_html('<a class="fs-link fs-strong" href="{}">{}</a>', url, queue.name)

    @admin.display(description="filters")
    def leaves(self, queue: Queue) -> SafeString | str:
        pairs = Asked.kept(queue.filters).to_address()
        url = queue_url([*pairs, ("queue", str(queue.pk))])
        words = ", ".join(f"{name} {value}" for name, value in pairs) or "every case"
        return format_html('<a class="fs-link" href="{}">{}</a>', url, words.replace("_", " "))

    @admin.display(description="hours: critical, high, others")
    def hours(self, queue: Queue) -> str:
        return f"{queue.hours_critical}, {queue.hours_high}, {queue.hours_medium}"

    @admin.display(description="warns before")
    def warning(self, queue: Queue) -> str:
        return f"{queue.warn_minutes} min"

    @admin.display(description="released when idle")
    def idle(self, queue: Queue) -> str:
        return f"after {queue.release_minutes} min" if queue.release_minutes else "never"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its own button asks the service

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A new one; the filters in the address are filled in."""
        demand(request, "cases.add_queue")
        return self._edit(request, Queue(), request.GET)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        demand(request, "cases.change_queue")
        queue: Queue = found(self, request, object_id)
        return self._edit(request, queue, _address(queue))

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        demand(request, "cases.delete_queue")
        queue: Queue = found(self, request, str(pk))
        try:
            delete_shared(queue=queue, by=person(request))
        except Problem as problem:
            messages.error(request, problem.detail)
        else:
            messages.success(request, f"{queue.name} is deleted; its cases stay where they are.")
        return HttpResponseRedirect(reverse(LIST))

    def _edit(self, request: HttpRequest, queue: Queue, filters: QueryDict) -> HttpResponse:
        sent = request.POST if request.method == "POST" else None
        narrowed = queue_form(request, filters if sent is None else sent)
        times = TimesForm(sent, instance=queue)
        if narrowed.is_valid() & (sent is not None and times.is_valid()):
            queue.filters = {**_only_institution(request), **narrowed.asked().to_keep()}
            try:
                save_shared(queue=queue, by=person(request))
            except Problem as problem:
                times.add_error(None, problem.detail)
            else:
                messages.success(request, f"{queue.name} is kept. New cases go by it from now on.")
                return HttpResponseRedirect(reverse(LIST))
        return page(
            self,
            request,
            "cases/queue_shared.html",
            title=queue.name if queue.pk else "New shared queue",
            original=queue if queue.pk else None,
            form=narrowed,
            times=times,
        )


def _only_institution(request: HttpRequest) -> dict[str, int]:
    """Of whoever works for one alone, and is not asked for it."""
    scope = visible_institutions(person(request))
    return {"institution": scope[0]} if scope is not None and len(scope) == 1 else {}


def _address(queue: Queue) -> QueryDict:
    filled = QueryDict(mutable=True)
    for name, value in Asked.kept(queue.filters).to_address():
        filled.appendlist(name, value)
    return filled
