"""Every cell of the permission matrix, and no route outside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern
from django.utils import timezone
from rest_framework.test import APIClient

from api.imports.models import Import
from api.models import Client as ApiClient
from api.models import PersonalToken
from api.v1 import urls
from api.webhooks import signing
from api.webhooks.endpoints import ping
from api.webhooks.models import Dispatch, Endpoint
from marketplace.exchanges.corresponding import attach_document
from marketplace.firms.viewers import viewer_for_organisation
from marketplace.models import (
    Affiliation,
    Delivery,
    Document,
    Event,
    Exchange,
    ImpactFigure,
    Membership,
    Message,
    Need,
    Offer,
    Organisation,
    Permit,
    Service,
    Site,
    Terms,
)
from symbiosis.models import CrossMatch, Proposal
from tests.api import council_things as council
from tests.api.callers import program
from tests.api.markets import MARKET_BODIES, cross_match
from tests.api.matrix import EXCHANGE_BODIES, MATRIX, ROLES
from tests.api.things import exchange, proposal, service
from tests.deliveries import told_by_the_receiver
from tests.exchange_stories import NOW, Pair
from tests.factories import (
    PLOVDIV,
    ActivityFactory,
    MembershipFactory,
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
    UserFactory,
    WasteCodeFactory,
)

pytestmark = pytest.mark.django_db

BELOW = (
    *("proposals", "confirmation", "objection", "correction", "withdrawal", "revocation"),
    *("moves", "terms", "messages", "documents"),
    *("ping", "secret", "redeliver", "cancel", "resume", "faults", "interest"),
    *council.BELOW,
)
"""What stands below the address of one thing."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass
class World:
    """Two firms, a chamber, a secretariat, and one thing of each kind for every target."""

    callers: dict[str, APIClient]
    ids: dict[str, dict[str, str]]
    site: Site
    exchange_id: str

    def address(self, route: str, target: str) -> str:
        name, _dash, tail = route.rpartition("-") if not _collection(route) else (route, "", "")
        if _collection(route):
            return f"/api/v1/{route}"
        thing = self.ids[name][target]
        if tail == "own":
            return f"/api/v1/{name}/by-external-id/{thing_external(target)}"
        return f"/api/v1/{name}/{thing}" + (f"/{tail}" if tail in BELOW else "")

    def body(self, route: str, method: str) -> Any:
        listing = {
            "site": self.site.public_id,
            "material": "brewers-spent-grain",
            "quantity": {"value": "5", "unit": "t"},
        }
        point = {"type": "Point", "coordinates": [23.3, 42.7]}
        bodies = {
            ("organisations", "POST"): {"name": "New"},
            ("sites", "POST"): {"name": "New", "location": point},
            ("hazard", "POST"): {
                "substances": [{"name": "x", "statements": ["H302"], "per_cent": "1"}]
            },
            ("listing", "POST"): {"text": "wet spent grain, 40 t a week"},
            ("me/erasure", "POST"): {"password": "correct horse battery"},
            ("tokens", "POST"): {
                "email": "owner@example.org",
                "password": "correct horse battery",
                "name": "t",
                "scopes": ["offers:read"],
            },
        }
        patches = {
            "organisations-one": {"about": "changed"},
            "affiliations-one": {"consent": True},
            "sites-one": {"name": "changed"},
            "webhooks-one": {"description": "changed"},
            "permits-one": {"authority": "changed"},
        }
        if route.startswith("exchanges"):
            return EXCHANGE_BODIES.get(route, {"proposal": self.ids["proposals"]["own"]})
        if method == "PATCH":
            return patches.get(route, {"title": "changed"})
        if route in council.BODIES:
            return council.BODIES[route]
        if route.startswith("imports"):
            return None
        if route.startswith("webhook"):
            return {"url": "https://8.8.8.8/"} if route == "webhooks" else None
        kind, _dash, tail = route.partition("-")
        if kind == "deliveries":
            return self.delivery_body(tail)
        if kind == "permits":
            return {} if tail else {"kind": "classification", "number": "7-1"}
        if route in MARKET_BODIES:
            return MARKET_BODIES[route]
        if kind == "services":
            return {"site": self.site.public_id, "kind": "advice", "title": "New"}
        return bodies.get((kind, "POST"), listing)

    def delivery_body(self, tail: str) -> Any:
        moved = {"delivered_on": "2026-03-09", "quantity": {"value": "3", "unit": "t"}}
        return {
            "": {**moved, "exchange": self.exchange_id},
            "correction": moved,
            "objection": {"objection": "It was less."},
        }.get(tail, {})


def _collection(route: str) -> bool:
    return not route.endswith(("-one", "-own", *(f"-{tail}" for tail in BELOW)))


def thing_external(target: str) -> str:
    return f"id-{target}"


