"""Settings of every process. Each value that a deployment may change comes from the environment or var/env.

A line `#:` above it says what it is: `make docs` writes docs/reference/settings.md and .env.example from those lines.
"""

from __future__ import annotations

import base64
import os
import secrets
from typing import Any

from config.env import HOME, ROOT, env

# Commands that serve nobody (type checks, makemigrations) run without secrets; processes always find theirs in var/env.
#: Signs sessions and links: any long random text. `make run` makes one.
SECRET_KEY = env.str("SECRET_KEY", default="") or secrets.token_urlsafe(48)
#: Wraps the keys of personal data: 32 random bytes in base64. `make run` makes one; losing it loses the data.
MASTER_KEY = base64.b64decode(env.str("MASTER_KEY", default=""))
#: Keys the hashes of phones, e-mails and API keys: 32 random bytes in base64. `make run` makes one; it never changes.
PEPPER = base64.b64decode(env.str("PEPPER", default=""))
LEADWRIGHT_HOME = HOME
#: Django's debug pages; only on a developer's machine.
DEBUG = env.bool("DEBUG", default=False)
#: A demo market with a buyer of its own; `make run` sets true.
DEMO = env.bool("DEMO", default=False)
#: Leads a minute that the demo market sends through the public API; 0 sends none.
DEMO_RATE = env.int("DEMO_RATE", default=30)
#: Host names under which the exchange answers.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
#: Further origins whose forms are accepted, such as https://leads.example.com behind a proxy that ends TLS.
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
#: The address of the front, as it stands in links and in demo.json.
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000")
VERSION = "0.1.0"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "django_tables2",
    "django_filters",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "accounts",
    "accounts.ledger",
    "campaigns",
    "scoring",
    "exchange.intake",
    "exchange.auction",
    "exchange.delivery",
    "exchange.aftercare",
    "reporting",
    "demo",
]

PAGES_ONLY = (
    "allauth",
    "django.contrib.messages",
    "django.forms",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "template_partials",
)

MIDDLEWARE = [
    "accounts.rest.requests.RequestIdMiddleware",
    "accounts.rest.logged.RequestLogMiddleware",
    "accounts.rest.limits.LimitsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.portal.doors.DoorMiddleware",
]

ROOT_URLCONF = "config.urls"
# Set by config.market, not by a deployment.
if os.environ.get("LEADWRIGHT_POOL") == "market":
    MIDDLEWARE = MIDDLEWARE[:3]
    INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.startswith(PAGES_ONLY)]
    ROOT_URLCONF = "config.market"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.portal.context.portal",
            ],
            "builtins": ["django.templatetags.static", "accounts.templatetags.portal"],
        },
    }
]
FORM_RENDERER = "accounts.portal.forms.Renderer"
DJANGO_TABLES2_TEMPLATE = "components/table.html"
PORTAL_MENU = "config.menu.MENU"
PORTAL_SUBJECTS = "config.menu.SUBJECTS"
PORTAL_NAMES = "config.names.names_by_id"
# What a body may show in the request log: privacy is decided by the exchange, the log is kept by accounts.
REQUEST_LOG_MASK = "exchange.core.masking.mask"
# Scoring stands beside campaigns and may not import it; a command that is told a vertical asks here.
SCORING_VERTICALS = "config.verticals.feature_specs"

# Two ways into one database: `default` may only what its present door allows; `owner` migrates.
#: The login of the application, which may be neither superuser nor BYPASSRLS.
_app_url = env.str("DATABASE_URL", default="postgres://leadwright_app@127.0.0.1:5432/leadwright")
#: The login that owns the tables and migrates; the application's own when left out.
_owner_url = env.str("OWNER_DATABASE_URL", default=_app_url)
# A post's statements are always the same: PostgreSQL plans each once per connection, not once per post (measured: a post costs it
# 1,840 us instead of 2,540). Behind PgBouncer that needs its max_prepared_statements.
_PREPARED = {"server_side_binding": True, "prepare_threshold": 2} if os.environ.get("LEADWRIGHT_POOL") == "market" else {}
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **env.db_url_config(_app_url),
        "ENGINE": "django.db.backends.postgresql",
        "ATOMIC_REQUESTS": True,
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": None,
        "OPTIONS": {"connect_timeout": 3, "application_name": "leadwright", **_PREPARED},
    },
    "owner": {
        **env.db_url_config(_owner_url),
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": {"connect_timeout": 3, "application_name": "leadwright-owner"},
    },
}
#: Counters, holds and the stream of auctions: a Valkey that writes to disk before it answers.
VALKEY_URL = env.str("VALKEY_URL", default="redis://127.0.0.1:6379/0")
#: Task queue, messages between processes and caches: a Valkey that may forget everything.
VALKEY_VOLATILE_URL = env.str("VALKEY_VOLATILE_URL", default="redis://127.0.0.1:6380/0")

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": VALKEY_VOLATILE_URL, "KEY_PREFIX": "cache"}
}

