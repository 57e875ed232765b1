"""A person is told everything that is kept of it, and erased without a trace in any table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_refresh_token_model

from api.models import Client as Program
from api.models import IdempotentRequest, PersonalToken
from marketplace.audit import audited_models
from marketplace.deliveries.services import confirm_delivery
from marketplace.errors import Conflict
from marketplace.exchanges.corresponding import write_message
from marketplace.firms.viewers import viewer_for
from marketplace.models import (
    Delivery,
    ImpactFigure,
    ImpactShare,
    Membership,
    Message,
    Notice,
    Offer,
    Organisation,
    Terms,
    User,
)
from marketplace.people.erasing import erase_person, left_behind
from tests.deliveries import told_by_the_receiver
from tests.exchange_stories import NOW, Pair
from tests.factories import (
    MembershipFactory,
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

CANARIES = ("canary.person@example.org", "Канарка Пробна", "canary-second@example.org")
TOKEN = "canary laptop"
PASSWORD = "correct horse battery"


@pytest.fixture
def exchange(db: None) -> Any:
    two = Pair(OfferFactory(), NeedFactory())
    delivery = told_by_the_receiver(two)
    confirm_delivery(viewer=two.holder, delivery=delivery, now=NOW + timedelta(days=7))
    return delivery.exchange


@pytest.fixture
def canary(exchange: Any) -> Any:
    """A person that left something everywhere: in sessions, tokens, mail, acts and the admin's
    log."""
    person = UserFactory(email=CANARIES[0], full_name=CANARIES[1])
    MembershipFactory(user=person, organisation=exchange.offer_organisation)
    MembershipFactory(organisation=exchange.offer_organisation)
    EmailAddress.objects.create(user=person, email=CANARIES[2], primary=True)
    browser = Client()
    browser.force_login(person)
    PersonalToken.objects.create(user=person, name=TOKEN, scopes=["offers:read"])
    _let_in(person, exchange.offer_organisation)
    Notice.objects.create(user=person, kind="digest", key="2026-W48", sent_at=NOW)
    IdempotentRequest.objects.create(
        caller=f"user:{person.pk}", route="POST /x", key_digest="k", body_digest="b", status=200,
        sealed_body=b"x",
    )  # fmt: skip
    write_message(viewer=viewer_for(person), exchange=exchange, body="Кога?", now=NOW)
    staff = Client()
    staff.force_login(UserFactory(is_staff=True, is_superuser=True))
    change = {"email": CANARIES[0], "full_name": CANARIES[1], "language": "bg", "is_active": "on"}
    inline = {
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    answer = staff.post(f"/admin/marketplace/user/{person.pk}/change/", change | inline)
    assert answer.status_code == 302
    return person


def _let_in(person: User, organisation: Organisation) -> None:
    """The person let a program act for it."""
    program = Program.objects.create(
        name="reader",
        organisation=organisation,
        allowed_scopes=["offers:read"],
        client_type=Program.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Program.GRANT_AUTHORIZATION_CODE,
    )
    soon = timezone.now() + timedelta(hours=1)
    access = get_access_token_model().objects.create(
        user=person, application=program, scope="offers:read", expires=soon, token="t"
    )
    get_refresh_token_model().objects.create(
        user=person, application=program, token="r", access_token=access
    )


def dump() -> Iterator[tuple[str, str]]:
    """Every table of the database as text, the way a copy of it would be read."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            held = io.StringIO()
            cursor.cursor.copy_expert(f'COPY "{table}" TO STDOUT (FORMAT csv)', held)
            yield table, held.getvalue()


def holding(*words: str) -> set[str]:
    """Tables in whose dump one of the words stands."""
    return {table for table, text in dump() for word in words if word in text}


