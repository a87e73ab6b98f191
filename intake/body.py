"""The body of a request as one JSON object, or a problem that says why it is none."""

import json
import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from foundation.errors import BadRequest, TooLarge, UnsupportedMedia

LARGEST_BODY: Final = 1_048_576
"""Bytes. Forty fields take one and a half thousand."""

JSON: Final = "application/json"
_LONGEST_INTEGER: Final = 40  # digits; longer ones are no numbers of this world
_decode = msgspec.json.Decoder().decode


class NoNumber:
    """Stands where a number should be that JSON or arithmetic does not know: NaN, 1e999."""

    def __init__(self, text: str) -> None:
        self.kind = "NaN" if text == "NaN" else "a number beyond all bounds"


def read_body(request: HttpRequest, accepted: Sequence[str] = (JSON,)) -> bytes:
    """The body's bytes; reads at most one byte more than is allowed.

    `accepted` are media types. Raises UnsupportedMedia (415), TooLarge (413) or BadRequest (cut
    short).
    """
    _check_type(request, accepted)
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        declared = 0
    if declared > LARGEST_BODY:
        raise _too_large()
    try:
        body = _read(request, declared)
    except (UnreadablePostError, OSError) as error:
        raise _cut_short() from error
    if len(body) > LARGEST_BODY:
        raise _too_large()
    if len(body) < declared:  # what came may be valid by itself, and yet not what was meant
        raise _cut_short()
    return body


def has_body(request: HttpRequest) -> bool:
    """Whether one was sent. In chunks it may still turn out to be empty: no length is declared."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return length != "0" or "HTTP_TRANSFER_ENCODING" in request.META


def _read(request: HttpRequest, declared: int) -> bytes:
    if declared or not request.META.get("wsgi.input_terminated"):
        return request.body
    # A chunked body declares no length. Django would take it for empty; the server marks its end,
    # so that it can be read until then.
    body: bytes = request.META["wsgi.input"].read(LARGEST_BODY + 1)
    return body


def _cut_short() -> BadRequest:
    return BadRequest("The body ended before its declared length.", type="cut-short")


def _too_large() -> TooLarge:
    # The rest of the body is not read, so the connection cannot carry another request.
    return TooLarge(
        f"The body may have {LARGEST_BODY:,} bytes at most.", headers={"Connection": "close"}
    )


def media_of(request: HttpRequest) -> str:
    """The media type of the body, in lower case; one that is JSON inside counts as JSON."""
    media: str = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    return JSON if media.startswith("application/") and media.endswith("+json") else media


def _check_type(request: HttpRequest, accepted: Sequence[str]) -> None:
    parameters = request.META.get("CONTENT_TYPE", "").partition(";")[2]
    accepts = {"Accept-Post": ", ".join(accepted)}
    if media_of(request) not in accepted:
        what = "JSON, with Content-Type:" if accepted == (JSON,) else "one of"
        raise UnsupportedMedia(f"Send {what} {', '.join(accepted)}.", headers=accepts)
    if parameters and not _is_utf8(parameters):
        raise UnsupportedMedia("Send UTF-8; no other charset is read.", headers=accepts)
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() != "identity":
        raise UnsupportedMedia("Send the body without Content-Encoding.", headers=accepts)


def _is_utf8(parameters: str) -> bool:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower() in {"utf-8", "utf8", "us-ascii"}
    return True


class Parsed(NamedTuple):
    """`sound` is false when something in the object cannot be stored: NaN, half a surrogate pair,
    NUL. The caller must then look at every value to say where."""

    fields: dict[str, Any]
    sound: bool


def parse_object(body: bytes) -> Parsed:
    """The JSON object in `body`, as `parse_json` reads it. Raises BadRequest for anything else."""
    value, sound = parse_json(body)
    if not isinstance(value, dict):
        raise BadRequest(
            f"The body must be a JSON object; got {kind_of(value)}.", type="not-an-object"
        )
    return Parsed(value, sound)


def parse_json(body: bytes) -> tuple[Any, bool]:
    """(value, whether it is sound as in `Parsed`). Of a name given twice in one object, the last
    value counts. Raises BadRequest.

    What the fast decoder refuses is read again with the standard library, whose hooks let the
    caller name the field that holds a NaN or an endless number: such values come as `NoNumber`.
    """
    sound = rb"\u0000" not in body
    try:
        return _decode(body), sound
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _parse_leniently(body), False


def _parse_leniently(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"The body is not valid UTF-8 at byte {error.start}."
        raise BadRequest(detail, type="malformed-json") from None
    if not text.strip():
        raise BadRequest("The body is empty; send JSON.", type="malformed-json")
    try:
        return json.loads(
            text, parse_constant=NoNumber, parse_float=_finite, parse_int=_bounded_integer
        )
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        detail = f"The body is not valid JSON: {error.msg.lower()} at {where}."
        raise BadRequest(detail, type="malformed-json") from None


def _finite(text: str) -> float | NoNumber:
    number = float(text)
    return number if math.isfinite(number) else NoNumber(text)


def _bounded_integer(text: str) -> int | NoNumber:
    return int(text) if len(text) <= _LONGEST_INTEGER else NoNumber(text)


def _too_deep() -> BadRequest:
    return BadRequest("The body is nested too deeply.", type="malformed-json")


_KINDS: Final = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def kind_of(value: object) -> str:
    """What came, in JSON's words and without the value itself: "a text", "a list", "NaN"."""
    return value.kind if isinstance(value, NoNumber) else _KINDS.get(type(value), "a value")