# ---- Signing in
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["accounts.portal.sign_in.Backend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_USER_DISPLAY = "accounts.portal.sign_in.name_of"
ACCOUNT_ADAPTER = "accounts.portal.sign_in.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
# The front overwrites X-Forwarded-For, so limits on guessing count the client's own address.
ALLAUTH_TRUSTED_PROXY_COUNT = 1
MFA_ADAPTER = "accounts.portal.sign_in.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Leadwright"
# One authenticator is a step of 30 s early or late at most: clocks of phones drift.
MFA_TOTP_TOLERANCE = 1
#: Where e-mail goes, such as smtp+tls://user:password@mail.example.com:587; files in the home's folder mail when left out.
_email_url = env.str("EMAIL_URL", default="")
_email = env.email_url_config(_email_url) if _email_url else {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _email.get("EMAIL_HOST") or "localhost", _email.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email.get("EMAIL_HOST_USER") or "", _email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = bool(_email.get("EMAIL_USE_TLS")), bool(_email.get("EMAIL_USE_SSL"))
EMAIL_FILE_PATH = HOME / "mail"
EMAIL_TIMEOUT = 10
#: The sender of e-mail.
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Leadwright <exchange@leadwright.example>")

SESSION_ENGINE = "accounts.portal.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
#: Cookies travel over HTTPS only, and browsers are told to stay there; by default when BASE_URL begins with https.
SECURE_COOKIES = env.bool("SECURE_COOKIES", default=BASE_URL.startswith("https://"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "accounts.portal.errors.form_expired"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_COOKIES else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Pages load from their own origin only. data: images are the QR code of a second factor and the marks inside the vendored CSS.
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        # The hash is that of an empty <style>: the charts make one and fill it by script, which the policy watches over already.
        "style-src": ["'self'", "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
#: (slug, word, icon, sentence) of the sign-ins by one click: only in the demo.
DEMO_ROLES = (
    (
        ("bright-homes", "Publisher", "radio", "Bright Homes Media sells leads"),
        ("lone-star-roofing", "Advertiser", "target", "Lone Star Roofing buys leads"),
        ("leadwright", "Operator", "activity", "Leadwright runs the exchange"),
    )
    if DEMO
    else ()
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False

STATIC_URL = "/static/"
# WhiteNoise serves straight from the apps' folders: no collectstatic step that could be forgotten.
STATIC_ROOT = None
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
# A version stands in the path of what others wrote, so a browser may keep it.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/vendor/[a-z-]+-[0-9.]+/"
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
# What people upload stays in memory and never touches a file of ours: a list of 8 MB and what its form adds. The one exception
# are files of past leads: scoring.web.uploads takes them, scoring.history.files says where and how long.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 9 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.rest.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.rest.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.rest.parsing.StrictJson"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "accounts.rest.parsing.AlwaysJson",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.rest.problems.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Leadwright exchange",
    "DESCRIPTION": "Ping, quote, post: sell and buy leads in real time.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "accounts.rest.openapi.complete"],
    # Many members are called kind or status; each set of values has a name of its own.
    "ENUM_NAME_OVERRIDES": {
        "CampaignStatus": "campaigns.api.shapes.CAMPAIGN_STATUSES",
        "ConsentMethod": "exchange.api.schemas.CONSENT_METHODS",
        "ConsentPolicy": "campaigns.core.drafts.POLICIES",
        "DeliveryState": "exchange.delivery.api.shapes.STATE_NAMES",
        "DestinationKind": "campaigns.core.destinations.KINDS",
        "Device": "campaigns.core.filters.DEVICES",
        "ExperimentKind": "reporting.experiments_shapes.KIND_NAMES",
        "ExperimentMetric": "reporting.experiments_shapes.METRIC_NAMES",
        "ExperimentState": "reporting.experiments_shapes.STATES",
        "ExperimentUnit": "reporting.experiments_shapes.UNIT_NAMES",
        "ExperimentVerdict": "reporting.experiments_shapes.VERDICTS",
        "LeadConduitOutcome": "exchange.api.compat_schemas.OUTCOMES",
        "LeadKind": "campaigns.core.filters.LEAD_KINDS",
        "LeadStatus": "exchange.api.schemas.LEAD_STATUSES",
        "LedgerAccountKind": "accounts.ledger.models.ACCOUNT_KINDS",
        "LedgerEventKind": "accounts.ledger.models.EVENT_KINDS",
        "DispositionResult": "exchange.aftercare.api.shapes.RESULTS",
        "DispositionStage": "exchange.core.dispositions.STAGES",
        "Mode": "exchange.auction.snapshot.MODES",
        "OrganizationKind": "accounts.core.roles.KINDS",
        "PhoneType": "exchange.api.schemas.PHONE_TYPES",
        "PingStatus": "exchange.api.schemas.PING_STATUSES",
        "PostLegStatus": "exchange.api.schemas.LEG_STATUSES",
        "Pricing": "exchange.api.schemas.PRICINGS",
        "SourceStatus": "campaigns.core.sources.STATUSES",
        "TrialVerdict": "exchange.delivery.trials.VERDICTS",
        "WebhookEvent": "exchange.core.events.TYPES",
        "WebhookStatus": "exchange.core.webhooks.STATUSES",
        "Window": "campaigns.core.limits.WINDOWS",
    },
    "SERVERS": [{"url": "/", "description": "this exchange"}],
}

CELERY_BROKER_URL = VALKEY_VOLATILE_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that is away must not hold up a post: its nudge gives up within a fraction of a second.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_connect_timeout": 0.3,
    "socket_timeout": 5.0,
    "max_retries": 0,
}
CELERY_BROKER_CONNECTION_TIMEOUT = 0.3
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A training takes minutes of CPU: it has a queue and a process of its own, so that no delivery waits behind it.
_LEARNING = {"queue": "learning"}
CELERY_TASK_ROUTES = {"scoring.tend_histories": {"queue": "celery"}, "scoring.*": _LEARNING, "exchange.intake.*": _LEARNING}
CELERY_REDBEAT_REDIS_URL = VALKEY_VOLATILE_URL
CELERY_BEAT_SCHEDULER = "redbeat.RedBeatScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
#: Milliseconds that a day of waiting for outcomes lasts. In the demo a label is mature some seconds after its sale.
OUTCOME_DAY_MS = env.int("OUTCOME_DAY_MS", default=100 if DEMO else 86_400_000)
#: Seconds between two looks of the monitors at every vertical, and between two counts of the repeats of sources.
WATCH_SECONDS = env.int("WATCH_SECONDS", default=120 if DEMO else 3_600)
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "deliver-due": {"task": "exchange.delivery.deliver_due", "schedule": 1.0, "options": {"expires": 1}},
    "announce-due": {"task": "exchange.delivery.announce_due", "schedule": 1.0, "options": {"expires": 1}},
    "record-new-sales": {"task": "exchange.aftercare.record_new_sales", "schedule": 30.0, "options": {"expires": 30}},
    "tend-histories": {"task": "scoring.tend_histories", "schedule": 10.0, "options": {"expires": 10}},
    "watch": {"task": "scoring.watch_all", "schedule": float(WATCH_SECONDS), "options": {"expires": WATCH_SECONDS}},
    "count-repeats": {"task": "exchange.intake.count_repeats", "schedule": float(WATCH_SECONDS), "options": {"expires": 600}},
    "train-due": {"task": "scoring.train_due", "schedule": 30.0, "options": {"expires": 30}},
    "train-all": {"task": "scoring.request_all", "schedule": 21_600.0, "options": {"expires": 600}},
    "follow-labels": {"task": "scoring.follow_labels", "schedule": 300.0, "options": {"expires": 300}},
    "score-shadows": {"task": "scoring.score_shadows", "schedule": 60.0, "options": {"expires": 60}},
}

# Who keeps something of the journal's records, in the transaction of each batch; each must bear a record that comes twice.
JOURNAL_KEEPERS = [
    "exchange.auction.journal.keep_examples", "exchange.auction.journal.keep_commitments",
    "exchange.auction.journal.keep_exposures", "exchange.delivery.announcing.keep_quoted",
]  # fmt: skip
# Who takes what happens in scoring (scoring.core.notices), in its transaction; each must bear a notice that comes twice.
SCORING_KEEPERS = ["exchange.delivery.announcing.keep_notice"]

CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [VALKEY_VOLATILE_URL]}}}

