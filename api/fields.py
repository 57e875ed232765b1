"""Fields and serializers that take nothing on trust and give numbers exactly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from marketplace.ids import encode
from marketplace.text_rules import hostile_character, visibly_blank

_PLAIN_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
LABEL_SCHEMA = {
    "oneOf": [
        {"type": "string"},
        {
            "type": "object",
            "required": ["bg", "en"],
            "properties": {"bg": {"type": "string"}, "en": {"type": "string"}},
        },
    ],
    "description": "In the language of Accept-Language or lang; both with lang=all.",
}


class Answer(serializers.Serializer[Any]):
    """What is sent out; keeps to the ``fields`` the caller asked for at the top level."""

    @property
    def _top(self) -> bool:
        return self.parent is None or (
            isinstance(self.parent, serializers.ListSerializer) and self.parent.parent is None
        )

    def get_fields(self) -> dict[str, Any]:
        """The declared fields; in place of a brief the whole thing where ``expand`` names it."""
        found: dict[str, Any] = dict(super().get_fields())
        expanded = self.context.get("expanded")
        if expanded and self._top:
            for name, whole in expanded.items():
                source = found[name].source
                found[name] = whole(**({"source": source} if source else {}))
        return found

    @property
    def _readable_fields(self) -> Any:
        only = self.context.get("only")
        for name, field in self.fields.items():
            if not field.write_only and (only is None or not self._top or name in only):
                yield field


class Ask(serializers.Serializer[Any]):
    """What is taken in: unknown and read-only fields are refused by name, all faults at once.

    A PATCH may leave fields out, but an object inside it is whole: it replaces the old one.
    """

    read_only_names: frozenset[str] = frozenset()

    def to_internal_value(self, data: Any) -> Any:
        if self.parent is not None and getattr(self.root, "partial", False):
            return type(self)(context=self.context).run_validation(data)
        if not isinstance(data, Mapping):
            fault = serializers.ErrorDetail(str(_("A JSON object is needed.")), "not_an_object")
            raise serializers.ValidationError({"": [fault]})
        faults: dict[str, Any] = {
            name: [self._stranger(name)] for name in data if name not in self.fields
        }
        values: Any = {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(error.detail, dict):
                raise
            faults = {**error.detail, **faults}
        if faults:
            raise serializers.ValidationError(faults)
        return values

    def _stranger(self, name: str) -> serializers.ErrorDetail:
        if name in self.read_only_names:
            return serializers.ErrorDetail(str(_("This field is read-only.")), "read_only")
        return serializers.ErrorDetail(str(_("There is no such field.")), "unknown_field")


class Words(serializers.CharField):
    """Text without control, bidi-override or surrogate characters; blank means visibly blank.
    Numbers and booleans are not turned into text."""

    default_error_messages = {
        "not_text": _("Text is needed."),
        "control_character": _("The text holds a control character."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        if data is not empty and data is not None:
            if not isinstance(data, str):
                self.fail("not_text")
            if hostile_character(data) is not None:
                self.fail("control_character")
            if not self.allow_blank and visibly_blank(data):
                self.fail("blank")
        return super().run_validation(data)


class Word(serializers.ChoiceField):
    """One of a few words; only strings are compared."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=str(data)[:80])
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"})
class Exactly(serializers.Field):  # type: ignore[type-arg]
    """A decimal string in plain notation, with at most the digits that are stored."""

    default_error_messages = {
        "not_a_number": _("A plain decimal in a string, such as “12.5”."),
        "too_precise": _("At most %(places)d decimals."),
        "out_of_range": _("The number is out of range."),
    }

    def __init__(self, *, digits: int, places: int, **kwargs: Any) -> None:
        self.digits, self.places = digits, places
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | Decimal):
            self.fail("not_a_number")
        text = data if isinstance(data, str) else f"{data:f}" if data else "0"
        if not _PLAIN_DECIMAL.match(text):
            self.fail("not_a_number")
        whole, _dot, fraction = text.lstrip("-").partition(".")
        if len(fraction.rstrip("0")) > self.places:
            raise serializers.ValidationError(
                self.error_messages["too_precise"] % {"places": self.places}, "too_precise"
            )
        if len(whole.lstrip("0")) > self.digits - self.places:
            self.fail("out_of_range")
        return Decimal(text)

    def to_representation(self, value: Decimal) -> str:
        return plain(value)


def plain(value: Decimal) -> str:
    """The shortest plain notation: no exponent, no trailing zeros.

    >>> plain(Decimal("1200.500000")), plain(Decimal("1E+3"))
    ('1200.5', '1000')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def euros(cents: int) -> str:
    """Cents as a decimal string with two places.

    >>> euros(-1250)
    '-12.50'
    """
    return f"{Decimal(cents) / 100:.2f}"


@extend_schema_field({"type": "string", "format": "date"})
class CalendarDay(serializers.Field):  # type: ignore[type-arg]
    """``YYYY-MM-DD``."""

    default_error_messages = {"not_a_date": _("A day such as 2027-03-01.")}

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not _DAY.match(data):
            self.fail("not_a_date")
        try:
            return date.fromisoformat(data)
        except ValueError:
            self.fail("not_a_date")

    def to_representation(self, value: date) -> str:
        return value.isoformat()


@extend_schema_field({"type": "string", "format": "date-time"})
class Moment(serializers.Field):  # type: ignore[type-arg]
    """RFC 3339 in UTC with Z, read-only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


@extend_schema_field({"type": "string", "pattern": "^[a-z]+_[0-9a-z]{26}$"})
class PublicId(serializers.Field):  # type: ignore[type-arg]
    """TypeID of a ``uid``."""

    def __init__(self, *, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        return encode(self.prefix, value)


@extend_schema_field(LABEL_SCHEMA)
class Label(serializers.Field):  # type: ignore[type-arg]
    """A name in the reader's language, or in both with ``lang=all``; reads ``<stem>_bg`` and
    ``<stem>_en``."""

    def __init__(self, stem: str = "name", **kwargs: Any) -> None:
        self.stem = stem
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> Any:
        bulgarian = getattr(value, f"{self.stem}_bg")
        english = getattr(value, f"{self.stem}_en")
        if self.context.get("all_languages"):
            return {"bg": bulgarian, "en": english}
        return (bulgarian if get_language() == "bg" else "") or english or bulgarian


class TrueOrFalse(serializers.BooleanField):
    """A JSON boolean; words and numbers are not turned into one."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=str(data)[:80])
        return data


class WholeNumber(serializers.IntegerField):
    """A JSON integer; strings and booleans are not turned into one."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))
