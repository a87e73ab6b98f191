"""The API's description in OpenAPI 3.1: what each format says of itself, put together.

A format's part is a table of operations (`intake.openapi.parts`); a new one is added to PARTS.
"""

from typing import Final

import msgspec
from django.conf import settings

from intake.openapi import gateway, homes, native, sentinel, sentra
from intake.openapi.parts import HEADERS, REF, Json, Part, paths_of, refusals_of

PARTS: Final[tuple[Part, ...]] = (
    native.PART,
    homes.PART,
    sentinel.PART,
    gateway.PART,
    sentra.PART,
)


def build_schema() -> Json:
    """The whole document."""
    types = [described for part in PARTS for described in part.types]
    told, components = msgspec.json.schema_components(types, ref_template=REF)
    schemas = {id(described): schema for described, schema in zip(types, told, strict=True)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "FraudShield API",
            "version": settings.VERSION,
            "description": "Send a transaction, get a decision in the same call.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": name, "description": about}
            for part in PARTS
            for name, about in part.tags.items()
        ],
        "security": [{"ApiKey": []}],
        "paths": _paths(schemas),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "Bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
            "headers": HEADERS,
            "responses": {
                name: refusal
                for part in PARTS
                for name, refusal in refusals_of(part, schemas).items()
            },
        },
    }


def _paths(schemas: dict[int, Json]) -> Json:
    paths: Json = {}
    for part in PARTS:
        for path, method, operation in paths_of(part, schemas):
            paths.setdefault(path, {})[method] = operation
    return paths
