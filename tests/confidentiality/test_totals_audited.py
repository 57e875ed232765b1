"""The auditor of statistical secrecy reads what the API and the chamber's desk really publish."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from geo.disclosure import Nested
from geo.models import Region
from marketplace.listings import aggregates
from marketplace.models import Membership, Offer, Organisation
from tests.factories import (
    MaterialFactory,
    MembershipFactory,
    OfferFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
)
from tests.geo.test_auditor import Auditor

pytestmark = pytest.mark.django_db

OBLASTS = {"BG31": 5, "BG32": 5, "BG33": 4, "BG34": 4, "BG41": 5, "BG42": 5}


@pytest.fixture
def market() -> list[str]:
    """28 oblasts, some nearly empty, with 90 firms whose amounts are log-normal; a third of them
    keep theirs back."""
    draw = random.Random(11)
    country = RegionFactory(code="BG", level=Region.Level.COUNTRY, name_en="Bulgaria")
    oblasts = []
    for code, count in OBLASTS.items():
        area = RegionFactory(code=code, level=Region.Level.NUTS2, parent=country, name_en=code)
        oblasts += [
            RegionFactory(code=f"{code}{n + 1}", parent=area, name_en=f"{code}{n + 1}")
            for n in range(count)
        ]
    weights = [draw.random() ** 3 for _oblast in oblasts]
    material, offers = MaterialFactory(), []
    for firm in range(90):
        (region,) = draw.choices(oblasts, weights)
        site = SiteFactory(region=region, cell_region=region)
        tonnes = Decimal(round(draw.lognormvariate(6, 1.6)) + 1)
        kept = {"confidential": ["quantity"]} if firm % 3 == 0 else {}
        offers.append(
            OfferFactory.build(
                site=site,
                organisation=site.organisation,
                material=material,
                quantity_value=tonnes,
                **kept,
            )
        )
    Offer.objects.bulk_create(offers)
    return [region.code for region in oblasts]


def _kg(text: str | None) -> int | None:
    return None if text is None else int(text)


def _published() -> dict[str, int | None]:
    rows = Client().get("/api/v1/aggregates").json()["results"]
    return {row["id"]: _kg(row["offered_kg_per_year"]) for row in rows}


def _breaches(oblasts: list[str]) -> list[str]:
    told = _published()
    truth = aggregates.contributions(Offer, oblasts, as_of=timezone.localdate())
    nested = Nested(
        total=told["BG"],
        areas={area: told[area] for area in OBLASTS},
        parts={code: told[code] for code in oblasts},
    )
    return Auditor(truth, nested).breaches(_Areas(truth), nested)


class _Areas(dict[str, Any]):
    """The auditor finds an oblast's area by three characters; ours have four."""

    def __missing__(self, start: str) -> Any:
        return {
            code: firms
            for a, parts in self.items()
            if a.startswith(start)
            for code, firms in parts.items()
        }


def test_nothing_published_bounds_what_is_withheld(market: list[str]) -> None:
    told = _published()
    withheld = [code for code in market if told[code] is None]
    assert withheld, "something is withheld"
    assert [code for code in market if told[code]], "and something is told"
    assert _breaches(market) == []


def test_the_auditor_sees_totals_that_bypass_the_rules(
    market: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: every total told as it is."""

    def open_to_all(contributions: Any) -> Nested[str, str]:
        parts = {c: sum(f.values()) for a in contributions.values() for c, f in a.items()}
        areas = {area: sum(parts[code] for code in inner) for area, inner in contributions.items()}
        return Nested(sum(areas.values()), areas, parts)

    monkeypatch.setattr(aggregates, "disclose_nested", open_to_all)
    assert _breaches(market) != []


def test_the_chambers_desk_tells_the_same_totals(market: list[str]) -> None:
    """One door: the desk withholds what the API withholds."""
    told = _published()
    withheld = next(code for code in market if told[code] is None)
    region = Region.objects.get(code=withheld)
    chamber = OrganisationFactory(type=Organisation.Type.CHAMBER, region=region)
    officer = MembershipFactory(organisation=chamber, role=Membership.Role.OFFICER).user
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(officer)
    desk = browser.get("/chamber/").context["desk"]
    assert {row.region.code: row.offered_kg for row in desk.totals} == {
        code: told[code] for code in ("BG", withheld[:4], withheld)
    }
