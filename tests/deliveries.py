"""Deliveries for tests, through the services."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from marketplace.deliveries.services import DeliveryDraft, confirm_delivery, record_delivery
from marketplace.models import Delivery
from tests.exchange_stories import NOW, TODAY, Pair


def told_by_the_receiver(two: Pair, *, confirmed: bool = False) -> Delivery:
    """Four tonnes under a new agreement, which the holder has to confirm or has confirmed."""
    delivery = record_delivery(
        viewer=two.receiver,
        exchange=two.agreed(),
        draft=DeliveryDraft(
            delivered_on=TODAY + timedelta(days=5),
            quantity_value=Decimal(4),
            quantity_unit="t",
        ),
        now=NOW + timedelta(days=6),
    )
    if confirmed:
        confirm_delivery(viewer=two.holder, delivery=delivery, now=NOW + timedelta(days=7))
    return delivery
