"""API keys for views written with the REST framework."""

from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from clients.authentication import Client
from clients.credentials import client_by_key
from clients.errors import KeyMissing, ScopeMissing

if TYPE_CHECKING:  # the framework's views import this module while they are being loaded
    from rest_framework.views import APIView


class ApiKeyAuthentication(BaseAuthentication):
    """Sets `request.auth` to the `Client`; `request.user` stays None: a system is no person."""

    def authenticate(self, request: Request) -> tuple[None, Client] | None:
        """A request without a key or token goes on unauthenticated, for views that need none."""
        known = any(name in request.META for name in ("HTTP_X_API_KEY", "HTTP_AUTHORIZATION"))
        return (None, client_by_key(request.META)) if known else None


class HasScope(BasePermission):
    """Lets a key with the view's `required_scope` in; a view without one is open to any key."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        client: Any = request.auth
        if not isinstance(client, Client):
            raise KeyMissing
        scope: str | None = getattr(view, "required_scope", None)
        if scope is not None and scope not in client.scopes:
            raise ScopeMissing(scope)
        return True
