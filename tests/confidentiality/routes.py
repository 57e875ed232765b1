"""Every address that an outsider may call, with the questions that could give a secret away.

A route of the URL resolver stands in ``ASKED`` with what is asked of it, or in ``SILENT`` with the
reason why its answer holds nothing of a listing. A new route without a line fails the test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver

from geo.tilemath import tile_of
from tests.confidentiality.market import Hidden, World

API = "v1:"
"""Before the names of the API's routes, some of which are names of pages as well."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request."""

    path: str
    method: str = "GET"
    body: str = ""
    media: str = "application/json"


def served() -> set[str]:
    """Every route by its name, or by its pattern where it has none."""
    return set(_walk(get_resolver(), "", ()))


def _walk(resolver: URLResolver, address: str, spaces: tuple[str, ...]) -> Iterator[str]:
    for entry in resolver.url_patterns:
        whole = address + str(entry.pattern)
        if isinstance(entry, URLPattern):
            if not whole.startswith(tuple(OTHERS)):
                name = ":".join((*spaces, entry.name)) if entry.name else whole
                yield f"{API if whole.startswith('api/v1/') else ''}{name}"
        else:
            inner = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from _walk(entry, whole, inner)


OTHERS = {
    "admin/": "asks for staff; outsiders are sent to sign in (asked below)",
    "accounts/": "signing in and up; holds nothing of the market",
    "i18n/": "sets the language",
    "oauth/": "gives tokens for secrets; holds nothing of the market",
    ".well-known/": "says where tokens are given",
}

SILENT = {
    "healthz": "one word, without the database",
    "readyz": "one word: whether the database answers",
    "v1:hazard-assessments": "reckons with what is posted alone",
    "v1:partner-matches-interest": "the parties' own; writes",
    "v1:partner-matches-withdrawal": "the parties' own; writes",
    "v1:openapi.json": "the contract, made from code alone",
    "v1:openapi.yaml": "the contract, made from code alone",
    "api-docs": "a reader of the contract",
    "api-redoc": "a reader of the contract",
    "ogc-conformance": "a constant",
    "ogc-api": "a description, made from code alone",
    "map_outlines": "borders of the oblasts",
    "listing_check": "for whoever holds the token of a letter to the owner",
    "v1:imports-cancel": "the import of a caller's own file; writes",
    "v1:imports-resume": "the import of a caller's own file; writes",
    "v1:deliveries-confirmation": "the two parties' own; writes",
    "v1:deliveries-objection": "the two parties' own; writes",
    "v1:deliveries-correction": "the two parties' own; writes",
    "v1:deliveries-withdrawal": "the two parties' own; writes",
    "delivery_confirm": "the two parties' own; writes",
    "delivery_contest": "the two parties' own; writes",
    "delivery_correct": "the two parties' own; writes",
    "v1:webhooks-ping": "the caller's own endpoint; writes",
    "v1:webhooks-secret": "the caller's own endpoint; writes",
    "v1:webhook-deliveries-redeliver": "the caller's own letter; writes",
    "exchange_move": "writes",
    "exchange_terms": "writes",
    "exchange_message": "writes",
    "exchange_document": "writes",
    "exchange_ask_again": "writes",
    "v1:permits-revocation": "the caller's own paper; writes",
    "permit_withdraw": "the caller's own paper; writes",
    "proposal_open": "writes",
    "circularity_year": "the caller's own; writes",
    "circularity_product": "the caller's own; writes",
    "workshop_attendance": "the chamber's own; writes",
    "workshop_seating": "the chamber's own; writes",
    "workshop_match": "the chamber's own; writes",
    "offer_still_valid": "the owner's own; writes",
    "need_still_valid": "the owner's own; writes",
}


