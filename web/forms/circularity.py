"""Forms of circularity: a year's flows in tonnes, and what a product is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from council.circularity.flows import FLOWS, YearOfFlows
from council.circularity.indicators import Product
from council.circularity.models import ProductAssessment, YearAssessment
from web.forms.listings import DecimalText

_THOUSANDS = ("_kg", "_l", "_kwh")
"""What is stored in kilograms, litres and kWh is asked in tonnes, cubic metres and MWh."""

_UNITS = {"_kg": gettext_lazy("t"), "_l": gettext_lazy("m³"), "_kwh": gettext_lazy("MWh")}


@dataclass(frozen=True, slots=True)
class FlowGroup:
    """Flows that stand together on the form; ``names`` are in its order."""

    title: Any
    names: tuple[str, ...]


GROUPS = (
    FlowGroup(
        gettext_lazy("What came in"),
        ("inflow_kg", "of_secondary_kg", "of_reused_kg", "biological_kg", "of_sustained_kg"),
    ),
    FlowGroup(gettext_lazy("What was sold"), ("products_kg", "of_recoverable_kg")),
    FlowGroup(
        gettext_lazy("Where waste and residues went"),
        (
            *("prepared_kg", "recycled_kg", "recovered_kg"),
            *("incinerated_kg", "landfilled_kg", "otherwise_kg"),
        ),
    ),
    FlowGroup(
        gettext_lazy("Of these hazardous"),
        (
            *("hazardous_prepared_kg", "hazardous_recycled_kg", "hazardous_recovered_kg"),
            *("hazardous_incinerated_kg", "hazardous_landfilled_kg", "hazardous_otherwise_kg"),
        ),
    ),
    FlowGroup(
        gettext_lazy("Energy and water"),
        ("energy_kwh", "of_renewable_kwh", "water_l", "of_reused_l"),
    ),
)


class YearForm(forms.Form):
    """A year of flows; empty is zero."""

    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=2000, max_value=2100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FLOWS:
            label = _label(YearAssessment, name)
            self.fields[name] = DecimalText(
                label=_("%(flow)s, %(unit)s") % {"flow": label, "unit": _unit(name)},
                required=False,
                max_length=24,
            )

    def groups(self) -> Iterable[tuple[Any, list[forms.BoundField]]]:
        return [(group.title, [self[name] for name in group.names]) for group in GROUPS]

    def flows(self) -> YearOfFlows:
        """The answers in whole base units."""
        told = self.cleaned_data
        return YearOfFlows(**{name: int((told[name] or 0) * 1000) for name in FLOWS})

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or self.cleaned_data
        for name in FLOWS:
            amount = told.get(name)
            if amount is not None and amount * 1000 != int(amount * 1000):
                self.add_error(name, _("At most three decimals."))
        return told


def answers_of(flows: YearOfFlows) -> dict[str, str]:
    """A year as the form's first answers; nothing where it is zero."""
    return {
        name: f"{(Decimal(flows.of(name)) / 1000).normalize():f}"
        for name in FLOWS
        if flows.of(name)
    }


def _label(model: type[YearAssessment | ProductAssessment], name: str) -> Any:
    field: Any = model._meta.get_field(name)
    return field.verbose_name


def _unit(name: str) -> Any:
    return next(unit for ending, unit in _UNITS.items() if name.endswith(ending))


_PERCENT = (
    *("recycled", "reused", "biological"),
    *("to_recycling", "to_reuse", "to_compost", "to_energy"),
    *("recycling_yield", "feedstock_yield"),
)


class ProductForm(forms.Form):
    """What a product is made of and what becomes of it; shares in per cent."""

    name = forms.CharField(label=gettext_lazy("Product"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, first in (
            ("mass_kg", "1"),
            *((name, "100" if name.endswith("yield") else "0") for name in _PERCENT),
            ("lifetime_ratio", "1"),
            ("intensity_ratio", "1"),
        ):
            label = _label(ProductAssessment, name)
            self.fields[name] = DecimalText(
                label=f"{label}, %" if name in _PERCENT else label, max_length=12, initial=first
            )

    def product(self) -> Product:
        told = self.cleaned_data
        return Product(
            **{
                name: told[name] / 100 if name in _PERCENT else told[name]
                for name in Product.__dataclass_fields__
            }
        )
