"""Reading the API under load, as ratios to a ``SELECT 1`` route of the same server in the same run.

    python -m bench.load http://127.0.0.1:8000 --seconds 20 [--token sym_oat_...]

Requests leave on a fixed schedule whatever the server does (an open loop), and each is timed from
the moment at which it should have left, so that a queue counts. ``/readyz`` asks the database for
``SELECT 1`` and nothing else; it is measured between the requests of every class, so a busy machine
slows both. The ratio is what can be compared between machines; milliseconds are for orientation.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

CALIBRATION = "/readyz"
CALIBRATION_RATE = 10.0
THREADS = 24
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Route:
    """A class of requests: its addresses in turn, how many a second, and its goal in ms."""

    name: str
    addresses: tuple[str, ...]
    rate: float
    goal_ms: float


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of the answers of one class and of the calibration beside it."""

    route: Route
    ms: tuple[float, ...]
    calibration_ms: tuple[float, ...]
    failures: int


class Caller:
    """Sends GETs over a connection of each thread's own."""

    def __init__(self, base: str, token: str) -> None:
        self._place = urlsplit(base)
        self._headers = {"Accept": "application/json", "Accept-Language": "en"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._held = threading.local()

    def get(self, address: str) -> tuple[int, bytes]:
        """Status and body; one more try on a connection that the server has closed meanwhile."""
        for again in (True, False):
            connection = getattr(self._held, "connection", None)
            if connection is None:
                connection = self._held.connection = http.client.HTTPConnection(
                    str(self._place.hostname), self._place.port, timeout=TIMEOUT_SECONDS
                )
            try:
                connection.request("GET", address, headers=self._headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self._held.connection = None
                if not again:
                    raise
        raise AssertionError("unreachable")

    def json(self, address: str) -> Any:
        status, body = self.get(address)
        if status != 200:
            raise SystemExit(f"{address}: {status} {body[:300]!r}")
        return json.loads(body)


def routes(caller: Caller, rate: float) -> list[Route]:
    """The classes of the issue over the market as it is: filters and things that have rows."""
    offers = caller.json("/api/v1/offers?limit=100&fields=material,region")["results"]
    materials = sorted({offer["material"]["id"] for offer in offers})[:20]
    regions = sorted({offer["region"]["id"] for offer in offers if offer["region"]})[:10]
    lists = [
        f"/api/v1/offers?limit=20&material={material}&region={region[:4]}"
        for material, region in itertools.product(materials, regions)
    ]
    near = "near=24.7453,42.1354&radius_km=100"
    lists += [f"/api/v1/offers?limit=20&{near}&material={material}" for material in materials]
    lists += [f"/api/v1/needs?limit=20&bbox=22.5,42,25,43.5&kind={kind}" for kind in ("material",)]
    matched = caller.json("/api/v1/proposals?limit=100&fields=offer")["results"]
    ids = [proposal["offer"]["id"] for proposal in matched]
    details = [f"/api/v1/offers/{offer['id']}" for offer in offers]
    proposals = [f"/api/v1/offers/{own_id}/proposals?limit=20" for own_id in dict.fromkeys(ids)]
    return [
        Route("filtered list of 20", tuple(lists), rate, 250),
        Route("detail", tuple(details), rate / 2, 100),
        Route("proposals of a listing", tuple(proposals), rate / 4, 100),
    ]


def measure(caller: Caller, route: Route, seconds: float) -> Measured:
    """One class on its schedule, and the calibration route beside it."""
    addresses = itertools.cycle(route.addresses)
    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(_paced, caller, lambda: next(addresses), route.rate, seconds)
        beside = pool.submit(_paced, caller, lambda: CALIBRATION, CALIBRATION_RATE, seconds)
        (ms, failures), (calibration, _none) = asked.result(), beside.result()
    return Measured(route, tuple(ms), tuple(calibration), failures)


def _paced(
    caller: Caller, address: Callable[[], str], rate: float, seconds: float
) -> tuple[list[float], int]:
    """Milliseconds from when each request should have left; failures apart."""
    start = time.perf_counter() + 0.1

    def one(due: float, where: str) -> float | None:
        try:
            status, _body = caller.get(where)
        except (OSError, http.client.HTTPException):
            return None
        return (time.perf_counter() - due) * 1000 if status == 200 else None

    with ThreadPoolExecutor(THREADS) as pool:
        waiting = []
        for due in _moments(start, rate, seconds):
            time.sleep(max(0.0, due - time.perf_counter()))
            waiting.append(pool.submit(one, due, address()))
        found = [entry.result() for entry in waiting]
    answered = [ms for ms in found if ms is not None]
    return answered, len(found) - len(answered)


def _moments(start: float, rate: float, seconds: float) -> Iterator[float]:
    return (start + number / rate for number in range(int(rate * seconds)))


def share(values: tuple[float, ...], part: float) -> float:
    """The value that ``part`` of the values do not exceed; infinite where there are none.

    >>> share((5.0, 1.0, 3.0, 2.0, 4.0), 0.8)
    4.0
    """
    if not values:
        return float("inf")
    ordered = sorted(values)
    return ordered[max(0, -(-int(len(ordered) * part * 1000) // 1000) - 1)]


def table(results: list[Measured]) -> str:
    """The results as Markdown."""
    lines = [
        (
            "| class | rps | requests | failed | p50 ms | p95 ms | SELECT 1 p50 / p95 ms "
            "| ratio of p50 | ratio of p95 | goal p95 ms |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for found in results:
        p50, p95 = share(found.ms, 0.5), share(found.ms, 0.95)
        one50, one95 = share(found.calibration_ms, 0.5), share(found.calibration_ms, 0.95)
        lines.append(
            f"| {found.route.name} | {found.route.rate:g} | {len(found.ms)} | {found.failures} "
            f"| {p50:.0f} | {p95:.0f} | {one50:.1f} / {one95:.1f} | {p50 / one50:.1f} "
            f"| {p95 / one95:.1f} | {found.route.goal_ms:g} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("base")
    parser.add_argument("--seconds", type=float, default=20, help="of each class")
    parser.add_argument("--rate", type=float, default=40, help="lists a second")
    parser.add_argument("--token", default=os.environ.get("TOKEN", ""))
    options = parser.parse_args()
    caller = Caller(options.base, options.token)
    chosen = routes(caller, options.rate)
    for route in chosen:  # plans and caches as in a server that has been up for a while
        for address in route.addresses[:10]:
            caller.get(address)
    load = os.getloadavg()[0]
    results = [measure(caller, route, options.seconds) for route in chosen]
    print(table(results))
    print(f"\nLoad of the machine before and after: {load:.1f}, {os.getloadavg()[0]:.1f}.")


if __name__ == "__main__":
    main()
