"""The risk manager's pages."""

from studio.admin.book import RuleAdmin

__all__ = ["RuleAdmin"]
