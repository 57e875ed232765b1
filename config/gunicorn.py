"""How gunicorn serves the market: threads for waiting on the database, two processes for work.

Read by ``gunicorn -c config/gunicorn.py``. Sync Django views on psycopg2 suit ``gthread``; each
thread keeps its connection (CONN_MAX_AGE), so processes x threads stays well below PostgreSQL's
60 connections.
"""

from __future__ import annotations

from threading import Timer
from typing import Any

from config import env

raw_env = [f"STATEMENT_SECONDS={env.STATEMENT_SECONDS or 30}"]  # no page may hold the database
wsgi_app = "config.wsgi:application"
bind = f"127.0.0.1:{env.PORT}"
worker_class = "gthread"
workers = 2
preload_app = True  # imported once and shared: half the start, half the memory
threads = 4
timeout = 120
graceful_timeout = 10
keepalive = 5
limit_request_line = 8_190  # filters in Cyrillic take six bytes a letter; beyond: 414
max_requests = 5_000
max_requests_jitter = 500
accesslog = "-"
access_log_format = "%(t)s %(h)s %(m)s %(U)s %(s)s %(B)s %(M)sms"  # no query, no referer
logger_class = "config.access_log.AccessLog"
control_socket_disable = True

_TEXT_ENGINE_AFTER_SECONDS = 30.0


def post_worker_init(worker: Any) -> None:
    """Build the text engine before somebody pastes a text, and the contract before a program asks
    for it, but not while the site is starting: they take a core for seconds, and the first pages
    would wait for them."""
    from api.schema import contract_json
    from symbiosis.lexicon import current_helper

    def prepare() -> None:
        contract_json()
        current_helper()

    later = Timer(_TEXT_ENGINE_AFTER_SECONDS, prepare)
    later.daemon = True
    later.start()
