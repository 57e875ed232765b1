"""Addresses of the pages."""

from __future__ import annotations

from django.contrib.sitemaps.views import sitemap
from django.urls import path

from web.feeds import SITEMAPS, NewestListings, json_feed
from web.views import (
    barriers,
    circularity,
    deliveries,
    desks,
    drafts,
    exchanges,
    followup,
    hazards,
    home,
    listings,
    map,
    map_panels,
    materials,
    permits,
    personal,
    proposals,
    public,
    suggest,
    workshops,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("counters/", public.counters, name="counters"),
    path("embed/counters/", public.embedded_counters, name="embedded_counters"),
    path("robots.txt", public.robots, name="robots"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("feed.rss", NewestListings(), name="feed_rss"),
    path("feed.json", json_feed, name="feed_json"),
    path("map/", map.match_map, name="map"),
    path("map/oblasts.geojson", map.map_outlines, name="map_outlines"),
    path("map/places/", map_panels.place_panel, name="place_panel"),
    path("map/proposals/<uuid:uid>/", map_panels.proposal_panel, name="proposal_panel"),
    path("map/regions/<str:code>/", map_panels.region_panel, name="region_panel"),
    path(
        "map/corridors/<str:origin>/<str:goal>/", map_panels.corridor_panel, name="corridor_panel"
    ),
    path("map/search/", map_panels.map_search, name="map_search"),
    path("map/tiles/<layer>/<int:z>/<int:x>/<int:y>/", map.map_tile, name="map_tile"),
    path("proposals/<str:public_id>/", proposals.proposal, name="proposal"),
    path("proposals/<str:public_id>/open/", exchanges.proposal_open, name="proposal_open"),
    path("exchanges/<str:public_id>/", exchanges.exchange, name="exchange"),
    path(
        "exchanges/<str:public_id>/move/<slug:move>/", exchanges.exchange_move, name="exchange_move"
    ),
    path("exchanges/<str:public_id>/terms/", exchanges.exchange_terms, name="exchange_terms"),
    path(
        "exchanges/<str:public_id>/messages/", exchanges.exchange_message, name="exchange_message"
    ),
    path(
        "exchanges/<str:public_id>/documents/",
        exchanges.exchange_document,
        name="exchange_document",
    ),
    path("documents/<str:public_id>/", exchanges.document, name="document"),
    path("materials/suggest/", suggest.material_suggest, name="material_suggest"),
    path("materials/<slug:code>/", materials.material_page, name="material"),
    path("waste-codes/suggest/", suggest.waste_code_suggest, name="waste_code_suggest"),
    path("join/", desks.join, name="join"),
    path("my/", desks.my, name="my"),
    path("my/data/", personal.my_data, name="my_data"),
    path("my/data.json", personal.my_data_file, name="my_data_file"),
    path("chamber/", desks.chamber, name="chamber"),
    path("chamber/corridors/", desks.chamber_matrix, name="chamber_matrix"),
    path("chamber/report.pdf", desks.chamber_report_file, {"form": "pdf"}, name="chamber_pdf"),
    path("chamber/report.xlsx", desks.chamber_report_file, {"form": "xlsx"}, name="chamber_xlsx"),
    path("chamber/impact/", followup.chamber_impact, name="chamber_impact"),
    path("chamber/barriers/", barriers.barriers, name="barriers"),
    path("chamber/barriers.<str:form>", barriers.barriers_file, name="barriers_file"),
    path("chamber/workshops/", workshops.workshop_list, name="workshops"),
    path("chamber/workshops/<uuid:uid>/", workshops.workshop, name="workshop"),
    path("chamber/workshops/<uuid:uid>/cards/", workshops.workshop_cards, name="workshop_cards"),
    *(
        path(f"chamber/workshops/<uuid:uid>/{act}/", view, name=f"workshop_{act}")
        for act, view in (
            ("attendance", workshops.workshop_attendance),
            ("seating", workshops.workshop_seating),
            ("match", workshops.workshop_match),
        )
    ),
    path("impact/", followup.impact, name="impact"),
    path("circularity/", circularity.circularity, name="circularity"),
    path("circularity/years/", circularity.circularity_year, name="circularity_year"),
    path("circularity/products/", circularity.circularity_product, name="circularity_product"),
    path("circularity/examples/", circularity.circularity_examples, name="circularity_examples"),
    path(
        "circularity/reports/<slug:kind>.<str:form>",
        circularity.circularity_report,
        name="circularity_report",
    ),
    path("listing-checks/<str:token>/", followup.listing_check, name="listing_check"),
    path("my/papers/", permits.permits, name="permits"),
    path("my/papers/hazards/", hazards.hazard_check, name="hazard_check"),
    path("my/papers/new/", permits.permit_new, name="permit_new"),
    path("my/papers/<str:public_id>/edit/", permits.permit_edit, name="permit_edit"),
    path("my/papers/<str:public_id>/withdraw/", permits.permit_withdraw, name="permit_withdraw"),
    path("my/record-book.<str:form>", deliveries.record_book, name="record_book"),
    path(
        "exchanges/<str:public_id>/deliveries/",
        deliveries.exchange_deliveries,
        name="exchange_deliveries",
    ),
    path(
        "exchanges/<str:public_id>/ask-again/",
        deliveries.exchange_ask_again,
        name="exchange_ask_again",
    ),
    path("exchanges/<str:public_id>/papers/<slug:kind>.<str:form>", deliveries.paper, name="paper"),
    *(
        path(f"deliveries/<str:public_id>/{act}/", view, name=f"delivery_{act}")
        for act, view in (
            ("confirm", deliveries.delivery_confirm),
            ("contest", deliveries.delivery_contest),
            ("correct", deliveries.delivery_correct),
        )
    ),
    *(
        path(f"{plural}/{address}", view, {"side": side}, name=name)
        for side, plural in (("offer", "offers"), ("need", "needs"))
        for address, view, name in (
            ("new/", listings.listing_new, f"{side}_new"),
            ("meter/", listings.listing_meter, f"{side}_meter"),
            ("draft/", drafts.listing_draft, f"{side}_draft"),
            ("<str:public_id>/", listings.listing_page, side),
            ("<str:public_id>/ways/", materials.listing_ways, f"{side}_ways"),
            ("<str:public_id>/edit/", listings.listing_edit, f"{side}_edit"),
            ("<str:public_id>/withdraw/", listings.listing_withdraw, f"{side}_withdraw"),
            ("<str:public_id>/still-valid/", listings.listing_still_valid, f"{side}_still_valid"),
        )
    ),
]
