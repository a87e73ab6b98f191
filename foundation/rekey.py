"""Moving sealed values and keyed hashes to the current key.

A key is changed in five steps: append the new one to FRAUDSHIELD_KEYS in every process, so that
none meets a key that it lacks; put it in front; run `manage.py rekey`; see with `manage.py rekey
--status` that no row needs the old one; take that out.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, ProgrammingError, connection, models, transaction
from django.db.models import F, Q
from django.db.models.expressions import Func, Value

from foundation import audit, crypto

log = logging.getLogger(__name__)

RekeyRow = Callable[[Any], Iterable[str]]


@dataclass(frozen=True, slots=True)
class SealedModel:
    model: type[models.Model]
    rekey_row: RekeyRow
    fields: tuple[str, ...]


@dataclass(slots=True)
class Progress:
    """`failed` holds primary keys of rows that could not be moved; they keep their old key."""

    model: str
    done: int
    failed: list[Any]


_registered: dict[str, SealedModel] = {}


def register_sealed_model(
    model: type[models.Model], rekey_row: RekeyRow, *, fields: Sequence[str] = ()
) -> None:
    """Lets `rekey` walk this model.

    `rekey_row(row)` opens the row's sealed values, seals and hashes them anew on the row, and
    returns the names of the fields that it set; it saves nothing. `fields` are those that hold
    sealed values: by default every binary field called "sealed" or "..._sealed".
    """
    names = tuple(fields) or tuple(
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, models.BinaryField) and field.name.endswith("sealed")
    )
    if not names:
        raise TypeError(f"{model.__name__} has no binary field called sealed; name its fields.")
    _registered[model._meta.label_lower] = SealedModel(model, rekey_row, names)


def sealed_models() -> list[SealedModel]:
    return list(_registered.values())


class _FirstByte(Func):
    template = "substring(%(expressions)s from 1 for 1)"
    output_field = models.BinaryField()


def _outdated(sealed: SealedModel) -> models.QuerySet[Any]:
    """Rows with a value under another than the current key; empty and null values have no key."""
    current = Value(bytes((crypto.keyring().current,)), output_field=models.BinaryField())
    empty = Value(b"", output_field=models.BinaryField())
    rows = sealed.model._base_manager.all()
    wanted = Q()
    for name in sealed.fields:
        rows = rows.alias(**{f"{name}_key": _FirstByte(F(name))})
        filled = Q(**{f"{name}__isnull": False}) & ~Q(**{f"{name}_key": empty})
        wanted |= filled & ~Q(**{f"{name}_key": current})
    return rows.filter(wanted)


def rekey_model(sealed: SealedModel, *, batch: int = 500) -> Iterator[Progress]:
    """Moves rows batch by batch in the order of the primary key, each batch in a transaction.

    Yields after each batch. May be broken off and started again at any time: rows that were moved
    no longer match. A row that fails (opened under a missing key, tampered with, its new hash
    taken) is left as it is and reported.
    """
    progress = Progress(sealed.model._meta.label_lower, 0, [])
    rows = _outdated(sealed).order_by("pk")
    last: Any = None
    while True:
        with transaction.atomic():
            page = rows if last is None else rows.filter(pk__gt=last)
            found = list(page.select_for_update(of=("self",))[:batch])
            if not found:
                return
            _move(sealed, found, progress)
        last = found[-1].pk
        yield progress


def _move(sealed: SealedModel, rows: list[Any], progress: Progress) -> None:
    """All in one UPDATE; if that fails, row by row behind savepoints to find the culprit."""
    try:
        with transaction.atomic():
            names = {name for row in rows for name in sealed.rekey_row(row)}
            sealed.model._base_manager.bulk_update(rows, sorted(names))
        progress.done += len(rows)
    except (DatabaseError, crypto.TamperedValue, crypto.UnknownKeyVersion):
        for row in rows:
            _move_one(sealed, row.pk, progress)


def _move_one(sealed: SealedModel, pk: Any, progress: Progress) -> None:
    try:
        with transaction.atomic():
            row = sealed.model._base_manager.get(pk=pk)  # fresh: the first try changed the object
            row.save(update_fields=sorted(sealed.rekey_row(row)))
    except (DatabaseError, crypto.TamperedValue, crypto.UnknownKeyVersion) as error:
        log.warning("A row could not be re-keyed: %s", type(error).__name__)
        progress.failed.append(pk)
    else:
        progress.done += 1


def count_outdated(sealed: SealedModel) -> int:
    return _outdated(sealed).count()


def versions_in_use() -> dict[int, dict[str, int]]:
    """Number of sealed values by key version and "room.model.field". Reads every row."""
    usage: dict[int, dict[str, int]] = {}
    for sealed in sealed_models():
        for name in sealed.fields:
            for version, count in _count_versions(sealed.model, name):
                label = f"{sealed.model._meta.label_lower}.{name}"
                usage.setdefault(version, {})[label] = count
    return dict(sorted(usage.items()))


def _count_versions(model: type[models.Model], name: str) -> list[tuple[int, int]]:
    quote = connection.ops.quote_name
    column = quote(str(getattr(model._meta.get_field(name), "column")))  # noqa: B009  typed vaguely
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT get_byte({column}, 0), count(*) FROM {table} "  # noqa: S608  names of models
            f"WHERE octet_length({column}) > 0 GROUP BY 1"
        )
        return list(cursor.fetchall())


def locked_models() -> list[str]:
    """Models whose rows this process's keys do not open, because a key is wrong or missing.

    Asks the oldest and the newest row: a process with the wrong key may have written the latter.
    Without this, a wrong key under the right number shows itself only as customers that are new
    again. A table that is not (fully) migrated yet is passed over.
    """
    return [s.model._meta.label_lower for s in sealed_models() if not _opens(s)]


def _opens(sealed: SealedModel) -> bool:
    rows = sealed.model._base_manager
    try:
        for row in (rows.order_by("pk").first(), rows.order_by("-pk").first()):
            if row is not None:
                sealed.rekey_row(row)  # saves nothing
    except (crypto.TamperedValue, crypto.UnknownKeyVersion):
        return False
    except ProgrammingError:
        return True
    return True


def record_run(happening: str, actor: audit.Actor, after: dict[str, Any]) -> None:
    audit.record(actor=actor, action=f"rekey.{happening}", subject="foundation.keys", after=after)
