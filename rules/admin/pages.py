"""What the pages of this room share."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from foundation.admin_parts import ReasonForm, person
from foundation.errors import Problem
from foundation.models import ApprovalRequest
from rules.definition import State
from rules.diffs import RulesetDiff
from rules.models import Proposal

# Colour as everywhere: in force green, on the way amber, out of use grey; the word beside it.
STATE_CLASSES = {
    State.LIVE: "fs-status fs-approved",
    State.CANARY: "fs-status fs-review",
    State.SHADOW: "fs-status fs-review",
    State.DRAFT: "fs-status fs-muted",
    State.RETIRED: "fs-status fs-muted",
}


def state_label(state: str) -> SafeString:
    """The state as a word with its colour."""
    return format_html('<span class="{}">{}</span>', STATE_CLASSES[State(state)], state)


def verticals_in_words(only: list[str], exclude: list[str]) -> str:
    """ "all", "crypto only", "not crypto, gaming"."""
    if only:
        return f"{', '.join(only)} only"
    return f"not {', '.join(exclude)}" if exclude else "all"


def page(admin: ModelAdmin, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """A page of this room inside the admin's frame."""
    frame = {**admin.admin_site.each_context(request), "opts": admin.opts}
    return TemplateResponse(request, template, {**frame, **context})


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


def confirm_publication(
    admin: ModelAdmin,
    request: HttpRequest,
    *,
    title: str,
    button: str,
    diff: RulesetDiff,
    propose: Callable[[str], Proposal],
) -> HttpResponse:
    """A page that shows what would change and asks why; proposes when it is sent."""
    demand(request, "rules.publish_ruleset")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            proposal = propose(form.cleaned_data["reason"])
        except Problem as problem:
            form.add_error(None, problem.detail)
        else:
            return _after(request, proposal)
    context = {"title": title, "button": button, "diff": diff, "form": form}
    return page(admin, request, "rules/publication.html", **context)


def _after(request: HttpRequest, proposal: Proposal) -> HttpResponse:
    if hasattr(proposal, "ruleset"):
        messages.success(request, f"Ruleset {proposal.ruleset.number} is in force.")
        return HttpResponseRedirect(
            reverse("admin:rules_ruleset_change", args=[proposal.ruleset.number])
        )
    messages.success(request, "Proposed. It takes force when it is approved.")
    asked = ApprovalRequest.objects.get(subject=f"rules.proposal:{proposal.pk}")
    return HttpResponseRedirect(reverse("admin:foundation_approvalrequest_change", args=[asked.pk]))
