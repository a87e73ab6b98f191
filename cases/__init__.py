"""The analyst's room: alerts, cases, queues. Reacts to decisions, never scores.

It has no pages yet. Its seam is the event `scoring.events.DecisionMade`.
"""
