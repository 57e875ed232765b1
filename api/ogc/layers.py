"""The collections: which rows a viewer sees of each, and how a row is told as a feature.

Rows come from the same selectors and disclosure as the API's; a layer adds nothing to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import LineString, Polygon
from django.db.models import Count, F, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from api.fields import euros
from geo.models import Region
from geo.projections import Bounds, Pair
from geo.selectors import regions_with_shapes
from marketplace.firms.models import Site
from marketplace.firms.selectors import sites_visible_to
from marketplace.firms.viewers import Viewer
from marketplace.ids import decode
from marketplace.listings.aggregates import regional_totals
from marketplace.listings.disclosure import disclose
from marketplace.listings.models import Listing
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from symbiosis.selectors import proposals_visible_to


@dataclass(frozen=True, slots=True)
class Feature:
    """``points``: one for a place, two for a line from the first to the second; or ``rings`` for
    an area: polygons of closed rings, the outer one first."""

    id: str
    points: tuple[Pair, ...]
    properties: dict[str, Any]
    rings: tuple[tuple[tuple[Pair, ...], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """A collection: ``rows`` of a viewer in a stable order, narrowed to a box if there is one;
    ``names`` are the properties of every feature, in their order."""

    id: str
    scope: str
    title: Any
    description: Any
    rows: Callable[[Viewer, Bounds | None], QuerySet[Any] | list[Any]]
    one: Callable[[Viewer, str], Any]
    told: Callable[[Any, Viewer], Feature]
    names: tuple[str, ...]


def _sites(viewer: Viewer, box: Bounds | None) -> QuerySet[Any]:
    rows = sites_visible_to(viewer).order_by("id")
    return rows.in_bbox(*box) if box else rows


def _site(site: Site, viewer: Viewer) -> Feature:
    properties = {
        "name": site.name,
        "organisation": site.organisation.label,
        "region": site.region.code if site.region else None,
        "city": site.city,
        "country": site.country,
        "activity": site.activity.code if site.activity else None,
        "source": site.source,
    }
    return Feature(site.public_id, ((site.location.x, site.location.y),), properties)


def _offers(viewer: Viewer, box: Bounds | None) -> QuerySet[Any]:
    rows = offers_visible_to(viewer).order_by("id")
    return rows.in_bbox(*box) if box else rows


def _needs(viewer: Viewer, box: Bounds | None) -> QuerySet[Any]:
    rows = needs_visible_to(viewer).order_by("id")
    return rows.in_bbox(*box) if box else rows


_LISTING_NAMES = (
    *("title", "material", "material_name", "kind", "pillar", "quantity", "unit"),
    *("band_low", "band_high", "price", "region", "organisation", "location_precision"),
    *("inferred", "fictional", "status"),
)


def _listing(listing: Listing, viewer: Viewer) -> Feature:
    told = disclose(listing, viewer)
    properties = {
        "title": told.title,
        "material": told.material.code,
        "material_name": told.material.name,
        "kind": told.material.kind,
        "pillar": told.material.pillar,
        "quantity": None if told.quantity is None else f"{told.quantity.value.normalize():f}",
        "unit": None if told.quantity is None else told.quantity.unit,
        "band_low": told.band.low,
        "band_high": told.band.high,
        "price": None if told.price_cents is None else euros(told.price_cents),
        "region": told.region.code if told.region else None,
        "organisation": told.organisation.label if told.organisation else None,
        "location_precision": "exact" if told.exact_location else "cell_5km",
        "inferred": told.inferred,
        "fictional": told.fictional,
        "status": told.status,
    }
    return Feature(told.public_id, ((told.lon, told.lat),), properties)


def _flows(viewer: Viewer, box: Bounds | None) -> list[Any]:
    """Sums of the planned exchanges that this viewer may see one by one, between two regions."""
    start, end = "offer__public_region", "need__public_region"
    rows = (
        proposals_visible_to(viewer)
        .planned()
        .across_regions()
        .filter(**{f"{start}__centre__isnull": False, f"{end}__centre__isnull": False})
        .order_by()
        .values(
            start=F(f"{start}__code"),
            end=F(f"{end}__code"),
            start_at=F(f"{start}__centre"),
            end_at=F(f"{end}__centre"),
        )
        .annotate(exchanges=Count("id"), value=Sum("value_cents"), co2e=Sum("co2e_kg"))
        .order_by("start", "end")
    )
    if box is None:
        return list(rows)
    area = Polygon.from_bbox(box)
    return [row for row in rows if LineString(*_ends(row)).intersects(area)]


def _ends(row: Any) -> tuple[Pair, Pair]:
    start, end = row["start_at"], row["end_at"]
    return (start.x, start.y), (end.x, end.y)


def _flow(row: Any, viewer: Viewer) -> Feature:
    properties = {
        "from": row["start"],
        "to": row["end"],
        "exchanges": row["exchanges"],
        "value_eur": euros(row["value"]),
        "co2e_kg": row["co2e"],
    }
    return Feature(f"{row['start']}.{row['end']}", _ends(row), properties)


def _aggregates(viewer: Viewer, box: Bounds | None) -> list[Any]:
    """Regions that have a shape, with their totals under the rules of statistical secrecy."""
    totals = {found.region.pk: found for found in regional_totals(as_of=timezone.localdate())}
    shaped = regions_with_shapes().filter(pk__in=totals, geometry__isnull=False).order_by("code")
    if box is not None:
        shaped = shaped.filter(geometry__bboverlaps=Polygon.from_bbox(box))
    return [(region, totals[region.pk]) for region in shaped]


def _aggregate(row: Any, viewer: Viewer) -> Feature:
    region, totals = row
    properties = {
        "region": region.code,
        "name": region.name,
        "level": Region.Level(region.level).name.lower(),
        "parent": region.parent.code if region.parent else None,
        "offered_kg_per_year": totals.offered_kg,
        "needed_kg_per_year": totals.needed_kg,
    }
    rings = tuple(
        tuple(tuple((x, y) for x, y, *_z in ring) for ring in part)
        for part in region.geometry.coords
    )
    return Feature(region.code, (), properties, rings)


def _one_aggregate(viewer: Viewer, code: str) -> Any:
    return next((row for row in _aggregates(viewer, None) if row[0].code == code), None)


def _by_uid(prefix: str, rows: Callable[[Viewer, Bounds | None], QuerySet[Any]]) -> Any:
    def one(viewer: Viewer, public_id: str) -> Any:
        uid = decode(prefix, public_id)
        return None if uid is None else rows(viewer, None).filter(uid=uid).first()

    return one


def _one_flow(viewer: Viewer, public_id: str) -> Any:
    pair = tuple(public_id.split("."))
    return next((r for r in _flows(viewer, None) if (r["start"], r["end"]) == pair), None)


LAYERS = {
    layer.id: layer
    for layer in (
        Layer(
            "sites",
            "sites:read",
            _("Sites"),
            _("Sites of public registers and of listings shown in the open."),
            _sites,
            _by_uid("site", _sites),
            _site,
            ("name", "organisation", "region", "city", "country", "activity", "source"),
        ),
        Layer(
            "offers",
            "offers:read",
            _("Offers"),
            _("Streams somebody has; those that keep their place back stand at a cell's centre."),
            _offers,
            _by_uid("offer", _offers),
            _listing,
            _LISTING_NAMES,
        ),
        Layer(
            "needs",
            "needs:read",
            _("Needs"),
            _("What somebody would take in; kept-back places stand at a cell's centre."),
            _needs,
            _by_uid("need", _needs),
            _listing,
            _LISTING_NAMES,
        ),
        Layer(
            "flows",
            "proposals:read",
            _("Flows between regions"),
            _("Planned exchanges summed by the regions they join, lines from centre to centre."),
            _flows,
            _one_flow,
            _flow,
            ("from", "to", "exchanges", "value_eur", "co2e_kg"),
        ),
        Layer(
            "aggregates",
            "regions:read",
            _("Totals by region"),
            _("What is offered and needed in a year; blank where too few firms stand behind it."),
            _aggregates,
            _one_aggregate,
            _aggregate,
            ("region", "name", "level", "parent", "offered_kg_per_year", "needed_kg_per_year"),
        ),
    )
}
