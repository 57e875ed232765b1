"""The layers of the match map: what each shows to one viewer for one question, as a tile."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection

from geo.tilemath import Tile
from marketplace.exchanges.selectors import exchanges_visible_to
from marketplace.firms.viewers import Viewer
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from symbiosis.map_rows import MapFlow, MapPoint, MapRowQuerySet, audience_of
from symbiosis.market_map import MapQuery, narrow_flows, narrow_points, narrow_proposals
from symbiosis.selectors import proposals_visible_to
from symbiosis.tiles import BUNDLED_BELOW_ZOOM, deals_tile, flows_tile, lines_tile, places_tile

SHARED_SECONDS = 60
LAYERS = ("flows", "places", "gaps", "deals")


def map_layer(layer: str, viewer: Viewer, query: MapQuery, tile: Tile, *, today: date) -> bytes:
    """A vector tile of a layer (one of LAYERS) with nothing in it that the viewer may not see."""
    key = _shared_key(layer, viewer, query, tile, today=today)
    kept: bytes | None = cache.get(key) if key else None
    if kept is not None:
        return kept
    try:
        body = _drawn(layer, viewer, query, tile, today=today)
    except EmptyResultSet:  # known to be empty before it is asked: no organisation, no such region
        body = b""
    if key:
        cache.set(key, body, SHARED_SECONDS)
    return body


def _shared_key(
    layer: str, viewer: Viewer, query: MapQuery, tile: Tile, *, today: date
) -> str | None:
    """The name of a wide tile that every viewer of a class sees alike; None where there is none.

    Wide tiles add up the whole country and draw nothing singly. A flow may be a viewer's own
    although its class does not see it, and one listing or one exchange is looked at by few: those
    are always built anew.
    """
    if tile.z >= BUNDLED_BELOW_ZOOM or query.listing_uid is not None or layer == "deals":
        return None
    if layer == "flows" and viewer.organisation_ids and not viewer.secretariat:
        return None
    asked = (layer, audience_of(viewer).value, today, tile, query, _version())
    return f"map:{sha256(repr(asked).encode()).hexdigest()}"


def _version() -> int:
    """Counts every statement that changed a row behind the tiles (migration map_version)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM symbiosis_map_version")
        return int(cursor.fetchone()[0])


def _drawn(layer: str, viewer: Viewer, query: MapQuery, tile: Tile, *, today: date) -> bytes:
    if layer == "deals":
        return deals_tile(exchanges_visible_to(viewer).binding(), tile)
    if layer == "flows":
        if query.listing_uid is not None:
            return lines_tile(narrow_proposals(proposals_visible_to(viewer), query), tile)
        rows = narrow_flows(MapFlow.objects.visible_to(viewer), query)
        return flows_tile(rows, proposals_visible_to(viewer), tile)
    points = _points(viewer, query, today=today)
    return places_tile(points.unserved() if layer == "gaps" else points, tile)


def _points(viewer: Viewer, query: MapQuery, *, today: date) -> MapRowQuerySet:
    if query.listing_uid is None:
        return narrow_points(MapPoint.objects.visible_to(viewer), query, today=today)
    wanted = {"uid": query.listing_uid}
    for side, rows in (
        (MapPoint.Side.OFFER, offers_visible_to(viewer)),
        (MapPoint.Side.NEED, needs_visible_to(viewer)),
    ):
        found = rows.open().filter(**wanted).values_list("pk", flat=True).first()
        if found is not None:
            return MapPoint.objects.filter(side=side, listing_id=found)
    return MapPoint.objects.none()
