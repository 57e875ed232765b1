"""Pages and letters of deliveries, papers, impact and follow-up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from marketplace.exchanges.services import MoveDetails, make_move
from marketplace.exchanges.words import LossReason, Move
from marketplace.followup.checks import ask_about_stale, token_of
from marketplace.followup.letters import LetterKind, letters_due, send_due
from marketplace.models import (
    Blocker,
    Delivery,
    ListingCheck,
    Membership,
    Offer,
    Organisation,
    User,
)
from tests.deliveries import told_by_the_receiver
from tests.exchange_stories import NOW, Pair, pair
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
    UserFactory,
)
from tests.scenarios.transcripts import said
from web.letters import MailPost, mail_of

pytestmark = pytest.mark.django_db


def signed_in(user: User, language: str = "en") -> Client:
    browser = Client(headers={"accept-language": language})
    browser.force_login(user)
    return browser


def member_of(organisation: Organisation, **fields: Any) -> User:
    user: User = UserFactory(**fields)
    MembershipFactory(user=user, organisation=organisation, role=Membership.Role.OWNER)
    return user


@pytest.fixture
def two() -> Pair:
    return pair(offer__site=SiteFactory(region=RegionFactory()))


@pytest.fixture
def holder(two: Pair) -> Client:
    return signed_in(member_of(two.offer.organisation, email="holder@example.org", language="bg"))


@pytest.fixture
def receiver(two: Pair) -> Client:
    return signed_in(member_of(two.need.organisation, email="receiver@example.org", language="en"))


def test_one_side_records_and_the_other_confirms(
    two: Pair, holder: Client, receiver: Client
) -> None:
    exchange = two.agreed()
    path = f"/exchanges/{exchange.public_id}/deliveries/"
    answers = {
        "delivered_on": timezone.localdate().isoformat(),
        "quantity_value": "3,5",
        "quantity_unit": "t",
        "transport": "road",
    }
    wrong = holder.post(path, {**answers, "delivered_on": "2020-01-01"})
    assert said(wrong, "div", of_class="invalid-feedback") == ["The exchange did not exist then."]
    assert not Delivery.objects.exists()
    assert holder.post(path, answers).status_code == 302
    delivery = Delivery.objects.get()
    assert delivery.base_quantity == 3_500
    own = holder.post(f"/deliveries/{delivery.public_id}/confirm/", follow=True)
    assert "The other side confirms" in own.content.decode()
    assert Delivery.objects.get().confirmed is None
    receiver.post(f"/deliveries/{delivery.public_id}/confirm/")
    assert Delivery.objects.get().confirmed
    assert said(receiver.get(path), "span", of_class="figure")[1].split() == ["3.50", "t"]


def test_a_contested_delivery_is_corrected_or_withdrawn(
    two: Pair, holder: Client, receiver: Client
) -> None:
    delivery = told_by_the_receiver(two)
    contest = f"/deliveries/{delivery.public_id}/contest/"
    assert holder.post(contest, {"objection": ""}).status_code == 200
    assert holder.post(contest, {"objection": "Three tonnes"}).status_code == 302
    correct = f"/deliveries/{delivery.public_id}/correct/"
    assert receiver.get(correct).status_code == 200
    assert receiver.post(correct, {"withdraw": "1"}).status_code == 302
    latest = Delivery.objects.order_by("-pk")[0]
    assert (latest.kind, latest.corrects_id) == ("withdrawal", delivery.pk)


def test_strangers_find_nothing(two: Pair) -> None:
    delivery = told_by_the_receiver(two)
    stranger = signed_in(member_of(OrganisationFactory()))
    exchange = delivery.exchange.public_id
    for path in (
        f"/exchanges/{exchange}/deliveries/",
        f"/exchanges/{exchange}/papers/contract-annex.pdf",
        f"/deliveries/{delivery.public_id}/contest/",
        f"/deliveries/{delivery.public_id}/correct/",
        "/exchanges/nonsense/deliveries/",
    ):
        assert stranger.get(path).status_code == 404, path
        assert Client().get(path).status_code == 302, path
    assert stranger.post(f"/deliveries/{delivery.public_id}/confirm/").status_code == 404
    assert stranger.get("/chamber/impact/").status_code == 403


@pytest.mark.parametrize(
    ("form", "content_type", "begins"),
    [
        ("pdf", "application/pdf", b"%PDF-"),
        ("json", "application/json", b"{"),
        ("csv", "text/csv", b"\xef\xbb\xbf"),
    ],
)
def test_papers_come_in_each_form(
    two: Pair, holder: Client, form: str, content_type: str, begins: bytes
) -> None:
    exchange = two.agreed()
    answer = holder.get(f"/exchanges/{exchange.public_id}/papers/record-book.{form}?lang=bg")
    assert answer["Content-Type"].startswith(content_type)
    assert answer.content.startswith(begins)
    assert holder.get(f"/exchanges/{exchange.public_id}/papers/record-book.exe").status_code == 404


def test_the_chamber_reads_its_queue_but_no_terms(two: Pair) -> None:
    exchange = two.agreed()
    chamber = OrganisationFactory(type="chamber", region=two.offer.site.region)
    officer = UserFactory()
    MembershipFactory(user=officer, organisation=chamber, role=Membership.Role.OFFICER)
    browser = signed_in(officer)
    (row,) = said(browser.get("/chamber/"), "tr", within=("table", "queue"))[1:]
    assert "agreed" in row
    assert browser.get(f"/exchanges/{exchange.public_id}/deliveries/").status_code == 404
    told = said(browser.get("/chamber/impact/"), "p", within=("section", "card-sheet"))
    assert told == ["No confirmed delivery in this year."]
    agreed = browser.get("/chamber/impact/").content.decode()
    assert "Withheld: fewer than three firms" in agreed


def test_the_letter_asks_and_one_press_answers(two: Pair) -> None:
    member_of(two.offer.organisation, email="holder@example.org", language="bg")
    now = timezone.now()
    Offer.objects.filter(pk=two.offer.pk).update(updated_at=now - timedelta(days=95))
    ask_about_stale(now=now)
    send_due(now=now, post=MailPost())
    letter = next(m for m in mail.outbox if "Още ли е валидна" in m.subject)
    check = ListingCheck.objects.get()
    path = f"/listing-checks/{token_of(check)}/"
    assert path in letter.body
    assert two.offer.title in letter.body
    visitor = Client(headers={"accept-language": "bg"})
    assert visitor.get(path).status_code == 200
    assert ListingCheck.objects.get().answer == "", "opening the link changes nothing"
    assert visitor.get(path[:-3] + "xx/").status_code == 404
    answered = visitor.post(path, {"answer": "gone"}, follow=True)
    assert said(answered, "p", within=("div", "notice")) == ["Благодарим: обявата е оттеглена."]
    two.offer.refresh_from_db()
    assert two.offer.status == "withdrawn"


def test_letters_are_in_the_reader_s_language(two: Pair, holder: Client, receiver: Client) -> None:
    exchange = two.opened()
    now = exchange.opened_at + timedelta(days=12)
    mails = {
        (letter.kind, letter.user.language): mail_of(letter) for letter in letters_due(now=now)
    }
    due = mails[LetterKind.ACTION_DUE, "en"]
    assert "your step until" in due.subject
    assert f"/exchanges/{exchange.public_id}/\n" in due.body
    assert (LetterKind.ACTION_DUE, "bg") not in mails, "the holder has said its word"
    told_by_the_receiver(two_more := pair(offer__site=two.offer.site))
    waiting = [
        mail_of(letter)
        for letter in letters_due(now=now)
        if letter.kind is LetterKind.DELIVERY_AWAITS
    ]
    assert [letter.to for letter in waiting] == [["holder@example.org"]]
    assert waiting[0].subject.startswith("Моля, потвърдете доставката")
    assert two_more.offer.material.name_bg in waiting[0].body


def test_the_owner_confirms_a_listing_on_the_own_desk(two: Pair, holder: Client) -> None:
    path = f"/offers/{two.offer.public_id}/still-valid/"
    Offer.objects.filter(pk=two.offer.pk).update(updated_at=timezone.now() - timedelta(days=95))
    assert path not in holder.get("/my/").content.decode()
    ask_about_stale(now=timezone.now())
    assert path in holder.get("/my/").content.decode()
    stranger = signed_in(member_of(OrganisationFactory()))
    assert stranger.post(path).status_code == 403
    assert ListingCheck.objects.get().answer == ""
    assert holder.post(path).status_code == 302
    assert ListingCheck.objects.get().answer == "valid"


def test_a_fallen_exchange_is_asked_about_again_on_a_day(two: Pair, holder: Client) -> None:
    exchange = make_move(
        viewer=two.receiver,
        exchange=two.disclosed(),
        move=Move.DECLINE,
        now=NOW,
        details=MoveDetails(reason=LossReason.OTHER_DEAL),
    )
    page = f"/exchanges/{exchange.public_id}/deliveries/"
    path = f"/exchanges/{exchange.public_id}/ask-again/"
    assert path in holder.get(page).content.decode()
    past = holder.post(path, {"wake_on": "2020-01-01"})
    assert said(past, "div", of_class="invalid-feedback") == ["Give a day to come."]
    day = timezone.localdate() + timedelta(days=30)
    assert holder.post(path, {"wake_on": day.isoformat()}).status_code == 302
    assert Blocker.objects.get(exchange=exchange).wake_on == day