def asked(world: World, *, all_details: bool = True) -> dict[str, list[Question]]:
    """The questions to every route that answers something of the market; the details of every
    hidden listing, or of some."""
    offer, need = world.offers[0], world.needs[0]
    lon, lat = offer.listing.public_location.coords
    firm = offer.site.organisation.public_id
    public = {"offers": offer.listing.public_id, "needs": need.listing.public_id}
    letter = world.endpoint.dispatches.order_by("pk").first()
    known = {
        "proposals-one": [f"/api/v1/proposals/{world.proposal.public_id}"],
        "proposal": [f"/proposals/{world.proposal.public_id}/"],
        "proposal_panel": [f"/map/proposals/{world.proposal.uid}/"],
        "exchanges-one": [f"/api/v1/exchanges/{world.exchange.public_id}"],
        **{
            f"exchanges-{part}": [f"/api/v1/exchanges/{world.exchange.public_id}/{part}"]
            for part in ("moves", "terms", "messages", "documents")
        },
        "exchange": [f"/exchanges/{world.exchange.public_id}/"],
        "exchange_deliveries": [f"/exchanges/{world.exchange.public_id}/deliveries/"],
        "paper": [
            f"/exchanges/{world.exchange.public_id}/papers/{kind}.json"
            for kind in ("contract", "passport")
        ],
        "organisations-one": [f"/api/v1/organisations/{firm}"],
        "sites-one": [f"/api/v1/sites/{offer.site.public_id}"],
        "webhooks-one": [f"/api/v1/webhooks/{world.endpoint.public_id}"],
        "webhook-deliveries-one": [
            f"/api/v1/webhook-deliveries/{letter.public_id if letter else 'none'}"
        ],
        "place_panel": [
            f"/map/places/?lon={lon}&lat={lat}&reach=500",
            f"/map/places/?lon={lon + 0.02}&lat={lat}&reach=1500",
        ],
        "map": [
            "/map/",
            f"/map/?listing={public['offers']}",
            "/map/?region=BG42",
            "/map/?sort=near",
            "/map/?sort=quantity&cross=on",
            "/map/?material=brewers-spent-grain",
        ],
        "map_tile": _tiles(world),
        "tiles-tile": [
            path.replace("/map/tiles/", "/tiles/").rstrip("/") for path in _tiles(world)
        ],
        "exports-one": [
            f"/api/v1/exports/{side}.{form}"
            for side in ("offers", "needs")
            for form in ("csv", "geojson", "xlsx", "gpkg")
        ]
        + ["/api/v1/exports/offers.csv?region=BG42"],
        "ogc-items": [
            f"/ogc/collections/{layer}/items{more}"
            for layer in ("offers", "needs", "sites", "flows")
            for more in ("?limit=1000", f"?bbox={lon - 0.02},{lat - 0.02},{lon + 0.02},{lat}")
        ],
        "ogc-item": [
            f"/ogc/collections/{side}/items/{public_id}" for side, public_id in public.items()
        ],
        "offers-own": ["/api/v1/offers/by-external-id/id-1"],
        "needs-own": ["/api/v1/needs/by-external-id/id-1"],
        "sites-own": ["/api/v1/sites/by-external-id/id-1"],
        "services-own": ["/api/v1/services/by-external-id/id-1"],
        **_listings(world, lon, lat, firm, all_details),
        **_fixed(),
    }
    questions = {name: [Question(path) for path in paths] for name, paths in known.items()}
    for side, public_id in public.items():
        questions[f"{side}-one"] += [
            Question(f"/api/v1/{side}/{public_id}", method, '{"title": "x"}' * (method == "PATCH"))
            for method in ("PATCH", "DELETE")
        ]
    questions["listing-drafts"] = [
        Question("/api/v1/listing-drafts", "POST", json.dumps({"text": "wet grain, 40 t a week"}))
    ]
    form = "application/x-www-form-urlencoded"
    for side in ("offer", "need"):
        for step in ("meter", "draft"):
            page = Question(f"/{side}s/{step}/", "POST", "pasted=wet+grain&quantity_value=4", form)
            questions[f"{side}_{step}"] = [page]
        withdraw = Question(f"/{side}s/{public[f'{side}s']}/withdraw/", "POST", "", form)
        questions[f"{side}_withdraw"] = [withdraw]
    return {
        name
        if name.startswith(API) or not several[0].path.startswith("/api/v1/")
        else API + name: several
        for name, several in questions.items()
    }