def counts() -> dict[str, int]:
    """What may not change: the record of exchanges, the ledger, the audit trail so far."""
    ledger = (Terms, Message, Delivery, ImpactFigure, ImpactShare, Offer, User)
    found = {model.__name__: model._default_manager.count() for model in ledger}
    with connection.cursor() as cursor:
        for entries in audited_models().values():
            cursor.execute(f'SELECT count(*) FROM "{entries._meta.db_table}"')
            found[entries.__name__] = cursor.fetchone()[0]
    return found


def test_everything_is_told_then_nothing_is_left(canary: User, exchange: Any) -> None:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(canary)
    told = browser.get("/my/data.json")
    assert told["Cache-Control"].startswith("private") or "no-store" in told["Cache-Control"]
    text = told.content.decode()
    for word in (*CANARIES, TOKEN, "Кога?", "2026-W48", "reader"):
        assert word in text, word
    assert holding(*CANARIES, TOKEN) >= {
        "marketplace_user", "account_emailaddress", "api_personaltoken", "django_admin_log",
    }  # fmt: skip
    before, number = counts(), canary.pk
    page = browser.post("/my/data/", {"password": PASSWORD, "sure": "on"})
    assert page.status_code == 302, page.content.decode()

    assert holding(*CANARIES, TOKEN) == set()
    after = counts()
    assert {name for name in before if after[name] < before[name]} == set()
    kept = ("Terms", "Message", "Delivery", "ImpactFigure", "ImpactShare", "Offer", "User")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert Message.objects.get(user=number).body == "Кога?"
    assert not User.objects.get(pk=number).has_usable_password()
    assert not Session.objects.exclude(session_data="").filter(pk=browser.session.session_key)
    assert browser.get("/my/").status_code == 302
    for model in (PersonalToken, get_access_token_model(), get_refresh_token_model()):
        assert not model.objects.filter(user=number).exists()
    assert mail.outbox == []


def test_every_session_and_token_stops_at_once(canary: User) -> None:
    other = Client()
    other.force_login(canary)
    _stored, text = PersonalToken.objects.create(user=canary, name="x", scopes=["offers:read"])
    token = {"authorization": f"Bearer {text}"}
    assert other.get("/my/").status_code == 200
    assert other.get("/api/v1/me", headers=token).status_code == 200
    erase_person(user=canary)
    assert other.get("/my/").status_code == 302
    assert Client().get("/api/v1/me", headers=token).status_code == 401
    assert not Client().login(username=CANARIES[0], password=PASSWORD)


def test_an_address_is_free_again_for_a_new_account(canary: User) -> None:
    erase_person(user=canary)
    assert UserFactory(email=CANARIES[0]).pk != canary.pk


def test_the_last_owner_names_a_successor_or_is_refused() -> None:
    owner = MembershipFactory(role=Membership.Role.OWNER)
    firm = owner.organisation
    member = MembershipFactory(organisation=firm, role=Membership.Role.MEMBER)
    stranger = MembershipFactory()
    (left,) = left_behind(owner.user)
    assert (left.organisation, left.others) == (firm, (member,))
    for successors in ({}, {firm.pk: stranger.pk}, {firm.pk: owner.pk}):
        with pytest.raises(Conflict) as refusal:
            erase_person(user=owner.user, successors=successors)
        assert [p.code for p in refusal.value.problems] == ["last_owner"]
        owner.user.refresh_from_db()
        assert owner.user.is_active
    erase_person(user=owner.user, successors={firm.pk: member.pk})
    (now,) = firm.memberships.all()
    assert (now.user_id, now.role) == (member.user_id, Membership.Role.OWNER)


def test_nobody_left_means_no_listings_left_but_no_exchange_is_left_alone(exchange: Any) -> None:
    alone = MembershipFactory(organisation=OfferFactory().organisation)
    assert left_behind(alone.user)[0].others == ()
    erase_person(user=alone.user)
    assert set(alone.organisation.offers.values_list("status", flat=True)) == {"withdrawn"}

    bound = MembershipFactory(organisation=exchange.offer_organisation)
    with pytest.raises(Conflict) as refusal:
        erase_person(user=bound.user)
    assert [p.code for p in refusal.value.problems] == ["open_exchanges"]
    assert exchange.offer_organisation.offers.filter(status="open").exists()


