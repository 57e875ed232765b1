"""The national list of candidates, 20 best needs of every offer, against its peers in one run.

    python -m bench.candidates [--sizes 10000 100000] [--rounds 3] [--sample 1000]

Peers, on the same market, with the same classes, reach, values and output:

    k-d trees   scipy's cKDTree a material over earth-centred coordinates, a pool of two threads
                over the offered materials; its pairs are checked to be ours, value by value
    PostGIS     GiST over (class, point in EPSG:7801), one nearest-first look-up for each class an
                offer may feed, one session; timed on a sample of offers and scaled to all of them

Wall seconds, and CPU seconds beside them, for a machine is seldom idle: of this process for the
engine and the trees, of the server's own process for PostGIS. The database is that of DATABASE_URL;
only temporary tables are made. Without one that answers, the PostGIS columns stay empty.
"""

from __future__ import annotations

import argparse
import io
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from bench.country import country
from symbiosis.core.candidates import Found, Index
from symbiosis.core.kernels.geodesy import MEAN_RADIUS_KM, earth_centred, geodesics_km
from symbiosis.core.market import Listings, Market
from symbiosis.core.params import Params

NEAREST = 20
REACH_KM = 50.0
MARGIN_KM = 0.01
"""Within so much of the reach the geodesic decides."""

WORTH_CENTS = 9_000
CHORD_KM = 2 * MEAN_RADIUS_KM * np.sin((REACH_KM + MARGIN_KM) / (2 * MEAN_RADIUS_KM))

Pairs = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]


def even_market(rows: int) -> Market:
    """A market in which worth falls with the distance alone, so that nearest is best."""
    market = country(rows, seed=4, siblings=5, reach_km=REACH_KM)

    def side(listings: Listings, firm: int) -> Listings:
        return Listings(
            listings.latitude, listings.longitude, listings.material, listings.kg,
            np.arange(rows) + firm, np.full(rows, WORTH_CENTS),
        )  # fmt: skip

    return Market(side(market.offers, 0), side(market.needs, rows), market.pairs)


def by_engine(market: Market, params: Params) -> Found:
    """Index and search, as the national run does it."""
    return Index(market, params, from_offers=True).search(NEAREST)


def by_trees(market: Market, params: Params) -> Pairs:
    """Offer rows, need rows and values of the best pairs from one k-d tree a material."""
    offers, needs, pairs = market.offers, market.needs, market.pairs
    here = earth_centred(offers.latitude, offers.longitude)
    there = earth_centred(needs.latitude, needs.longitude)
    rows_of = {m: np.flatnonzero(needs.material == m) for m in np.unique(needs.material)}
    trees = {m: cKDTree(there[rows]) for m, rows in rows_of.items()}

    def material(m: int) -> Pairs:
        mine = np.flatnonzero(offers.material == m)
        values, partners = [], []
        for p in np.flatnonzero(pairs.offered == m):
            to = int(pairs.needed[p])
            if to not in trees:
                continue
            chord, where = trees[to].query(
                here[mine], k=np.arange(1, NEAREST + 1), distance_upper_bound=CHORD_KM
            )
            other = rows_of[to][np.minimum(where, len(rows_of[to]) - 1)]
            base = WORTH_CENTS + WORTH_CENTS * int(pairs.substitution_permille[p]) // 1_000
            base -= int(pairs.processing_cents[p])
            values.append(_value(base, chord, mine, other, market, params))
            partners.append(other)
        if not values:
            return (np.zeros(0, np.int32),) * 2 + (np.zeros(0, np.int64),)  # type: ignore[return-value]
        value, partner = np.hstack(values), np.hstack(partners)
        if value.shape[1] > NEAREST:
            best = np.argpartition(-value, NEAREST - 1, axis=1)[:, :NEAREST]
            value = np.take_along_axis(value, best, axis=1)
            partner = np.take_along_axis(partner, best, axis=1)
        row, column = np.nonzero(value > 0)
        return (
            mine[row].astype(np.int32),
            partner[row, column].astype(np.int32),
            value[row, column],
        )

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(material, np.unique(offers.material).tolist()))
    offer, need, value = (np.concatenate(column) for column in zip(*found, strict=True))
    return offer, need, value


