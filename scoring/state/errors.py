class StateUnavailableError(Exception):
    """Redis did not answer in time or not at all; what the counters hold is not known."""
