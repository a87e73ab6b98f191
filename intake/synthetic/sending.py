"""Rows to a running server, as a client would send them: paced, over a few connections.

A customer's transactions keep their order: each customer belongs to one connection.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import isnan
from queue import Empty, Full, Queue
from typing import Any, Final
from urllib.parse import urlsplit
from zlib import crc32

import msgspec
import requests

from intake.synthetic.world import Row

PATH: Final = "/api/v1/fraud/check"
CONNECTIONS: Final = 4
_TIMEOUT: Final = 30.0  # seconds for an answer
_TRIES: Final = 6
_LONGEST_WAIT: Final = 60.0  # seconds, whatever Retry-After asks for
_WAITING: Final = 64  # rows of a connection that are ready ahead of time

_STATUSES: Final = frozenset({"approved", "review", "declined"})
_LONGEST_DETAIL: Final = 300  # characters of a server's own words

_encode = msgspec.json.Encoder().encode


class CannotSend(Exception):
    """Nothing more can be sent. The message says why and what helps."""


@dataclass(slots=True)
class Summary:
    """Counts by HTTP status and, of those decided, by the decision's status."""

    answers: Counter[int] = field(default_factory=Counter)
    decisions: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    refusal: str = ""  # the first refused row's reason


class Sender:
    """Sends rows; stops at the first answer that would be the same for all of them."""

    def __init__(self, url: str, key: str, rate: float) -> None:
        """Raises CannotSend for an address or a key that can be none."""
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise CannotSend("The key holds characters that are in no key.")
        self._url = _address(url)
        self._key, self._rate = key, rate
        self._lock = threading.Lock()
        self._failure: Exception | None = None
        self._done: Callable[[int], object] = lambda rows: None
        self.summary = Summary()

    def check(self) -> None:
        """Sends a request without fields, which our server refuses as such after the key.

        Raises CannotSend as `send` does, before anybody has made up rows for nothing.
        """
        try:
            with self._session() as session:
                answer = self._post(session, b"{}")
                self._refuse(answer, good=frozenset({400, 429, 503}))
        except Exception as problem:
            raise _explained(problem, self._url) from problem

    def send(
        self, rows: Iterable[Row], done: Callable[[int], object] = lambda rows: None
    ) -> Summary:
        """Raises CannotSend for a server that is not there, a wrong key or a wrong address.

        `done` is told how many rows were answered, from several threads.
        """
        self._done = done
        queues: list[Queue[Row | None]] = [Queue(_WAITING) for _ in range(CONNECTIONS)]
        threads = [
            threading.Thread(target=self._work, args=(queue,), daemon=True) for queue in queues
        ]
        for thread in threads:
            thread.start()
        try:
            self._feed(rows, queues)
        finally:
            for queue in queues:
                self._put(queue, None)
            for thread in threads:
                thread.join(_TIMEOUT if self._failure else None)
        if self._failure is not None:
            raise self._failure
        return self.summary

    def _feed(self, rows: Iterable[Row], queues: list[Queue[Row | None]]) -> None:
        began = time.monotonic()
        for number, row in enumerate(rows):
            wait = began + number / self._rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            place = crc32(str(row.fields["user_id"]).encode()) % len(queues)
            if not self._put(queues[place], row):
                return

    def _put(self, queue: "Queue[Row | None]", row: Row | None) -> bool:
        """False when sending has failed meanwhile."""
        while self._failure is None:
            try:
                queue.put(row, timeout=0.2)
            except Full:
                continue
            return True
        return False

    def _take(self, queue: "Queue[Row | None]") -> Row | None:
        """None when there is no more, or when sending has failed meanwhile."""
        while self._failure is None:
            try:
                return queue.get(timeout=0.2)
            except Empty:
                continue
        return None

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.headers.update({"X-API-Key": self._key, "Content-Type": "application/json"})
        session.trust_env = False  # no proxies: the address is taken as it is given
        return session

    def _post(self, session: requests.Session, body: bytes) -> requests.Response:
        """Follows nobody elsewhere: the key is for this address alone."""
        return session.post(self._url, data=body, timeout=_TIMEOUT, allow_redirects=False)

    def _work(self, queue: "Queue[Row | None]") -> None:
        try:
            with self._session() as session:
                while (row := self._take(queue)) is not None:
                    self._one(session, row)
                    self._done(1)
        except Exception as problem:  # noqa: BLE001  the thread's end: unsaid, the others would wait
            with self._lock:
                self._failure = self._failure or _explained(problem, self._url)

    def _one(self, session: requests.Session, row: Row) -> None:
        body = _encode(row.fields)
        for attempt in range(1, _TRIES + 1):
            answer = self._post(session, body)
            if answer.status_code not in {429, 503} or attempt == _TRIES:
                break
            with self._lock:
                self.summary.retries += 1
            time.sleep(_pause(answer.headers.get("Retry-After"), attempt))
        self._count(answer)

    def _count(self, answer: requests.Response) -> None:
        status = answer.status_code
        self._refuse(answer, good=frozenset({200, *range(400, 600)} - {404, 405, 415}))
        with self._lock:
            self.summary.answers[status] += 1
            if status == 200:
                self.summary.decisions[_decision(answer)] += 1
            elif not self.summary.refusal:
                self.summary.refusal = f"{status}: {_detail(answer)}"

    def _refuse(self, answer: requests.Response, *, good: frozenset[int]) -> None:
        """Raises CannotSend for a refused key, and for what is not among the good answers."""
        status = answer.status_code
        if status in {401, 403}:
            raise CannotSend(f"The server refuses the key ({status}): {_detail(answer)}")
        if status not in good:
            raise CannotSend(f"This is no FraudShield server ({status} at {self._url}).")


def _address(url: str) -> str:
    """The hot door of the server at `url`. Raises CannotSend."""
    try:
        parts = urlsplit(url)
        bare = parts.hostname and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:  # a port that is none, half a bracket
        bare = False
    if not bare or parts.scheme not in {"http", "https"} or "@" in parts.netloc or " " in url:
        raise CannotSend(f"{url} is no address; it should look like http://127.0.0.1:8000.")
    base = url.rstrip("/")
    return base if base.endswith(PATH) else base + PATH


def _pause(retry_after: str | None, attempt: int) -> float:
    """Seconds to wait: what the server asks for, else twice as long each time."""
    try:
        asked = float(retry_after or "nan")
    except ValueError:
        asked = float("nan")
    if isnan(asked):
        asked = 0.25 * 2**attempt
    return min(max(asked, 0.05), _LONGEST_WAIT)


def _explained(problem: Exception, url: str) -> CannotSend:
    if isinstance(problem, CannotSend):
        return problem
    if isinstance(problem, requests.Timeout):
        return CannotSend(f"{url} does not answer within {_TIMEOUT:g} seconds.")
    if isinstance(problem, requests.ConnectionError):
        return CannotSend(f"Nothing answers at {url}; is the server running there?")
    return CannotSend(f"{url} cannot be asked: {type(problem).__name__}.")


def _object(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _decision(answer: requests.Response) -> str:
    status = _object(answer).get("status")
    return status if isinstance(status, str) and status in _STATUSES else "unknown"


def _detail(answer: requests.Response) -> str:
    """The server's own words, and which fields it means."""
    found = _object(answer)
    errors = found.get("errors")
    fields = [
        f"{error.get('field')} {error.get('message')}"
        for error in (errors if isinstance(errors, list) else [])[:3]
        if isinstance(error, dict)
    ]
    words = "; ".join([str(found.get("detail", answer.reason)), *fields])
    return "".join(filter(str.isprintable, words))[:_LONGEST_DETAIL]
