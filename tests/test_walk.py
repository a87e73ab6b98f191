"""Every page of the admin, as everybody: who gets in, who changes what, who sees whose data.

The addresses are those of the URL resolver, so that a new page is walked without being named here.
Name it in PAGES when not everybody may open it who sees its model's rows; what it needs to be
called with stands in tests/walk_samples.py.
"""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from features.identifiers import PURPOSES
from foundation.admin_parts import RevealMixin, ScopedModelAdmin
from foundation.models import AuditEntry
from foundation.roles import ROLES
from rules.registry import registry
from studio.admin.backtests import BacktestAdmin
from tests.walk import Route, Stop, fingerprints, stops, undone
from tests.walk_samples import (
    NAMES,
    OURS,
    THEIRS,
    UNKNOWN_FIELD,
    World,
    identifier,
    make_world,
    secrets,
)

pytestmark = pytest.mark.django_db

ANALYST, SUPERVISOR, RISK, AUDITOR, ADMIN = ROLES
STRANGERS = {"unscoped": SUPERVISOR, "elsewhere": SUPERVISOR}
PERSONS = [*ROLES, *STRANGERS, "nobody"]
SEE_ALL = {AUDITOR, ADMIN}
WRITERS = (SUPERVISOR, RISK, ADMIN)  # a supervisor is an analyst who may do more

REFUSED, GONE = {403, 404, 405}, {404}
FINE = {200, 302, 400, 403, 404, 405, 409, 410, 422, 429}
# Pages of no model, and what they answer to whoever is signed in.
SITE = {
    "index": {200},
    "search": {200},
    "login": {302},
    "logout": {405},
    "password_change": {200},
    "password_change_done": {200},
    "jsi18n": {200},
    "autocomplete": {403},
    "view_on_site": GONE,
    "app_list": {200, 404},
    "two-factor": GONE,
    "two-factor-enrol": GONE,
    "two-factor-verify": GONE,
    "two-factor-codes": GONE,
    "two-factor-remove": GONE,
}
# Who opens the page where rows are added or deleted; nobody where nothing is said.
ADDS = {
    "foundation.user": {ADMIN},
    "clients.institution": {ADMIN},
    "clients.tier": {ADMIN},
    "clients.staffscope": {ADMIN},
    "cases.queue": {SUPERVISOR},
    "intelligence.list": {ADMIN},
    "intelligence.listentry": {SUPERVISOR, RISK, ADMIN},
    "intelligence.exchangerate": {RISK},
    "rules.rule": {RISK},
    "studio.changeset": {RISK},
}
DELETES = {"clients.staffscope": {ADMIN}}
# Who opens the other pages; the rest is refused.
PAGES = {
    "auth_user_password_change": {ADMIN},
    "foundation_user_reset_two_factor": set(),  # nobody of the walk is enrolled
    "foundation_user_unlock": set(),  # nor locked
    "foundation_approvalrequest_approve": {SUPERVISOR},  # of a ruleset, by another than who asked
    "foundation_approvalrequest_reject": {SUPERVISOR},
    "foundation_approvalrequest_retry": set(),
    "foundation_approvalrequest_cancel": {RISK},
    "clients_apikey_issue": {ADMIN},
    "clients_apikey_revoke": {ADMIN},
    "clients_clientaccount_change_tier": {ADMIN},
    "clients_clientaccount_revoke_tokens": {ADMIN},
    "clients_clientaccount_close": {ADMIN},
    "clients_clientaccount_reopen": set(),  # those of the walk are open
    "clients_webhookendpoint_edit": {ADMIN},
    "clients_webhookendpoint_rotate": {ADMIN},
    "clients_webhookendpoint_remove": {ADMIN},
    "clients_webhookendpoint_register": {ADMIN},
    "clients_webhookendpoint_default_secret": {ADMIN},
    "transactions_label_upload": {SUPERVISOR, RISK},
    "intelligence_listentry_end": {SUPERVISOR, RISK, ADMIN},
    "intelligence_list_edit": {ADMIN},
    **{
        f"scoring_modelversion_{act}": {RISK}
        for act in ("shadow", "split", "retire", "compare", "drift", "promote", "rollback")
    },
    **{f"learning_weightsuggestion_{act}": {RISK} for act in ("take", "dismiss", "work_out")},
    "scoring_modelversion_card": set(),  # models of the walk have no files
    "rules_rule_guide": set(ROLES),
    **{f"studio_rulewatch_{act}": {RISK} for act in ("bounds", "hold", "release", "rollback")},
    "rules_rule_version": set(ROLES),
    "rules_rule_words": set(ROLES),
    "rules_rule_state": {RISK},
    "rules_ruleset_propose": {RISK},
    "studio_changeset_import": {RISK},
    "studio_changeset_merge_catalogue": {RISK},
    "studio_changeset_export": set(ROLES),
    "studio_changeset_toml": set(ROLES),
    "rules_switch_throw": {SUPERVISOR, RISK},
    "rules_switch_end": {SUPERVISOR, RISK},
    "rules_ruleset_rollback": {RISK},
}
# A row without a page of its own: its address leads to the one that shows it.
LEADING_ON = {"cases_alert_change"}
# Whoever reads these is written down.
READ_ON_THE_TRAIL = {
    "cases_case_csv",
    "cases_case_dossier",
    "cases_case_file",
    "cases_report_file",
}
FULL = {
    "reason": "walked",
    "comment": "walked",
    "text": "walked",
    "post": "yes",
    "_save": "Save",
    "action": "delete_selected",
    "_selected_action": "1",
    "password": "walked",
    "code": "000000",
}


