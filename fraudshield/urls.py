"""Addresses: the doors, the admin, health and metrics."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("favicon.ico", RedirectView.as_view(url=static("fraudshield/icon.svg"))),
    path("", include("intake.urls")),
    path("admin/two-factor/", include("foundation.signin.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "intake.views.problems.bad_request"
handler403 = "intake.views.problems.forbidden"
handler404 = "intake.views.problems.not_found"
handler500 = "intake.views.problems.failed"
