"""/offers and /needs: post, read, revise, withdraw; proposals come with the posting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.bulk import ONE_OR_MANY, BulkAnswer, atomic_asked, put_rows
from api.concurrency import expected_version
from api.idempotency import once
from api.resources import Expansion, Listed, Readable, Resource
from api.v1.catalogue import MaterialAnswer
from api.v1.firms import OrganisationAnswer, SiteAnswer
from api.v1.listing_filters import ListingFilters
from api.v1.listing_forms import (
    Gone,
    GoneAnswer,
    ListingAnswer,
    ListingAsk,
    changes_of,
    draft_of,
)
from api.v1.proposal_forms import ProposalAnswer
from api.v1.regions import RegionAnswer
from marketplace.listings.disclosure import DisclosedListing, disclose
from marketplace.listings.models import Listing, ListingStatus
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from marketplace.listings.services import ListingDraft, as_changes, withdraw_listing
from symbiosis.publishing import publish_need, publish_offer, republish
from symbiosis.selectors import best_proposals, weighed_proposals

BEST = 20
"""Proposals in the answer to a posting; the rest stand at the listing's own address."""


EXPANSIONS = {
    "organisation": Expansion(
        OrganisationAnswer, ("organisation__region", "organisation__activity")
    ),
    "site": Expansion(SiteAnswer, ("site__organisation", "site__municipality", "site__activity")),
    "material": Expansion(MaterialAnswer, ("material__broader",), ("material__waste_codes",)),
    "region": Expansion(RegionAnswer, ("public_region__parent",)),
}


class PostedAnswer(ListingAnswer):
    """A listing with its best proposals, as they stood when it was written."""

    proposals = ProposalAnswer(many=True)


class Listings(Listed, Readable, Resource):
    """What offers and needs share."""

    public_read = True
    serializer_class = ListingAnswer
    filterset_class = ListingFilters
    orderings: ClassVar = {"created_at": ("id",)}
    default_ordering = "-created_at"
    own_parameters: ClassVar = {"create": frozenset({"atomic"})}
    expandable: ClassVar = EXPANSIONS
    takes_uses: ClassVar[bool] = False

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "takes_uses": self.takes_uses}

    def publish(self, draft: ListingDraft) -> Any:
        """Post and rank through the service of this side."""
        raise NotImplementedError

    def present(self, row: Any) -> DisclosedListing | Gone:
        told = disclose(row, self.viewer)
        if row.status == ListingStatus.OPEN or told.own or self.viewer.secretariat:
            return told
        return Gone(told.public_id, told.side)

    @extend_schema(
        responses=PolymorphicProxySerializer(
            component_name="ListingOrGone",
            serializers=[ListingAnswer, GoneAnswer],
            resource_type_field_name=None,
            many=True,
        )
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @property
    def keeping_in_step(self) -> bool:
        """Whether the caller keeps a copy and must hear of what is gone."""
        return self.action == "list" and "updated_since" in self.request.query_params

    @extend_schema(request=ONE_OR_MANY, responses={201: PostedAnswer, 200: BulkAnswer})
    def create(self, request: Request) -> Response:
        many = request.data
        if isinstance(many, list):
            rows, atomic = list(many), atomic_asked(request)
            return once(request, lambda: self._posted_many(rows, atomic=atomic))
        draft = draft_of(self.parsed(ListingAsk))
        return once(request, lambda: self._posted(draft))

    @extend_schema(request=ListingAsk, responses=PostedAnswer)
    def partial_update(self, request: Request, public_id: str) -> Response:
        version = expected_version(request)
        listing = self.one(public_id)
        changes = changes_of(self.parsed(ListingAsk, partial=True))
        return once(request, lambda: self._revised(listing, changes, version))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, public_id: str) -> Response:
        version = expected_version(request)
        withdraw_listing(viewer=self.viewer, listing=self.one(public_id), expected_version=version)
        return Response(status=204)

    def _posted_many(self, rows: Sequence[Any], *, atomic: bool) -> Response:
        batch = put_rows(
            rows,
            viewer=self.viewer,
            side=str(self.scope),
            context=self.get_serializer_context(),
            replace_known=False,
        )
        if atomic and batch.refused:
            raise batch.refusal()
        return Response(BulkAnswer(batch).data)

    def _posted(self, draft: ListingDraft) -> Response:
        listing, _ranked = self.publish(draft)
        response = self._with_proposals(listing, status=201)
        response.headers["Location"] = self.address_of(listing)
        return response

    def _revised(self, listing: Listing, changes: dict[str, Any], version: int | None) -> Response:
        revised, _ranked = republish(
            viewer=self.viewer,
            listing=listing,
            changes=changes,
            expected_version=version,
            as_of=timezone.localdate(),
        )
        return self._with_proposals(revised, status=200)

    def _with_proposals(self, listing: Listing, *, status: int) -> Response:
        """Answer with the listing and its best proposals."""
        row = self.one(listing.public_id)  # type: ignore[attr-defined]
        rows = best_proposals(self.viewer, row, most=BEST)
        context = {**self.get_serializer_context(), "only": None}
        told = weighed_proposals(rows, self.viewer, day=timezone.localdate())
        response = self.answer(row, status=status)
        response.data["proposals"] = ProposalAnswer(told, many=True, context=context).data
        return response

    def address_of(self, listing: Listing) -> str:
        """Path of a listing of this side."""
        return f"/api/v1/{self.scope}/{listing.public_id}"  # type: ignore[attr-defined]


