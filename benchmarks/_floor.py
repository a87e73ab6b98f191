"""The floor: the least that any view doing this work in this server must do, behind the same
middleware. Decode 40 fields, one Redis pipeline of 18 commands, one INSERT of 1 KB of JSON."""

import msgspec
import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

COMMANDS = 18
KILOBYTE = 1_024

Row = msgspec.defstruct(
    "Row",
    [("user_id", str), ("amount", float), *((f"number_{i}", float) for i in range(28))]
    + [(f"text_{i}", str) for i in range(10)],
)
_decode = msgspec.json.Decoder(Row).decode
_redis = redis.Redis.from_url(settings.REDIS_URL)
_stored = msgspec.json.encode({"text": "x" * (KILOBYTE - 11)}).decode()


def create_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS benchmark_floor "
            "(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body jsonb NOT NULL)"
        )


@csrf_exempt
def floor(request: HttpRequest) -> HttpResponse:
    row = _decode(request.body)
    with _redis.pipeline(transaction=False) as pipeline:
        for i in range(COMMANDS):
            pipeline.hincrby(f"floor:{i}:{row.user_id}", "count", 1)
        counts = pipeline.execute()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO benchmark_floor (body) VALUES (%s)", [_stored])
    return HttpResponse(
        msgspec.json.encode({"status": "approved", "count": counts[0]}),
        content_type="application/json",
    )


urlpatterns = [path("floor", floor), path("", include("fraudshield.urls"))]
