"""Every page that takes a form leaves exactly one entry for each row it changed, and says who."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern
from django.utils import timezone

from marketplace.exchanges.services import MoveDetails, make_move
from marketplace.exchanges.words import LossReason, Move
from marketplace.firms.viewers import viewer_for
from marketplace.followup.checks import ask_about_stale, token_of
from marketplace.followup.reopening import note_blocker
from marketplace.models import (
    Exchange,
    ListingCheck,
    Membership,
    Need,
    Offer,
    Organisation,
    Permit,
    User,
)
from symbiosis.models import Proposal
from symbiosis.workshops import WorkshopDraft, prepare_workshop, set_attendance
from tests.api.test_api_audit import check, last_entries, rows
from tests.deliveries import told_by_the_receiver
from tests.exchange_stories import NOW, Pair, pair
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
    UserFactory,
    WasteCodeFactory,
)
from tests.web.test_web_publishing import answers
from web import urls

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@dataclass
class Stage:
    """Two firms with somebody signed in for each."""

    two: Pair
    holder: User
    receiver: User

    def browser(self, user: User | None) -> Client:
        client = Client(headers={"accept-language": "en"})
        if user is not None:
            client.force_login(user)
        return client


Post = tuple[User | None, str, dict[str, Any]]
"""Who posts what to which address."""


@pytest.fixture
def stage() -> Stage:
    two = pair(offer__site=SiteFactory(region=RegionFactory()))
    holder = MembershipFactory(organisation=two.offer.organisation, role=Membership.Role.OWNER)
    receiver = MembershipFactory(organisation=two.need.organisation, role=Membership.Role.OWNER)
    return Stage(two, holder.user, receiver.user)


def _listing_new(side: str) -> Callable[[Stage], Post]:
    def post(stage: Stage) -> Post:
        site = stage.two.offer.site
        return stage.holder, f"/{side}s/new/", answers(site, told_price="nobody")

    return post


def _listing(side: str, step: str) -> Callable[[Stage], Post]:
    def post(stage: Stage) -> Post:
        listing: Offer | Need = getattr(stage.two, side)
        who = stage.holder if side == "offer" else stage.receiver
        body = answers(listing.site, title="Other") if step == "edit" else {}
        return who, f"/{side}s/{listing.public_id}/{step}/", body

    return post


def _still_valid(side: str) -> Callable[[Stage], Post]:
    def post(stage: Stage) -> Post:
        _ask(stage, side)
        return _listing(side, "still-valid")(stage)

    return post


def _ask(stage: Stage, side: str) -> ListingCheck:
    listing = getattr(stage.two, side)
    old = timezone.now() - timedelta(days=95)
    type(listing).objects.filter(pk=listing.pk).update(updated_at=old)
    ask_about_stale(now=timezone.now())
    return ListingCheck.objects.get()


def _listing_check(stage: Stage) -> Post:
    return None, f"/listing-checks/{token_of(_ask(stage, 'offer'))}/", {"answer": "gone"}


def _join(stage: Stage) -> Post:
    return UserFactory(), "/join/", {"name": "New", "type": "firm", "country": "BG"}


def _my_data(stage: Stage) -> Post:
    return stage.holder, "/my/data/", {"password": PASSWORD, "sure": "on"}


def proposed(two: Pair) -> Proposal:
    """The plan proposes the two to each other."""
    return Proposal.objects.create(
        offer=two.offer,
        need=two.need,
        stage="planned",
        base_quantity=1000,
        straight_m=1,
        road_m=1,
        value_cents=1,
        disposal_cents=1,
        purchase_cents=0,
        processing_cents=0,
        haulage_cents=0,
        value_cents_per_t=1,
        co2e_kg=0,
    )


def _open(stage: Stage) -> Post:
    return stage.holder, f"/proposals/{proposed(stage.two).public_id}/open/", {}


def _of(exchange: Exchange, step: str) -> str:
    return f"/exchanges/{exchange.public_id}/{step}/"


def _move(stage: Stage) -> Post:
    exchange = stage.two.opened()
    body = {"interest-version": exchange.version}
    return stage.receiver, _of(exchange, "move/interest"), body


def _terms(stage: Stage) -> Post:
    exchange = stage.two.disclosed()
    body = {
        "quantity_value": "30,5",
        "quantity_unit": "t",
        "quantity_basis": "year",
        "price": "-7,50",
        "starts_on": "2027-01-01",
        "incoterm": "DAP",
        "haulage_borne_by": "offer",
        "version": exchange.version,
    }
    return stage.holder, _of(exchange, "terms"), body


def _message(stage: Stage) -> Post:
    return stage.holder, _of(stage.two.disclosed(), "messages"), {"body": "Кога?"}


def _document(stage: Stage) -> Post:
    body = {"kind": "other", "file": SimpleUploadedFile("a.txt", b"a")}
    return stage.holder, _of(stage.two.disclosed(), "documents"), body


def _record(stage: Stage) -> Post:
    body = {
        "delivered_on": timezone.localdate().isoformat(),
        "quantity_value": "3,5",
        "quantity_unit": "t",
        "transport": "road",
    }
    return stage.holder, _of(stage.two.agreed(), "deliveries"), body


def _ask_again(stage: Stage) -> Post:
    fallen = make_move(
        viewer=stage.two.receiver,
        exchange=stage.two.disclosed(),
        move=Move.DECLINE,
        now=NOW,
        details=MoveDetails(reason=LossReason.OTHER_DEAL),
    )
    note_blocker(fallen, now=NOW)  # as a receiver does once the move is committed
    day = timezone.localdate() + timedelta(days=30)
    return stage.holder, _of(fallen, "ask-again"), {"wake_on": day.isoformat()}


def _delivery(act: str, **body: str) -> Callable[[Stage], Post]:
    def post(stage: Stage) -> Post:
        delivery = told_by_the_receiver(stage.two)
        who = stage.receiver if act == "correct" else stage.holder
        return who, f"/deliveries/{delivery.public_id}/{act}/", body

    return post


def _workshop(step: str) -> Callable[[Stage], Post]:
    def post(stage: Stage) -> Post:
        region = stage.two.offer.site.region
        chamber = OrganisationFactory(type=Organisation.Type.CHAMBER, region=region)
        officer = MembershipFactory(organisation=chamber, role=Membership.Role.OFFICER).user
        if step == "prepare":
            form = {"title": "Борса", "held_on": "2026-12-10", "chairs": 2, "rounds": 2}
            return officer, "/chamber/workshops/", form
        proposal = proposed(stage.two)
        draft = WorkshopDraft(
            title="Борса", held_on=timezone.localdate(), place="", chairs=2, rounds=2
        )
        viewer = viewer_for(officer)
        workshop = prepare_workshop(viewer=viewer, region=region, draft=draft)
        firms = [stage.two.offer.organisation_id, stage.two.need.organisation_id]
        come = [] if step == "attendance" else firms
        set_attendance(viewer=viewer, workshop=workshop, invited=firms, present=come)
        body: dict[str, dict[str, Any]] = {
            "attendance": {"invited": firms, "present": firms},
            "seating": {},
            "match": {"proposal": proposal.public_id, "note": "на масата"},
        }
        return officer, f"/chamber/workshops/{workshop.uid}/{step}/", body[step]

    return post


def _year(stage: Stage) -> Post:
    body = {"year": "2025", "inflow_kg": "1000", "products_kg": "800,5", "landfilled_kg": "150"}
    firm = stage.two.offer.organisation.public_id
    return stage.holder, "/circularity/years/", body | {"organisation": firm}


def _product(stage: Stage) -> Post:
    body = {"name": "Каса", **dict.fromkeys(("recycling_yield", "feedstock_yield"), "100")}
    body |= dict.fromkeys(("mass_kg", "lifetime_ratio", "intensity_ratio"), "1")
    shares = ("recycled", "reused", "biological", "to_recycling", "to_reuse", "to_compost")
    body |= dict.fromkeys((*shares, "to_energy"), "0")
    firm = stage.two.offer.organisation.public_id
    return stage.holder, "/circularity/products/", body | {"organisation": firm}


def _permit(step: str) -> Callable[[Stage], Post]:
    def post(stage: Stage) -> Post:
        firm, code = stage.two.offer.organisation, WasteCodeFactory()
        body = {
            "organisation": firm.public_id,
            "kind": "waste_permit",
            "number": "09-ДО-1234",
            "country": "BG",
            "codes": "020704; 1200.5",
            "operations": "R3",
            "materials": stage.two.offer.material.code,
        }
        if step == "new":
            return stage.holder, "/my/papers/new/", body
        permit = Permit.objects.create(organisation=firm, kind="waste_permit", number="1")
        permit.codes.create(waste_code=code)
        address = f"/my/papers/{permit.public_id}/{step}/"
        return stage.holder, address, body | {"version": permit.version}

    return post


WRITES: dict[str, Callable[[Stage], Post]] = {
    **{f"{side}_new": _listing_new(side) for side in ("offer", "need")},
    **{f"{side}_edit": _listing(side, "edit") for side in ("offer", "need")},
    **{f"{side}_withdraw": _listing(side, "withdraw") for side in ("offer", "need")},
    **{f"{side}_still_valid": _still_valid(side) for side in ("offer", "need")},
    "listing_check": _listing_check,
    "join": _join,
    "my_data": _my_data,
    "circularity_year": _year,
    "circularity_product": _product,
    "workshops": _workshop("prepare"),
    **{f"workshop_{step}": _workshop(step) for step in ("attendance", "seating", "match")},
    **{f"permit_{step}": _permit(step) for step in ("new", "edit", "withdraw")},
    "proposal_open": _open,
    "exchange_move": _move,
    "exchange_terms": _terms,
    "exchange_message": _message,
    "exchange_document": _document,
    "exchange_deliveries": _record,
    "exchange_ask_again": _ask_again,
    "delivery_confirm": _delivery("confirm"),
    "delivery_contest": _delivery("contest", objection="Three tonnes"),
    "delivery_correct": _delivery("correct", withdraw="1"),
}

ASKS_ONLY = {"offer_meter", "need_meter", "offer_draft", "need_draft", "hazard_check"}
"""Pages that take a form and write nothing."""

OF_A_LIBRARY = {"sitemap", "feed_rss"}
"""Views of Django's own that take no form and say nothing of methods."""