def _listings(
    world: World, lon: float, lat: float, firm: str, all_details: bool
) -> dict[str, list[str]]:
    """The lists with every filter, ordering and form of answer, and the details of all."""
    found: dict[str, list[str]] = {}
    filters = (
        "limit=500&count=true",
        "limit=3",
        "limit=500&ordering=created_at",
        f"near={lon},{lat}&radius_km=10&limit=500",
        f"near={lon + 0.08},{lat}&radius_km=10.5&limit=500",
        f"bbox={lon - 0.03},{lat - 0.02},{lon + 0.01},{lat + 0.01}&limit=500",
        "price__gte=50&limit=500",
        "price__lte=50&limit=500",
        f"organisation={firm}",
        "q=Тайна",
        "region=BG42&limit=500&count=true",
        "waste_code=020704",
        "available_on=2026-12-01&limit=500",
        "updated_since=2020-01-01T00:00:00Z&limit=500",
        "fields=id,location,quantity,quantity_band,version,updated_at,price&limit=500",
        "expand=organisation,site,material,region&limit=500",
        "lang=all&limit=500",
        "mine=false&limit=500",
    )
    for side, hidden in (("offer", world.offers), ("need", world.needs)):
        root = f"/api/v1/{side}s"
        found[f"{side}s"] = [f"{root}?{query}" for query in filters]
        found[f"{side}s"].append(f"{root}?site={hidden[0].site.public_id}")
        details = hidden if all_details else _some(hidden)
        found[f"{side}s-one"] = [f"{root}/{h.listing.public_id}" for h in details]
        found[f"{side}s-proposals"] = [
            f"{root}/{h.listing.public_id}/proposals" for h in hidden[:4]
        ]
        found[side] = [f"/{side}s/{h.listing.public_id}/" for h in _some(hidden)]
        found[f"{side}_ways"] = [f"/{side}s/{hidden[0].listing.public_id}/ways/"]
        found[f"{side}_edit"] = [f"/{side}s/{hidden[0].listing.public_id}/edit/"]
        found[f"{side}_new"] = [f"/{side}s/new/"]
    return found


def _some(hidden: list[Hidden]) -> list[Hidden]:
    """One in four, anonymous and others."""
    return hidden[::4]


def _tiles(world: World) -> list[str]:
    """Both layers at every zoom, over a cell that lies across two oblasts and one that does not."""
    found = []
    for hidden in (world.offers[0], world.offers[5]):
        lon, lat = hidden.listing.public_location.coords
        for z in range(15):
            tile = tile_of(lon, lat, z)
            found += [f"/map/tiles/{layer}/{z}/{tile.x}/{tile.y}/" for layer in ("flows", "places")]
    return sorted(set(found))


