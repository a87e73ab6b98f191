"""What the addresses answer, one module a subject."""
