"""Who a user name and a password belong to, unless they were tried too often."""

from typing import Any

from axes.backends import AxesStandaloneBackend
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from foundation.models import User


class ThrottledBackend(AxesStandaloneBackend, ModelBackend):  # type: ignore[misc]
    """One backend, so that whatever asks Django for "the" backend still finds it."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> User | None:
        """Raises PermissionDenied while locked out, ahead of looking at the password."""
        AxesStandaloneBackend.authenticate(self, request, username, password, **more)
        return ModelBackend.authenticate(self, request, username, password, **more)
