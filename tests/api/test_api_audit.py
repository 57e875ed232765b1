"""Every write route leaves exactly one entry for each row it changed, and says who."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import models
from django.test import Client

from api.models import Client as Program
from marketplace.audit import audited_models
from marketplace.models import Membership, Offer, Organisation
from tests.api.matrix import MATRIX, ROLES
from tests.api.test_api_matrix import World, _send, undone, world
from tests.factories import MembershipFactory, RegionFactory

__all__ = ["world"]
pytestmark = pytest.mark.django_db

Rows = dict[type[models.Model], dict[Any, dict[str, Any]]]


def _fields(entry: type[models.Model]) -> list[str]:
    return [f.attname for f in entry._meta.fields if not f.name.startswith("pgh_")]


def rows() -> Rows:
    """Every row of every audited table, as far as the trail records it."""
    return {
        model: {row["pk"]: row for row in model._base_manager.values("pk", *_fields(entry))}
        for model, entry in audited_models().items()
    }


def last_entries() -> dict[type[models.Model], int]:
    return {
        model: entry.objects.aggregate(last=models.Max("pgh_id"))["last"] or 0
        for model, entry in audited_models().items()
    }


def changes(before: Rows, after: Rows) -> Counter[tuple[str, str, Any]]:
    """What happened to which row of which table."""
    found: Counter[tuple[str, str, Any]] = Counter()
    for model in before:
        name, old, new = model._meta.label, before[model], after[model]
        found.update(("insert", name, pk) for pk in new.keys() - old.keys())
        found.update(("delete", name, pk) for pk in old.keys() - new.keys())
        found.update(("update", name, pk) for pk in old.keys() & new.keys() if old[pk] != new[pk])
    return found


def new_entries(since: dict[type[models.Model], int]) -> list[tuple[type[models.Model], Any]]:
    return [
        (model, entry)
        for model, entries in audited_models().items()
        for entry in entries.objects.filter(pgh_id__gt=since[model])
    ]


def check(before: Rows, since: dict[type[models.Model], int]) -> list[Any]:
    """One entry a changed row, each telling the row as it now is; returns the entries."""
    after, written = rows(), new_entries(since)
    told = Counter((e.pgh_label, model._meta.label, e.pgh_obj_id) for model, e in written)
    assert told == changes(before, after)
    for model, entry in written:
        if entry.pgh_label != "delete":
            now = after[model][entry.pgh_obj_id]
            assert {name: getattr(entry, name) for name in _fields(type(entry))} == {
                name: value for name, value in now.items() if name != "pk"
            }
    return [entry for _model, entry in written]


WRITES = [
    (route, method, target)
    for route, methods in MATRIX.items()
    for method, targets in methods.items()
    if method != "GET"
    for target, cells in targets.items()
    if min(cells) < 400
]


@pytest.mark.parametrize(("route", "method", "target"), WRITES)
def test_a_write_over_http_leaves_one_entry_a_row(
    world: World, route: str, method: str, target: str
) -> None:
    cells = MATRIX[route][method][target]
    wrote = False
    for role, status in zip(ROLES, cells, strict=True):
        if status >= 400:
            continue
        before, since = rows(), last_entries()
        with undone():
            answer = _send(world, role, route, method, target)
            assert answer.status_code == status, answer.content
            for entry in check(before, since):
                wrote = True
                who = entry.pgh_context
                assert who["request"] == answer["X-Request-ID"]
                assert who["route"].startswith(f"{method} /api/v1/")
                if role == "program":
                    assert who["client"] == Program.objects.get(pk=who["client"]).pk
                elif role != "anyone":
                    assert who["user"]
    assert wrote or route in LEAVES_NOTHING, f"{method} {route} wrote no entry"


LEAVES_NOTHING = {
    "listing-drafts",
    "hazard-assessments",
    "exchanges-messages",
    "imports",
    "imports-cancel",
    "imports-resume",
    "webhooks-ping",
    "webhook-deliveries-redeliver",
}


def test_forms_of_the_site_leave_one_entry_a_row(world: World, brewery: Organisation) -> None:
    RegionFactory()
    person = MembershipFactory(organisation=brewery, role=Membership.Role.OWNER).user
    browser = Client()
    browser.force_login(person)
    answers = {
        "material": "brewers-spent-grain",
        "material_text": "Brewer's spent grain",
        "site": world.site.public_id,
        "quantity_value": "350",
        "quantity_unit": "t",
        "quantity_basis": "year",
        "visibility": "public",
        "waste_status": "unknown",
        "pattern": "continuous",
    }

    def send(address: str, body: dict[str, str]) -> list[tuple[str, str]]:
        before, since = rows(), last_entries()
        answer = browser.post(address, body)
        assert answer.status_code == 302, answer.content
        written = check(before, since)
        assert all(entry.pgh_context["user"] == person.pk for entry in written)
        return [(type(entry).__name__, entry.pgh_label) for entry in written]

    assert send("/offers/new/", answers) == [("OfferAuditEntry", "insert")]
    offer = Offer.objects.order_by("-pk")[0]
    edit = f"/offers/{offer.public_id}/edit/"
    assert send(edit, answers | {"title": "Other"}) == [("OfferAuditEntry", "update")]
    withdraw = f"/offers/{offer.public_id}/withdraw/"
    assert send(withdraw, {}) == [("OfferAuditEntry", "update")]
    joined = send("/join/", {"name": "New", "type": "firm", "country": "BG"})
    assert sorted(joined) == [
        ("MembershipAuditEntry", "insert"),
        ("OrganisationAuditEntry", "insert"),
    ]
