"""Follow-up: the queue, the questions, the letters, the reopening, all by one idempotent pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from marketplace.errors import Conflict, InvalidInput, NotPermitted
from marketplace.exchanges.services import MoveDetails, make_move
from marketplace.exchanges.words import LossReason, Move, State
from marketplace.firms.viewers import Viewer
from marketplace.followup.checks import answer_check, check_of, confirm_listing, token_of
from marketplace.followup.letters import Letter, LetterKind, digest_for
from marketplace.followup.queue import Heading, Sign, facilitation_queue
from marketplace.followup.reopening import ask_again_on
from marketplace.followup.tick import TickReport, tick
from marketplace.listings.services import revise_listing
from marketplace.models import Blocker, Exchange, ListingCheck, Notice, Offer, Organisation, Permit
from tests.exchange_stories import NOW, TODAY, Pair, pair
from tests.factories import (
    MembershipFactory,
    OfferFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@dataclass
class Box:
    """Takes letters in; refuses those to one address, as a broken mail server would."""

    letters: list[Letter] = field(default_factory=list)
    refuses: str = ""

    def send(self, letter: Letter) -> None:
        if letter.user.email == self.refuses:
            raise OSError("no route to the mail server")
        self.letters.append(letter)

    def of(self, kind: LetterKind) -> list[str]:
        return [letter.user.email for letter in self.letters if letter.kind is kind]


def passed(now: datetime, box: Box | None = None) -> TickReport:
    return tick(now=now, post=box or Box())


def person_at(organisation: Organisation, email: str) -> Any:
    user = UserFactory(email=email)
    MembershipFactory(user=user, organisation=organisation)
    return user


def lost(two: Pair, reason: LossReason) -> Exchange:
    exchange = two.disclosed()
    with_commit = MoveDetails(reason=reason)
    return make_move(
        viewer=two.holder, exchange=exchange, move=Move.DECLINE, now=NOW, details=with_commit
    )


def state_of(exchange: Exchange) -> str:
    return Exchange.objects.get(pk=exchange.pk).state


def test_a_second_pass_does_nothing() -> None:
    pair().opened()
    lost(pair(), LossReason.PRICE)
    later = NOW + 30 * DAY
    Offer.objects.filter(pk=stale_offer().pk).update(updated_at=later - 200 * DAY)
    first = passed(later)
    assert (first.expired, first.watched, first.asked) == (1, 2, 1)
    assert first.letters == 2, "the question, and the digest with it"
    again = passed(later)
    assert again.ran
    assert again.idle


def test_two_passes_never_meet() -> None:
    lock = "SELECT pg_try_advisory_lock(hashtextextended('marketplace follow-up', 0))"
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute(lock)
            assert passed(NOW) == TickReport(ran=False)
            cursor.execute("SELECT pg_advisory_unlock_all()")
            assert passed(NOW).ran
            cursor.execute(lock)
            assert cursor.fetchone() == (True,), "the pass has let go of it"
    finally:
        other.close()


@pytest.mark.parametrize(
    ("reason", "change", "reopens"),
    [
        (LossReason.PRICE, {"price_cents": 700}, True),
        (LossReason.PRICE, {"quality_notes": "drier"}, False),
        (LossReason.QUALITY, {"quality_notes": "drier"}, True),
        (LossReason.LEGAL, {"waste_status": "by_product"}, True),
        (LossReason.CONFIDENTIALITY, {"visibility": "members"}, True),
        (LossReason.NO_ANSWER, {"title": "Still here"}, True),
        (LossReason.OTHER, {"price_cents": 700}, False),
    ],
)
def test_an_exchange_reopens_when_its_own_blocker_clears(
    reason: LossReason, change: dict[str, Any], reopens: bool
) -> None:
    two = pair()
    exchange = lost(two, reason)
    assert passed(NOW + DAY).watched == 1
    assert passed(NOW + DAY).reopened == 0
    revise_listing(viewer=two.holder, listing=two.offer, changes=change, expected_version=None)
    report = passed(NOW + 2 * DAY)
    assert report.reopened == int(reopens)
    assert state_of(exchange) == (State.DISCLOSED if reopens else State.DECLINED)
    if reopens:
        assert Blocker.objects.get().cleared == Blocker.Cleared.CHANGED
        assert passed(NOW + 2 * DAY).idle


def test_a_permit_that_was_missing_reopens_the_match() -> None:
    two = pair()
    exchange = lost(two, LossReason.LEGAL)
    passed(NOW)
    Permit.objects.create(
        organisation=two.need.organisation, kind=Permit.Kind.WASTE_PERMIT, number="12-ДО-1"
    )
    assert passed(NOW + DAY).reopened == 1
    assert state_of(exchange) == State.DISCLOSED


def test_a_deal_with_somebody_else_that_ends_wakes_the_waiting_match() -> None:
    two = pair(offer__base_quantity=10_000, offer__quantity_value=10)
    waiting = lost(two, LossReason.OTHER_DEAL)
    rival = Pair(two.offer, pair().need)
    rivals = rival.agreed(tonnes=10)
    passed(NOW + DAY)
    assert state_of(waiting) == State.DECLINED, "the whole stream is somebody else's"
    running = make_move(viewer=rival.holder, exchange=rivals, move=Move.START, now=NOW)
    make_move(viewer=rival.holder, exchange=running, move=Move.COMPLETE, now=NOW)
    assert passed(NOW + 2 * DAY).reopened == 1
    assert state_of(waiting) == State.DISCLOSED


def test_the_end_of_a_contract_wakes_the_match_on_its_day() -> None:
    two = pair()
    exchange = lost(two, LossReason.OTHER_DEAL)
    with pytest.raises(NotPermitted):
        ask_again_on(viewer=Viewer(), exchange=exchange, day=TODAY + 30 * DAY, now=NOW)
    with pytest.raises(InvalidInput):
        ask_again_on(viewer=two.receiver, exchange=exchange, day=TODAY, now=NOW)
    ask_again_on(viewer=two.receiver, exchange=exchange, day=TODAY + 30 * DAY, now=NOW)
    assert passed(NOW + 29 * DAY).reopened == 0
    assert passed(NOW + 30 * DAY).reopened == 1
    assert Blocker.objects.get().cleared == Blocker.Cleared.DATE
    exchange.refresh_from_db()
    with pytest.raises(Conflict):
        ask_again_on(viewer=two.receiver, exchange=exchange, day=TODAY + 60 * DAY, now=NOW)


def test_what_cannot_be_reopened_yet_stays_watched() -> None:
    two = pair()
    exchange = lost(two, LossReason.PRICE)
    passed(NOW)
    changes = {"price_cents": 1, "status": "paused"}
    revise_listing(viewer=two.holder, listing=two.offer, changes=changes, expected_version=None)
    assert passed(NOW + DAY).reopened == 0
    revise_listing(
        viewer=two.holder, listing=two.offer, changes={"status": "open"}, expected_version=None
    )
    assert passed(NOW + 2 * DAY).reopened == 1
    assert state_of(exchange) == State.DISCLOSED


def stale_offer(days: int = 91) -> Offer:
    offer = OfferFactory()
    person_at(offer.organisation, f"owner{offer.pk}@example.org")
    Offer.objects.filter(pk=offer.pk).update(updated_at=NOW - days * DAY)
    offer.refresh_from_db()
    return offer


def test_a_stale_listing_is_asked_about_then_paused_and_opened_by_its_link() -> None:
    offer, box = stale_offer(), Box()
    assert passed(NOW, box).asked == 1
    assert box.of(LetterKind.STILL_VALID) == [f"owner{offer.pk}@example.org"]
    token = token_of(ListingCheck.objects.get())
    assert passed(NOW + 29 * DAY).paused == 0
    assert passed(NOW + 31 * DAY).paused == 1
    offer.refresh_from_db()
    assert offer.status == "paused"
    check = check_of(token, now=NOW + 40 * DAY)
    assert check is not None
    answer_check(check=check, still_valid=True, now=NOW + 40 * DAY)
    offer.refresh_from_db()
    assert offer.status == "open"
    assert passed(NOW + 41 * DAY).asked == 0, "an answer is a word of the owner"


def test_a_link_that_was_altered_or_is_old_opens_nothing() -> None:
    stale_offer()
    passed(NOW)
    token = token_of(ListingCheck.objects.get())
    assert check_of(token, now=NOW) is not None
    assert check_of(token[:-1] + ("a" if token[-1] != "a" else "b"), now=NOW) is None
    assert check_of("nonsense", now=NOW) is None
    assert check_of(token, now=NOW + 500 * DAY) is None


def test_no_longer_valid_withdraws_and_answers_once() -> None:
    offer = stale_offer()
    passed(NOW)
    check = ListingCheck.objects.get()
    answer_check(check=check, still_valid=False, now=NOW)
    offer.refresh_from_db()
    assert offer.status == "withdrawn"
    answer_check(check=check, still_valid=False, now=NOW)
    with pytest.raises(Conflict):
        answer_check(check=check, still_valid=True, now=NOW)


def test_a_change_by_the_owner_is_an_answer() -> None:
    offer = stale_offer()
    passed(NOW)
    Offer.objects.filter(pk=offer.pk).update(updated_at=NOW + DAY)
    assert passed(NOW + 31 * DAY).paused == 0
    assert ListingCheck.objects.get().answer == ListingCheck.Answer.OVERTAKEN


def test_the_owner_confirms_on_the_own_desk() -> None:
    offer = stale_offer()
    owner = Viewer(editable_ids=frozenset({offer.organisation_id}))
    with pytest.raises(NotPermitted):
        confirm_listing(viewer=Viewer(), listing=offer, now=NOW)
    confirm_listing(viewer=owner, listing=offer, now=NOW)
    assert passed(NOW + DAY).asked == 0


def test_reminders_go_to_the_side_that_is_waited_for() -> None:
    two = pair()
    person_at(two.offer.organisation, "holder@example.org")
    person_at(two.need.organisation, "receiver@example.org")
    two.opened()
    box = Box()
    passed(NOW + 5 * DAY, box)
    assert box.of(LetterKind.ACTION_DUE) == [], "nine days are left"
    passed(NOW + 12 * DAY, box)
    passed(NOW + 13 * DAY, box)
    assert box.of(LetterKind.ACTION_DUE) == ["receiver@example.org"]
    passed(NOW + 15 * DAY, box)
    assert box.of(LetterKind.ACTION_DUE) == ["receiver@example.org"] * 2, "once more when late"


def test_a_letter_that_failed_is_sent_by_the_next_pass() -> None:
    stale_offer()
    email = str(Offer.objects.get().organisation.memberships.get().user.email)
    with pytest.raises(OSError, match="mail server"):
        passed(NOW, Box(refuses=email))
    assert not Notice.objects.filter(kind=LetterKind.STILL_VALID).exists()
    box = Box()
    passed(NOW, box)
    assert box.of(LetterKind.STILL_VALID) == [email]


def test_the_digest_comes_once_a_week_to_those_who_have_something_to_do() -> None:
    two = pair()
    holder = person_at(two.offer.organisation, "holder@example.org")
    receiver = person_at(two.need.organisation, "receiver@example.org")
    exchange = two.opened()
    assert digest_for(holder, today=TODAY).empty
    assert digest_for(receiver, today=TODAY).actions == (exchange,)
    box = Box()
    for days in range(7):
        passed(NOW + days * DAY, box)  # 2 March 2026 is a Monday
    assert box.of(LetterKind.WEEKLY) == ["receiver@example.org"]
    passed(NOW + 7 * DAY, box)
    assert box.of(LetterKind.WEEKLY) == ["receiver@example.org"] * 2


def test_the_queue_of_a_chamber_is_by_heading_then_by_value() -> None:
    region = RegionFactory()
    elsewhere = RegionFactory(code="BG421")
    chamber = OrganisationFactory(type="chamber", region=region)
    officer = Viewer(
        organisation_ids=frozenset({chamber.pk}), chamber_region_ids=frozenset({region.pk})
    )

    def market(**found: Any) -> Exchange:
        two = pair(offer__site=SiteFactory(region=region))
        return two.opened(**found)

    small, large = market(value_cents=1_000), market(value_cents=9_000)
    win = pair(offer__site=SiteFactory(region=region)).disclosed()
    Exchange.objects.filter(pk=win.pk).update(road_m=40_000)
    pair(offer__site=SiteFactory(region=elsewhere)).opened()
    queue = facilitation_queue(officer, today=TODAY)
    assert [(item.told.exchange.pk, item.heading) for item in queue] == [
        (win.pk, Heading.QUICK_WIN),
        (large.pk, Heading.MOVING),
        (small.pk, Heading.MOVING),
    ]
    late = facilitation_queue(officer, today=TODAY + 20 * DAY)
    assert [item.told.exchange.pk for item in late] == [large.pk, small.pk, win.pk]
    assert late[0].heading is Heading.STALLED
    assert Sign.OVERDUE in late[0].signs
    assert late[0].days_late == 6


def test_the_value_of_an_anonymous_side_stays_out_of_the_queue() -> None:
    region = RegionFactory()
    officer = Viewer(
        organisation_ids=frozenset({OrganisationFactory(type="chamber", region=region).pk}),
        chamber_region_ids=frozenset({region.pk}),
    )
    two = pair(offer__site=SiteFactory(region=region), need__visibility="anonymous")
    Offer.objects.filter(pk=two.offer.pk).update(public_region=region)
    two.opened(value_cents=5_000)
    (item,) = facilitation_queue(officer, today=TODAY)
    assert item.value_cents is None
