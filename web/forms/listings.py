"""The two-minute form of an offer or a need: what, where, roughly how much; the rest if known."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from marketplace.catalogue.models import Material, WasteCode
from marketplace.catalogue.search import material_called, suggest_materials
from marketplace.catalogue.selectors import catalogue, waste_codes
from marketplace.errors import InvalidInput
from marketplace.firms.models import Site
from marketplace.firms.viewers import Viewer
from marketplace.listings.models import (
    Listing,
    QuantityBasis,
    SupplyPattern,
    Visibility,
    WasteStatus,
)
from marketplace.listings.services import ListingDraft
from marketplace.units import UNITS, cents, parse_decimal
from web.forms.confidence import ConfidenceMixin, told_answers
from web.forms.places import SiteChoiceMixin
from web.presentation import unit_label


def unit_choices() -> list[tuple[str, str, str]]:
    """(unit, label, kinds it measures), the usual of each kind first, no unit twice."""
    kinds: dict[str, list[str]] = {}
    for kind, units in UNITS.items():
        for unit in units:
            kinds.setdefault(unit, []).append(kind.value)
    return [(unit, unit_label(unit), " ".join(found)) for unit, found in kinds.items()]


class DecimalText(forms.CharField):
    """A number as people write it, with a comma or a point; parsed by the one rule in units."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_decimal(text, field="number")
        except InvalidInput as refusal:
            raise forms.ValidationError([p.detail for p in refusal.problems]) from refusal


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ListingForm(SiteChoiceMixin, ConfidenceMixin):
    """Everything a draft can hold; only what, where and how much are asked for."""

    material_text = forms.CharField(label=gettext_lazy("Material"), required=False, max_length=200)
    material = forms.SlugField(required=False, widget=forms.HiddenInput)
    quantity_value = DecimalText(label=gettext_lazy("About how much"), max_length=30)
    quantity_unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    quantity_basis = forms.ChoiceField(
        label=gettext_lazy("Counted"), choices=QuantityBasis.choices, initial=QuantityBasis.YEAR
    )
    visibility = forms.ChoiceField(
        label=gettext_lazy("Who may see it"),
        choices=Visibility.choices,
        initial=Visibility.PUBLIC,
        help_text=gettext_lazy(
            "Anonymous: others see the material, a range of quantity and a five-kilometre cell."
        ),
    )
    title = forms.CharField(label=gettext_lazy("Title"), required=False, max_length=200)
    waste_status = forms.ChoiceField(
        label=gettext_lazy("Legal status"),
        choices=WasteStatus.choices,
        initial=WasteStatus.UNKNOWN,
    )
    waste_code = forms.CharField(
        label=gettext_lazy("Waste code"),
        required=False,
        max_length=10,
        help_text=gettext_lazy("Six digits of the List of Waste, for example 02 07 04."),
    )
    pattern = forms.ChoiceField(
        label=gettext_lazy("Pattern"),
        choices=SupplyPattern.choices,
        initial=SupplyPattern.CONTINUOUS,
    )
    available_from = forms.DateField(
        label=gettext_lazy("Available from"), required=False, widget=DayInput
    )
    available_until = forms.DateField(
        label=gettext_lazy("Available until"), required=False, widget=DayInput
    )
    months = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Months of the season"),
        required=False,
        coerce=int,
        choices=list(MONTHS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    min_lot_value = DecimalText(
        label=gettext_lazy("Smallest lot"),
        required=False,
        max_length=30,
        help_text=gettext_lazy("In the unit above."),
    )
    price = DecimalText(
        label=gettext_lazy("Price, EUR"),
        required=False,
        max_length=20,
        help_text=gettext_lazy(
            "Per tonne, cubic metre, MWh or unit. With a minus where you would pay to part with it."
        ),
    )
    quality_notes = forms.CharField(
        label=gettext_lazy("Quality"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    MORE: ClassVar[tuple[str, ...]] = (
        "waste_status",
        "waste_code",
        "pattern",
        "available_from",
        "available_until",
        "months",
        "price",
        "min_lot_value",
        "quality_notes",
        "description",
        "title",
    )

    def __init__(self, *args: Any, viewer: Viewer, takes_uses: bool, **kwargs: Any) -> None:
        """``takes_uses``: a need may name a use (animal feed), an offer names a stream."""
        super().__init__(*args, **kwargs)
        self.takes_uses = takes_uses
        self.offer_sites(viewer)
        self.units = unit_choices()
        self.fields["quantity_unit"].choices = [  # type: ignore[attr-defined]
            (unit, label) for unit, label, _kinds in self.units
        ]
        self.material_candidates: list[Material] = []

    @property
    def chosen_unit(self) -> str:
        return self["quantity_unit"].value() or "t"

    @property
    def open_more(self) -> bool:
        """Whether the fold holds an error or an answer already."""
        return any(name in self.errors for name in self.MORE) if self.is_bound else False

    def clean_waste_code(self) -> WasteCode | None:
        digits = self.cleaned_data["waste_code"].replace(" ", "").rstrip("*")
        if not digits:
            return None
        found = waste_codes().filter(code=digits).first()
        if found is None:
            raise forms.ValidationError(_("The List of Waste has no such code."))
        return found

    def clean_price(self) -> int | None:
        price = self.cleaned_data["price"]
        if price is None:
            return None
        try:
            return cents(price)
        except InvalidInput as refusal:
            raise forms.ValidationError([p.detail for p in refusal.problems]) from refusal

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["concept"] = self._concept(cleaned)
        self.clean_new_place(cleaned)
        return cleaned

    def _concept(self, cleaned: dict[str, Any]) -> Material | None:
        code, text = cleaned.get("material"), cleaned.get("material_text", "").strip()
        known = catalogue() if self.takes_uses else catalogue().streams()
        by_code = known.filter(code=code).first() if code else None
        concept = by_code or (material_called(text, groups=self.takes_uses) if text else None)
        if concept is None and not text:
            self.add_error("material_text", _("Say what it is."))
        elif concept is None:
            self.material_candidates = [
                s.material for s in suggest_materials(text, groups=self.takes_uses, limit=8)
            ]
            self.add_error(
                "material_text",
                _("Which of these is it?")
                if self.material_candidates
                else _("The catalogue knows nothing by this name; try another word."),
            )
        return concept

    def draft(self, site: Site) -> ListingDraft:
        """The cleaned answers as the services take them."""
        answers = self.cleaned_data
        return ListingDraft(
            site=site,
            material=answers["concept"],
            quantity_value=answers["quantity_value"],
            quantity_unit=answers["quantity_unit"],
            quantity_basis=answers["quantity_basis"],
            language=get_language() or "bg",
            months=tuple(answers["months"]),
            price_cents=answers["price"],
            **self.kept_back(),
            **{
                name: answers[name]
                for name in (
                    "title",
                    "description",
                    "pattern",
                    "available_from",
                    "available_until",
                    "min_lot_value",
                    "quality_notes",
                    "waste_status",
                    "waste_code",
                    "visibility",
                )
            },
        )

    def sketch(self, model: type[Listing]) -> Listing | None:
        """An unsaved listing of the answers so far, for the completeness meter."""
        answers = getattr(self, "cleaned_data", {})
        if answers.get("concept") is None:
            return None
        plain = (
            "waste_status",
            "waste_code",
            "pattern",
            "available_from",
            "min_lot_value",
            "quality_notes",
            "description",
        )
        return model(
            material=answers["concept"],
            price_cents=answers.get("price"),
            months=answers.get("months") or [],
            **{name: answers[name] for name in plain if name in answers},
        )


def answers_of(listing: Listing) -> dict[str, Any]:
    """A saved listing as the form's first values, for editing it."""
    values = {
        name: getattr(listing, name)
        for name in (
            "quantity_unit",
            "quantity_basis",
            "visibility",
            "title",
            "waste_status",
            "pattern",
            "available_from",
            "available_until",
            "months",
            "quality_notes",
            "description",
        )
    }
    return {
        **values,
        **told_answers(listing),
        "material": listing.material.code,
        "material_text": listing.material.name,
        "site": listing.site.public_id,
        "quantity_value": f"{listing.quantity_value.normalize():f}",
        "min_lot_value": ""
        if listing.min_lot_value is None
        else f"{listing.min_lot_value.normalize():f}",
        "price": "" if listing.price_cents is None else f"{listing.price_cents / 100:.2f}",
        "waste_code": listing.waste_code.code if listing.waste_code else "",
    }
