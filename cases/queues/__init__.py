"""Which cases are looked at, in which order, and what is done for queues without anybody asking."""
