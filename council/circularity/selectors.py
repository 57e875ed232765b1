"""Which assessments a viewer may see, how they went over the years, and what groups may tell."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet

from council.circularity.flows import YearOfFlows
from council.circularity.indicators import Indicators, indicators
from council.circularity.models import ProductAssessment, YearAssessment
from geo.disclosure import disclose
from marketplace.firms.models import Organisation
from marketplace.firms.viewers import Viewer

WHOLE_PERCENT = Decimal("0.01")


def year_assessments_visible_to(viewer: Viewer) -> QuerySet[YearAssessment]:
    """Those of the viewer's own organisations: what a firm declares is nobody else's to read."""
    own = Q(organisation_id__in=viewer.organisation_ids)
    return YearAssessment.objects.filter(own).select_related("organisation")


def product_assessments_visible_to(viewer: Viewer) -> QuerySet[ProductAssessment]:
    """Those of the viewer's own organisations."""
    own = Q(organisation_id__in=viewer.organisation_ids)
    return ProductAssessment.objects.filter(own).select_related("organisation")


def latest_of_years(rows: QuerySet[YearAssessment]) -> QuerySet[YearAssessment]:
    """Of each organisation and year the assessment saved last, the latest year first."""
    newest = rows.order_by("organisation_id", "year", "-id").distinct("organisation_id", "year")
    return rows.filter(pk__in=newest.values("pk")).order_by("-year", "organisation_id")


@dataclass(frozen=True, slots=True)
class AssessedYear:
    assessment: YearAssessment
    indicators: Indicators


def trend_of(viewer: Viewer, organisation: Organisation) -> list[AssessedYear]:
    """The organisation's years, the latest first, each with its measures."""
    rows = latest_of_years(year_assessments_visible_to(viewer).filter(organisation=organisation))
    return [AssessedYear(row, indicators(row.flows)) for row in rows]


def latest_products(viewer: Viewer, organisation: Organisation) -> list[ProductAssessment]:
    """Of each product of the organisation the answers saved last, by name."""
    rows = product_assessments_visible_to(viewer).filter(organisation=organisation)
    return list(rows.order_by("name", "-id").distinct("name"))


@dataclass(frozen=True, slots=True)
class GroupIndicators:
    """What the firms of a group reached together, in whole per cent; None where too few firms
    stand behind it or one stands out. ``firms`` is told only beside the measures."""

    group: str
    firms: int | None
    indicators: Indicators | None


def group_indicators(groups: Mapping[str, Sequence[int]], *, year: int) -> list[GroupIndicators]:
    """Measures of groups of organisations (ids by group) that are published side by side.

    A group is told only where both its inflow and its outflow keep the rule of aggregates
    (geo/disclosure.py), also after other groups of the same table are subtracted.
    """
    wanted = {pk for members in groups.values() for pk in members}
    rows = latest_of_years(YearAssessment.objects.filter(organisation_id__in=wanted, year=year))
    flows = {row.organisation_id: row.flows for row in rows}
    told = _told(groups, {pk: f.inflow_kg for pk, f in flows.items()}) & _told(
        groups, {pk: f.outflow_kg for pk, f in flows.items()}
    )
    return [_group(name, members, flows, told) for name, members in groups.items()]


def _told(groups: Mapping[str, Sequence[int]], amounts: Mapping[int, int]) -> frozenset[str]:
    contributions: dict[str, dict[Hashable, int]] = {
        name: {pk: amounts[pk] for pk in members if amounts.get(pk)}
        for name, members in groups.items()
    }
    return frozenset(disclose(contributions).shown)


def _group(
    name: str,
    members: Sequence[int],
    flows: Mapping[int, YearOfFlows],
    told: frozenset[str],
) -> GroupIndicators:
    found = [flows[pk] for pk in members if pk in flows]
    if name not in told or not found:
        return GroupIndicators(name, None, None)
    total = YearOfFlows()
    for year in found:
        total = total.plus(year)
    return GroupIndicators(name, len(found), _rounded(indicators(total)))


def _rounded(exact: Indicators) -> Indicators:
    """Whole per cent: the fourth place of a ratio would tell of a single firm."""
    values = {name: getattr(exact, name) for name in Indicators.__dataclass_fields__}
    return Indicators(
        **{
            name: None if value is None else value.quantize(WHOLE_PERCENT)
            for name, value in values.items()
        }
    )
