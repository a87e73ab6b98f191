"""Versions of models and where they stand; their files are in MODELS_DIR."""

from pathlib import Path

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from scoring.detectors import Detector, read_artefact


class ModelVersion(models.Model):
    """A trained model. Its files are in a folder of the version's name and never change."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", "candidate"
        SHADOW = "shadow", "challenger"
        CHAMPION = "champion", "champion"
        RETIRED = "retired", "retired"

    version = models.SlugField(max_length=64, unique=True)
    state = models.CharField(max_length=9, choices=State, default=State.CANDIDATE)
    share = models.PositiveSmallIntegerField(
        "deciding share",
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(50)],
        help_text="Percentage of customers for whom a challenger decides.",
    )
    digest = models.CharField(max_length=64, help_text="SHA-256 of the manifest, hexadecimal.")
    catalogue_version = models.PositiveSmallIntegerField()
    card = models.JSONField(default=dict, help_text="How it was trained and how it did.")
    note = models.CharField(max_length=300, blank=True)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField("last change", auto_now=True)
    promoted_at = models.DateTimeField(null=True, help_text="When it last came into force.")
    # What a process met that could not use it; emptied by the next one that can.
    fault = models.CharField(max_length=500, blank=True)
    faulted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "model"
        default_permissions = ("view",)
        permissions = [
            ("operate_modelversion", "Can put models beside the champion, and retire them"),
            ("promote_modelversion", "Can propose which model decides, and roll back"),
            ("approve_modelversion", "Can approve which model decides"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], name="model_one_champion", condition=Q(state="champion")
            ),
            models.CheckConstraint(
                name="model_share_is_a_challengers",
                condition=Q(share=0) | Q(state="shadow", share__gt=0, share__lte=50),
            ),
        ]

    def __str__(self) -> str:
        return self.version

    @property
    def folder(self) -> Path:
        return Path(settings.MODELS_DIR) / self.version

    def detector(self) -> Detector:
        """Ready to be asked, read from its files. Raises ArtefactError."""
        return Detector(read_artefact(self.folder, digest=self.digest))


class ModelRegistry(models.Model):
    """The one row whose revision grows with every change of the models in use. Scoring reads it
    with every transaction; made on first use."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="model_registry_once", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"revision {self.revision}"


class Explanation(models.Model):
    """What moved the model on one decision: exact shares (TreeSHAP) that add up to the margin."""

    decision = models.OneToOneField(
        "scoring.Decision", models.PROTECT, primary_key=True, db_constraint=False
    )
    model_version = models.CharField(max_length=64)
    base = models.FloatField(help_text="The mean margin in training, log odds.")
    margin = models.FloatField(help_text="Base and all contributions, log odds.")
    factors = models.JSONField(help_text="Name, value and contribution, the strongest first.")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"explanation of {self.decision_id}"
