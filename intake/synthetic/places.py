"""Countries, cities and networks. Coordinates and shares are rough; networks carry the names and
address blocks of real providers so that they look right, but say nothing about them."""

from typing import Final, NamedTuple

from intake.synthetic.clock import Zone
from intake.synthetic.randomness import Weighted


class City(NamedTuple):
    name: str
    country: str
    latitude: float
    longitude: float
    zone: Zone


class Network(NamedTuple):
    """A provider and the first two numbers of its addresses."""

    name: str
    blocks: tuple[str, ...]


class Country(NamedTuple):
    """`per_usd` is the currency's rough value, `income` a middling month's in USD."""

    code: str
    currency: str
    per_usd: float
    income: float
    locales: tuple[str, ...]
    calling: str
    mobile: tuple[str, ...]  # prefixes behind the country's code
    digits: int  # of a number behind the country's code, prefix included
    mail: Weighted[str]
    cities: Weighted[City]
    homes: tuple[Network, ...]
    carriers: tuple[Network, ...]
    banks: tuple[tuple[str, str], ...]  # issuer and BIN

    @property
    def zone(self) -> Zone:
        """That of its largest city."""
        return self.cities.items[0].zone


_WAT, _EAT, _CAT, _GMT = Zone(60), Zone(180), Zone(120), Zone(0)
_LONDON, _BERLIN = Zone(0, "eu"), Zone(60, "eu")
_EASTERN, _CENTRAL, _PACIFIC = Zone(-300, "us"), Zone(-360, "us"), Zone(-480, "us")


def _cities(code: str, *rows: tuple[str, float, float, Zone, float]) -> Weighted[City]:
    return Weighted(
        (City(name, code, latitude, longitude, zone), weight)
        for name, latitude, longitude, zone, weight in rows
    )


def _mail(**own: float) -> Weighted[str]:
    """The big providers with a country's own, and throw-away ones: honest people use them too."""
    shares = {
        "gmail.com": 58.0,
        "yahoo.com": 14,
        "outlook.com": 9,
        "hotmail.com": 7,
        "icloud.com": 5,
    }
    shares |= {"proton.me": 1.2, "mailinator.com": 0.04, "yopmail.com": 0.04}
    return Weighted({**shares, **{name.replace("_", "."): share for name, share in own.items()}})


_AFRICA = _mail(ymail_com=3)

