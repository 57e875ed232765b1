"""The match map: the page with its table, and its tiles."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_GET

from geo.outlines import oblast_outlines
from geo.tilemath import Tile, is_valid
from marketplace.firms.viewers import viewer_for
from symbiosis.map_layers import LAYERS, map_layer
from symbiosis.market_map import narrow_proposals, pair_totals
from symbiosis.selectors import disclose_proposal, proposals_visible_to
from symbiosis.tiles import MAX_ZOOM
from web.map_filters import MapFilterForm

ROWS_PER_PAGE = 25
TILE_SECONDS = 60


@require_GET
def match_map(request: HttpRequest) -> HttpResponse:
    """The map with its filters and table; to htmx only the table of the new question."""
    form = MapFilterForm(request.GET)
    viewer = viewer_for(request.user)
    proposals = narrow_proposals(proposals_visible_to(viewer), form.query)
    totals = pair_totals(proposals)
    page = Paginator(range(totals.total), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    rows = proposals.order_by(*form.ordering).rows(max(0, page.start_index() - 1), page.end_index())
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "rows": [disclose_proposal(proposal, viewer) for proposal in rows],
        "totals": totals,
    }
    partial = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    response = render(request, "web/map/_results.html" if partial else "web/map/map.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_GET
def map_tile(request: HttpRequest, layer: str, z: int, x: int, y: int) -> HttpResponse:
    """A vector tile of what this viewer may see; never stored for somebody else."""
    if layer not in LAYERS or z > MAX_ZOOM or not is_valid(z, x, y):
        raise Http404
    viewer, query = viewer_for(request.user), MapFilterForm(request.GET).query
    body = map_layer(layer, viewer, query, Tile(z, x, y), today=timezone.localdate())
    response = HttpResponse(body, content_type="application/vnd.mapbox-vector-tile")
    patch_cache_control(response, private=True, max_age=TILE_SECONDS)
    patch_vary_headers(response, ["Cookie"])
    return response


@require_GET
def map_outlines(request: HttpRequest) -> HttpResponse:
    """Borders and names of the oblasts; the same for everybody."""
    response = HttpResponse(oblast_outlines(), content_type="application/geo+json")
    patch_cache_control(response, public=True, max_age=3600)
    return response
