"""The admin's look and its navigation, by job rather than by model.

A link appears for those who may follow it; a section without links disappears. New rooms add their
pages here when there is something behind them.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _allowed(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _link(title: str, icon: str, model: str, permission: str = "") -> dict[str, Any]:
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _allowed(permission or f"{app}.view_{name}"),
    }


def _section(title: str, *links: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": list(links)}


def _account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """Under the person's name."""
    links = [{"title": "Change password", "link": reverse_lazy("admin:password_change")}]
    if settings.TWO_FACTOR != "off":
        links.append({"title": "Two-factor sign-in", "link": reverse_lazy("two-factor")})
    return links


NAVIGATION = [
    {
        "items": [
            {"title": "Home", "icon": "home", "link": reverse_lazy("admin:index")},
        ]
    },
    _section(
        "Review",
        _link("Cases", "work", "cases.case"),
        _link("Alerts", "notifications", "cases.alert"),
        _link("Customers", "person", "transactions.customer"),
        _link("Shared queues", "filter_list", "cases.queue"),
    ),
    _section(
        "Transactions",
        _link("Decisions", "gavel", "scoring.decision"),
        _link("Transactions", "receipt_long", "transactions.transaction"),
        _link("Labels", "label", "transactions.label"),
    ),
    _section(
        "Rules",
        _link("Rule book", "rule", "rules.rule"),
        _link("Change sets", "difference", "studio.changeset"),
        _link("Backtests", "science", "studio.backtest"),
        _link("Rollout", "stacked_line_chart", "studio.rulewatch"),
        _link("Thresholds by cost", "tune", "studio.curve"),
        _link("Health of the book", "vital_signs", "studio.bookhealth"),
        _link("Rulesets", "library_books", "rules.ruleset"),
        _link("Lists", "list_alt", "intelligence.list"),
        _link("List entries", "playlist_add_check", "intelligence.listentry"),
        _link("Verticals", "category", "rules.vertical"),
        _link("Switches", "toggle_on", "rules.switch"),
        _link("Approvals", "approval", "foundation.approvalrequest"),
        _link("Rule activity", "monitoring", "scoring.ruleactivity"),
        _link("Exchange rates", "currency_exchange", "intelligence.exchangerate"),
    ),
    _section(
        "Models",
        _link("Models", "model_training", "scoring.modelversion"),
        _link("Weight suggestions", "balance", "learning.weightsuggestion"),
    ),
    _section(
        "Clients",
        _link("Institutions", "account_balance", "clients.institution"),
        _link("API keys", "key", "clients.apikey"),
        _link("Accounts", "account_circle", "clients.clientaccount"),
        _link("Tiers", "speed", "clients.tier"),
        _link("Webhooks", "webhook", "clients.webhookendpoint"),
        _link("Deliveries", "send", "clients.webhookdelivery"),
    ),
    _section(
        "System",
        _link("Users", "group", "foundation.user"),
        _link("Staff scopes", "badge", "clients.staffscope"),
        _link("Audit trail", "history_edu", "foundation.auditentry"),
        _link("Follow-ups", "outbox", "foundation.outboxevent"),
        _link("Set aside", "report", "foundation.outboxdelivery"),
        _link("Archive", "inventory_2", "learning.archivefile"),
    ),
]

INDIGO = {
    "50": "#eef2ff",
    "100": "#e0e7ff",
    "200": "#c7d2fe",
    "300": "#a5b4fc",
    "400": "#818cf8",
    "500": "#6366f1",
    "600": "#4f46e5",
    "700": "#4338ca",
    "800": "#3730a3",
    "900": "#312e81",
    "950": "#1e1b4b",
}

UNFOLD = {
    "SITE_TITLE": "FraudShield",
    "SITE_HEADER": "FraudShield",
    "SITE_SUBHEADER": "Decisions, rules, cases",
    "SITE_URL": None,
    "SITE_ICON": lambda request: static("fraudshield/icon.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("fraudshield/icon.svg"),
        }
    ],
    "COLORS": {"primary": INDIGO},
    "SHOW_HISTORY": False,  # the audit trail is the history
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda request: static("fraudshield/admin.css")],
    "DASHBOARD_CALLBACK": "fraudshield.home.dashboard",
    "ACCOUNT": {"navigation": _account_links},
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": NAVIGATION},
}
