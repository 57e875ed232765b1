"""What an outsider's answers are, to the byte, without what tells only of the asking."""

from __future__ import annotations

import io
import re
import sqlite3
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.test import Client

from api.webhooks import outbox
from marketplace.firms.viewers import viewer_for
from tests.confidentiality.market import World
from tests.confidentiality.routes import Question, asked

_OF_THE_ASKING = ("X-Request-ID", "RateLimit", "Set-Cookie", "Expires")
"""Headers that name the request, count the caller's own requests, hold its own cookies, or say the
time of the answer."""
_TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]+')
_PDF_MADE = re.compile(rb"/(CreationDate|ModDate) ?\([^)]*\)|/ID ?\[[^]]*\]")
_REQUEST_ID = re.compile(rb'("request_id": ?")[^"]+')

Readings = dict[tuple[str, str, str], Any]
"""(outsider, method, path) -> status, headers and content."""


def read(world: World, only: str = "") -> Readings:
    """Everything that every outsider is answered; ``only`` names one of them."""
    found: Readings = {}
    for name, caller in world.callers.items():
        if only and name != only:
            continue
        for questions in asked(world, all_details=name == "anyone").values():
            cache.clear()
            for question in questions:
                found[name, question.method, question.path] = told(caller, question)
    for name, person in world.people.items():
        events = outbox.events_for(viewer_for(person), list(outbox.TYPES), below=2**62)
        found[name, "FEED", ""] = [outbox.told(event) for event in events.order_by("id")]
    return found


def told(caller: Client, question: Question) -> Any:
    """Status, headers and content of an answer."""
    answer = caller.generic(
        question.method, question.path, question.body, content_type=question.media
    )
    assert answer.status_code < 500, question
    headers = {k: v for k, v in answer.headers.items() if not k.startswith(_OF_THE_ASKING)}
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, headers, _plain(question.path, content)


def _plain(path: str, content: bytes) -> Any:
    """The bytes; of the two forms of file that write down when they were made, the parts."""
    if path.partition("?")[0].endswith(".xlsx") and content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return {n: book.read(n) for n in book.namelist() if n != "docProps/core.xml"}
    if path.partition("?")[0].endswith(".gpkg") and content.startswith(b"SQLite"):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "told.gpkg"
            file.write_bytes(content)
            with sqlite3.connect(file) as book:
                return [line for line in book.iterdump() if "gpkg_contents" not in line]
    if content.startswith(b"%PDF"):
        return _PDF_MADE.sub(b"", content)
    return _REQUEST_ID.sub(rb"\1", _TOKEN.sub(rb"\1", content))


def differences(before: Readings, after: Readings) -> list[str]:
    """Which answers changed, and where, for a person to read."""
    return [
        f"{who} {method} {path}: {_where(old, after.get((who, method, path)))}"
        for (who, method, path), old in before.items()
        if after.get((who, method, path)) != old
    ]


def _where(old: Any, new: Any) -> str:
    if not isinstance(old, tuple) or not isinstance(new, tuple):
        return f"{old!r:.300} -> {new!r:.300}"
    if old[:2] != new[:2]:
        changed = {k: (v, new[1].get(k)) for k, v in old[1].items() if new[1].get(k) != v}
        if old[0] != new[0]:
            return f"{old[0]} -> {new[0]}"
        head = f"{changed} "
    else:
        head = ""
    if not isinstance(old[2], bytes) or not isinstance(new[2], bytes):
        return head + "content of the file"
    at = next((i for i, (a, b) in enumerate(zip(old[2], new[2], strict=False)) if a != b), 0)
    near = slice(max(0, at - 120), at + 80)
    return f"{head}...{old[2][near]!r} -> {new[2][near]!r}"