_ALL: Final = (
    Country(
        "NG",
        "NGN",
        1530,
        260,
        ("en_NG", "yo_NG", "ig_NG", "ha_NG"),
        "+234",
        (
            "803",
            "806",
            "813",
            "816",
            "703",
            "706",
            "903",
            "802",
            "808",
            "812",
            "701",
            "805",
            "807",
            "815",
            "705",
            "905",
            "809",
            "817",
            "818",
            "909",
        ),
        10,
        _AFRICA,
        _cities(
            "NG",
            ("Lagos", 6.52, 3.38, _WAT, 38),
            ("Abuja", 9.06, 7.49, _WAT, 18),
            ("Port Harcourt", 4.82, 7.03, _WAT, 11),
            ("Ibadan", 7.38, 3.95, _WAT, 10),
            ("Kano", 12.0, 8.52, _WAT, 9),
            ("Enugu", 6.45, 7.5, _WAT, 7),
            ("Benin City", 6.34, 5.62, _WAT, 7),
        ),
        (
            Network("Spectranet", ("41.217",)),
            Network("ipNX", ("197.253",)),
            Network("Starlink", ("98.97",)),
        ),
        (
            Network("MTN Nigeria", ("102.89", "197.210")),
            Network("Airtel Nigeria", ("105.112", "105.113")),
            Network("Glo Mobile", ("197.211",)),
            Network("9mobile", ("41.190",)),
        ),
        (
            ("Guaranty Trust Bank", "539983"),
            ("Access Bank", "418742"),
            ("Zenith Bank", "408408"),
            ("UBA", "519911"),
            ("Verve Opay", "506146"),
        ),
    ),
    Country(
        "GB",
        "GBP",
        0.73,
        2900,
        ("en_GB",),
        "+44",
        ("7400", "7411", "7539", "7712", "7824", "7890", "7985", "7305"),
        10,
        _mail(btinternet_com=4, hotmail_co_uk=5, sky_com=2),
        _cities(
            "GB",
            ("London", 51.51, -0.13, _LONDON, 40),
            ("Manchester", 53.48, -2.24, _LONDON, 16),
            ("Birmingham", 52.49, -1.89, _LONDON, 15),
            ("Leeds", 53.8, -1.55, _LONDON, 10),
            ("Glasgow", 55.86, -4.25, _LONDON, 10),
            ("Bristol", 51.45, -2.59, _LONDON, 9),
        ),
        (
            Network("BT", ("86.128", "86.150")),
            Network("Sky Broadband", ("90.192", "90.205")),
            Network("Virgin Media", ("82.4", "82.20")),
        ),
        (
            Network("EE", ("31.94", "31.100")),
            Network("O2 UK", ("82.132",)),
            Network("Three UK", ("92.40", "92.41")),
            Network("Vodafone UK", ("85.255",)),
        ),
        (("Barclays", "465859"), ("HSBC UK", "454638"), ("Monzo", "535522"), ("Lloyds", "492181")),
    ),
    Country(
        "DE",
        "EUR",
        0.85,
        2900,
        ("de_DE",),
        "+49",
        ("1511", "1520", "1573", "1590", "1601", "1701", "1729", "1761"),
        11,
        _mail(gmx_de=20, web_de=18, freenet_de=4),
        _cities(
            "DE",
            ("Berlin", 52.52, 13.4, _BERLIN, 30),
            ("Hamburg", 53.55, 9.99, _BERLIN, 18),
            ("Munich", 48.14, 11.58, _BERLIN, 18),
            ("Cologne", 50.94, 6.96, _BERLIN, 18),
            ("Frankfurt", 50.11, 8.68, _BERLIN, 16),
        ),
        (
            Network("Deutsche Telekom", ("79.192", "91.0")),
            Network("Vodafone Kabel", ("95.88",)),
            Network("1&1 Versatel", ("89.244",)),
        ),
        (
            Network("Telekom Mobil", ("80.187",)),
            Network("Vodafone DE", ("109.40", "109.41")),
            Network("O2 Germany", ("176.0", "176.1")),
        ),
        (("Sparkasse", "557081"), ("DKB", "493071"), ("Commerzbank", "426389"), ("N26", "535571")),
    ),
    Country(
        "FR",
        "EUR",
        0.85,
        2600,
        ("fr_FR",),
        "+33",
        ("612", "623", "634", "645", "650", "661", "671", "682", "695", "751"),
        9,
        _mail(orange_fr=14, free_fr=8, laposte_net=4),
        _cities(
            "FR",
            ("Paris", 48.86, 2.35, _BERLIN, 48),
            ("Lyon", 45.76, 4.84, _BERLIN, 20),
            ("Marseille", 43.3, 5.37, _BERLIN, 18),
            ("Lille", 50.63, 3.06, _BERLIN, 14),
        ),
        (
            Network("Orange", ("90.0", "90.27")),
            Network("Free", ("82.64", "82.66")),
            Network("SFR", ("93.0",)),
        ),
        (
            Network("Orange Mobile", ("92.184",)),
            Network("Free Mobile", ("37.164", "37.165")),
            Network("Bouygues Mobile", ("176.128",)),
        ),
        (("BNP Paribas", "497355"), ("Credit Agricole", "513141"), ("Boursorama", "417587")),
    ),
    Country(
        "US",
        "USD",
        1.0,
        4200,
        ("en_US",),
        "+1",
        ("212555", "646555", "312555", "415555", "713555", "404555", "305555", "917555"),
        10,
        _mail(aol_com=4, comcast_net=3),
        _cities(
            "US",
            ("New York", 40.71, -74.01, _EASTERN, 30),
            ("Miami", 25.76, -80.19, _EASTERN, 12),
            ("Atlanta", 33.75, -84.39, _EASTERN, 14),
            ("Chicago", 41.88, -87.63, _CENTRAL, 16),
            ("Houston", 29.76, -95.37, _CENTRAL, 14),
            ("Los Angeles", 34.05, -118.24, _PACIFIC, 14),
        ),
        (
            Network("Comcast", ("73.12", "73.170")),
            Network("Spectrum", ("75.80", "76.170")),
            Network("Verizon Fios", ("71.190",)),
        ),
        (
            Network("T-Mobile US", ("172.56", "172.58")),
            Network("Verizon Wireless", ("174.192", "174.240")),
            Network("AT&T Mobility", ("107.77", "107.116")),
        ),
        (
            ("Chase", "414720"),
            ("Bank of America", "480011"),
            ("Capital One", "517805"),
            ("Citi", "542418"),
        ),
    ),
    Country(
        "KE",
        "KES",
        129.2,
        240,
        ("en_KE",),
        "+254",
        ("712", "722", "701", "741", "733", "790", "768"),
        9,
        _AFRICA,
        _cities(
            "KE",
            ("Nairobi", -1.29, 36.82, _EAT, 50),
            ("Mombasa", -4.04, 39.67, _EAT, 22),
            ("Kisumu", -0.09, 34.77, _EAT, 15),
            ("Nakuru", -0.3, 36.07, _EAT, 13),
        ),
        (Network("Zuku", ("197.232",)), Network("Safaricom Home", ("197.136",))),
        (Network("Safaricom", ("105.160", "105.163")), Network("Airtel Kenya", ("102.0",))),
        (("Equity Bank", "428494"), ("KCB", "462843")),
    ),
    Country(
        "GH",
        "GHS",
        10.35,
        230,
        ("tw_GH",),
        "+233",
        ("241", "244", "541", "551", "201", "501", "271"),
        9,
        _AFRICA,
        _cities(
            "GH",
            ("Accra", 5.6, -0.19, _GMT, 55),
            ("Kumasi", 6.69, -1.62, _GMT, 30),
            ("Tamale", 9.4, -0.84, _GMT, 15),
        ),
        (Network("Surfline", ("154.68",)),),
        (Network("MTN Ghana", ("154.160", "154.161")), Network("Telecel Ghana", ("41.215",))),
        (("GCB Bank", "416598"), ("Ecobank Ghana", "475184")),
    ),
    Country(
        "UG",
        "UGX",
        3590,
        160,
        ("sw",),
        "+256",
        ("772", "782", "701", "752", "774"),
        9,
        _AFRICA,
        _cities(
            "UG",
            ("Kampala", 0.35, 32.58, _EAT, 65),
            ("Gulu", 2.77, 32.3, _EAT, 15),
            ("Mbarara", -0.61, 30.65, _EAT, 20),
        ),
        (Network("Roke Telkom", ("41.75",)),),
        (Network("MTN Uganda", ("41.210",)), Network("Airtel Uganda", ("102.82", "102.83"))),
        (("Stanbic Uganda", "403255"), ("Centenary Bank", "522187")),
    ),
    Country(
        "TZ",
        "TZS",
        2630,
        170,
        ("sw",),
        "+255",
        ("754", "765", "713", "782", "621"),
        9,
        _AFRICA,
        _cities(
            "TZ",
            ("Dar es Salaam", -6.79, 39.21, _EAT, 60),
            ("Mwanza", -2.52, 32.9, _EAT, 20),
            ("Arusha", -3.37, 36.68, _EAT, 20),
        ),
        (Network("TTCL", ("41.59",)),),
        (Network("Vodacom Tanzania", ("197.250",)), Network("Yas Tanzania", ("41.222",))),
        (("CRDB", "421478"), ("NMB", "532711")),
    ),
    Country(
        "RW",
        "RWF",
        1440,
        150,
        ("sw",),
        "+250",
        ("788", "783", "722", "739"),
        9,
        _AFRICA,
        _cities("RW", ("Kigali", -1.95, 30.06, _CAT, 80), ("Huye", -2.6, 29.74, _CAT, 20)),
        (Network("Liquid Rwanda", ("41.216",)),),
        (Network("MTN Rwanda", ("41.186",)), Network("Airtel Rwanda", ("197.157",))),
        (("Bank of Kigali", "476319"), ("I&M Rwanda", "534826")),
    ),
    Country(
        "ZM",
        "ZMW",
        23.7,
        180,
        ("en_NG",),
        "+260",
        ("977", "966", "955", "971"),
        9,
        _AFRICA,
        _cities("ZM", ("Lusaka", -15.39, 28.32, _CAT, 65), ("Kitwe", -12.8, 28.21, _CAT, 35)),
        (Network("Liquid Zambia", ("41.72",)),),
        (Network("MTN Zambia", ("41.223",)), Network("Airtel Zambia", ("102.145",))),
        (("Zanaco", "462145"), ("FNB Zambia", "523609")),
    ),
)
COUNTRIES: Final = {country.code: country for country in _ALL}

