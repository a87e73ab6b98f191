"""Logs: one JSON object a line, with the request's id and without personal data.

The rule is that no message is given personal data. Redaction is the second line of defence, for
what slips through in the text of an exception.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

request_id_var: ContextVar[str] = ContextVar("request_id", default="")

# Fields that code may add with `extra=`; anything else is left out, not printed by accident.
ALLOWED_EXTRA = frozenset(
    """
    action attempts batch code count decision duration_ms event_id event_type institution_id job
    key_id kind method path rows rule ruleset seconds sequence stage status subject subscriber task
    transaction_id user_id vertical version
    """.split()  # noqa: SIM905
)

# PostgreSQL quotes the offending row's values from here to the end of its message.
_DATABASE_DETAIL = re.compile(r"^(DETAIL|CONTEXT|HINT):.*?(?=^\s*$|\Z)", re.MULTILINE | re.DOTALL)
_EMAIL = re.compile(r"[^\s@<>\"'(),;:]{1,64}@[^\s@<>\"'(),;:]{1,255}")
# Telephone, card and account numbers: nine or more digits, grouped by blanks or hyphens, that are
# no part of a word (so not of a UUID or a hexadecimal id), no fraction and no date.
_LONG_NUMBER = re.compile(
    r"(?<![\w.-])(?!\d{4}-\d\d-\d\d\b)\+?\(?\d(?:[ ()\-]{0,2}\d){8,}(?![\w-])"
)
_INTERNATIONAL = re.compile(r"(?<!\w)\+\d(?:[ .()\-]{0,2}\d){5,}")


def redact(text: str) -> str:
    """The text without e-mail addresses, telephone, card and other long numbers."""
    text = _DATABASE_DETAIL.sub(r"\1: [redacted]\n", text)
    text = _EMAIL.sub("[email]", text)
    text = _INTERNATIONAL.sub("[number]", text)
    return _LONG_NUMBER.sub("[number]", text)


class JsonFormatter(logging.Formatter):
    """time, level, logger, message, request_id, the allowed extra fields, and the exception.

    An exception's text is kept, redacted; the values of local variables are never printed.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if request_id := getattr(record, "request_id", "") or request_id_var.get():
            line["request_id"] = request_id
        for name in ALLOWED_EXTRA & record.__dict__.keys():
            value = record.__dict__[name]
            line[name] = redact(value) if isinstance(value, str) else value
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, default=str, ensure_ascii=False)