@pytest.fixture
def world(brewery: Organisation, farm: Organisation, grain: Any) -> World:
    region = RegionFactory()
    WasteCodeFactory()
    mine, theirs = brewery.sites.get(), farm.sites.get()
    hidden = SiteFactory(
        organisation=farm, lon=PLOVDIV[0], lat=PLOVDIV[1], region=RegionFactory(code="BG421")
    )
    for site, target in ((mine, "own"), (theirs, "other")):
        Site.objects.filter(pk=site.pk).update(external_id=thing_external(target))
    third = SiteFactory(organisation=OrganisationFactory())
    chamber = OrganisationFactory(type=Organisation.Type.CHAMBER, region=region)
    secretariat = OrganisationFactory(type=Organisation.Type.SECRETARIAT)
    people = {
        "owner": _person("owner@example.org", brewery, Membership.Role.OWNER),
        "officer": _person("officer@example.org", chamber, Membership.Role.OFFICER),
        "secretariat": _person("admin@example.org", secretariat, Membership.Role.ADMINISTRATOR),
    }
    callers = {
        "anyone": APIClient(),
        "unscoped": program(brewery, ""),
        "program": program(brewery),
        **{role: _browser(person) for role, person in people.items()},
    }
    people["stranger"] = UserFactory()
    listings = {
        factory: {
            "own": factory(site=mine, external_id="id-own"),
            "other": factory(site=theirs, external_id="id-other"),
            "hidden": factory(site=hidden, status="closed"),
        }
        for factory in (OfferFactory, NeedFactory)
    }
    offers, needs = listings[OfferFactory], listings[NeedFactory]
    secret = {"visibility": "anonymous"}
    proposals = {
        "own": proposal(offers["own"], needs["other"]),
        "other": proposal(offers["other"], NeedFactory(site=third)),
        "hidden": proposal(OfferFactory(site=theirs, **secret), NeedFactory(site=third, **secret)),
    }
    services = {
        "own": service(mine, external_id="id-own"),
        "other": service(theirs, external_id="id-other"),
        "hidden": service(theirs, status="closed"),
    }
    exchanges = {
        "own": exchange(OfferFactory(site=mine), NeedFactory(site=theirs)),
        "other": exchange(OfferFactory(site=theirs), NeedFactory(site=third)),
    }
    documents = {
        target: attach_document(
            viewer=viewer_for_organisation(exchange.offer.organisation),
            exchange=exchange,
            name="a.txt",
            data=b"a",
            now=NOW,
        )
        for target, exchange in exchanges.items()
    }
    cluster = OrganisationFactory(type=Organisation.Type.CLUSTER)
    affiliations = {
        "own": Affiliation.objects.create(member=brewery, host=chamber),
        "hidden": Affiliation.objects.create(member=farm, host=cluster),
    }
    deliveries = {
        "own": told_by_the_receiver(Pair(OfferFactory(site=mine), NeedFactory(site=theirs))),
        "hidden": told_by_the_receiver(Pair(OfferFactory(site=theirs), NeedFactory(site=third))),
    }
    permits = {
        target: Permit.objects.create(organisation=firm, kind="waste_permit", number=target)
        for target, firm in (("own", brewery), ("hidden", farm))
    }
    endpoints = {
        target: Endpoint.objects.create(
            organisation=organisation,
            url="https://8.8.8.8/",
            types=["offer.created"],
            sealed_secret=signing.sealed(signing.new_secret()),
        )
        for target, organisation in (("own", brewery), ("hidden", farm))
    }
    dispatches = {
        target: ping(endpoint=endpoint, now=timezone.now())
        for target, endpoint in endpoints.items()
    }
    sender = ApiClient.objects.exclude(allowed_scopes=[]).get(organisation=brewery)
    waiting = Import.objects.create(
        caller=f"client:{sender.pk}", client=sender, side="offers", form="csv", decimal="comma"
    )
    tokens = {
        target: PersonalToken.objects.create(user=people[role], name=target)[0]
        for target, role in (("own", "owner"), ("other", "stranger"))
    }
    matches = {
        "own": cross_match(offers["own"], interested_at=NOW, contact={"name": "M"}),
        "hidden": cross_match(offers["other"]),
    }
    never = "0" * 26
    ids = {
        "problems": {"own": "throttled", "none": "nothing"},
        "materials": {"own": grain.code, "none": "nothing"},
        "waste-codes": {"own": "020704", "none": "999999"},
        "exports": {"own": "offers.csv", "none": "offers.pdf"},
        "imports": _ids({"own": waiting}, f"import_{never}"),
        "webhooks": _ids(endpoints, f"webhook_{never}"),
        "webhook-deliveries": _ids(dispatches, f"dispatch_{never}"),
        "activities": {"own": ActivityFactory().code, "none": "99.99"},
        "units": {"own": "energy", "none": "nothing"},
        "matching-parameters": {"own": "detour_factor", "none": "nothing"},
        "affiliations": _ids(affiliations, f"affiliation_{never}"),
        "regions": {"own": "BG411", "none": "XX000"},
        "organisations": _ids({"own": brewery, "other": farm}, f"org_{never}"),
        "sites": _ids({"own": mine, "other": theirs, "hidden": hidden}, f"site_{never}"),
        "offers": _ids(offers, f"offer_{never}"),
        "needs": _ids(needs, f"need_{never}"),
        "services": _ids(services, f"service_{never}"),
        "proposals": _ids(proposals, f"proposal_{never}"),
        "permits": _ids(permits, f"permit_{never}"),
        "deliveries": _ids(deliveries, f"delivery_{never}"),
        "exchanges": _ids(exchanges, f"exchange_{never}"),
        "documents": _ids(documents, f"document_{never}"),
        "partner-markets": _ids({"own": matches["own"].foreign.partner}, f"market_{never}"),
        "partner-matches": _ids(matches, f"match_{never}"),
        "tokens": _ids(tokens, f"token_{never}"),
        **council.ids(brewery, farm),
    }
    return World(callers, ids, mine, deliveries["own"].exchange.public_id)