OWN_RECORD = {"exchange_message"}
"""What is written is append-only itself, and its own record (tests/marketplace/test_audit.py)."""


def test_every_page_that_takes_a_form_is_in_the_table() -> None:
    taking = {
        entry.name
        for entry in urls.urlpatterns
        if isinstance(entry, URLPattern) and entry.name not in OF_A_LIBRARY and _takes_forms(entry)
    }
    assert taking == set(WRITES) | ASKS_ONLY


def _takes_forms(entry: URLPattern) -> bool:
    """Whether the view answers POST, read off the decorator that wraps it."""
    view: Any = entry.callback
    while view is not None:
        allowed = inspect.getclosurevars(view).nonlocals.get("request_method_list", ())
        if allowed:
            return "POST" in allowed
        view = getattr(view, "__wrapped__", None)
    raise AssertionError(f"{entry.name} does not say which methods it takes")


@pytest.mark.parametrize("name", sorted(WRITES))
def test_a_form_leaves_one_entry_a_row(stage: Stage, name: str) -> None:
    RegionFactory()
    if name == "my_data":
        MembershipFactory(organisation=stage.two.offer.organisation)
    who, address, body = WRITES[name](stage)
    browser = stage.browser(who)
    before, since = rows(), last_entries()
    answer = browser.post(address, body)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    written = check(before, since)
    assert bool(written) != (name in OWN_RECORD), written
    for entry in written:
        assert entry.pgh_context["route"] == f"POST {address}"
        assert entry.pgh_context["request"] == answer["X-Request-ID"]
        assert entry.pgh_context["user"] == (who.pk if who else None)


def test_what_only_asks_writes_nothing(stage: Stage) -> None:
    browser = stage.browser(stage.holder)
    for address in ("/offers/meter/", "/needs/meter/", "/offers/draft/", "/needs/draft/"):
        before, since = rows(), last_entries()
        assert browser.post(address, {"pasted": "wet grain"}).status_code == 200
        assert check(before, since) == []
