"""Every address under /admin/, with samples for its arguments, and what changed in the database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from django.contrib import admin
from django.db import connection, models, transaction
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RegexPattern

from clients.models import Institution
from foundation.admin_parts import ScopedModelAdmin
from tests.walk_samples import ARGUMENTS, OURS, ROWS

ROW_ARGUMENTS = {"object_id", "pk", "id"}
_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
_REGEX_GROUP = re.compile(r"\(\?P(<\w+>)[^)]*\)")
_ABSENT = {UUID: UUID(int=7), int: 2_000_000_011, str: "no-such-row"}
_OWN_AFFAIRS = {"django_session"}  # a session may be written while its owner only looks


@dataclass(frozen=True)
class Route:
    """An address under /admin/; `of` is the model whose pages it belongs to."""

    name: str
    pattern: str
    of: Any = None

    def __str__(self) -> str:
        return self.name or self.pattern

    @property
    def arguments(self) -> list[str]:
        return _ARGUMENT.findall(self.pattern)

    @property
    def is_of_a_row(self) -> bool:
        return self.of is not None and bool(ROW_ARGUMENTS & {*self.arguments})

    def paths(self, *, absent: bool = False) -> list[str]:
        """With each sample of each argument; `absent`: with the id of a row that is not there."""
        samples = [_samples(self, name, absent) for name in self.arguments]
        return [self._path(values) for values in product(*samples)]

    def _path(self, values: tuple[str, ...]) -> str:
        rest = iter(values)
        return "/" + _ARGUMENT.sub(lambda _: quote(next(rest), safe="_-:"), self.pattern)


@dataclass(frozen=True)
class Stop:
    """One address to visit, and the same with the id of a row that is not there."""

    route: Route
    path: str
    absent: str


def stops() -> list[Stop]:
    """All addresses with all samples. Asks the database for the rows: call it once."""
    return [
        Stop(route, path, absent)
        for route in routes()
        for path, absent in zip(route.paths(), route.paths(absent=True), strict=True)
    ]


def routes() -> list[Route]:
    """As the URL resolver has them now: whatever is added is walked."""
    found = [
        Route(name, pattern, _model_of(pattern)) for name, pattern in _patterns(get_resolver())
    ]
    return [route for route in found if route.pattern.startswith("admin/")]


def _patterns(resolver: Any, before: str = "") -> Iterator[tuple[str, str]]:
    for entry in resolver.url_patterns:
        text = str(entry.pattern)
        if isinstance(entry.pattern, RegexPattern):
            text = _REGEX_GROUP.sub(r"\1", text).strip("^$")
        if isinstance(entry, URLPattern):
            yield entry.name or "", before + text
        else:
            yield from _patterns(entry, before + text)


def _model_of(pattern: str) -> Any:
    for model, its_admin in admin.site._registry.items():
        if pattern.startswith(f"admin/{model._meta.app_label}/{model._meta.model_name}/"):
            return its_admin
    return None


def _samples(route: Route, name: str, absent: bool) -> list[str]:
    full = f"{route.name}.{name}"
    if full in ROWS or (route.of is not None and name in ROW_ARGUMENTS):
        pk = (ROWS[full].objects.order_by("pk")[0] if full in ROWS else row_of(route.of)).pk
        kind = next(kind for kind in _ABSENT if isinstance(pk, kind))
        return [str(_ABSENT[kind] if absent else pk)]
    sample = ARGUMENTS.get(full) or ARGUMENTS.get(name)
    if sample is None:
        pytest.fail(
            f"/{route.pattern} ({route.name}) has an argument {name!r} that the walk has no sample "
            f"for. Add {full!r} to ARGUMENTS (or ROWS) in tests/walk_samples.py."
        )
    return sample(route.of)


def row_of(its_admin: Any) -> models.Model:
    """A row of our bank, or any where rows are nobody's."""
    rows = its_admin.model._default_manager.order_by("pk")
    row: models.Model | None = None
    if isinstance(its_admin, ScopedModelAdmin):
        name = its_admin.institution_field
        ours = Institution.objects.filter(slug=OURS).values("pk")
        row = rows.filter(**{f"{name}__in": ours}).first()
        rows = rows.filter(**{f"{name}__isnull": True})
    row = row or rows.first()
    if row is None:
        pytest.fail(
            f"There is no row of {its_admin.model._meta.label} to walk its pages with. Make one in "
            "make_bank (one for each bank) or _system of tests/walk_samples.py."
        )
    return row


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside is rolled back, a broken transaction included."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def fingerprints() -> dict[str, tuple[int, int]]:
    """Rows and a checksum of each table, in one query."""
    tables = sorted(set(connection.introspection.table_names()) - _OWN_AFFAIRS)
    each = "SELECT '{0}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM \"{0}\" t"
    parts = [each.format(table) for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return {table: (count, int(total)) for table, count, total in cursor.fetchall()}
