"""Requests for approval: the evidence, the votes, and buttons for those who may use them."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from foundation import approvals
from foundation.admin_approvals import presentation_of
from foundation.admin_parts import (
    CommentForm,
    ReadOnlyModelAdmin,
    action,
    confirm_page,
    display,
    exact_time,
    person,
    relative_time,
    rows_table,
)
from foundation.models import ApprovalRequest, User

State = ApprovalRequest.State


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnlyModelAdmin):
    empty_list = (
        "Changes that need a second person wait here. Proposing a publication of rules makes one."
    )
    list_display = (
        "what",
        "requested_by",
        "created",
        "votes_shown",
        "outcome",
        "expires",
    )
    list_filter = ("state",)
    list_select_related = ("requested_by",)
    ordering = ("-id",)
    sortable_by = ()
    actions_detail = ("approve", "reject", "retry", "cancel")
    fields = (
        "state_told",
        "requested_by",
        "reason",
        "created_at",
        "evidence_shown",
        "votes_table",
    )
    readonly_fields = fields

    @admin.display(description="request")
    def what(self, request: ApprovalRequest) -> str:
        return presentation_of(request).title(request)

    @admin.display(description="state")
    def state_told(self, request: ApprovalRequest) -> str | SafeString:
        """The state, and where that stands: for whom it waits, what came of it, what failed."""
        if request.state == State.PENDING:
            return _waits_for(request)
        if request.state == State.EXECUTED:
            return presentation_of(request).done(request)
        if request.state == State.FAILED:
            return f"{request.get_state_display()}: {request.error}"
        return request.get_state_display()

    @display(
        description="state",
        label={
            "Pending": "info",
            "Executed": "success",
            "Rejected": "danger",
            "Approved, but failed": "danger",
        },
    )
    def outcome(self, request: ApprovalRequest) -> str:
        return request.get_state_display()

    @admin.display(description="asked")
    def created(self, request: ApprovalRequest) -> str:
        return relative_time(request.created_at)

    @admin.display(description="open until")
    def expires(self, request: ApprovalRequest) -> str:
        return relative_time(request.expires_at) if request.state == State.PENDING else "-"

    @admin.display(description="consents")
    def votes_shown(self, request: ApprovalRequest) -> str:
        given = sum(vote.approves for vote in request.votes.all())
        return f"{given} of {request.required}"

    @admin.display(description="what would change")
    def evidence_shown(self, request: ApprovalRequest) -> SafeString:
        return presentation_of(request).evidence(request)

    @admin.display(description="votes")
    def votes_table(self, request: ApprovalRequest) -> SafeString:
        votes = request.votes.select_related("voter")
        rows = [
            ("✓ approves" if v.approves else "✗ rejects", v.voter, v.comment, v.created_at)
            for v in votes
        ]
        return rows_table(("Vote", "Person", "Comment", "When"), rows)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).filter(approvals.seen_by(person(request)))
        return rows.prefetch_related("votes")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        asked = context["original"]
        asked.page_title = presentation_of(asked).title(asked)
        context.update(title=asked.page_title, subtitle=None)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    # -- who sees which button; the services ask again under a lock ---------------------------

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._allows(request, object_id, approvals.may_vote)

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._allows(request, object_id, approvals.may_execute)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._allows(request, object_id, _may_cancel)

    def _allows(
        self,
        request: HttpRequest,
        object_id: Any,
        question: Callable[[User, ApprovalRequest], bool],
    ) -> bool:
        if not self.has_view_permission(request):
            return False
        found = self._found(request, object_id)
        return found is not None and question(person(request), found)

    def _found(self, request: HttpRequest, object_id: Any) -> ApprovalRequest | None:
        """Read once a page, although four buttons ask for it."""
        known: dict[str, Any] = request.__dict__.setdefault("_approval_requests", {})
        if object_id not in known:
            known[object_id] = self.get_object(request, str(object_id))
        found: ApprovalRequest | None = known[object_id]
        return found

    # -- buttons ------------------------------------------------------------------------------

    @action(
        description="Approve",
        permissions=["decide"],
        icon="check",
        variant=ActionVariant.SUCCESS,
    )
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._page(
            request,
            object_id,
            approvals.approve,
            button="Approve",
            explanation="With the last consent that is needed, the change is made at once.",
        )

    @action(
        description="Reject",
        permissions=["decide"],
        icon="close",
        variant=ActionVariant.DANGER,
    )
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._page(
            request,
            object_id,
            approvals.reject,
            button="Reject",
            explanation="One refusal ends the request. Say why, for who asked.",
            dangerous=True,
        )

    @action(description="Try again", permissions=["retry"], icon="replay")
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def again(*, request: ApprovalRequest, by: User, comment: str) -> ApprovalRequest:
            return approvals.execute(request=request, by=by)

        explanation = "It was approved, but failed. Nothing of the failed attempt was kept."
        return self._page(request, object_id, again, button="Try again", explanation=explanation)

    @action(description="Take back", permissions=["cancel"], icon="undo")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def take_back(*, request: ApprovalRequest, by: User, comment: str) -> ApprovalRequest:
            return approvals.cancel(request=request, by=by)

        explanation = "The request is closed without a decision."
        return self._page(
            request, object_id, take_back, button="Take back", explanation=explanation
        )

    def _page(
        self,
        request: HttpRequest,
        object_id: str,
        service: Callable[..., ApprovalRequest],
        *,
        button: str,
        explanation: str,
        dangerous: bool = False,
    ) -> HttpResponse:
        found = self._found(request, object_id)
        if found is None:
            raise Http404
        asked = found

        def act(values: dict[str, Any]) -> str:
            done = service(request=asked, by=person(request), comment=values["comment"])
            return _outcome(done)

        return confirm_page(
            self,
            request,
            title=f"{button}: {presentation_of(asked).title(asked)}",
            explanation=explanation,
            button=button,
            form_class=CommentForm,
            act=act,
            back=reverse("admin:foundation_approvalrequest_change", args=[asked.pk]),
            dangerous=dangerous,
        )


def _may_cancel(user: User, request: ApprovalRequest) -> bool:
    return request.requested_by_id == user.pk and request.is_open(clock.now())


def _outcome(request: ApprovalRequest) -> str:
    if request.state == State.FAILED:
        return f"Approved, but it failed: {request.error}"
    if request.state == State.PENDING:
        return "Your consent is noted; more are needed."
    if request.state == State.EXECUTED:
        return presentation_of(request).done(request)
    return f"The request is {request.get_state_display().lower()}."


def _waits_for(request: ApprovalRequest) -> SafeString:
    """Who may vote, by name, and that who asked may not."""
    roles = " or ".join(approvals.voting_roles(request.kind)) or "person with the right to vote"
    rule = f"a {roles} other than {request.requested_by}"
    until = exact_time(request.expires_at)
    names = [person.get_username() for person in approvals.voters(request)]
    if names:
        return format_html("Waits for {}: {}. Open until {}.", rule, ", ".join(names), until)
    return format_html(
        "Waits for {}, and there is nobody: an administrator has to give somebody else the role. "
        "Open until {}.",
        rule,
        until,
    )
