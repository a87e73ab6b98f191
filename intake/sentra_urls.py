"""The sentra format's addresses, accounts among them."""

from django.urls import path

from intake.views import accounts, sentra

urlpatterns = [
    path("v1/score", sentra.score, name="sentra-score"),
    path("v1/health", sentra.health, name="sentra-health"),
    path("auth/register", accounts.register, name="auth-register"),
    path("auth/login", accounts.login, name="auth-login"),
    path("auth/refresh", accounts.refresh, name="auth-refresh"),
    path("auth/logout", accounts.logout, name="auth-logout"),
    path("auth/logout/everywhere", accounts.logout_everywhere, name="auth-logout-everywhere"),
    path("auth/password", accounts.change_password, name="auth-password"),
]
