"""Lists and entries with the usual values, and the look-up as a decision makes it."""

from collections.abc import Mapping

from django.db import connection

from features.identifiers import PURPOSES, normal_form
from foundation.crypto import keyed_hashes
from intelligence.lists.checking import Draft
from intelligence.lists.services import add_entry, create_list
from intelligence.lookup import Listing, read, select, wanted
from intelligence.models import List, ListEntry


def make_list(name: str, *kinds: str, **fields: object) -> List:
    new = List(name=name, title=name.replace("_", " ").capitalize(), kinds=list(kinds), **fields)
    return create_list(by="test", new=new)


def add(to: List, value: str, *, by: object = "test", **fields: object) -> ListEntry:
    return add_entry(by=by, to=to, draft=Draft(value=value, **{"reason": "Known fraud.", **fields}))


def look_up(
    institution_id: int,
    identifiers: Mapping[str, str] | None = None,
    texts: Mapping[str, str] | None = None,
) -> tuple[Listing, ...]:
    """Asks as scoring does: hashes under every key, one scalar sub-select."""
    forms = {name: normal_form(name, text) for name, text in (identifiers or {}).items()}
    asked = wanted(
        hashes={name: keyed_hashes(form, PURPOSES[name]) for name, form in forms.items() if form},
        texts=texts or {},
    )
    params: list[object] = []
    sql = select(asked, institution_id, params)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", params)
        return read(cursor.fetchone()[0], asked)
