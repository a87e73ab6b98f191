"""Schemathesis against the whole application: what the description promises is what happens."""

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from clients.models import Scope
from intake.tests.conftest import open_bank, publish_rules


def no_server_error(context, response, case):
    """501 is no accident: what is not there yet is described, with what is missing."""
    if response.status_code == 501:
        return None
    return not_a_server_error(context, response, case)


CHECKS = [
    no_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
def key(transactional_db) -> str:
    publish_rules()
    return open_bank("bank", scopes=Scope.values)[1].key


schema = schemathesis.openapi.from_wsgi("/api/schema", WSGIHandler())  # needs no database
bounded = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schema.parametrize()
@bounded
def test_every_operation_does_what_the_description_says(case, key):
    case.call_and_validate(headers={"X-API-Key": key}, checks=CHECKS)
