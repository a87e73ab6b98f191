"""{% load rule_figures %} {% rule_figures code %}: what a rule's hits turned out to be."""

from typing import Any

from django import template
from django.utils import timezone as clock

from clients.models import Institution
from foundation.models import User
from foundation.scopes import visible_institutions
from scoring.reports.of_rule import DAYS, LABELS_READ
from scoring.reports.of_rule import rule_figures as read

register = template.Library()


@register.inclusion_tag("scoring/rule_figures.html", takes_context=True)
def rule_figures(context: template.Context, code: str) -> dict[str, Any]:
    """Of the person's institutions; nothing for who may see no decisions. Four queries at most."""
    user = context["request"].user
    if not isinstance(user, User) or not user.has_perm("scoring.view_decision"):
        return {}
    # No part of the admin may be imported here: it is made while libraries of tags are read.
    scope = visible_institutions(user)
    if scope is None:
        scope = list(Institution.objects.values_list("pk", flat=True))
    figures = read(code, scope, now=clock.now())
    return {"code": code, "figures": figures, "days": DAYS, "most": LABELS_READ}
