"""Deliveries: told by one side, confirmed by the other, corrected by new rows, never rewritten."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from openpyxl import load_workbook

from marketplace.deliveries.record_book import book_as_csv, book_as_xlsx, record_lines
from marketplace.deliveries.selectors import deliveries_visible_to, progress_of
from marketplace.deliveries.services import (
    DeliveryDraft,
    confirm_delivery,
    contest_delivery,
    correct_delivery,
    record_delivery,
)
from marketplace.errors import Conflict, InvalidInput, MarketplaceError, NotPermitted
from marketplace.exchanges.words import State
from marketplace.firms.viewers import Viewer
from marketplace.models import Delivery, Exchange, ImpactFigure, User
from tests.exchange_stories import NOW, TODAY, Pair, pair
from tests.factories import OrganisationFactory, SiteFactory, UserFactory, WasteCodeFactory

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=40)


def draft(tonnes: str = "4", **changes: Any) -> DeliveryDraft:
    return DeliveryDraft(
        **{
            "delivered_on": TODAY + timedelta(days=35),
            "quantity_value": Decimal(tonnes),
            "quantity_unit": "t",
            **changes,
        }
    )


def recorded(two: Pair, exchange: Exchange, **changes: Any) -> Delivery:
    return record_delivery(viewer=two.holder, exchange=exchange, draft=draft(**changes), now=LATER)


def delivered_base(exchange: Exchange) -> int:
    return Exchange.objects.get(pk=exchange.pk).delivered_base


def code_of(refusal: pytest.ExceptionInfo[MarketplaceError]) -> list[str]:
    return [problem.code for problem in refusal.value.problems]


def test_it_counts_once_the_other_side_confirms() -> None:
    two = pair()
    exchange = two.agreed()
    delivery = recorded(two, exchange)
    exchange.refresh_from_db()
    assert exchange.state == State.RUNNING, "the first delivery starts it"
    assert delivery.status == Delivery.Status.AWAITING
    assert delivered_base(exchange) == 0
    assert not ImpactFigure.objects.exists()

    confirmed = confirm_delivery(viewer=two.receiver, delivery=delivery, now=LATER)
    assert confirmed.counts
    assert delivered_base(exchange) == 4_000
    assert ImpactFigure.objects.filter(delivery=delivery).count() > 3


def test_nobody_confirms_the_own_word() -> None:
    two = pair()
    delivery = recorded(two, two.agreed())
    for viewer in (two.holder, Viewer(secretariat=True), Viewer()):
        with pytest.raises(NotPermitted):
            confirm_delivery(viewer=viewer, delivery=delivery, now=LATER)
    with pytest.raises(DatabaseError), transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk).update(
            confirmed=True, answered_role="offer", answered_at=LATER
        )
    assert Delivery.objects.get().confirmed is None


def test_an_answer_is_given_once() -> None:
    two = pair()
    delivery = recorded(two, two.agreed())
    contest_delivery(viewer=two.receiver, delivery=delivery, objection="It was 3 t.", now=LATER)
    with pytest.raises(Conflict) as refusal:
        confirm_delivery(viewer=two.receiver, delivery=delivery, now=LATER)
    assert code_of(refusal) == ["answered"]
    assert Delivery.objects.get().status == Delivery.Status.CONTESTED


def test_a_correction_takes_over_only_when_confirmed() -> None:
    two = pair()
    exchange = two.agreed()
    first = recorded(two, exchange)
    confirm_delivery(viewer=two.receiver, delivery=first, now=LATER)
    second = correct_delivery(viewer=two.receiver, delivery=first, draft=draft("3.5"), now=LATER)
    assert delivered_base(exchange) == 4_000
    contest_delivery(viewer=two.holder, delivery=second, objection="Weighed: 3.8 t", now=LATER)
    third = correct_delivery(viewer=two.holder, delivery=second, draft=draft("3.8"), now=LATER)
    assert delivered_base(exchange) == 4_000, "a contested correction changes nothing"
    confirm_delivery(viewer=two.receiver, delivery=third, now=LATER)
    assert delivered_base(exchange) == 3_800, "one chain, one figure"
    rows = {row.pk: row.status for row in Delivery.objects.with_standing()}
    assert rows == {
        first.pk: Delivery.Status.SUPERSEDED,
        second.pk: Delivery.Status.SUPERSEDED,
        third.pk: Delivery.Status.CONFIRMED,
    }
    assert [row.pk for row in Delivery.objects.counting()] == [third.pk]
    with pytest.raises(Conflict) as refusal:
        correct_delivery(viewer=two.holder, delivery=first, draft=draft("1"), now=LATER)
    assert code_of(refusal) == ["superseded"]


def test_a_withdrawal_agreed_by_both_leaves_nothing() -> None:
    two = pair()
    exchange = two.agreed()
    first = recorded(two, exchange)
    confirm_delivery(viewer=two.receiver, delivery=first, now=LATER)
    gone = correct_delivery(viewer=two.holder, delivery=first, draft=None, now=LATER)
    assert delivered_base(exchange) == 4_000
    confirm_delivery(viewer=two.receiver, delivery=gone, now=LATER)
    assert delivered_base(exchange) == 0
    assert not Delivery.objects.counting().exists()
    with pytest.raises(Conflict) as refusal:
        correct_delivery(viewer=two.holder, delivery=gone, draft=draft(), now=LATER)
    assert code_of(refusal) == ["withdrawn"]


def test_an_entry_that_was_corrected_can_no_longer_be_confirmed() -> None:
    two = pair()
    exchange = two.agreed()
    first = recorded(two, exchange)
    correct_delivery(viewer=two.holder, delivery=first, draft=draft("3"), now=LATER)
    with pytest.raises(Conflict) as refusal:
        confirm_delivery(viewer=two.receiver, delivery=first, now=LATER)
    assert code_of(refusal) == ["superseded"]


@pytest.mark.parametrize(
    "change",
    [{"base_quantity": 1}, {"delivered_on": TODAY}, {"note": "x"}, {"recorded_role": "need"}],
)
def test_what_is_written_stays(change: dict[str, Any]) -> None:
    two = pair()
    delivery = recorded(two, two.agreed())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk).update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk).delete()


def test_the_ledger_outlives_the_person_who_wrote_it() -> None:
    two = pair()
    person = UserFactory()
    viewer = Viewer(
        user_id=person.pk,
        organisation_ids=two.holder.organisation_ids,
        editable_ids=two.holder.organisation_ids,
    )
    delivery = record_delivery(viewer=viewer, exchange=two.agreed(), draft=draft(), now=LATER)
    confirm_delivery(viewer=two.receiver, delivery=delivery, now=LATER)
    User.objects.filter(pk=person.pk).delete()
    left = Delivery.objects.get()
    assert left.recorded_by is None
    assert left.counts


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"quantity_value": Decimal(0)}, "quantity.value", "not_positive"),
        ({"quantity_unit": "kWh"}, "quantity.value", "wrong_unit"),
        ({"delivered_on": TODAY + timedelta(days=400)}, "delivered_on", "future"),
        ({"delivered_on": TODAY - timedelta(days=1)}, "delivered_on", "before_exchange"),
        ({"operation": "R99"}, "operation", "unknown_choice"),
        ({"transport": "balloon"}, "transport", "unknown_choice"),
        ({"road_m": -1}, "road_km", "out_of_range"),
        ({"note": "\u202e"}, "note", "control_character"),
    ],
)
def test_a_delivery_that_cannot_be_is_refused_by_name(
    changes: dict[str, Any], field: str, code: str
) -> None:
    two = pair()
    exchange = two.agreed()
    with pytest.raises(InvalidInput) as refusal:
        recorded(two, exchange, **changes)
    assert [(p.field, p.code) for p in refusal.value.problems] == [(field, code)]
    assert not Delivery.objects.exists()
    exchange.refresh_from_db()
    assert exchange.state == State.AGREED, "nothing is half-written"


def test_waste_moves_with_its_code_and_operation() -> None:
    two = pair(offer__waste_status="waste")
    exchange = two.agreed()
    with pytest.raises(InvalidInput) as refusal:
        recorded(two, exchange)
    assert [p.field for p in refusal.value.problems] == ["waste_code", "operation"]
    assert recorded(two, exchange, waste_code=WasteCodeFactory(), operation="R3").pk


def test_without_an_agreement_nothing_is_delivered() -> None:
    two = pair()
    with pytest.raises(Conflict):
        recorded(two, two.with_terms())


def test_only_the_two_sides_see_the_entries() -> None:
    two, others = pair(), pair()
    delivery = recorded(two, two.agreed())
    for viewer in (two.holder, two.receiver):
        assert [row.pk for row in deliveries_visible_to(viewer)] == [delivery.pk]
    for viewer in (others.holder, Viewer(), Viewer(secretariat=True)):
        assert not deliveries_visible_to(viewer).exists()


def test_agreed_and_delivered_stand_apart() -> None:
    two = pair()
    exchange = two.agreed(tonnes=73)
    for tonnes, answered in (("4", True), ("2", False)):
        delivery = recorded(two, exchange, quantity_value=Decimal(tonnes))
        if answered:
            confirm_delivery(viewer=two.receiver, delivery=delivery, now=LATER)
    exchange.refresh_from_db()
    # 73 t a year from 1 April: 200 kg a day.
    progress = progress_of(exchange, today=TODAY + timedelta(days=30 + 100))
    assert (progress.agreed, progress.delivered, progress.awaiting) == (73_000, 4_000, 2_000)
    assert progress.due == 20_000
    assert progress.behind
    assert not progress_of(exchange, today=TODAY + timedelta(days=30 + 20)).behind


@pytest.fixture
def hostile_book() -> list[Any]:
    two = pair(
        offer__site=SiteFactory(organisation=OrganisationFactory(name='=HYPERLINK("x")')),
        offer__waste_code=WasteCodeFactory(),
    )
    delivery = recorded(two, two.agreed(), paper="+cmd|' /C calc'!A0", operation="R3")
    confirm_delivery(viewer=two.receiver, delivery=delivery, now=LATER)
    return record_lines(two.receiver.organisation_ids)


def test_the_record_book_says_code_quantity_operation_and_day(hostile_book: list[Any]) -> None:
    (line,) = hostile_book
    assert (line.code, line.operation) == ("02 07 04", "R3")
    assert line.day == TODAY + timedelta(days=35)
    assert (line.handed_over, line.taken_in) == (None, Decimal(4))


def test_no_cell_of_an_export_acts(hostile_book: list[Any]) -> None:
    rows = list(csv.reader(io.StringIO(book_as_csv(hostile_book).decode("utf-8-sig"))))
    assert "'+cmd|' /C calc'!A0" in rows[1]
    assert '\'=HYPERLINK("x")' in rows[1]
    assert rows[1][0] == "2026-04-06"
    sheet = load_workbook(io.BytesIO(book_as_xlsx(hostile_book))).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    for text in (cell.value for cell in cells if isinstance(cell.value, str)):
        assert not text.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert 4 in [cell.value for cell in cells], "numbers stay numbers"
