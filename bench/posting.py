"""Offers posted over HTTP, answered with ranked proposals, by clients that keep their connection.

    python -m bench.posting [--clients 16] [--each 25] [--port 8013]

The product's own gunicorn serves the database of DATABASE_URL, filled by `bench.national fill`;
each client is a process with a token of its own firm. Beside it, in the same run, the same clients
ask a route that answers SELECT 1 (bench/posting_routes.py): a request's floor on this machine at
this moment. Prints one JSON line. The offers posted stay in the database.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = "bench.posting_site"
START_SECONDS = 300
ONE = {"GET": "/select-1", "POST": "/api/v1/offers"}


def _bodies(clients: int, each: int, seed: int) -> list[tuple[str, list[bytes]]]:
    """A token and offers to post, drawn from what the market already offers, for each client."""
    from marketplace.models import Offer
    from tests.api.callers import program

    rng = np.random.default_rng(seed)
    known = Offer.objects.filter(origin="posted", status="open").values_list("id", flat=True)
    drawn = rng.choice(np.array(known), clients * each, replace=False).tolist()
    offers = list(
        Offer.objects.filter(id__in=drawn).select_related("site__organisation", "material")
    )
    found = []
    for client in range(clients):
        site = offers[client].site
        caller = program(site.organisation, name=f"bench {client} {time.time_ns()}")
        token = caller._credentials["HTTP_AUTHORIZATION"]
        mine = [
            json.dumps(
                {
                    "site": site.public_id,
                    "material": offer.material.code,
                    "quantity": {"value": f"{offer.quantity_value.normalize():f}", "unit": "t"},
                }
            ).encode()
            for offer in offers[client * each : (client + 1) * each]
        ]
        found.append((token, mine))
    return found


def _client(port: int, method: str, token: str, bodies: list[bytes], start: Any, told: Any) -> None:
    """One process: requests one after another over one connection; its seconds, and ranks told."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {"Authorization": token, "Content-Type": "application/json", "Host": "localhost"}
    seconds, ranked = [], 0
    start.wait()
    for body in bodies:
        at = time.perf_counter()
        link.request(method, ONE[method], body if method == "POST" else None, headers)
        answer = link.getresponse()
        content = answer.read()
        seconds.append(time.perf_counter() - at)
        if answer.status not in (200, 201):
            raise SystemExit(f"{answer.status}: {content[:300]!r}")
        if method == "POST":
            ranked += len(json.loads(content)["proposals"])
    told.put((seconds, ranked))


def _load(port: int, method: str, work: list[tuple[str, list[bytes]]]) -> dict[str, float]:
    """Milliseconds of each request with all clients at work at once."""
    context = multiprocessing.get_context("fork")
    start, told = context.Barrier(len(work) + 1), context.Queue()
    clients = [
        context.Process(target=_client, args=(port, method, token, bodies, start, told))
        for token, bodies in work
    ]
    for client in clients:
        client.start()
    start.wait()
    began = time.perf_counter()
    answers = [told.get(timeout=1_800) for _client in clients]
    took = time.perf_counter() - began
    for client in clients:
        client.join()
    ms = np.concatenate([seconds for seconds, _ranked in answers]) * 1_000
    spread = {f"p{share}_ms": round(float(np.percentile(ms, share)), 1) for share in (50, 95, 99)}
    ranked = sum(count for _seconds, count in answers)
    return {**spread, "per_second": round(len(ms) / took, 1), "ranked": round(ranked / len(ms), 1)}


def _serve(port: int) -> subprocess.Popen[bytes]:
    """The product's web server; returns once it answers."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "PORT": str(port),
        "API_RATE_CALLER": "1000000/min",
        "API_RATE_ANONYMOUS": "1000000/min",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py"],
        cwd=ROOT, env=env, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            link.request("GET", ONE["GET"], headers={"Host": "localhost"})
            if link.getresponse().status == http.HTTPStatus.OK:
                return server
        except OSError:
            time.sleep(0.5)
    server.kill()
    raise SystemExit("the server did not answer")


def main() -> None:
    """Serve, ask, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--each", type=int, default=25, help="postings of each client")
    parser.add_argument("--port", type=int, default=8013)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    import django

    django.setup()
    from django.db import connection

    work = _bodies(given.clients, given.each, given.seed)
    connection.close()
    server = _serve(given.port)
    try:
        _load(given.port, "POST", [(token, bodies[:1]) for token, bodies in work])  # compiled, warm
        floor = _load(given.port, "GET", work)
        posts = _load(given.port, "POST", work)
        alone = {
            name: _load(given.port, method, work[:1])
            for name, method in (("select_1_alone", "GET"), ("post_alone", "POST"))
        }
    finally:
        server.terminate()
        server.wait()
    told = {
        "clients": given.clients,
        "load": round(os.getloadavg()[0], 1),
        "select_1": floor,
        "post": posts,
        **alone,
        "ratio_p95": round(posts["p95_ms"] / floor["p95_ms"], 1),
        "ratio_alone_p50": round(
            alone["post_alone"]["p50_ms"] / alone["select_1_alone"]["p50_ms"], 1
        ),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
