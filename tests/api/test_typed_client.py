"""A client that a generator made of the contract alone takes part in the market."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from django.conf import settings
from rest_framework.test import APIClient

from marketplace.models import Organisation
from tests.api.callers import program
from tests.factories import NeedFactory

CONTRACT = Path(settings.BASE_DIR) / "docs" / "api" / "openapi.yaml"
PACKAGE = "generated_market_client"

pytestmark = pytest.mark.slow

Part = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Part]:
    """Modules of the generated package by their name inside it."""
    folder = tmp_path_factory.mktemp("client")
    rules = Path(__file__).with_name("openapi-python-client.yaml")
    command = [
        *(sys.executable, "-m", "openapi_python_client", "generate", "--path", str(CONTRACT)),
        *("--output-path", str(folder / PACKAGE), "--meta", "none", "--config", str(rules)),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr, done.stdout
    sys.path.insert(0, str(folder))
    try:
        yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")
    finally:
        sys.path.remove(str(folder))


class Line(httpx.BaseTransport):
    """What the generated client sends goes to the test's own server, inside its transaction."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = APIClient().generic(
            request.method,
            request.url.raw_path.decode(),
            request.read(),
            content_type=request.headers.get("Content-Type", ""),
            headers=dict(request.headers),
        )
        return httpx.Response(
            answer.status_code, headers=list(answer.headers.items()), content=answer.content
        )


def _client(part: Part, organisation: Organisation) -> Any:
    token = program(organisation)._credentials["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    return part("client").AuthenticatedClient(
        base_url="http://localhost",
        token=token,
        headers={"Accept-Language": "en"},
        httpx_args={"transport": Line()},
    )


@pytest.mark.django_db
def test_a_listing_from_its_posting_to_an_exchange(
    part: Part, brewery: Organisation, farm: Organisation, grain: Any
) -> None:
    need = NeedFactory(site=farm.sites.get(), material=grain)
    client, models = _client(part, brewery), part("models")
    sites = part("api.sites.sites_list").sync(client=client, mine=True)
    (site,) = sites.results
    assert site.organisation.label == "Brewery Ltd"

    body = models.ListingAskRequest(
        site=site.id,
        material=grain.code,
        quantity=models.QuantityAskRequest(value="1200.5", unit="t"),
        external_id="ERP-17",
    )
    create = part("api.offers.offers_create")
    posted = create.sync(client=client, body=body, idempotency_key="once")
    assert isinstance(posted, models.PostedAnswer)
    assert posted.quantity.value == "1200.5"
    (proposal,) = posted.proposals
    assert proposal.need.id == need.public_id

    again = create.sync_detailed(client=client, body=body, idempotency_key="once")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.parsed.id == posted.id

    read = part("api.offers.offers_retrieve").sync_detailed(posted.id, client=client)
    change = models.PatchedListingAskRequest(title="Wet grain")
    revise = part("api.offers.offers_partial_update").sync_detailed
    revised = revise(posted.id, client=client, body=change, if_match=read.headers["ETag"])
    assert revised.parsed.title == "Wet grain"
    late = revise(posted.id, client=client, body=change, if_match=read.headers["ETag"])
    assert late.status_code == 412
    assert isinstance(late.parsed, models.Problem)
    assert late.parsed.code == "precondition_failed"

    taken = part("api.exchanges.exchanges_create").sync(
        client=client,
        body=models.OpenAskRequest(proposal=revised.parsed.proposals[0].id),
    )
    assert taken.state == "interest_one"  # taking up says that one is interested
    assert [move.move for move in taken.possible_moves]

    wrong = models.ListingAskRequest(
        site=site.id, material="nothing", quantity=models.QuantityAskRequest("many", "t")
    )
    refused = create.sync(client=client, body=wrong)
    assert {fault.pointer for fault in refused.errors} == {"/material", "/quantity/value"}
