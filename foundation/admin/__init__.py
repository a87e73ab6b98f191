"""The System section: people, the audit trail, events on their way, requests for approval."""

from django.contrib import admin
from django.contrib.auth.models import Group

from foundation.admin import approvals, outbox, people, trail

__all__ = ["approvals", "outbox", "people", "trail"]

# Roles are defined in code (foundation/roles.py) and given on a person's page.
admin.site.unregister(Group)
