"""The analyst's pages."""

from cases.admin.case import CaseAdmin
from cases.admin.shared import SharedQueueAdmin
from cases.customers.admin import CustomerAdmin

__all__ = ["CaseAdmin", "CustomerAdmin", "SharedQueueAdmin"]
