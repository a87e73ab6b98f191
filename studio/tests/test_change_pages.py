"""The pages of change sets and switches, by those who may and those who may not."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock

from foundation import approvals
from foundation.models import ApprovalRequest, User
from foundation.roles import AUDITOR
from rules.models import Rule, Vertical
from rules.queries import published_number
from rules.services import edit_rule
from rules.switching.models import Switch
from rules.switching.reading import Mode
from rules.switching.throwing import throw_switch
from rules.tests.cast import make_definition
from rules.tests.people import make_user
from rules.vertical_form import VerticalForm
from studio.changes.editing import fingerprint
from studio.changes.services import note_trial, propose, publish_now, put_edit
from studio.changes.tests.conftest import HIGH, book, draft, edit_of, ravi, rita, sue  # noqa: F401
from studio.changes.trying import last_days
from studio.exchange.writing import export_book
from studio.models import Backtest
from studio.models.changes import ChangeSet

pytestmark = pytest.mark.django_db


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def edit_book(code: str, **fields: Any) -> None:
    version = Rule.objects.get(code=code).version.number
    definition = make_definition(**fields)
    edit_rule(by="ravi", code=code, definition=definition, expected_version=version)


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:studio_changeset_{name}", args=args)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_from_draft_to_force_by_clicks(rita: User, sue: User) -> None:  # noqa: F811
    mine = as_(rita)
    answer = mine.post(url("add"), {"title": "Fewer alerts", "description": ""})
    change_set = ChangeSet.objects.get()
    assert answer["Location"] == url("change", change_set.pk)
    mine.post(url("act", change_set.pk, "move"), {"code": HIGH, "to": "shadow"})
    page = text(mine.get(url("change", change_set.pk)))
    assert "live" in page
    assert "Propose" in page
    mine.post(url("act", change_set.pk, "propose"), {"reason": "noisy", "publish_at": ""})
    page = text(as_(sue).get(url("change", change_set.pk)))
    assert "Approve or reject" in page
    assert "proposed without a backtest" in page
    request = ApprovalRequest.objects.get()
    approve = reverse("admin:foundation_approvalrequest_approve", args=[request.pk])
    as_(sue).post(approve, {"comment": "good"})
    assert published_number() == 2
    assert "published" in text(mine.get(url("change", change_set.pk)))


def test_the_buttons_of_an_edit_drop_merge_and_choose(rita: User) -> None:  # noqa: F811
    change_set = draft(rita, edit_of(score="35"), edit_of("low_amount"))
    edit_book(HIGH, score="50")
    mine, edit = as_(rita), change_set.edits.get(code=HIGH)
    assert "was changed by ravi" in text(mine.get(url("change", change_set.pk)))
    mine.post(url("do", change_set.pk, "merge"), {"edit": edit.pk})
    assert "The rule book now" in text(mine.get(url("change", change_set.pk)))
    choice = {"edit": edit.pk, "field": "score", "side": "theirs"}
    mine.post(url("do", change_set.pk, "choose"), choice)
    assert change_set.edits.get(code=HIGH).definition["score"] == "50"
    mine.post(url("do", change_set.pk, "drop"), {"edit": edit.pk})
    assert change_set.edits.count() == 1


def test_an_auditor_reads_all_and_finds_no_button(rita: User) -> None:  # noqa: F811
    change_set = draft(rita)
    auditor = as_(make_user("ada", AUDITOR))
    page = text(auditor.get(url("change", change_set.pk)))
    assert "Propose" not in page
    assert ">Drop<" not in page
    assert auditor.post(url("do", change_set.pk, "drop"), {"edit": "1"}).status_code == 403
    assert auditor.get(url("act", change_set.pk, "propose")).status_code == 403


def test_an_act_that_does_not_fit_is_said(rita: User) -> None:  # noqa: F811
    change_set = propose(by=rita, change_set=draft(rita), reason="x")
    answer = as_(rita).post(url("act", change_set.pk, "propose"), {"reason": "x"}, follow=True)
    assert "not as the change set stands now" in text(answer)


def test_an_open_review_stands_on_home_till_it_is_done(rita: User, sue: User) -> None:  # noqa: F811
    change_set = publish_now(by=rita, change_set=draft(rita), reason="a wave at night")
    for user in (rita, sue):
        assert "a wave at night" in text(as_(user).get(reverse("admin:index")))
    verdict = {"verdict": "fine", "comment": "looked at it"}
    as_(rita).post(url("act", change_set.pk, "review"), verdict)
    assert "a wave at night" in text(as_(sue).get(reverse("admin:index")))
    as_(sue).post(url("act", change_set.pk, "review"), verdict)
    assert "a wave at night" not in text(as_(sue).get(reverse("admin:index")))


def test_a_file_becomes_a_change_set_and_faults_are_told_by_line(rita: User) -> None:  # noqa: F811
    mine, good = as_(rita), export_book()
    faulty = good.replace("amount > limit", "amuont > limit")
    for content in (faulty, "", "[x"):
        upload = SimpleUploadedFile("rules.toml", content.encode() or b"\n")
        page = text(mine.post(url("import"), {"file": upload, "title": ""}))
        assert "Nothing was taken from it" in page
    assert not ChangeSet.objects.exists()
    changed = good.replace('score = "30"', 'score = "45"')
    upload = SimpleUploadedFile("rules.toml", changed.encode())
    mine.post(url("import"), {"file": upload, "title": "From staging"})
    assert ChangeSet.objects.get().title == "From staging"


def test_exports_are_files(rita: User) -> None:  # noqa: F811
    change_set = draft(rita)
    for address in (url("toml", change_set.pk), url("export", "in-force"), url("export", "book")):
        answer = as_(rita).get(address)
        assert "attachment" in answer["Content-Disposition"]
        assert "[high_amount]" in text(answer)


def test_a_verticals_form_fills_a_change_set(rita: User) -> None:  # noqa: F811
    vertical = Vertical.objects.get(code="payments")
    values = {
        **VerticalForm.values_of(vertical.config),
        "review_threshold": "30",
        "expected_revision": "1",
        "reason": "stricter",
        "into": "new",
    }
    address = reverse("admin:rules_vertical_change", args=[vertical.pk])
    answer = as_(rita).post(address, values)
    change_set = ChangeSet.objects.get()
    assert answer["Location"] == url("change", change_set.pk)
    assert change_set.edits.get().definition["review_threshold"] == 30
    assert Vertical.objects.get(code="payments").review_threshold == 40


def test_every_page_says_that_a_switch_is_on_till_it_ends(rita: User, sue: User) -> None:  # noqa: F811
    ends_at = clock.now() + timedelta(hours=1)
    throw_switch(
        by=rita, vertical="payments", mode=Mode.DECLINE_ALL, ends_at=ends_at, reason="an attack"
    )
    pages = (reverse("admin:index"), url("changelist"), reverse("admin:rules_rule_changelist"))
    for address in pages:
        assert "payments: decline all" in text(as_(sue).get(address))
    switch = Switch.objects.get()
    as_(sue).post(reverse("admin:rules_switch_end", args=[switch.pk]), {"reason": "over"})
    for address in pages:
        assert "payments: decline all" not in text(as_(sue).get(address))


def test_a_switch_is_thrown_by_its_form_in_the_persons_own_time_zone(sue: User) -> None:  # noqa: F811
    sue.timezone = "Africa/Lagos"
    sue.save()
    at = (clock.now() + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    values = {"vertical": "payments", "mode": "review_all", "ends_at": at, "reason": "odd"}
    address = reverse("admin:rules_switch_throw")
    answer = as_(sue).post(address, values)
    assert answer.status_code == 302
    switch = Switch.objects.get()
    # Three hours from now on Lagos's clock, which is an hour ahead.
    assert timedelta(hours=1.9) < switch.ends_at - clock.now() < timedelta(hours=2.1)


def test_the_list_takes_few_queries(rita: User, django_assert_max_num_queries: Any) -> None:  # noqa: F811
    mine = as_(rita)
    for number in range(8):
        draft(rita, title=f"Draft {number}")
    with django_assert_max_num_queries(12):
        assert "Draft 7" in text(mine.get(url("changelist")))


def test_a_published_one_is_undone_by_a_click_once_others_came(rita: User, sue: User) -> None:  # noqa: F811
    def publish(change_set: ChangeSet) -> None:
        approvals.approve(
            request=propose(by=rita, change_set=change_set, reason="x").approval, by=sue
        )

    first, mine = draft(rita), as_(rita)
    publish(first)
    assert "Undo this one" not in text(mine.get(url("change", first.pk)))
    publish(draft(rita, edit_of("low_amount", score="50")))
    page = text(mine.get(url("change", first.pk)))
    assert "Undo this one" in page
    assert "Roll back" not in page
    assert "Undo this one" not in text(as_(sue).get(url("change", first.pk)))
    answer = mine.post(url("act", first.pk, "undo"), {"post": "yes"})
    undo = ChangeSet.objects.get(origin="undo")
    assert answer["Location"] == url("change", undo.pk)
    assert "began to undo it" in text(mine.get(url("change", first.pk)))


def test_what_was_put_in_since_one_looked_is_not_proposed_unseen(
    rita: User,  # noqa: F811
    ravi: User,  # noqa: F811
) -> None:
    change_set = draft(rita)
    mine = as_(rita)
    link = f"{url('act', change_set.pk, 'propose')}?revision={change_set.revision}"
    assert link in text(mine.get(url("change", change_set.pk)))
    put_edit(by=ravi, change_set=change_set, wish=edit_of("low_amount", score="50"))
    page = text(mine.post(link, {"reason": "as I saw it", "publish_at": ""}))
    assert "changed meanwhile by ravi" in page
    assert not ApprovalRequest.objects.exists()


def test_an_emergency_is_offered_for_ones_own_proposal_alone(rita: User, ravi: User) -> None:  # noqa: F811
    change_set = propose(by=rita, change_set=draft(rita), reason="x")
    assert "Publish now, in an emergency" in text(as_(rita).get(url("change", change_set.pk)))
    assert "Publish now, in an emergency" not in text(as_(ravi).get(url("change", change_set.pk)))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "It waits for a worker"),
        ("running", "It runs"),
        ("failed", "the archive is away"),
        ("cancelled", "was cancelled"),
        ("done", "is done and not attached"),
    ],
)
def test_the_page_says_how_its_latest_backtest_stands(
    rita: User,  # noqa: F811
    state: str,
    words: str,
) -> None:
    change_set = draft(rita)
    trial = Backtest.objects.create(
        by=rita, kind="rule", code=HIGH, edit={}, ruleset_number=1, rows=5, state=state, result={},
        window=msgspec.to_builtins(last_days(30)), told="the archive is away",
    )  # fmt: skip
    edits = fingerprint(change_set.edits.all())
    note_trial(by=rita, change_set=change_set, trial=trial, tried=edits)
    assert words in text(as_(rita).get(url("change", change_set.pk)))