class Visitor:
    """Somebody with a browser; the session outlasts signing out, which is rolled back."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.client = Client(raise_request_exception=False)
        self.session = ""
        if name in world.people:
            self.client.force_login(world.people[name])
            self.session = self.client.cookies["sessionid"].value

    def get(self, path: str, *, undo: bool = True) -> HttpResponse:
        return self._send("get", path, undo=undo)

    def post(self, path: str, data: dict[str, str], *, undo: bool = True) -> HttpResponse:
        return self._send("post", path, data, undo=undo or path == reverse("admin:logout"))

    def _send(
        self, method: str, path: str, *data: dict[str, str], undo: bool = True
    ) -> HttpResponse:
        self.client.cookies.clear()
        if self.session:
            self.client.cookies["sessionid"] = self.session
        with undone() if undo else nullcontext():
            answer = getattr(self.client, method)(path, *data)
            if answer.streaming:  # read while the rows that it tells of are there
                answer.streaming_content = [b"".join(answer.streaming_content)]
            return answer


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """Made once; each visit is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)
        registry.forget()


@pytest.fixture(scope="module")
def tour(world, django_db_blocker) -> list[Stop]:
    with django_db_blocker.unblock():
        return stops()


def role_of(name: str) -> str:
    return STRANGERS.get(name, name)


def sees(name: str, route: Route) -> bool:
    """Whether the person's role may see rows of the page's model."""
    permission = f"{route.of.opts.app_label}.view_{route.of.opts.model_name}"
    return permission in ROLES.get(role_of(name), ())


def is_strange(name: str, route: Route) -> bool:
    """Whether the page is about a row of a bank that the person does not work for."""
    scoped = isinstance(route.of, (ScopedModelAdmin, BacktestAdmin))
    return name in STRANGERS and route.is_of_a_row and scoped


