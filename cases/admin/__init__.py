"""The analyst's pages."""

from cases.admin.alerts import AlertAdmin
from cases.admin.case import CaseAdmin
from cases.admin.shared import SharedQueueAdmin
from cases.customers.admin import CustomerAdmin

__all__ = ["AlertAdmin", "CaseAdmin", "CustomerAdmin", "SharedQueueAdmin"]
