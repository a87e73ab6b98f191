from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from foundation import crypto, rekey

ACTOR = "command:rekey"


class Command(BaseCommand):
    help = "Move sealed values and keyed hashes to the current key. Resumable."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=500, help="Rows per transaction.")
        parser.add_argument(
            "--status", action="store_true", help="Only show which keys are still needed."
        )

    def handle(self, *, batch: int, status: bool, **options: Any) -> None:
        if batch < 1:
            raise CommandError("--batch must be 1 or more.")
        if not status:
            self._rekey(batch)
        self._show_status()

    def _rekey(self, batch: int) -> None:
        version = crypto.keyring().current
        rekey.record_run("start", ACTOR, {"version": version})
        done, failed = 0, []
        for sealed in rekey.sealed_models():
            progress = self._walk(sealed, batch)
            done += progress.done
            failed += [f"{progress.model}:{pk}" for pk in progress.failed]
        rekey.record_run("end", ACTOR, {"version": version, "done": done, "failed": len(failed)})
        self.stdout.write(f"{done:,} rows moved to key {version}.")
        if failed:
            shown = ", ".join(failed[:20])
            raise CommandError(f"{len(failed):,} rows could not be moved: {shown}")

    def _walk(self, sealed: rekey.SealedModel, batch: int) -> rekey.Progress:
        label = sealed.model._meta.label_lower
        last = rekey.Progress(label, 0, [])
        with tqdm(total=rekey.count_outdated(sealed), desc=label, unit=" rows") as bar:
            for last in rekey.rekey_model(sealed, batch=batch):
                bar.update(last.done + len(last.failed) - bar.n)
        return last

    def _show_status(self) -> None:
        usage = rekey.versions_in_use()
        listed = crypto.hash_versions()
        for version in sorted({*usage, *listed}, reverse=True):
            counts = usage.get(version, {})
            self.stdout.write(f"key {version}: {_verdict(version, counts, listed)}")
            for label, count in sorted(counts.items()):
                self.stdout.write(f"    {label}: {count:,}")


def _verdict(version: int, counts: dict[str, int], listed: tuple[int, ...]) -> str:
    if version not in listed:
        return "MISSING from FRAUDSHIELD_KEYS, but still needed to read these values"
    if version == listed[0]:
        return "current"
    return "still needed" if counts else "no longer used; it may be taken out of FRAUDSHIELD_KEYS"
