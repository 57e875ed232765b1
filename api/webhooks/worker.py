"""The process that delivers: leases endpoints and gives each a thread of its own for a turn."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from time import sleep

from django.db import close_old_connections, connection

from api.webhooks.delivery import Postman

THREADS = 16
LOOK_SECONDS = 0.5

log = logging.getLogger(__name__)


def run(postman: Postman, *, stopping: Callable[[], bool], threads: int = THREADS) -> None:
    """Deliver until told to stop; then finish the attempts under way."""
    busy: set[Future[int]] = set()
    with ThreadPoolExecutor(threads, thread_name_prefix="endpoint") as pool:
        while not stopping():
            close_old_connections()
            claimed = postman.claim(threads - len(busy)) if len(busy) < threads else []
            busy |= {pool.submit(_turn, postman, endpoint_id) for endpoint_id in claimed}
            if busy:
                done, busy = wait(busy, timeout=0.05 if claimed else LOOK_SECONDS)
                _report(done)
            else:
                sleep(LOOK_SECONDS)


def _turn(postman: Postman, endpoint_id: int) -> int:
    try:
        return postman.serve(endpoint_id)
    finally:
        connection.close()


def _report(done: set[Future[int]]) -> None:
    for future in done:
        error = future.exception()
        if error is not None:
            log.error("a turn of an endpoint failed", exc_info=error)
