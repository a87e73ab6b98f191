"""How a person signs in, on their page: second factor and lock-out, with buttons to reset them."""

from collections.abc import Callable
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.enums import ActionVariant

from foundation.admin_parts import ReasonForm, action, confirm_page, person, relative_time
from foundation.models import User
from foundation.signin import policy, second_factor, throttle
from foundation.signin.models import Authenticator, RecoveryCodes


class SignInActions(ModelAdmin):  # type: ignore[misc]
    """The part of the users' admin that is about signing in."""

    actions_detail = ("reset_two_factor", "unlock")

    @admin.display(description="two-factor sign-in")
    def two_factor(self, user: User) -> str | SafeString:
        found = Authenticator.objects.filter(user=user, confirmed=True).first()
        if found is None:
            return "Off: asked for at the next sign-in" if policy.is_demanded_of(user) else "Off"
        codes = RecoveryCodes.objects.filter(user=user).first()
        return format_html(
            "On, set up {}, last code {}, recovery codes left: {}{}",
            relative_time(found.created_at),
            relative_time(found.last_used_at),
            codes.left if codes else 0,
            "" if policy.is_on() else " (not asked for: TWO_FACTOR is off)",
        )

    @admin.display(description="passwords")
    def lock_out(self, user: User) -> str:
        seconds = throttle.locked_for(user)
        if not seconds:
            return f"Not locked; {settings.SIGN_IN_ATTEMPTS} wrong ones in a row lock."
        return f"Locked after too many wrong ones, for another {ceil(seconds / 60)} min"

    def has_reset_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """No button that would do nothing."""
        user = self._other(request, object_id)
        return user is not None and policy.is_enrolled(user)

    def has_unlock_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        user = self._other(request, object_id, own=True)
        return user is not None and throttle.locked_for(user) > 0

    @action(
        description="Reset two-factor",
        permissions=["reset"],
        icon="phonelink_erase",
        url_path="reset-two-factor",
        variant=ActionVariant.DANGER,
    )
    def reset_two_factor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(user: User, reason: str) -> str:
            second_factor.reset(user=user, by=person(request), reason=reason)
            return "The second factor is reset, and all sessions of the person are ended."

        return self._confirm_change(
            request,
            object_id,
            act,
            title="Reset the two-factor sign-in of {}",
            explanation="For a person who lost phone and recovery codes. Be sure that it is them "
            "who ask. Their sessions end; at the next sign-in the password is enough to set up "
            "another phone.",
            button="Reset",
            dangerous=True,
        )

    @action(description="Unlock", permissions=["unlock"], icon="lock_open", url_path="unlock")
    def unlock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(user: User, reason: str) -> str:
            throttle.unlock(user=user, by=person(request), reason=reason)
            return "Unlocked: the person can try again."

        return self._confirm_change(
            request,
            object_id,
            act,
            title="Unlock {}",
            explanation="Too many wrong passwords came in under this name. Be sure that it was the "
            "person who typed them.",
            button="Unlock",
        )

    def _other(self, request: HttpRequest, object_id: Any, *, own: bool = False) -> User | None:
        """The person of that id, if the one who asks may change them."""
        user: User | None = self.get_object(request, str(object_id)) if object_id else None
        if user is None or not self.has_change_permission(request, user):
            return None
        return user if own or user.pk != person(request).pk else None

    def _confirm_change(
        self, request: HttpRequest, object_id: str, act: Callable[[User, str], str], **texts: Any
    ) -> HttpResponse:
        user = self.get_object(request, object_id)
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        texts["title"] = texts["title"].format(user)
        return confirm_page(
            self,
            request,
            form_class=ReasonForm,
            act=lambda values: act(user, values["reason"]),
            back=reverse("admin:foundation_user_change", args=[user.pk]),
            **texts,
        )
