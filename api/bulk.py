"""Arrays of listings: every row judged by the serializer and the service of a single one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from api import problems
from api.errors import describe
from api.fields import Answer
from api.problems import FieldError
from api.refusals import ApiError, invalid_parameter
from api.v1.listing_forms import ListingAsk, draft_of
from marketplace.firms.viewers import Viewer
from marketplace.listings.many import RowOutcome, put_many
from marketplace.listings.models import Need, Offer
from marketplace.listings.services import ListingDraft

MAX_ROWS = 500
STATUSES = ["created", "updated", "unchanged", "refused"]
_ONE = {"$ref": "#/components/schemas/ListingAskRequest"}
ONE_OR_MANY = {
    "application/json": {
        "oneOf": [_ONE, {"type": "array", "items": _ONE, "minItems": 1, "maxItems": MAX_ROWS}]
    }
}


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one row; ``number`` counts from 0."""

    number: int
    status: str
    public_id: str | None
    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of all rows, in their order."""

    rows: tuple[Row, ...]

    def count(self, status: str) -> int:
        return sum(row.status == status for row in self.rows)

    @property
    def refused(self) -> int:
        return self.count("refused")

    def refusal(self) -> ApiError:
        """All faults of all rows, for a batch that is written whole or not at all."""
        faults = tuple(
            FieldError(fault.code, fault.detail, pointer=f"/{row.number}{fault.pointer or ''}")
            for row in self.rows
            for fault in row.errors
        )
        return ApiError(problems.INVALID, errors=faults)


class RowAnswer(Answer):
    """A row by its place in the array."""

    row = serializers.IntegerField(source="number")
    status = serializers.ChoiceField(choices=STATUSES)
    id = serializers.CharField(source="public_id", allow_null=True)
    errors: Any = serializers.SerializerMethodField()

    def get_errors(self, row: Row) -> list[dict[str, str]]:
        return [error.body() for error in row.errors]


class BulkAnswer(Answer):
    """Counts and rows. Proposals of bulk postings follow from the matcher within seconds."""

    created = serializers.SerializerMethodField()
    refused = serializers.IntegerField()
    results = RowAnswer(many=True, source="rows")

    def get_created(self, batch: Batch) -> int:
        return batch.count("created")


def atomic_asked(request: Request) -> bool:
    """The ``atomic`` parameter: all rows or none (the default), or every row for itself."""
    text = request.query_params.get("atomic", "true")
    if text not in ("true", "false"):
        raise invalid_parameter("atomic", "not_a_boolean", _("true or false."))
    return text == "true"


@transaction.atomic
def put_rows(
    rows: Sequence[Any],
    *,
    viewer: Viewer,
    side: str,
    context: Mapping[str, Any],
    replace_known: bool,
    most: int = MAX_ROWS,
) -> Batch:
    """Validate and write rows of ``offers`` or ``needs``; the caller rolls back what it will not
    have. Raises ApiError for an empty batch or one that is too long."""
    if not 1 <= len(rows) <= most:
        detail = _("From 1 to %(most)d rows.") % {"most": most}
        raise ApiError(problems.INVALID, errors=(FieldError("row_count", detail, pointer=""),))
    ask = ListingAsk(context={**context, "references": {}})
    drafts: dict[int, ListingDraft] = {}
    faults: dict[int, tuple[FieldError, ...]] = {}
    for number, row in enumerate(rows):
        try:
            drafts[number] = draft_of(dict(ask.run_validation(row)))
        except ValidationError as error:
            faults[number] = tuple(describe(error).errors)
    outcomes = put_many(
        viewer=viewer,
        model=Offer if side == "offers" else Need,
        drafts=list(drafts.values()),
        replace_known=replace_known,
    )
    written = dict(zip(drafts, outcomes, strict=True))
    return Batch(
        tuple(
            Row(number, "refused", None, faults[number])
            if number in faults
            else _row(number, written[number])
            for number in range(len(rows))
        )
    )


def _row(number: int, outcome: RowOutcome) -> Row:
    if outcome.refusal is not None:
        return Row(number, "refused", None, tuple(describe(outcome.refusal).errors))
    public_id = outcome.listing.public_id if outcome.listing is not None else None
    return Row(number, outcome.status, public_id, ())
