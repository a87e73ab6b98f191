"""Begin, go on with, and end an import run. Every step is audited; counts are kept by `share`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from clients.models import Institution
from foundation import audit
from foundation.locks import alone
from intake.imports.errors import CannotImport
from intake.imports.formats import Options
from intake.imports.ordering import Survey
from intake.imports.reading import fingerprint
from intake.models import ImportReject, ImportRun

ACTOR: Final = "import_transactions"
State = ImportRun.State


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What tells one file from another."""

    name: str
    size: int
    fingerprint: str


def facts_of(path: Path) -> FileFacts:
    return FileFacts(path.name, path.stat().st_size, fingerprint(path))


@contextmanager
def only_one(institution: Institution, file: FileFacts) -> Iterator[None]:
    """Raises CannotImport while another process imports this content."""
    with alone(f"intake.import:{institution.pk}:{file.fingerprint}") as taken:
        if not taken:
            raise CannotImport(
                f"{file.name} is being imported for {institution.slug} by another process; "
                "wait for it, or stop it first."
            )
        yield


def begin(
    *,
    institution: Institution,
    file: FileFacts,
    format_name: str,
    options: Options,
    workers: int,
    restart: bool,
    survey: Callable[[], Survey],
) -> ImportRun:
    """The run that this start belongs to: a new one, the unfinished one, or the finished one.

    `survey` is only called for a new one, and outside any database transaction, for it may take
    minutes. Raises CannotImport when the options or the content are not those of the unfinished
    run.
    """
    run = None if restart else _latest(institution, file, format_name)
    if run is None:
        if not restart:
            _check_same_name(institution, file)
        found = survey()
        with transaction.atomic():
            if restart:
                _abandon(institution, file)
            return _create(institution, file, format_name, options, workers, found)
    _check_options(run, options)
    if run.state != State.FINISHED:
        _go_on(run, workers)
    return run


def pause(run: ImportRun) -> None:
    """Leave it for a later start."""
    _set_state(run, State.PAUSED, "intake.import_paused")


@transaction.atomic
def finish(run: ImportRun) -> None:
    """All rows are dealt with and the rejects are in their file: the kept ones can go."""
    run.finished_at = timezone.now()
    run.save(update_fields=["finished_at"])
    _set_state(run, State.FINISHED, "intake.import_finished")
    ImportReject.objects.filter(run=run).delete()


def earlier_contents(run: ImportRun) -> int:
    """How many other contents came under the same name before; one query."""
    others = ImportRun.objects.filter(
        institution_id=run.institution_id, file_name=run.file_name, pk__lt=run.pk
    ).exclude(fingerprint=run.fingerprint)
    return others.values("fingerprint").distinct().count()


def _latest(institution: Institution, file: FileFacts, format_name: str) -> ImportRun | None:
    return (
        ImportRun.objects.filter(
            institution=institution, fingerprint=file.fingerprint, format=format_name
        )
        .exclude(state=State.ABANDONED)
        .order_by("-id")
        .first()
    )


def _check_same_name(institution: Institution, file: FileFacts) -> None:
    unfinished = ImportRun.objects.filter(
        institution=institution,
        file_name=file.name,
        state__in=[State.RUNNING, State.PAUSED],
    ).exclude(fingerprint=file.fingerprint)
    run = unfinished.order_by("-id").first()
    if run is None:
        return
    raise CannotImport(
        f"{file.name} has changed since its import began ({run.done:,} of {run.rows:,} rows are "
        "done). Go on with the file as it was, or use --restart to begin with this one."
    )


def _check_options(run: ImportRun, options: Options) -> None:
    given = asdict(options)
    other = [name for name, value in run.options.items() if given.get(name) != value]
    if other:
        was = ", ".join(f"{name} {run.options[name]}" for name in other)
        raise CannotImport(
            f"The import of {run.file_name} began with other options ({was}). Use the same ones, "
            "or --restart to go through the file again with these."
        )


def _create(
    institution: Institution,
    file: FileFacts,
    format_name: str,
    options: Options,
    workers: int,
    found: Survey,
) -> ImportRun:
    run = ImportRun.objects.create(
        institution=institution,
        file_name=file.name,
        file_size=file.size,
        fingerprint=file.fingerprint,
        format=format_name,
        options=asdict(options),
        rows=found.rows,
        in_order=found.in_order,
        progress=[0] * workers,
        resumed_at=timezone.now(),
    )
    _record(run, "intake.import_started")
    return run


@transaction.atomic
def _go_on(run: ImportRun, workers: int) -> None:
    if run.level:  # else some rows between belong to one of the old workers
        run.progress = [run.progress[0]] * workers
    run.resumed_at = timezone.now()
    run.save(update_fields=["progress", "resumed_at"])
    _set_state(run, State.RUNNING, "intake.import_resumed")


def _abandon(institution: Institution, file: FileFacts) -> None:
    same = Q(file_name=file.name) | Q(fingerprint=file.fingerprint)
    unfinished = ImportRun.objects.filter(
        same, institution=institution, state__in=[State.RUNNING, State.PAUSED]
    )
    for run in unfinished:
        _set_state(run, State.ABANDONED, "intake.import_abandoned")
        ImportReject.objects.filter(run=run).delete()


def _set_state(run: ImportRun, state: str, action: str) -> None:
    with transaction.atomic():
        run.state = state
        run.save(update_fields=["state"])
        run.refresh_from_db()
        _record(run, action)


def _record(run: ImportRun, action: str) -> None:
    audit.record(
        actor=ACTOR,
        action=action,
        subject=f"intake.importrun:{run.pk}",
        after=_figures(run),
        institution_id=run.institution_id,
    )


def _figures(run: ImportRun) -> dict[str, Any]:
    return {
        "file": run.file_name,
        "fingerprint": run.fingerprint,
        "format": run.format,
        "state": run.state,
        "rows": run.rows,
        "imported": run.imported,
        "repeated": run.repeated,
        "rejected": run.rejected,
    }
