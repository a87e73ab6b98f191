"""Pages that show and rotate secrets. Who looks is written down."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from clients.models import Institution
from clients.webhooks import services
from clients.webhooks.admin.forms import ChooseInstitutionForm, RotateForm
from clients.webhooks.admin.labels import endpoint_url
from clients.webhooks.models import WebhookEndpoint
from foundation.admin_parts import action, page, person, visible_institutions


class SecretPages(ModelAdmin):  # type: ignore[misc]
    """The endpoints' part of it; permissions are asked for by the addresses."""

    def secret_view(self, request: HttpRequest, row: WebhookEndpoint) -> HttpResponse:
        def show(request: HttpRequest) -> HttpResponse:
            secret = services.reveal_secret(
                institution=row.institution, endpoint=row, by=person(request)
            )
            return self._secret_page(request, str(row), secret, endpoint_url(row.pk))

        answer: HttpResponse = require_POST(show)(request)
        return answer

    def rotate_view(self, request: HttpRequest, row: WebhookEndpoint) -> HttpResponse:
        back = endpoint_url(row.pk)
        form = RotateForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            secret = services.rotate_secret(
                institution=row.institution, endpoint=row, by=person(request), **form.cleaned_data
            )
            return self._secret_page(request, str(row), secret, back)
        return page(
            self,
            request,
            "foundation/confirm.html",
            title=f"Rotate the secret of {row}",
            form=form,
            button="Rotate",
            back=back,
            explanation="Meanwhile both secrets sign (webhook-signature carries both; "
            "X-Webhook-Signature changes to the new one at the end).",
        )

    @action(description="Default secret", permissions=["manage"], icon="key")
    def default_secret(self, request: HttpRequest) -> HttpResponse:
        """The secret that signs what goes to URLs named by requests."""
        back = reverse("admin:clients_webhookendpoint_changelist")
        form = ChooseInstitutionForm(request.POST or None, institutions=self.institutions(request))
        if request.method == "POST" and form.is_valid():
            institution = form.cleaned_data["institution"]
            secret = services.reveal_secret(institution=institution, by=person(request))
            return self._secret_page(request, str(institution), secret, back)
        return page(
            self,
            request,
            "foundation/confirm.html",
            title="Show an institution's default secret",
            form=form,
            button="Show",
            back=back,
            explanation="It signs what is sent to the URLs that requests name themselves "
            "(X-Webhook-URL). Who looks is written down. To rotate it, open one of the servers "
            "“named by requests”.",
        )

    def _secret_page(
        self, request: HttpRequest, owner: str, secret: str, back: str
    ) -> HttpResponse:
        """Shows a secret in this one answer: not in the session, a message or an address."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Signing secret",
            "owner": owner,
            "secret": secret,
            "back": back,
        }
        response = TemplateResponse(request, "clients/webhook_secret.html", context).render()
        add_never_cache_headers(response)
        return response

    def institutions(self, request: HttpRequest) -> QuerySet[Institution]:
        """Those that the person may register endpoints for."""
        ids = visible_institutions(person(request))
        active = Institution.objects.filter(is_active=True)
        return active if ids is None else active.filter(pk__in=ids)
