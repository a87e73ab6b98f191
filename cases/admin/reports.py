"""What leaves the house: a queue as CSV, the dossier of a case, its suspicious-activity report."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.views.decorators.http import require_GET, require_POST

from cases.admin.queue import case_url, queue_form
from cases.models import ActivityReport, Case
from cases.queries import knows_of_reports
from cases.queues.reading import cases_asked_for
from cases.reports.activity_files import make_report_file
from cases.reports.filing import REVEAL, draft_report, newest_report, save_report, submit_report
from cases.reports.pages import ReportForm, form_of, report_context
from cases.reports.queue_csv import queue_csv
from cases.reports.writing import make_dossier
from cases.services.working import WORK
from foundation.admin_facts import FactPageAdmin
from foundation.admin_parts import demand, found, page, person, visible_institutions
from foundation.errors import Problem

MEDIA = {"json": "application/json", "pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}


def report_url(pk: int) -> str:
    return reverse("admin:cases_case_report", args=[pk])


class ReportPages(FactPageAdmin):
    """Adds them to the admin of cases."""

    def get_urls(self) -> list[URLPattern]:
        def get(view: Any) -> Any:
            return self.admin_site.admin_view(require_GET(view))

        def post(view: Any) -> Any:
            return self.admin_site.admin_view(require_POST(view))

        own = [
            path("csv/", get(self.csv_view), name="cases_case_csv"),
            # By POST: it leaves an entry on the audit trail, which following a link must not.
            path("<int:pk>/dossier/", post(self.dossier_view), name="cases_case_dossier"),
            path("<int:pk>/report/", get(self.report_view), name="cases_case_report"),
            path("<int:pk>/report/draft/", post(self.report_draft_view), name="cases_report_draft"),
            path("<int:pk>/report/save/", post(self.report_save_view), name="cases_report_save"),
            path("<int:pk>/report/file/", post(self.report_file_view), name="cases_report_file"),
        ]
        return [*own, *super().get_urls()]

    # -- the queue ----------------------------------------------------------------------------

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """The cases that the queue's filters leave, all of them, streamed."""
        demand(request, "cases.view_case")
        user, now = person(request), clock.now()
        form = queue_form(request, request.GET)
        form.is_valid()
        scope = visible_institutions(user)
        cases = cases_asked_for(form.asked(), by=user, scope=scope, now=now)
        filters = {name: request.GET.getlist(name) for name in request.GET if name != "q"}
        if request.GET.get("q"):
            filters["q"] = ["(searched for an identifier)"]
        chunks = queue_csv(cases, by=user, filters=filters, now=now)
        response = StreamingHttpResponse(chunks, content_type=MEDIA["csv"])
        return _as_file(response, f"cases-{now:%Y%m%d-%H%M}.csv")

    # -- the dossier --------------------------------------------------------------------------

    def dossier_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        case: Case = found(self, request, str(pk))
        form = _form(request)
        revealed = request.POST.get("revealed") == "1"
        if revealed:
            demand(request, REVEAL)
        made = make_dossier(case=case, by=person(request), form=form, revealed=revealed)
        name = f"case-{pk}-dossier.{form}"
        response = FileResponse(made.file, content_type=MEDIA[form])
        response.headers["X-Content-SHA256"] = made.sha256
        return _as_file(response, name)

    # -- the suspicious-activity report -------------------------------------------------------

    def report_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        case: Case = found(self, request, str(pk))
        return self._report_page(request, case, None)

    def report_draft_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        case: Case = found(self, request, str(pk))
        demand(request, WORK)
        revealed = request.POST.get("revealed") == "1"
        if revealed:
            demand(request, REVEAL)
        try:
            draft_report(case_id=case.pk, by=person(request), revealed=revealed)
        except Problem as problem:
            messages.warning(request, problem.detail)
        return HttpResponseRedirect(report_url(pk))

    def report_save_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Saves what was typed; with "submit", asks for approval of it. What is refused is told on
        the page, with everything typed still there."""
        case: Case = found(self, request, str(pk))
        demand(request, WORK)
        form = ReportForm(request.POST)
        if not form.is_valid():
            return self._report_page(request, case, form, status=400)
        user, submits = person(request), "submit" in request.POST
        try:
            saved = save_report(
                case_id=pk, by=user, version=form.cleaned_data["version"], content=form.content()
            )
            if submits:
                form = form_of(saved, data=request.POST)
                form.kept = True
                submit_report(case_id=pk, by=user, version=saved.version)
        except Problem as problem:
            form.refuse(problem)
            return self._report_page(request, case, form, status=problem.status)
        done = "submitted for approval" if submits else "saved"
        messages.success(request, f"Version {saved.version} is {done}.")
        return HttpResponseRedirect(report_url(pk))

    def report_file_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """One version, the newest unless another is named, as a file."""
        case: Case = found(self, request, str(pk))
        form, version = _form(request), request.POST.get("version", "")
        rows = ActivityReport.objects.filter(case=case).select_related("by", "approval", "case")
        rows = rows.prefetch_related("approval__votes")
        named = version.isascii() and version.isdecimal() and len(version) < 9
        report = rows.filter(version=int(version)).first() if named else newest_report(case)
        if report is None:
            raise Http404
        demand_to_know(request)
        made = make_report_file(report=report, by=person(request), form=form)
        response = HttpResponse(made, content_type=MEDIA[form])
        return _as_file(response, f"case-{pk}-report-{report.version}.{form}")

    def _report_page(
        self, request: HttpRequest, case: Case, form: ReportForm | None, *, status: int = 200
    ) -> HttpResponse:
        demand_to_know(request)
        context = report_context(case, person(request), form)
        title = f"Suspicious-activity report on case {case.pk}"
        response = page(
            self,
            request,
            "cases/report.html",
            title=title,
            row=case,
            original=case,
            back=case_url(case.pk),
            **context,
        )
        response.status_code = status
        response.headers["Cache-Control"] = "no-store"
        return response


def demand_to_know(request: HttpRequest) -> None:
    """Raises PermissionDenied for who must not learn of reports."""
    if not knows_of_reports(person(request)):
        raise PermissionDenied


def _form(request: HttpRequest) -> str:
    form = request.POST.get("form", "pdf")
    if form not in ("json", "pdf"):
        raise Http404
    return form


def _as_file(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
