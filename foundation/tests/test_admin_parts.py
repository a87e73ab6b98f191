"""Paging without full counts, revealing, and how values look."""

import json
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.test import RequestFactory
from django.utils import timezone as clock

from foundation import admin_parts, scopes
from foundation.admin_paging import CappedCount, FastPaginator
from foundation.errors import Conflict
from foundation.models import AuditEntry, OutboxEvent, User
from foundation.tests.conftest import allow, make_user, signed_in

pytestmark = pytest.mark.django_db


def test_small_tables_are_counted_exactly_and_large_ones_up_to_a_limit(
    monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr("foundation.admin_paging.COUNTED_UP_TO", 20)
    rows = [OutboxEvent(type="a.b.v1", subject="x", payload={}) for _ in range(21)]
    OutboxEvent.objects.bulk_create(rows[:20])
    assert str(FastPaginator(OutboxEvent.objects.order_by("-pk"), 10).count) == "20"
    OutboxEvent.objects.bulk_create(rows[20:])
    with django_assert_num_queries(1) as captured:
        count = FastPaginator(OutboxEvent.objects.order_by("-pk"), 10).count
    assert (str(count), int(count)) == ("20+", 20)
    assert "LIMIT 21" in captured[0]["sql"]
    assert "ORDER BY" not in captured[0]["sql"]
    assert FastPaginator([1, 2, 3], 2).count == 3


def test_the_page_shows_a_capped_count(monkeypatch):
    monkeypatch.setattr("foundation.admin_paging.COUNTED_UP_TO", 60)
    OutboxEvent.objects.bulk_create(
        [OutboxEvent(type="a.b.v1", subject="x", payload={}) for _ in range(61)]
    )
    client = signed_in(make_user("auditor", "auditor"))
    text = client.get("/admin/foundation/outboxevent/?p=2").content.decode()
    assert "60+" in text
    assert str(CappedCount(10_000)) == "10,000+"


class UserReveals(admin_parts.RevealMixin, admin_parts.ReadOnlyModelAdmin):
    """Stands for any room's admin of rows with identifiers."""

    reveals = {"email": lambda user: user.email}
    reveal_permission = "foundation.view_auditentry"

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("foundation.view_user")


@pytest.fixture
def row(ada) -> User:
    ada.email = "ada@example.com"
    ada.save()
    return ada


def reveal(user: User, row_id: object, field: str = "email", method: str = "post", **headers: str):
    request = getattr(RequestFactory(), method)("/", headers=headers)
    request.user = user
    return UserReveals(User, AdminSite()).reveal_view(request, str(row_id), field)


def viewer(*more: str) -> User:
    return allow(make_user("viewer"), "foundation.view_user", *more)


def test_a_reveal_shows_one_identifier_is_written_down_and_never_cached(row):
    user = viewer("foundation.view_auditentry")
    response = reveal(user, row.pk, Accept="application/json")
    assert json.loads(response.content) == {"field": "email", "value": "ada@example.com"}
    assert "no-store" in response["Cache-Control"]
    entry = AuditEntry.objects.get(action="identifier.reveal")
    assert (entry.actor, entry.subject) == (user, f"foundation.user:{row.pk}")
    assert entry.after == {"field": "email"}


def test_a_reveal_without_the_permission_shows_and_writes_nothing(row):
    with pytest.raises(PermissionDenied):
        reveal(viewer(), row.pk)
    assert not AuditEntry.objects.filter(action="identifier.reveal").exists()


def test_a_reveal_is_never_a_get(row):
    assert reveal(viewer("foundation.view_auditentry"), row.pk, method="get").status_code == 405


@pytest.mark.parametrize(
    ("row_id", "field"), [(10**9, "email"), ("x", "email"), (None, "password")]
)
def test_what_is_not_offered_is_not_found(row, row_id, field):
    with pytest.raises(Http404):
        reveal(viewer("foundation.view_auditentry"), row_id or row.pk, field)


def test_times_are_relative_with_the_exact_one_on_hover():
    shown = admin_parts.relative_time(clock.now() - timedelta(minutes=3, seconds=5))
    assert ">3 min ago</time>" in shown
    assert 'title="20' in shown
    assert "in 2 days" in admin_parts.relative_time(clock.now() + timedelta(days=2, minutes=1))
    assert admin_parts.relative_time(None) == "-"


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=72), "72 min ago"),
        (timedelta(minutes=120), "2 h ago"),
        (timedelta(hours=47, minutes=59), "47 h ago"),
        (timedelta(days=2, hours=18), "2 days ago"),
        (timedelta(days=200), "6 months ago"),
        (timedelta(days=3_000), "8 years ago"),
    ],
)
def test_a_relative_time_has_one_unit(ago, words):
    assert f">{words}</time>" in admin_parts.relative_time(clock.now() - ago)


