"""The rule book: the list of rules, which leads to their pages."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone as clock

from features.framework import CATEGORIES
from foundation.admin_parts import demand, own_paths, page, person
from rules.admin.guide import guide
from rules.admin.pages import state_label
from rules.definition import VERTICALS, Effect, State
from rules.models import Rule
from studio.admin.figures import share_in_words, short_money, short_number
from studio.admin.rule import RulePages
from studio.admin.sparks import spark
from studio.book.listing import PERIODS, SORTS, Asked, Book, Line, read_book

EMPTY = (
    "The rules that decide. manage.py load_rules brings those that are shipped; New rule begins "
    "one of your own."
)


def _choices(values: Any) -> list[tuple[str, str]]:
    return [("", "any"), *((value, str(value).replace("_", " ")) for value in values)]


class BookForm(forms.Form):
    """What of the book is asked for; anything that is no choice is passed over."""

    q = forms.CharField(required=False, max_length=200)
    days = forms.TypedChoiceField(
        choices=[(days, f"{days} days") for days in PERIODS],
        coerce=int,
        required=False,
    )
    state = forms.ChoiceField(choices=_choices(State), required=False)
    category = forms.ChoiceField(choices=_choices(CATEGORIES), required=False)
    effect = forms.ChoiceField(choices=_choices(Effect), required=False)
    vertical = forms.ChoiceField(choices=_choices(VERTICALS), required=False)
    sort = forms.CharField(required=False, max_length=20)

    def asked(self) -> Asked:
        self.is_valid()
        data = self.cleaned_data
        sort = data.get("sort", "")
        return Asked(
            days=data.get("days") or 30,
            sort=sort if sort.removeprefix("-") in SORTS else "code",
            state=data.get("state", ""),
            category=data.get("category", ""),
            effect=data.get("effect", ""),
            vertical=data.get("vertical", ""),
            text=data.get("q", ""),
        )


# Name, heading, whether a first click sorts from the largest down, and what it means.
_COLUMNS = (
    ("name", "Rule", False, "Its name and its code"),
    ("state", "State", False, "Where it stands, and its version"),
    ("hits", "Hits", True, "Transactions on which it fired, with effect or in shadow, by day"),
    ("precision", "Precision", True, "Fraud among its labelled hits"),
    (
        "false_positives",
        "False positives",
        True,
        "Genuine transactions that it hit and that were held for review or declined",
    ),
    (
        "money",
        "Money stopped",
        True,
        "Amount of fraud that it hit and that was not approved; other rules may have hit it too",
    ),
    ("changed", "Last change", True, "Its newest version"),
)


@admin.register(Rule)
class RuleAdmin(RulePages):
    empty_list = EMPTY

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self,
            ("guide/", self.guide_view, "guide"),
            ("code/<slug:code>/", self.code_view, "by_code"),
        )
        return [*own, *super().get_urls()]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The whole book on one page. Seven queries besides the frame's, however many rules."""
        demand(request, "rules.view_rule")
        user = person(request)
        form = BookForm(request.GET)
        asked = form.asked()
        book = read_book(by=user, asked=asked, now=clock.now())
        return page(
            self,
            request,
            "studio/book.html",
            title="Rule book",
            book=book,
            rows=[_row(line, book) for line in book.lines],
            asked=asked,
            form=BookForm(initial={**request.GET.dict(), "days": asked.days}),
            columns=_columns(request.GET, asked, book),
            states=_states(request.GET, asked, book),
            periods=[(days, _with(request.GET, days=days), days == asked.days) for days in PERIODS],
            filters=sum(bool(v) for v in (asked.category, asked.effect, asked.vertical)),
            narrowed=any((asked.state, asked.category, asked.effect, asked.vertical, asked.text)),
            nothing=EMPTY,
            may_add=user.has_perm("rules.add_rule"),
            is_fullwidth="1",
        )

    def code_view(self, request: HttpRequest, code: str) -> HttpResponse:
        """Leads from a code, which is all that decisions keep, to the rule's page."""
        rule = get_object_or_404(Rule, code=code)
        return HttpResponseRedirect(reverse("admin:rules_rule_change", args=[rule.pk]))

    def guide_view(self, request: HttpRequest) -> HttpResponse:
        """The language in short, and every feature that a rule can read; no query."""
        demand(request, "rules.view_rule")
        return page(self, request, "studio/guide.html", title="Writing rules", **guide())


def _with(params: QueryDict, **changes: Any) -> str:
    kept = {name: value for name, value in params.items() if value and name not in changes}
    kept |= {name: value for name, value in changes.items() if value}
    return f"?{urlencode(kept)}"


def _columns(params: QueryDict, asked: Asked, book: Book) -> list[dict[str, Any]]:
    """Headings with their links; `sorted` is what screen readers are told."""
    found = []
    for name, title, down_first, meaning in _COLUMNS:
        here = asked.sort.removeprefix("-") == name
        down = not asked.sort.startswith("-") if here else down_first
        found.append(
            {
                "name": name,
                "title": title,
                "meaning": meaning,
                "url": _with(params, sort=f"-{name}" if down else name),
                "sorted": ("descending" if asked.sort.startswith("-") else "ascending")
                if here
                else "",
            }
        )
    hidden = set() if book.may_see_figures else {"hits", "precision", "false_positives", "money"}
    return [column for column in found if column["name"] not in hidden]


def _states(params: QueryDict, asked: Asked, book: Book) -> list[dict[str, Any]]:
    chips = [{"name": "all", "count": sum(book.counts.values()), "state": ""}]
    chips += [{"name": s, "count": n, "state": s} for s, n in book.counts.items()]
    return [
        {**chip, "url": _with(params, state=chip["state"]), "here": chip["state"] == asked.state}
        for chip in chips
    ]


def _row(line: Line, book: Book) -> dict[str, Any]:
    worth = line.worth
    words = f"{line.all_hits:,} hits in {book.days} days, by day"
    return {
        "line": line,
        "state": state_label(line.rule.state),
        "hits": short_number(line.all_hits),
        "spark": spark(line.days, words) if book.may_see_figures else "",
        "precision": _percent(worth.precision.value) if worth else "–",
        "precision_words": share_in_words(worth.precision) if worth else "",
        "false_positives": f"{worth.false_positives:,}" if worth else "–",
        "money": short_money(worth.money) if worth else "–",
    }


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.3g} %"
