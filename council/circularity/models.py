"""Saved assessments: a year of an organisation's flows, and the products it makes."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from council.circularity.flows import FLOWS, PARTS, YearOfFlows
from council.circularity.indicators import Product
from marketplace.firms.models import Organisation
from marketplace.ids import encode


def _amount(label: Any) -> models.BigIntegerField[int, int]:
    return models.BigIntegerField(label, default=0)


def _share(label: Any, default: int = 0) -> models.DecimalField[Decimal, Decimal]:
    return models.DecimalField(label, max_digits=5, decimal_places=4, default=Decimal(default))


def _within(whole: str, parts: tuple[str, ...]) -> models.Q:
    total: Any = models.F(parts[0])
    for part in parts[1:]:
        total = total + models.F(part)
    return models.Q(**{f"{whole}__gte": total})


class YearAssessment(models.Model):
    """An organisation's flows in a calendar year as it declares them. Append-only: of a year the
    latest counts, and the earlier ones tell how the picture changed. ``of_`` and ``hazardous_``
    columns are parts of what stands before them."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="year_assessments"
    )
    year = models.PositiveSmallIntegerField(_("year"))
    inflow_kg = _amount(_("materials taken in"))
    of_secondary_kg = _amount(_("of these recycled materials and by-products"))
    of_reused_kg = _amount(_("of these reused parts and packaging"))
    of_sustained_kg = _amount(_("of these biological from sustained production"))
    biological_kg = _amount(_("biological materials in all"))
    products_kg = _amount(_("products sent out"))
    of_recoverable_kg = _amount(_("of these really recovered after use"))
    prepared_kg = _amount(_("waste and residues reused or used as by-products"))
    recycled_kg = _amount(_("waste recycled"))
    recovered_kg = _amount(_("waste to other recovery, energy included"))
    incinerated_kg = _amount(_("waste incinerated without recovery"))
    landfilled_kg = _amount(_("waste landfilled"))
    otherwise_kg = _amount(_("waste disposed of otherwise"))
    hazardous_prepared_kg = _amount(_("hazardous, reused"))
    hazardous_recycled_kg = _amount(_("hazardous, recycled"))
    hazardous_recovered_kg = _amount(_("hazardous, other recovery"))
    hazardous_incinerated_kg = _amount(_("hazardous, incinerated"))
    hazardous_landfilled_kg = _amount(_("hazardous, landfilled"))
    hazardous_otherwise_kg = _amount(_("hazardous, disposed of otherwise"))
    energy_kwh = _amount(_("energy used"))
    of_renewable_kwh = _amount(_("of this renewable"))
    water_l = _amount(_("water taken in"))
    of_reused_l = _amount(_("of this reused or recirculated"))
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["organisation", "-year", "-id"]
        verbose_name = _("assessment of a year")
        verbose_name_plural = _("assessments of years")
        indexes = [models.Index(fields=["organisation", "-year", "-id"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(**{f"{name}__gte": 0 for name in FLOWS}),
                name="year_assessment_not_negative",
            ),
            *(
                models.CheckConstraint(
                    condition=_within(whole, parts), name=f"year_assessment_{parts[0]}_within"
                )
                for whole, parts in PARTS
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.year}"

    @property
    def public_id(self) -> str:
        return encode("assessment", self.uid)

    @property
    def flows(self) -> YearOfFlows:
        return YearOfFlows(**{name: getattr(self, name) for name in FLOWS})


class ProductAssessment(models.Model):
    """A product with what its material circularity is reckoned from. Append-only: the latest row
    of a name counts, the earlier ones are its trend."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="product_assessments"
    )
    name = models.CharField(_("product"), max_length=200)
    mass_kg = models.DecimalField(_("mass of one unit, kg"), max_digits=14, decimal_places=4)
    recycled = _share(_("recycled feedstock"))
    reused = _share(_("reused feedstock"))
    biological = _share(_("sustained biological feedstock"))
    to_recycling = _share(_("collected for recycling"))
    to_reuse = _share(_("collected for reuse"))
    to_compost = _share(_("composted or digested"))
    to_energy = _share(_("eligible energy recovery"))
    recycling_yield = _share(_("yield of recycling after use"), 1)
    feedstock_yield = _share(_("yield of making the recycled feedstock"), 1)
    lifetime_ratio = models.DecimalField(
        _("lifetime against the average"), max_digits=7, decimal_places=3, default=Decimal(1)
    )
    intensity_ratio = models.DecimalField(
        _("use against the average"), max_digits=7, decimal_places=3, default=Decimal(1)
    )
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["organisation", "name", "-id"]
        verbose_name = _("assessment of a product")
        verbose_name_plural = _("assessments of products")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    mass_kg__gt=0,
                    feedstock_yield__gt=0,
                    lifetime_ratio__gt=0,
                    intensity_ratio__gt=0,
                ),
                name="product_assessment_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    **{
                        f"{name}__range": (0, 1)
                        for name in (
                            "recycled", "reused", "biological", "to_recycling", "to_reuse",
                            "to_compost", "to_energy", "recycling_yield", "feedstock_yield",
                        )
                    }
                ),
                name="product_assessment_shares",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return encode("product", self.uid)

    @property
    def product(self) -> Product:
        return Product(**{name: getattr(self, name) for name in Product.__dataclass_fields__})
