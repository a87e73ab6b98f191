"""Where the request came from: address, network and place."""

from features.computations import addresses, numbers, places, times
from features.declaring import LABELS, LAST_TRANSACTION, Section
from features.windows.declaring import Windowed

_ = Section("network")

FEATURES = (
    _.identifier(
        "ip_address", "The internet address of the customer's device.", "ip", max_length=50
    ),
    # The address
    _.text(
        "ip_class",
        "Which kind of address it is; documentation means the ranges set aside for samples.",
        max_length=20,
        choices=("public", *addresses.CLASSES),
        source="computed",
        compute=addresses.ip_class,
        computed_from=("raw_ip_address",),
    ),
    _.number(
        "ip_version",
        "Which version of the internet protocol the address belongs to.",
        4,
        6,
        source="computed",
        compute=addresses.ip_version,
        computed_from=("raw_ip_address",),
    ),
    _.boolean(
        "ip_is_private",
        "Whether no client on the internet can have the address (private, loopback, reserved).",
        compute=addresses.is_private_class,
        computed_from=("ip_class",),
    ),
    _.country("ip_country", "The country of the address."),
    _.text("ip_state", "The state or region of the address.", max_length=100),
    _.text("ip_city", "The city of the address.", max_length=100),
    _.number("ip_latitude", "The latitude of the address.", -90, 90, unit="degrees"),
    _.number("ip_longitude", "The longitude of the address.", -180, 180, unit="degrees"),
    _.word("ip_type", "What kind of connection it is, such as residential, mobile or business."),
    _.points("ip_reputation_score", "How well regarded the address is; higher is better."),
    _.boolean("ip_is_vpn", "Whether the address belongs to a virtual private network."),
    _.boolean("ip_is_proxy", "Whether the address belongs to a proxy."),
    _.boolean("ip_is_tor", "Whether the address is an exit of the Tor network."),
    _.boolean("ip_is_datacenter", "Whether the address belongs to a data centre."),
    _.boolean("ip_is_hosting_provider", "Whether the address belongs to a hosting provider."),
    _.boolean("ip_is_carrier", "Whether the address belongs to a mobile carrier."),
    _.boolean(
        "is_residential_proxy", "Whether the address is a household's that relays for others."
    ),
    _.boolean("reverse_proxy_detected", "Whether the request came through a relaying web server."),
    _.boolean("ip_is_botnet", "Whether the address is known as part of a botnet."),
    _.boolean("ip_is_dynamic_range", "Whether the address is one that a provider hands out anew."),
    _.boolean("ip_is_shared", "Whether many households share the address."),
    _.count(
        "ip_velocity",
        "How many addresses the customer used in 24 hours, this one among them.",
        windowed=Windowed(entity="customer", window="24h", aggregate="distinct", of="ip"),
    ),
    _.count(
        "ip_transactions_last_hour",
        "How many transactions came from the address in the hour up to this one.",
        windowed=Windowed(entity="ip", window="1h"),
    ),
    _.count(
        "same_ip_account_count",
        "How many customers used the address in 24 hours, this one among them.",
        windowed=Windowed(entity="ip", window="24h", aggregate="distinct", of="customer"),
    ),
    _.ratio(
        "ip_fraud_rate",
        "Which share of the address's transactions was fraud, smoothed; older ones count less.",
        gathered_from=LABELS,
    ),
    _.number(
        "asn_number", "The number of the network that the address belongs to.", 0, 4_294_967_295
    ),
    _.points("asn_reputation", "How well regarded that network is; higher is better."),
    _.number(
        "last_asn_number",
        "The number of the network at the customer's last transaction that told it.",
        0,
        4_294_967_295,
        gathered_from=LAST_TRANSACTION,
    ),
    _.boolean(
        "asn_changed_since_last_txn",
        "Whether the network is another than at the last transaction.",
        compute=places.differ,
        computed_from=("last_asn_number", "asn_number"),
    ),
    _.text("isp_name", "The name of the internet provider."),
    _.country("ip_isp_country", "The country of the internet provider."),
    _.word("mobile_carrier", "The name of the mobile carrier."),
    _.boolean("geoip_lookup_failed", "Whether the address was looked up and not found on the map."),
    _.points("location_risk_score", "How risky the place is; higher is worse."),
    _.ratio("network_anomaly_score", "How unusual the connection is; higher is worse."),
    # Place and time zone
    _.number(
        "latitude",
        "The latitude of the customer; that of the address when no other is known.",
        -90,
        90,
        unit="degrees",
        compute=numbers.same,
        computed_from=("ip_latitude",),
    ),
    _.number(
        "longitude",
        "The longitude of the customer; that of the address when no other is known.",
        -180,
        180,
        unit="degrees",
        compute=numbers.same,
        computed_from=("ip_longitude",),
    ),
    _.number("home_latitude", "The latitude of the customer's home.", -90, 90, unit="degrees"),
    _.number("home_longitude", "The longitude of the customer's home.", -180, 180, unit="degrees"),
    _.number(
        "last_latitude",
        "The latitude at the customer's last transaction that told a place.",
        -90,
        90,
        unit="degrees",
        gathered_from=LAST_TRANSACTION,
    ),
    _.number(
        "last_longitude",
        "The longitude at the customer's last transaction that told a place.",
        -180,
        180,
        unit="degrees",
        gathered_from=LAST_TRANSACTION,
    ),
    _.moment(
        "last_location_at",
        "When the customer was at the place of the last transaction that told one.",
        gathered_from=LAST_TRANSACTION,
    ),
    _.hours(
        "hours_since_last_location",
        "How long ago the customer was at that place; that of the last transaction when no other "
        "time is known.",
        compute=times.hours_since_place,
        computed_from=("occurred_at",),
        optional=("last_location_at", "hours_since_last_transaction"),
    ),
    _.number(
        "distance_from_home",
        "How far the customer is from home.",
        0,
        20_100,
        unit="kilometres",
        compute=places.distance_km,
        computed_from=("latitude", "longitude", "home_latitude", "home_longitude"),
    ),
    _.number(
        "distance_from_last_location_km",
        "How far the customer is from the place of the last transaction.",
        0,
        20_100,
        unit="kilometres",
        compute=places.distance_km,
        computed_from=("latitude", "longitude", "last_latitude", "last_longitude"),
    ),
    _.number(
        "travel_speed_kmh",
        "How fast the customer must have travelled from the place of the last transaction.",
        0,
        2e6,
        unit="kilometres an hour",
        compute=places.speed_kmh,
        computed_from=("distance_from_last_location_km", "hours_since_last_location"),
    ),
    _.boolean(
        "impossible_travel",
        "Whether that is faster than an airliner (900 kilometres an hour).",
        also_in=("ato",),
        compute=places.is_impossible_speed,
        computed_from=("travel_speed_kmh",),
    ),
    _.number(
        "timezone_offset",
        "How far the customer's clock is ahead of UTC; otherwise as its time stamp says.",
        -1_080,
        1_080,
        unit="minutes",
        compute=numbers.same,
        computed_from=("utc_offset_minutes",),
    ),
    _.boolean("time_zone_match", "Whether the device's time zone is the one of its address."),
    _.boolean(
        "email_ip_match",
        "Whether e-mail address and internet address belong to the same country.",
        compute=places.equal,
        computed_from=("email_country", "ip_country"),
    ),
    _.boolean(
        "phone_ip_match",
        "Whether telephone number and internet address belong to the same country.",
        compute=places.equal,
        computed_from=("phone_country", "ip_country"),
    ),
)
