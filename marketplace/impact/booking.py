"""Writing the ledger: once for every delivery that both sides agree on."""

from __future__ import annotations

from datetime import datetime

from marketplace.deliveries.models import Delivery
from marketplace.impact.factors import reviewed_factors
from marketplace.impact.formulas import ATTRIBUTION, Figure, Side, impact_of
from marketplace.impact.models import ImpactFigure, ImpactShare
from marketplace.impact.resolving import Movement, flow_of


def book_impact(delivery: Delivery, *, now: datetime) -> list[ImpactFigure]:
    """Book what a delivery has saved, with the factors that hold on its day. Books once: what is
    booked already is returned as it stands."""
    booked = list(delivery.figures.all())
    if booked:
        return booked
    table = reviewed_factors()
    movement = Movement(
        delivery.base_quantity, delivery.road_m, delivery.transport, delivery.delivered_on
    )
    found = impact_of(flow_of(delivery.exchange, movement, table), table)
    figures = ImpactFigure.objects.bulk_create(
        _figure(delivery, figure, table.version, now) for figure in found
    )
    ImpactShare.objects.bulk_create(
        _share(delivery, row, figure, side)
        for row, figure in zip(figures, found, strict=True)
        for side in Side
    )
    return figures


def _figure(delivery: Delivery, figure: Figure, version: str, now: datetime) -> ImpactFigure:
    total = figure.total
    return ImpactFigure(
        delivery=delivery,
        measure=figure.measure,
        formula=figure.formula,
        amount=total.amount,
        low=total.low,
        high=total.high,
        inputs=dict(figure.inputs),
        factors=[factor.told() for factor in figure.factors],
        factor_set=version,
        attribution=ATTRIBUTION,
        booked_at=now,
    )


def _share(delivery: Delivery, row: ImpactFigure, figure: Figure, side: Side) -> ImpactShare:
    share = figure.share(side)
    exchange = delivery.exchange
    holder = side is Side.HOLDER
    return ImpactShare(
        figure=row,
        side=side,
        organisation_id=(
            exchange.offer_organisation_id if holder else exchange.need_organisation_id
        ),
        region_id=(delivery.offer_site if holder else delivery.need_site).region_id,
        amount=share.amount,
        low=share.low,
        high=share.high,
    )
