"""The guide's samples do what it says."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from api.imports.words import HEADERS
from api.v1 import urls
from api.webhooks import signing

GUIDE = (Path(settings.BASE_DIR) / "docs" / "api" / "guide.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    """What the guide's Python defines."""
    found: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", GUIDE, flags=re.S):
        exec(block, found)
    return found


def test_the_receivers_lines_verify_what_we_sign(sample: dict[str, Any]) -> None:
    secret, other, body = signing.new_secret(), signing.new_secret(), b'{"id":"event_1"}'
    now = datetime.now(UTC)
    headers = signing.headers(
        event_id="event_1", moment=now, body=body, secret_list=[secret, other]
    )
    verified = sample["verified"]
    assert verified(secret, headers, body)
    assert verified(other, headers, body)
    assert not verified(secret, headers, body + b" ")
    assert not verified(signing.new_secret(), headers, body)
    late = {**headers, "webhook-timestamp": str(int(time.time()) - 301)}
    assert not verified(secret, late, body)


def test_every_address_of_the_guide_exists() -> None:
    named = set(re.findall(r"/api/v1/([a-z-]+)", GUIDE))
    served = {str(entry.name).partition("-one")[0] for entry in urls.urlpatterns}
    assert named - served == {"openapi"}


def test_the_headers_that_the_guide_names_are_known() -> None:
    known = {name for names in HEADERS.values() for name in names}
    line = re.search(r"\((Материал.*?) \.\.\.\)", GUIDE, flags=re.S)
    assert line is not None
    assert {word.strip().lower() for word in line.group(1).split(",")} <= known
