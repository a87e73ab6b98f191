"""Lists of known values: what they may hold, who may change them, what ships with the product."""

from intelligence.lists.names import forget_names, list_names

__all__ = ["forget_names", "list_names"]