def _fixed() -> dict[str, list[str]]:
    """Addresses without an id, or with one that everybody knows."""
    lists = (
        *("problems", "materials", "waste-codes", "activities", "units", "regions"),
        *("aggregates", "organisations", "affiliations", "services", "proposals", "deliveries"),
        *("impact", "impact-figures", "exchanges", "events", "webhooks", "webhook-deliveries"),
        *("imports", "me", "me/data", "me/erasure", "tokens", "sites"),
    )
    never = "0" * 26
    return {
        **{name: [f"/api/v1/{name}"] for name in lists},
        "sites": ["/api/v1/sites?limit=500&count=true", "/api/v1/sites?near=24,42.5&radius_km=20"],
        "organisations": ["/api/v1/organisations?limit=500&count=true"],
        "proposals": [
            "/api/v1/proposals?limit=500&count=true",
            "/api/v1/proposals?ordering=updated_at&limit=500",
            "/api/v1/proposals?region=BG42&limit=500",
            "/api/v1/proposals?value__gte=1000&limit=500",
            "/api/v1/proposals?updated_since=2020-01-01T00:00:00Z&limit=500&lang=all",
            "/api/v1/proposals?cross_region=true&limit=500",
        ],
        "problems-one": ["/api/v1/problems/throttled"],
        "materials-one": ["/api/v1/materials/brewers-spent-grain"],
        "waste-codes-one": ["/api/v1/waste-codes/020704"],
        "activities-one": ["/api/v1/activities/11.05"],
        "units-one": ["/api/v1/units/energy"],
        "regions-one": ["/api/v1/regions/BG421"],
        "affiliations-one": [f"/api/v1/affiliations/affiliation_{never}"],
        "services-one": [f"/api/v1/services/service_{never}"],
        "deliveries-one": [f"/api/v1/deliveries/delivery_{never}"],
        "documents-one": [f"/api/v1/documents/document_{never}"],
        "imports-one": [f"/api/v1/imports/import_{never}"],
        "imports-faults": [f"/api/v1/imports/import_{never}/faults"],
        "tokens-one": [f"/api/v1/tokens/token_{never}"],
        "document": [f"/documents/document_{never}/"],
        "ogc": ["/ogc"],
        "ogc-landing": ["/ogc/"],
        "ogc-collections": ["/ogc/collections"],
        "ogc-collection": ["/ogc/collections/offers"],
        "home": ["/"],
        "counters": ["/counters/"],
        "embedded_counters": ["/embed/counters/"],
        "feed_rss": ["/feed.rss"],
        "feed_json": ["/feed.json"],
        "robots": ["/robots.txt"],
        "sitemap": ["/sitemap.xml"],
        "material_suggest": ["/materials/suggest/?q=каша"],
        "waste_code_suggest": ["/waste-codes/suggest/?q=02"],
        "material": ["/materials/brewers-spent-grain/", "/materials/ruminant-feed/"],
        "join": ["/join/"],
        "my": ["/my/"],
        "my_data": ["/my/data/"],
        "my_data_file": ["/my/data.json"],
        "chamber": ["/chamber/"],
        "chamber_impact": ["/chamber/impact/"],
        "chamber_matrix": ["/chamber/corridors/"],
        "chamber_pdf": ["/chamber/report.pdf"],
        "chamber_xlsx": ["/chamber/report.xlsx"],
        "workshops": ["/chamber/workshops/"],
        "workshop": [f"/chamber/workshops/{UUID(int=0)}/"],
        "workshop_cards": [f"/chamber/workshops/{UUID(int=0)}/cards/"],
        "region_panel": ["/map/regions/BG421/", "/map/regions/BG411/"],
        "corridor_panel": ["/map/corridors/BG411/BG421/", "/map/corridors/BG421/BG411/"],
        "map_search": ["/map/search/?q=Secret", "/map/search/?q=Тайна"],
        "circularity": ["/circularity/"],
        "circularity_examples": ["/circularity/examples/"],
        "circularity_report": ["/circularity/reports/esrs-e5.csv?year=2025"],
        f"{API}matching-parameters": ["/api/v1/matching-parameters"],
        f"{API}matching-parameters-one": ["/api/v1/matching-parameters/detour_factor"],
        f"{API}assessments": ["/api/v1/assessments"],
        f"{API}assessments-one": [f"/api/v1/assessments/assessment_{never}"],
        f"{API}assessments-advice": [f"/api/v1/assessments/assessment_{never}/advice"],
        f"{API}product-assessments": ["/api/v1/product-assessments"],
        f"{API}product-assessments-one": [f"/api/v1/product-assessments/product_{never}"],
        "barriers": ["/chamber/barriers/"],
        "barriers_file": ["/chamber/barriers.csv"],
        "hazard_check": ["/my/papers/hazards/"],
        f"{API}missing-links": ["/api/v1/missing-links"],
        **{
            f"{API}{name}": [f"/api/v1/{name}"]
            for name in (
                *("partner-markets", "partner-descriptors", "partner-interests"),
                "partner-matches",
            )
        },
        f"{API}partner-markets-one": [f"/api/v1/partner-markets/market_{never}"],
        f"{API}partner-matches-one": [f"/api/v1/partner-matches/match_{never}"],
        "tiles-style": ["/tiles/style.json"],
        "tiles-tilejson": ["/tiles/places.json", "/tiles/flows.json"],
        "permits": ["/my/papers/"],
        "permit_new": ["/my/papers/new/"],
        "permit_edit": [f"/my/papers/permit_{never}/edit/"],
        f"{API}barriers": ["/api/v1/barriers"],
        f"{API}permits": ["/api/v1/permits"],
        "permits-one": [f"/api/v1/permits/permit_{never}"],
        "impact": ["/impact/"],
        f"{API}impact": ["/api/v1/impact"],
        "record_book": ["/my/record-book.csv"],
        "admin": ["/admin/", "/admin/marketplace/offer/", "/admin/marketplace/site/"],
    }
