"""Who used what: kept from decisions, made anew, read within bounds."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.links.keeping import columns_of, note_links, things_of
from cases.links.naming import names_of_things
from cases.links.reading import PER_KIND, SHARERS_READ, neighbourhood
from cases.models import Link
from cases.tests.linking import alerted, convicted, used
from foundation.outbox import drain_outbox
from transactions.models import Customer, Transaction

pytestmark = pytest.mark.django_db

ALL = {
    "device_id": "device-77",
    "card_token": "token-4242",
    "email": "ada@example.com",
    "phone": "+2348031234567",
    "ip_address": "102.89.1.2",
    "beneficiary_id": "payee-9",
    "merchant_id": "shop-3",
}


def held():
    return {
        (link.customer_id, link.kind, bytes(link.value)): (
            link.transactions,
            link.transaction_id,
            link.first_at,
            link.last_at,
        )
        for link in Link.objects.all()
    }


def around(row):
    return neighbourhood(customer=row.customer_id, institution=row.institution_id)


def test_everything_that_takes_part_is_linked_with_its_customer(bank):
    [row] = used(bank, "ada", **ALL)
    assert set(Link.objects.values_list("kind", flat=True)) == set(Link.Kind.values)
    assert {(link.customer_id, link.transaction_id) for link in Link.objects.all()} == {
        (row.customer_id, row.pk)
    }


def test_a_transaction_that_names_nothing_links_nothing(bank):
    used(bank, "ada")
    assert not Link.objects.exists()


def test_a_pair_counts_its_transactions_and_knows_the_first_and_the_last(bank):
    rows = used(bank, "ada", times=3, device_id="device-77")
    [link] = Link.objects.all()
    assert link.transactions == 3
    assert link.transaction_id == rows[-1].pk
    assert (link.first_at, link.last_at) == (rows[0].occurred_at, rows[-1].occurred_at)


def test_spellings_of_one_address_are_one_thing(bank):
    used(bank, "ada", email="ada@example.com")
    used(bank, "eve", email="ada@example.com")
    assert Link.objects.values("value").distinct().count() == 1


def test_decisions_are_noted_once_when_the_outbox_is_drained(bank):
    from scoring.services import score_transaction
    from scoring.tests.making import make_request

    request = make_request(transaction_id="t-1", identifiers=ALL)
    score_transaction(client=bank, request=request, source="test")
    assert not Link.objects.exists()
    drain_outbox()
    drain_outbox()
    assert set(Link.objects.values_list("transactions", flat=True)) == {1}
    assert Link.objects.count() == len(ALL)


def test_noting_takes_as_many_queries_for_many_transactions_as_for_one(bank):
    rows = used(bank, "ada", times=10, **ALL)
    Link.objects.all().delete()
    with CaptureQueriesContext(connection) as queries:
        note_links([row.pk for row in rows])
    assert len(queries) == 2
    assert set(Link.objects.values_list("transactions", flat=True)) == {10}


def test_a_request_that_does_not_open_still_links_what_its_row_names(bank):
    [row] = used(bank, "ada", **ALL)
    row.sealed = b"broken"
    assert {kind for kind, _ in things_of(row)} == {"device", "card", "email", "phone", "ip"}
    assert list(things_of(row)) == list(columns_of(row))


def test_rebuilding_gives_what_was_kept(bank, stranger):
    used(bank, "ada", times=3, **ALL)
    used(bank, "eve", device_id="device-77", ip_address="102.89.1.2")
    used(stranger, "ada", **ALL)
    drain_outbox()
    drained = 2
    kept = {key: (value[0] // drained, *value[1:]) for key, value in held().items()}
    call_command("rebuild_links", verbosity=0)
    assert held() == kept


def test_rebuilding_leaves_what_the_outbox_will_still_tell(bank):
    from scoring.services import score_transaction
    from scoring.tests.making import make_request

    score_transaction(
        client=bank, request=make_request(transaction_id="t-1", identifiers=ALL), source="test"
    )
    call_command("rebuild_links", verbosity=0)
    assert not Link.objects.exists()
    drain_outbox()
    assert set(Link.objects.values_list("transactions", flat=True)) == {1}


def test_one_institution_is_made_anew_without_the_others(bank, stranger):
    used(bank, "ada", device_id="device-77")
    used(stranger, "ada", device_id="device-77")
    drain_outbox()
    Link.objects.all().delete()
    call_command("rebuild_links", institution="other", verbosity=0)
    assert set(Link.objects.values_list("institution", flat=True)) == {stranger.institution_id}
    with pytest.raises(CommandError, match="nowhere"):
        call_command("rebuild_links", institution="nowhere")


def test_sharers_are_found_with_what_their_cases_say(bank):
    [row] = used(bank, "ada", device_id="device-77")
    used(bank, "eve", device_id="device-77")
    fraud = convicted(bank, "mallory", device_id="device-77")
    case = alerted(bank, "bob", device_id="device-77")
    found = around(row)
    [others] = found.sharers().values()
    assert len(others) == 3
    assert found.is_fraud(fraud.customer_id)
    assert found.standing[case.customer_id].open_case == case.pk
    assert not found.is_fraud(case.customer_id)


def test_other_institutions_are_never_among_the_sharers(bank, stranger):
    [row] = used(bank, "ada", **ALL)
    [theirs] = used(stranger, "ada", **ALL)
    for found in (around(row), around(theirs)):
        assert not any(found.sharers().values())
    asked = neighbourhood(
        customer=row.customer_id,
        institution=row.institution_id,
        customers_too=[theirs.customer_id],
        things_too=list(things_of(theirs)),
    )
    assert {use.customer for use in asked.uses} == {row.customer_id}


def spread(row: Transaction, number: int) -> None:
    """The transaction's things as used by so many further customers, without transactions."""
    customers = Customer.objects.bulk_create(
        Customer(
            institution_id=row.institution_id,
            reference_hash=n.to_bytes(16, "big"),
            reference_sealed=b"",
            hash_version=1,
            first_seen_at=row.occurred_at,
        )
        for n in range(number)
    )
    Link.objects.bulk_create(
        Link(
            institution_id=row.institution_id,
            customer=customer,
            kind=kind,
            value=value,
            transaction=row,
            transactions=1,
            first_at=row.occurred_at,
            last_at=row.occurred_at,
        )
        for customer in customers
        for kind, value in columns_of(row)
    )


