"""Users and their roles."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold import forms as unfold_forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from foundation.admin.signing_in import SignInActions
from foundation.admin_parts import FastModelAdmin, person, relative_time
from foundation.models import User
from foundation.roles import ROLES, roles_of
from foundation.services import record_password_change, save_user

ROLE_CHOICES = [(name, name.replace("_", " ").capitalize()) for name in ROLES]


def _roles_field() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        choices=ROLE_CHOICES,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=(
            "What a role may do is fixed. Nobody changes their own roles. Analysts, supervisors "
            "and risk managers see the data of the institutions that they have a staff scope for, "
            "and nothing without one: grant it next, under System, Staff scopes. Auditors and "
            "administrators see all institutions."
        ),
    )


class UserForm(unfold_forms.UserChangeForm):  # type: ignore[misc]
    """`editor` is set by the admin for each request."""

    editor: User
    roles = _roles_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["roles"] = roles_of(self.instance)

    def clean_roles(self) -> list[str]:
        roles: list[str] = self.cleaned_data["roles"]
        own = self.instance.pk == self.editor.pk and not self.editor.is_superuser
        if own and sorted(roles) != roles_of(self.instance):
            raise ValidationError("Nobody changes their own roles.")
        return roles


class NewUserForm(unfold_forms.UserCreationForm):  # type: ignore[misc]
    roles = _roles_field()


@admin.register(User)
class UserAdmin(SignInActions, DjangoUserAdmin, FastModelAdmin):  # type: ignore[misc,type-arg]
    """People are deactivated, never deleted: the audit trail refers to them."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = unfold_forms.AdminPasswordChangeForm
    list_display = ("username", "full_name", "shown_roles", "is_active", "seen")
    list_filter = ("is_active", "groups")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "two_factor", "lock_out")
    fieldsets = (
        (None, {"fields": ("username", "password", "is_active")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "timezone")}),
        ("Roles", {"fields": ("roles",)}),
        ("Signing in", {"fields": ("two_factor", "lock_out")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2", "roles")}),
    )

    @admin.display(description="name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="roles")
    def shown_roles(self, user: User) -> str:
        names = sorted(group.name for group in user.groups.all())
        return ", ".join(names) or "-"

    @admin.display(description="last seen", ordering="last_login")
    def seen(self, user: User) -> str:
        return relative_time(user.last_login)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"editor": person(request)})

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Also asked by the password page: a superuser's password is a superuser's affair."""
        superuser = isinstance(obj, User) and obj.is_superuser
        if superuser and not person(request).is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        save_user(user=obj, roles=form.cleaned_data["roles"], by=person(request))

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  Django's name
        form_url: str = "",
    ) -> HttpResponse:
        response = super().user_change_password(request, id, form_url)
        user = self.get_object(request, id)
        if request.method == "POST" and response.status_code == 302 and user is not None:
            record_password_change(user=user, by=person(request))
        return response
