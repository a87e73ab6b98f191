"""What the archive holds: how far it reaches and which files it consists of.

The rows of decisions are in Parquet files (`learning/archive/`); these tables say which of the
files count, so that nothing half written is ever read.
"""

from django.db import models
from django.db.models import Q


class ArchiveState(models.Model):
    """The one row that says how far the archive reaches. Made on first use."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    through = models.BigIntegerField(
        default=0, help_text="Every decision with a serial up to this one is in the archive."
    )
    exported_at = models.DateTimeField(null=True, help_text="When a run last reached its end.")
    failed_at = models.DateTimeField(null=True, help_text="When a run last failed.")
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="archive_state_once", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"through {self.through}"

    @property
    def is_failing(self) -> bool:
        """Whether the last run failed."""
        if self.failed_at is None:
            return False
        return self.exported_at is None or self.failed_at > self.exported_at


class ArchiveFile(models.Model):
    """One Parquet file: decisions of one day, stored under one version of the catalogue."""

    class State(models.TextChoices):
        WRITING = "writing", "being written"
        LIVE = "live", "live"
        DROPPED = "dropped", "to be removed"

    path = models.CharField(max_length=120, unique=True, help_text="Below the archive's root.")
    day = models.DateField(help_text="Of the transactions (UTC).")
    catalogue_version = models.PositiveSmallIntegerField()
    first_serial = models.BigIntegerField()
    last_serial = models.BigIntegerField()
    rows = models.PositiveIntegerField(help_text="How many decisions it holds.")
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    state = models.CharField(max_length=8, choices=State, default=State.WRITING)
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="archive_file_has_rows",
                condition=Q(rows__gt=0) & Q(first_serial__lte=models.F("last_serial")),
            )
        ]
        indexes = [
            models.Index(  # serves: reading, by days
                fields=["day"], name="archive_live", condition=Q(state="live")
            ),
            models.Index(  # serves: tidying up, at the start of each run
                fields=["state"], name="archive_unsettled", condition=~Q(state="live")
            ),
        ]

    def __str__(self) -> str:
        return self.path


import learning.drift.models  # noqa: E402
import learning.registry.models  # noqa: E402
import learning.retraining.models  # noqa: E402
import learning.weights.models  # noqa: E402, F401
