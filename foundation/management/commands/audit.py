import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.anchoring import anchor_audit_chain
from foundation.audit_anchors import anchor_file, read_anchors
from foundation.audit_chain import seal_audit_chain, verify_audit_chain
from foundation.audit_export import export_audit_trail
from foundation.files import whole_file


class Command(BaseCommand):
    help = "Seal the audit trail, anchor it, verify that nobody changed it, or export it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["seal", "anchor", "verify", "export"])
        parser.add_argument(
            "--expect",
            metavar="HASH",
            default="",
            help="verify: a head noted earlier (hexadecimal); the chain must still contain it.",
        )
        parser.add_argument(
            "--anchors", type=Path, help="verify: another file of anchors, such as a copy."
        )
        parser.add_argument(
            "--files", action="store_true", help="verify: open each attached file, too."
        )
        parser.add_argument("--out", type=Path, help="export: the file; standard output without.")
        parser.add_argument(
            "--after", type=int, default=0, help="export: only entries after this number."
        )

    def handle(self, *, what: str, **options: Any) -> None:
        if what == "seal":
            self.stdout.write(f"{seal_audit_chain():,} entries sealed.")
        elif what == "anchor":
            self._anchor()
        elif what == "export":
            self._export(options["out"], options["after"])
        else:
            path = options["anchors"] or anchor_file()
            self._verify(options["expect"].lower(), path, files=options["files"])

    def _anchor(self) -> None:
        seal_audit_chain()
        anchor = anchor_audit_chain()
        told = f"Anchored {anchor.sequence} {anchor.head}" if anchor else "Nothing new to anchor"
        self.stdout.write(f"{told} in {anchor_file()}.")

    def _export(self, out: Path | None, after: int) -> None:
        seal_audit_chain()
        if out is None:
            export_audit_trail(sys.stdout.buffer, after=after)
            return
        try:
            with whole_file(out) as file:
                done = export_audit_trail(file, after=after)
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{done.entries:,} entries written to {out}. Head: {done.head}")

    def _verify(self, expect: str, path: Path, *, files: bool) -> None:
        anchors, problems = read_anchors(path)
        report = verify_audit_chain(expect=expect, anchors=anchors, files=files)
        for problem in problems:
            report.add(problem)
        for problem in report.problems:
            self.stderr.write(problem)
        if not report.ok:
            raise CommandError(f"The audit trail is broken: {report.count:,} problems.")
        self.stdout.write(
            f"{report.checked:,} entries verified, {report.unsealed:,} not sealed yet, "
            f"{len(anchors):,} anchors agree. Head: {report.head_sequence} {report.head_hash.hex()}"
        )
