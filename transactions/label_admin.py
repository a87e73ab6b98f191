"""Labels: the list, and the page that takes a file of them, shown before it is recorded."""

import io
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from clients.admin import InstitutionFilter
from clients.models import Institution
from foundation.admin_facts import FactAdmin
from foundation.admin_pages import page, person
from foundation.admin_parts import display, relative_time, visible_institutions
from transactions.admin_search import TransactionSearch
from transactions.labels.files import SOURCES, LabelFileError, Tally, import_labels
from transactions.models import Label

LARGEST_FILE: Final = 512 * 1024  # bytes; larger ones go in by command
LARGEST_KEPT: Final = 900_000  # characters; the page between carries the file
_SALT: Final = "transactions.label_file"


class LabelFileForm(forms.Form):
    """A file, and what is not said in it."""

    institution = forms.ModelChoiceField(
        Institution.objects.none(), widget=UnfoldAdminSelectWidget, empty_label=None
    )
    source = forms.ChoiceField(
        choices=[(source.value, source.label) for source in SOURCES],
        initial=Label.Source.CHARGEBACK.value,
        widget=UnfoldAdminSelectWidget,
        help_text="Who says so, in lines that do not tell.",
    )
    file = forms.FileField(
        label="CSV file",
        widget=UnfoldAdminFileFieldWidget,
        help_text=(
            "With a header line. Needed: transaction_id (or order_id, reference). Optional: "
            "is_fraud, chargeback_date, reason_code, typology, source."
        ),
    )

    def __init__(self, *args: Any, institutions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution"].queryset = institutions  # type: ignore[attr-defined]

    def clean_file(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if file.size is not None and file.size > LARGEST_FILE:
            raise forms.ValidationError(
                f"Files of more than {LARGEST_FILE // 1024} KiB go in with manage.py import_labels."
            )
        return file


@admin.register(Label)
class LabelAdmin(TransactionSearch, FactAdmin):
    transaction_field = "transaction"
    list_display = ("known", "transaction", "verdict", "source", "typology")
    list_display_links = ("transaction",)
    list_filter = ("is_fraud", "source", InstitutionFilter)
    list_select_related = ("transaction", "institution")
    ordering = ("-known_at",)
    empty_list = (
        "A label says whether a transaction was fraud. Labels come from reviewers, chargebacks and "
        "the client's feedback, often weeks later."
    )
    actions_list = ("upload",)

    @display(description="Known")
    def known(self, obj: Label) -> Any:
        return relative_time(obj.known_at)

    @display(description="Verdict", label={"fraud": "danger", "genuine": "success"})
    def verdict(self, obj: Label) -> str:
        return "fraud" if obj.is_fraud else "genuine"

    # -- a file of labels ----------------------------------------------------------------------

    def has_upload_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return person(request).has_perm("transactions.add_label")

    @action(  # type: ignore[untyped-decorator]
        description="Upload a file",
        permissions=["upload"],
        icon="upload_file",
        variant=ActionVariant.PRIMARY,
    )
    def upload(self, request: HttpRequest) -> HttpResponse:
        """Asks for the file, shows what it would do, and does it when that is confirmed."""
        if "confirmed" in request.POST:
            return self._record(request)
        form = LabelFileForm(
            request.POST or None,
            request.FILES or None,
            institutions=self._institutions(request),
        )
        if request.method == "POST" and form.is_valid():
            try:
                return self._preview(request, **form.cleaned_data)
            except (LabelFileError, UnicodeDecodeError) as error:
                reason = str(error) if isinstance(error, LabelFileError) else "it is not UTF-8 text"
                form.add_error("file", f"The file cannot be taken: {reason}.")
        return self._page(request, title="Upload labels or chargebacks", form=form)

    def _preview(
        self, request: HttpRequest, institution: Institution, source: str, file: "UploadedFile[Any]"
    ) -> HttpResponse:
        """Raises LabelFileError, UnicodeDecodeError."""
        text, name = file.read().decode("utf-8-sig"), str(file.name)[:100]
        kept = signing.dumps([institution.pk, source, name, text], salt=_SALT, compress=True)
        if len(kept) > LARGEST_KEPT:
            raise LabelFileError("it is too large for this page; use manage.py import_labels")
        tally = self._import(request, institution, source, name, text, dry_run=True)
        return self._page(
            request,
            title=f"What {name} would do",
            tally=tally,
            counts=_in_words(tally),
            more=tally.counts["bad"] - len(tally.bad),
            kept=kept,
            institution=institution,
        )

    def _record(self, request: HttpRequest) -> HttpResponse:
        """What was shown is what is recorded: the content comes back signed."""
        here = reverse("admin:transactions_label_upload")
        try:
            pk, source, name, text = signing.loads(
                request.POST.get("kept", ""), salt=_SALT, max_age=3_600
            )
        except signing.BadSignature:
            messages.error(request, "That preview is too old; choose the file again.")
            return HttpResponseRedirect(here)
        institution = self._institutions(request).filter(pk=pk).first()
        if institution is None:
            messages.error(request, "You do not work for that institution.")
            return HttpResponseRedirect(here)
        tally = self._import(request, institution, source, name, text, dry_run=False)
        messages.success(request, f"{name}: {tally.counts['recorded']:,} labels recorded.")
        return HttpResponseRedirect(reverse("admin:transactions_label_changelist"))

    def _import(
        self,
        request: HttpRequest,
        institution: Institution,
        source: str,
        name: str,
        text: str,
        *,
        dry_run: bool,
    ) -> Tally:
        return import_labels(
            institution=institution,
            file=io.StringIO(text, newline=""),
            name=name,
            by=person(request),
            source=source,
            dry_run=dry_run,
        )

    def _page(self, request: HttpRequest, **context: Any) -> HttpResponse:
        back = reverse("admin:transactions_label_changelist")
        here = reverse("admin:transactions_label_upload")
        return page(self, request, "transactions/label_file.html", back=back, here=here, **context)

    def _institutions(self, request: HttpRequest) -> Any:
        ids = visible_institutions(person(request))
        found = Institution.objects.order_by("name")
        return found if ids is None else found.filter(pk__in=ids)


def _in_words(tally: Tally) -> list[tuple[int, str]]:
    """The figures of the preview, each with what it means."""
    return [
        (tally.counts["recorded"], "labels to record"),
        (tally.counts["unchanged"], "there already"),
        (tally.counts["passed_over"], "not about fraud"),
        (tally.counts["bad"], "lines that cannot be taken"),
    ]
