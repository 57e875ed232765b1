"""Nothing is kept longer than is stated, and nothing that is still wanted is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from api.imports.models import Import
from api.retention import KEPT, forget_what_is_over
from api.webhooks.endpoints import ping
from api.webhooks.models import Dispatch, Endpoint
from marketplace.audit import audited_models
from marketplace.models import Notice, Organisation, Site
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def _fill(brewery: Organisation) -> None:
    """One record of each kind that ends now, and a delivery that is still to be sent."""
    now, person = timezone.now(), UserFactory()
    endpoint = Endpoint.objects.create(
        organisation=brewery, url="https://8.8.8.8/", types=["offer.created"], sealed_secret=b"x"
    )
    over, _pending = ping(endpoint=endpoint, now=now), ping(endpoint=endpoint, now=now)
    Dispatch.objects.filter(pk=over.pk).update(state="delivered", finished_at=now)
    for state, finished in (("done", now), ("queued", None)):
        Import.objects.create(
            caller=f"user:{person.pk}", user=person, side="offers", form="csv", decimal="comma",
            state=state, finished_at=finished,
        )  # fmt: skip
    Session.objects.create(session_key="k", session_data="", expire_date=now)
    Notice.objects.create(user=person, kind="digest", key="k", sent_at=now)


def _held() -> dict[str, int]:
    models = {
        "webhook_bodies": Dispatch,
        "imports": Import,
        "sessions": Session,
        "letters": Notice,
    }
    return {kind: model._default_manager.count() for kind, model in models.items()}


@pytest.mark.parametrize("kind", ["webhook_bodies", "imports", "sessions", "letters"])
def test_a_record_goes_when_its_time_is_over_and_not_before(
    brewery: Organisation, kind: str
) -> None:
    _fill(brewery)
    before, now = _held()[kind], timezone.now()
    early = now + KEPT[kind] - timedelta(minutes=1)
    assert forget_what_is_over(now=early)[kind] == 0
    assert _held()[kind] == before
    late = now + KEPT[kind] + timedelta(minutes=1)
    over = {"webhook_bodies": 1, "imports": 2, "sessions": 1, "letters": 1}[kind]
    assert forget_what_is_over(now=late)[kind] == over
    assert _held()[kind] == before - over
    assert forget_what_is_over(now=late)[kind] == 0


def test_every_kind_is_stated_and_the_record_of_firms_stays(brewery: Organisation) -> None:
    _fill(brewery)
    entries = audited_models()[Site].objects.count()
    told = forget_what_is_over(now=timezone.now() + timedelta(days=4000))
    assert set(told) == set(KEPT)
    assert audited_models()[Site].objects.count() == entries > 0
    assert Dispatch.objects.get().state == "pending"
    assert brewery.sites.exists()


def test_a_pass_of_the_clock_forgets(
    brewery: Organisation, monkeypatch: Any, tmp_path: Any
) -> None:
    _fill(brewery)
    turned: list[Any] = []
    monkeypatch.setattr("config.management.commands.tick.turn_over", turned.append)
    later: datetime = timezone.now() + timedelta(days=4000)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    out = StringIO()
    call_command("tick", stdout=out)
    assert "2 imports, 1 sessions" in out.getvalue()
    assert turned
    again = StringIO()
    call_command("tick", stdout=again)
    assert "forgotten" not in again.getvalue()
