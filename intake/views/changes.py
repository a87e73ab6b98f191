"""Change sets: what client systems of the house read of rules, write and propose.

A key acts as a user of its own, which edits and proposes, and never approves.
"""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from clients.authentication import Client
from clients.machines import user_of
from clients.models import Institution, Scope
from foundation.errors import NotFound
from foundation.models import User
from intake.body import parse_object, read_body
from intake.case_filters import read_cursor
from intake.cases import NewNote
from intake.changes import (
    NewChangeSet,
    RulesFile,
    RulesText,
    Subject,
    Trial,
    Wish,
    change_set_detail,
    change_set_page,
    trial_answer,
)
from intake.doors import client_for, door
from intake.filters import PAGE, encode_cursor, limit_of_page, one_of
from intake.formats.native import NATIVE
from intake.parameters import Readers, read_parameters
from intake.views.answers import json_answer
from intake.webhooks import Nothing, S, read_fields
from studio.backtest.services import window_of
from studio.changes import services
from studio.changes.trying import last_days, try_edits
from studio.exchange.importing import put_rules
from studio.exchange.writing import export_book, export_in_force
from studio.models.changes import ChangeSet

_READ, _PROPOSE = str(Scope.RULES_READ), str(Scope.RULES_PROPOSE)
_RIGHTS: Final = (
    "rules.add_rule",
    "rules.change_rule",
    "rules.change_vertical",
    "rules.publish_ruleset",
    "studio.view_changeset",
)
_READERS: Final[Readers] = {
    "state": one_of(*ChangeSet.State.values),
    "limit": limit_of_page,
    "cursor": read_cursor,
}
_LARGEST: Final = 2**63


@door(wire=NATIVE, endpoint="rules_file", scope=_READ)
def rules_file(request: HttpRequest, client: Client) -> HttpResponse:
    """The ruleset in force, or the rule book."""
    asked = read_parameters(request.GET, {"what": one_of("in_force", "book")})
    text = export_book() if asked.get("what") == "book" else export_in_force()
    return json_answer(RulesFile(text))


@door(wire=NATIVE, endpoint="change_sets", scope=_READ, methods=("GET", "HEAD", "POST"))
def change_sets(request: HttpRequest, client: Client) -> HttpResponse:
    """Lists them, or begins one."""
    if request.method == "POST":
        client_for(request, NATIVE, _PROPOSE)
        wish = _wish(request, NewChangeSet)
        made = services.create_change_set(
            by=_user(client), title=wish.title, description=wish.description
        )
        return json_answer(change_set_detail(made), status=201)
    asked = read_parameters(request.GET, _READERS)
    rows = ChangeSet.objects.select_related("created_by").order_by("-pk")
    if "state" in asked:
        rows = rows.filter(state=asked["state"])
    if "cursor" in asked:
        rows = rows.filter(pk__lt=asked["cursor"])
    limit = asked.get("limit", PAGE)
    found = list(rows[: limit + 1])
    more = encode_cursor(UUID(int=found[limit - 1].pk)) if len(found) > limit else None
    return json_answer(change_set_page(found[:limit], more))


@door(wire=NATIVE, endpoint="change_set", scope=_READ)
def change_set(request: HttpRequest, client: Client, pk: int) -> HttpResponse:
    read_parameters(request.GET, {})
    return json_answer(change_set_detail(_found(pk)))


def _act(
    name: str, kind: type[S], act: Callable[[User, ChangeSet, S], object]
) -> Callable[..., HttpResponse]:
    """A view that does something about one, and answers it as it is then."""

    @door(wire=NATIVE, endpoint=f"change_set_{name}", scope=_PROPOSE, methods=("POST",))
    def view(request: HttpRequest, client: Client, pk: int) -> HttpResponse:
        wish = _wish(request, kind)
        act(_user(client), _found(pk), wish)
        return json_answer(change_set_detail(_found(pk)))

    return view


def _put(by: User, row: ChangeSet, wish: RulesText) -> None:
    put_rules(
        by=by,
        change_set=row,
        content=wish.toml.encode(),
        versions=wish.versions,
        revision=wish.revision,
    )


def _drop(by: User, row: ChangeSet, wish: Subject) -> None:
    edit = row.edits.filter(code=wish.code).first()
    if edit is None:
        raise NotFound("There is no edit of that code in it.")
    services.drop_edit(by=by, change_set=row, edit=edit, revision=wish.revision)


def _propose(by: User, row: ChangeSet, wish: Wish) -> None:
    services.propose(
        by=by,
        change_set=row,
        reason=wish.reason,
        publish_at=wish.publish_at,
        revision=wish.revision,
    )


@door(wire=NATIVE, endpoint="change_set_backtest", scope=_READ, methods=("GET", "HEAD", "POST"))
def backtest(request: HttpRequest, client: Client, pk: int) -> HttpResponse:
    """Tries the edits on past decisions of the key's institution, or tells of the latest trial."""
    row = _found(pk)
    if request.method == "POST":
        client_for(request, NATIVE, _PROPOSE)
        wish = _wish(request, Trial)
        window = last_days(wish.days, vertical=wish.vertical, known=wish.known)
        trial = try_edits(by=_user(client), change_set=row, window=window)
        status = 202 if trial.is_unfinished else 200
        return json_answer(trial_answer(trial, services.standing(_found(pk))), status=status)
    read_parameters(request.GET, {})
    if row.trial is None:
        raise NotFound("Nobody tried it on past decisions yet.")
    own = Institution.objects.values_list("slug", flat=True).get(pk=client.institution_id)
    if set(window_of(row.trial).institutions) != {own}:
        raise NotFound("The latest trial of it was on decisions of others than your institution.")
    return json_answer(trial_answer(row.trial, services.standing(row)))


edits = _act("edits", RulesText, _put)
drop = _act("drop", Subject, _drop)
propose = _act("propose", Wish, _propose)
withdraw = _act("withdraw", Nothing, lambda by, row, wish: services.withdraw(by=by, change_set=row))
reopen = _act("reopen", Nothing, lambda by, row, wish: services.reopen(by=by, change_set=row))
evidence = _act(
    "evidence", Nothing, lambda by, row, wish: services.take_trial(by=by, change_set=row)
)
comment = _act(
    "comment",
    NewNote,
    lambda by, row, wish: services.comment(by=by, change_set=row, text=wish.text),
)


def _user(client: Client) -> User:
    return user_of(client, rights=_RIGHTS, by="studio")


def _found(pk: int) -> ChangeSet:
    rows = ChangeSet.objects.select_related("created_by", "approval", "trial__by")
    found = rows.filter(pk=pk).first() if pk < _LARGEST else None
    if found is None:
        raise NotFound("There is no change set of this number.")
    return found


def _wish(request: HttpRequest, kind: type[S]) -> S:
    if kind is Nothing and not request.META.get("CONTENT_LENGTH"):
        return kind()
    fields: dict[str, Any] = dict(parse_object(read_body(request)).fields)
    return read_fields(fields, kind)
