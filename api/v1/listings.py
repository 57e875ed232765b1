"""/offers and /needs: post, read, revise, withdraw; proposals come with the posting."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.concurrency import expected_version
from api.idempotency import once
from api.resources import Listed, Readable, Resource
from api.v1.listing_filters import ListingFilters
from api.v1.listing_forms import ListingAnswer, ListingAsk, changes_of, draft_of
from marketplace.listings.completeness import completeness
from marketplace.listings.disclosure import disclose
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from marketplace.listings.services import post_need, post_offer, revise_listing, withdraw_listing
