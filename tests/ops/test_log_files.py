"""Logs are turned over by the week, and hold nothing that somebody could act with."""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from gunicorn.config import Config

from config.access_log import AccessLog
from config.log_files import MOST_BYTES, TURNED_AFTER, turn_over

WEEK = TURNED_AFTER.total_seconds()
SECRETS = ("MTpvcGVu:c2lnbmF0dXJl", "1-cx3f2a-0a1b2c", "Mg:1uX:sig")


def test_a_log_is_gone_after_two_weeks(tmp_path: Path) -> None:
    log, earlier = tmp_path / "web.log", tmp_path / "web.log.1"
    with log.open("a") as writer:
        writer.write("first\n")
        writer.flush()
        assert turn_over(tmp_path) == 0
        began = earlier.stat().st_mtime
        assert turn_over(tmp_path, now=began + WEEK - 1) == 0
        assert turn_over(tmp_path, now=began + WEEK + 1) == 1
        writer.write("second\n")
    assert (earlier.read_text(), log.read_text()) == ("first\n", "second\n")
    os.utime(earlier, (began, began))
    assert turn_over(tmp_path, now=began + WEEK + 1) == 1
    assert "first" not in earlier.read_text() + log.read_text()


def test_a_log_that_grows_too_large_is_turned_over_at_once(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.touch()
    os.truncate(log, MOST_BYTES + 1)
    assert turn_over(tmp_path) == 1
    assert log.stat().st_size == 0


@pytest.mark.parametrize(
    "path",
    [
        f"/listing-checks/{SECRETS[0]}/",
        f"/accounts/password/reset/key/{SECRETS[1]}/",
        f"/accounts/confirm-email/{SECRETS[2]}/",
        f"/map/?code={SECRETS[0]}",
    ],
)
def test_the_log_of_requests_holds_no_secret(path: str) -> None:
    served = runpy.run_path(str(settings.BASE_DIR / "config" / "gunicorn.py"))
    log = AccessLog(Config())
    bare, _mark, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": "GET",
        "RAW_URI": path,
        "PATH_INFO": bare,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": f"http://x{path}",
        "REMOTE_ADDR": "127.0.0.1",
    }
    answer = SimpleNamespace(status="200 OK", headers=[], sent=5)
    request = SimpleNamespace(headers=[("REFERER", path)])
    took = SimpleNamespace(seconds=0, microseconds=5, total_seconds=lambda: 0.0)
    atoms = log.atoms_wrapper_class(log.atoms(answer, request, environ, took))
    line = served["access_log_format"] % atoms
    assert not any(secret in line for secret in SECRETS), line
    assert bare.split("/")[1] in line
    assert served["logger_class"] == "config.access_log.AccessLog"
