"""Keyset paging: a page starts after a row, not after a count, so concurrent writes skip nothing.

A cursor is the sealed position (ordering, values, direction); it tells callers nothing and cannot
be forged.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from api.refusals import invalid_parameter
from api.sealing import seal_text, unseal_text

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
_PURPOSE = "page cursor"


@dataclass(frozen=True, slots=True)
class Position:
    """Before or after a row: its values of the ordering's columns."""

    ordering: str
    values: tuple[Any, ...]
    backward: bool

    def encode(self) -> str:
        content = json.dumps([self.ordering, self.values, self.backward], separators=(",", ":"))
        return seal_text(_PURPOSE, content.encode())


class KeysetPagination(BasePagination):
    """Needs a view with ``orderings`` (public name -> columns, none of them null, the last one
    unique) and ``default_ordering``."""

    parameters = frozenset({"cursor", "limit", "ordering", "count"})

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.limit = _limit(request)
        self.ordering = _ordering(request, view)
        name = self.ordering.removeprefix("-")
        self.columns: tuple[str, ...] = view.orderings[name]
        descending = self.ordering.startswith("-")
        position = _position(request, self.ordering, len(self.columns))
        self.total = queryset.count() if _count_asked(request) else None
        backward = position is not None and position.backward
        if position is not None:
            queryset = queryset.filter(_after(self.columns, position, descending ^ backward))
        sign = "-" if descending ^ backward else ""
        rows = list(
            queryset.order_by(*(sign + column for column in self.columns))[: self.limit + 1]
        )
        more = len(rows) > self.limit
        rows = rows[: self.limit]
        if backward:
            rows.reverse()
        self._set_links(rows, more, backward, started=position is not None)
        return rows

    def _set_links(self, rows: list[Any], more: bool, backward: bool, *, started: bool) -> None:
        has_next, has_previous = (started, more) if backward else (more, started)
        self.next = self._link(rows[-1], False) if rows and has_next else None
        self.previous = self._link(rows[0], True) if rows and has_previous else None

    def _link(self, row: Any, backward: bool) -> str:
        values = tuple(_plain(_value(row, column)) for column in self.columns)
        cursor = Position(self.ordering, values, backward).encode()
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)

    def get_paginated_response(self, data: Any) -> Response:
        links = [
            f'<{url}>; rel="{name}"'
            for name, url in (("next", self.next), ("prev", self.previous))
            if url
        ]
        body = {"next": self.next, "previous": self.previous, "results": data}
        if self.total is not None:
            body["count"] = self.total
        return Response(body, headers={"Link": ", ".join(links)} if links else None)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link,
                "previous": link,
                "count": {"type": "integer", "description": "Only with count=true."},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = [sign + name for name in getattr(view, "orderings", {}) for sign in ("", "-")]
        return [
            _parameter(
                "cursor", {"type": "string", "minLength": 1}, "Position from next or previous."
            ),
            _parameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
                "Rows on a page.",
            ),
            _parameter("ordering", {"type": "string", "enum": names}, "Minus sign: descending."),
            _parameter("count", {"type": "boolean", "default": False}, "Count the whole result."),
        ]


class WholeList(BasePagination):
    """A list that is short enough to be told whole, in the same envelope and without cursors."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "required": ["results"], "properties": {"results": schema}}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return []


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "description": description,
    }


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_LIMIT):
        raise invalid_parameter(
            "limit", "out_of_range", _("A whole number from 1 to %(max)d.") % {"max": MAX_LIMIT}
        )
    return int(text)


def _ordering(request: Request, view: Any) -> str:
    text = str(request.query_params.get("ordering", view.default_ordering))
    if text.removeprefix("-") not in view.orderings:
        raise invalid_parameter(
            "ordering",
            "unknown_choice",
            _("One of %(names)s, with a minus for descending.")
            % {"names": ", ".join(view.orderings)},
        )
    return text


def _count_asked(request: Request) -> bool:
    text = request.query_params.get("count", "false")
    if text not in ("true", "false"):
        raise invalid_parameter("count", "not_a_boolean", _("true or false."))
    return text == "true"


def _position(request: Request, ordering: str, width: int) -> Position | None:
    text = request.query_params.get("cursor")
    if text is None:
        return None
    content = unseal_text(_PURPOSE, text)
    if content is None:
        raise invalid_parameter("cursor", "not_a_cursor", _("Take cursors from next or previous."))
    of, values, backward = json.loads(content)
    if of != ordering or len(values) != width:
        raise invalid_parameter(
            "cursor", "other_ordering", _("This cursor belongs to another ordering.")
        )
    return Position(of, tuple(values), backward)


def _after(columns: Sequence[str], position: Position, descending: bool) -> Q:
    """Rows beyond the position; the first column also bounds alone, which an index can use."""
    compare = "lt" if descending else "gt"
    first, value = columns[0], position.values[0]
    if len(columns) == 1:
        return Q(**{f"{first}__{compare}": value})
    rest = _after(columns[1:], Position("", position.values[1:], False), descending)
    beyond = Q(**{f"{first}__{compare}": value}) | (Q(**{first: value}) & rest)
    return Q(**{f"{first}__{compare}e": value}) & beyond


def _value(row: Any, column: str) -> Any:
    for part in column.split("__"):
        row = getattr(row, part)
    return row


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