def _value(
    base: int, chord: Any, mine: Any, other: Any, market: Market, params: Params
) -> NDArray[np.int64]:
    """Whole cents of each pair, 0 beyond the reach by the geodesic."""
    with np.errstate(invalid="ignore"):
        share = chord / MEAN_RADIUS_KM
        km = chord * (1 + share**2 / 24 + 3 * share**4 / 640)
        value = base - np.rint(params.road_cents_per_tonne_km * km)
    row, column = np.nonzero(np.abs(km - REACH_KM) <= MARGIN_KM)
    if len(row):
        offer, need = mine[row], other[row, column]
        exact = geodesics_km(
            market.offers.latitude[offer], market.offers.longitude[offer],
            market.needs.latitude[need], market.needs.longitude[need],
        )  # fmt: skip
        km[row, column] = np.where(exact <= REACH_KM, 0.0, np.inf)
    return np.where(km <= REACH_KM, value, 0).astype(np.int64)


class PostGIS:
    """The needs in a temporary table of one session, and look-ups for some offers."""

    def __init__(self, market: Market, url: str) -> None:
        """Raises psycopg2.OperationalError where nothing answers."""
        import psycopg2

        from config.bootstrap.database import parameters

        name = url.rpartition("/")[2]
        self._session = psycopg2.connect(**parameters(url, name))
        self._cursor = self._session.cursor()
        self._run("CREATE EXTENSION IF NOT EXISTS postgis")
        self._run("CREATE EXTENSION IF NOT EXISTS btree_gist")
        needs, pairs = market.needs, market.pairs
        self._table(
            "needs", "id int, cls int, lon float8, lat float8",
            (np.arange(len(needs)), needs.material, needs.longitude, needs.latitude),
        )  # fmt: skip
        self._run(
            "CREATE TEMP TABLE need AS SELECT id, cls,"
            " ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 7801) AS place FROM needs"
        )
        base = WORTH_CENTS + WORTH_CENTS * pairs.substitution_permille // 1_000
        self._table(
            "pairs", "offered int, needed int, base int",
            (pairs.offered, pairs.needed, base - pairs.processing_cents),
        )  # fmt: skip
        self._run("CREATE INDEX ON need USING gist (cls, place)")
        self._run("CREATE INDEX ON pairs (offered)")
        self._run("ANALYZE")

    def look(self, market: Market, rows: NDArray[np.int64], params: Params) -> int:
        """The best pairs of some offers; returns how many there are."""
        offers = market.offers
        self._run("DROP TABLE IF EXISTS offers")
        self._table(
            "offers", "id int, cls int, lon float8, lat float8",
            (rows, offers.material[rows], offers.longitude[rows], offers.latitude[rows]),
        )  # fmt: skip
        self._run("ANALYZE offers")
        self._run(
            "SELECT o.id, best.id, best.value FROM (SELECT id, cls, ST_Transform(ST_SetSRID("
            "  ST_MakePoint(lon, lat), 4326), 7801) AS place FROM offers OFFSET 0) AS o,"
            " LATERAL (SELECT near.id, p.base - round(%(cents)s * km)::int AS value"
            "  FROM pairs AS p, LATERAL (SELECT n.id, ST_Distance(n.place, o.place) / 1000 AS km"
            "   FROM need AS n WHERE n.cls = p.needed"
            "   AND ST_DWithin(n.place, o.place, %(metres)s)"
            "   ORDER BY n.place <-> o.place LIMIT %(k)s) AS near"
            "  WHERE p.offered = o.cls ORDER BY value DESC LIMIT %(k)s) AS best",
            cents=params.road_cents_per_tonne_km, metres=REACH_KM * 1000, k=NEAREST,
        )  # fmt: skip
        return len(self._cursor.fetchall())

    def cpu_seconds(self) -> float:
        """Of the server's process behind this session; 0 where it runs on another machine."""
        status = Path(f"/proc/{self._session.get_backend_pid()}/stat")
        if not status.exists():
            return 0.0
        fields = status.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End the session and with it its tables."""
        self._session.rollback()
        self._session.close()

    def _run(self, statement: str, **values: Any) -> None:
        self._cursor.execute(statement, values or None)

    def _table(self, name: str, columns: str, arrays: tuple[Any, ...]) -> None:
        self._run(f"CREATE TEMP TABLE {name} ({columns})")
        lines = "\n".join("\t".join(map(str, row)) for row in zip(*arrays, strict=True))
        self._cursor.copy_expert(f"COPY {name} FROM STDIN", io.StringIO(lines + "\n"))


def _timed(what: Callable[..., Any], *given: Any) -> tuple[Any, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    answer = what(*given)
    return answer, time.perf_counter() - wall, time.process_time() - cpu


def candidate_rows(
    sizes: tuple[int, ...], rounds: int, *, sample: int = 0, url: str = ""
) -> list[dict[str, Any]]:
    """Medians over the rounds, a row a size; raises AssertionError where the answers differ.

    ``sample``   offers that PostGIS is asked for, 0 to leave it out; scaled to all offers
    """
    params = Params(threads=2)
    by_engine(even_market(500), params)  # compiled before anything is timed
    rows = []
    for size in sizes:
        market = even_market(size)
        times: dict[str, list[float]] = {}
        database = _database(market, url) if sample else None
        for _round in range(rounds):
            found, wall, cpu = _timed(by_engine, market, params)
            times.setdefault("engine", []).append(wall)
            times.setdefault("engine_cpu", []).append(cpu)
            (_offer, _need, value), wall, cpu = _timed(by_trees, market, params)
            times.setdefault("kd", []).append(wall)
            times.setdefault("kd_cpu", []).append(cpu)
            assert len(found.gain) == len(value), (len(found.gain), len(value))
            assert (np.sort(found.gain) == np.sort(value)).all(), "other pairs"
            if database:
                chosen = np.random.default_rng(2).choice(size, min(sample, size), replace=False)
                before, scale = database.cpu_seconds(), size / len(chosen)
                _pairs, wall, _cpu = _timed(database.look, market, chosen, params)
                times.setdefault("postgis", []).append(wall * scale)
                times.setdefault("postgis_cpu", []).append(
                    (database.cpu_seconds() - before) * scale
                )
        if database:
            database.close()
        rows.append(
            {
                "listings": size,
                "pairs": len(found.row),
                "load": round(os.getloadavg()[0], 1),
                **{name: round(median(seconds), 4) for name, seconds in times.items()},
            }
        )
        print(rows[-1], flush=True)
    return rows


def _database(market: Market, url: str) -> PostGIS | None:
    import psycopg2

    from config import env

    try:
        return PostGIS(market, url or env.DATABASE_URL)
    except psycopg2.OperationalError as error:
        print(f"PostGIS left out: {str(error).splitlines()[0]}")
        return None


def main() -> None:
    """Print a row a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sample", type=int, default=1_000, help="offers asked of PostGIS")
    given = parser.parse_args()
    for row in candidate_rows(tuple(given.sizes), given.rounds, sample=given.sample):
        shares = {
            f"{kind} / {peer}": round(row[f"engine{cpu}"] / row[f"{peer}{cpu}"], 3)
            for peer in ("kd", "postgis")
            for kind, cpu in (("wall", ""), ("cpu", "_cpu"))
            if row.get(f"{peer}{cpu}")
        }
        print(row["listings"], shares)


if __name__ == "__main__":
    main()