def expected(name: str, route: Route) -> set[int]:
    """What a GET may be answered with; pages that nobody named may be anything but a failure."""
    if route.of is None:
        return SITE.get(route.name, {302, 404})
    model = f"{route.of.opts.app_label}.{route.of.opts.model_name}"
    kind = route.name.removeprefix(model.replace(".", "_") + "_")
    if not route.name:
        return {302}  # an older address of the change page
    if kind in ("changelist", "change", "history"):
        opened = {302} if route.name in LEADING_ON else {200}
        return opened if sees(name, route) else {302, 403, 404}
    if kind == "add":
        return {200} if role_of(name) in ADDS.get(model, ()) else {403}
    if kind == "delete":
        return {200} if name in DELETES.get(model, ()) else {403}
    if route.name in PAGES:
        return {200} if role_of(name) in PAGES[route.name] else REFUSED
    return FINE if sees(name, route) else REFUSED | {302}


def shown(answer: HttpResponse) -> str:
    return answer.getvalue().decode(errors="replace")


def whose_data_is_hidden(name: str) -> list[str]:
    """Banks whose rows this person must not see anywhere."""
    if name in SEE_ALL:
        return []
    return {"elsewhere": [OURS], "unscoped": [OURS, THEIRS], "nobody": [OURS, THEIRS]}.get(
        name, [THEIRS]
    )


def complaints_about(name: str, path: str, answer: HttpResponse) -> list[str]:
    text = shown(answer)
    found = [f"{path} shows {secret}" for secret in secrets() if secret in text]
    for bank in whose_data_is_hidden(name):
        marks = [NAMES[bank], f"{bank}-1", f"{bank}-2"]
        found += [f"{path} shows {mark}" for mark in marks if mark in text.replace(path, "")]
    return found


def without_id(answer: HttpResponse, path: str) -> tuple[int, str]:
    """How the answer looks to somebody who does not look at the id that they asked for."""
    rows = {part for part in path.split("/") if part}
    location = answer.headers.get("Location", "")
    kept = [part if part not in rows else "*" for part in location.split("/")]
    return answer.status_code, "/".join(kept)


def test_nobody_gets_anywhere_without_signing_in(world, tour):
    visitor = Visitor(world, "")
    for stop in tour:
        if stop.route.name in ("login", "logout"):
            continue
        for answer in (visitor.get(stop.path), visitor.post(stop.path, FULL)):
            to_sign_in = answer.headers.get("Location", "").startswith("/admin/login/")
            assert (answer.status_code, to_sign_in) == (302, True), stop.path


@pytest.mark.parametrize("name", PERSONS)
def test_each_page_opens_for_those_who_may_and_shows_no_identifier_and_no_other_bank(
    world, tour, name
):
    visitor, found = Visitor(world, name), []
    for stop in tour:
        if is_strange(name, stop.route):
            continue  # see below
        answer, allowed = visitor.get(stop.path), expected(name, stop.route)
        if answer.status_code not in allowed:
            found.append(f"{stop.path} ({stop.route}): {answer.status_code}, not {allowed}")
        found += complaints_about(name, stop.path, answer)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", STRANGERS)
def test_a_row_of_another_bank_is_answered_as_one_that_is_not_there(world, tour, name):
    visitor, found = Visitor(world, name), []
    for stop in tour:
        if not is_strange(name, stop.route):
            continue
        for method, data in ((visitor.get, ()), (visitor.post, (FULL,))):
            answer = method(stop.path, *data)
            theirs = without_id(answer, stop.path)
            none = without_id(method(stop.absent, *data), stop.absent)
            if theirs != none or theirs[0] not in FINE - {200}:
                found.append(f"{stop.path} ({stop.route}): {theirs} is not {none}")
            found += complaints_about(name, stop.path, answer)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", WRITERS)
def test_no_form_fails_and_none_is_taken_from_who_may_not_open_its_page(world, tour, name):
    visitor, found = Visitor(world, name), []
    for stop in tour:
        answer = visitor.post(stop.path, FULL)
        answers = [answer]
        if answer.status_code not in REFUSED | {302}:
            answers.append(visitor.post(stop.path, {}))
        for answer in answers:
            if answer.status_code not in answers_to_forms(name, stop.route):
                found.append(f"{stop.path} ({stop.route}): {answer.status_code}")
            if "/reveal/" not in stop.path:
                found += complaints_about(name, stop.path, answer)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", [AUDITOR, "nobody"])