def test_a_long_identifier_is_shortened_with_all_of_it_on_hover():
    shown = admin_parts.short_text("01a1fd42-2dea-7f1b-bd9b-99281c7bb537")
    assert ">01a1fd42-2…b537<" in shown
    assert 'title="01a1fd42-2dea-7f1b-bd9b-99281c7bb537"' in shown
    assert ">&lt;b&gt;<" in admin_parts.short_text("<b>")


def test_values_are_escaped_in_tables():
    assert "<b>" not in admin_parts.facts_table({"<b>": ["<b>"]})
    assert "<b>" not in admin_parts.rows_table(["<b>"], [["<b>"]])
    assert "No values" in admin_parts.diff_table(None, {})


def test_without_clients_only_superusers_see_rows_of_institutions(monkeypatch):
    monkeypatch.setattr(scopes, "_scope", None)
    assert admin_parts.visible_institutions(make_user("x")) == []
    assert admin_parts.visible_institutions(User.objects.create_superuser("root")) is None


class ButtonAdmin(admin_parts.ReadOnlyModelAdmin):
    """One button that asks for a stored permission, one for a method that is missing."""

    actions_detail = ("publish", "fly")

    @admin_parts.action(description="Publish", permissions=["moon.publish"])
    def publish(self, request, object_id): ...

    @admin_parts.action(description="Fly", permissions=["fly"])
    def fly(self, request, object_id): ...


def test_checking_the_admin_needs_no_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        messages = ButtonAdmin(User, AdminSite()).check()
    assert ["has_fly_permission" in message.msg for message in messages] == [True]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Conflict("Somebody was faster."), "Somebody was faster."),
        (ValidationError("Not a good reason."), "Not a good reason."),
        (ValidationError({"unknown_field": "Wrong there."}), "Wrong there."),
    ],
)
def test_a_refusal_of_the_service_is_shown_above_the_form(ada, error, sentence):
    request = RequestFactory().post("/", {"reason": "because"})
    request.user = ada

    def act(values):
        assert values == {"reason": "because"}
        raise error

    response = admin_parts.confirm_page(
        UserReveals(User, admin.site),
        request,
        title="Do it",
        explanation="Really?",
        button="Do",
        form_class=admin_parts.ReasonForm,
        act=act,
        back="/",
    )
    assert response.status_code == 200
    assert sentence in response.render().content.decode()


def test_who_may_reveal_gets_a_button_beside_the_mask(row, monkeypatch):
    monkeypatch.setattr(UserReveals, "_reveal_url_name", lambda admin: "foundation_user_change")
    monkeypatch.setattr("foundation.admin_pages.reverse", lambda name, args: f"/reveal/{args[0]}/")
    page, request = UserReveals(User, AdminSite()), RequestFactory().get("/")
    request.user = viewer()
    assert page.masked(request, row, "email", "a<b").endswith("a&lt;b</code>")
    request.user = User.objects.create_superuser("root")
    assert f'formaction="/reveal/{row.pk}/"' in page.masked(request, row, "email", "a••••")
