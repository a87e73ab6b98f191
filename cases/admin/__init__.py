"""The analyst's pages."""

from cases.admin.case import CaseAdmin

__all__ = ["CaseAdmin"]