def test_who_only_reads_changes_nothing(world, tour, name):
    """Nothing is rolled back here until every table was compared, row by row."""
    visitor, found, before = Visitor(world, name), [], fingerprints()
    quiet = [stop for stop in tour if stop.route.name not in READ_ON_THE_TRAIL]
    with undone():
        for stop in quiet:
            visitor.get(stop.path, undo=False)
            answer = visitor.post(stop.path, FULL, undo=False)
            if answer.status_code not in answers_to_forms(name, stop.route):
                found.append(f"{stop.path} ({stop.route}): {answer.status_code}")
            found += complaints_about(name, stop.path, answer)
        after = fingerprints()
    if after != before:
        found += [f"{path} changes {tables}" for path, tables in culprits(visitor, quiet)]
    assert not found, "\n".join(found)
    loud = [stop for stop in tour if stop.route.name in READ_ON_THE_TRAIL]
    for path, tables in culprits(visitor, loud):
        assert tables <= {"foundation_auditentry", "foundation_auditchain"}, path


def answers_to_forms(name: str, route: Route) -> set[int]:
    """What a form may be answered with: refused where a GET is."""
    refused = route.of is not None and not expected(name, route) & {200, 405}
    return REFUSED | {302} if refused and route.name else FINE


def culprits(visitor: Visitor, tour: list[Stop]) -> list[tuple[str, set[str]]]:
    """The addresses at which a visit changes something, and in which tables."""
    found = []
    for stop in tour:
        with undone():
            before = fingerprints()
            visitor.get(stop.path, undo=False)
            visitor.post(stop.path, FULL, undo=False)
            after = fingerprints()
        if changed := {table for table in after if after[table] != before[table]}:
            found.append((stop.path, changed))
    return found


REVEALED_BY = {"clients.webhookendpoint": "clients.manage_webhookendpoint"}


def reveals(tour: list[Stop]) -> list[Stop]:
    of_reveals = [stop for stop in tour if isinstance(stop.route.of, RevealMixin)]
    return [stop for stop in of_reveals if stop.route.name.endswith("_reveal")]


@pytest.mark.parametrize("name", PERSONS)
def test_an_identifier_is_revealed_to_who_may_and_leaves_an_entry(world, tour, name):
    visitor = Visitor(world, name)
    for stop in reveals(tour):
        its_admin = stop.route.of
        permission = REVEALED_BY.get(its_admin.opts.label_lower, "transactions.reveal_identifier")
        assert its_admin.reveal_permission == permission
        may = permission in ROLES.get(name, ())
        with undone():
            before = AuditEntry.objects.filter(action="identifier.reveal").count()
            answer = visitor.post(stop.path, {}, undo=False)
            entries = AuditEntry.objects.filter(action="identifier.reveal").count() - before
        assert (answer.status_code == 200, entries) == (may, int(may)), stop.path
        if may:
            assert "no-store" in answer["Cache-Control"]


def test_the_walk_meets_secrets_that_a_reveal_shows(world, tour):
    """Else it would find nothing because there is nothing to find."""
    visitor = Visitor(world, ANALYST)
    text = "".join(shown(visitor.post(stop.path, {})) for stop in reveals(tour))
    ours = {identifier(name, OURS) for name in PURPOSES} | {UNKNOWN_FIELD[OURS]}
    assert {secret for secret in ours if secret not in text} == set()


def test_an_argument_without_a_sample_is_told_with_the_place_to_add_one():
    with pytest.raises(pytest.fail.Exception) as failed:
        Route("cases_case_new", "admin/cases/case/<slug:colour>/new/").paths()
    assert "'cases_case_new.colour' to ARGUMENTS" in str(failed.value)
    assert "tests/walk_samples.py" in str(failed.value)
