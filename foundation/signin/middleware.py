"""What stands between a signed-in person and the admin: the session's end, the second factor."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from foundation.middleware import ADMIN_PREFIX, Handler
from foundation.models import User
from foundation.signin import policy, sessions

_NOT_SAVED = "What you sent was not saved: sign in, and you come back to the page it was on."
_COME_BACK = "Sign in, and you come back to where you were."


class SessionEndMiddleware:
    """Ends sessions of the admin that were not used, or are too old, and says so.

    A form sent after that is answered by the sign-in page, which tells that it was not saved; so is
    one sent by nobody, whose session the server has forgotten. Must come after messages.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ADMIN_PREFIX) or request.path in _doors():
            return self.get_response(request)
        lost = request.method not in ("GET", "HEAD")
        if not request.user.is_authenticated:
            return (
                _to_sign_in(request, "You are not signed in.", lost) if lost else self._on(request)
            )
        why = sessions.ended(request.session)
        if why is None:
            sessions.touch(request.session)
            return self._on(request)
        logout(request)
        return _to_sign_in(request, sessions.told(why), lost)

    def _on(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


def _to_sign_in(request: HttpRequest, told: str, lost: bool) -> HttpResponse:
    messages.warning(request, f"{told} {_NOT_SAVED if lost else _COME_BACK}")
    return redirect_to_login(_page_of(request), reverse("admin:login"))


def _page_of(request: HttpRequest) -> str:
    """The page to come back to: of a form, the one that it was on."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc != request.get_host() or not came_from.path.startswith(ADMIN_PREFIX):
        return reverse("admin:index")
    return f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path


def _doors() -> tuple[str, str]:
    """Open to everybody."""
    return reverse("admin:login"), reverse("admin:logout")


class SecondFactorMiddleware:
    """Lets into the admin whoever proved the second factor, and those of whom none is asked.

    Everybody else reaches the one page where it is proved or enrolled, and can sign out. Costs a
    query for those who proved none; must come after django-otp's own.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        to = _next_step(request)
        if to is None or request.path == to:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return redirect(to)
        return redirect_to_login(request.get_full_path(), to)


def _next_step(request: HttpRequest) -> str | None:
    """Where the person has to go first; None for nowhere."""
    if not request.path.startswith(ADMIN_PREFIX) or request.path in _doors() or not policy.is_on():
        return None
    user = request.user
    if not isinstance(user, User) or user.is_verified():  # type: ignore[attr-defined]
        return None
    if policy.is_enrolled(user):
        return reverse("two-factor-verify")
    return reverse("two-factor-enrol") if policy.is_demanded_of(user) else None
