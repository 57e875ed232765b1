"""JSON answers: exact decimals as strings, UTF-8, and one media type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
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


class AnyAccepted(BaseContentNegotiation):
    """For addresses with one form of answer whatever Accept names: files and map layers."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type
