"""Impact statements: what a set of sides has saved, agreed and delivered always apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet, Sum

from geo.disclosure import is_publishable
from geo.models import Region
from marketplace.deliveries.models import Delivery
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.querysets import ExchangeQuerySet
from marketplace.firms.viewers import Viewer
from marketplace.impact.factors import reviewed_factors
from marketplace.impact.formulas import Bounds, Measure, Side, added_up, impact_of
from marketplace.impact.models import ImpactFigure, ImpactShare
from marketplace.impact.resolving import Movement, flow_of


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose sides are counted: those of organisations, or those at sites of regions."""

    organisation_ids: frozenset[int] = field(default_factory=frozenset)
    region_ids: frozenset[int] = field(default_factory=frozenset)

    def shares(self) -> Q:
        return Q(organisation_id__in=self.organisation_ids) | Q(region_id__in=self.region_ids)

    def covers(self, organisation_id: int, region_id: int | None) -> bool:
        return organisation_id in self.organisation_ids or region_id in self.region_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Sums by measure in its whole units; a measure without a figure is absent, which is not zero.

    ``agreed``: what the exchanges agreed or running save in a year, or in all for a one-off.
    ``delivered``: what confirmed deliveries of the period have saved. ``awaiting``: rows that the
    other side has not answered; they count nowhere.
    """

    since: date | None
    until: date | None
    agreed: Mapping[Measure, Bounds]
    delivered: Mapping[Measure, Bounds]
    agreed_exchanges: int
    deliveries: int
    awaiting: int
    contested: int
    firms: int
    factor_sets: tuple[str, ...]


def impact_statement(
    scope: Scope, *, since: date | None = None, until: date | None = None
) -> Statement:
    """The statement of a scope over a period of delivery, both days included."""
    counting = Delivery.objects.counting().between(since, until)
    shares = ImpactShare.objects.filter(scope.shares(), figure__delivery__in=counting.values("pk"))
    rows = (
        shares.order_by()
        .values("figure__measure")
        .annotate(total=Sum("amount"), least=Sum("low"), most=Sum("high"))
    )
    exchanges = _exchanges_of(scope)
    deliveries = Delivery.objects.filter(exchange__in=exchanges.values("pk")).between(since, until)
    binding = list(exchanges.reserving().with_parties())
    return Statement(
        since=since,
        until=until,
        agreed=added_up(_agreed(binding, scope)),
        delivered={
            Measure(row["figure__measure"]): Bounds(row["least"], row["total"], row["most"])
            for row in rows
        },
        agreed_exchanges=len(binding),
        deliveries=shares.values("figure__delivery").distinct().count(),
        awaiting=deliveries.awaiting().count(),
        contested=deliveries.contested().count(),
        firms=shares.values("organisation").distinct().count(),
        factor_sets=tuple(
            shares.order_by("figure__factor_set")
            .values_list("figure__factor_set", flat=True)
            .distinct()
        ),
    )


def _exchanges_of(scope: Scope) -> ExchangeQuerySet:
    return Exchange.objects.filter(
        Q(offer_organisation_id__in=scope.organisation_ids)
        | Q(need_organisation_id__in=scope.organisation_ids)
        | Q(offer__site__region_id__in=scope.region_ids)
        | Q(need__site__region_id__in=scope.region_ids)
    )


def _agreed(exchanges: Iterable[Exchange], scope: Scope) -> Iterable[tuple[Measure, Bounds]]:
    """What agreed exchanges would save in a year, by the same formulas and shares."""
    table = reviewed_factors()
    for exchange in exchanges:
        terms = exchange.agreed_terms
        if terms is None:
            continue
        movement = Movement(terms.base_quantity, exchange.road_m, "road", terms.starts_on)
        sides = [
            side
            for side, organisation_id, region_id in (
                (Side.HOLDER, exchange.offer_organisation_id, exchange.offer.site.region_id),
                (Side.RECEIVER, exchange.need_organisation_id, exchange.need.site.region_id),
            )
            if scope.covers(organisation_id, region_id)
        ]
        for figure in impact_of(flow_of(exchange, movement, table), table):
            for side in sides:
                yield figure.measure, figure.share(side)


def evidence_of(
    scope: Scope, *, since: date | None = None, until: date | None = None
) -> QuerySet[ImpactFigure]:
    """The booked figures behind a statement, the latest delivery first."""
    counting = Delivery.objects.counting().between(since, until)
    mine = ImpactShare.objects.filter(scope.shares()).values("figure")
    return (
        ImpactFigure.objects.filter(delivery__in=counting.values("pk"), pk__in=mine)
        .select_related("delivery__exchange__offer__material")
        .order_by("-delivery__delivered_on", "-delivery_id", "id")
    )


def scope_of_region(region: Region) -> Scope:
    """The sides at sites of a region."""
    return Scope(region_ids=frozenset({region.pk}))


def own_scope(viewer: Viewer) -> Scope:
    """The sides of the organisations the viewer acts for."""
    return Scope(organisation_ids=viewer.organisation_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionalStatement:
    """A region's year as its chamber may read it. Where too few firms stand behind the figures,
    or one stands out, they are withheld and the mapping is empty."""

    agreed: Mapping[Measure, Bounds]
    delivered: Mapping[Measure, Bounds]
    agreed_withheld: bool
    delivered_withheld: bool
    agreed_exchanges: int
    factor_sets: tuple[str, ...]


def regional_statement(region: Region, *, year: int) -> RegionalStatement:
    """The statement of a region for a calendar year. Only whole years are told, so that two
    statements cannot be subtracted to find a single delivery."""
    since, until = date(year, 1, 1), date(year, 12, 31)
    scope = scope_of_region(region)
    statement = impact_statement(scope, since=since, until=until)
    show_delivered = is_publishable(_delivered_by_firm(region, since, until))
    show_agreed = is_publishable(_agreed_by_firm(scope))
    return RegionalStatement(
        agreed=statement.agreed if show_agreed else {},
        delivered=statement.delivered if show_delivered else {},
        agreed_withheld=bool(statement.agreed) and not show_agreed,
        delivered_withheld=bool(statement.delivered) and not show_delivered,
        agreed_exchanges=statement.agreed_exchanges,
        factor_sets=statement.factor_sets,
    )


def _delivered_by_firm(region: Region, since: date, until: date) -> list[int]:
    """Kilograms kept from disposal by each firm's sites of the region."""
    counting = Delivery.objects.counting().between(since, until)
    by_firm = (
        ImpactShare.objects.filter(
            region=region,
            figure__measure=Measure.DIVERTED,
            figure__delivery__in=counting.values("pk"),
        )
        .order_by()
        .values("organisation")
        .annotate(kg=Sum("amount"))
    )
    return [row["kg"] for row in by_firm]


def _agreed_by_firm(scope: Scope) -> list[int]:
    """Base units that each firm of the scope has agreed to."""
    amounts: dict[int, int] = {}
    for exchange in _exchanges_of(scope).reserving().with_parties():
        for listing, organisation_id, base in (
            (exchange.offer, exchange.offer_organisation_id, exchange.offer_reserved),
            (exchange.need, exchange.need_organisation_id, exchange.need_reserved),
        ):
            if scope.covers(organisation_id, listing.site.region_id):
                amounts[organisation_id] = amounts.get(organisation_id, 0) + base
    return list(amounts.values())


def booked_for(exchange: Exchange) -> dict[Measure, Bounds]:
    """What an exchange's counting deliveries have saved, both sides together."""
    counting = Delivery.objects.counting().filter(exchange=exchange)
    figures = ImpactFigure.objects.filter(delivery__in=counting.values("pk"))
    return added_up(
        (Measure(figure.measure), Bounds(figure.low, figure.amount, figure.high))
        for figure in figures
    )
