"""What is answered where no view answers."""

import pytest
from django.test import Client

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    "path", ["/nothing", "/check-transactions", "/v1/nothing", "/gateway/none"]
)
@pytest.mark.parametrize("accept", [None, "*/*", "application/json"])
def test_a_program_gets_problem_details_for_an_unknown_address(path, accept):
    answer = Client(headers={"Accept": accept} if accept else {}).get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/not-found"


def test_a_person_gets_a_page():
    answer = Client(headers={"Accept": BROWSER}).get("/nothing")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_under_the_api_even_a_browser_gets_problem_details():
    answer = Client(headers={"Accept": BROWSER}).get("/api/v1/nothing")
    assert answer.headers["Content-Type"] == "application/problem+json"
