"""Change sets over the API: a key writes and proposes, people approve."""

import pytest

from clients.models import Scope
from foundation import approvals
from foundation.models import User
from foundation.roles import SUPERVISOR, assign_roles
from intake.tests.conftest import open_bank, publish_rules
from rules.queries import published_number, published_rule
from studio.models.changes import ChangeSet

pytestmark = pytest.mark.django_db
BASE = "/api/v1/change-sets"


@pytest.fixture
def house():
    publish_rules()
    return open_bank("house", scopes=Scope.values)[1]


def text_with(house, before: str, after: str) -> str:
    toml = house.get("/api/v1/rules-file").json()["toml"]
    assert before in toml
    return toml.replace(before, after)


def begun(house, title="From the model team") -> str:
    made = house.post(BASE, {"title": title})
    assert made.status_code == 201, made.content
    return f"{BASE}/{made.json()['id']}"


def test_from_a_text_to_force(house):
    there = begun(house)
    toml = text_with(house, 'name = "New account"', 'name = "Young account"')
    answer = house.post(f"{there}/edits", {"toml": toml, "versions": {"new_account": 1}}).json()
    assert [edit["code"] for edit in answer["edits"]] == ["new_account"]
    assert "new_account: name: New account -> Young account" in answer["changes"]
    answer = house.post(f"{there}/propose", {"reason": "clearer"}).json()
    assert answer["state"] == "proposed"
    sue = assign_roles(user=User.objects.create_user("sue"), roles=[SUPERVISOR], by="test")
    approvals.approve(request=ChangeSet.objects.get().approval, by=sue)
    assert house.get(there).json()["ruleset"] == published_number() == 2
    assert published_rule("new_account").definition.name == "Young account"
    assert house.get(BASE + "?state=published").json()["results"][0]["id"]


def test_a_key_approves_nothing(house):
    there = begun(house)
    house.post(f"{there}/edits", {"toml": text_with(house, '"New account"', '"Young account"')})
    house.post(f"{there}/propose", {"reason": "clearer"})
    machine = ChangeSet.objects.get().proposed_by
    assert machine.username.startswith("api:")
    assert not machine.has_perm("rules.approve_ruleset")
    assert not machine.has_perm("studio.publish_emergency")


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("edits", {"toml": "[x\n"}, 400, "line 1"),
        ("edits", {"toml": "[Bad]\nname = 'x'"}, 400, "lower-case"),
        ("edits", {}, 400, "toml"),
        ("drop", {"code": "nothing"}, 404, "no edit"),
        ("propose", {"reason": "x"}, 409, "no edits"),
        ("propose", {"reason": "x", "revision": 7}, 409, "changed meanwhile"),
        ("propose", {"reason": "x", "publish_at": "2026-12-01T00:00:00"}, 400, "zone"),
        ("reopen", {}, 409, "draft"),
        ("comments", {"text": ""}, 400, "text"),
    ],
)
def test_what_is_wrong_is_said(house, path, body, status, says):
    answer = house.post(f"{begun(house)}/{path}", body)
    assert (answer.status_code, says in answer.content.decode()) == (status, True), answer.content


def test_a_draft_that_somebody_wrote_in_since_it_was_read_is_a_conflict(house):
    there = begun(house)
    read = house.get(there).json()["revision"]
    toml = text_with(house, '"New account"', '"Young account"')
    assert house.post(f"{there}/edits", {"toml": toml, "revision": read}).status_code == 200
    for path, body in (("edits", {"toml": toml}), ("drop", {"code": "new_account"})):
        answer = house.post(f"{there}/{path}", {**body, "revision": read})
        assert (answer.status_code, "changed meanwhile" in answer.content.decode()) == (409, True)
    now = house.get(there).json()["revision"]
    assert house.post(f"{there}/drop", {"code": "new_account", "revision": now}).status_code == 200


def test_a_version_that_is_not_the_newest_is_a_conflict(house):
    toml = text_with(house, '"New account"', '"Young account"')
    answer = house.post(f"{begun(house)}/edits", {"toml": toml, "versions": {"new_account": 9}})
    assert answer.status_code == 409
    assert "began at version 9" in answer.json()["detail"]


@pytest.mark.parametrize("scopes", [["score"], ["rules:read"], ["rules:propose"]])
def test_scopes_are_asked_for(scopes):
    publish_rules()
    bank = open_bank("bank", scopes=scopes)[1]
    may_read = "rules:read" in scopes
    assert bank.get(BASE).status_code == (200 if may_read else 403)
    assert bank.post(BASE, {"title": "x"}).status_code == 403


def test_what_is_not_there_is_not_found(house):
    assert house.get(f"{BASE}/{2**63}").status_code == 404
    assert house.post(f"{BASE}/77/withdraw", {}).status_code == 404
