import json

import pytest
from django.test import RequestFactory
from rest_framework.response import Response
from rest_framework.views import APIView

from clients.authentication import Client
from clients.authentication_drf import ApiKeyAuthentication, HasScope
from clients.services import issue_api_key

pytestmark = pytest.mark.django_db


class WhoAmI(APIView):
    authentication_classes = (ApiKeyAuthentication,)
    permission_classes = (HasScope,)
    required_scope = "read"

    def get(self, request):
        assert isinstance(request.auth, Client)
        assert request.user is None
        return Response({"institution": request.auth.institution_slug})


def get(**headers: str) -> tuple[int, dict]:
    response = WhoAmI.as_view()(RequestFactory().get("/api/v1/me", headers=headers))
    if hasattr(response, "render"):
        response.render()
    return response.status_code, json.loads(response.content)


def test_a_key_with_the_scope_is_let_in(issued):
    assert get(X_API_Key=issued.text) == (200, {"institution": "bank"})


def test_no_key_is_a_401_that_says_where_to_put_it():
    status, body = get()
    assert (status, body["type"]) == (401, "/problems/key-missing")
    assert "X-API-Key" in body["detail"]


def test_a_wrong_key_is_a_401():
    assert get(X_API_Key="nonsense\0")[0] == 401


def test_a_key_without_the_scope_is_a_403_that_names_it(bank):
    _, text = issue_api_key(institution=bank, name="x", by="tests", scopes=["score"])
    status, body = get(X_API_Key=text)
    assert (status, body["type"]) == (403, "/problems/scope-missing")
    assert "read" in body["detail"]
