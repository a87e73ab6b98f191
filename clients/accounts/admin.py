"""Accounts in the admin: looked at, closed, reopened, signed out, moved to another tier."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone as clock
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget

from clients.accounts import managing
from clients.accounts.models import ClientAccount
from clients.accounts.queries import email_hashes
from clients.admin import InstitutionFilter
from clients.models import Tier
from foundation.admin_parts import (
    ReadOnlyModelAdmin,
    ReasonForm,
    ScopedModelAdmin,
    action,
    confirm_page,
    display,
    person,
    relative_time,
)


class TierForm(ReasonForm):
    """Its cleaned values are arguments of `managing.change_tier`."""

    tier = forms.ModelChoiceField(Tier.objects.all(), widget=UnfoldAdminSelectWidget)
    field_order = ("tier", "reason")


@admin.register(ClientAccount)
class ClientAccountAdmin(ReadOnlyModelAdmin, ScopedModelAdmin):
    """The e-mail address comes masked; it is found by its exact spelling only."""

    list_display = (
        "name",
        "email_masked",
        "client_id",
        "tier_name",
        "state",
        "created",
        "last_login",
    )
    list_filter = (InstitutionFilter,)
    list_select_related = ("institution", "tier")
    search_fields = ("institution__slug__exact",)
    search_help_text = "Exact: e-mail address or client ID"
    sortable_by = ()
    actions_detail = ("change_tier", "revoke_tokens", "close", "reopen")
    fields = (
        "name",
        "email_masked",
        "client_id",
        "institution",
        "tier",
        "state",
        "open_sessions",
        "created_at",
        "last_login_at",
    )
    readonly_fields = fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ClientAccount], search_term: str
    ) -> tuple[QuerySet[ClientAccount], bool]:
        """Through the keyed hash: nothing can be found by a part of an address."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(
            Q(email_hash__in=email_hashes(term)) | Q(institution__slug=term)
        ), False

    @admin.display(description="e-mail")
    def email_masked(self, account: ClientAccount) -> str:
        return account.masked_email

    @admin.display(description="client ID")
    def client_id(self, account: ClientAccount) -> str:
        return account.client_id

    @admin.display(description="tier")
    def tier_name(self, account: ClientAccount) -> str:
        return account.tier.name

    @display(description="state", label={"open": "success", "closed": "danger"})
    def state(self, account: ClientAccount) -> str:
        return "open" if account.is_active else "closed"

    @admin.display(description="open sessions")
    def open_sessions(self, account: ClientAccount) -> int:
        return account.sessions.filter(ended_at=None, expires_at__gt=clock.now()).count()

    @admin.display(description="since")
    def created(self, account: ClientAccount) -> str:
        return relative_time(account.created_at)

    @admin.display(description="last log-in")
    def last_login(self, account: ClientAccount) -> str:
        return relative_time(account.last_login_at)

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return person(request).has_perm(managing.MANAGE)

    def has_close_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, open_ones=True)

    def has_reopen_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, open_ones=False)

    def _may(self, request: HttpRequest, object_id: Any, *, open_ones: bool) -> bool:
        """No button that would do nothing."""
        if not self.has_manage_permission(request):
            return False
        account = self.get_object(request, str(object_id))
        return account is not None and account.is_active is open_ones

    @action(description="Change tier", permissions=["manage"], icon="speed", url_path="change-tier")
    def change_tier(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(account: ClientAccount, values: dict[str, Any]) -> str:
            managing.change_tier(account=account, by=person(request), **values)
            return f"The account's tier is {values['tier']}; within 3 seconds it counts everywhere."

        return self._confirm(
            request,
            object_id,
            act,
            title="Change the tier of {}",
            explanation="Its tokens stay good; the new limit counts from now on.",
            button="Change tier",
            form_class=TierForm,
        )

    @action(
        description="Revoke tokens", permissions=["manage"], icon="logout", url_path="revoke-tokens"
    )
    def revoke_tokens(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(account: ClientAccount, values: dict[str, Any]) -> str:
            managing.revoke_tokens(account=account, by=person(request), reason=values["reason"])
            return "All its tokens are revoked; within 3 seconds they are refused everywhere."

        return self._confirm(
            request,
            object_id,
            act,
            title="Revoke the tokens of {}",
            explanation="Every session ends. The client can sign in again with its password.",
            button="Revoke tokens",
            dangerous=True,
        )

    @action(
        description="Close account",
        permissions=["close"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(account: ClientAccount, values: dict[str, Any]) -> str:
            managing.close_account(account=account, by=person(request), reason=values["reason"])
            return "The account is closed; within 3 seconds its tokens are refused everywhere."

        return self._confirm(
            request,
            object_id,
            act,
            title="Close {}",
            explanation="Every session ends, and nobody can sign in until it is reopened. What it "
            "sent stays.",
            button="Close",
            dangerous=True,
        )

    @action(description="Reopen account", permissions=["reopen"], icon="lock_open")
    def reopen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(account: ClientAccount, values: dict[str, Any]) -> str:
            managing.reopen_account(account=account, by=person(request), reason=values["reason"])
            return "The account is open again; its owner has to sign in anew."

        return self._confirm(
            request,
            object_id,
            act,
            title="Reopen {}",
            explanation="Its owner can sign in again. Earlier tokens stay refused.",
            button="Reopen",
        )

    def _confirm(
        self,
        request: HttpRequest,
        object_id: str,
        act: Callable[[ClientAccount, dict[str, Any]], str],
        *,
        title: str,
        explanation: str,
        button: str,
        form_class: type[forms.Form] = ReasonForm,
        dangerous: bool = False,
    ) -> HttpResponse:
        account = self.get_object(request, object_id)
        if account is None:
            raise Http404
        return confirm_page(
            self,
            request,
            title=title.format(account),
            explanation=explanation,
            button=button,
            form_class=form_class,
            act=lambda values: act(account, values),
            back=reverse("admin:clients_clientaccount_change", args=[account.pk]),
            dangerous=dangerous,
        )
