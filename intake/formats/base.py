"""What a wire format is: a thin translation to the native transaction and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.http import HttpRequest, HttpResponse

from clients.authentication import Client
from foundation.errors import Problem
from scoring.answers import Answer
from scoring.inputs import TransactionInput


@dataclass(frozen=True, slots=True)
class Decoded:
    """A request in native terms. `names` tells by which name the client gave a field, where that
    is not the native one: errors found later speak the client's language, too."""

    request: TransactionInput
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    """A decision, what it was asked for, and how long it took."""

    answer: Answer
    request: TransactionInput
    milliseconds: float


class Manners(Protocol):
    """How the callers of a format's addresses say who they are, and how they are told no."""

    def client_of(self, request: HttpRequest) -> Client:
        """Raises Unauthorized."""
        ...

    def refuse(self, problem: Problem, request: HttpRequest) -> HttpResponse:
        """The format's own error body."""
        ...


class WireFormat(Manners, Protocol):
    """One way of asking for a decision. Holds no logic of its own: it translates."""

    @property
    def name(self) -> str:
        """Stored with the transaction as its source."""
        ...

    def decode(self, body: bytes) -> Decoded:
        """Raises BadRequest naming every wrong field as the client does."""
        ...

    def encode(self, scored: Scored) -> bytes:
        """The JSON of a decision."""
        ...
