"""Reading a text for a new listing over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.models import Offer, Organisation
from tests.api.callers import program
from tests.factories import MaterialFactory, WasteCodeFactory

pytestmark = pytest.mark.django_db


def read(client: Any, **body: Any) -> Any:
    return client.post("/api/v1/listing-drafts", body, format="json", HTTP_ACCEPT_LANGUAGE="en")


def test_a_text_gives_candidates_codes_amounts_and_what_is_missing(
    brewery: Organisation, grain: Any
) -> None:
    WasteCodeFactory()
    answer = read(program(brewery), text="мокра пивна каша, ок. 40 т седмично")
    assert answer.status_code == 200
    body = answer.json()
    first = body["materials"][0]
    assert first["material"]["id"] == "brewers-spent-grain"
    assert 0 < first["probability"] <= 1
    assert first["words"]
    assert "020704" in [code["id"] for code in body["waste_codes"]]
    amount = body["quantities"][0]
    assert (amount["low"], amount["unit"], amount["period"]) == ("40", "t", "week")
    assert body["missing"] == ["waste_code", "activity"]
    assert not Offer.objects.exists()


def test_a_need_may_be_read_as_a_use(brewery: Organisation) -> None:
    feed = MaterialFactory(code="ruminant-feed", is_use=True)
    body = read(program(brewery), text="feed for dairy cattle", side="need").json()
    assert feed.code in [row["material"]["id"] for row in body["materials"]]


def test_what_is_not_text_is_refused(brewery: Organisation) -> None:
    answer = read(program(brewery), text=" ", side="both", other=1)
    assert answer.status_code == 400
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"/text", "/side", "/other"}
