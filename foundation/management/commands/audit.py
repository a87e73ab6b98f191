from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.audit_chain import seal_audit_chain, verify_audit_chain


class Command(BaseCommand):
    help = "Seal the audit trail, or verify that nobody changed it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["seal", "verify"])
        parser.add_argument(
            "--expect",
            metavar="HASH",
            default="",
            help="A head noted earlier (hexadecimal): the chain must still contain it.",
        )

    def handle(self, *, what: str, expect: str, **options: Any) -> None:
        if what == "seal":
            self.stdout.write(f"{seal_audit_chain():,} entries sealed.")
            return
        report = verify_audit_chain(expect=expect.lower())
        for problem in report.problems:
            self.stderr.write(problem)
        if not report.ok:
            raise CommandError(f"The audit trail is broken: {report.count:,} problems.")
        self.stdout.write(
            f"{report.checked:,} entries verified, {report.unsealed:,} not sealed yet. "
            f"Head: {report.head_sequence} {report.head_hash.hex()}"
        )