#: Exact origins that deliveries may reach although their addresses are private; the demo's own buyer is one.
WIRE_TRUSTED_ORIGINS = env.list("WIRE_TRUSTED_ORIGINS", default=[BASE_URL] if DEMO else [])
#: How long a worker may be silent before another one sends its deliveries again, in seconds; a request may take 15.
DELIVERY_LEASE_SECONDS = env.int("DELIVERY_LEASE_SECONDS", default=60)
#: A campaign whose destination has accepted nothing for so many hours is paused.
DELIVERY_PAUSE_HOURS = env.int("DELIVERY_PAUSE_HOURS", default=24)
#: How long a quote is firm, in milliseconds.
QUOTE_LIFETIME_MS = env.int("QUOTE_LIFETIME_MS", default=60_000)
#: Open quotes that one source may have.
OPEN_QUOTES_MAX = env.int("OPEN_QUOTES_MAX", default=100)
#: Milliseconds a post's transaction may take: more than the 5 s it waits for an equal key, less than the 15 s of its claim.
POST_TRANSACTION_MS = env.int("POST_TRANSACTION_MS", default=10_000)
KEY_CACHE_SECONDS = 5.0
#: Requests a second that one API key may send to a pool where the key itself says nothing; 0 sets no limit.
RATE_PER_KEY = env.int("RATE_PER_KEY", default=500)
#: Pings, leads and LeadConduit's requests a second that one source may send, whatever the key; 0 sets no limit.
RATE_PER_SOURCE = env.int("RATE_PER_SOURCE", default=500)
#: So many seconds' worth of requests may come at once.
RATE_BURST_SECONDS = env.int("RATE_BURST_SECONDS", default=2)
# Set by the supervisor, not by a deployment: the processes among which a limit is shared.
POOL_WORKERS = int(os.environ.get("POOL_WORKERS", "1"))

#: The least severe level that is logged: DEBUG, INFO, WARNING or ERROR.
_log_level = env.str("LOG_LEVEL", default="INFO")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": _log_level},
}
