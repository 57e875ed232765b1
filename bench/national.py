"""A whole country through the database: `python -m bench.national STEP [options]`.

    fill     a seeded market of firms and listings, loaded by COPY into the database of DATABASE_URL
    match    database to saved proposals (services.run_matching), each step's wall and CPU seconds
    keep     the resident matcher: time to build, then random changes one by one to the saved plan
    posts    postings ranked in their own transaction by concurrent clients, beside SELECT 1

Each step prints one JSON line and, with --out FILE, appends it there. Only for a database made for
it: `fill` empties the market first. Concepts and pairs are the shipped catalogue's own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bench.national_market import fill

DAY = date(2026, 11, 21)


# -- matching -----------------------------------------------------------------------------------


def match() -> dict[str, Any]:
    """Database to saved proposals, with the share of each step."""
    from django.utils import timezone

    from symbiosis.core.__main__ import warm_up
    from symbiosis.services import run_matching

    warm_up()
    marks: list[tuple[str, float, float]] = []

    def mark(step: str) -> None:
        marks.append((step, time.perf_counter(), time.process_time()))

    mark("begin")
    summary = run_matching(as_of=DAY, now=timezone.now, on_progress=mark)
    mark("end")
    runs = {
        run.scope: {
            "offers": run.offer_count,
            "needs": run.need_count,
            "arcs": run.arc_count,
            "proposals": run.proposal_count,
            "gap": float(1 - run.objective / run.bound) if run.bound else 0.0,
            "over_all_pairs": run.over_all_pairs,
            "eur": int(run.objective) // 100,
            **run.seconds,
        }
        for run in (summary.posted, summary.inferred)
    }
    steps = {
        step: [round(then - at, 2), round(cpu_then - cpu, 2)]
        for (step, at, cpu), (_next, then, cpu_then) in pairwise(marks)
    }
    return {
        "wall_s": round(marks[-1][1] - marks[0][1], 2),
        "cpu_s": round(marks[-1][2] - marks[0][2], 2),
        "steps_wall_cpu_s": steps,
        **runs,
        "rss_mb": _peak_mb(),
    }


# -- keeping ------------------------------------------------------------------------------------


def keep(*, changes: int, seed: int) -> dict[str, Any]:
    """Build the resident matcher; then change one listing after another and save each plan."""
    from django.utils import timezone

    from marketplace.models import Need, Offer
    from symbiosis.core.__main__ import warm_up
    from symbiosis.resident.keeper import Keeper

    warm_up()
    rng = np.random.default_rng(seed)
    began = time.perf_counter()
    keeper = Keeper(day=DAY, now=timezone.now)
    built = _since(began)
    seconds: dict[str, list[float]] = {"amount": [], "withdrawn": [], "posted": [], "price": []}
    for turn in range(changes):
        model = (Offer, Need)[int(rng.integers(2))]
        rows = model.objects.filter(status="open", origin="posted")
        row = rows.order_by("id")[int(rng.integers(10_000))]
        kind = list(seconds)[turn % len(seconds)]
        if kind == "amount":
            rows.filter(pk=row.pk).update(base_quantity=int(rng.integers(1, 2_000)) * 1_000)
        elif kind == "withdrawn":
            rows.filter(pk=row.pk).update(status="withdrawn")
        elif kind == "price":
            rows.filter(pk=row.pk).update(price_cents=-500 if model is Offer else 5_000)
        else:
            row.pk, row.uid, row._state.adding = None, uuid.uuid4(), True
            row.save()
        at = time.perf_counter()
        keeper.take_changes()
        seconds[kind].append(time.perf_counter() - at)
    posted, inferred = keeper.runs
    return {
        "build_s": built,
        "changes": changes,
        "change_to_saved_ms": {kind: _spread(values) for kind, values in seconds.items()},
        "all_ms": _spread([value for values in seconds.values() for value in values]),
        "optimal": [int(run.bound - run.objective) for run in (posted, inferred)],
        "rss_mb": _peak_mb(),
    }


# -- posting ------------------------------------------------------------------------------------


def posts(*, clients: int, each: int, seed: int) -> dict[str, Any]:
    """Offers posted and ranked by so many clients at once, in this process's threads."""
    from django.db import connection

    from marketplace.firms.viewers import viewer_for_organisation
    from marketplace.listings.services import ListingDraft
    from marketplace.models import Offer
    from symbiosis.core.__main__ import warm_up
    from symbiosis.publishing import publish_offer

    warm_up()
    rng = np.random.default_rng(seed)
    drawn = rng.choice(Offer.objects.filter(origin="posted").values_list("id", flat=True), 500)
    examples = list(
        Offer.objects.filter(id__in=drawn.tolist()).select_related("site__organisation", "material")
    )

    def post(turn: int) -> None:
        example = examples[turn % len(examples)]
        draft = ListingDraft(
            site=example.site,
            material=example.material,
            quantity_value=example.quantity_value,
            quantity_unit="t",
        )
        viewer = viewer_for_organisation(example.site.organisation)
        publish_offer(viewer=viewer, draft=draft, as_of=DAY)

    def select_one(_turn: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()

    post(0)
    report: dict[str, Any] = {}
    for name, count, what in (
        ("select_1_alone", 1, select_one),
        ("post_alone", 1, post),
        ("select_1", clients, select_one),
        ("post", clients, post),
    ):
        report[f"{name}_ms"] = _concurrently(what, count, each)
    for share in ("p50", "p95"):
        report[f"ratio_alone_{share}"] = round(
            report["post_alone_ms"][share] / report["select_1_alone_ms"][share], 1
        )
        report[f"ratio_{share}"] = round(report["post_ms"][share] / report["select_1_ms"][share], 1)
    return {"clients": clients, **report}


def _concurrently(what: Callable[[int], None], clients: int, each: int) -> dict[str, float]:
    from django.db import connection

    seconds: list[float] = []

    def client(number: int) -> None:
        mine = []
        connection.ensure_connection()
        for turn in range(each):
            at = time.perf_counter()
            what(number * each + turn)
            mine.append(time.perf_counter() - at)
        seconds.extend(mine)
        connection.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = clients * each / (time.perf_counter() - began)
    return {**_spread(seconds), "per_second": round(rate, 1)}


# -- telling ------------------------------------------------------------------------------------


def _spread(seconds: list[float]) -> dict[str, float]:
    ms = np.array(seconds) * 1000
    return {f"p{share}": round(float(np.percentile(ms, share)), 2) for share in (50, 95, 99)}


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 2)


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@contextmanager
def _load() -> Iterator[dict[str, Any]]:
    told: dict[str, Any] = {"load_before": round(os.getloadavg()[0], 1)}
    yield told
    told["load_after"] = round(os.getloadavg()[0], 1)


def main() -> None:
    """Run one step and tell its figures."""
    parser = argparse.ArgumentParser(prog="bench.national", description=__doc__)
    parser.add_argument("step", choices=["fill", "match", "keep", "posts"])
    parser.add_argument("--firms", type=int, default=53_000)
    parser.add_argument("--listings", type=int, default=200_000)
    parser.add_argument("--inferred", type=float, default=0.25, help="share of inferred listings")
    parser.add_argument("--lots", type=float, default=0.0, help="share of listings with a lot")
    parser.add_argument("--changes", type=int, default=80)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--each", type=int, default=25, help="postings of each client")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    import django

    django.setup()
    with _load() as told:
        if given.step == "fill":
            told |= fill(
                firms=given.firms,
                listings=given.listings,
                seed=given.seed,
                inferred=given.inferred,
                lots=given.lots,
            )
        elif given.step == "match":
            told |= match()
        elif given.step == "keep":
            told |= keep(changes=given.changes, seed=given.seed)
        else:
            told |= posts(clients=given.clients, each=given.each, seed=given.seed)
    line = json.dumps({"step": given.step, **told})
    print(line)
    if given.out:
        with given.out.open("a") as file:
            file.write(line + "\n")


if __name__ == "__main__":
    main()
