"""A partner's sandbox: two clusters that can trade, apart from real firms, renewed at will."""

from __future__ import annotations

import base64
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from marketplace.models import Offer, Organisation
from tests.factories import MaterialFactory, OfferFactory, RegionFactory

pytestmark = pytest.mark.django_db


def _sandbox(action: str, name: str = "danube") -> str:
    out = StringIO()
    call_command("sandbox", action, name, stdout=out)
    return out.getvalue()


def _programs(told: str) -> list[APIClient]:
    found = []
    for pair in re.findall(r"client_id +(\S+)\s+client_secret +(\S+)", told):
        basic = base64.b64encode(":".join(pair).encode()).decode()
        answer = APIClient().post(
            "/oauth/token",
            "grant_type=client_credentials",
            content_type="application/x-www-form-urlencoded",
            HTTP_AUTHORIZATION=f"Basic {basic}",
        )
        caller = APIClient()
        if answer.status_code == 200:
            caller.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access_token']}")
            found.append(caller)
    return found


@pytest.fixture(autouse=True)
def _catalogue() -> None:
    RegionFactory()
    MaterialFactory()


def test_both_sides_can_be_played_at_once() -> None:
    holder, taker = _programs(_sandbox("open"))
    (proposal,) = holder.get("/api/v1/proposals?mine=true").json()["results"]
    opened = holder.post("/api/v1/exchanges", {"proposal": proposal["id"]})
    assert opened.status_code == 201
    exchange = taker.get(f"/api/v1/exchanges/{opened.json()['id']}").json()
    assert exchange["roles"] == ["need"]
    assert exchange["offer"]["fictional"] is True


def test_a_reset_stops_the_old_programs_and_seeds_anew() -> None:
    old = _programs(_sandbox("open"))
    new = _programs(_sandbox("reset"))
    assert [caller.get("/api/v1/me").status_code for caller in old] == [401, 401]
    assert [caller.get("/api/v1/me").status_code for caller in new] == [200, 200]
    assert Offer.objects.filter(status="open").count() == 1
    assert Offer.objects.count() == 2
    _sandbox("close")
    assert not Offer.objects.filter(status="open").exists()


def test_real_firms_and_a_sandbox_do_not_share_a_market() -> None:
    OfferFactory()
    before = Organisation.objects.count()
    with pytest.raises(CommandError, match=r"истински фирми|real firms"):
        _sandbox("open")
    assert Organisation.objects.count() == before


def test_unknown_and_taken_names_are_refused() -> None:
    with pytest.raises(CommandError):
        _sandbox("reset")
    _sandbox("open")
    with pytest.raises(CommandError):
        _sandbox("open")
