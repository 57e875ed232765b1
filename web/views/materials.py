"""A material by itself: what it can become, who takes it, where that was done before."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from marketplace.catalogue.selectors import catalogue
from marketplace.firms.viewers import viewer_for
from marketplace.listings.disclosure import disclose
from symbiosis.advice import givers_to_use, places_of_receivers, receivers_of_material
from web.views.listings import SIDES


@require_GET
def material_page(request: HttpRequest, code: str) -> HttpResponse:
    """A concept of the catalogue with the ways out of it, or into it where it is a use."""
    material = get_object_or_404(catalogue(), code=code)
    viewer = viewer_for(request.user)
    context = {
        "material": material,
        "ways": givers_to_use(material) if material.is_use else receivers_of_material(material),
        "places": [] if material.is_use else places_of_receivers(material, viewer),
        "narrower": material.narrower.order_by("code"),
    }
    return render(request, "web/materials/page.html", context)


@require_GET
def listing_ways(request: HttpRequest, side: str, public_id: str) -> HttpResponse:
    """For one listing and nobody else: kinds of firms on the other side, and where they are."""
    viewer = viewer_for(request.user)
    material = disclose(SIDES[side].find(viewer, public_id), viewer).material
    receivers = side == "offer"
    context = {
        "material": material,
        "receivers": receivers,
        "ways": receivers_of_material(material) if receivers else givers_to_use(material),
        "places": places_of_receivers(material, viewer) if receivers else [],
    }
    return render(request, "web/materials/_ways_section.html", context)
