"""The operator's switch of a vertical on the command line, as a named person (docs/switches.md)."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone as clock

from foundation.errors import Problem
from foundation.models import ApprovalRequest, User
from rules.switching.queries import switches_on
from rules.switching.reading import Mode
from rules.switching.throwing import end_switch, throw_switch


def minutes(text: str) -> int:
    """A number that a clock can add; how long a switch may hold is the service's to say."""
    number = int(text)
    if abs(number) > 1_000_000:
        raise ValueError(text)
    return number


class Command(BaseCommand):
    help = "Shows, throws or ends the operator's switch of a vertical."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help="what is on now")
        throw = acts.add_parser("throw", help="turns it, until its end")
        throw.add_argument("vertical")
        throw.add_argument("mode", choices=[mode.value for mode in Mode])
        throw.add_argument("--minutes", type=minutes, required=True)
        end = acts.add_parser("end", help="ends it ahead of time")
        end.add_argument("vertical")
        for one in (throw, end):
            one.add_argument("--by", required=True, metavar="USERNAME")
            one.add_argument("--reason", required=True)

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            {"list": self._list, "throw": self._throw, "end": self._end}[options["act"]](options)
        except Problem as problem:
            raise CommandError(problem.detail) from None

    def _list(self, options: dict[str, Any]) -> None:
        if not (on := switches_on()):
            self.stdout.write("No switch is on.")
        for switch in on:
            until = f"{switch.ends_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(f"{switch} until {until}, by {switch.thrown_by_name}")

    def _throw(self, options: dict[str, Any]) -> None:
        done = throw_switch(
            by=_person(options),
            vertical=options["vertical"],
            mode=Mode(options["mode"]),
            ends_at=clock.now() + timedelta(minutes=options["minutes"]),
            reason=options["reason"],
        )
        if isinstance(done, ApprovalRequest):
            self.stdout.write(f"Request {done.pk} waits for another person's approval.")
        else:
            self._list(options)

    def _end(self, options: dict[str, Any]) -> None:
        end_switch(by=_person(options), vertical=options["vertical"], reason=options["reason"])
        self.stdout.write(f"{options['vertical']} decides by rules and model again.")


def _person(options: dict[str, Any]) -> User:
    user = User.objects.filter(username=options["by"], is_active=True).first()
    if user is None:
        raise CommandError(f"There is nobody called {options['by']}.")
    return user
