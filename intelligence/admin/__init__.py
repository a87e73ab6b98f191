"""What is known of the world, in the admin: exchange rates, lists and their entries."""

from intelligence.admin.entries import ListEntryAdmin
from intelligence.admin.lists import ListAdmin
from intelligence.admin.rates import ExchangeRateAdmin

__all__ = ["ExchangeRateAdmin", "ListAdmin", "ListEntryAdmin"]
