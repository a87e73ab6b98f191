"""What pages of our own share: the frame, who may see them, confirming, revealing."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from foundation import audit
from foundation.errors import Problem
from foundation.models import User

log = logging.getLogger(__name__)


class ReasonForm(forms.Form):
    """Asks why; the answer goes into the audit trail."""

    reason = forms.CharField(max_length=1_000, widget=UnfoldAdminTextareaWidget({"rows": 3}))


class CommentForm(forms.Form):
    comment = forms.CharField(
        max_length=1_000, required=False, widget=UnfoldAdminTextareaWidget({"rows": 3})
    )


def person(request: HttpRequest) -> User:
    """The signed-in person; the admin lets in nobody else."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def demand(request: HttpRequest, permission: str) -> None:
    """Refuses with 403; the services ask again."""
    if not person(request).has_perm(permission):
        raise PermissionDenied


def found(admin: ModelAdmin, request: HttpRequest, object_id: str) -> Any:
    """The row of that id for whoever may see it, else 404 or 403."""
    row = admin.get_object(request, object_id)
    if row is None:
        raise Http404
    if not admin.has_view_permission(request, row):
        raise PermissionDenied
    return row


def own_paths(
    admin: ModelAdmin, *pages: tuple[str, Callable[..., HttpResponse], str]
) -> list[URLPattern]:
    """Addresses of an admin's own pages, behind its sign-in: route, view, and the name that stands
    behind the model's, as Django's own have it ("scoring_decision_replay")."""
    prefix = f"{admin.opts.app_label}_{admin.opts.model_name}"
    wrap = admin.admin_site.admin_view
    return [path(route, wrap(view), name=f"{prefix}_{name}") for route, view, name in pages]


def page(admin: ModelAdmin, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """A page inside the admin's frame; `original`, the row it is about, goes by its title there."""
    if context.get("original") is not None:
        context["original"].page_title = context["title"]
    frame = {**admin.admin_site.each_context(request), "opts": admin.opts}
    return TemplateResponse(request, template, {**frame, **context})


def confirm_page(
    admin: ModelAdmin,
    request: HttpRequest,
    *,
    title: str,
    explanation: str,
    button: str,
    form_class: type[forms.Form],
    act: Callable[[dict[str, Any]], str],
    back: str,
    dangerous: bool = False,
) -> HttpResponse:
    """A page with a form; when it is sent and valid, calls `act` with its values.

    `act` returns the sentence shown on the page `back`. A Problem or ValidationError that it
    raises is shown above the form. Permissions are the caller's part.
    """
    form = form_class(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = act(form.cleaned_data)
        except Problem as problem:
            form.add_error(None, problem.detail)
        except ValidationError as error:
            form.add_error(None, ValidationError(error.messages))
        else:
            messages.success(request, done)
            return HttpResponseRedirect(back)
    return page(
        admin,
        request,
        "foundation/confirm.html",
        title=title,
        explanation=explanation,
        button=button,
        form=form,
        back=back,
        dangerous=dangerous,
    )


class RevealMixin(ModelAdmin):  # type: ignore[misc]
    """Adds `<id>/reveal/<field>/`: shows one masked identifier in full, and writes down who saw it.

    `reveals` maps a field's name to a function from the row to the identifier. Only POST, only
    with `reveal_permission`, never cached. The audit entry names the field, not the value.
    """

    reveals: Mapping[str, Callable[[Any], str]] = {}
    reveal_permission = "transactions.reveal_identifier"

    def get_urls(self) -> list[URLPattern]:
        route = path(
            "<path:object_id>/reveal/<slug:field>/",
            self.admin_site.admin_view(self.reveal_view),
            name=self._reveal_url_name(),
        )
        urls: list[URLPattern] = super().get_urls()
        return [route, *urls]

    def _reveal_url_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_reveal"

    def reveal_view(self, request: HttpRequest, object_id: str, field: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        user = person(request)
        if not (user.has_perm(self.reveal_permission) and self.has_view_permission(request)):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None or field not in self.reveals:
            raise Http404
        value = self.reveals[field](row)
        audit.record(
            actor=user,
            action="identifier.reveal",
            subject=f"{self.opts.label_lower}:{row.pk}",
            after={"field": field},
            institution_id=getattr(row, "institution_id", None),
        )
        response = self._revealed(request, row, field, value)
        add_never_cache_headers(response)
        return response

    def _revealed(self, request: HttpRequest, row: Model, field: str, value: str) -> HttpResponse:
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse({"field": field, "value": value})
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{field.replace('_', ' ').capitalize()} of {row}",
            "value": value,
            "back": reverse(name, args=[row.pk]),
        }
        return TemplateResponse(request, "foundation/reveal.html", context).render()

    def masked(self, request: HttpRequest, row: Model, field: str, mask: str) -> SafeString:
        """The masked value, with a button to see it in full for those who may.

        The button sends the page's own form (with its token) to the reveal address, since a form
        cannot stand inside another.
        """
        code = format_html('<code class="font-mono">{}</code>', mask)
        if not person(request).has_perm(self.reveal_permission):
            return code
        return format_html(
            '{} <button type="submit" class="fs-link underline" '
            'formmethod="post" formaction="{}" formnovalidate>Reveal</button>',
            code,
            reverse(f"admin:{self._reveal_url_name()}", args=[row.pk, field]),
        )
