"""What the pages of this room share."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from foundation.admin_parts import ReasonForm, demand, page
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
