"""A permit or another paper as its holder writes it down."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.catalogue.models import Material, WasteCode
from marketplace.catalogue.search import material_called
from marketplace.catalogue.selectors import waste_codes
from marketplace.errors import InvalidInput
from marketplace.firms.models import Organisation, Site
from marketplace.firms.permit_services import PermitDraft
from marketplace.firms.permits import Permit
from marketplace.firms.selectors import organisations_visible_to, sites_editable_by
from marketplace.firms.viewers import Viewer
from marketplace.units import parse_decimal
from web.forms.listings import DayInput

_LINE = re.compile(r"(?P<code>\d\d\s?\d\d\s?\d\d)\*?(?:\s*[;:\t]\s*|\s+)?(?P<tonnes>\S.*)?")
_WORDS = re.compile(r"[\s,;]+")
_AREA = {"rows": 4}


class PermitForm(forms.Form):
    """Kind and number are enough; what is left empty sets no limit."""

    organisation = forms.ChoiceField(label=gettext_lazy("Organisation"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind of paper"), choices=Permit.Kind.choices)
    number = forms.CharField(label=gettext_lazy("Number"), max_length=80)
    authority = forms.CharField(
        label=gettext_lazy("Issued by"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For example: RIEW Sofia."),
    )
    country = forms.CharField(
        label=gettext_lazy("Country"),
        max_length=2,
        initial="BG",
        help_text=gettext_lazy("BG, RO …"),
    )
    site = forms.ChoiceField(
        label=gettext_lazy("Site"),
        required=False,
        help_text=gettext_lazy("A treatment permit speaks of one site, a carrier's of the firm."),
    )
    codes = forms.CharField(
        label=gettext_lazy("Waste codes and tonnes a year"),
        required=False,
        widget=forms.Textarea(attrs=_AREA),
        help_text=gettext_lazy(
            "One code a line, with tonnes a year where the paper sets a limit: 02 07 04; 1200"
        ),
    )
    operations = forms.CharField(
        label=gettext_lazy("R/D operations"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("R1 to R13 and D1 to D15, separated by commas"),
    )
    hazard_properties = forms.CharField(
        label=gettext_lazy("Hazard properties"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("HP1 to HP15 that a classification found"),
    )
    materials = forms.CharField(
        label=gettext_lazy("Materials"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One a line, by their name in the catalogue."),
    )
    valid_from = forms.DateField(label=gettext_lazy("Valid from"), required=False, widget=DayInput)
    valid_until = forms.DateField(
        label=gettext_lazy("Valid until"), required=False, widget=DayInput
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, viewer: Viewer, permit: Permit | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.firms = list(organisations_visible_to(viewer).filter(pk__in=viewer.editable_ids))
        self.sites = list(sites_editable_by(viewer).filter(organisation_id__in=viewer.editable_ids))
        if permit is not None:
            del self.fields["organisation"]
        else:
            self._choices("organisation", [(firm.public_id, firm.label) for firm in self.firms])
        everywhere = ("", _("the whole organisation"))
        self._choices("site", [everywhere, *((s.public_id, s.name) for s in self.sites)])

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).strip().upper()

    def clean_site(self) -> Site | None:
        chosen = self.cleaned_data["site"]
        return next((site for site in self.sites if site.public_id == chosen), None)

    def clean_organisation(self) -> Organisation:
        chosen = self.cleaned_data["organisation"]
        firm: Organisation = next(firm for firm in self.firms if firm.public_id == chosen)
        return firm

    def clean_operations(self) -> tuple[str, ...]:
        return _codes(self.cleaned_data["operations"], "РД", "RD")

    def clean_hazard_properties(self) -> tuple[str, ...]:
        return _codes(self.cleaned_data["hazard_properties"], "НХР", "HHP")

    def clean_codes(self) -> dict[WasteCode, int | None]:
        written: dict[str, int | None] = {}
        faults = []
        for line in filter(None, map(str.strip, self.cleaned_data["codes"].splitlines())):
            try:
                code, kg = _line_of(line)
            except (ValueError, InvalidInput):
                faults.append(_("Not a code with tonnes: %(line)s.") % {"line": line[:60]})
            else:
                written[code] = kg
        known = {row.code: row for row in waste_codes().filter(code__in=written)}
        faults += [
            _("The List of Waste has no code %(code)s.") % {"code": code}
            for code in written
            if code not in known
        ]
        if faults:
            raise forms.ValidationError(faults)
        return {known[code]: kg for code, kg in written.items()}

    def clean_materials(self) -> tuple[Material, ...]:
        lines = filter(None, map(str.strip, self.cleaned_data["materials"].splitlines()))
        found = {line: material_called(line, groups=True) for line in lines}
        faults = [
            _("The catalogue has no material called %(name)s.") % {"name": line[:60]}
            for line, material in found.items()
            if material is None
        ]
        if faults:
            raise forms.ValidationError(faults)
        return tuple(material for material in found.values() if material is not None)

    def changes(self) -> dict[str, Any]:
        """The answers in the words of ``PermitDraft``."""
        beside = ("organisation", "version")
        return {name: value for name, value in self.cleaned_data.items() if name not in beside}

    def draft(self) -> PermitDraft:
        return PermitDraft(**self.changes())


def _line_of(line: str) -> tuple[str, int | None]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError
    code = re.sub(r"\s", "", found["code"])
    told = (found["tonnes"] or "").removesuffix("t").removesuffix("т").strip()
    if not told:
        return code, None
    return code, int(parse_decimal(told, field="codes") * Decimal(1000))


def _codes(text: str, cyrillic: str, latin: str) -> tuple[str, ...]:
    """``r3, R13`` as codes; Cyrillic letters stand for the Latin ones that are meant."""
    meant = text.upper().translate(str.maketrans(cyrillic, latin))
    return tuple(dict.fromkeys(filter(None, _WORDS.split(meant))))


def answers_of(permit: Permit) -> dict[str, Any]:
    """A paper on record as the form's first answers, for changing it."""
    plain = ("kind", "number", "authority", "country", "valid_from", "valid_until", "version")
    return {
        **{name: getattr(permit, name) for name in plain},
        "site": permit.site.public_id if permit.site else "",
        "codes": "\n".join(_lines(permit)),
        "operations": ", ".join(permit.operations),
        "hazard_properties": ", ".join(permit.hazard_properties),
        "materials": "\n".join(material.name for material in permit.materials.all()),
    }


def _lines(permit: Permit) -> Iterable[str]:
    for line in sorted(permit.codes.all(), key=lambda line: line.waste_code.code):
        if line.kg_per_year is None:
            yield line.waste_code.display_code
        else:
            tonnes = (Decimal(line.kg_per_year) / 1000).normalize()
            yield f"{line.waste_code.display_code}; {number_format(tonnes, use_l10n=False)}"
