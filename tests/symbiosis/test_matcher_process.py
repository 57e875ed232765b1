"""The matcher as real processes: one writes, one stands by, and killing either loses nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone

from symbiosis.core.params import Params
from symbiosis.models import ListingChange, MatcherProcess, MatchRun, Proposal
from symbiosis.services import run_matching
from tests.factories import MaterialFactory, NeedFactory, OfferFactory, SiteFactory
from tests.processes import environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PATIENCE_SECONDS = 300
"""Two fresh processes may have to compile the kernels first, side by side, on a busy machine."""


def until(condition, what):
    """Wait for other processes; generous, for the machine may be busy."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.05)


@contextmanager
def matcher():
    """A matcher process on this test's database, killed at the end whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "matcher"],
        cwd=settings.BASE_DIR,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()


def state_of(process):
    rows = MatcherProcess.objects.filter(name__endswith=f":{process.pid}")
    return rows.values_list("state", flat=True).first()


def is_in(process, state):
    assert process.poll() is None, process.stderr.read().decode()
    return state_of(process) == state


def taken_in():
    return not ListingChange.objects.exists()


def lot(tonnes, lon, *, of):
    return of(
        site=SiteFactory(lon=lon, lat=42.7),
        material=MaterialFactory(),
        quantity_value=Decimal(tonnes),
    )


def objective():
    posted = MatchRun.objects.filter(scope="posted").order_by("-id").first()
    return int(posted.objective)


def test_killed_matchers_lose_nothing_and_never_write_together():
    lot(50, 23.3, of=OfferFactory)
    lot(20, 23.5, of=NeedFactory)
    with matcher() as first, matcher() as second:
        until(lambda: is_in(first, "keeping") or is_in(second, "keeping"), "one keeps the plan")
        keeper, waiting = (first, second) if state_of(first) == "keeping" else (second, first)
        until(lambda: is_in(waiting, "standing_by"), "the other stands by")
        lot(10, 23.6, of=NeedFactory)
        until(taken_in, "a posted need is taken in")
        assert sorted(Proposal.objects.values_list("base_quantity", flat=True)) == [10_000, 20_000]
        assert is_in(waiting, "standing_by")

        kill(keeper)
        until(lambda: is_in(waiting, "keeping"), "the one standing by takes over")
        lot(40, 23.31, of=NeedFactory)
        until(taken_in, "a further need is taken in")
        served = objective()

        kill(waiting)
        lot(90, 23.32, of=OfferFactory)
        before = list(Proposal.objects.values_list("offer_id", "need_id", "base_quantity"))
        time.sleep(2.5)  # the control: with nobody at work the change waits
        assert not taken_in()
        assert list(Proposal.objects.values_list("offer_id", "need_id", "base_quantity")) == before
        assert objective() == served

    with matcher() as third:
        until(lambda: is_in(third, "keeping"), "a new matcher has built the plan anew")
        assert taken_in()
        rebuilt = objective()
        third.terminate()
        assert third.wait(PATIENCE_SECONDS) == 0
    assert rebuilt > served
    cold = run_matching(
        as_of=timezone.localdate(),
        now=lambda: datetime.now(UTC),
        params=Params().but(all_pairs_gap=0.0),
    )
    assert int(cold.posted.objective) == rebuilt
