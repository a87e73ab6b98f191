"""What the doors themselves remember: how far an import of a file has come."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from clients.models import Institution


class ImportRun(models.Model):
    """One file being fed through the pipeline. Its counts are committed together with the rows that
    they count, so they are exact whenever the process dies."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        PAUSED = "paused", "paused"
        FINISHED = "finished", "finished"
        ABANDONED = "abandoned", "started over"

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255, help_text="Without its folder.")
    file_size = models.PositiveBigIntegerField(help_text="Bytes.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the content.")
    format = models.CharField(max_length=16)
    options = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    rows = models.PositiveBigIntegerField(help_text="Rows in the file, without the header.")
    in_order = models.BooleanField(help_text="Whether the file has event-time order.")
    progress = ArrayField(
        models.PositiveBigIntegerField(),
        help_text="For each worker the rows behind it, in event-time order.",
    )
    imported = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0, help_text="Were there, and the same.")
    rejected = models.PositiveBigIntegerField(default=0)
    labels = models.PositiveBigIntegerField(default=0, help_text="Labels that came with the rows.")
    started_at = models.DateTimeField(auto_now_add=True)
    resumed_at = models.DateTimeField(help_text="When it was last started.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Has this file been imported, and how far?
            models.Index(fields=["institution", "fingerprint", "-id"], name="import_of_file"),
            # What else was imported under this name?
            models.Index(fields=["institution", "file_name", "-id"], name="import_of_name"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"

    @property
    def done(self) -> int:
        """Rows dealt with."""
        return self.imported + self.repeated + self.rejected

    @property
    def level(self) -> bool:
        """Whether all workers have come equally far."""
        return len(set(self.progress)) == 1


class ImportReject(models.Model):
    """A row that was not taken, until it is safely in the rejects file of its finished run.

    It may hold personal data, so it is sealed. Kept here and not appended to the file at once: only
    so do a row's rejection and the progress past it stand or fall together.
    """

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rejects", db_index=False)
    row = models.PositiveBigIntegerField()
    reason = models.TextField()
    given_sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "row"], name="reject_once")]

    def __str__(self) -> str:
        return f"row {self.row}"
