"""Exchange rates, edited through the service."""

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from foundation.admin_parts import FastModelAdmin, person
from intelligence.models import ExchangeRate
from intelligence.services import save_rate


@admin.register(ExchangeRate)
class ExchangeRateAdmin(FastModelAdmin):
    list_display = ("currency", "date", "rate", "source")
    empty_list = "Rates convert amounts between currencies. Load them with manage.py import_rates."
    list_filter = ("currency",)
    search_fields = ("currency",)
    ordering = ("-day", "currency")

    @admin.display(description="day", ordering="day")
    def date(self, rate: ExchangeRate) -> str:
        return rate.day.isoformat()

    @admin.display(description="units per USD", ordering="per_usd")
    def rate(self, rate: ExchangeRate) -> str:
        """Without zeros that say nothing: 1,530 and 0.00071."""
        text = f"{rate.per_usd:,f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def has_delete_permission(self, request: HttpRequest, obj: ExchangeRate | None = None) -> bool:
        return False  # past decisions were made with it

    def save_model(
        self,
        request: HttpRequest,
        obj: ExchangeRate,
        form: "ModelForm[ExchangeRate]",
        change: bool,
    ) -> None:
        save_rate(rate=obj, by=person(request))
