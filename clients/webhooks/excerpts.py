"""What is kept of a receiver's answer: enough to find the fault, nothing about people. Pure.

An answer is a stranger's text, and no pattern finds every name in one. So words are kept only if
they stand in a list of words that faults are described with; the rest becomes an ellipsis. What
passes cannot be personal data, whatever the receiver writes. Of a success nothing is kept.
"""

import re
from http import HTTPStatus
from typing import Final

LONGEST: Final = 200
READ_AT_MOST: Final = 4_096
"""Bytes of an answer that are read at all."""

_GAP = "…"
_MARKUP = re.compile(r"<(script|style)\b.*?(</\1\s*>|\Z)|<[^>]*(>|\Z)", re.DOTALL | re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

_DESCRIBING = """
    a an and any are at be been by can cannot could did do does for from had has have in is it
    its no not of on only or our out should that the this to too was were what when with without
    would you your
    absent access account action address admin again allowed already api app application
    argument array attempt attribute auth authenticate authentication authorization authorized
    aws azure backend bad balancer base64 blocked body boolean broken buffer bug bytes cache
    call cannot captcha certificate challenge change character check client closed cloudflare
    code config configured conflict connect connection contact content cors could crash
    credentials csrf customer data database decode default delete denied deprecated description
    detail details digest disabled disallowed domain down duplicate empty enabled encoding
    endpoint error errors event exceeded exception execute exist exists expected expired fail
    failed failure fault field file firewall forbidden format found function gateway get gone
    handler hash header headers hmac host html http https id ignored illegal import incorrect
    index input integer internal invalid issue java json key known large length level limit line
    list load local locked login long maintenance malformed many match matching maximum media
    memory message method mismatch missing module moved name network nginx none null number
    object occurred offline old operation origin overload overloaded page parameter parse parsed
    parser password path payload permanently permission php please policy pool port post process
    processing properties property protocol proxy put python query queue quota rate read reason
    received redirect refused rejected request requests required resource response restart retry
    role route runtime schema secret secure security server service session sha256 signature
    size slow small soon space ssl stack stale state status string support supported syntax
    system table task technical temporarily terminated text throttled time timed timeout
    timestamp title tls token tolerance trace traceback tracking transaction try type unable
    unauthenticated unauthorized unavailable undefined unexpected unhandled unknown
    unprocessable unreachable unreadable unsupported upgrade upstream url user valid validation
    value verification verified verify version waf wait webhook webhooks worker write wrong xml
"""
_KNOWN: Final = frozenset(_DESCRIBING.split()) | frozenset(
    word.lower()
    for status in HTTPStatus
    for word in re.findall(r"[A-Za-z]+", status.phrase)
    if status.value >= 300
)
_STATUSES: Final = frozenset(str(status.value) for status in HTTPStatus)


def excerpt(body: bytes) -> str:
    """At most 200 characters that say what went wrong, as far as common words say it.

    >>> excerpt(b'{"error": "invalid_signature", "customer": "Ada Lovelace", "phone": "+4420"}')
    'error invalid signature …'
    """
    text = _MARKUP.sub(" ", body[:READ_AT_MOST].decode("utf-8", "replace"))
    kept: list[str] = []
    for word in _words(text):
        if word.lower() in _KNOWN or word in _STATUSES:
            kept.append(word)
        elif kept[-1:] != [_GAP]:
            kept.append(_GAP)
    told = " ".join(kept) if kept != [_GAP] else ""
    return told if len(told) <= LONGEST else told[: LONGEST - 1] + _GAP


def _words(text: str) -> list[str]:
    """Words and numbers; "invalidSignature" and "invalid_signature" are two words each."""
    return re.findall(r"[^\W_]+", _CAMEL.sub(" ", text))
