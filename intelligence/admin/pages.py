"""What the pages of lists and entries share."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from clients.models import Institution
from foundation.admin_parts import person, relative_time
from foundation.errors import Problem
from intelligence.models import Effect

SHARED = "all institutions"
STYLES = {"all": ("intelligence/lists.css",)}
# As everywhere: a match that lets through is green, one that stops is red; the word beside it.
_EFFECT_CLASSES = {
    Effect.ALLOW: "fs-status fs-approved",
    Effect.REVIEW: "fs-status fs-review",
    Effect.DECLINE: "fs-status fs-declined",
}
_STATE_CLASSES = {"in force": "", "expired": "fs-muted", "ended": "fs-muted"}


def effect_label(effect: str) -> SafeString:
    """The effect as a word with its colour."""
    if not effect:
        return format_html('<span class="fs-muted li-short">{}</span>', "rules decide")
    return format_html('<span class="{}">{}</span>', _EFFECT_CLASSES[Effect(effect)], effect)


def state_label(state: str) -> SafeString:
    return format_html('<span class="li-short {}">{}</span>', _STATE_CLASSES[state], state)


def until_label(state: str, expires_at: datetime | None) -> SafeString:
    """The state, and below it when an entry in force will end by itself."""
    if state != "in force" or expires_at is None:
        return state_label(state)
    until = relative_time(expires_at)
    return format_html('{}<br><span class="fs-muted">ends {}</span>', state_label(state), until)


def scope_label(institution: Institution | None) -> str:
    return SHARED if institution is None else institution.name


def found(admin: ModelAdmin, request: HttpRequest, object_id: str) -> Any:
    """The row of that id for whoever may see it, else 404 or 403."""
    row = admin.get_object(request, object_id)
    if row is None:
        raise Http404
    if not admin.has_view_permission(request, row):
        raise PermissionDenied
    return row


def page(admin: ModelAdmin, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """A page of this room inside the admin's frame."""
    frame = {**admin.admin_site.each_context(request), "opts": admin.opts}
    return TemplateResponse(request, template, {**frame, **context})


def demand(request: HttpRequest, permission: str) -> None:
    """Refuses with 403; the services ask again."""
    if not person(request).has_perm(permission):
        raise PermissionDenied


def form_page(
    admin: ModelAdmin,
    request: HttpRequest,
    form: BaseForm,
    *,
    save: Callable[[], str],
    show: Callable[[Problem], None],
    done: Callable[[], str],
    **context: Any,
) -> HttpResponse:
    """A page with a form; a valid one is given to `save`, which returns where to go next.

    What a service refuses is shown at the form: a Problem by `show`, a ValidationError by field.
    """
    if request.method == "POST" and form.is_valid():
        try:
            target = save()
        except Problem as problem:
            show(problem)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, done())
            return HttpResponseRedirect(target)
    return page(admin, request, "foundation/confirm.html", form=form, **context)
