"""Muster's one settings file. The environment drives it (.env.example lists every name); nothing set means safe."""

import contextlib
import re
import secrets
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"  # what this installation makes and keeps: database, secret key, mail of the demo

env = environ.Env()
env.read_env(BASE_DIR / ".env")

# ---- the one switch: the address people type. It decides host, scheme, cookies, redirects and CSRF origin.
MUSTER_URL = env.str("MUSTER_URL", f"http://127.0.0.1:{env.str('PORT', '8000')}").lower().rstrip("/")
_address = re.fullmatch(r"(https?)://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::([1-9][0-9]{0,4}))?", MUSTER_URL)
if not _address or int(_address[3] or 0) > 65535:
    raise ImproperlyConfigured(
        "MUSTER_URL must be an address such as https://muster.example.org or http://127.0.0.1:8000: "
        "scheme, host and perhaps a port, nothing more"
    )
_scheme, _host = _address[1], _address[2]
HTTPS = _scheme == "https"
LOCAL = _host in {"127.0.0.1", "localhost", "[::1]"}
if not HTTPS and not LOCAL:
    raise ImproperlyConfigured("MUSTER_URL must begin with https:// unless Muster is reached on this machine only")

DEBUG = env.bool("DEBUG", False)
if DEBUG and not LOCAL:
    raise ImproperlyConfigured("DEBUG is for this machine only; unset it where MUSTER_URL is a public address")

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"] if LOCAL else [_host]
CSRF_TRUSTED_ORIGINS = [MUSTER_URL]


def _secret_key() -> str:
    """The key from the environment; on this machine only, one made at random once and kept in var/."""
    if key := env.str("SECRET_KEY", ""):
        return key
    if not LOCAL:
        raise ImproperlyConfigured("Set SECRET_KEY: a long random text that nobody else knows")
    kept = VAR_DIR / "secret-key"
    VAR_DIR.mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        kept.touch(0o600, exist_ok=False)  # ours alone from its first moment, and no file that somebody put there
        kept.write_text(secrets.token_urlsafe(50))
    return kept.read_text()


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = env.list(
    "SECRET_KEY_FALLBACKS", default=[]
)  # earlier keys: what they sealed can still be opened

INSTALLED_APPS = [
    "accounts",
    "programs",
    "trainees",
    "seeds",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_filters",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",  # these first, so that every answer has their headers: also files, redirects, refusals
    "accounts.middleware.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.middleware.MethodsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.SignInLimitsMiddleware",
    "accounts.middleware.SignInAgainMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.PrivatePagesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "accounts.middleware.KeptFormMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.RefusalMiddleware",
]
if DEBUG:
    INSTALLED_APPS += ["debug_toolbar"]
    MIDDLEWARE.insert(0, "debug_toolbar.middleware.DebugToolbarMiddleware")
    INTERNAL_IPS = ["127.0.0.1"]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

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
                "accounts.context_processors.look",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS += ["django.forms"]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# ---- database: SQLite in var/ unless DATABASE_URL says otherwise
