"""What the pages of lists and entries share."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from clients.models import Institution
from foundation.admin_parts import page, relative_time
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
