"""What identifiers tell by themselves, from local libraries and files."""

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from features.catalogue import CATALOGUE
from features.identifiers import normal_form
from features.types import Type
from intelligence.checks import check_geoip_files
from intelligence.enrichment import enrich, texts_to_look_up

PLACE = {
    "country": {"iso_code": "KE", "names": {"en": "Kenya"}},
    "subdivisions": [{"names": {"en": "Nairobi County"}}],
    "city": {"names": {"en": "Nairobi"}},
    "location": {"latitude": -1.28, "longitude": 36.82},
}
NETWORK = {"autonomous_system_number": 33771, "autonomous_system_organization": "Safaricom"}
EVERYTHING = {"phone": "+254712345678", "email": "info@shop.co.ke", "ip_address": "41.90.1.1"}


def raw(**identifiers):
    return {name: normal_form(name, value) for name, value in identifiers.items()}


def write_file(path, kind, networks):
    writer = MMDBWriter(ip_version=4, database_type=kind)
    for network, record in networks.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return str(path)


@pytest.fixture
def city_file(tmp_path):
    return write_file(tmp_path / "city.mmdb", "GeoLite2-City", {"41.90.0.0/16": PLACE})


@pytest.fixture
def network_file(tmp_path):
    return write_file(tmp_path / "asn.mmdb", "GeoLite2-ASN", {"41.90.0.0/16": NETWORK})


@pytest.mark.parametrize(
    ("number", "home", "expected"),
    [
        ("+254712345678", None, (True, "KE", "mobile", "safaricom")),
        ("00254 712 345 678", None, (True, "KE", "mobile", "safaricom")),
        ("+234 803 123 4567", None, (True, "NG", "mobile", "mtn")),
        ("+442079460958", None, (True, "GB", "fixed", None)),
        ("+14155552671", None, (True, "US", "fixed_or_mobile", None)),
        ("+18005551234", None, (True, "US", "toll_free", None)),
        ("+80012345678", None, (True, None, "toll_free", None)),
        ("+1111111111", None, (False, None, None, None)),
        ("+2540000000", None, (False, None, None, None)),
        ("+999123456789", None, (False, None, None, None)),
        ("+1", None, (False, None, None, None)),
        ("+" + "1" * 39, None, (False, None, None, None)),
        ("08031234567", "NG", (True, "NG", "mobile", "mtn")),
        ("2348031234567", "NG", (True, "NG", "mobile", "mtn")),
        ("0712345678", "KE", (True, "KE", "mobile", "safaricom")),
        ("0712345678", "NG", (False, None, None, None)),
        ("1", "NG", (False, None, None, None)),
        ("08031234567", None, (None, None, None, None)),
        ("08031234567", "ATLANTIS", (None, None, None, None)),
    ],
)
def test_what_a_telephone_number_tells(number, home, expected):
    found = enrich(raw(phone=number), {"home_country": home} if home else {})
    names = ("phone_valid", "phone_country", "phone_carrier_type", "mobile_carrier")
    assert tuple(found.get(name) for name in names) == expected


@pytest.mark.parametrize(
    ("address", "country", "is_free", "is_role"),
    [
        ("ada@example.com", None, False, False),
        ("ada@bank.co.ke", "KE", False, False),
        ("ada@bank.co.uk", "GB", False, False),
        ("ada@start.io", None, False, False),
        ("ada@start.co", None, False, False),
        ("ada@me.tv", None, False, False),
        ("ada@bank.eu", None, False, False),
        ("Ada@GMAIL.com", None, True, False),
        ("ada@yahoo.co.uk", "GB", True, False),
        ("ada@hotmail.fr", "FR", True, False),
        ("ada@yahoo.example.org", None, False, False),
        ("ada@proton.me", None, True, False),
        ("info@shop.com", None, False, True),
        ("No-Reply@shop.com", None, False, True),
        ("sales+june@shop.com", None, False, True),
        ("salesman@shop.com", None, False, False),
        ("a@b@bank.de", "DE", False, False),
    ],
)
def test_what_an_e_mail_address_tells(address, country, is_free, is_role):
    found = enrich(raw(email=address), {})
    assert found.get("email_country") == country
    assert (found["email_is_free"], found["email_is_role_account"]) == (is_free, is_role)


