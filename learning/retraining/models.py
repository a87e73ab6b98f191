"""What became of each training."""

from django.db import models

from scoring.serving.models import ModelVersion


class TrainingRun(models.Model):
    """One training, from its start: by whom, on which labels, and how it ended."""

    class Cause(models.TextChoices):
        ASKED = "asked", "asked for"
        FIRST = "first", "first model"
        LABELS = "labels", "new labels"
        DRIFT = "drift", "drift"

    class State(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        REFUSED = "refused", "refused"
        FAILED = "failed", "failed"

    cause = models.CharField(max_length=6, choices=Cause)
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    said = models.CharField(max_length=400, blank=True, help_text="How it stands, or why it ended.")
    # Equal marks: not one label came, changed or counts for the first time.
    mark = models.CharField(max_length=64)
    labels = models.PositiveIntegerField(help_text="Known when it began.")
    known_by = models.DateTimeField(help_text="What was known then was learned from.")
    model = models.ForeignKey(ModelVersion, models.PROTECT, null=True, related_name="+")
    made_by = models.CharField(max_length=150)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["-started_at"], name="training_latest")  # serves: the page, due.py
        ]

    def __str__(self) -> str:
        return f"training {self.pk}: {self.state}"
