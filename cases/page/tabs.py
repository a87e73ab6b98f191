"""The tabs of a case. Each is a link that works without scripts, and a fragment that a script puts
in place; each is read only when it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict
from django.urls import reverse

from cases.graph.presenting import neighbourhood_of, picture
from cases.models import Case, CaseEntry
from cases.page import consortium, timeline
from cases.page.acting import ACTS, offered
from cases.page.buttons import act_url
from cases.page.reading import COUNTED_UP_TO, Facts
from cases.page.related import related_cases
from cases.page.similar import similar_cases
from cases.queries import current_statuses, hidden_from
from cases.reports.pages import tab_context
from cases.services.listing import entries_naming
from cases.services.mentions import names_in
from foundation.models import AuditEntry, User
from transactions.models import Transaction

ROWS: Final = 50
NOTES: Final = 100
SEE_AUDIT: Final = "foundation.view_auditentry"
FIRST: Final = "timeline"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a tab is asked with; `failed` is an action in it with its refused form."""

    case: Case
    user: User
    params: QueryDict
    closing: bool
    failed: tuple[str, Any] | None = None


Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tab:
    title: str
    read: Callable[[Asked], Context]  # a constant number of queries
    key: str = ""
    permission: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A tab as the page offers it."""

    name: str
    title: str
    key: str
    count: str
    url: str
    fragment: str
    here: bool


def template_of(name: str) -> str:
    return f"cases/tabs/{name}.html"


def links(case: Case, user: User, facts: Facts, here: str) -> list[Link]:
    page = reverse("admin:cases_case_change", args=[case.pk])
    counts = _counts(facts)
    return [
        Link(
            name=name,
            title=tab.title,
            key=tab.key,
            count=counts.get(name, ""),
            url=f"{page}?tab={name}#tabs",
            fragment=reverse("admin:cases_case_tab", args=[case.pk, name]),
            here=name == here,
        )
        for name, tab in TABS.items()
        if may_see(name, user)
    ]


def may_see(name: str, user: User) -> bool:
    tab = TABS.get(name)
    return tab is not None and (not tab.permission or user.has_perm(tab.permission))


def _counts(facts: Facts) -> dict[str, str]:
    numbers = {
        "transactions": facts.counts.transactions,
        "alerts": facts.counts.alerts,
        "earlier": len(facts.others),
        "lists": len(facts.listings),
        "notes": facts.counts.notes,
        "files": facts.counts.files,
    }
    return {name: _up_to(number) for name, number in numbers.items()}


def _up_to(number: int) -> str:
    return f"{COUNTED_UP_TO:,}+" if number >= COUNTED_UP_TO else str(number)


def _timeline(asked: Asked) -> Context:
    number = asked.params.get("page", "1")
    shown = timeline.timeline(
        asked.case,
        kind=asked.params.get("kind", ""),
        number=int(number) if number.isdecimal() and len(number) < 4 else 1,
        hidden=hidden_from(asked.user),
    )
    return {"timeline": shown, "kinds": timeline.KINDS.items()}


def _transactions(asked: Asked) -> Context:
    """The customer's newest, flagged or not, with what reviewers made of them."""
    rows = (
        Transaction.objects.filter(customer=asked.case.customer_id)
        .select_related("decision", "alert")
        .defer(*_heavy("decision__"))
        .order_by("-pk")
    )
    found = list(rows[: ROWS + 1])
    current = current_statuses(row.pk for row in found[:ROWS])
    shown = [(row, getattr(row, "decision", None), current.get(row.pk)) for row in found[:ROWS]]
    return {"rows": shown, "more": len(found) > ROWS}


