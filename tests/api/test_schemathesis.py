"""The contract put to the test by a program that reads nothing else: schemathesis, every phase."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from pytest_django.live_server_helper import LiveServer

from api.schema import contract
from api.throttling import CallerThrottle
from marketplace.models import Organisation, Site
from symbiosis.lexicon import current_helper
from tests.api.callers import program
from tests.exchange_stories import Pair
from tests.factories import (
    ActivityFactory,
    NeedFactory,
    OfferFactory,
    WasteCodeFactory,
)

SEEDS = (1, 20261130, 987654321)
RATES = ("anonymous", "caller", "login")
RULES = Path(__file__).with_name("schemathesis.toml")


COVERED = ("sites", "partner-matches", "deliveries", "webhooks")
"""Resources whose every boundary value is tried; all of them would take CI a quarter of an hour."""

RUNS = [
    *((seed, ("--phases", "examples,fuzzing,stateful")) for seed in SEEDS),
    (1, ("--phases", "coverage", *(word for tag in COVERED for word in ("--include-tag", tag)))),
]


@pytest.mark.slow
@pytest.mark.skipif(
    "SCHEMATHESIS" not in os.environ,
    reason="takes over six minutes; with SCHEMATHESIS=1 set, run this file by itself",
)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("seed", "asked"), RUNS)
def test_no_request_that_the_contract_allows_or_forbids_is_answered_otherwise(
    live_server: LiveServer,
    brewery: Organisation,
    farm: Organisation,
    grain: Any,
    seed: int,
    asked: tuple[str, ...],
    tmp_path: Path,
) -> None:
    caller = program(brewery)
    mine, theirs = brewery.sites.get(), farm.sites.get()
    Site.objects.filter(pk=mine.pk).update(external_id="SITE-1")
    WasteCodeFactory()
    ActivityFactory()
    Pair(OfferFactory(site=mine, external_id="ERP-17"), NeedFactory(site=theirs)).disclosed()
    contract()  # kept from here on, like the text engine: the server runs in this process
    current_helper()
    told = caller._credentials["HTTP_AUTHORIZATION"]
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(RULES)),
        *("run", f"{live_server.url}/api/v1/openapi.json", "-H", f"Authorization: {told}"),
        *(*asked, "--seed", str(seed)),
        *("--checks", "all", "--request-timeout", "60"),
    ]
    with mock.patch.dict(CallerThrottle.THROTTLE_RATES, dict.fromkeys(RATES, "1000000/min")):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
