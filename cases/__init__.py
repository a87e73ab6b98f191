"""The analyst's room: alerts, cases, queues. Reacts to decisions, never scores.

It hears of decisions by the event `scoring.events.DecisionMade`, and tells of cases by
`cases.events.CaseChanged`.
"""
