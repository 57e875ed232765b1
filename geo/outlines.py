"""Borders of Bulgaria's oblasts as GeoJSON for the background of maps."""

from __future__ import annotations

import json

from django.contrib.gis.db.models.functions import AsGeoJSON

from geo.models import Region

DECIMALS = 4
"""About ten metres: finer than a map of a country can show."""


def oblast_outlines() -> str:
    """A FeatureCollection of the oblasts that have a polygon: ``code``, names, a centre inside."""
    regions = (
        Region.objects.filter(level=Region.Level.NUTS3, country="BG", geometry__isnull=False)
        .annotate(shape=AsGeoJSON("geometry", precision=DECIMALS))
        .only("code", "name_en", "name_bg", "centre")
    )
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": region.code,
                "name_en": region.name_en,
                "name_bg": region.name_bg,
                "centre": [region.centre.x, region.centre.y] if region.centre else None,
            },
            "geometry": json.loads(region.shape),
        }
        for region in regions
    ]
    return json.dumps(
        {"type": "FeatureCollection", "features": features},
        ensure_ascii=False,
        separators=(",", ":"),
    )
