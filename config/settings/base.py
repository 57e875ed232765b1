"""Settings of the product; what differs by installation comes from config.env."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import environ
import pghistory
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import env
from config.settings.api import *  # noqa: F403

BASE_DIR = env.ROOT
SECRET_KEY = env.SECRET_KEY or "development-only-key-not-for-a-public-server"
DEBUG = env.DEBUG
ALLOWED_HOSTS = env.ALLOWED_HOSTS


def _wheel_library(package: str, stem: str) -> str:
    """Path of a shared library bundled in a wheel (pyogrio's GDAL, shapely's GEOS)."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{package} is not installed: run make run or make test")
    folder = Path(spec.origin).parent.parent / f"{package}.libs"
    found = sorted(folder.glob(f"{stem}-*.so*"))
    if not found:
        raise RuntimeError(f"{package} holds no {stem}; reinstall it from its wheel")
    return str(found[0])


# One GDAL and one GEOS on every machine, without Debian packages (docs/adr/0003).
GDAL_LIBRARY_PATH = _wheel_library("pyogrio", "libgdal")
GEOS_LIBRARY_PATH = _wheel_library("shapely", "libgeos_c")

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "web.apps.WebConfig",
    "api.apps.ApiConfig",
    "council.apps.CouncilConfig",
    "symbiosis.apps.SymbiosisConfig",
    "marketplace.apps.MarketplaceConfig",
    "geo.apps.GeoConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.gis",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework_gis",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "oauth2_provider",
    "knox",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "django_rich",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "api.middleware.RequestIdentity",
    "api.middleware.ProblemsForPrograms",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "web.storable.RefuseNul",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "api.middleware.Attribution",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context.frame",
            ],
        },
    },
]

_database = environ.Env.db_url_config(env.DATABASE_URL)
DATABASES = {
    "default": {
        **_database,
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # A server that is cut off is given up within seconds, not when TCP tires of it.
            "connect_timeout": 3,
            "keepalives_idle": 2,
            "keepalives_interval": 1,
            "keepalives_count": 3,
            "tcp_user_timeout": 3_000,
            "application_name": env.PROCESS_NAME,
            "options": f"-c statement_timeout={env.STATEMENT_SECONDS}s",
            **_database.get("OPTIONS", {}),
        },
    }
}
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
"""Entries of the audit trail are looked up by their own row, not by what it points at."""

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "marketplace.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/map/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "bg"
LANGUAGES = [("bg", _("Bulgarian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "Europe/Sofia"
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env.LOCAL_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [
    *("jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "tgz", "bz2", "xz", "br", "woff", "woff2"),
    "map",  # read by nobody but a developer's browser, and five times the size of the rest
]
MEDIA_ROOT = env.LOCAL_DIR / "media"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
SESSION_ENGINE = "config.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True

TASKS = {"default": {"BACKEND": env.TASKS_BACKEND, "QUEUES": ["default", "matching"]}}

vars().update(environ.Env.email_url_config(env.EMAIL_URL))
SITE_URL = env.SITE_URL
DEFAULT_FROM_EMAIL = "symbiosis@localhost"

MATCHING_PROCESSES = env.MATCHING_PROCESSES
MATCHING_SCHEDULER = env.MATCHING_SCHEDULER
"""Address of a Dask scheduler (tcp://...): the national run is cut into jobs for its workers. More
than one process, and no scheduler: jobs on this machine."""

NOMINATIM_URL = env.NOMINATIM_URL
"""Empty: the offline gazetteer answers. A Nominatim address makes it the second opinion."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
