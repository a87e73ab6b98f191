"""What the request came from: browser and device."""

from features.computations import devices, numbers
from features.declaring import FIRST_SIGHT, LABELS, PROFILE, Section
from features.windows.declaring import Windowed

_ = Section("network")

FEATURES = (
    # Identifiers: keyed hashes only.
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
        "device_is_new",
        "Whether the customer never used the device before; missing for the very first.",
        also_in=("ato",),
        gathered_from=PROFILE,
    ),
    _.count(
        "device_velocity",
        "How many devices the customer used in 24 hours, this one among them.",
        windowed=Windowed(entity="customer", window="24h", aggregate="distinct", of="device"),
    ),
    _.count(
        "device_account_count",
        "How many accounts use the device; as far as we counted, customers in 7 days.",
        windowed=Windowed(entity="device", window="7d", aggregate="distinct", of="customer"),
    ),
    _.count(
        "device_cards_24h",
        "How many different cards were used on the device in 24 hours, this one among them.",
        windowed=Windowed(entity="device", window="24h", aggregate="distinct", of="card"),
    ),
    _.count(
        "device_loans_30d",
        "How many loans were taken on the device in 30 days, this one among them.",
        windowed=Windowed(entity="device", window="30d", where="loan"),
    ),
    _.count(
        "device_small_transactions_1h",
        "How many transactions below 10 USD the device made in an hour, this one among them.",
        windowed=Windowed(entity="device", window="1h", where="small"),
    ),
    _.ratio(
        "device_fraud_rate",
        "Which share of the device's transactions was fraud, smoothed; older ones count less.",
        gathered_from=LABELS,
    ),
    _.days(
        "device_age_days",
        "How long the device has been known; as far as we saw, since its first transaction, and "
        "missing at that one.",
        gathered_from=FIRST_SIGHT,
    ),
)
