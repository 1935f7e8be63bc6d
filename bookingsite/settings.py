"""All settings, in one file. The environment is read here, once, and loudly.

Every name that can be set from outside is listed in `.env.example`. In development (`DEBUG=true`)
everything has a default; in production a missing secret stops the start with a sentence.
"""

import zoneinfo
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from bookingsite.lib.sqlite import use_fixed_library

django_stubs_ext.monkeypatch()
zoneinfo.reset_tzpath(to=())  # the pinned tzdata, so that every machine knows the same clock changes
use_fixed_library()  # before Django imports its SQLite backend

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
for name in (".env", ".env.local"):  # what is set in the environment wins over both
    if (BASE_DIR / name).is_file() and env.bool("BOOKING_READ_ENV_FILES", default=True):
        environ.Env.read_env(BASE_DIR / name)

DEBUG = env.bool("DEBUG", default=False)


def secret(name: str, *, in_development: str) -> str:
    """A secret from the environment; in production there is no default (OP-2)."""
    value = env.str(name, default="")
    if value:
        return str(value)
    if DEBUG:
        return in_development
    raise ImproperlyConfigured(
        f"{name} is not set. Put a long random value into the environment (see .env.example), "
        "or set DEBUG=true on a machine of your own."
    )


SECRET_KEY = secret("SECRET_KEY", in_development="development-only-" + "x" * 40)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Keys that seal calendar passwords and tokens, newest first; apart from SECRET_KEY on purpose:
# sessions may be reset without losing the calendars.
BOOKING_SECRETS_KEYS = [
    key for key in secret("BOOKING_SECRETS_KEYS", in_development="development-only-key").split(",") if key
]

SITE_NAME = env.str("SITE_NAME", default="Bookingsite")
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000" if DEBUG else "").rstrip("/")
if not SITE_URL:
    raise ImproperlyConfigured(
        "SITE_URL is not set. Give the public address, for example https://book.example.org."
    )
_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname:
    raise ImproperlyConfigured("SITE_URL must be a whole address such as https://book.example.org.")
SITE_DOMAIN = _site.hostname
HTTPS = _site.scheme == "https"
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[SITE_DOMAIN, *(["127.0.0.1", "localhost", "[::1]"] if DEBUG else [])]
)
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "bookingsite",
    "calendars",
    "availability",
    "bookings",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.microsoft",
    "django_htmx",
    "django_q",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",  # so that templates/django/forms/ can replace how forms look
]

MIDDLEWARE = [
    "bookingsite.proxies.ForgottenProxyMiddleware",  # first: those below may answer by themselves
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "bookingsite.middleware.SessionCookieMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bookingsite.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "bookingsite.urls"
WSGI_APPLICATION = "bookingsite.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "bookingsite.User"

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
                "bookingsite.context.site",
            ],
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- database -------------------------------------------------------------------------------
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'bookingsite.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = None  # reopening costs more than a page; workers keep theirs too
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a transaction that will write takes the lock at its start, so two of them can never
    # both read and then deadlock. WAL: readers never wait. FULL: a confirmed booking is on disk.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
    ),
    # django-q2 writes its state twice a second; nobody but itself reads it.
    "queue": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "queue"},
}

# --- background work ------------------------------------------------------------------------
# django-q2 is schedule and doorbell; what must happen is in leased rows (docs/architecture.md).
WORKERS = env.int("WORKERS", default=2)
# A queue that is away must not hold a page up: the work is in the rows anyway.
QUEUE_URL = f"{REDIS_URL}{'&' if '?' in REDIS_URL else '?'}socket_connect_timeout=2"
Q_CLUSTER = {
    "name": "bookingsite",
    "label": _("Background work"),
    "workers": WORKERS,
    "timeout": 600,  # of one drain; every job in it has its own, shorter limit
    "retry": 6000,  # ten times the timeout: a doorbell is never rung twice for one push
    "max_attempts": 1,
    "ack_failures": True,
    "queue_limit": 1,
    "bulk": 1,
    "save_limit": -1,
    "catch_up": False,
    "poll": 0.3,
    "cache": "queue",
    **({"redis": QUEUE_URL} if REDIS_URL else {"orm": "default"}),
}

