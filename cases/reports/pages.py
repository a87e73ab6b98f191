"""The page of a suspicious-activity report, and the tab of a case that leads there."""

from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.urls import reverse

from cases.models import ActivityReport, Case
from cases.queries import knows_of_reports
from cases.reports.activity import LONGEST, QUESTIONS, Content, open_content, standing_of
from cases.reports.filing import REVEAL, may_read, newest_report
from cases.services.working import WORK
from foundation import approvals
from foundation.errors import Problem
from foundation.models import User

_ROWS: Final = {"who": 4, "what": 9, "when": 4, "where": 5, "why": 10}


class ReportForm(forms.Form):
    """Five answers in plain text. Blank ones may be saved, but not submitted."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    kept = False  # what was typed has been saved, whatever else was refused

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, auto_id="report-%s", **more)
        for name, question in QUESTIONS:
            area = forms.Textarea({"rows": _ROWS[name], "class": "cs-input"})
            self.fields[name] = forms.CharField(
                label=question, max_length=LONGEST, required=False, widget=area
            )

    def content(self) -> Content:
        """To be called when it is valid. Browsers send line ends as CR LF."""
        given = self.cleaned_data
        return Content(**{name: given[name].replace("\r\n", "\n") for name, _ in QUESTIONS})

    def refuse(self, problem: Problem) -> None:
        for error in problem.errors:
            if error.field in self.fields:
                self.add_error(error.field, error.message)
        self.add_error(None, problem.detail)


def form_of(report: ActivityReport, *, data: QueryDict | None = None) -> ReportForm:
    """The form over this version; with `data`, what was typed stays in it."""
    if data is not None:
        typed = data.copy()
        typed["version"] = str(report.version)
        form = ReportForm(typed)
        form.is_valid()
        return form
    content = open_content(report)
    answers = {name: getattr(content, name) for name, _ in QUESTIONS}
    return ReportForm(initial={"version": report.version, **answers})


def report_context(case: Case, user: User, form: ReportForm | None) -> dict[str, Any]:
    """What the page shows; `form` is a refused one."""
    newest = newest_report(case)
    context: dict[str, Any] = {
        "case": case,
        "newest": newest,
        "may_work": user.has_perm(WORK),
        "may_reveal": user.has_perm(REVEAL),
        "refused": form,
    }
    if newest is None:
        return context
    content, standing = open_content(newest), standing_of(newest)
    readable = may_read(user, content)
    editable = readable and standing.editable and user.has_perm(WORK)
    return {
        **context,
        "standing": standing,
        "readable": readable,
        "identified": content.identified,
        "form": (form or form_of(newest)) if editable else None,
        "typed": _typed(form) if form is not None and not editable else [],
        "answers": [(q, getattr(content, name)) for name, q in QUESTIONS] if readable else [],
        "approval": _approval(newest, user),
        "voters": approvals.voters(newest.approval) if newest.approval else [],
        "versions": _versions(case),
    }


def _typed(form: ReportForm) -> list[tuple[str, str]]:
    """What was typed where it can no longer be saved, to be copied."""
    return [(question, str(form.data.get(name, ""))) for name, question in QUESTIONS]


def _approval(newest: ActivityReport, user: User) -> str:
    """Where the person votes on it, or takes it back."""
    request = newest.approval
    if request is None or not user.has_perm("foundation.view_approvalrequest"):
        return ""
    return reverse("admin:foundation_approvalrequest_change", args=[request.pk])


def _versions(case: Case) -> list[tuple[ActivityReport, str]]:
    rows = case.reports.select_related("by", "approval").prefetch_related("approval__votes")
    return [(row, standing_of(row).told) for row in rows.order_by("-version")[:50]]


def tab_context(case: Case, user: User) -> dict[str, Any]:
    """The tab of the case: its dossier, and where its report stands for who may know of one."""
    knows = knows_of_reports(user)
    newest = newest_report(case) if knows else None
    return {
        "knows": knows,
        "newest": newest,
        "standing": standing_of(newest) if newest else None,
        "may_work": user.has_perm(WORK),
        "may_reveal": user.has_perm(REVEAL),
    }
