"""The small curves on a rule's page."""

import re

import pytest
from django.urls import reverse

from rules.models import Rule
from rules.tests.people import make_user
from studio.admin.small_curve import HEIGHT, WIDTH, picture, small_curves
from studio.backtest.tests.conftest import archive, bank, events, rulesets  # noqa: F401
from studio.models import Curve
from studio.optimise.costs import Bounded, Proposal
from studio.optimise.presenting import Answer
from studio.tests.test_optimise_pages import book, curve, rita  # noqa: F401

pytestmark = pytest.mark.django_db


def told(optimum: Bounded | None = None) -> Answer:
    proposal = Proposal(verdict="better" if optimum else "too_few", words="x", optimum=optimum)
    return Answer(
        saved=[-10.0, 0.0, 30.0], low=[-20.0, 0.0, 10.0], high=[0.0, 0.0, 40.0],
        hours_a_day=[1.0, 1.0, 1.0], proposal=proposal,
    )  # fmt: skip


def test_the_picture_has_the_line_its_band_and_the_cheapest_value_within_its_frame():
    drawn = picture([10, 20, 30], told(Bounded(30, 22.5, 30)), current=20, words="a <b>")
    numbers = [float(one) for one in re.findall(r"[ML](-?[\d.]+) ", drawn)]
    assert all(0 <= one <= WIDTH for one in numbers)
    assert f'cx="{WIDTH - 4}.0"' in drawn
    assert f'd="M{WIDTH / 2} 0V{HEIGHT}"' in drawn  # the present value, in the middle
    assert "a &lt;b&gt;" in drawn


def test_values_over_orders_of_magnitude_stand_by_their_order():
    drawn = picture([1, 10, 100], told(), current=10, words="x")
    assert f'd="M{WIDTH / 2} 0V' in drawn
    assert "<circle" not in drawn


def test_a_flat_curve_is_drawn_too():
    flat = Answer(
        saved=[0.0, 0.0], low=[0.0, 0.0], high=[0.0, 0.0], hours_a_day=[0.0, 0.0],
        proposal=told().proposal,
    )  # fmt: skip
    assert "nan" not in picture([5, 6], flat, current=5, words="x")


def test_a_rules_page_shows_the_newest_curve_of_its_threshold(client, rita, curve):  # noqa: F811
    curve.pk = None
    curve.save()
    [small] = small_curves(rita, "large_amount")
    assert small.row.pk == Curve.objects.latest("pk").pk
    client.force_login(rita)
    address = reverse("admin:rules_rule_change", args=[Rule.objects.get(code="large_amount").pk])
    page = client.get(address).content.decode()
    assert reverse("admin:studio_curve_change", args=[small.row.pk]) in page
    assert "st-curve-small" in page


def test_nobody_sees_anothers_curve_nor_one_of_a_rule_that_it_is_not(rita, curve):  # noqa: F811
    assert small_curves(make_user("ravi"), "large_amount") == []
    assert small_curves(rita, "half_point") == []
    Curve.objects.update(institutions=["bank", "elsewhere"])
    assert small_curves(rita, "large_amount") == []
