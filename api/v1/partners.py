"""/partner-...: listings of other instances of this market that fit yours; what partners read."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api import problems
from api.filters import Amount, Choice, Flag, Instant, PublicId, Text
from api.idempotency import once
from api.refusals import ApiError
from api.resources import Listed, Readable, Resource
from api.v1.delivery_forms import NothingAsk
from api.v1.partner_forms import (
    DescriptorAnswer,
    InterestAnswer,
    InterestAsk,
    PartnerMarketAnswer,
    PartnerMatchAnswer,
)
from symbiosis.federation.interests import Contact, express_interest, withdraw_interest
from symbiosis.federation.models import PartnerMarket, Side
from symbiosis.federation.selectors import (
    cross_matches_of,
    descriptors_told,
    interests_told,
    partner_markets,
)


class PartnerMarkets(Listed, Readable, Resource):
    """Other instances of this software that listings here are matched with."""

    scope = "federation"
    id_prefix = "market"
    serializer_class = PartnerMarketAnswer
    orderings: ClassVar = {"name": ("name",)}
    default_ordering = "name"

    def visible(self) -> Any:
        return partner_markets().select_related("access")


class ChangeFilters(FilterSet):
    number__gt = Amount(field_name="number", lookup_expr="gt")


class ReadByPartners(Listed, Resource):
    """A feed for the program of a partner market, and for nobody else."""

    scope = "federation"
    filterset_class: Any = ChangeFilters
    orderings: ClassVar = {"number": ("number",)}
    default_ordering = "number"

    def partner(self) -> PartnerMarket:
        """The market whose program is calling. Raises ApiError for anybody else."""
        access = getattr(self.caller.client, "partner_access", None)
        if access is None or self.caller.user is not None or not access.partner.active:
            raise ApiError(problems.NOT_PERMITTED)
        return access.partner  # type: ignore[no-any-return]


class PartnerDescriptors(ReadByPartners):
    """What partner markets are told of the listings here, in the order of its changes: read on
    from the last ``number`` that you have."""

    serializer_class = DescriptorAnswer

    def visible(self) -> Any:
        self.partner()
        return descriptors_told()


class PartnerInterests(ReadByPartners):
    """Which of your members' listings somebody here is interested in, in the order in which it
    was said; with details once both sides are."""

    serializer_class = InterestAnswer

    def visible(self) -> Any:
        return interests_told(self.partner())


class MatchFilters(FilterSet):
    offer = PublicId(field_name="own__offer__uid", prefix="offer")
    need = PublicId(field_name="own__need__uid", prefix="need")
    market = PublicId(field_name="foreign__partner__uid", prefix="market")
    side = Choice(choices=Side.values, field_name="own__side")
    material = Text(field_name="own__material__code")
    country = Text(field_name="foreign__country")
    own_interest = Flag(field_name="interested_at", lookup_expr="isnull", exclude=True)
    their_interest = Flag(field_name="their_interest_at", lookup_expr="isnull", exclude=True)
    updated_since = Instant(field_name="updated_at", lookup_expr="gte")


class PartnerMatches(Listed, Readable, Resource):
    """Your listings and those of partner markets that fit, the most valuable first."""

    scope = "federation"
    id_prefix = "match"
    serializer_class = PartnerMatchAnswer
    filterset_class: Any = MatchFilters
    orderings: ClassVar = {
        "value": ("value_cents", "id"),
        "created_at": ("id",),
        "updated_at": ("updated_at", "id"),
    }
    default_ordering = "-value"

    def visible(self) -> Any:
        return cross_matches_of(self.viewer)

    @extend_schema(request=InterestAsk, responses=PartnerMatchAnswer)
    def interest(self, request: Request, public_id: str) -> Response:
        """You want to be known to the other member: name a contact. The other side hears of the
        interest with its market's next round, and of you once it is interested as well."""
        match = self.one(public_id)
        contact = Contact(**self.parsed(InterestAsk)["contact"])

        def expressed() -> Response:
            express_interest(viewer=self.viewer, match=match, contact=contact, now=timezone.now())
            return self.answer(self.one(public_id))

        return once(request, expressed)

    @extend_schema(request=NothingAsk, responses=PartnerMatchAnswer)
    def withdraw(self, request: Request, public_id: str) -> Response:
        """You do not want to any more. What was told already cannot be taken back."""
        match = self.one(public_id)
        self.parsed(NothingAsk)

        def withdrawn() -> Response:
            withdraw_interest(viewer=self.viewer, match=match, now=timezone.now())
            return self.answer(self.one(public_id))

        return once(request, withdrawn)
