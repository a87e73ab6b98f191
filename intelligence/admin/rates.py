"""Exchange rates, edited through the service."""

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from foundation.admin_parts import FastModelAdmin, person
from intelligence.models import ExchangeRate
from intelligence.services import save_rate


@admin.register(ExchangeRate)
class ExchangeRateAdmin(FastModelAdmin):
    list_display = ("currency", "day", "per_usd", "source")
    list_filter = ("currency",)
    search_fields = ("currency",)
    ordering = ("-day", "currency")

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
