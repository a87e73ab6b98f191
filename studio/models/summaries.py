"""What rules turned out to be worth, kept ready so that a list of them opens at once."""

from django.db import models

from clients.models import Institution


class RuleSummary(models.Model):
    """One institution's figures of all rules, replaced as a whole by `studio.book.summing`.

    `figures` is {"d30": {code: {"fraud", "genuine", "stopped_genuine", "money_stopped",
    "unpriced"}}}; a rule without a labelled hit is left out. Money is in the institution's base
    currency.
    """

    institution = models.OneToOneField(
        Institution, models.CASCADE, primary_key=True, related_name="+"
    )
    as_of = models.DateTimeField()
    decisions = models.PositiveBigIntegerField(help_text="Labelled decisions that were read.")
    figures = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"rules of institution {self.institution_id}"
