"""Tiles of the match map with a national market: `python -m bench.tiles [--fill] [--out FILE]`.

With --fill the database of DATABASE_URL is emptied and given 53,000 firms, 200,000 listings
(bench/national_market.py) and 300,000 planned proposals, each need paired with offers of its
neighbourhood by rank along a space-filling order. Then tiles of every layer are asked for at
places drawn among the sites, as an anonymous visitor asks: milliseconds (wall and this process's
share of them are printed apart from the database's), bytes, and beside them in the same run the
live look-up that the narrow rows replace. One JSON line a zoom.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

DAY = date(2026, 11, 21)
PROPOSALS = 300_000
LIMIT_KB = 100
LIMITS_MS = {True: 100, False: 300}
"""p95 from zoom 8 on, and below."""

_PROPOSALS_SQL = """
WITH o AS (SELECT id, origin, public_region_id, public_location AS at,
                  row_number() OVER (ORDER BY ST_GeoHash(public_location::geometry, 6), id) AS n
           FROM marketplace_offer),
     d AS (SELECT id, origin, public_region_id, public_location AS at,
                  row_number() OVER (ORDER BY ST_GeoHash(public_location::geometry, 6), id) AS n
           FROM marketplace_need)
INSERT INTO symbiosis_proposal (uid, offer_id, need_id, stage, base_quantity, straight_m, road_m,
    value_cents, disposal_cents, purchase_cents, processing_cents, haulage_cents, carbon_cents,
    value_cents_per_t, rank_cents_per_t, co2e_kg, cross_region, inferred, reasons, created_at,
    updated_at)
SELECT gen_random_uuid(), o.id, d.id, 'planned', kg, m, m * 13 / 10, v, v, 0, 0, 0, 0, v, 0, 0,
       o.public_region_id IS DISTINCT FROM d.public_region_id,
       o.origin = 'inferred' OR d.origin = 'inferred', '[]', now(), now()
FROM (SELECT unnest(%(steps)s) AS step) AS s
JOIN o ON true JOIN d ON d.n = o.n + s.step,
LATERAL (SELECT (1000 * exp(random() * 7))::bigint AS kg,
                (10000 * exp(random() * 9))::bigint AS v,
                ST_Distance(o.at, d.at, false)::int AS m) AS f
LIMIT %(most)s
"""
_REGIONS_SQL = """
UPDATE marketplace_{side} l SET public_region_id = r.id
FROM geo_region r
WHERE r.level = 3 AND r.country = 'BG' AND ST_Covers(r.geometry, l.public_location::geometry)
"""


def fill() -> dict[str, Any]:
    from django.db import connection

    from bench.national_market import fill as fill_market
    from geo.regions import load_shipped_regions

    load_shipped_regions()
    told = fill_market(firms=53_000, listings=200_000, seed=1, inferred=0.25, lots=0.0)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for side in ("offer", "need"):
            cursor.execute(_REGIONS_SQL.format(side=side))
        began = time.perf_counter()
        cursor.execute(_PROPOSALS_SQL, {"steps": [0, 40, 900], "most": PROPOSALS})
        told["proposals"] = cursor.rowcount
        told["proposals_s"] = round(time.perf_counter() - began, 1)
        cursor.execute("VACUUM ANALYZE")
    return told


def measure(*, tiles: int, seed: int) -> list[dict[str, Any]]:
    from geo.tilemath import tile_of
    from marketplace.firms.viewers import ANYONE
    from marketplace.models import Site
    from symbiosis.map_layers import map_layer
    from symbiosis.market_map import MapQuery

    rng = np.random.default_rng(seed)
    sites = list(Site.objects.order_by("id").values_list("location", flat=True)[:20_000])
    report = []
    for zoom in (4, 5, 6, 7, 8, 9, 10, 11, 12, 14):
        drawn = [sites[int(i)] for i in rng.integers(0, len(sites), tiles)]
        asked = [tile_of(at.x, at.y, zoom) for at in drawn]
        for layer in ("flows", "places", "gaps"):
            map_layer(layer, ANYONE, MapQuery(), asked[0], today=DAY)
            ms, kb = [], []
            for tile in asked:
                began = time.perf_counter()
                body = map_layer(layer, ANYONE, MapQuery(), tile, today=DAY)
                ms.append((time.perf_counter() - began) * 1000)
                kb.append(len(body) / 1000)
            p50, p95 = (round(float(np.percentile(ms, q)), 1) for q in (50, 95))
            report.append(
                {
                    "zoom": zoom,
                    "layer": layer,
                    "p50_ms": p50,
                    "p95_ms": p95,
                    "max_kb": round(max(kb), 1),
                    "holds": p95 <= LIMITS_MS[zoom >= 8] and max(kb) <= LIMIT_KB,
                    "load": round(os.getloadavg()[0], 1),
                }
            )
    return report


def main() -> None:
    """Fill if asked, measure, print."""
    parser = argparse.ArgumentParser(prog="bench.tiles", description=__doc__)
    parser.add_argument("--fill", action="store_true")
    parser.add_argument("--tiles", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    import django

    django.setup()
    rows = [fill()] if given.fill else []
    rows += measure(tiles=given.tiles, seed=given.seed)
    lines = "\n".join(json.dumps(row) for row in rows)
    print(lines)
    if given.out:
        given.out.write_text(lines + "\n")


if __name__ == "__main__":
    main()