@pytest.mark.parametrize("language", ["bg", "en"])
def test_the_page_tells_and_asks_in_both_languages(language: str) -> None:
    owner = MembershipFactory()
    firm = owner.organisation
    member = MembershipFactory(organisation=firm, role=Membership.Role.MEMBER)
    browser = Client(headers={"accept-language": language})
    assert browser.get("/my/data/").status_code == 302
    browser.force_login(owner.user)
    page = browser.get("/my/data/").content.decode()
    assert {"bg": "Моите данни", "en": "My data"}[language] in page
    assert owner.user.email in page
    wrong = browser.post("/my/data/", {"password": "no", "sure": "on"})
    assert 'id="id_password_errors"' in wrong.content.decode()
    answers = {"password": PASSWORD, "sure": "on"}
    refused = browser.post("/my/data/", answers).content.decode()
    name = f"successor_{firm.public_id}"
    assert f'id="id_{name}_errors"' in refused
    assert browser.post("/my/data/", {**answers, name: str(member.pk)}).status_code == 302
    assert firm.memberships.get().role == Membership.Role.OWNER


def test_the_api_tells_what_stands_in_the_way_and_ends_the_account() -> None:
    owner = MembershipFactory()
    firm = owner.organisation
    MembershipFactory(organisation=firm, role=Membership.Role.MEMBER)
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(owner.user)
    assert browser.get("/api/v1/me/data").json()["data"]["person"]["email"] == owner.user.email
    (way,) = browser.get("/api/v1/me/erasure").json()["organisations"]
    assert way["organisation"]["id"] == firm.public_id

    def end(**body: Any) -> Any:
        return browser.post("/api/v1/me/erasure", json.dumps(body), "application/json")

    (fault,) = end(password="no").json()["errors"]
    assert (fault["code"], fault["pointer"]) == ("wrong_password", "/password")
    refused = end(password=PASSWORD)
    assert refused.status_code == 409
    (fault,) = refused.json()["errors"]
    assert fault["pointer"] == f"/successors/{firm.public_id}"
    chosen = {"organisation": firm.public_id, "member": way["members"][0]["id"]}
    assert end(password=PASSWORD, successors=[chosen]).status_code == 204
    assert browser.get("/api/v1/me").status_code == 401


def test_the_secretariat_tells_and_erases_for_a_person(canary: User) -> None:
    staff = Client(headers={"accept-language": "en"})
    staff.force_login(UserFactory(is_staff=True, is_superuser=True))
    page, chosen = "/admin/marketplace/user/", {"_selected_action": str(canary.pk)}
    told = staff.post(page, {**chosen, "action": "tell_personal_data"})
    assert json.loads(told.content)[0]["person"]["email"] == CANARIES[0]
    asked = staff.post(page, {**chosen, "action": "erase_persons"})
    assert CANARIES[0] in asked.content.decode()
    assert User.objects.get(pk=canary.pk).is_active
    staff.post(page, {**chosen, "action": "erase_persons", "sure": "yes"})
    assert holding(*CANARIES, TOKEN) == set()
    lone = MembershipFactory()
    MembershipFactory(organisation=lone.organisation, role=Membership.Role.MEMBER)
    chosen = {"_selected_action": str(lone.user_id)}
    kept = staff.post(page, {**chosen, "action": "erase_persons", "sure": "yes"}, follow=True)
    assert "which member takes it over" in kept.content.decode()
    assert staff.get(f"{page}{lone.user_id}/delete/").status_code == 403


def test_csv_reads_the_dump() -> None:
    """The dump is what it says: every column of every row, as text."""
    OrganisationFactory(name="Dumped")
    (text,) = [text for table, text in dump() if table == "marketplace_organisation"]
    assert any("Dumped" in row for row in csv.reader(io.StringIO(text)))
