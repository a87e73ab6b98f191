"""What the README shows is what one gets."""

import json
import re
from pathlib import Path

import pytest
from django.test import Client

from clients.models import Institution
from clients.services import issue_api_key

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
MAKEFILE = (Path(__file__).parent.parent / "Makefile").read_text(encoding="utf-8")


@pytest.mark.django_db
def test_the_curl_example_gets_the_answer_shown(bank):
    key = issue_api_key(
        institution=Institution.objects.get(pk=bank.institution_id), name="readme", by="test"
    )[1]
    body = re.search(r"-d '(\{.*?\})'", README, re.DOTALL).group(1)
    shown = json.loads(re.search(r"```json\n(.*?)```", README, re.DOTALL).group(1))
    answer = Client(headers={"X-API-Key": key}).post(
        "/api/v1/fraud/check", body, content_type="application/json"
    )
    got = answer.json()
    for changing in ("transaction_id", "timestamp"):
        assert got.pop(changing)
        assert shown.pop(changing)
    assert got == shown


COMMANDS = sorted(set(re.findall(r"(?:^|`)make (\w+)", README, re.MULTILINE)))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_make_command_exists(command):
    assert re.search(rf"^[\w ]*\b{command}\b[\w ]*:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([\w./-]+)\)", README))))
def test_every_link_leads_somewhere(link):
    assert (Path(__file__).parent.parent / link).exists()
