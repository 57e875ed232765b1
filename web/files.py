"""A file as an answer of its own."""

from __future__ import annotations

from django.http import HttpResponse


def attachment(content: bytes, content_type: str, name: str) -> HttpResponse:
    """A download that no cache keeps; the name is one of our own, without quotes."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
