"""Where the request came from: address, place, browser and device."""

from features.computations import addresses, devices, numbers, places
from features.declaring import Section

_ = Section("network")

FEATURES = (
    # Identifiers: keyed hashes only.
    _.identifier(
        "ip_address", "The internet address of the customer's device.", "ip", max_length=50
    ),
    _.identifier(
        "user_agent", "The browser's own description of itself.", "user_agent", max_length=2000
    ),
    _.identifier("device_id", "The device, under the client's own number.", "device"),
    _.identifier(
        "stored_device_fingerprint",
        "The device fingerprint on the customer's file.",
        "device",
        max_length=500,
    ),
    _.identifier(
        "current_device_fingerprint",
        "The device fingerprint of this request.",
        "device",
        max_length=500,
    ),
    _.identifier(
        "canvas_fingerprint",
        "What the browser draws on a canvas, as a fingerprint.",
        "device",
        max_length=500,
    ),
    _.identifier(
        "webgl_fingerprint",
        "What the browser draws in three dimensions, as a fingerprint.",
        "device",
        max_length=500,
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
    _.count("ip_velocity", "How many addresses the customer used in 24 hours."),
    _.count(
        "ip_transactions_last_hour", "How many transactions came from the address in the last hour."
    ),
    _.count("same_ip_account_count", "How many accounts use the address."),
    _.number(
        "asn_number", "The number of the network that the address belongs to.", 0, 4_294_967_295
    ),
    _.points("asn_reputation", "How well regarded that network is; higher is better."),
    _.boolean(
        "asn_changed_since_last_txn", "Whether the network is another than at the last transaction."
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
        "last_latitude", "The latitude at the customer's last transaction.", -90, 90, unit="degrees"
    ),
    _.number(
        "last_longitude",
        "The longitude at the customer's last transaction.",
        -180,
        180,
        unit="degrees",
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
        "How fast the customer must have travelled since the last transaction.",
        0,
        2e6,
        unit="kilometres an hour",
        compute=places.speed_kmh,
        computed_from=("distance_from_last_location_km", "hours_since_last_transaction"),
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
    # Browser and device
    _.word(
        "user_agent_browser",
        "The browser according to its user agent.",
        source="computed",
        compute=devices.agent_browser,
        computed_from=("raw_user_agent",),
    ),
    _.word(
        "user_agent_os",
        "The operating system according to the user agent.",
        source="computed",
        compute=devices.agent_system,
        computed_from=("raw_user_agent",),
    ),
    _.boolean(
        "user_agent_is_bot",
        "Whether the user agent calls itself a bot, crawler, spider or scraper.",
        source="computed",
        compute=devices.agent_is_bot,
        computed_from=("raw_user_agent",),
    ),
    _.word(
        "browser_type",
        "The browser; read from the user agent when not given.",
        compute=numbers.same,
        computed_from=("user_agent_browser",),
    ),
    _.text(
        "browser_version",
        "The browser's version; its first number when read from the user agent.",
        max_length=50,
        compute=devices.agent_version,
        computed_from=("raw_user_agent",),
    ),
    _.word(
        "os_type",
        "The operating system; read from the user agent when not given.",
        compute=numbers.same,
        computed_from=("user_agent_os",),
    ),
    _.word(
        "device_type",
        "What kind of device it is, such as mobile, tablet or desktop.",
        compute=devices.agent_device,
        computed_from=("raw_user_agent",),
    ),
    _.text("gpu_info", "The name of the device's graphics unit."),
    _.text("screen_resolution", "The size of the screen in pixels.", max_length=50),
    _.word("device_language", "The language set on the device.", max_length=50),
    _.boolean("is_emulator", "Whether the device is emulated, as the client found."),
    _.boolean(
        "gpu_is_emulated",
        "Whether the graphics unit is one that emulators and virtual machines show.",
        compute=devices.graphics_are_emulated,
        computed_from=("gpu_info",),
    ),
    _.boolean(
        "browser_contradicts_user_agent",
        "Whether the browser named is another than the user agent's.",
        source="computed",
        compute=devices.browsers_differ,
        computed_from=("browser_type", "user_agent_browser"),
    ),
    _.boolean(
        "os_contradicts_user_agent",
        "Whether the operating system named is another than the user agent's.",
        source="computed",
        compute=devices.systems_differ,
        computed_from=("os_type", "user_agent_os"),
    ),
    _.boolean(
        "gpu_contradicts_os",
        "Whether the graphics unit cannot exist under the operating system.",
        source="computed",
        compute=devices.graphics_contradict,
        computed_from=("gpu_info", "os_type"),
    ),
    _.ratio(
        "device_fingerprint_confidence",
        "How sure the fingerprint is to tell the device from others.",
    ),
    _.boolean(
        "device_is_new", "Whether the customer never used the device before.", also_in=("ato",)
    ),
    _.count("device_velocity", "How many devices the customer used in 24 hours."),
    _.count("device_account_count", "How many accounts use the device."),
    _.days("device_age_days", "How long the device has been known."),
)
