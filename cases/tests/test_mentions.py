"""People named in notes."""

import pytest

from cases.models import CaseEntry, Mention
from cases.services import working
from cases.services.mentions import names_in, see, unseen_by
from cases.tests.conftest import person
from foundation.errors import BadRequest
from foundation.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("no name", []),
        ("@bob look", ["bob"]),
        ("ask (@bob), @ada.", ["bob", "ada"]),
        ("mail to ada@example.com", []),
        ("@bob @bob", ["bob"]),
        ("@first.last+x please", ["first.last+x"]),
        ("@ada@bank.example", ["ada@bank.example"]),
        ("@@ @ @. 5 @ 3", []),
    ],
)
def test_names_are_found_and_mail_addresses_are_none(text, names):
    assert names_in(text) == names


def test_whoever_is_named_finds_the_note_until_it_was_opened(case, analyst, colleague, supervisor):
    working.note(case_id=case.pk, by=analyst, text="@colleague @supervisor please look")
    [mention] = unseen_by(colleague, None, 5)
    assert mention.entry.text.startswith("@colleague")
    assert [one.pk for one in see(case, colleague)] == [mention.pk]
    assert unseen_by(colleague, None, 5) == []
    assert see(case, colleague) == []
    assert len(unseen_by(supervisor, None, 5)) == 1


def test_who_lost_the_institution_is_told_of_nothing(case, analyst, colleague):
    working.note(case_id=case.pk, by=analyst, text="@colleague look")
    assert unseen_by(colleague, [], 5) == []


@pytest.mark.parametrize("name", ["nobody-there", "unscoped", "roleless", "gone"])
def test_who_cannot_see_the_case_is_named_and_nothing_is_kept(case, analyst, colleague, name):
    person("unscoped").scopes.all().delete()
    User.objects.create_user("roleless", is_staff=True)
    gone = person("gone")
    gone.is_active = False
    gone.save()
    with pytest.raises(BadRequest, match=f"@{name}") as refused:
        working.note(case_id=case.pk, by=analyst, text=f"@colleague @{name} look")
    assert "@colleague" not in refused.value.detail
    assert not CaseEntry.objects.filter(kind="noted").exists()
    assert not Mention.objects.exists()


def test_a_note_that_names_a_crowd_is_refused(case, analyst):
    crowd = " ".join(f"@p{n}" for n in range(21))
    with pytest.raises(BadRequest, match="20 people at most"):
        working.note(case_id=case.pk, by=analyst, text=crowd)
