"""The product's own features over recorded history, share of events after share of events.

    reading    a history's files: events and labels, checked
    columns    which columns are parties, features of the catalogue, or generic
    risk       what labels said of an entity by then (Polars)
    habits     what a customer's habits said: the code that scoring runs, event by event
    computed   the catalogue's own computations over columns
    engine     all of it together

Windows come from `features.windows.history`. Nothing here looks ahead: an event is told what was
recorded before it and which labels were known by its time.
"""
