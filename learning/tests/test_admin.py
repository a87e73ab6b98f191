"""The archive's page, for those who watch over the installation."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock

from foundation.tests.conftest import make_user, signed_in
from learning.archive.exporting import export
from learning.models import ArchiveFile, ArchiveState
from learning.tests.conftest import DAY, decide

pytestmark = pytest.mark.django_db(transaction=True)


def page_for(role: str):
    user = make_user(role, role)
    return signed_in(user).get(reverse("admin:learning_archivefile_changelist"))


@pytest.mark.parametrize(
    ("role", "status"),
    [("auditor", 200), ("administrator", 200), ("analyst", 403), ("risk_manager", 403)],
)
def test_auditors_and_administrators_see_it(db, role, status):
    assert page_for(role).status_code == status


def test_an_empty_archive_says_so(db):
    text = page_for("auditor").content.decode()
    assert "never" in text
    assert "through serial 0" in text


def test_it_shows_what_is_archived_and_what_waits(bank, archive):
    decide(bank, DAY, DAY)
    export()
    decide(bank)
    text = page_for("auditor").content.decode()
    for words in ("<b>4</b> decisions archived", "<b>2</b> wait", "2026-10-05", "in 1 file"):
        assert words in text


def test_a_failure_is_shown_with_its_error(db):
    ArchiveState.objects.create(failed_at=clock.now(), error="OSError: <b>no</b> bucket")
    text = page_for("auditor").content.decode()
    assert "OSError: &lt;b&gt;no&lt;/b&gt; bucket" in text
    assert "failed" in text


def test_nobody_changes_files_by_hand(bank, archive):
    decide(bank)
    export()
    root = signed_in(make_user("root", is_superuser=True))
    for page, args in (("add", ()), ("delete", (ArchiveFile.objects.get().pk,))):
        address = reverse(f"admin:learning_archivefile_{page}", args=args)
        assert root.post(address, {"post": "yes"}).status_code == 403


def test_more_files_take_no_more_queries(bank, archive):
    client = signed_in(make_user("auditor", "auditor"))
    address = reverse("admin:learning_archivefile_changelist")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        return len(seen)

    decide(bank)
    export()
    few = queries()
    for _ in range(3):
        decide(bank)
        export()
    assert queries() == few
