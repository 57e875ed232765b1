"""Query parameters: each one named, typed and bounded; anything else is refused by name."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet
from django_filters.filters import BaseInFilter, Filter
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from api import problems
from api.access import caller_of
from api.problems import FieldError
from api.refusals import ApiError
from geo.coordinates import as_point, checked_bounds
from geo.errors import GeoError
from marketplace.ids import decode
from marketplace.text_rules import hostile_character

_DECIMAL = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,6})?\Z")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})\Z"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class _TextField(forms.CharField):
    """Plain text without control or bidi-override characters."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        super().__init__(strip=False, **kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text and hostile_character(text) is not None:
            raise ValidationError(_("The text holds a control character."), "control_character")
        return str(text or "")


class _DecimalField(forms.Field):
    def to_python(self, value: Any) -> Decimal | None:
        if value in (None, ""):
            return None
        if not _DECIMAL.match(value):
            raise ValidationError(_("A plain decimal such as 12.5."), "not_a_number")
        return Decimal(value)


class _InstantField(forms.Field):
    def to_python(self, value: Any) -> datetime | None:
        if value in (None, ""):
            return None
        return parse_instant(value)


class _DayField(forms.Field):
    def to_python(self, value: Any) -> date | None:
        if value in (None, ""):
            return None
        if not _DAY.match(value):
            raise ValidationError(_("A day such as 2027-03-01."), "not_a_date")
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValidationError(_("This day does not exist."), "not_a_date") from error


class _FlagField(forms.Field):
    def to_python(self, value: Any) -> bool | None:
        if value in (None, ""):
            return None
        if value not in ("true", "false"):
            raise ValidationError(_("true or false."), "not_a_boolean")
        return bool(value == "true")


class _PublicIdField(forms.Field):
    def __init__(self, *, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        uid = decode(self.prefix, value)
        if uid is None:
            raise ValidationError(_("Not an id of this kind."), "not_an_id")
        return uid


def parse_instant(text: str) -> datetime:
    """RFC 3339 with offset; raises ValidationError."""
    if not _INSTANT.match(text):
        raise ValidationError(_("An instant with offset, such as 2027-03-01T08:00:00Z."), "instant")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValidationError(_("This instant does not exist."), "instant") from error


class Text(Filter):
    """Words or a code."""

    field_class = _TextField
    openapi = {"type": "string", "minLength": 1, "maxLength": 200}


class Texts(BaseInFilter, Text):
    """A comma-separated list of codes, any of which fits."""

    openapi = {
        "type": "string",
        "minLength": 1,
        "description": "Comma-separated; any of them fits.",
    }


class Amount(Filter):
    """A plain decimal."""

    field_class = _DecimalField
    openapi = {"type": "string", "pattern": r"^-?[0-9]{1,14}(\.[0-9]{1,6})?$"}


class Instant(Filter):
    """RFC 3339 with offset."""

    field_class = _InstantField
    openapi = {"type": "string", "format": "date-time"}


class Day(Filter):
    """A calendar day."""

    field_class = _DayField
    openapi = {"type": "string", "format": "date"}


class Flag(Filter):
    """true or false."""

    field_class = _FlagField
    openapi = {"type": "boolean"}


class PublicId(Filter):
    """A TypeID of one kind, compared with a ``uid`` column."""

    field_class = _PublicIdField

    def __init__(self, *args: Any, prefix: str, **kwargs: Any) -> None:
        self.openapi = {"type": "string", "pattern": f"^{prefix}_[0-9a-z]{{26}}$"}
        super().__init__(*args, prefix=prefix, **kwargs)


class Choice(Filter):
    """One of a few words."""

    field_class = forms.ChoiceField

    def __init__(self, *args: Any, choices: list[str], **kwargs: Any) -> None:
        self.openapi = {"type": "string", "enum": choices}
        super().__init__(*args, choices=[(c, c) for c in choices], **kwargs)


class Bbox(Filter):
    """``west,south,east,north`` in degrees, over the located queryset's point."""

    field_class = _TextField
    openapi = {
        "type": "string",
        "pattern": r"^-?[0-9]{1,3}(\.[0-9]{1,15})?(,-?[0-9]{1,3}(\.[0-9]{1,15})?){3}$",
        "description": "west,south,east,north in WGS 84 degrees.",
    }

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.in_bbox(*parse_bbox(value)) if value else qs


class Near(Filter):
    """``lon,lat``; the distance is the ``radius_km`` parameter's."""

    field_class = _TextField
    openapi = {
        "type": "string",
        "pattern": r"^-?[0-9]{1,3}(\.[0-9]{1,15})?,-?[0-9]{1,3}(\.[0-9]{1,15})?$",
        "description": "lon,lat in WGS 84 degrees; needs radius_km.",
    }

    def filter(self, qs: Any, value: Any) -> Any:
        return qs  # NearbyFilterSet combines the two parameters


def _numbers(text: str, count: int, name: str) -> list[float]:
    parts = text.split(",")
    if len(parts) != count or not all(_DECIMAL_DEGREES.match(part) for part in parts):
        raise _refused(name, "not_coordinates", _("Plain numbers separated by commas."))
    return [float(part) for part in parts]


_DECIMAL_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,15})?\Z")


