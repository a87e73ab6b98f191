"""The graph of a case: what is drawn, where, and that its page keeps to bounds and institutions."""

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.graph.choosing import (
    MOST_NODES,
    MOST_SMALL,
    choose,
    customer_node,
    node_of,
    thing_node,
)
from cases.graph.drawing import FULL, NODE_HEIGHT, draw
from cases.graph.presenting import graph_of, linked_context
from cases.links.keeping import number_value
from cases.links.reading import Neighbourhood, Standing, Use
from cases.tests.conftest import person
from cases.tests.linking import alerted, convicted, used

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


def use(customer: int, kind: str, number: int) -> Use:
    return Use(customer, (kind, number_value(number)), UUID(int=1), 1, NOON, NOON)


def world(*uses: Use, fraud=(), open_cases=(), **more) -> Neighbourhood:
    standing = {number: Standing(fraud=True) for number in fraud}
    standing |= {number: Standing(open_case=number) for number in open_cases}
    return Neighbourhood(centre=1, institution=1, uses=uses, standing=standing, **more)


def crowd(number: int = 200, things: int = 30) -> Neighbourhood:
    """Very many customers, each sharing one of the centre's things."""
    own = [use(1, "device", n) for n in range(1, things + 1)]
    others = [use(n, "device", n % things + 1) for n in range(2, number + 2)]
    return world(*own, *others, fraud=[150, 151], open_cases=[7])


def numbers(chosen) -> set[int]:
    return {node.number for node in chosen.steps if node.kind == "customer"}


# -- choosing ---------------------------------------------------------------------------------


def test_a_customer_without_anything_is_alone():
    chosen = choose(world())
    assert chosen.steps == {customer_node(1): 0}
    assert not chosen.edges


def test_things_are_one_step_away_and_who_shares_them_two():
    chosen = choose(world(use(1, "device", 5), use(2, "device", 5), use(2, "ip", 9)))
    assert chosen.steps == {
        customer_node(1): 0,
        thing_node(("device", number_value(5))): 1,
        customer_node(2): 2,
    }
    assert chosen.things_left_out == 1


@pytest.mark.parametrize("most", [MOST_SMALL, 20, MOST_NODES])
def test_there_are_never_more_nodes_than_asked_for_and_the_rest_is_counted(most):
    around = crowd()
    chosen = choose(around, most)
    assert len(chosen.steps) <= most
    assert len(numbers(chosen)) + chosen.customers_left_out == 201


def test_known_fraud_and_open_cases_come_first():
    assert {150, 151, 7} <= numbers(choose(crowd(), MOST_SMALL))


def test_every_node_has_its_way_to_the_centre():
    chosen = choose(crowd(), 25)
    reached, edges = {customer_node(1)}, [(one, other) for one, other, _ in chosen.edges]
    for _ in range(4):
        reached |= {node for edge in edges if set(edge) & reached for node in edge}
    assert reached == set(chosen.steps)


def test_a_rarely_shared_device_outranks_an_address():
    uses = [use(1, "device", 1), use(2, "device", 1), use(1, "ip", 2), use(3, "ip", 2)]
    assert numbers(choose(world(*uses), 3)) == {1, 2}


def test_what_too_many_share_leads_only_to_fraud():
    uses = [use(1, "ip", 2), *(use(n, "ip", 2) for n in range(2, 60))]
    popular = frozenset({("ip", number_value(2))})
    chosen = choose(world(*uses, fraud=[44], popular=popular))
    assert numbers(chosen) == {1, 44}
    assert len(chosen.popular) == 1


def test_what_too_many_share_is_followed_when_it_is_asked_for():
    uses = [use(1, "ip", 2), *(use(n, "ip", 2) for n in range(2, 60))]
    thing = ("ip", number_value(2))
    around = world(*uses, popular=frozenset({thing}), asked=frozenset({thing_node(thing).key}))
    assert len(choose(around).steps) == MOST_NODES


