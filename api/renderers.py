"""JSON answers: exact decimals as strings, UTF-8, and one media type."""

from __future__ import annotations

from collections.abc import Sequence

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request


class ExactJSONRenderer(JSONRenderer):
    """application/json; also answers for problems, whose content type the response names."""

    charset = None
    compact = True
    ensure_ascii = False


class JSONOnlyNegotiation(DefaultContentNegotiation):
    """Accept decides; there is no ?format= switch, which would be one more unknown parameter."""

    def select_parser(self, request: Request, parsers: Sequence[BaseParser]) -> BaseParser | None:
        return super().select_parser(request, parsers)  # type: ignore[no-any-return, arg-type]

    def filter_renderers(
        self, renderers: Sequence[BaseRenderer], format: str | None
    ) -> list[BaseRenderer]:
        return list(renderers)