# Where people travel beside the countries above.
ABROAD: Final = (
    City("Dubai", "AE", 25.2, 55.27, Zone(240)),
    City("Johannesburg", "ZA", -26.2, 28.05, Zone(120)),
    City("Istanbul", "TR", 41.01, 28.98, Zone(180)),
    City("Amsterdam", "NL", 52.37, 4.9, _BERLIN),
    City("Barcelona", "ES", 41.39, 2.17, _BERLIN),
    City("Toronto", "CA", 43.65, -79.38, _EASTERN),
)
# Networks that a visitor's phone finds there.
ROAMING: Final = {
    "AE": Network("Etisalat", ("94.200",)),
    "ZA": Network("Vodacom", ("105.240",)),
    "TR": Network("Turkcell", ("178.240",)),
    "NL": Network("KPN Mobile", ("77.160",)),
    "ES": Network("Movistar", ("88.0",)),
    "CA": Network("Rogers", ("99.224",)),
}
VPNS: Final = (Network("M247", ("146.70", "89.238")), Network("Datacamp", ("149.102", "156.146")))
HOSTING: Final = (
    Network("DigitalOcean", ("167.99", "138.68")),
    Network("Hetzner", ("95.216",)),
    Network("OVH", ("51.75",)),
)
TOR: Final = Network("Tor exits", ("185.220",))