DATABASES = {"default": env.db("DATABASE_URL", f"sqlite:///{VAR_DIR / 'muster.sqlite3'}")}
_database = DATABASES["default"]
_database["ATOMIC_REQUESTS"] = False  # with IMMEDIATE below, a reading request in a transaction would block all writers
if "sqlite" in _database["ENGINE"]:
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # take the write lock at the start: no read-then-write failures
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON",
    }
    # In-memory databases cannot be shared by threads without "table is locked"; a file can.
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    _database.setdefault("CONN_MAX_AGE", 60)
    _database.setdefault("CONN_HEALTH_CHECKS", True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sign-in throttling counts in the cache; a cache per process would let each process count from zero, and a small one forgets.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "muster_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# ---- who signs in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.adapter.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "accounts.passwords.GuessableValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "change_password": "accounts.sign_in.ChangePasswordForm",
    "reset_password_from_key": "accounts.sign_in.ResetPasswordKeyForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False  # shared tablets: a session ends with the browser, or after SESSION_COOKIE_AGE
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
# Failed sign-ins are counted by address (ip), by account and address or known browser (key), and by account from everywhere
# else together (accounts/adapter.py; docs/operators.md says what follows).
# Of X-Forwarded-For only what our own proxies appended is believed.
_proxies = env.str("MUSTER_PROXIES", "1" if HTTPS else "0")
if not re.fullmatch("[0-9]", _proxies):
    raise ImproperlyConfigured("MUSTER_PROXIES must be the number of proxies before Muster")
ALLAUTH_TRUSTED_PROXY_COUNT = int(_proxies)
INVITATION_DAYS = env.int("MUSTER_INVITATION_DAYS", 7)
if INVITATION_DAYS < 1:
    raise ImproperlyConfigured("MUSTER_INVITATION_DAYS must be a number of days")
INVITATION_RATE = "30/m/ip"  # sent forms, and links that lead nowhere, from one address
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,60/h/ip,5/5m/key,20/d/key",
    "login_failed_anywhere": "100/d/key",
    "reset_password": "20/m/ip,5/h/key",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 60 * env.int("MUSTER_CONFIRM_MINUTES", 10)
# ---- the second factor: asked of administrators and coordinators wherever others reach Muster
SECOND_FACTOR_REQUIRED = env.bool("MUSTER_SECOND_FACTOR", not LOCAL)
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "accounts.sign_in.AuthenticateForm",
    "reauthenticate": "accounts.sign_in.ReauthenticateForm",
}
MFA_TOTP_TOLERANCE = 1  # a code typed in its last second arrives in the next period: RFC 6238, 5.2, allows one
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL
SESSION_SERIALIZER = "accounts.vault.SessionSerializer"
# ---- how long somebody stays signed in: in all, and without being heard of
SESSION_COOKIE_AGE = 3600 * env.int("MUSTER_SIGNED_IN_HOURS", 12)
SESSION_IDLE = 60 * env.int("MUSTER_IDLE_MINUTES", 240)
SESSION_IDLE_IMPORTANT = 60 * env.int("MUSTER_IDLE_MINUTES_IMPORTANT", 60)  # administrators and coordinators
IMPORT_MEGABYTES = env.int("MUSTER_IMPORT_MEGABYTES", 30)  # of a file to import, at most
SESSION_NOTED_EVERY = 60  # seconds: how closely it is noted that somebody is there
if min(SESSION_COOKIE_AGE, SESSION_IDLE, SESSION_IDLE_IMPORTANT, ACCOUNT_REAUTHENTICATION_TIMEOUT) <= 0:
    raise ImproperlyConfigured(
        "MUSTER_SIGNED_IN_HOURS, MUSTER_IDLE_... and MUSTER_CONFIRM_MINUTES must be more than nothing"
    )
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
KEPT_SHEET_AFTER = 8  # seconds without an answer, until a sheet that the browser keeps is shown instead

# ---- mail: to a folder unless EMAIL_URL names a server
vars().update(env.email("EMAIL_URL", "filemail://"))
if not env.str("EMAIL_URL", ""):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MUSTER_MAIL_FROM", f"muster@{_host}")

# ---- what a browser may do with our pages
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and env.bool("MUSTER_HSTS_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = HTTPS and env.bool("MUSTER_HSTS_PRELOAD", False)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # a page of the admin with the attendance of 200 trainees has 1200
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
_prefix = "__Host-" if HTTPS else ""
CSRF_FAILURE_VIEW = "accounts.views.csrf_failure"
SESSION_COOKIE_NAME = f"{_prefix}muster_session"
CSRF_COOKIE_NAME = f"{_prefix}muster_csrf"
DEVICE_COOKIE_NAME = f"{_prefix}muster_device"
THEME_COOKIE_NAME = f"{_prefix}muster_theme"
MESSAGE_STORAGE = "accounts.messages.Messages"
MESSAGE_COOKIE_NAME = f"{_prefix}muster_messages"
PERMISSIONS_POLICY = ", ".join(
    [
        *(
            f"{name}=()"
            for name in ("camera", "microphone", "geolocation", "payment", "usb", "display-capture", "midi")
        ),
        *(f"{name}=(self)" for name in ("publickey-credentials-get", "publickey-credentials-create")),
    ]
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its form marks with data: images
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# ---- files that never change while the server runs
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# ---- words and days. Days of a program are told in the program's own time zone.
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["config.formats"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "class": "accounts.logs.Discreet",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "django": {"handlers": []},  # Django's own would mail errors, with all that was sent
        "django.request": {"level": "ERROR"},  # a page that somebody may not see is no fault of the server
        "muster.door": {"level": "INFO"},  # who signs in and out, who fails to, who is refused
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "WARNING")},
}