@pytest.mark.parametrize(("others", "popular"), [(SHARERS_READ - 1, False), (SHARERS_READ, True)])
def test_what_too_many_share_is_popular_and_read_within_bounds(bank, others, popular):
    [row] = used(bank, "ada", ip_address="102.89.1.2")
    spread(row, others)
    found = around(row)
    assert bool(found.popular) == popular
    assert len(found.uses) <= SHARERS_READ + 2


def test_a_customer_with_very_many_addresses_is_read_within_bounds_and_the_cases_own_stay(bank):
    rows = used(bank, "ada", ip_address="102.89.1.2")
    Link.objects.bulk_create(
        Link(
            institution_id=bank.institution_id,
            customer_id=rows[0].customer_id,
            kind="ip",
            value=n.to_bytes(16, "big"),
            transaction=rows[0],
            transactions=1,
            first_at=rows[0].occurred_at,
            last_at=rows[0].occurred_at - timedelta(days=1),
        )
        for n in range(200)
    )
    found = neighbourhood(
        customer=rows[0].customer_id, institution=bank.institution_id, transactions=rows
    )
    own = set(columns_of(rows[0]))
    assert len(found.uses) == PER_KIND + 1
    assert own <= {use.thing for use in found.uses}
    assert found.concerned == own


def test_reading_takes_three_queries_however_much_there_is(bank):
    [row] = used(bank, "ada", **ALL)
    spread(row, 60)
    convicted(bank, "mallory", **ALL)
    with CaptureQueriesContext(connection) as queries:
        around(row)
    assert len(queries) == 3


def test_things_are_called_by_their_masks(bank):
    [row] = used(bank, "ada", **ALL)
    names = names_of_things(around(row).uses)
    told = {kind: name for (kind, _), name in names.items()}
    assert told["email"] == "a••••@example.com"
    assert told["ip"] == "102.89.•.•"
    for value in ALL.values():
        assert value not in told.values()


def test_a_thing_whose_transaction_does_not_open_has_no_name(bank):
    [row] = used(bank, "ada", beneficiary_id="payee-9")
    Link.objects.update(transaction_id=UUID(int=1))
    assert set(names_of_things(around(row).uses).values()) == {"••••"}
