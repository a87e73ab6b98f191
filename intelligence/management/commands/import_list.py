from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.errors import UnknownInstitutionError
from clients.models import Institution
from clients.queries import institution_of
from foundation.errors import Problem
from intelligence.kinds import KINDS
from intelligence.lists.checking import Draft
from intelligence.lists.importing import Imported, ListFileError, import_entries, read_expiry
from intelligence.models import Effect, List


class Command(BaseCommand):
    help = (
        "Add the values of a CSV file to a list. Columns: value, and any of kind, effect, reason, "
        "owner, expires_at. All rows are taken or none; repeating it changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("list", help="its name, as blocked_emails")
        parser.add_argument("file", type=Path)
        parser.add_argument("--institution", help="slug; without it, entries hold for all")
        parser.add_argument("--kind", default="", choices=["", *KINDS], help="of the values")
        parser.add_argument("--effect", choices=[e for e in Effect.values if e])
        parser.add_argument("--reason", default="", help="of rows that name none")
        parser.add_argument("--owner", default="", help="who answers for the entries")
        parser.add_argument("--expires-at", default="", help="as 2027-01-31")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = _import(options)
        except ListFileError as error:
            lines = [f"  line {row.line}: {row.message}" for row in error.rows]
            if error.count > len(error.rows):
                lines.append(f"  and {error.count - len(error.rows)} more")
            raise CommandError("\n".join([f"Nothing was imported: {error}.", *lines])) from error
        except (OSError, Problem) as error:
            raise CommandError(f"Nothing was imported: {error}") from error
        self.stdout.write(f"{done.added} entries added, {done.there_already} there already.")


def _import(options: dict[str, Any]) -> Imported:
    to = List.objects.filter(name=options["list"]).first()
    if to is None:
        names = ", ".join(List.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no list {options['list']!r}; there are: {names}")
    path: Path = options["file"]
    common = Draft(
        value="",
        kind=options["kind"],
        institution=_institution(options["institution"], to),
        effect=options["effect"],
        reason=options["reason"] or f"Imported from {path.name}.",
        owner=options["owner"],
        expires_at=read_expiry(options["expires_at"]) if options["expires_at"] else None,
        source=f"file {path.name}",
    )
    with path.open(newline="", encoding="utf-8-sig") as file:
        return import_entries(by="import_list", to=to, file=file, common=common)


def _institution(slug: str | None, to: List) -> Institution | None:
    if slug is None:
        return to.institution
    try:
        return institution_of(slug)
    except UnknownInstitutionError as error:
        raise CommandError(str(error)) from None
