"""What transactions turned out to be: which label counts, and how clients and files tell.

precedence  of several labels on one transaction, the one that counts
telling     labels by the client's own transaction IDs, any number, a result for each
files       labels and chargebacks out of a CSV file
"""
