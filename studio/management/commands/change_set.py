"""Change sets on the command line: the same services as the pages, as a named person."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone as clock

from foundation import approvals
from foundation.errors import Problem
from foundation.models import User
from rules.definition import VERTICALS
from studio.backtest.contract import MOST_DAYS, Known
from studio.changes import services
from studio.changes.showing import evidence_shown
from studio.changes.snapshots import what_changes
from studio.changes.trying import last_days, try_edits
from studio.exchange.catalogue import merge_catalogue
from studio.exchange.importing import import_rules
from studio.exchange.reading import LARGEST
from studio.exchange.writing import export_book, export_change_set, export_in_force
from studio.models.changes import ChangeSet

STORED_IN = {"in-force": export_in_force, "book": export_book}


class Command(BaseCommand):
    help = "Lists, shows, imports, exports, proposes and decides change sets (docs/change-sets.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help="the newest change sets").add_argument("--state")
        self._act(acts, "show", "its edits and timeline", person=False)
        self._act(acts, "check", "the pre-flight; fails when it finds an error", person=False)
        out = acts.add_parser("export", help="rules as TOML, to standard output")
        out.add_argument("what", help="in-force, book, or the number of a change set")
        into = self._act(acts, "import", "a TOML file becomes a change set", number=False)
        into.add_argument("file", help="a path; - for standard input")
        into.add_argument("--title", default="")
        self._act(acts, "merge-catalogue", "newer built-in rules become one", number=False)
        trial = self._act(acts, "backtest", "tries it on past decisions, and attaches the result")
        trial.add_argument("--days", type=int, default=30, help="up to now (30)")
        trial.add_argument("--vertical", choices=VERTICALS)
        trial.add_argument("--known", choices=get_args(Known), default="today")
        propose = self._act(acts, "propose", "asks for approval", reason=True)
        propose.add_argument("--at", help="publish then, as 2026-05-03T04:00+01:00")
        for name, words in (
            ("approve", "consents, as another person"),
            ("reject", "refuses, as another person"),
            ("withdraw", "takes it back"),
            ("publish-now", "publishes in an emergency, to be reviewed later"),
            ("roll-back", "goes back behind a published one"),
            ("comment", "adds a line to its timeline"),
        ):
            self._act(acts, name, words, reason=True)
        self._act(acts, "undo", "makes a change set that takes back a published one alone")
        self._act(acts, "reopen", "makes a draft of it again")
        self._act(acts, "merge", "takes outdated edits on to what the book has now")

    def _act(
        self,
        acts: Any,
        name: str,
        words: str,
        *,
        number: bool = True,
        person: bool = True,
        reason: bool = False,
    ) -> CommandParser:
        parser: CommandParser = acts.add_parser(name, help=words)
        if number:
            parser.add_argument("number", type=int)
        if person:
            parser.add_argument("--by", required=True, metavar="USERNAME")
        if reason:
            parser.add_argument("--reason", required=True)
        return parser

    def handle(self, *_: Any, **options: Any) -> None:
        method: Callable[[dict[str, Any]], None] = getattr(
            self, f"_{options['act'].replace('-', '_')}"
        )
        try:
            method(options)
        except Problem as problem:
            raise CommandError(problem.detail) from None

    # -- reading ------------------------------------------------------------------------------

    def _list(self, options: dict[str, Any]) -> None:
        rows = ChangeSet.objects.order_by("-pk").select_related("created_by")
        if options["state"]:
            rows = rows.filter(state=options["state"])
        for row in rows[:50]:
            who = row.created_by.get_username()
            self.stdout.write(f"{row.pk:>6}  {row.state:<10} {who:<16} {row.title}")

    def _show(self, options: dict[str, Any]) -> None:
        change_set = self._found(options)
        self.stdout.write(f"{change_set} ({change_set.get_state_display()})")
        for words in (change_set.description, change_set.failure):
            if words:
                self.stdout.write(words)
        edits = list(change_set.edits.all())
        if change_set.is_open and edits:
            for line in what_changes(edits)[2].words:
                self.stdout.write(f"  {line}")
        elif edits:
            self.stdout.write("  edits: " + ", ".join(edit.code for edit in edits))
        for entry in change_set.entries.all():
            at = f"{entry.at:%Y-%m-%d %H:%M}"
            self.stdout.write(f"{at} {entry.by_name} {entry.kind} {entry.text}".rstrip())

    def _check(self, options: dict[str, Any]) -> None:
        change_set = self._found(options)
        if not change_set.is_open:
            raise CommandError(f"It {change_set.stands}: there is nothing to check.")
        found = services.look_over(change_set)
        for remark in found.remarks:
            about = "" if remark.words.startswith(remark.code) else f"{remark.code} "
            self.stdout.write(f"{remark.level}: {about}{remark.words}")
            if remark.block:
                self.stdout.write(remark.block)
        if found.cost:
            cost = found.cost
            self.stdout.write(
                f"Rules of {cost.vertical}, which has the most, take {cost.before_us:.1f} -> "
                f"{cost.after_us:.1f} microseconds a transaction "
                f"({cost.rules_before} -> {cost.rules_after} rules)."
            )
        if found.errors:
            errors = len(found.errors)
            raise CommandError(f"{errors} error{'s'[: errors > 1]}: it cannot be proposed.")
        if change_set.state == ChangeSet.State.DRAFT:
            self.stdout.write("It can be proposed.")

    def _export(self, options: dict[str, Any]) -> None:
        what: str = options["what"]
        if what in STORED_IN:
            self.stdout.write(STORED_IN[what](), ending="")
        elif what.isdecimal():
            text = export_change_set(self._found({"number": int(what)}))
            self.stdout.write(text, ending="")
        else:
            raise CommandError("Say in-force, book, or the number of a change set.")

    # -- writing ------------------------------------------------------------------------------

    def _import(self, options: dict[str, Any]) -> None:
        name: str = options["file"]
        try:
            with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
                content = file.read(LARGEST + 1)  # a larger one is refused, not held in memory
        except OSError as error:
            raise CommandError(f"{name}: {error.strerror}") from None
        done = import_rules(
            by=self._person(options),
            content=content,
            name="" if name == "-" else Path(name).name,
            title=options["title"],
        )
        for remark in done.remarks:
            self.stdout.write(remark)
        edits = done.change_set.edits.count()
        self.stdout.write(f"Change set {done.change_set.pk}: {edits} edit{'s'[: edits > 1]}.")

    def _merge_catalogue(self, options: dict[str, Any]) -> None:
        done = merge_catalogue(by=self._person(options))
        for name in ("followed", "merged", "conflicts", "kept"):
            if codes := getattr(done, name):
                self.stdout.write(f"{len(codes)} {name}: {', '.join(codes)}")
        self.stdout.write(f"Change set {done.change_set.pk}.")

    def _backtest(self, options: dict[str, Any]) -> None:
        if not 1 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"Say 1 to {MOST_DAYS} days.")
        asked = {name: options[name] for name in ("days", "vertical", "known")}
        by, change_set = self._person(options), self._found(options)
        trial = try_edits(by=by, change_set=change_set, window=last_days(**asked), here=True)
        if trial.state != trial.State.DONE:
            raise CommandError(f"The backtest {trial.get_state_display()}: {trial.told}")
        shown = evidence_shown(self._found(options)) or {}
        for words, before, after in shown["rows"]:
            self.stdout.write(f"{words:<28} {before:>24} -> {after}")
        for line in (shown["over"], *shown["notes"]):
            self.stdout.write(line)
        self.stdout.write("Attached as evidence.")

    def _propose(self, options: dict[str, Any]) -> None:
        at = _moment(options["at"]) if options["at"] else None
        done = services.propose(
            by=self._person(options),
            change_set=self._found(options),
            reason=options["reason"],
            publish_at=at,
        )
        self._tell(done)

    def _approve(self, options: dict[str, Any]) -> None:
        self._vote(options, approvals.approve)

    def _reject(self, options: dict[str, Any]) -> None:
        self._vote(options, approvals.reject)

    def _vote(self, options: dict[str, Any], vote: Callable[..., object]) -> None:
        change_set = self._found(options)
        if change_set.approval is None:
            raise CommandError("It waits for nobody's approval.")
        vote(request=change_set.approval, by=self._person(options), comment=options["reason"])
        self._tell(self._found(options))

    def _withdraw(self, options: dict[str, Any]) -> None:
        self._do(services.withdraw, options)

    def _publish_now(self, options: dict[str, Any]) -> None:
        self._do(services.publish_now, options)

    def _roll_back(self, options: dict[str, Any]) -> None:
        self._do(services.roll_back, options)

    def _undo(self, options: dict[str, Any]) -> None:
        self._tell(services.invert(by=self._person(options), change_set=self._found(options)))

    def _comment(self, options: dict[str, Any]) -> None:
        by, change_set = self._person(options), self._found(options)
        services.comment(by=by, change_set=change_set, text=options["reason"])

    def _reopen(self, options: dict[str, Any]) -> None:
        services.reopen(by=self._person(options), change_set=self._found(options))
        self._tell(self._found(options))

    def _merge(self, options: dict[str, Any]) -> None:
        by, change_set = self._person(options), self._found(options)
        for edit in change_set.edits.all():
            done = services.rebase_edit(by=by, change_set=change_set, edit=edit)
            if done.conflicts:
                fields = ", ".join(done.conflicts)
                self.stdout.write(f"{done.code}: choose on its page for {fields}")
        self._tell(self._found(options))

    def _do(self, act: Callable[..., object], options: dict[str, Any]) -> None:
        by, change_set = self._person(options), self._found(options)
        act(by=by, change_set=change_set, reason=options["reason"])
        self._tell(self._found(options))

    def _tell(self, change_set: ChangeSet) -> None:
        words = f"Change set {change_set.pk} {change_set.stands}"
        if change_set.ruleset_id:
            words += f", ruleset {change_set.ruleset_id}"
        self.stdout.write(f"{words}. {change_set.failure}".rstrip())

    def _found(self, options: dict[str, Any]) -> ChangeSet:
        row = ChangeSet.objects.filter(pk=options["number"]).first()
        if row is None:
            raise CommandError(f"There is no change set {options['number']}.")
        return row

    def _person(self, options: dict[str, Any]) -> User:
        user = User.objects.filter(username=options["by"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is nobody called {options['by']}.")
        return user


def _moment(text: str) -> datetime:
    """A time with its zone, or in the server's."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no time; one is 2026-05-03T04:00+01:00.") from None
    return at if at.tzinfo else clock.make_aware(at)
