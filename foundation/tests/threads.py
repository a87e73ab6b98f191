"""Real threads with connections of their own, for what is promised about doing things at once."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def at_once(*functions: Callable[[], Any], seconds: float = 20) -> list[Any]:
    """Runs each function in a thread, started together; their results or exceptions, in order."""
    barrier = threading.Barrier(len(functions))
    results: list[Any] = [None] * len(functions)

    def run(position: int, function: Callable[[], Any]) -> None:
        barrier.wait(seconds)
        try:
            results[position] = function()
        except Exception as error:  # noqa: BLE001  handed to the test
            results[position] = error
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(position, function), daemon=True)
        for position, function in enumerate(functions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
        assert not thread.is_alive(), "a thread waits for another"
    return results