def _alerts(asked: Asked) -> Context:
    """The case's own, the strongest first, each with what may be done to it alone."""
    rows = (
        asked.case.alerts.select_related("transaction__decision")
        .defer(*_heavy("transaction__decision__"), "transaction__sealed")
        .order_by("-score", "-pk")
    )
    found = list(rows[: ROWS + 1])
    current = current_statuses(alert.transaction_id for alert in found[:ROWS])
    may = offered(asked.case, asked.user, closing=asked.closing)
    refused = asked.failed if asked.failed and asked.failed[0] in _OF_ONE else None
    form = refused[1] if refused else None
    return {
        "rows": [(alert, current.get(alert.transaction_id)) for alert in found[:ROWS]],
        "more": len(found) > ROWS,
        "acts": [
            (
                name,
                words,
                act_url(asked.case, name),
                ACTS[name].form(case=asked.case, user=asked.user),
            )
            for name, words in _OF_ONE.items()
            if name in may
        ],
        "refused_act": refused[0] if refused else "",
        "refused_form": form,
        "refused_row": str(form.data.get("transaction", "")) if form is not None else "",
    }


_OF_ONE: Final[Mapping[str, str]] = {"release_one": "Release", "decline_one": "Decline"}


def _heavy(prefix: str) -> Sequence[str]:
    return [f"{prefix}{name}" for name in ("numbers", "texts", "inputs", "hits", "shadow_hits")]


def _earlier(asked: Asked) -> Context:
    rows = Case.objects.filter(customer=asked.case.customer_id).exclude(pk=asked.case.pk)
    return {"others": list(rows.select_related("institution").order_by("-opened_at")[:ROWS])}


def _similar(asked: Asked) -> Context:
    return {"similar": similar_cases(asked.case)}


def _related(asked: Asked) -> Context:
    may = "merge" in offered(asked.case, asked.user, closing=asked.closing)
    around = neighbourhood_of(asked.case)
    return {"related": related_cases(asked.case, around), "may_merge": may}


def _lists(asked: Asked) -> Context:
    entries = entries_naming(asked.case)
    return {
        "entries": [(entry, consortium.reporter(entry)) for entry in entries],
        "consortium": consortium.LIST,
    }


def _notes(asked: Asked) -> Context:
    rows = asked.case.entries.filter(kind=CaseEntry.Kind.NOTED).select_related("by")
    found = list(rows.order_by("-pk")[: NOTES + 1])
    shown = [(row, names_in(row.text)) for row in found[:NOTES]]
    return {"notes": shown, "more": len(found) > NOTES}


def _files(asked: Asked) -> Context:
    files = list(asked.case.attachments.select_related("by").order_by("-pk"))
    may = "attach" in offered(asked.case, asked.user, closing=asked.closing)
    refused = asked.failed[1] if asked.failed and asked.failed[0] == "attach" else None
    form = refused or (ACTS["attach"].form(case=asked.case, user=asked.user) if may else None)
    return {"files": files, "form": form, "url": act_url(asked.case, "attach")}


def _audit(asked: Asked) -> Context:
    rows = AuditEntry.objects.filter(subject=f"cases.case:{asked.case.pk}").order_by("-pk")
    found = list(rows[: ROWS + 1])
    return {"entries": found[:ROWS], "more": len(found) > ROWS}


def _reports(asked: Asked) -> Context:
    return tab_context(asked.case, asked.user)


def linked(case: Case) -> Context:
    """Who shares what with the customer, as a small graph. Eight queries."""
    return {"graph": picture(case, neighbourhood_of(case), small=True)}


TABS: Final[Mapping[str, Tab]] = {
    "timeline": Tab("Timeline", _timeline, "1"),
    "transactions": Tab("Transactions", _transactions, "2"),
    "alerts": Tab("Alerts", _alerts, "3"),
    "earlier": Tab("Earlier cases", _earlier, "4"),
    "similar": Tab("Similar cases", _similar, "5"),
    "related": Tab("Related cases", _related, "6"),
    "lists": Tab("Lists", _lists, "7"),
    "notes": Tab("Notes", _notes, "8"),
    "files": Tab("Files", _files, "9"),
    "audit": Tab("Audit", _audit, "0", SEE_AUDIT),
    "reports": Tab("Reports", _reports, "d"),
}