# --- people, language, time -------------------------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("de", _("German")), ("nb", _("Norwegian Bokmål"))]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale_allauth"]  # the second: allauth's texts in our tone
USE_I18N = True
FORMAT_MODULE_PATH = "bookingsite.formats"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_ZONE = env.str("DEFAULT_ZONE", default="Europe/Berlin")

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
SIGN_UP_OPEN = env.bool("SIGN_UP_OPEN", default=True)  # false: the operator makes the accounts
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "bookingsite.forms.SignupFields"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = False
ACCOUNT_CONFIRM_EMAIL_ON_GET = False  # GET shows, POST acts (invariant 7)
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser session that signed up, nowhere else
ACCOUNT_EMAIL_NOTIFICATIONS = True  # whoever changes a password or a second step is written to
ACCOUNT_FORMS = {"login": "bookingsite.confirming.SignInForm"}
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
ACCOUNT_ADAPTER = "bookingsite.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "bookingsite.adapters.SocialAccountAdapter"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an address at a provider proves nothing here (nOAuth)
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_PROVIDERS = {
    key: {
        "APPS": [
            {
                "client_id": env.str(f"{key.upper()}_CLIENT_ID"),
                "secret": env.str(f"{key.upper()}_CLIENT_SECRET", default=""),
            }
        ]
    }
    for key in ("google", "microsoft")
    if env.str(f"{key.upper()}_CLIENT_ID", default="")
}
# The button posts to us, we redirect there; browsers hold form-action against the redirect too.
SIGN_IN_HOSTS = {"google": "https://accounts.google.com", "microsoft": "https://login.microsoftonline.com"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SITE_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# --- mail -------------------------------------------------------------------------------------
# In development every mail is kept as a file and shown at /dev/mail/.
DEV_MAIL_DIR = VAR_DIR / "mail"
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
elif DEBUG:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DEV_MAIL_DIR
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{SITE_NAME} <bookings@{SITE_DOMAIN}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default="")

# --- outgoing requests to addresses that people typed -------------------------------------------
# Private networks are refused unless the operator names them here (invariant 10).
OUTBOUND_ALLOW = env.list("OUTBOUND_ALLOW", default=["127.0.0.0/8"] if DEBUG else [])
DEMO_CALDAV_PORT = env.int("DEMO_CALDAV_PORT", default=5232)  # of the demo's own calendar server
OUTBOUND_PORTS = env.list("OUTBOUND_PORTS", cast=int, default=[80, 443, 8008, 8080, 8443])
if DEBUG:
    OUTBOUND_PORTS = [*OUTBOUND_PORTS, DEMO_CALDAV_PORT]

# --- calendars --------------------------------------------------------------------------------
# How far ahead connected calendars are known; nothing is offered beyond (invariant 2).
CALENDAR_HORIZON_DAYS = env.int("CALENDAR_HORIZON_DAYS", default=400)

# The providers' own addresses: national clouds have others. Plain http is taken on this machine only.
GOOGLE_AUTH_URI = env.str("GOOGLE_AUTH_URI", default="https://accounts.google.com/o/oauth2/auth")
GOOGLE_TOKEN_URI = env.str("GOOGLE_TOKEN_URI", default="https://oauth2.googleapis.com/token")
GOOGLE_REVOKE_URI = env.str("GOOGLE_REVOKE_URI", default="https://oauth2.googleapis.com/revoke")
GOOGLE_CALENDAR_API = env.str("GOOGLE_CALENDAR_API", default="https://www.googleapis.com/calendar/v3/")
MICROSOFT_AUTHORITY = env.str("MICROSOFT_AUTHORITY", default="https://login.microsoftonline.com")
MICROSOFT_GRAPH_API = env.str("MICROSOFT_GRAPH_API", default="https://graph.microsoft.com/v1.0/")
# Clients of the whole site (C8); those set in the admin win, and a host's own over both.
OAUTH_CLIENTS = {
    key: {
        "client_id": env.str(f"{key.upper()}_CLIENT_ID", default=""),
        "secret": env.str(f"{key.upper()}_CLIENT_SECRET", default=""),
        "tenant": env.str(f"{key.upper()}_TENANT", default=""),
    }
    for key in ("google", "microsoft")
}
# Where providers send "something changed": a public https address, empty for none (then calendars are polled).
PUSH_URL = env.str("PUSH_URL", default=SITE_URL if HTTPS else "").rstrip("/")
ALLOWED_HOSTS += [host for host in [urlsplit(PUSH_URL).hostname] if host and host not in ALLOWED_HOSTS]

# --- files ------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- security -----------------------------------------------------------------------------------
if HTTPS:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]  # asked from inside, past the proxy
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
    # The names below ours belong to other sites, which may not speak https; Django would have both on.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'", *(SIGN_IN_HOSTS[key] for key in SOCIALACCOUNT_PROVIDERS)],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

# --- logs ---------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": []},  # its own would say everything twice
        "caldav": {"level": "ERROR"},  # at WARNING it prints the content of events
        "django.request": {"level": "ERROR"},
        "django-q": {"level": "WARNING"},
    },
}

# --- guests ---------------------------------------------------------------------------------------
# How many bookings one network address may try in an hour; 0 switches the limit off.
GUEST_TRIES_PER_HOUR = env.int("GUEST_TRIES_PER_HOUR", default=60)
# And how many may be tried in an hour for one mail address; 0 here, or above, switches this limit off.
GUEST_TRIES_PER_ADDRESS = env.int("GUEST_TRIES_PER_ADDRESS", default=10)
