"""Pages of other sites: those that are named may call the API, nobody may call the admin."""

import pytest
from django.test import Client

SHOP = "https://shop.example.org"


@pytest.fixture(autouse=True)
def one_shop(settings):
    settings.CORS_ALLOWED_ORIGINS = [SHOP]
    settings.MIDDLEWARE = [
        settings.MIDDLEWARE[0],
        "corsheaders.middleware.CorsMiddleware",
        *settings.MIDDLEWARE[1:],
    ]


def asked_before(path: str, origin: str):
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key, content-type, idempotency-key",
    }
    return Client(headers=headers).options(path)


@pytest.mark.parametrize("path", ["/api/v1/fraud/check", "/api/v1/transactions", "/health"])
def test_a_named_sites_page_may_ask_and_read(path):
    answer = asked_before(path, SHOP)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"x-api-key", "content-type", "idempotency-key", "authorization"} <= set(allowed)
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.django_db
def test_the_answer_itself_can_be_read_with_its_limits():
    answer = Client(headers={"Origin": SHOP}).post(
        "/api/v1/fraud/check", "{}", content_type="application/json"
    )
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert "RateLimit" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://shop.example.org.evil"]
)
def test_others_may_not(origin):
    answer = asked_before("/api/v1/fraud/check", origin)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_admin_is_open_to_no_other_site():
    assert "Access-Control-Allow-Origin" not in asked_before("/admin/login/", SHOP).headers
