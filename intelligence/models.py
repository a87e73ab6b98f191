"""What is known of the world. For now: what currencies were worth on which day."""

from django.core.validators import RegexValidator
from django.db import models


class ExchangeRate(models.Model):
    """Units of a currency that one US dollar bought on a day."""

    day = models.DateField()
    currency = models.CharField(max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$")])
    per_usd = models.DecimalField("units per USD", max_digits=24, decimal_places=10)
    source = models.CharField(max_length=120)

    class Meta:
        ordering = ["-day", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="rate_once_a_day"),
            models.CheckConstraint(condition=models.Q(per_usd__gt=0), name="rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.day}"
