"""Addresses of cases, below /api/v1/cases."""

from django.urls import path

from intake.views import cases

urlpatterns = [
    path("api/v1/cases", cases.cases, name="cases"),
    path("api/v1/cases/<int:pk>", cases.case, name="case"),
    path("api/v1/cases/<int:pk>/claim", cases.claim, name="case-claim"),
    path("api/v1/cases/<int:pk>/release", cases.release, name="case-release"),
    path("api/v1/cases/<int:pk>/notes", cases.note, name="case-note"),
    path("api/v1/cases/<int:pk>/decision", cases.decide, name="case-decision"),
]
