"""A risk manager's edit reaches running workers within five seconds, and so does the way back."""

import time

import pytest

from tests.system import Load, running, wait_for

PEOPLE = """
from foundation.models import User
from foundation.roles import assign_roles
for name in ("maker", "checker"):
    user = User.objects.create_user(name, is_staff=True)
    assign_roles(user=user, roles=["risk_manager"], by="test")
"""
EDIT = """
import msgspec
from foundation.models import User
from rules.models import Rule
from rules.services import edit_rule
rule = Rule.objects.get(code="high_velocity")
definition = rule.version.definition
limit = msgspec.structs.replace(definition.parameters[0], value=1.0)
definition = msgspec.structs.replace(definition, parameters=(limit, *definition.parameters[1:]))
maker = User.objects.get(username="maker")
edit_rule(by=maker, code=rule.code, definition=definition, expected_version=1)
"""
PROPOSE = """
from foundation.approvals import approve
from foundation.models import ApprovalRequest, User
from rules import publishing
maker, checker = (User.objects.get(username=name) for name in ("maker", "checker"))
proposal = {proposal}
request = ApprovalRequest.objects.get(subject=f"rules.proposal:{{proposal.pk}}")
approve(request=request, by=checker, comment="seen")
"""
PUBLISH = PROPOSE.format(proposal='publishing.propose_publication(by=maker, reason="too lax")')
ROLL_BACK = PROPOSE.format(
    proposal='publishing.rollback(to_number=1, by=maker, reason="too strict")'
)


@pytest.fixture(scope="module")
def system(tmp_path_factory, module_postgres, module_redis):
    directory = tmp_path_factory.mktemp("system")
    with running(directory, module_postgres.url, module_redis.url, workers=2) as system:
        system.manage("shell", "-c", PEOPLE)
        yield system


def rulesets_of(system, count=40):
    """Which rulesets answer just now, in all workers, and whether they flag the transaction."""
    seen = set()
    for _ in range(count):
        status, body, _ = system.check(user_id="ada", transactions_last_hour=3)
        assert status == 200
        # Others may well fire: it is one customer who pays again and again.
        flagged = any(flag["rule"] == "high_velocity" for flag in body["flags"])
        seen.add((body["ruleset"], flagged))
    return seen


def test_workers_follow_a_publication_and_its_rollback_within_five_seconds(system):
    assert rulesets_of(system) == {(1, False)}
    system.manage("shell", "-c", EDIT)
    assert rulesets_of(system) == {(1, False)}, "an edit alone must change nothing"
    with Load(system, clients=2) as load:
        for change, expected in ((PUBLISH, (2, True)), (ROLL_BACK, (3, False))):
            system.manage("shell", "-c", change)
            begun = time.monotonic()
            wait_for(lambda: rulesets_of(system, 12) == {expected}, "all workers to follow", 5)  # noqa: B023
            assert time.monotonic() - begun < 5
    assert load.statuses() == {200}, "nobody was refused while the rules changed"


def test_decisions_of_every_ruleset_replay_identically(system):
    code = """
from scoring.models import Decision
from scoring.replay import replay
numbers = set()
for decision in Decision.objects.select_related("transaction").iterator():
    assert replay(decision) == [], decision.pk
    numbers.add(decision.ruleset_number)
print(sorted(numbers))
"""
    assert system.manage("shell", "-c", code).strip().endswith("[1, 2, 3]")
