"""JSON answers: exact decimals as strings, UTF-8, and one media type."""

from __future__ import annotations

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer


class ExactJSONRenderer(JSONRenderer):
    """application/json; also answers for problems, whose content type the response names."""

    charset = None
    compact = True
    ensure_ascii = False


class JSONOnlyNegotiation(DefaultContentNegotiation):
    """Accept decides; there is no ?format= switch, which would be one more unknown parameter."""

    def filter_renderers(
        self, renderers: Iterable[BaseRenderer], format: str | None
    ) -> list[BaseRenderer]:
        return list(renderers)
