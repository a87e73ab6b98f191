"""What is known of the world, in the admin: exchange rates, lists and their entries."""

from intelligence.admin.rates import ExchangeRateAdmin

__all__ = ["ExchangeRateAdmin"]
