"""/imports: files of offers and needs, taken in beside the conversation."""

from __future__ import annotations

import csv
import io
from typing import Any, ClassVar, cast

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from api import problems
from api.exporting import safe_text
from api.fields import Answer, Moment
from api.idempotency import once
from api.imports import running, tables, words
from api.imports.models import Import
from api.problems import FieldError
from api.refusals import ApiError, invalid_parameter
from api.renderers import AnyAccepted
from api.resources import Listed, Readable, Resource

FORMS = {
    "text/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/x-ndjson": "jsonl",
}
_FILE = {media_type: {"type": "string", "format": "binary"} for media_type in FORMS}
_READ_AS = {
    "type": "object",
    "required": ["encoding", "delimiter", "columns"],
    "properties": {
        "encoding": {"type": "string"},
        "delimiter": {"type": "string"},
        "columns": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


class _FileParser(BaseParser):
    """The bytes of a file, no more than are taken."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        content: bytes = stream.read(tables.MAX_BYTES + 1)
        if len(content) > tables.MAX_BYTES:
            raise ApiError(problems.TOO_LARGE)
        return content


def _parser(media: str) -> type[_FileParser]:
    return type("FileParser", (_FileParser,), {"media_type": media})


class ImportAnswer(Answer):
    """A file on its way: how it was read, how far it got, what became of its rows."""

    id = serializers.CharField(source="public_id")
    side = serializers.ChoiceField(choices=["offers", "needs"])
    form = serializers.ChoiceField(choices=list(FORMS.values()))
    dry_run = serializers.BooleanField()
    decimal = serializers.ChoiceField(choices=["comma", "point"])
    read_as = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=Import.State.values)
    failure = serializers.CharField()
    rows_total = serializers.IntegerField()
    rows_done = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()
    created_at = Moment()
    finished_at = Moment(allow_null=True)

    @extend_schema_field(_READ_AS)
    def get_read_as(self, job: Import) -> Any:
        return job.read_as


class Imports(Listed, Readable, Resource):
    """Your imports. The scope of the side that a file is for decides whether it may be sent."""

    scope = None
    id_prefix = "import"
    serializer_class = ImportAnswer
    orderings: ClassVar = {"created_at": ("id",)}
    default_ordering = "-created_at"
    own_parameters: ClassVar = {
        "create": frozenset({"side", "dry_run", "map", "leave_out", "decimal"})
    }

    def get_parsers(self) -> Any:
        method = getattr(self.request, "method", "POST") if self.request else "POST"
        if method == "POST" and getattr(self, "action_map", {}).get("post") == "create":
            return [_parser(media)() for media in FORMS]
        return super().get_parsers()

    def visible(self) -> Any:
        return running.imports_of(self.caller)

    @extend_schema(request=_FILE, responses={202: ImportAnswer})
    def create(self, request: Request) -> Response:
        side = _choice(request, "side", ("offers", "needs"), None)
        if not self.caller.holds(f"{side}:write"):
            raise ApiError(problems.INSUFFICIENT_SCOPE)
        given = {
            "side": side,
            "form": FORMS[str(request.content_type).partition(";")[0].strip().lower()],
            "dry_run": _choice(request, "dry_run", ("true", "false"), "false") == "true",
            "chosen": _pairs(request.query_params.get("map")),
            "left_out": (request.query_params.get("leave_out") or "").split("|"),
            "decimal": _choice(request, "decimal", ("comma", "point"), "comma"),
        }
        return once(request, lambda: self._started(cast(bytes, request.data), given))

    def _started(self, content: bytes, given: dict[str, Any]) -> Response:
        try:
            job = running.start(caller=self.caller, content=content, **given)
        except tables.Unreadable as refusal:
            fault = FieldError(refusal.code, _("The file cannot be read."), pointer="")
            raise ApiError(problems.INVALID, errors=(fault,)) from refusal
        except words.Unmapped as refusal:
            detail = _("Say with map or leave_out what these columns are: %(names)s.")
            named = detail % {"names": ", ".join(refusal.names)[:500]}
            fault = FieldError(refusal.code, named, parameter="map")
            raise ApiError(problems.INVALID, errors=(fault,)) from refusal
        location = f"/api/v1/imports/{job.public_id}"
        return self.answer(job, status=202, location=location)

    @extend_schema(request=None, responses={200: ImportAnswer})
    def cancel(self, request: Request, public_id: str) -> Response:
        job = self.one(public_id)
        return once(request, lambda: self.answer(running.cancel(job, now=timezone.now())))

    @extend_schema(request=None, responses={202: ImportAnswer})
    def resume(self, request: Request, public_id: str) -> Response:
        job = self.one(public_id)
        return once(request, lambda: self._resumed(job))

    def _resumed(self, job: Import) -> Response:
        running.resume(job)
        return self.answer(job, status=202)


class ImportFaults(Resource):
    """The refused rows of an import as a CSV file."""

    scope = None
    id_prefix = "import"
    list_actions = ()
    content_negotiation_class = AnyAccepted
    serializer_class = ImportAnswer

    def visible(self) -> Any:
        return running.imports_of(self.caller)

    @extend_schema(responses={(200, "text/csv"): {"type": "string"}})
    def faults(self, request: Request, public_id: str) -> HttpResponse:
        held = io.StringIO()
        writer = csv.writer(held)
        writer.writerow(["row", "field", "code", "detail"])
        for fault in self.one(public_id).faults:
            cells = (fault["pointer"], fault["code"], fault["detail"])
            writer.writerow([fault["row"], *(safe_text(cell) for cell in cells)])
        name = f"{public_id}-faults.csv"
        return HttpResponse(
            "\ufeff" + held.getvalue(),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _choice(request: Request, name: str, allowed: tuple[str, ...], default: str | None) -> str:
    text = request.query_params.get(name, default)
    if text is None or text not in allowed:
        raise invalid_parameter(
            name, "unknown_choice", _("One of %(names)s.") % {"names": ", ".join(allowed)}
        )
    return str(text)


def _pairs(text: str | None) -> dict[str, str]:
    """``Header:field|Other:field`` -> the caller's own choice of columns."""
    pairs = [part.rpartition(":") for part in text.split("|")] if text else []
    unknown = [part for header, _colon, part in pairs if not header or part not in words.HEADERS]
    if unknown:
        raise invalid_parameter(
            "map",
            "unknown_field",
            _("Not a field here: %(names)s.") % {"names": ", ".join(unknown)[:200]},
        )
    return {header: field for header, _colon, field in pairs}
