"""The Clients section: institutions, API keys, tiers, and which staff work for whom."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.cache import add_never_cache_headers
from unfold.enums import ActionVariant

from clients import services
from clients.forms import IssueKeyForm
from clients.models import ApiKey, Institution, StaffScope, Tier
from foundation.admin_parts import (
    FastModelAdmin,
    ReadOnlyModelAdmin,
    ReasonForm,
    ScopedModelAdmin,
    action,
    confirm_page,
    display,
    person,
    relative_time,
    visible_institutions,
)


class InstitutionFilter(admin.SimpleListFilter):
    """The person's institutions only: the names of others are not theirs to see."""

    title = "institution"
    parameter_name = "institution"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        ids = visible_institutions(person(request))
        found = Institution.objects.all() if ids is None else Institution.objects.filter(pk__in=ids)
        return [(str(pk), name) for pk, name in found.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(institution=int(value)) if value.isdecimal() else queryset


class KeptAdmin(FastModelAdmin):
    """Rows that others refer to: not even a superuser deletes them."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Institution)
class InstitutionAdmin(KeptAdmin, ScopedModelAdmin):
    empty_list = "An institution is a client whose systems send transactions. Add the first."
    institution_field = "id"
    list_display = ("name", "slug", "base_currency", "is_active", "created")
    list_filter = ("is_active",)
    search_fields = ("name", "slug")
    fields = ("name", "slug", "base_currency", "is_active")

    @admin.display(description="since", ordering="created_at")
    def created(self, institution: Institution) -> str:
        return relative_time(institution.created_at)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug stands in audit entries and addresses: it stays."""
        return ("slug",) if obj else ("is_active",)

    def save_model(self, request: HttpRequest, obj: Institution, form: Any, change: bool) -> None:
        by = person(request)
        if change:
            fields = {name: getattr(obj, name) for name in form.changed_data}
            services.change_institution(institution=obj, by=by, **fields)
        else:
            created = services.create_institution(
                name=obj.name, slug=obj.slug, base_currency=obj.base_currency, by=by
            )
            obj.pk = created.pk


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyModelAdmin, ScopedModelAdmin):
    """Keys are issued and revoked, never edited."""

    empty_list = "A client's system needs a key to send transactions. Issue one above."

    list_display = ("__str__", "name", "institution", "tier", "state", "expires", "last_used")
    list_filter = (InstitutionFilter,)
    list_select_related = ("institution", "tier", "created_by")
    search_fields = ("name", "prefix__exact")
    sortable_by = ()
    actions_list = ("issue",)
    actions_detail = ("revoke",)
    fields = (
        "prefix",
        "name",
        "institution",
        "scopes",
        "tier",
        "state",
        "created_at",
        "created_by",
        "expires_at",
        "revoked_at",
        "last_used_at",
    )
    readonly_fields = fields

    @display(
        description="state",
        label={"active": "success", "expired": "warning", "revoked": "danger"},
    )
    def state(self, key: ApiKey) -> str:
        return key.state(clock.now())

    @admin.display(description="expires")
    def expires(self, key: ApiKey) -> str:
        return relative_time(key.expires_at)

    @admin.display(description="last used")
    def last_used(self, key: ApiKey) -> str:
        return relative_time(key.last_used_at)

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return person(request).has_perm("clients.manage_apikey")

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """No button on a key that is revoked already."""
        if not self.has_manage_permission(request):
            return False
        key = self.get_object(request, str(object_id))
        return key is not None and key.revoked_at is None

    @action(
        description="Issue a key",
        permissions=["manage"],
        icon="add",
        variant=ActionVariant.PRIMARY,
    )
    def issue(self, request: HttpRequest) -> HttpResponse:
        """The form, and as the answer to it the one page that ever shows the key.

        The key is written into that answer only: not into the session, a message or an address.
        """
        by = person(request)
        form = IssueKeyForm(request.POST or None, institutions=self._institutions(request))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Issue an API key",
            "back": reverse("admin:clients_apikey_changelist"),
        }
        if request.method == "POST" and form.is_valid():
            key, plaintext = services.issue_api_key(by=by, **form.cleaned_data)
            context |= {"title": "The new API key", "key": key, "plaintext": plaintext}
            response = TemplateResponse(request, "clients/key_issued.html", context).render()
            add_never_cache_headers(response)
            return response
        context |= {
            "form": form,
            "button": "Issue",
            "explanation": "The key is shown once, on the next page. Have a safe place ready.",
        }
        return TemplateResponse(request, "foundation/confirm.html", context)

    def _institutions(self, request: HttpRequest) -> QuerySet[Institution]:
        ids = visible_institutions(person(request))
        active = Institution.objects.filter(is_active=True)
        return active if ids is None else active.filter(pk__in=ids)

    @action(
        description="Revoke",
        permissions=["revoke"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.get_object(request, object_id)
        if key is None:
            raise Http404

        def act(values: dict[str, Any]) -> str:
            services.revoke_api_key(key=key, by=person(request), reason=values["reason"])
            return "The key is revoked; within 3 seconds it is refused everywhere."

        return confirm_page(
            self,
            request,
            title=f"Revoke {key}",
            explanation=f"{key.institution} can no longer use it. This cannot be undone.",
            button="Revoke",
            form_class=ReasonForm,
            act=act,
            back=reverse("admin:clients_apikey_change", args=[key.pk]),
            dangerous=True,
        )


@admin.register(Tier)
class TierAdmin(KeptAdmin):
    empty_list = "A tier says how many requests a minute a key may make."
    list_display = ("name", "requests_per_minute")

    def save_model(self, request: HttpRequest, obj: Tier, form: Any, change: bool) -> None:
        services.save_tier(tier=obj, by=person(request))


@admin.register(StaffScope)
class StaffScopeAdmin(ScopedModelAdmin):
    """Granted and withdrawn, never edited."""

    empty_list = (
        "A staff scope lets a person see an institution's data. Auditors and administrators need "
        "none."
    )

    list_display = ("user", "institution")
    list_filter = (InstitutionFilter,)
    list_select_related = ("user", "institution")
    search_fields = ("user__username",)
    autocomplete_fields = ("user", "institution")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: StaffScope, form: Any, change: bool) -> None:
        scope = services.grant_scope(user=obj.user, institution=obj.institution, by=person(request))
        obj.pk = scope.pk

    def delete_model(self, request: HttpRequest, obj: StaffScope) -> None:
        services.withdraw_scope(scope=obj, by=person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[StaffScope]) -> None:
        for scope in queryset.select_related("institution"):
            services.withdraw_scope(scope=scope, by=person(request))


# The admin's discovery finds this module; those below take the filter from above.
import clients.accounts.admin  # noqa: E402
import clients.webhooks.admin  # noqa: E402, F401
