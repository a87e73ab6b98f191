"""Addresses of the second factor, under the admin's."""

from django.contrib import admin
from django.urls import path

from foundation.signin import views

urlpatterns = [
    path("", admin.site.admin_view(views.overview), name="two-factor"),
    path("enrol/", admin.site.admin_view(views.enrol), name="two-factor-enrol"),
    path("verify/", admin.site.admin_view(views.verify), name="two-factor-verify"),
    path("recovery-codes/", admin.site.admin_view(views.new_codes), name="two-factor-codes"),
    path("remove/", admin.site.admin_view(views.remove), name="two-factor-remove"),
]
