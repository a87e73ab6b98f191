import json
import logging
import sys

import pytest

from foundation.logging import JsonFormatter, redact, request_id_var


def formatted(message: str, *args: object, **fields: object) -> dict:
    record = logging.LogRecord("rules.engine", logging.WARNING, __file__, 1, message, args, None)
    record.__dict__.update(fields)
    return json.loads(JsonFormatter().format(record))


def test_a_line_is_one_json_object_with_the_request_id():
    token = request_id_var.set("request-1234")
    try:
        line = formatted("Rule %s failed", "high_amount", rule="high_amount", password="x")
    finally:
        request_id_var.reset(token)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "rules.engine",
        "message": "Rule high_amount failed",
        "request_id": "request-1234",
        "rule": "high_amount",
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mail to ada.obi+x@example.com now", "mail to [email] now"),
        ("call +234 801 234 5678", "call [number]"),
        ("call +2348012345678.", "call [number]."),
        ("card 4111 1111 1111 1111 declined", "card [number] declined"),
        ("card=4111-1111-1111-1111", "card=[number]"),
        ("account 0123456789", "account [number]"),
        ("call (0801) 234 5678 90", "call [number]"),
        # and what must stay readable
        ("took 12345678 ns in 3.14159265 s", "took 12345678 ns in 3.14159265 s"),
        ("id 0190f3a2-1234-7abc-8def-123456789012", "id 0190f3a2-1234-7abc-8def-123456789012"),
        ("request 4f1c2ab0912345678901234a", "request 4f1c2ab0912345678901234a"),
        ("2026-11-21 02:12:33", "2026-11-21 02:12:33"),
    ],
)
def test_personal_numbers_and_addresses_are_redacted(text, shown):
    assert redact(text) == shown


def test_an_exception_keeps_its_text_but_not_the_rows_that_the_database_quotes():
    try:
        raise ValueError(
            'duplicate key violates "one"\nDETAIL:  Key (email)=(ada obi) exists.\nand more'
        )
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    line = json.loads(JsonFormatter().format(record))
    assert 'ValueError: duplicate key violates "one"' in line["exception"]
    assert "ada obi" not in line["exception"]
    assert "DETAIL: [redacted]" in line["exception"]


def test_the_same_id_is_redacted_in_extra_fields():
    assert formatted("x", subject="ada@example.com")["subject"] == "[email]"