def _ids(things: dict[str, Any], missing: str) -> dict[str, str]:
    return {target: thing.public_id for target, thing in things.items()} | {"none": missing}


def _person(email: str, organisation: Organisation, role: str) -> Any:
    user = UserFactory(email=email)
    MembershipFactory(user=user, organisation=organisation, role=role)
    return user


def _browser(user: Any) -> APIClient:
    caller = APIClient()
    caller.force_login(user)
    return caller


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside did not happen."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _state() -> list[Any]:
    """Everything that a write of the API could change."""
    models = (
        *(Offer, Need, Site, Organisation, Service, Proposal, PersonalToken, Membership),
        *(Affiliation, Exchange, Delivery, ImpactFigure, Permit),
        *(Event, Terms, Message, Document),
        *(Affiliation, Endpoint, Dispatch, Import, CrossMatch, *council.MODELS),
    )
    return [list(model.objects.order_by("pk").values()) for model in models]


def _send(world: World, role: str, route: str, method: str, target: str) -> Any:
    body = world.body(route, method) if method in ("POST", "PUT", "PATCH") else None
    extra = {} if method == "PUT" else {"HTTP_IF_MATCH": "*"}
    if route == "imports" and method == "POST":
        address = f"{world.address(route, target)}?side=offers"
        file = "material,quantity\nbrewers-spent-grain,1\n"
        return world.callers[role].generic("POST", address, file, content_type="text/csv")
    return world.callers[role].generic(
        method,
        world.address(route, target),
        json.dumps(body) if body is not None else "",
        content_type="application/json",
        HTTP_ACCEPT_LANGUAGE="en",
        **extra,
    )


@pytest.mark.parametrize("route", MATRIX)
def test_every_cell_of_a_route(world: World, route: str) -> None:
    before = _state()
    wrong = []
    for method in METHODS:
        targets = MATRIX[route].get(method) or {"-" if _collection(route) else "own": (405,) * 6}
        for target, expected in targets.items():
            for role, wanted in zip(ROLES, expected, strict=True):
                with undone():
                    got = _send(world, role, route, method, target).status_code
                    if got != wanted:
                        wrong.append(f"{method} {target} by {role}: {got} instead of {wanted}")
                    elif got >= 400 and method != "GET" and _state() != before:
                        wrong.append(f"{method} {target} by {role}: refused, yet changed something")
    assert wrong == []


def test_no_route_is_outside_the_table() -> None:
    served = {entry.name for entry in urls.urlpatterns if isinstance(entry, URLPattern)}
    assert len(urls.urlpatterns) == len(served)
    assert served == set(MATRIX)


@pytest.mark.parametrize(
    "route",
    [r for r, methods in MATRIX.items() if any("hidden" in t for t in methods.values())],
)
def test_hidden_answers_exactly_as_missing(world: World, route: str) -> None:
    for method, targets in MATRIX[route].items():
        for role in ("anyone", "program", "owner", "officer"):
            told = [_told(world, role, route, method, target) for target in ("hidden", "none")]
            assert told[0] == told[1], (method, role)
            assert targets["hidden"][ROLES.index(role)] >= 400


def _told(world: World, role: str, route: str, method: str, target: str) -> Any:
    """Status, body and headers without what differs between any two requests."""
    with undone():
        answer = _send(world, role, route, method, target)
    body = {k: v for k, v in answer.json().items() if k not in ("instance", "request_id")}
    own = ("X-Request-ID", "RateLimit")
    return answer.status_code, body, {k: v for k, v in answer.headers.items() if k not in own}


def test_an_officer_sees_the_sites_of_the_chambers_region_only(
    world: World, farm: Organisation
) -> None:
    inside = SiteFactory(organisation=farm, region=RegionFactory())
    officer = world.callers["officer"]
    assert officer.get(f"/api/v1/sites/{inside.public_id}").status_code == 200
    assert world.callers["program"].get(f"/api/v1/sites/{inside.public_id}").status_code == 404
