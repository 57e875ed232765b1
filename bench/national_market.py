"""A seeded market of firms and listings, loaded by COPY into the database of DATABASE_URL."""

from __future__ import annotations

import io
import time
import uuid
from typing import Any

import numpy as np

SOUTH, NORTH, WEST, EAST = 41.3, 44.1, 22.5, 28.5
CITIES = 28
IN_A_CITY, IN_THE_COUNTRY = 0.8, 0.2
MEDIAN_T, SIGMA, LARGEST_T = 334.0, 2.46, 1_180_000
"""Waste transfers of the European register (E-PRTR v16); see marketplace/demo/market.py."""
STAMP = "2026-11-21 12:00:00+00"


def fill(*, firms: int, listings: int, seed: int, inferred: float, lots: float) -> dict[str, Any]:
    """Organisations with one site each, and as many offers as needs."""
    from django.core.management import call_command
    from django.db import connection

    from marketplace.models import Need, Offer, Organisation, Site

    rng = np.random.default_rng(seed)
    call_command("load_catalogue", verbosity=0)
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE marketplace_organisation, symbiosis_matchrun CASCADE")
    place = _places(rng, firms)
    points = [f"SRID=4326;POINT({lon:.6f} {lat:.6f})" for lat, lon in place.tolist()]
    ids = list(range(1, firms + 1))
    _copy(Organisation, rng, {"id": ids, "name": [f"Firm {n}" for n in ids]})
    _copy(
        Site,
        rng,
        {
            "id": ids,
            "organisation_id": ids,
            "name": [f"Site {n}" for n in ids],
            "location": points,
            "cell_location": points,
        },
    )
    offered, needed = _materials(rng, listings // 2)
    for model, material in ((Offer, offered), (Need, needed)):
        rows = _listings(rng, firms, points, material, inferred, lots, offering=model is Offer)
        _copy(model, rng, rows)
    with connection.cursor() as cursor:
        for model in (Organisation, Site, Offer, Need):
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608
            )
        cursor.execute("ANALYZE")
    return {"firms": firms, "listings": listings, "fill_s": round(time.perf_counter() - began, 2)}


def _places(rng: np.random.Generator, rows: int) -> np.ndarray:
    cities = np.column_stack([rng.uniform(SOUTH, NORTH, CITIES), rng.uniform(WEST, EAST, CITIES)])
    size = 1.0 / np.arange(1, CITIES + 1)
    city = rng.choice(CITIES, rows, p=size / size.sum())
    place = cities[city] + rng.normal(0.0, 0.12, (rows, 2))
    rural = np.column_stack([rng.uniform(SOUTH, NORTH, rows), rng.uniform(WEST, EAST, rows)])
    return np.where((rng.random(rows) < IN_THE_COUNTRY)[:, None], rural, place)


def _materials(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Offered concepts by a Zipf law; needed ones are what such an offer could feed."""
    from symbiosis.catalogue import current_catalogue

    catalogue = current_catalogue()
    partners: dict[int, list[int]] = {}
    for pair in catalogue.pairs:
        if catalogue.materials[pair.offered].kind == "material":
            partners.setdefault(pair.offered, []).append(pair.needed)
    concepts = rng.permutation(sorted(partners))
    weight = 1.0 / np.arange(1, len(concepts) + 1)
    offered = rng.choice(concepts, rows, p=weight / weight.sum())
    drawn = rng.choice(concepts, rows, p=weight / weight.sum()).tolist()
    needed = [partners[one][int(rng.integers(len(partners[one])))] for one in drawn]
    return offered, np.array(needed)


def _listings(
    rng: np.random.Generator,
    firms: int,
    points: list[str],
    material: np.ndarray,
    inferred: float,
    lots: float,
    *,
    offering: bool,
) -> dict[str, list[Any]]:
    rows = len(material)
    site = rng.integers(1, firms + 1, rows)
    tonnes = np.minimum(rng.lognormal(np.log(MEDIAN_T), SIGMA, rows), LARGEST_T)
    tonnes = np.maximum(1, np.rint(tonnes)).astype(np.int64)
    _keys, first = np.unique(site * 10_000_000 + material, return_index=True)
    once = np.zeros(rows, np.bool_)
    once[first] = True
    guessed = once & (rng.random(rows) < inferred)
    priced = rng.random(rows) < 0.3
    price = rng.integers(500, 9_000, rows) * (-1 if offering else 1)
    in_lots = ~guessed & (rng.random(rows) < lots)
    return {
        "id": list(range(1, rows + 1)),
        "organisation_id": site.tolist(),
        "site_id": site.tolist(),
        "material_id": material.tolist(),
        "title": ["listing"] * rows,
        "quantity_value": tonnes.tolist(),
        "quantity_unit": ["t"] * rows,
        "base_quantity": (tonnes * 1_000).tolist(),
        "base_min_lot": [
            min(kg, 20_000) if lot else None
            for kg, lot in zip((tonnes * 1_000).tolist(), in_lots.tolist(), strict=True)
        ],
        "price_cents": [p if known else None for p, known in zip(price, priced, strict=True)],
        "public_location": [points[at - 1] for at in site.tolist()],
        "origin": np.where(guessed, "inferred", "posted").tolist(),
    }


def _copy(model: Any, rng: np.random.Generator, columns: dict[str, list[Any]]) -> None:
    """COPY rows of a model: the given columns, a uid, time stamps, and the fields' defaults."""
    from django.db import connection

    rows = len(columns["id"])
    uids = rng.bytes(16 * rows)
    fixed: dict[str, str] = {"created_at": STAMP, "updated_at": STAMP}
    for item in model._meta.concrete_fields:
        given = item.attname in columns or item.attname in fixed or item.attname == "uid"
        if given or item.generated:  # the database reckons it
            continue
        value = item.get_default()
        if value is None:
            continue
        fixed[item.attname] = {"[]": "{}", "{}": "{}"}.get(str(value), str(value))
    names = ["uid", *columns, *fixed]
    tail = "\t".join(fixed.values())
    lines = (
        f"{uuid.UUID(bytes=uids[16 * at : 16 * at + 16])}\t"
        + "\t".join("\\N" if value is None else str(value) for value in row)
        + f"\t{tail}\n"
        for at, row in enumerate(zip(*columns.values(), strict=True))
    )
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {model._meta.db_table} ({', '.join(names)}) FROM STDIN",
            io.StringIO("".join(lines)),
        )
