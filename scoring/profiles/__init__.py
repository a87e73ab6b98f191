"""What a customer usually does, kept in PostgreSQL: one bounded row a customer.

    known       bounded sets: the devices, payees, countries ... that were seen last
    habits      the row's content, and how one transaction changes it: pure
    features    what the content says of a transaction that is being decided: pure
    surprise    how unlikely it is that it is the same person: pure
    stored      decided transactions, as they are stored, in the form that habits learn from
    keeping     locking, reading and writing the rows
    receivers   keeps them up to date after each decision and label
    rebuilding  makes them anew from what is stored
    reading     what gather asks for, and gets

See docs/profiles.md for what is learned from what.
"""
