"""What every installation of Couvert has in common."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_stubs_ext

from config import env
from config.databases import database_from_url
from config.logs import logging_config
from config.settings.unfold import LOGIN_REDIRECT_URL, UNFOLD  # noqa: F401 - settings

# Lets `models.CharField[str, str]` and `ModelAdmin[Hold]` be written without quotes: type checkers
# read them, Django itself does not know them.
django_stubs_ext.monkeypatch()

BASE_DIR = env.BASE_DIR
DATA_DIR = env.data_dir()
DEBUG = False
SECRET_KEY = ""
# Encrypts the secrets that must be read again (core/secrets.py); empty: derived from SECRET_KEY.
FIELD_KEY = env.secret("FIELD_KEY")

# --- Applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    # unfold replaces the admin's templates, so it comes before it.
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.inlines",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "django_otp",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "config.apps.ProjectConfig",
    "core",
    "accounts",
    "customers",
    "restaurants",
    "payments",
    "notifications",
    "reservations",
    "webhooks",
    "staff",
    "api",
]

# The API passes through the first six only: Django's usual stack costs it almost half its speed.
MIDDLEWARE = [
    "config.middleware.CorrelationMiddleware",
    "config.middleware.OutageMiddleware",
    "config.middleware.MetricsMiddleware",
    "config.middleware.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.ApiCorsMiddleware",
    "config.embedding.EmbeddingMiddleware",
    "config.middleware.PagesGZipMiddleware",
    "config.middleware.PagesWhiteNoiseMiddleware",
    "config.middleware.PagesSessionMiddleware",
    "config.middleware.PagesLocaleMiddleware",
    "config.middleware.PagesCommonMiddleware",
    "config.middleware.PagesCsrfMiddleware",
    "config.middleware.PagesAuthenticationMiddleware",
    "config.middleware.PagesOtpMiddleware",
    "config.middleware.PagesMessageMiddleware",
    "config.middleware.PagesHtmxMiddleware",
    "config.middleware.PagesStaffMiddleware",
    "config.middleware.PagesFrameMiddleware",
    "config.middleware.PagesCspMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# Pages end with a slash, API paths do not; only pages are redirected (PagesCommonMiddleware).
APPEND_SLASH = True

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
                "reservations.views.languages.languages",
                "staff.navigation.frame",
            ],
        },
    },
]

# --- Database, cache, broker ----------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def use_services(database_url: str, redis_url: str) -> dict[str, Any]:
    """The settings that follow from the two addresses, which each environment gets its own way."""
    return {
        "DATABASES": {"default": database_from_url(database_url)},
        "REDIS_URL": redis_url,
        "CACHES": {
            "default": {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": redis_url,
                "KEY_PREFIX": "couvert",
                "OPTIONS": {
                    "SOCKET_CONNECT_TIMEOUT": 0.5,
                    "SOCKET_TIMEOUT": 0.5,
                    # A cache that is away makes Couvert slower, never wrong.
                    "IGNORE_EXCEPTIONS": True,
                },
            }
        },
        "CELERY_BROKER_URL": redis_url.replace("unix://", "redis+socket://", 1),
    }


DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True

# --- Jobs (the schedule is in config/celery.py) ---------------------------------------------------

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
# Acknowledged when done: a killed worker's task is run again. Tasks are safe to run twice.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
# Longer than any task may run, or Redis would hand a running task to a second worker.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "retry_on_timeout": False,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
# A web request must not wait for a broker that is away: the row is written, the sweeper finds it.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# The console e-mail backend prints; through the log that would be one escaped line per mail.
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BEAT_SCHEDULER = "config.scheduler:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
DJANGO_CELERY_BEAT_TZ_AWARE = True

# --- People and passwords -------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# The database is the truth, Redis a shortcut: emptying it signs nobody out.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LOGIN_URL = "/staff/sign-in/"

# --- Language and time ----------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
# What the visitor chose in the footer (?lang=); the pages need no script to read it.
LANGUAGE_COOKIE_AGE = 365 * 86400
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files, uploads, mail ------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [path for path in (BASE_DIR / "static",) if path.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Bodies are bookings, not files.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# Without a mail server messages appear in the worker's output.
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_HOST
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Couvert <bookings@localhost>")
# Passes for telephones: certificate, key, its password, Apple's intermediate; issuer, key file.
APPLE_PASS = (
    env.secret("APPLE_PASS_CERTIFICATE"),
    env.secret("APPLE_PASS_KEY"),
    env.secret("APPLE_PASS_KEY_PASSWORD"),
    env.secret("APPLE_WWDR_CERTIFICATE"),
)
GOOGLE_WALLET = (env.text("GOOGLE_WALLET_ISSUER_ID"), env.secret("GOOGLE_WALLET_KEY"))
PUBLIC_URL = env.text("PUBLIC_URL", f"http://127.0.0.1:{env.port()}")

# Where pages and event streams are served; a browser that talks to the first is led to the second.
WEB_PORT = env.port()
STREAM_PORT = env.stream_port()
# Seconds between two signs of life of a stream; at each the session is looked at again.
STREAM_HEARTBEAT = env.number("STREAM_HEARTBEAT", 15)

# --- Browser policy -------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}
# The admin's theme works with inline styles and Alpine expressions; pages for guests have neither.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:", "blob:"],
}

CORS_URLS_REGEX = r"^/api/"
CORS_ALLOWED_ORIGINS = env.words("CORS_ALLOWED_ORIGINS")
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "x-api-key",
    "x-customer-email",
    "x-request-id",
    "x-source",
]
CORS_EXPOSE_HEADERS = [
    "link",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-request-id",
]
CORS_PREFLIGHT_MAX_AGE = 86400

# --- Abuse ----------------------------------------------------------------------------------------

# Whose X-Forwarded-For to believe: as many proxies as stand in front; none, unless told.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)
# At most so many attempts in so many seconds, per client address and per contact (an account, an
# e-mail address, a telephone number); None is no limit. Wide enough for a hotel behind one
# address. From half of it on, a browser is asked for a proof of work first.
GUEST_LIMITS: dict[str, dict[str, tuple[int, int] | None]] = {
    "hold": {"address": (60, 600), "contact": None},
    "confirmation": {"address": (40, 600), "contact": (8, 3600)},
    "waitlist": {"address": (20, 600), "contact": (6, 3600)},
    "party_request": {"address": (20, 600), "contact": (6, 3600)},
    "sign_in_mail": {"address": (20, 3600), "contact": (5, 3600)},
}
# Tables of one restaurant that guests without an account may hold at once from one address.
MAX_LIVE_HOLDS_PER_ADDRESS = 8
# The same for guests with accounts: an office or a hotel has many of them behind one address.
MAX_LIVE_HOLDS_PER_ADDRESS_OF_ACCOUNTS = 40
# Iterations of PBKDF2 per guess; a guess in 256 is right. Half a second on a telephone.
PROOF_OF_WORK_COST = 2000

# --- API ------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.auth.GuestJWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}

# Requests an hour, in windows that slide: of one source over all its keys, and of one address
# without a key. A key's own limit stands on the key.
API_SOURCE_PER_HOUR = env.number("API_SOURCE_PER_HOUR", 10_000)
API_ANONYMOUS_PER_HOUR = env.number("API_ANONYMOUS_PER_HOUR", 3_600)

SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=60),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "ALGORITHM": "HS256",
    "USER_ID_FIELD": "public_id",
    "USER_ID_CLAIM": "user_id",
    "UPDATE_LAST_LOGIN": False,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Couvert",
    "DESCRIPTION": "The reservation system that a restaurant owns: one book for every channel.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # Several things have a field "status"; without names theirs would be made up.
    "ENUM_NAME_OVERRIDES": {
        "StatusEnum": ["pending", "confirmed", "cancelled", "completed"],
        "WebhookEndpointStatus": "webhooks.models.Endpoint.Status",
        "WebhookDeliveryStatus": "webhooks.models.Delivery.Status",
    },
    # /api/v1/ answers the same; listing everything twice would help nobody.
    "PREPROCESSING_HOOKS": ["config.schema.without_version_prefix"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.schema.with_ids_and_examples",
    ],
}

# --- Operation ------------------------------------------------------------------------------------

LOGGING = logging_config(env.text("LOG_LEVEL", "INFO"))
METRICS_TOKEN = env.secret("METRICS_TOKEN")
# Both look for Django's own class by name and miss our subclasses of it (config/middleware.py).
SILENCED_SYSTEM_CHECKS = ["security.W002", "security.W003"]

# --- Webhooks -------------------------------------------------------------------------------------

# Lets endpoints be on private and loopback addresses, and without TLS: for trying out, or where
# integrators sit in the same network. Otherwise one could make Couvert call its neighbours.
WEBHOOK_ALLOW_PRIVATE = env.flag("WEBHOOK_ALLOW_PRIVATE", default=False)

# --- Payments -------------------------------------------------------------------------------------

# Takes no real money, so it is off unless an environment says otherwise; never in production.
SANDBOX_ENABLED = False
# Where the providers' APIs answer, for tests and stand-ins; empty means the providers themselves.
STRIPE_API_BASE = env.text("STRIPE_API_BASE")
SQUARE_API_BASE = env.text("SQUARE_API_BASE")
PAYPAL_API_BASE = env.text("PAYPAL_API_BASE")

# --- Text messages --------------------------------------------------------------------------------

# Houses without an account write their texts to the worker's output: off unless an environment
# says otherwise.
SMS_CONSOLE = False
# Where Twilio's API answers, for tests and stand-ins; empty means Twilio itself.
TWILIO_API_BASE = env.text("TWILIO_API_BASE")