class UpsertedListings(Listings):
    """A listing under the id it has in the caller's own system."""

    public_read = False
    own_parameters: ClassVar = {"retrieve_own": frozenset({"organisation"})}

    def retrieve_own(self, request: Request, external_id: str) -> Response:
        return self.answer(self.held(self.visible(), external_id))

    @extend_schema(request=ListingAsk, responses={200: PostedAnswer, 201: PostedAnswer})
    def upsert(self, request: Request, external_id: str) -> Response:
        values = self.parsed(ListingAsk)
        draft = draft_of({**values, "external_id": external_id})
        return once(request, lambda: self._upserted(request, external_id, draft))

    def _upserted(self, request: Request, external_id: str, draft: ListingDraft) -> Response:
        held = self.visible().filter(organisation_id=draft.site.organisation_id)
        found = held.filter(external_id=external_id).first()
        if found is None:
            return self._posted(draft)
        version = expected_version(request) if "If-Match" in request.headers else None
        return self._revised(found, as_changes(draft), version)


class OffersSide:
    """Streams somebody has and would part with."""

    scope: ClassVar[str | None] = "offers"
    id_prefix: ClassVar[str] = "offer"

    def visible(self) -> Any:
        return offers_visible_to(self.viewer, gone_too=self.keeping_in_step)  # type: ignore[attr-defined]

    def publish(self, draft: ListingDraft) -> Any:
        return publish_offer(viewer=self.viewer, draft=draft, as_of=timezone.localdate())  # type: ignore[attr-defined]


class NeedsSide:
    """Materials, water, energy or capacity somebody would take in."""

    scope: ClassVar[str | None] = "needs"
    takes_uses: ClassVar[bool] = True
    id_prefix: ClassVar[str] = "need"

    def visible(self) -> Any:
        return needs_visible_to(self.viewer, gone_too=self.keeping_in_step)  # type: ignore[attr-defined]

    def publish(self, draft: ListingDraft) -> Any:
        return publish_need(viewer=self.viewer, draft=draft, as_of=timezone.localdate())  # type: ignore[attr-defined]


class Offers(OffersSide, Listings):
    """Streams somebody has and would part with."""


class Needs(NeedsSide, Listings):
    """Materials, water, energy or capacity somebody would take in."""


class OffersByExternalId(OffersSide, UpsertedListings):
    """Your offers under your own ids: PUT makes or replaces."""


class NeedsByExternalId(NeedsSide, UpsertedListings):
    """Your needs under your own ids: PUT makes or replaces."""
