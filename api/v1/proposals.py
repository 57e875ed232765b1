"""/proposals: the exchanges that the matcher found worth making."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import caller_of
from api.filters import Amount, Choice, Flag, Instant, PublicId, Text
from api.refusals import invalid_parameter
from api.resources import Expansion, Listed, Readable, Resource
from api.v1.catalogue import PILLARS
from api.v1.listing_forms import ListingAnswer
from api.v1.proposal_forms import STAGES, ProposalAnswer
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from symbiosis.core.legality import Outcome
from symbiosis.selectors import (
    DisclosedProposal,
    proposals_of_listing,
    proposals_visible_to,
    too_many_to_weigh,
    weighed_proposals,
    with_outcome,
)


class ProposalFilters(FilterSet):
    offer = PublicId(field_name="offer__uid", prefix="offer")
    need = PublicId(field_name="need__uid", prefix="need")
    stage = Choice(choices=STAGES)
    region = Text(method="touching_region")
    material = Text(method="of_material")
    pillar = Choice(choices=PILLARS, method="of_pillar")
    cross_region = Flag()
    inferred = Flag()
    mine = Flag(method="by_party")
    value__gte = Amount(method="worth")
    updated_since = Instant(field_name="updated_at", lookup_expr="gte")
    legality = Choice(choices=[outcome.value for outcome in Outcome], method="of_verdict")

    def touching_region(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(
            Q(offer__public_region__code__startswith=value)
            | Q(need__public_region__code__startswith=value)
        )

    def of_material(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(Q(offer__material__code=value) | Q(need__material__code=value))

    def of_pillar(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(Q(offer__material__pillar=value) | Q(need__material__pillar=value))

    def by_party(self, queryset: Any, name: str, value: bool) -> Any:
        own = caller_of(self.request).viewer.organisation_ids
        party = Q(offer__organisation_id__in=own) | Q(need__organisation_id__in=own)
        return queryset.filter(party if value else ~party)

    def worth(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset.filter(value_cents__gte=value * 100)

    def of_verdict(self, queryset: Any, name: str, value: str) -> Any:
        """Weighed as the caller may know them; a wider question has to be narrowed first."""
        if too_many_to_weigh(queryset):
            detail = _("Narrow it by region, material, pillar, value or mine first.")
            raise invalid_parameter("legality", "too_many", detail)
        viewer = caller_of(self.request).viewer
        return with_outcome(queryset, Outcome(value), viewer, day=timezone.localdate())


SIDES = {
    side: Expansion(ListingAnswer, (f"{side}__site", f"{side}__waste_code"))
    for side in ("offer", "need")
}
"""Both listings whole, as far as the caller may know them."""


class Proposals(Listed, Readable, Resource):
    """Proposals whose two sides the caller may see, the most valuable first."""

    scope = "proposals"
    public_read = True
    id_prefix = "proposal"
    serializer_class = ProposalAnswer
    filterset_class: Any = ProposalFilters
    orderings = {
        "value": ("value_cents", "id"),
        "created_at": ("id",),
        "updated_at": ("updated_at", "id"),
    }
    default_ordering = "-value"
    expandable: ClassVar = SIDES

    def visible(self) -> Any:
        return proposals_visible_to(self.viewer)

    def presented(self, rows: Sequence[Any]) -> list[DisclosedProposal]:
        return weighed_proposals(rows, self.viewer, day=timezone.localdate())


class ProposalsOfListing(Proposals):
    """Proposals of one listing: the plan's own first, then what would add most to it."""

    filterset_class: Any = None
    orderings = {"rank": ("stage", "rank_cents_per_t", "value_cents", "id")}
    default_ordering = "-rank"
    id_prefix: ClassVar[str] = ""

    def listings(self) -> Any:
        """The listings whose proposals these are."""
        raise NotImplementedError

    def of_one(self, request: Request, public_id: str) -> Response:
        listing = self.among(self.listings(), public_id)
        return self.page(proposals_of_listing(self.viewer, listing))


class ProposalsOfOffer(ProposalsOfListing):
    """Ranked proposals of an offer."""

    id_prefix = "offer"
    list_actions = ("of_one",)

    def listings(self) -> Any:
        return offers_visible_to(self.viewer)

    @extend_schema(responses=ProposalAnswer(many=True))
    def of_one(self, request: Request, public_id: str) -> Response:
        return super().of_one(request, public_id)


class ProposalsOfNeed(ProposalsOfListing):
    """Ranked proposals of a need."""

    id_prefix = "need"
    list_actions = ("of_one",)

    def listings(self) -> Any:
        return needs_visible_to(self.viewer)

    @extend_schema(responses=ProposalAnswer(many=True))
    def of_one(self, request: Request, public_id: str) -> Response:
        return super().of_one(request, public_id)
