"""Addresses: the doors, the admin, health and metrics."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("intake.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "intake.views.problems.bad_request"
handler403 = "intake.views.problems.forbidden"
handler404 = "intake.views.problems.not_found"
handler500 = "intake.views.problems.failed"
