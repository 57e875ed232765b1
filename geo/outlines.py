"""Borders of Bulgaria's oblasts as GeoJSON for the background of maps."""

from __future__ import annotations

import json

from django.contrib.gis.db.models.functions import AsGeoJSON

from geo.models import Region

DECIMALS = 4
"""About ten metres: finer than a map of a country can show."""


def oblast_outlines() -> str:
    """A FeatureCollection of the oblasts that have a polygon: ``code``, names, a centre inside."""
    drawn = Region.objects.filter(level=Region.Level.NUTS3, country="BG", geometry__isnull=False)
    regions = drawn.values_list(
        "code", "name_en", "name_bg", "centre", AsGeoJSON("geometry", precision=DECIMALS)
    )
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": code,
                "name_en": name_en,
                "name_bg": name_bg,
                "centre": [centre.x, centre.y] if centre else None,
            },
            "geometry": json.loads(shape),
        }
        for code, name_en, name_bg, centre, shape in regions
    ]
    return json.dumps(
        {"type": "FeatureCollection", "features": features},
        ensure_ascii=False,
        separators=(",", ":"),
    )
