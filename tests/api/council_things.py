"""What the permission matrix needs of the council's resources: things, bodies, sub-addresses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone

from council.circularity.models import ProductAssessment, YearAssessment
from marketplace.models import Organisation

BELOW = ("advice",)

BODIES: dict[str, Any] = {
    "assessments": {"year": 2025, "flows": {"inflow_kg": "1000"}},
    "product-assessments": {"name": "Crate", "mass_kg": "1.5"},
}

MODELS = (YearAssessment, ProductAssessment)


def ids(own: Organisation, other: Organisation) -> dict[str, dict[str, str]]:
    """Ids of one thing of each kind for every target, by route."""
    now = timezone.now()
    found: dict[str, dict[str, str]] = {
        "assessments": {"none": f"assessment_{'0' * 26}"},
        "product-assessments": {"none": f"product_{'0' * 26}"},
    }
    for target, firm in (("own", own), ("hidden", other)):
        year = YearAssessment.objects.create(organisation=firm, year=2025, saved_at=now)
        crate = ProductAssessment.objects.create(
            organisation=firm, name="Crate", mass_kg=Decimal(1), saved_at=now
        )
        found["assessments"][target] = year.public_id
        found["product-assessments"][target] = crate.public_id
    return found