def parse_bbox(text: str) -> tuple[float, float, float, float]:
    """Edges in degrees; raises ApiError naming the parameter."""
    west, south, east, north = _numbers(text, 4, "bbox")
    try:
        return checked_bounds(west, south, east, north)
    except GeoError as error:
        raise _refused("bbox", error.code, str(error)) from error


def parse_near(text: str) -> Any:
    """A point; raises ApiError naming the parameter."""
    lon, lat = _numbers(text, 2, "near")
    try:
        return as_point(lon, lat)
    except GeoError as error:
        raise _refused("near", error.code, str(error)) from error


def _refused(name: str, code: str, detail: Any) -> ApiError:
    return ApiError(problems.INVALID, errors=(FieldError(code, str(detail), parameter=name),))


class MineFilterSet(FilterSet):
    """Adds ``mine``: rows of the caller's own organisations."""

    mine = Flag(method="by_holder")

    def by_holder(self, queryset: Any, name: str, value: bool) -> Any:
        own = Q(organisation_id__in=caller_of(self.request).viewer.organisation_ids)
        return queryset.filter(own if value else ~own)


class NearbyFilterSet(FilterSet):
    """Adds ``bbox`` and ``near`` with ``radius_km`` (at least ``min_radius_km``: listings of
    confidential sites stand at a cell's centre, and smaller circles would only suggest more)."""

    min_radius_km = Decimal("0.1")
    max_radius_km = Decimal(5_000)

    bbox = Bbox()
    near = Near()
    radius_km = Amount(method="_radius_alone")

    def _radius_alone(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset

    def filter_queryset(self, queryset: Any) -> Any:
        queryset = super().filter_queryset(queryset)
        near, radius = self.form.cleaned_data["near"], self.form.cleaned_data["radius_km"]
        if not near and radius is None:
            return queryset
        if not near or radius is None:
            missing = "near" if not near else "radius_km"
            raise _refused(missing, "required", _("near and radius_km go together."))
        if not self.min_radius_km <= radius <= self.max_radius_km:
            raise _refused(
                "radius_km",
                "out_of_range",
                _("From %(low)s to %(high)s km.")
                % {"low": self.min_radius_km, "high": self.max_radius_km},
            )
        return queryset.near(parse_near(near), metres=float(radius * 1000))


class StrictFilterBackend(BaseFilterBackend):
    """Applies a view's ``filterset_class`` and reports every unacceptable value by parameter."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        filterset_class = getattr(view, "filterset_class", None)
        if filterset_class is None:
            return queryset
        filterset = filterset_class(data=request.query_params, queryset=queryset, request=request)
        if not filterset.is_valid():
            raise ApiError(
                problems.INVALID,
                errors=tuple(
                    FieldError(fault.code or "invalid", message, parameter=name)
                    for name, faults in filterset.errors.as_data().items()
                    for fault in faults
                    for message in fault.messages
                ),
            )
        return filterset.qs

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        filterset_class = getattr(view, "filterset_class", None)
        if filterset_class is None:
            return []
        return [
            {"name": name, "in": "query", "required": False, "schema": dict(item.openapi)}
            for name, item in filterset_class.base_filters.items()
        ]


def parameter_names(view: Any) -> frozenset[str]:
    """The filter parameters of a view."""
    filterset_class = getattr(view, "filterset_class", None)
    return frozenset(filterset_class.base_filters) if filterset_class else frozenset()
