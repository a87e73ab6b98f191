"""Institutions by the slug that an operator gives."""

import pytest

from clients import queries
from clients.errors import UnknownInstitutionError
from clients.models import Institution
from clients.queries import institution_of

pytestmark = pytest.mark.django_db


def make(slug, **fields):
    return Institution.objects.create(name=slug, slug=slug, base_currency="NGN", **fields)


def test_it_is_found_active_or_not(django_assert_num_queries):
    bank, shop = make("bank"), make("shop", is_active=False)
    with django_assert_num_queries(2):
        assert [institution_of("bank"), institution_of("shop")] == [bank, shop]


def test_of_an_unknown_one_the_error_names_those_there_are(monkeypatch):
    with pytest.raises(UnknownInstitutionError, match="no institution moon; there are: none yet"):
        institution_of("moon")
    for slug in ("shop", "bank", "wallet"):
        make(slug)
    monkeypatch.setattr(queries, "MOST_SLUGS", 2)
    with pytest.raises(UnknownInstitutionError, match=r"there are: bank, shop\."):
        institution_of("moon")
