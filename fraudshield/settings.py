"""Settings, one file; everything that differs between installations comes from the environment."""

import os
from datetime import timedelta
from pathlib import Path

from celery.schedules import crontab
from corsheaders.defaults import default_headers

from fraudshield import __version__
from fraudshield import environment as env
from fraudshield.navigation import UNFOLD  # noqa: F401  the admin's look and navigation

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = __version__
STATE_DIR = Path(env.first("STATE_DIR", default=str(BASE_DIR / ".state")))

# --- Safety ---------------------------------------------------------------------------------
DEMO = env.boolean("DEMO", default=False)
DEBUG = env.boolean("DEBUG", default=False)
ENVIRONMENT = env.first("ENVIRONMENT", default="demo" if DEMO else "production")
SECRET_KEY = env.first("SECRET_KEY")
# "2:<base64 of 32 bytes>,1:<base64>": the first key writes, all of them read.
FRAUDSHIELD_KEYS = env.first("FRAUDSHIELD_KEYS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
HTTPS = env.boolean("HTTPS", default=False)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Being listed as HTTPS-only in every browser is the domain owner's promise, not ours to make.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
_BEHIND_PROXY = env.boolean("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _BEHIND_PROXY else None
# How many proxies of ours stand in front: the last so many of X-Forwarded-For are theirs.
PROXY_HOPS = env.integer("PROXY_HOPS", default=int(_BEHIND_PROXY), maximum=10)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600  # seconds since the sign-in, whatever happens
SESSION_IDLE_SECONDS = 60 * env.integer(  # without use
    "SESSION_IDLE_MINUTES", default=30, minimum=1, maximum=720
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576  # bytes; the doors refuse more with 413
# Files that people send: never on the disk before they are checked, and no request above this.
UPLOAD_MAX_BYTES = FILE_UPLOAD_MAX_MEMORY_SIZE = 11 * 1_048_576
FILE_UPLOAD_HANDLERS = [
    "foundation.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
]

# --- Rooms ----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular_sidecar",
    "corsheaders",
    "django_otp",
    "axes",
    "foundation",
    "clients",
    "transactions",
    "intelligence",
    "rules",
    "scoring",
    "learning",
    "cases",
    "studio",
    "operations",
    "analytics",
    "intake",
]
MIDDLEWARE = [
    "foundation.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "intake.middleware.HotDoorMiddleware",
    "foundation.middleware.NulMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "foundation.signin.middleware.SessionEndMiddleware",
    "foundation.signin.middleware.SecondFactorMiddleware",
    "foundation.middleware.TimezoneMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "foundation.middleware.ProblemMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "fraudshield.urls"
WSGI_APPLICATION = "fraudshield.wsgi.application"
ASGI_APPLICATION = "fraudshield.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Database and Redis ---------------------------------------------------------------------
DATABASES = {
    "default": {
        **env.database("DATABASE_URL"),
        # Each server thread keeps its connection; no health-check query on the hot path: a dead
        # connection costs one 503 with Retry-After, and the thread reconnects.
        "CONN_MAX_AGE": None,
        # A server that vanished without a word (power, network) is given up after ten seconds.
        "OPTIONS": {
            "application_name": "fraudshield",
            "connect_timeout": 3,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,  # milliseconds; Linux
        },
    }
}
if suffix := os.environ.get("TEST_DB_SUFFIX"):
    DATABASES["default"]["TEST"] = {"NAME": f"test_fraudshield_{suffix}"}
# Off behind a pooler that hands each transaction another connection (foundation/prepared.py).
PREPARED_STATEMENTS = env.boolean("PREPARED_STATEMENTS", default=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.first("REDIS_URL")
# How long a request waits for Redis (its limit, the counters) before it goes on without.
REDIS_TIMEOUT_MS = env.integer("REDIS_TIMEOUT_MS", default=250, minimum=10, maximum=10_000)

# Keys of clients that keep theirs, and whose they are (clients/environment_keys.py).
FRONTEND_API_KEY = env.first("FRONTEND_API_KEY", default="")
ADMIN_API_KEY = env.first("ADMIN_API_KEY", default="")
API_KEYS_INSTITUTION = env.first("API_KEYS_INSTITUTION", default="demo" if DEMO else "")
# Batches that one process decides at once, so that they leave threads to single checks.
BATCHES_AT_ONCE = max(1, env.integer("WEB_THREADS", default=4, minimum=1) // 2)
# Of clients in the standard tier, where the tier's own limit is not to count. In seconds.
RATE_LIMIT_REQUESTS = env.integer("RATE_LIMIT_REQUESTS", default=0)
RATE_LIMIT_WINDOW = env.integer("RATE_LIMIT_WINDOW", default=60, minimum=1, maximum=86_400)

# Whose the calls without a key are that come in the sentinel format; empty: a key is needed.
SENTINEL_KEYLESS_INSTITUTION = env.first(
    "SENTINEL_KEYLESS_INSTITUTION", default="demo" if DEMO else ""
)

# --- What is known of the world ---------------------------------------------------------------
# Local GeoIP files (MMDB), several with commas: a city or country file, a network or provider one.
GEOIP_DATABASE = env.words("GEOIP_DATABASE")

# --- People ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "foundation.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# --- How staff sign in (docs/sign-in.md) -----------------------------------------------------
TWO_FACTOR = env.choice(
    "TWO_FACTOR", among=("required", "optional", "off"), default="off" if DEMO else "required"
)
SIGN_IN_ATTEMPTS = env.integer("SIGN_IN_ATTEMPTS", default=5, minimum=1, maximum=100)
SIGN_IN_LOCK_MINUTES = env.integer("SIGN_IN_LOCK_MINUTES", default=30, minimum=1, maximum=1440)
AUTHENTICATION_BACKENDS = ["foundation.signin.backend.ThrottledBackend"]
AXES_HANDLER = "foundation.signin.throttle.NetworkAwareHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "foundation.signin.throttle.attempted_name"
AXES_CLIENT_IP_CALLABLE = "foundation.signin.throttle.network_address"
AXES_LOCKOUT_CALLABLE = "foundation.signin.views.locked_out"
AXES_FAILURE_LIMIT = SIGN_IN_ATTEMPTS
AXES_COOLOFF_TIME = timedelta(minutes=SIGN_IN_LOCK_MINUTES)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # the audit trail is the log
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# Neither stored nor logged; where people go to may hold what they searched for.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken", "next"]

# --- Accounts that clients register themselves (docs/accounts.md) ----------------------------
ACCOUNT_REGISTRATION = env.boolean("ACCOUNT_REGISTRATION", default=DEMO)
# Tiers that a registration may choose besides free.
ACCOUNT_TIERS = env.words("ACCOUNT_TIERS", default="basic,premium,enterprise" if DEMO else "")
ACCOUNT_REGISTRATIONS_PER_HOUR = env.integer(  # from one network
    "ACCOUNT_REGISTRATIONS_PER_HOUR", default=1_000 if DEMO else 20, minimum=1
)

# --- Approvals: how many people besides the proposer ----------------------------------------
_TO_PUBLISH = env.integer("APPROVALS_RULES_PUBLISH", default=1, maximum=9)
APPROVALS_REQUIRED = {
    "rules.publish": _TO_PUBLISH,
    "rules.rollback": env.integer("APPROVALS_RULES_ROLLBACK", default=_TO_PUBLISH, maximum=9),
    # The operator's switch of a vertical (docs/switches.md), and the mode that lets all through.
    "rules.switch": env.integer("APPROVALS_SWITCH", default=0, maximum=9),
    "rules.switch.approve_all": env.integer("APPROVALS_SWITCH_APPROVE_ALL", default=1, maximum=9),
    "models.promote": env.integer("APPROVALS_MODELS_PROMOTE", default=1, maximum=9),
    "models.rollback": env.integer("APPROVALS_MODELS_ROLLBACK", default=0, maximum=9),
}

# Whether a change set needs a backtest before it is proposed.
CHANGE_SET_EVIDENCE = env.choice(
    "CHANGE_SET_EVIDENCE", among=("optional", "required"), default="optional"
)
# Within so many hours another person reviews what was published in an emergency.
EMERGENCY_REVIEW_HOURS = env.integer("EMERGENCY_REVIEW_HOURS", default=24, minimum=1, maximum=720)
# For so long at most a vertical's switch is thrown at a time.
SWITCH_MAX_HOURS = env.integer("SWITCH_MAX_HOURS", default=24, minimum=1, maximum=168)

# --- Bounds within which rules may decide (docs/rollout.md); each rule may have its own ----------
# Whether a rule that leaves them goes into shadow by itself; otherwise people are told only.
RULE_DEMOTION = env.boolean("RULE_DEMOTION", default=True)
# Share of the last hour's decisions of its verticals that it may hit, in percent.
RULE_MAX_SHARE = (
    env.decimal("RULE_MAX_SHARE_PERCENT", default=10.0, minimum=0.01, maximum=100) / 100
)
# Hits with effect a day (UTC); 0: no bound.
RULE_MAX_HITS_A_DAY = env.integer("RULE_MAX_HITS_A_DAY", default=0)
# Least share of fraud among its labelled hits in percent (0: none), judged from so many on.
RULE_MIN_PRECISION = env.decimal("RULE_MIN_PRECISION_PERCENT", default=1.0, maximum=99) / 100
RULE_MIN_LABELLED = env.integer("RULE_MIN_LABELLED", default=100, minimum=1)
# Share of the last hour's decisions on which it may fail, in percent.
RULE_MAX_ERROR_SHARE = (
    env.decimal("RULE_MAX_ERRORS_PERCENT", default=1.0, minimum=0.01, maximum=100) / 100
)

# Days of decisions on which the rule book's health is counted each night (docs/health.md).
BOOK_HEALTH_DAYS = env.integer("BOOK_HEALTH_DAYS", default=30, minimum=1, maximum=365)

# --- What mistakes are taken to cost until somebody says otherwise (docs/optimiser.md) -----------
# Of a missed fraud's amount so much is lost, in percent.
COST_MISSED_FRAUD_SHARE = env.decimal("COST_MISSED_FRAUD_PERCENT", default=100, maximum=1_000) / 100
# Of a genuine transaction that is declined, of a review in minutes, and of an analyst's hour.
COST_INSULT_USD = env.decimal("COST_INSULT_USD", default=5)
COST_REVIEW_MINUTES = env.decimal("COST_REVIEW_MINUTES", default=10, maximum=1_440)
COST_ANALYST_HOUR_USD = env.decimal("COST_ANALYST_HOUR_USD", default=12)

# --- The audit trail: where its head is noted besides the database (docs/audit.md) ------------
AUDIT_ANCHOR_FILE = env.first("AUDIT_ANCHOR_FILE", default=str(STATE_DIR / "audit-anchors.jsonl"))
AUDIT_ANCHOR_MINUTES = env.integer("AUDIT_ANCHOR_MINUTES", default=15, minimum=1, maximum=1_440)
AUDIT_ANCHOR_URL = env.first("AUDIT_ANCHOR_URL", default="")
AUDIT_ANCHOR_SECRET = env.first("AUDIT_ANCHOR_SECRET", default="")

# --- Cases ------------------------------------------------------------------------------------
# A case closed within so many hours is reopened by a new alert of its customer, since whoever
# judged it did so on less: what goes on over three days is mostly one story. 0: never.
CASE_REOPEN_HOURS = env.integer("CASE_REOPEN_HOURS", default=72, minimum=0, maximum=8_760)
# Closing a case with more US dollars at risk needs a second person; 0: never.
FOUR_EYES_ABOVE_USD = env.integer("FOUR_EYES_ABOVE_USD", default=10_000, minimum=0)
# So long at most an analyst blocks or allows an identifier of a case; supervisors for good, too.
ANALYST_LISTING_DAYS = env.integer("ANALYST_LISTING_DAYS", default=30, minimum=1, maximum=365)

# --- Work after the decision ----------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
}
CELERY_TIMEZONE = "UTC"
# What comes round soon anyway expires, so that a worker back from a pause need not do it all.
CELERY_BEAT_SCHEDULE = {
    "sweep-outbox": {
        "task": "foundation.tasks.drain_outbox",
        "schedule": 2.0,
        "options": {"expires": 10},
    },
    "prune-outbox": {"task": "foundation.tasks.prune_outbox", "schedule": 3600.0},
    "seal-audit": {
        "task": "foundation.tasks.seal_audit_chain",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "tidy-sign-in": {"task": "foundation.tasks.tidy_sign_in", "schedule": 3600.0},
    "anchor-audit": {
        "task": "foundation.tasks.anchor_audit_chain",
        "schedule": AUDIT_ANCHOR_MINUTES * 60.0,
    },
    "expire-approvals": {"task": "foundation.tasks.expire_approvals", "schedule": 3600.0},
    "deliver-webhooks": {
        "task": "clients.tasks.deliver_webhooks",
        "schedule": 2.0,
        "options": {"expires": 10},
    },
    "publish-due-changes": {
        "task": "studio.tasks.publish_due_changes",
        "schedule": 5.0,
        "options": {"expires": 15},
    },
    "alert-overdue-reviews": {"task": "studio.tasks.alert_overdue_reviews", "schedule": 300.0},
    "tidy-webhooks": {"task": "clients.tasks.tidy_webhooks", "schedule": 3600.0},
    "tidy-accounts": {"task": "clients.tasks.tidy_accounts", "schedule": 3600.0},
    "close-due-cases": {
        "task": "cases.tasks.close_due_cases",
        "schedule": 3.0,
        "options": {"expires": 10},
    },
    "tidy-attachments": {"task": "cases.tasks.remove_orphan_files", "schedule": 3600.0},
    "summarise-rules": {
        "task": "studio.tasks.summarise_rules",
        "schedule": 600.0,
        "options": {"expires": 540},
    },
    "export-archive": {
        "task": "learning.tasks.export_archive",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "watch-drift": {
        "task": "learning.tasks.watch_drift",
        "schedule": crontab(hour=3, minute=20),
        "options": {"expires": 3600},
    },
    "retrain": {
        "task": "learning.tasks.retrain",
        "schedule": crontab(minute=40),
        "options": {"expires": 1800},
    },
    "suggest-weights": {
        "task": "learning.tasks.suggest_weights",
        "schedule": crontab(day_of_week=1, hour=4, minute=10),
        "options": {"expires": 3600},
    },
    "warn-of-due-cases": {
        "task": "cases.tasks.warn_of_due_cases",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "wake-cases": {
        "task": "cases.tasks.wake_cases",
        "schedule": 15.0,
        "options": {"expires": 30},
    },
    "release-idle-cases": {
        "task": "cases.tasks.release_idle_cases",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "hand-out-cases": {
        "task": "cases.tasks.hand_out_cases",
        "schedule": 10.0,
        "options": {"expires": 20},
    },
    "watch-rules": {
        "task": "studio.tasks.watch_rules",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "check-book": {
        "task": "studio.tasks.check_book",
        "schedule": crontab(hour=2, minute=40),
        "options": {"expires": 7200},
    },
    "watch-precision": {
        "task": "studio.tasks.watch_precision",
        "schedule": 600.0,
        "options": {"expires": 300},
    },
    "tend-backtests": {
        "task": "studio.tasks.tend_backtests",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "tend-curves": {
        "task": "studio.tasks.tend_curves",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "tend-bulk-actions": {
        "task": "cases.tasks.tend_bulk",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
}
OUTBOX_MAX_ATTEMPTS = env.integer("OUTBOX_MAX_ATTEMPTS", default=8, minimum=1)
OUTBOX_RETENTION_HOURS = env.integer("OUTBOX_RETENTION_HOURS", default=72, minimum=1)

# How many workers deliver webhooks at once: slow receivers must not occupy them all.
WEBHOOK_DELIVERERS = env.integer("WEBHOOK_DELIVERERS", default=1, minimum=1, maximum=100)
WEBHOOK_RETENTION_DAYS = env.integer("WEBHOOK_RETENTION_DAYS", default=30, minimum=4)

# --- The archive: a directory, or a URL that fsspec has a driver for ------------------------
ARCHIVE_URL = env.first("ARCHIVE_URL", default=str(STATE_DIR / "archive"))

# --- Backtests (docs/backtests.md) --------------------------------------------------------------
# So many archived decisions a page goes through at once for one rule; more take a worker.
BACKTEST_ROWS_AT_ONCE = env.integer("BACKTEST_ROWS_AT_ONCE", default=1_500_000, minimum=0)
# Unfinished ones that a person may have.
BACKTESTS_AT_ONCE = env.integer("BACKTESTS_AT_ONCE", default=3, minimum=1, maximum=100)
BACKTEST_RETENTION_DAYS = env.integer("BACKTEST_RETENTION_DAYS", default=30, minimum=1)

# --- Models: each version's files; several hosts share the directory (docs/models.md) ---------
MODELS_DIR = Path(env.first("MODELS_DIR", default=str(STATE_DIR / "models")))
# What it costs to stop a genuine transaction, in US dollars; weighed against missed frauds.
MODEL_REVIEW_COST_USD = env.integer("MODEL_REVIEW_COST_USD", default=5, minimum=0)
# The hold-out lane: of a thousand transactions that the score alone declines, so many pass at
# random, to learn what they were; none above so many US dollars.
HOLD_OUT_PER_MILLE = env.integer("HOLD_OUT_PER_MILLE", default=0, minimum=0, maximum=50)
HOLD_OUT_MAX_USD = env.integer("HOLD_OUT_MAX_USD", default=50, minimum=0, maximum=10_000)

# Columns of decisions whose values models are not to treat differently (docs/models.md).
TRAINING_FAIRNESS_GROUPS = env.words("TRAINING_FAIRNESS_GROUPS")
# Where trees are fitted: empty on this machine alone, "local:2" by so many processes on it, or the
# address of a Dask scheduler, tcp://host:8786 (requirements-distributed.txt).
TRAINING_DASK_SCHEDULER = env.first("TRAINING_DASK_SCHEDULER", default="")
# Trainings that start by themselves: from so many new labels on (0: never for labels), so many
# hours apart; what comes of them is scored beside the champion, or stays a candidate.
RETRAIN_NEW_LABELS = env.integer("RETRAIN_NEW_LABELS", default=500, minimum=0)
RETRAIN_HOURS = env.integer("RETRAIN_HOURS", default=72, minimum=1, maximum=8_760)
RETRAIN_TO_SHADOW = env.boolean("RETRAIN_TO_SHADOW", default=True)
# How far traffic may be from what the champion was trained on: the population stability index from
# which it is watched and acted on, the days looked at, and the decisions that a verdict needs.
DRIFT_WATCH_PSI = env.decimal("DRIFT_WATCH_PSI", default=0.1, minimum=0.001, maximum=10)
DRIFT_ACT_PSI = env.decimal("DRIFT_ACT_PSI", default=0.25, minimum=0.001, maximum=10)
DRIFT_DAYS = env.integer("DRIFT_DAYS", default=7, minimum=1, maximum=90)
DRIFT_MINIMUM = env.integer("DRIFT_MINIMUM", default=500, minimum=50)
# What acting on drift is: an alert alone, or a training as well.
DRIFT_ACTION = env.choice("DRIFT_ACTION", among=("alert", "retrain"), default="retrain")

# --- Files of cases, encrypted: never below a directory that a web server gives out -----------
ATTACHMENTS_DIR = Path(env.first("ATTACHMENTS_DIR", default=str(STATE_DIR / "attachments")))

# --- Browsers of other sites that may call the API: https://shop.example.org, with commas ------
CORS_ALLOWED_ORIGINS = env.words("CORS_ALLOWED_ORIGINS", "CORS_ORIGINS")
CORS_ALLOW_CREDENTIALS = False  # a key or token in a header, never a cookie
CORS_ALLOW_HEADERS = (
    *default_headers,
    "x-api-key",
    "x-request-id",
    "x-webhook-url",
    "idempotency-key",
)
CORS_EXPOSE_HEADERS = ("RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID")
CORS_URLS_REGEX = r"^(?!/admin(/|$))"  # the admin is nobody else's
if CORS_ALLOWED_ORIGINS:
    MIDDLEWARE.insert(1, "corsheaders.middleware.CorsMiddleware")

# --- Mail, for what is told to people -----------------------------------------------------------
EMAIL_HOST = env.first("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", default=587, minimum=1, maximum=65_535)
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", default=True)
EMAIL_HOST_USER = env.first("EMAIL_USERNAME", default="")
EMAIL_HOST_PASSWORD = env.first("EMAIL_PASSWORD", default="")
EMAIL_FROM = env.first("EMAIL_FROM", default="")  # empty: nothing is mailed
EMAIL_TIMEOUT = 10  # seconds

# --- API ------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["clients.authentication_drf.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["clients.authentication_drf.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "foundation.errors_drf.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # ?format= is a wrong parameter like any other, not a 404
}

# Where the hours ("step") of the gateway format begin; unset, the time of receipt counts.
GATEWAY_EPOCH = env.moment("GATEWAY_EPOCH")
# Percent of this machine's CPU, memory and disk from which monitoring raises an alert.
ALERT_THRESHOLDS = {
    "cpu": env.integer("ALERT_CPU_THRESHOLD", default=80, minimum=1, maximum=100),
    "memory": env.integer("ALERT_MEMORY_THRESHOLD", default=85, minimum=1, maximum=100),
    "disk": env.integer("ALERT_DISK_THRESHOLD", default=90, minimum=1, maximum=100),
}

# --- Language, time, files ------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = "fraudshield.formats"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEMO or DEBUG  # the one-command start collects nothing

# --- Logs -----------------------------------------------------------------------------------
LOG_LEVEL = env.first("LOG_LEVEL", default="INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "foundation.logging.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.db.backends": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "axes": {"level": "ERROR"},  # failed sign-ins: what matters is on the audit trail
        # Two lines a task, several tasks a second.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
