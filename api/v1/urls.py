"""Addresses under /api/v1/. No trailing slashes; ids are letters, digits and ``._-``."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from api.documents import openapi_json, openapi_yaml
from api.v1 import partners
from api.v1.affiliations import Affiliations
from api.v1.aggregates import Aggregates
from api.v1.barriers import Barriers
from api.v1.catalogue import Activities, Materials, Units, WasteCodes
from api.v1.circularity import ProductAssessments, YearAssessments
from api.v1.deliveries import Deliveries
from api.v1.drafts import ListingDrafts
from api.v1.events import Events
from api.v1.exchanges import (
    Documents,
    ExchangeDocuments,
    ExchangeMessages,
    ExchangeMoves,
    Exchanges,
    ExchangeTerms,
)
from api.v1.exports import Exports
from api.v1.firms import Organisations, Sites, SitesByExternalId
from api.v1.hazards import HazardAssessments
from api.v1.impact import Impact, ImpactFigures
from api.v1.imports import ImportFaults, Imports
from api.v1.listings import Needs, NeedsByExternalId, Offers, OffersByExternalId
from api.v1.me import Me
from api.v1.missing_links import MissingLinks
from api.v1.my_data import MyData, MyErasure
from api.v1.parameters import MatchingParameters
from api.v1.permits import Permits
from api.v1.problems import ProblemTypes
from api.v1.proposals import Proposals, ProposalsOfNeed, ProposalsOfOffer
from api.v1.regions import Regions
from api.v1.services import Services, ServicesByExternalId
from api.v1.tokens import Tokens
from api.v1.webhooks import WebhookDeliveries, WebhookPing, Webhooks

READ_LIST = {"get": "list"}
READ_ONE = {"get": "retrieve"}
LIST_AND_MAKE = {"get": "list", "post": "create"}
REVISABLE = {"get": "retrieve", "patch": "partial_update"}
ONE_OWN = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
OF_ONE_AND_MAKE = {"get": "of_one", "post": "make"}
UPSERT = {"get": "retrieve_own", "put": "upsert"}


def collection(name: str, view: type, actions: dict[str, str] = READ_LIST) -> URLPattern:
    """``/name``."""
    return path(name, view.as_view(actions), name=name)  # type: ignore[attr-defined]


def member(
    name: str, view: type, actions: dict[str, str] = READ_ONE, *, under: str = ""
) -> URLPattern:
    """``/name/{public_id}`` and what stands below it."""
    tail = f"/{under}" if under else ""
    title = f"{name}-{under}" if under else f"{name}-one"
    pattern = rf"^{name}/(?P<public_id>[A-Za-z0-9._-]{{1,100}}){tail}$"
    return re_path(pattern, view.as_view(actions), name=title)  # type: ignore[attr-defined]


def by_external_id(name: str, view: type) -> URLPattern:
    """``/name/by-external-id/{external_id}``; the id is the caller's own and may hold anything
    but a slash."""
    pattern = rf"^{name}/by-external-id/(?P<external_id>[^/]{{1,120}})$"
    return re_path(pattern, view.as_view(UPSERT), name=f"{name}-own")  # type: ignore[attr-defined]


urlpatterns = [
    path("openapi.json", openapi_json, name="openapi.json"),
    path("openapi.yaml", openapi_yaml, name="openapi.yaml"),
    collection("problems", ProblemTypes),
    member("problems", ProblemTypes),
    collection("materials", Materials),
    member("materials", Materials),
    collection("waste-codes", WasteCodes),
    member("waste-codes", WasteCodes),
    collection("activities", Activities),
    member("activities", Activities),
    collection("units", Units),
    member("units", Units),
    collection("matching-parameters", MatchingParameters),
    member("matching-parameters", MatchingParameters),
    collection("regions", Regions),
    member("regions", Regions),
    collection("aggregates", Aggregates),
    collection("missing-links", MissingLinks),
    collection("organisations", Organisations, LIST_AND_MAKE),
    member("organisations", Organisations, REVISABLE),
    collection("affiliations", Affiliations),
    member("affiliations", Affiliations, REVISABLE),
    collection("sites", Sites, LIST_AND_MAKE),
    by_external_id("sites", SitesByExternalId),
    member("sites", Sites, REVISABLE),
    collection("offers", Offers, LIST_AND_MAKE),
    by_external_id("offers", OffersByExternalId),
    member("offers", Offers, ONE_OWN),
    member("offers", ProposalsOfOffer, {"get": "of_one"}, under="proposals"),
    collection("needs", Needs, LIST_AND_MAKE),
    by_external_id("needs", NeedsByExternalId),
    member("needs", Needs, ONE_OWN),
    member("needs", ProposalsOfNeed, {"get": "of_one"}, under="proposals"),
    collection("listing-drafts", ListingDrafts, {"post": "draft"}),
    collection("services", Services, LIST_AND_MAKE),
    by_external_id("services", ServicesByExternalId),
    member("services", Services, ONE_OWN),
    collection("barriers", Barriers),
    collection("hazard-assessments", HazardAssessments, {"post": "assessed"}),
    collection("permits", Permits, LIST_AND_MAKE),
    member("permits", Permits, REVISABLE),
    member("permits", Permits, {"post": "withdraw"}, under="revocation"),
    collection("proposals", Proposals),
    member("proposals", Proposals),
    collection("deliveries", Deliveries, LIST_AND_MAKE),
    member("deliveries", Deliveries),
    member("deliveries", Deliveries, {"post": "confirm"}, under="confirmation"),
    member("deliveries", Deliveries, {"post": "contest"}, under="objection"),
    member("deliveries", Deliveries, {"post": "correct"}, under="correction"),
    member("deliveries", Deliveries, {"post": "withdraw"}, under="withdrawal"),
    collection("impact", Impact, {"get": "retrieve_own"}),
    collection("impact-figures", ImpactFigures),
    collection("assessments", YearAssessments, LIST_AND_MAKE),
    member("assessments", YearAssessments),
    member("assessments", YearAssessments, {"get": "advice"}, under="advice"),
    collection("product-assessments", ProductAssessments, LIST_AND_MAKE),
    member("product-assessments", ProductAssessments),
    collection("exchanges", Exchanges, LIST_AND_MAKE),
    member("exchanges", Exchanges),
    member("exchanges", ExchangeMoves, OF_ONE_AND_MAKE, under="moves"),
    member("exchanges", ExchangeTerms, OF_ONE_AND_MAKE, under="terms"),
    member("exchanges", ExchangeMessages, OF_ONE_AND_MAKE, under="messages"),
    member("exchanges", ExchangeDocuments, OF_ONE_AND_MAKE, under="documents"),
    member("documents", Documents),
    collection("partner-markets", partners.PartnerMarkets),
    member("partner-markets", partners.PartnerMarkets),
    collection("partner-descriptors", partners.PartnerDescriptors),
    collection("partner-interests", partners.PartnerInterests),
    collection("partner-matches", partners.PartnerMatches),
    member("partner-matches", partners.PartnerMatches),
    member("partner-matches", partners.PartnerMatches, {"post": "interest"}, under="interest"),
    member("partner-matches", partners.PartnerMatches, {"post": "withdraw"}, under="withdrawal"),
    collection("events", Events),
    collection("webhooks", Webhooks, LIST_AND_MAKE),
    member("webhooks", Webhooks, ONE_OWN),
    member("webhooks", WebhookPing, {"post": "ping"}, under="ping"),
    member("webhooks", Webhooks, {"post": "rotate"}, under="secret"),
    collection("webhook-deliveries", WebhookDeliveries),
    member("webhook-deliveries", WebhookDeliveries),
    member("webhook-deliveries", WebhookDeliveries, {"post": "redeliver"}, under="redeliver"),
    member("exports", Exports, {"get": "file"}),
    collection("imports", Imports, LIST_AND_MAKE),
    member("imports", Imports),
    member("imports", Imports, {"post": "cancel"}, under="cancel"),
    member("imports", Imports, {"post": "resume"}, under="resume"),
    member("imports", ImportFaults, {"get": "faults"}, under="faults"),
    collection("me", Me, {"get": "retrieve_self"}),
    collection("me/data", MyData, {"get": "retrieve_self"}),
    collection("me/erasure", MyErasure, {"get": "retrieve_self", "post": "erase"}),
    collection("tokens", Tokens, LIST_AND_MAKE),
    member("tokens", Tokens, {"delete": "destroy"}),
]