def test_neighbours_that_were_asked_for_come_before_others():
    uses = [*crowd().uses, use(201, "card", 400), use(201, "card", 401)]
    without = choose(world(*uses))
    assert thing_node(("card", number_value(400))) not in without.steps
    chosen = choose(world(*uses, asked=frozenset({customer_node(201).key})))
    for number in (400, 401):
        assert chosen.steps[thing_node(("card", number_value(number)))] == 3


def test_the_cases_own_things_come_before_others_that_nobody_shares():
    uses = [use(1, "ip", n) for n in range(1, 31)]
    mine = ("ip", number_value(30))
    assert thing_node(mine) in choose(world(*uses, concerned=frozenset({mine}))).steps


@pytest.mark.parametrize(
    "key",
    [
        "",
        "customer",
        "customer-",
        "customer-x",
        "customer-0",
        "customer-99999999999999999999999",
        "customer-²",
        "device-zz",
        "device-00",
        "pilot-0000000000000007",
        "ip-" + "0" * 400,
        "device-000000000000000G",
        "<script>",
    ],
)
def test_an_address_that_names_no_node_names_none(key):
    assert node_of(key) is None


@pytest.mark.parametrize(
    "node",
    [customer_node(7), thing_node(("device", number_value(9))), thing_node(("ip", b"x" * 16))],
)
def test_a_node_is_found_by_its_key(node):
    assert node_of(node.key) == node


# -- drawing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("around", [world(), crowd(3, 2), crowd(20, 8), crowd()])
def test_no_two_nodes_lie_over_each_other_and_all_lie_inside(around):
    drawing = draw(choose(around), size=FULL)
    places = list(drawing.places.values())
    for number, one in enumerate(places):
        assert 0 <= one.x <= drawing.width - FULL.node
        assert 0 <= one.y <= drawing.height - NODE_HEIGHT
        for other in places[number + 1 :]:
            assert abs(one.x - other.x) >= FULL.node or abs(one.y - other.y) >= NODE_HEIGHT


def test_two_steps_fit_a_screen_of_1280_pixels():
    drawing = draw(choose(crowd()), size=FULL)
    assert drawing.width <= 920  # beside the menu


def test_the_same_neighbourhood_is_drawn_the_same_whatever_its_order():
    around = crowd()
    turned = world(*reversed(around.uses), fraud=[151, 150], open_cases=[7])
    assert draw(choose(around), size=FULL) == draw(choose(turned), size=FULL)


def test_neighbours_stand_side_by_side():
    """Two things with two customers each: no two edges need to cross."""
    uses = [use(1, "device", 1), use(1, "device", 2)]
    uses += [use(2, "device", 2), use(3, "device", 1), use(4, "device", 2), use(5, "device", 1)]
    places = draw(choose(world(*uses)), size=FULL).places
    rows = {n: places[customer_node(n)].y for n in (2, 3, 4, 5)}
    one, two = (places[thing_node(("device", number_value(n)))].y for n in (1, 2))
    assert (one < two) == (max(rows[3], rows[5]) < min(rows[2], rows[4]))


# -- the page ---------------------------------------------------------------------------------


@pytest.fixture
def analyst(bank):
    return person("analyst")


def page_of(case, query: str = "") -> str:
    return reverse("admin:cases_case_graph", args=[case.pk]) + query


def read(user, case, query: str = "") -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(page_of(case, query))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.django_db
def test_the_page_tells_in_a_sentence_what_is_shared(bank, analyst):
    case = alerted(bank, "ada", device_id="device-77")
    for name in ("eve", "bob"):
        used(bank, name, device_id="device-77")
    convicted(bank, "mallory", device_id="device-77")
    page = read(analyst, case)
    assert "device de••••77 shared with 3 customers, 1 confirmed fraud" in page
    assert "✕ fraud" in page
    assert "device-77" not in page
    assert "mallory" not in page


@pytest.mark.django_db
def test_the_page_of_a_case_without_links_says_so(bank, analyst):
    page = read(analyst, alerted(bank, "ada"))
    assert "No device, card, address or payee is known" in page


