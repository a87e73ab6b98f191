"""A country is one country, however it is written."""

import pytest

from features.countries import CODES, country_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NG", "NG"),
        ("nga", "NG"),
        (" nigeria ", "NG"),
        ("United  States", "US"),
        ("usa", "US"),
        ("UK", "GB"),
        ("Côte d'Ivoire", "CÔTE D'IVOIRE"),
        ("Ivory Coast", "CI"),
        ("atlantis", "ATLANTIS"),
    ],
)
def test_it_knows_countries_by_code_and_name(text, code):
    assert country_code(text) == code


def test_the_table_is_whole():
    assert len(CODES) == 249
    assert all(country_code(code) == code for code in CODES)
