"""Recorded transactions from files, fed through the same pipeline as live ones."""
