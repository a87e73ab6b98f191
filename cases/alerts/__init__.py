"""From flagged decisions to cases: opened, joined to a case, and why they were flagged."""
