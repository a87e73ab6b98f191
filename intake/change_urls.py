"""Addresses of change sets, below /api/v1/change-sets."""

from django.urls import path

from intake.views import changes

urlpatterns = [
    path("api/v1/rules-file", changes.rules_file, name="rules-file"),
    path("api/v1/change-sets", changes.change_sets, name="change-sets"),
    path("api/v1/change-sets/<int:pk>", changes.change_set, name="change-set"),
    path("api/v1/change-sets/<int:pk>/edits", changes.edits, name="change-set-edits"),
    path("api/v1/change-sets/<int:pk>/drop", changes.drop, name="change-set-drop"),
    path("api/v1/change-sets/<int:pk>/backtest", changes.backtest, name="change-set-backtest"),
    path("api/v1/change-sets/<int:pk>/evidence", changes.evidence, name="change-set-evidence"),
    path("api/v1/change-sets/<int:pk>/propose", changes.propose, name="change-set-propose"),
    path("api/v1/change-sets/<int:pk>/withdraw", changes.withdraw, name="change-set-withdraw"),
    path("api/v1/change-sets/<int:pk>/reopen", changes.reopen, name="change-set-reopen"),
    path("api/v1/change-sets/<int:pk>/comments", changes.comment, name="change-set-comment"),
]