@pytest.mark.django_db
def test_nothing_of_another_institution_is_drawn_even_if_its_nodes_are_asked_for(
    bank, stranger, analyst
):
    case = alerted(bank, "ada", device_id="device-77")
    theirs = convicted(stranger, "mallory", device_id="device-77", ip_address="102.89.1.2")
    key = customer_node(theirs.customer_id).key
    page = read(analyst, case, f"?expand={key}")
    assert "confirmed fraud" not in page
    assert "102.89" not in page
    client = Client()
    client.force_login(analyst)
    assert client.get(page_of(theirs)).status_code == 404


@pytest.mark.django_db
def test_a_node_is_expanded_and_taken_back_by_its_link(bank, analyst):
    case = alerted(bank, "ada", device_id="device-77")
    used(bank, "eve", device_id="device-77", card_token="token-4242")
    customer = used(bank, "eve", device_id="device-77")[0].customer_id
    before = read(analyst, case)
    assert "tok••••42" not in before
    link = f"?expand=customer-{customer}"
    assert f'href="{page_of(case, link)}"' in before
    after = read(analyst, case, link)
    assert "tok••••42" in after
    assert f'href="{page_of(case)}"' in after


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["?expand=" + "x" * 5_000, "?expand=%0A&expand='--", "?expand="])
def test_a_hostile_address_does_no_harm(bank, analyst, query):
    assert "Linked with case" in read(analyst, alerted(bank, "ada", device_id="d-1234"), query)


@pytest.mark.django_db
def test_hostile_names_are_shown_as_text(bank, analyst):
    name = '"><script>alert(1)</script>'
    case = alerted(bank, name, device_id=name, beneficiary_id=name)
    used(bank, name + "2", device_id=name)
    page = read(analyst, case)
    assert "<script>alert" not in page
    assert not re.search(r'[a-z-]+=""><s', page)


@pytest.mark.django_db
def test_the_page_takes_as_many_queries_for_a_crowd_as_for_one(bank, analyst):
    case = alerted(bank, "ada", device_id="device-77", ip_address="102.89.1.2", email="a@b.com")
    used(bank, "eve", device_id="device-77")
    client = Client()
    client.force_login(analyst)
    client.get(page_of(case))
    with CaptureQueriesContext(connection) as few:
        client.get(page_of(case))
    for n in range(12):
        used(bank, f"c-{n}", device_id="device-77", ip_address="102.89.1.2", card_token=f"t-{n}")
    convicted(bank, "mallory", email="a@b.com")
    with CaptureQueriesContext(connection) as many:
        client.get(page_of(case, f"?expand=customer-{case.customer_id}"))
    assert len(many) == len(few) <= 14


@pytest.mark.django_db
def test_the_graph_is_made_in_a_constant_number_of_queries(bank, analyst):
    case = alerted(bank, "ada", device_id="device-77", card_token="token-1", email="a@b.com")
    used(bank, "eve", device_id="device-77", card_token="token-2")
    with CaptureQueriesContext(connection) as whole:
        graph_of(case)
    with CaptureQueriesContext(connection) as part:
        linked_context(case)
    assert len(whole) == 8
    assert len(part) <= 9


@pytest.mark.django_db
def test_who_may_not_see_cases_sees_no_graph(bank):
    from foundation.models import User

    case = alerted(bank, "ada", device_id="device-77")
    client = Client()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get(page_of(case)).status_code in {403, 404}


@pytest.mark.django_db
def test_the_page_has_nothing_inline_and_every_node_in_a_table(bank, analyst):
    case = alerted(bank, "ada", device_id="device-77", card_token="token-4242")
    used(bank, "eve", device_id="device-77")
    page = read(analyst, case)
    content = page[page.index('class="fs-card cs-head"') :]
    for inline in (" style=", " onclick=", "javascript:"):
        assert inline not in content
    drawn = content.count('<a href="/admin/cases/case/')
    assert content.count('class="cg-node') == drawn - 0 == 4
    assert content.count('class="fs-line"><a') == 4
