"""The environment: the only module that reads os.environ, so that every knob is in one list."""

from __future__ import annotations

import os
from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parent.parent
LOCAL_DIR = ROOT / ".local"

_reader = environ.Env()
_reader.read_env(LOCAL_DIR / "env")
# Written by set-up: where the private database listens. The real environment wins over it.

DEBUG: bool = _reader.bool("DEBUG", default=False)
SECRET_KEY: str = _reader.str("SECRET_KEY", default="")
ALLOWED_HOSTS: list[str] = _reader.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"]
)
DATABASE_URL: str = _reader.str("DATABASE_URL", default="postgis:///symbiosis")
PROCESS_NAME: str = _reader.str("PROCESS_NAME", default="symbiosis")
"""Told to PostgreSQL by each connection, so that doctor sees which processes are alive."""
STATEMENT_SECONDS: int = _reader.int("STATEMENT_SECONDS", default=0)
"""The longest a statement may take, 0 for no end; the web server sets it, batch work does not."""
PORT: int = _reader.int("PORT", default=8000)
SECURE_COOKIES: bool = _reader.bool("SECURE_COOKIES", default=False)
NOMINATIM_URL: str = _reader.str("NOMINATIM_URL", default="")
TASKS_BACKEND: str = _reader.str("TASKS_BACKEND", default="django_tasks_db.DatabaseBackend")
"""Dotted path of the backend of the Tasks API: the database queue, or another (docs/scale.md)."""
MATCHING_PROCESSES: int = _reader.int("MATCHING_PROCESSES", default=1)
MATCHING_SCHEDULER: str = _reader.str("MATCHING_SCHEDULER", default="")
CACHE_URL: str = _reader.str("CACHE_URL", default="locmemcache://")
API_RATES: dict[str, str] = {
    "anonymous": _reader.str("API_RATE_ANONYMOUS", default="120/min"),
    "caller": _reader.str("API_RATE_CALLER", default="1200/min"),
    "login": _reader.str("API_RATE_LOGIN", default="10/min"),
}
PARTNER_SECRET: str = _reader.str("PARTNER_SECRET", default="")
"""Our secret at a partner market, for ``manage.py federation partner`` alone."""
SITE_URL: str = _reader.str("SITE_URL", default=f"http://127.0.0.1:{PORT}")
"""The address that readers outside know the site by; letters link to it."""
WEBHOOK_ALLOWED_NETWORKS: list[str] = _reader.list("WEBHOOK_ALLOWED_NETWORKS", default=[])
"""Private networks (10.1.0.0/16) whose hosts may receive webhooks, by http and any port as well."""
EMAIL_URL: str = _reader.str("EMAIL_URL", default="consolemail://")


def set_settings_module(default: str = "config.settings.base") -> None:
    """Name the settings module for manage.py and wsgi unless the caller's environment did."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", default)
