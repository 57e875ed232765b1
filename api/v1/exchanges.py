"""/exchanges: proposals that somebody took up, from first interest to deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import caller_of
from api.concurrency import expected_version
from api.filters import Choice, Day, Flag, Instant, Text
from api.filters import PublicId as IdFilter
from api.idempotency import once
from api.problems import INVALID, FieldError
from api.refusals import ApiError
from api.resources import Listed, Readable, Resource
from api.v1.exchange_forms import (
    STATES,
    DocumentAnswer,
    DocumentAsk,
    EventAnswer,
    ExchangeAnswer,
    MessageAnswer,
    MessageAsk,
    MoveAsk,
    OpenAsk,
    TermsAnswer,
    TermsAsk,
    WholeDocument,
    details_of,
    terms_draft_of,
)
from api.v1.proposals import SIDES
from marketplace.exchanges.corresponding import attach_document, write_message
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.roles import is_party
from marketplace.exchanges.rules import TermsDraft
from marketplace.exchanges.selectors import (
    DisclosedExchange,
    disclose_exchange,
    documents_of,
    documents_visible_to,
    events_of,
    exchanges_visible_to,
    messages_of,
    terms_of,
)
from marketplace.exchanges.services import propose_terms
from marketplace.exchanges.words import Move
from marketplace.ids import decode
from symbiosis.lawful import move_lawfully, verdicts_of
from symbiosis.selectors import proposals_visible_to
from symbiosis.taking_up import open_from_proposal


class ExchangeFilters(FilterSet):
    state = Choice(choices=STATES)
    open = Flag(method="still_open")
    mine = Flag(method="by_party")
    offer = IdFilter(field_name="offer__uid", prefix="offer")
    need = IdFilter(field_name="need__uid", prefix="need")
    material = Text(field_name="offer__material__code")
    region = Text(method="touching_region")
    due_by = Day(method="due")
    updated_since = Instant(field_name="updated_at", lookup_expr="gte")

    def still_open(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.open() if value else queryset.closed()

    def by_party(self, queryset: Any, name: str, value: bool) -> Any:
        own = queryset.of_organisations(caller_of(self.request).viewer.organisation_ids)
        return own if value else queryset.exclude(pk__in=own.values("pk"))

    def touching_region(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.under_region(value)

    def due(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset.due_by(value)


class ExchangeResource(Resource):
    """What the addresses of an exchange share."""

    scope = "exchanges"
    id_prefix = "exchange"
    serializer_class: Any = ExchangeAnswer

    def visible(self) -> Any:
        return exchanges_visible_to(self.viewer)

    def present(self, row: Any) -> Any:
        return self.told(row) if isinstance(row, Exchange) else row

    def presented(self, rows: Sequence[Any]) -> list[Any]:
        """Open exchanges are weighed by law, all of one answer together."""
        weighed = [row for row in rows if isinstance(row, Exchange) and row.open]
        self.verdicts = verdicts_of(weighed, self.viewer, day=timezone.localdate())
        return super().presented(rows)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "verdicts": getattr(self, "verdicts", {})}

    def told(self, exchange: Exchange) -> DisclosedExchange:
        return disclose_exchange(exchange, self.viewer, on=timezone.localdate())


class PartsOfExchange(ExchangeResource):
    """Things that stand below one exchange."""

    list_actions = ("of_one",)
    orderings: ClassVar[dict[str, tuple[str, ...]]] = {"created_at": ("id",)}
    default_ordering = "created_at"
    exchange: Exchange

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action is not None:
            self.exchange = self.one(kwargs["public_id"])

    def get_serializer_context(self) -> dict[str, Any]:
        exchange = getattr(self, "exchange", None)
        if exchange is None:
            return super().get_serializer_context()
        return {
            **super().get_serializer_context(),
            "kind": exchange.offer.material.kind,
            "party": is_party(self.viewer, exchange),
        }

    def made(self, row: Any) -> Response:
        """201 with the part that was made."""
        return Response(self.get_serializer(row).data, status=201)


class Exchanges(Listed, Readable, ExchangeResource):
    """Exchanges of your organisations, or of the regions your chamber serves."""

    filterset_class: Any = ExchangeFilters
    orderings: ClassVar = {"created_at": ("id",), "updated_at": ("updated_at", "id")}
    default_ordering = "-created_at"
    expandable: ClassVar = SIDES

    @extend_schema(request=OpenAsk, responses={201: ExchangeAnswer})
    def create(self, request: Request) -> Response:
        """Take up a proposal."""
        values = self.parsed(OpenAsk)
        return once(request, lambda: self._opened(values["proposal"]))

    def _opened(self, public_id: str) -> Response:
        uid = decode("proposal", public_id)
        proposal = proposals_visible_to(self.viewer).filter(uid=uid).first() if uid else None
        if proposal is None:
            fault = FieldError("unknown_reference", _("There is no such thing."), "/proposal")
            raise ApiError(INVALID, errors=(fault,))
        exchange = open_from_proposal(viewer=self.viewer, proposal=proposal, now=timezone.now())
        return self.created(self.one(exchange.public_id))


class ExchangeMoves(PartsOfExchange):
    """The history of an exchange, and the door for the next move."""

    conditional: ClassVar = {"make": True}

    orderings: ClassVar = {"number": ("number",)}
    default_ordering = "number"

    def get_serializer_class(self) -> Any:
        return ExchangeAnswer if self.action == "make" else EventAnswer

    @extend_schema(responses=EventAnswer(many=True))
    def of_one(self, request: Request, public_id: str) -> Response:
        return self.page(events_of(self.exchange))

    @extend_schema(request=MoveAsk, responses={200: ExchangeAnswer})
    def make(self, request: Request, public_id: str) -> Response:
        version = expected_version(request)
        values = self.parsed(MoveAsk)
        return once(request, lambda: self._moved(values, version))

    def _moved(self, values: dict[str, Any], version: int | None) -> Response:
        moved = move_lawfully(
            viewer=self.viewer,
            exchange=self.exchange,
            move=Move(values["move"]),
            now=timezone.now(),
            details=details_of(values),
            expected_version=version,
        )
        return self.answer(self.one(moved.public_id))


class ExchangeTerms(PartsOfExchange):
    """All terms that were proposed, oldest first; only the parties read them."""

    conditional: ClassVar = {"make": True}

    serializer_class = TermsAnswer
    orderings: ClassVar = {"number": ("number",)}
    default_ordering = "number"

    @extend_schema(responses=TermsAnswer(many=True))
    def of_one(self, request: Request, public_id: str) -> Response:
        return self.page(terms_of(self.exchange, self.viewer))

    @extend_schema(request=TermsAsk, responses={201: TermsAnswer})
    def make(self, request: Request, public_id: str) -> Response:
        version = expected_version(request)
        draft = terms_draft_of(self.parsed(TermsAsk))
        return once(request, lambda: self._proposed(draft, version))

    def _proposed(self, draft: TermsDraft, version: int | None) -> Response:
        terms = propose_terms(
            viewer=self.viewer,
            exchange=self.exchange,
            draft=draft,
            now=timezone.now(),
            expected_version=version,
        )
        return self.made(terms)


class ExchangeMessages(PartsOfExchange):
    """What the parties wrote, oldest first."""

    serializer_class = MessageAnswer

    @extend_schema(responses=MessageAnswer(many=True))
    def of_one(self, request: Request, public_id: str) -> Response:
        return self.page(messages_of(self.exchange, self.viewer))

    @extend_schema(request=MessageAsk, responses={201: MessageAnswer})
    def make(self, request: Request, public_id: str) -> Response:
        body = self.parsed(MessageAsk)["body"]
        return once(request, lambda: self._written(body))

    def _written(self, body: str) -> Response:
        return self.made(
            write_message(viewer=self.viewer, exchange=self.exchange, body=body, now=timezone.now())
        )


class ExchangeDocuments(PartsOfExchange):
    """What the parties gave each other, oldest first."""

    serializer_class = DocumentAnswer

    @extend_schema(responses=DocumentAnswer(many=True))
    def of_one(self, request: Request, public_id: str) -> Response:
        return self.page(documents_of(self.exchange, self.viewer))

    @extend_schema(request=DocumentAsk, responses={201: DocumentAnswer})
    def make(self, request: Request, public_id: str) -> Response:
        values = self.parsed(DocumentAsk)
        return once(request, lambda: self._attached(values))

    def _attached(self, values: dict[str, Any]) -> Response:
        document = attach_document(
            viewer=self.viewer,
            exchange=self.exchange,
            name=values["name"],
            data=values["content"],
            now=timezone.now(),
            **({"kind": values["kind"]} if "kind" in values else {}),
        )
        response = self.made(document)
        response.headers["Location"] = f"/api/v1/documents/{document.public_id}"
        return response


class Documents(Readable, Resource):
    """One document with its bytes, for the parties of its exchange alone."""

    scope = "exchanges"
    id_prefix = "document"
    serializer_class = WholeDocument

    def visible(self) -> Any:
        return documents_visible_to(self.viewer)
