"""The number of queries of every list does not depend on the number of rows, and is pinned."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from api.models import Client
from api.v1 import urls
from marketplace.models import Organisation, Permit, PermittedCode, Service
from symbiosis.models import CrossMatch, Proposal
from tests.api.markets import cross_match, partner_market
from tests.api.matrix import MATRIX
from tests.deliveries import told_by_the_receiver
from tests.exchange_stories import NOW, Pair
from tests.factories import (
    MaterialFactory,
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
    WasteCodeFactory,
)

pytestmark = pytest.mark.django_db

# Every answer reads the token with its client first; regenerate a figure only on purpose.
TOKEN = 1
PINNED = {
    "problems": TOKEN,
    "materials": TOKEN + 2,  # rows, waste codes
    "waste-codes": TOKEN + 2,  # rows, mirrors
    "activities": TOKEN + 1,
    "units": TOKEN,
    "matching-parameters": TOKEN + 1,
    "regions": TOKEN + 1,
    "organisations": TOKEN + 1,
    "affiliations": TOKEN + 1,
    "imports": TOKEN + 1,
    "events": TOKEN + 2,  # how far the feed is final, rows
    "webhooks": TOKEN + 1,
    "webhook-deliveries": TOKEN + 1,  # and one for the logs of what there is
    "sites": TOKEN + 1,
    "offers": TOKEN + 1,
    "needs": TOKEN + 1,
    "services": TOKEN + 2,  # rows, permitted codes
    # rows; the state of the catalogue and, changed by the filling, its concepts and conversions;
    # papers of both sides, their codes and materials; the engine's settings
    "proposals": TOKEN + 8,
    "permits": TOKEN + 4,  # rows, lines, their waste codes, materials
    "deliveries": TOKEN + 1,
    "impact-figures": TOKEN + 1,
    # rows; agreed terms, documents; the state of the catalogue and its rows; papers, their codes
    # and materials: every open exchange is weighed by law, all of a page together
    "exchanges": TOKEN + 9,
    "partner-markets": TOKEN + 1,
    "partner-matches": TOKEN + 1,
    "tokens": TOKEN,
    "assessments": TOKEN + 1,
    "product-assessments": TOKEN + 1,
}


QUIET = (
    *("problems", "units", "activities", "tokens", "regions", "affiliations"),
    *("matching-parameters", "imports", "events", "webhooks", "webhook-deliveries"),
    *("assessments", "product-assessments"),
    "partner-markets",
)
"""Lists that _fill leaves as they are; tests of webhooks count theirs."""


FOR_PARTNERS = {"partner-descriptors", "partner-interests"}
"""Feeds that answer the program of a partner market alone."""


def _fill(size: int, organisation: Organisation) -> None:
    region = RegionFactory(parent=RegionFactory(code="BG", level=0))
    for number in range(size):
        code = WasteCodeFactory(code=f"0207{number:02d}")
        material = MaterialFactory(code=f"m{number}-{size}", broader=MaterialFactory())
        material.waste_codes.add(code)
        site = SiteFactory(organisation=OrganisationFactory(region=region), region=region)
        offer = OfferFactory(site=site, material=material, waste_code=code)
        own = SiteFactory(organisation=organisation, region=region)
        need = NeedFactory(site=own, material=material)
        service = Service.objects.create(
            organisation=organisation, site=own, kind="advice", title="Advice"
        )
        service.permitted_codes.add(code)
        permit = Permit.objects.create(
            organisation=site.organisation, kind="waste_transport", number=str(number)
        )
        PermittedCode.objects.create(permit=permit, waste_code=code)
        permit.materials.add(material)
        held = Permit.objects.create(
            organisation=organisation, kind="waste_permit", number=f"{size}-{number}"
        )
        PermittedCode.objects.create(permit=held, waste_code=code)
        held.materials.add(material)
        Proposal.objects.create(
            offer=offer,
            need=need,
            stage="candidate",
            base_quantity=1000,
            straight_m=1000,
            road_m=1300,
            value_cents=100,
            disposal_cents=50,
            purchase_cents=60,
            processing_cents=0,
            haulage_cents=10,
            value_cents_per_t=100,
            co2e_kg=5,
            reasons=[{"code": "status_unknown"}],
        )
        told_by_the_receiver(Pair(offer, need), confirmed=True)
        cross_match(need)


def _count(caller: APIClient, address: str) -> tuple[int, int]:
    """Queries, rows."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = caller.get(address)
    assert answer.status_code == 200, answer.content
    return len(captured), len(answer.json()["results"])


@pytest.mark.parametrize("route", PINNED)
def test_list(brewer: APIClient, brewery: Organisation, route: str) -> None:
    _fill(2, brewery)
    few, some = _count(brewer, f"/api/v1/{route}")
    _fill(7, brewery)
    many, more = _count(brewer, f"/api/v1/{route}")
    assert few == many == PINNED[route]
    if route not in QUIET:
        assert more > some


@pytest.mark.parametrize(
    # whose program is calling (2), rows
    ("route", "queries"),
    [("partner-descriptors", TOKEN + 3), ("partner-interests", TOKEN + 3)],
)
def test_feed_for_a_partner(
    brewer: APIClient, brewery: Organisation, route: str, queries: int
) -> None:
    partner_market(program=Client.objects.get(organisation=brewery))
    counts = []
    for size in (1, 3):
        _fill(size, brewery)
        for match in CrossMatch.objects.filter(number=None):
            CrossMatch.objects.filter(pk=match.pk).update(
                number=match.pk, interested_at=NOW, their_interest_at=NOW, contact={"name": "M"}
            )
        counts.append(_count(brewer, f"/api/v1/{route}"))
    (few, some), (many, more) = counts
    assert few == many == queries
    assert more > some


def test_proposals_of_a_listing(brewer: APIClient, brewery: Organisation) -> None:
    _fill(1, brewery)
    need = brewery.needs.get()
    queries, rows = _count(brewer, f"/api/v1/needs/{need.public_id}/proposals")
    assert (queries, rows) == (TOKEN + 9, 1)


def test_every_list_is_pinned() -> None:
    lists = {
        entry.name
        for entry in urls.urlpatterns
        if "GET" in MATRIX[entry.name] and "-" in MATRIX[entry.name]["GET"]
    }
    documents = {
        *("openapi.json", "openapi.yaml", "me", "me/data", "me/erasure"),
        *("impact", "aggregates", "barriers"),
        "missing-links",
    }
    assert lists - set(PINNED) - FOR_PARTNERS == documents, (
        "a list of rows has no pinned number of queries"
    )


def test_an_unchanged_page_costs_no_more(brewer: APIClient, brewery: Organisation) -> None:
    _fill(1, brewery)
    first: Any = brewer.get("/api/v1/offers")
    with CaptureQueriesContext(connection) as captured:
        again = brewer.get("/api/v1/offers", HTTP_IF_NONE_MATCH=first["ETag"])
    assert again.status_code == 304
    assert len(captured) == PINNED["offers"]
