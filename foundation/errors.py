"""Errors that a client may see, as problem details (RFC 9457)."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest, JsonResponse

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `field` is the client's own name for it, dotted when nested."""

    field: str
    message: str
    code: str = "invalid"


class Problem(Exception):
    """An answer other than success, raised anywhere below a view.

    `type` is a short slug such as "key-expired": stable, for programs. `detail` is a sentence for
    people; neither may hold personal data, since both are logged.
    """

    status = 500
    type = "internal"
    title = "Something went wrong here"

    def __init__(
        self,
        detail: str = "",
        *,
        type: str | None = None,  # noqa: A002
        title: str | None = None,
        status: int | None = None,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.type = type or self.type
        self.title = title or self.title
        self.status = status or self.status
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class BadRequest(Problem):
    status, type, title = 400, "bad-request", "The request is not valid"


class Unauthorized(Problem):
    status, type, title = 401, "unauthorized", "The API key was not accepted"


class Forbidden(Problem):
    status, type, title = 403, "forbidden", "Not allowed"


class NotFound(Problem):
    status, type, title = 404, "not-found", "Not found"


class Conflict(Problem):
    status, type, title = 409, "conflict", "The request contradicts the present state"


class TooLarge(Problem):
    status, type, title = 413, "too-large", "The body is too large"


class UnsupportedMedia(Problem):
    status, type, title = 415, "unsupported-media-type", "The content type is not served"


class TooManyRequests(Problem):
    status, type, title = 429, "too-many-requests", "The limit of this key is used up"

    def __init__(self, detail: str = "", *, retry_after: int, **more: Any) -> None:
        """`retry_after` in whole seconds."""
        super().__init__(detail, **more)
        self.headers["Retry-After"] = str(retry_after)


class Unavailable(Problem):
    status, type, title = 503, "unavailable", "Not available at the moment"

    def __init__(self, detail: str = "", *, retry_after: int = 2, **more: Any) -> None:
        """`retry_after` in whole seconds."""
        super().__init__(detail, **more)
        self.headers["Retry-After"] = str(retry_after)


def problem_body(problem: Problem, request: HttpRequest) -> dict[str, Any]:
    """The members of the answer; `errors` only where fields are named."""
    body: dict[str, Any] = {
        "type": f"/problems/{problem.type}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.path,
        "request_id": getattr(request, "request_id", ""),
    }
    if problem.errors:
        body["errors"] = [asdict(error) for error in problem.errors]
    return body


def problem_response(problem: Problem, request: HttpRequest) -> JsonResponse:
    """The answer in application/problem+json with the problem's own headers.

    A 401 names its challenge, as HTTP demands of one.
    """
    headers = dict(problem.headers)
    if problem.status == 401:
        headers.setdefault("WWW-Authenticate", 'ApiKey realm="fraudshield"')
    return JsonResponse(
        problem_body(problem, request),
        status=problem.status,
        headers=headers,
        content_type=CONTENT_TYPE,
    )
