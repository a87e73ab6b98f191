"""`python -m benchmarks._load`: sends prepared requests over keep-alive connections.

Reads a job in JSON from standard input and writes what it measured to standard output. All requests
are made before the clock starts, and an answer is only looked at for its status and length: on
cores shared with the server, whatever the generator does is missing there.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator


class Connection(asyncio.Protocol):
    """Sends the next request as soon as the answer to the last one is complete."""

    def __init__(self, requests: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self.requests = requests
        self.done = done
        self.latencies: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.failures: list[str] = []
        self.buffer = b""
        self.started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.done.set_result(None)
            self.transport.close()
            return
        self.started = time.perf_counter()
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().index(b"content-length:") + 15
        if len(rest) < int(head[at:].split(b"\r\n", 1)[0]):
            return
        self.latencies.append(time.perf_counter() - self.started)
        status = head[9:12].decode()
        self.statuses[status] += 1
        if status != "200" and len(self.failures) < 3:
            self.failures.append(rest[:300].decode(errors="replace"))
        self.buffer = b""
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))


def prepare(job: dict) -> list[bytes]:
    head = "".join(f"{name}: {value}\r\n" for name, value in job["headers"].items())
    return [
        (
            f"POST {job['path']} HTTP/1.1\r\nHost: {job['host']}:{job['port']}\r\n{head}"
            f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}"
        ).encode()
        for body in job["bodies"]
    ]


async def run(job: dict) -> dict:
    requests = iter(prepare(job))
    loop = asyncio.get_running_loop()
    connections = []
    started = time.perf_counter()
    for _ in range(job["connections"]):
        done = loop.create_future()
        _, protocol = await loop.create_connection(
            lambda done=done: Connection(requests, done), job["host"], job["port"]
        )
        connections.append(protocol)
    await asyncio.gather(*(connection.done for connection in connections))
    seconds = time.perf_counter() - started
    latencies = sorted(value for c in connections for value in c.latencies)
    return {
        "rps": len(latencies) / seconds,
        "p50_ms": latencies[len(latencies) // 2] * 1e3,
        "p99_ms": latencies[int(len(latencies) * 0.99)] * 1e3,
        "statuses": dict(sum((c.statuses for c in connections), Counter())),
        "failures": [text for c in connections for text in c.failures][:3],
    }


if __name__ == "__main__":
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
