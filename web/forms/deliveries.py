"""Forms of deliveries: what has moved, an objection, the day to ask again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.catalogue.models import Material, WasteCode
from marketplace.catalogue.selectors import waste_codes
from marketplace.deliveries.models import OPERATIONS, Delivery, Transport
from marketplace.deliveries.services import DeliveryDraft
from marketplace.units import UNITS, ResourceKind
from web.forms.listings import DayInput, DecimalText
from web.presentation import unit_label


class DeliveryForm(forms.Form):
    """What one side says has moved; day and quantity are enough unless it is waste."""

    delivered_on = forms.DateField(label=gettext_lazy("Delivered on"), widget=DayInput)
    quantity_value = DecimalText(label=gettext_lazy("Quantity"), max_length=30)
    quantity_unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    waste_code = forms.CharField(
        label=gettext_lazy("Waste code"),
        required=False,
        max_length=10,
        help_text=gettext_lazy("Empty: the code of the offer."),
    )
    operation = forms.ChoiceField(
        label=gettext_lazy("R/D operation"),
        required=False,
        choices=[("", "–"), *OPERATIONS],
        help_text=gettext_lazy("Needed where the material is waste."),
    )
    transport = forms.ChoiceField(
        label=gettext_lazy("Transport"), choices=Transport.choices, initial=Transport.ROAD
    )
    road_km = DecimalText(
        label=gettext_lazy("Distance, km"),
        required=False,
        max_length=10,
        help_text=gettext_lazy("Empty: estimated between the two sites."),
    )
    paper = forms.CharField(
        label=gettext_lazy("Weighbridge or consignment note"), required=False, max_length=120
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=500)

    FIRST = ("delivered_on", "quantity_value", "quantity_unit")
    MORE = ("waste_code", "operation", "transport", "road_km", "paper", "note")

    def __init__(self, *args: Any, material: Material, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = UNITS[ResourceKind(material.kind)]
        unit_field = self.fields["quantity_unit"]
        assert isinstance(unit_field, forms.ChoiceField)  # noqa: S101 - declared above
        unit_field.choices = [(unit, unit_label(unit)) for unit in units]

    def clean_waste_code(self) -> WasteCode | None:
        text = "".join(c for c in self.cleaned_data["waste_code"] if c.isdigit())
        if not self.cleaned_data["waste_code"].strip():
            return None
        found: WasteCode | None = waste_codes().filter(code=text).first()
        if found is None:
            raise forms.ValidationError(_("There is no such code in the List of Waste."))
        return found

    def draft(self) -> DeliveryDraft:
        """The answers as the services take them."""
        told = self.cleaned_data
        road_km = told["road_km"]
        return DeliveryDraft(
            delivered_on=told["delivered_on"],
            quantity_value=told["quantity_value"],
            quantity_unit=told["quantity_unit"],
            waste_code=told["waste_code"],
            operation=told["operation"],
            transport=told["transport"],
            road_m=None if road_km is None else int(road_km * 1000),
            paper=told["paper"],
            note=told["note"],
        )


def answers_of(delivery: Delivery) -> dict[str, Any]:
    """An entry as the form's first answers, for a correction."""
    return {
        "delivered_on": delivery.delivered_on,
        "quantity_value": f"{delivery.quantity_value.normalize():f}",
        "quantity_unit": delivery.quantity_unit,
        "waste_code": delivery.waste_code.display_code if delivery.waste_code else "",
        "operation": delivery.operation,
        "transport": delivery.transport,
        "road_km": f"{delivery.road_m / 1000:.1f}",
        "paper": delivery.paper,
        "note": delivery.note,
    }


class ObjectionForm(forms.Form):
    """Why an entry is not right."""

    objection = forms.CharField(label=gettext_lazy("What was different?"), max_length=500)


class AskAgainForm(forms.Form):
    """The day on which a fallen exchange is to be reopened."""

    wake_on = forms.DateField(
        label=gettext_lazy("Ask again on"),
        widget=DayInput,
        help_text=gettext_lazy("The day on which the contract that stands in the way ends, say."),
    )
