"""A synthetic world: people with habits, and fraudsters with plans, as transactions of clients.

`world.generate` gives rows in event-time order. One builder (`records`) writes the rows of honest
people and of fraudsters alike, so that no field tells them apart by being there or by its form;
only what they do differs. See docs/synthetic-data.md.
"""
