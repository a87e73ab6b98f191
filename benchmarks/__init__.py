"""Measurements, one module a subject; `make bench` runs them and prints one JSON line a figure.

A module states the figures it can measure and measures the wanted ones:

    FIGURES = ("rules_us", "rules_vs_zen")
    NEEDS_SERVERS = False  # True: DATABASE_URL, REDIS_URL and the secrets are set before `run`

    def run(wanted: set[str]) -> Iterable[dict]:
        yield {"figure": "rules_us", "value": 12.5, "unit": "microseconds", "rounds": [12.4, 12.5]}

`value` is the median of `rounds`, all taken in this run. Importing a module costs nothing and reads
no settings: that comes in `run`, when the servers are there.
"""