@pytest.mark.parametrize("address", ["ada", "ada@", "@", "ada@localhost", "@." * 40, "\0@\0"])
def test_what_is_no_address_tells_nothing(address):
    assert enrich({"email": address}, {}) == {}


def test_without_a_geoip_file_nothing_is_said_of_an_address(settings):
    settings.GEOIP_DATABASE = []
    assert enrich(raw(ip_address="8.8.8.8"), {}) == {}


def test_a_geoip_file_tells_the_place(settings, city_file):
    settings.GEOIP_DATABASE = [city_file]
    assert enrich(raw(ip_address="41.90.1.1"), {}) == {
        "ip_country": "KE",
        "ip_state": "Nairobi County",
        "ip_city": "Nairobi",
        "ip_latitude": pytest.approx(-1.28),
        "ip_longitude": pytest.approx(36.82),
        "geoip_lookup_failed": False,
    }


def test_several_files_complete_each_other(settings, city_file, network_file):
    settings.GEOIP_DATABASE = [city_file, network_file]
    found = enrich(raw(ip_address="::ffff:41.90.1.1"), {})
    assert (found["asn_number"], found["isp_name"]) == (33771.0, "Safaricom")
    assert (found["ip_city"], found["geoip_lookup_failed"]) == ("Nairobi", False)


@pytest.mark.parametrize(
    ("address", "failed"),
    [
        ("8.8.8.8", True),
        ("2a00:1450:4001::1", None),  # a file of IPv4 was not asked
        ("10.0.0.1", None),
        ("127.0.0.1", None),
        ("203.0.113.9", None),
        ("nonsense", None),
    ],
)
def test_a_look_up_fails_only_where_one_was_made(settings, city_file, address, failed):
    settings.GEOIP_DATABASE = [city_file]
    assert enrich(raw(ip_address=address), {}).get("geoip_lookup_failed") is failed


def test_a_file_of_networks_is_no_map(settings, network_file):
    settings.GEOIP_DATABASE = [network_file]
    assert enrich(raw(ip_address="8.8.8.8"), {}) == {}


@pytest.mark.parametrize("content", [None, b"", b"no database", b"\xab\xcd\xefMaxMind.com" * 3])
def test_a_broken_file_is_warned_of_and_leaves_its_features_missing(settings, tmp_path, content):
    path = tmp_path / "broken.mmdb"
    if content is not None:
        path.write_bytes(content)
    settings.GEOIP_DATABASE = [str(path)]
    assert enrich(raw(ip_address="8.8.8.8"), {}) == {}
    (warning,) = check_geoip_files()
    assert warning.id == "fraudshield.W002"
    assert "broken.mmdb cannot be read" in warning.msg


def test_a_good_file_is_not_warned_of(settings, city_file):
    settings.GEOIP_DATABASE = [city_file]
    assert check_geoip_files() == []


def test_strange_records_are_missing_features(settings, tmp_path):
    strange = {"country": "KE", "subdivisions": [], "location": {"latitude": 900.0}, "isp": ""}
    path = write_file(tmp_path / "strange.mmdb", "X-City", {"41.90.0.0/16": strange})
    settings.GEOIP_DATABASE = [path]
    assert enrich(raw(ip_address="41.90.1.1"), {}) == {"geoip_lookup_failed": False}


def test_all_that_is_found_are_features_of_the_right_type(settings, city_file, network_file):
    settings.GEOIP_DATABASE = [city_file, network_file]
    types = {Type.STRING: str, Type.BOOLEAN: bool, Type.NUMBER: float}
    found = enrich(raw(**EVERYTHING), {})
    assert len(found) == 15
    for name, value in found.items():
        assert type(value) is types[CATALOGUE[name].type], name
        low, high = CATALOGUE[name].bounds
        assert not isinstance(value, float) or low <= value <= high


def test_texts_to_look_up_are_supplied_or_found():
    gathered = {"mobile_carrier": "mtn", "phone_valid": True}
    supplied = {"gpu_info": "goldfish", "mobile_carrier": "unknown", "amount": 5.0}
    assert texts_to_look_up(raw(email="Ada@Example.com"), supplied, gathered) == {
        "email_domain": "example.com",
        "mobile_carrier": "unknown",
        "gpu_info": "goldfish",
    }
    assert texts_to_look_up({"email": "nothing"}, {}, {}) == {}
