"""The page that takes a file of labels: who may, what is shown first, what is recorded."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from clients.services import create_institution, grant_scope
from foundation.models import User
from foundation.roles import assign_roles
from transactions import label_admin
from transactions.models import Label
from transactions.tests.conftest import make_customer, make_known

pytestmark = pytest.mark.django_db
CHARGEBACKS = b"order_id,chargeback_date\nt-1,2026-01-20\nnobody,2026-01-20\n"


@pytest.fixture
def page():
    return reverse("admin:transactions_label_upload")


@pytest.fixture
def payment(institution):
    return make_known(make_customer(institution), "t-1")


def person(role, institution):
    user = User.objects.create_user(role, is_staff=True)
    assign_roles(user=user, roles=[role], by="test")
    grant_scope(user=user, institution=institution, by="test")
    return user


@pytest.fixture
def supervisor(client, institution):
    client.force_login(person("supervisor", institution))
    return client


def send(client, page, institution, content=CHARGEBACKS):
    file = SimpleUploadedFile("cb.csv", content)
    fields = {"institution": institution.pk, "source": "chargeback", "file": file}
    return client.post(page, fields)


def kept(response) -> str:
    return re.search(r'name="kept" value="([^"]+)"', response.content.decode())[1]


def test_nothing_is_stored_before_it_is_confirmed(supervisor, page, institution, payment):
    preview = send(supervisor, page, institution)
    text = preview.content.decode()
    assert "What cb.csv would do" in text
    assert "There is no transaction of this ID" in text
    assert not Label.objects.exists()
    answer = supervisor.post(page, {"confirmed": "1", "kept": kept(preview)}, follow=True)
    assert "cb.csv: 1 labels recorded" in answer.content.decode()
    assert Label.objects.get().source == "chargeback"
    again = supervisor.post(page, {"confirmed": "1", "kept": kept(preview)}, follow=True)
    assert "0 labels recorded" in again.content.decode()


def test_what_was_not_shown_is_not_recorded(supervisor, page, institution, payment):
    preview = send(supervisor, page, institution)
    for forged in ("", kept(preview)[:-2] + "xx", "x"):
        answer = supervisor.post(page, {"confirmed": "1", "kept": forged}, follow=True)
        assert "too old" in answer.content.decode()
    assert not Label.objects.exists()


def test_another_institution_cannot_be_chosen(supervisor, page, payment):
    other = create_institution(name="Other", slug="other", base_currency="NGN", by="test")
    make_known(make_customer(other), "theirs")
    answer = send(supervisor, page, other, b"order_id\ntheirs\n")
    assert "Select a valid choice" in answer.content.decode()
    assert "Other" not in supervisor.get(page).content.decode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"amount\n1\n", "no column names the transaction"),
        (b"order_id\n\xff\n", "not UTF-8"),
        (b"order_id\n" + b"x\n" * 300_000, "KiB go in with"),
        (b"", "empty"),
    ],
)
def test_a_file_that_cannot_be_taken_is_told(supervisor, page, institution, content, reason):
    assert reason in send(supervisor, page, institution, content).content.decode()


def test_a_file_that_would_not_fit_the_page_between_is_told(
    supervisor, page, institution, monkeypatch
):
    monkeypatch.setattr(label_admin, "LARGEST_KEPT", 10)
    assert "too large for this page" in send(supervisor, page, institution).content.decode()


@pytest.mark.parametrize("role", ["analyst", "auditor", "administrator"])
def test_others_see_labels_and_no_upload(client, page, institution, payment, role):
    client.force_login(person(role, institution))
    assert page not in client.get(reverse("admin:transactions_label_changelist")).content.decode()
    assert client.get(page).status_code == 403
    assert send(client, page, institution).status_code == 403
    assert not Label.objects.exists()


def test_strangers_are_asked_to_sign_in(client, page):
    assert client.get(page).status_code == 302
