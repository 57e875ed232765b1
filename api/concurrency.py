"""ETags: 304 for what the reader has, 412 and 428 against lost updates.

An ETag is ``"<version>-<digest of the body>"``. If-Match compares the version, so that a change
of language or of the proposals beside a listing does not stop its owner from revising it; a
resource without a version has 0.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from api import problems
from api.problems import FieldError
from api.refusals import ApiError

_ETAG = re.compile(r'"([0-9]{1,9})-[0-9a-f]{32}"\Z')


def mark(response: Response, request: Request, version: int) -> Response:
    """Give a response its ETag once it is rendered, or turn it into a 304."""

    def finish(rendered: Any) -> HttpResponse | None:
        digest = hashlib.sha256(rendered.content).hexdigest()[:32]
        etag = f'"{version}-{digest}"'
        rendered.headers["ETag"] = etag
        if request.method not in ("GET", "HEAD") or rendered.status_code != 200:
            return None
        if not _already_held(request.headers.get("If-None-Match", ""), etag):
            return None
        unchanged = HttpResponseNotModified()
        for name in ("ETag", "Vary", "Cache-Control", "Link", "RateLimit", "RateLimit-Policy"):
            if name in rendered.headers:
                unchanged.headers[name] = rendered.headers[name]
        return unchanged

    response.add_post_render_callback(finish)
    return response


def _already_held(header: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return etag in tags or tags == ["*"]


def expected_version(request: Request) -> int | None:
    """The version that If-Match names; None for ``*``. Raises 428 without the header, 412 for an
    ETag that was never ours."""
    header = request.headers.get("If-Match", "").strip()
    if not header:
        raise ApiError(problems.PRECONDITION_REQUIRED)
    if header == "*":
        return None
    found = _ETAG.match(header)
    if found is None:
        fault = FieldError("stale", _("This is not an ETag of the resource."), header="If-Match")
        raise ApiError(problems.PRECONDITION_FAILED, errors=(fault,))
    return int(found.group(1))
