"""Who may see what was refused: {% load who_may %} {% roles_for request as roles %}"""

from django import template
from django.http import HttpRequest

from foundation.models import User
from foundation.roles import ROLES, roles_of

register = template.Library()

_NEEDED = {"changelist": "view", "change": "view", "add": "add", "delete": "delete"}


@register.simple_tag
def roles_for(request: HttpRequest) -> list[str]:
    """Roles that open the page of the admin at this address; none where it does not tell."""
    match = request.resolver_match
    if match is None or match.app_name != "admin" or not match.url_name:
        return []
    model, _, page = match.url_name.rpartition("_")
    app, _, name = model.partition("_")
    permission = f"{app}.{_NEEDED.get(page, 'change')}_{name}"
    return [role.replace("_", " ") for role, names in ROLES.items() if permission in names]


@register.simple_tag
def own_roles(request: HttpRequest) -> list[str]:
    user = request.user
    names = roles_of(user) if isinstance(user, User) else []
    return [name.replace("_", " ") for name in names]
