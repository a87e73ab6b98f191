"""What the `sentinel` format asks besides single decisions: batches, rules, verticals, state."""

from collections import Counter

from django.http import HttpRequest, HttpResponse

from analytics.period import LONGEST, last_days
from analytics.verticals import vertical_metrics
from clients.authentication import Client
from foundation.errors import BadRequest, FieldError, Unavailable
from intake.batches import decide_batch, first_problem
from intake.body import read_body
from intake.doors import check_door, door, idempotency_key, with_headers
from intake.formats.sentinel import (
    SENTINEL,
    SENTINEL_VERTICAL,
    decode_batch,
    encode_batch,
)
from intake.formats.sentinel_answers import DECIDING, rule_id_of
from intake.formats.sentinel_reads import (
    Categories,
    RuleCount,
    RuleRead,
    RulesRead,
    VerticalConfigRead,
    VerticalFigures,
    VerticalRules,
    Verticals,
    status_of,
)
from intake.health import check_health
from intake.views.answers import json_answer
from rules.definition import PublishedRule, VerticalConfig
from rules.engine import CompiledBook
from rules.queries import published_number
from rules.registry import book_for

check = check_door(SENTINEL, endpoint="sentinel_check")
check_vertical = check_door(SENTINEL_VERTICAL, endpoint="sentinel_check_vertical")


@door(wire=SENTINEL, endpoint="sentinel_batch", scope="score", methods=("POST",))
def check_batch(request: HttpRequest, client: Client) -> HttpResponse:
    """A decision for each transaction, in order; one that has none says why in its place.

    What is wrong with the input refuses all of it, before anything is decided.
    """
    batch = [with_headers(decoded, request) for decoded in decode_batch(read_body(request))]
    outcomes = decide_batch(client, batch, SENTINEL.name, idempotency_key(request))
    if refusal := first_problem(outcomes):
        raise refusal
    return HttpResponse(encode_batch(batch, outcomes), content_type="application/json")


@door(wire=SENTINEL, endpoint="sentinel_rules", scope="read")
def rules(request: HttpRequest, client: Client) -> HttpResponse:
    """Every rule of the ruleset in force."""
    return json_answer(RulesRead([_rule(rule) for rule in _book().snapshot.rules]))


@door(wire=SENTINEL, endpoint="sentinel_rules", scope="read")
def categories(request: HttpRequest, client: Client) -> HttpResponse:
    """How many rules a category has."""
    counts = _by_category(_book())
    asked = request.GET.get("category", "")
    if asked not in counts:
        message = f"must be one of {', '.join(sorted(counts))}"
        error = FieldError("category", message, "choice" if asked else "missing")
        raise BadRequest(f"category {message}.", type="invalid-fields", errors=[error])
    return json_answer(Categories(category=asked, rules=counts[asked]))


@door(wire=SENTINEL, endpoint="sentinel_rules", scope="read")
def count(request: HttpRequest, client: Client) -> HttpResponse:
    """How many rules there are."""
    book = _book()
    enabled = sum(_is_enabled(rule) for rule in book.snapshot.rules)
    total = len(book.snapshot.rules)
    return json_answer(
        RuleCount(
            count=total,
            total_rules=total,
            enabled_rules=enabled,
            disabled_rules=total - enabled,
            categories=_by_category(book),
        )
    )


@door(wire=SENTINEL, endpoint="sentinel_status", scope="read")
def status(request: HttpRequest, client: Client) -> HttpResponse:
    """Which components work. 200 whatever they do: `GET /health` is for load balancers."""
    return json_answer(status_of(check_health()))


@door(wire=SENTINEL, endpoint="sentinel_verticals", scope="read")
def verticals(request: HttpRequest, client: Client) -> HttpResponse:
    codes = sorted(_book().configs)
    return json_answer(Verticals(supported_verticals=codes, count=len(codes)))


@door(wire=SENTINEL, endpoint="sentinel_verticals", scope="read")
def vertical_config(request: HttpRequest, client: Client, vertical: str) -> HttpResponse:
    config = _config(_book(), vertical)
    return json_answer(
        VerticalConfigRead(
            vertical=config.code,
            fraud_score_threshold=config.fraud_score_threshold,
            aml_threshold=config.aml_threshold,
            allowed_currencies=config.currencies,
        )
    )


@door(wire=SENTINEL, endpoint="sentinel_verticals", scope="read")
def vertical_rules(request: HttpRequest, client: Client, vertical: str) -> HttpResponse:
    """Weights other than 1, whether the rule is on in this vertical or not."""
    book = _book()
    config = _config(book, vertical)
    names = {rule.code: rule_id_of(rule.code, rule.definition) for rule in book.snapshot.rules}
    available = (
        rule.definition.applies_to(config.code) for rule in book.snapshot.rules if _is_enabled(rule)
    )
    return json_answer(
        VerticalRules(
            vertical=config.code,
            rule_weights={names.get(c, c): weight for c, weight in config.rule_weights.items()},
            total_rules_configured=len(config.rule_weights),
            total_rules_available=sum(available),
        )
    )


@door(wire=SENTINEL, endpoint="sentinel_verticals", scope="read")
def vertical_figures(request: HttpRequest, client: Client, vertical: str) -> HttpResponse:
    """Of the client's own transactions in the last year."""
    config = _config(_book(), vertical)
    period = last_days(LONGEST)
    (found,) = vertical_metrics(client.institution_id, period, config.code)
    return json_answer(
        VerticalFigures(
            vertical=config.code,
            total_transactions=found.total_transactions,
            fraudulent_count=found.fraudulent_count,
            fraud_rate=found.fraud_rate or 0.0,
            average_fraud_score=found.average_rule_score or 0.0,
            since=period.since,
        )
    )


def _book() -> CompiledBook:
    """The ruleset in force; one query. Raises Unavailable before there is one."""
    number = published_number()
    if number is None:
        raise Unavailable("No ruleset is published yet.")
    return book_for(number)


def _config(book: CompiledBook, vertical: str) -> VerticalConfig:
    """Raises BadRequest for a vertical that there is not."""
    config = book.configs.get(vertical.lower())
    if config is None:
        message = f"must be one of {', '.join(sorted(book.configs))}"
        error = FieldError("vertical", message, "choice")
        raise BadRequest(f"vertical {message}.", type="unknown-vertical", errors=[error])
    return config


def _rule(rule: PublishedRule) -> RuleRead:
    return RuleRead(
        rule_id=rule_id_of(rule.code, rule.definition),
        rule_name=rule.definition.name,
        category=rule.definition.category,
        description=rule.definition.description,
        severity=rule.definition.severity.value,
        enabled=_is_enabled(rule),
        version=str(rule.version),
    )


def _is_enabled(rule: PublishedRule) -> bool:
    return rule.state in DECIDING


def _by_category(book: CompiledBook) -> dict[str, int]:
    return dict(sorted(Counter(rule.definition.category for rule in book.snapshot.rules).items()))
