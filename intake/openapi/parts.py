"""What the description is made of: a part for each format, an operation for each of its calls.

Nothing in a part repeats what a struct says: names, types, bounds and meanings come from there, so
that the description cannot drift from what the doors take and give.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from foundation.errors import CONTENT_TYPE

Json = dict[str, Any]

REF: Final = "#/components/schemas/{name}"
API_KEY: Final[tuple[Json, ...]] = ({"ApiKey": []},)
NO_KEY: Final[tuple[Json, ...]] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer besides the refusals. `headers` are names out of `HEADERS`."""

    description: str
    body: Any
    headers: tuple[str, ...] = ()
    example: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call. `path` as OpenAPI writes it; `body` and those of `replies` are any types that
    msgspec knows; `refusals` are statuses, described by the part."""

    name: str
    path: str
    summary: str
    replies: Mapping[int, Reply]
    refusals: tuple[int, ...] = ()
    method: str = "get"
    description: str = ""
    tag: str = ""
    parameters: tuple[Json, ...] = ()
    body: Any = None
    examples: Json = field(default_factory=dict)
    security: tuple[Json, ...] | None = None

    @property
    def types(self) -> Iterator[Any]:
        if self.body is not None:
            yield self.body
        for reply in self.replies.values():
            yield reply.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A format's share. `name` begins the names of its refusals among the components; `problems`
    tells what each refused status means, in bodies of `error`; `shown` are types that others only
    refer to."""

    name: str
    tags: Mapping[str, str]
    error: Any
    problems: Mapping[int, str]
    operations: tuple[Operation, ...]
    shown: tuple[Any, ...] = ()
    media: str = "application/json"
    security: tuple[Json, ...] = API_KEY

    @property
    def types(self) -> Iterator[Any]:
        yield self.error
        yield from self.shown
        for operation in self.operations:
            yield from operation.types


HEADERS: Final[Json] = {
    "X-Request-ID": {
        "description": "Names this request in our log; your own, when you sent a sane one.",
        "schema": {"type": "string"},
    },
    "Idempotent-Replayed": {
        "description": "Present when the decision had been made before this request.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}
PROBLEMS: Final[Mapping[int, str]] = {
    400: "The request is not valid; the body names each wrong field.",
    401: "The API key is missing, unknown, expired or revoked.",
    403: "The API key lacks the scope.",
    404: "There is nothing of this ID.",
    405: "The address does not take this method.",
    406: "Only JSON is answered.",
    409: "The same transaction_id or Idempotency-Key came before with other fields.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    429: "The limit of the client's tier is used up; `Retry-After` says for how long.",
    503: "The database does not answer, or no ruleset is published. Repeat the request after "
    "`Retry-After` seconds; under its `transaction_id` or `Idempotency-Key` it counts once.",
}
"""What most formats mean by a status."""
_COME_AGAIN: Final = (429, 503)
_BEFORE_ANY_FORMAT: Final[Json] = {
    CONTENT_TYPE: {"schema": {"$ref": REF.format(name="ProblemDetails")}}
}
"""NUL in an address, a foreign host name: refused before anybody asks what format it is."""


def paths_of(part: Part, schemas: Mapping[int, Json]) -> Iterator[tuple[str, str, Json]]:
    """(path, method, operation) of each call. `schemas` tells each type's schema, by its id."""
    for operation in part.operations:
        yield operation.path, operation.method, _operation(part, operation, schemas)


def _operation(part: Part, operation: Operation, schemas: Mapping[int, Json]) -> Json:
    told: Json = {
        "operationId": operation.name,
        "tags": [operation.tag or next(iter(part.tags))],
        "summary": operation.summary,
    }
    if operation.security is not None:
        told["security"] = list(operation.security)
    elif part.security != API_KEY:
        told["security"] = list(part.security)
    if operation.description:
        told["description"] = operation.description
    if operation.parameters:
        told["parameters"] = list(operation.parameters)
    if operation.body is not None:
        content: Json = {"schema": schemas[id(operation.body)]}
        if operation.examples:
            content["examples"] = operation.examples
        told["requestBody"] = {"required": True, "content": {"application/json": content}}
    told["responses"] = {
        **{str(status): _reply(reply, schemas) for status, reply in operation.replies.items()},
        **{str(status): _refusal_ref(part, status) for status in sorted(operation.refusals)},
    }
    return told


def _reply(reply: Reply, schemas: Mapping[int, Json]) -> Json:
    content: Json = {"schema": schemas[id(reply.body)]}
    if reply.example is not None:
        content["example"] = reply.example
    return {
        "description": reply.description,
        "headers": _header_refs("X-Request-ID", *reply.headers),
        "content": {"application/json": content},
    }


def _refusal_ref(part: Part, status: int) -> Json:
    return {"$ref": f"#/components/responses/{part.name}{status}"}


def refusals_of(part: Part, schemas: Mapping[int, Json]) -> Json:
    """The components that the part's operations refer to: an answer for each refused status."""
    used = {status for operation in part.operations for status in operation.refusals}
    return {
        f"{part.name}{status}": {
            "description": part.problems[status],
            "headers": _header_refs(
                "X-Request-ID", *(["Retry-After"] if status in _COME_AGAIN else [])
            ),
            "content": {
                part.media: {"schema": schemas[id(part.error)]},
                **(_BEFORE_ANY_FORMAT if status == 400 and part.media != CONTENT_TYPE else {}),
            },
        }
        for status in sorted(used)
    }


def _header_refs(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def query(name: str, description: str, schema: Json, *, required: bool = False) -> Json:
    """A parameter after the question mark."""
    told: Json = {"name": name, "in": "query", "description": description, "schema": schema}
    return {**told, "required": True} if required else told


def in_path(name: str, description: str, schema: Json) -> Json:
    """A parameter in braces in the path."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
    }


def header(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": schema}
