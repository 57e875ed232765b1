"""The composition of a waste, as its producer knows it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.catalogue.models import WasteCode
from marketplace.catalogue.selectors import waste_codes
from marketplace.errors import InvalidInput
from marketplace.units import parse_decimal
from symbiosis.core.legality.hazards import PER_CENT, WHOLE, Component

MOST_LINES = 100
_STATEMENT = re.compile(r"(?:EUH\d{3}|H\d{3}(?:-[12]|[A-Za-z]{1,2})?)")


class HazardForm(forms.Form):
    """One substance a line: name; hazard statements; per cent by weight."""

    waste_code = forms.CharField(
        label=gettext_lazy("Waste code"),
        required=False,
        max_length=10,
        help_text=gettext_lazy("The code in question; a mirror entry brings its question along."),
    )
    substances = forms.CharField(
        label=gettext_lazy("Substances"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=10_000,
        help_text=gettext_lazy(
            "One a line: name; hazard statements of the safety data sheet; per cent by weight."
            " For example: zinc oxide; H400 H410; 1.5"
        ),
    )
    complete = forms.BooleanField(
        label=gettext_lazy("Everything above 0.1 % is named; the rest is known to be harmless."),
        required=False,
    )

    def clean_waste_code(self) -> WasteCode | None:
        digits = "".join(c for c in self.cleaned_data["waste_code"] if c.isdigit())
        if not digits:
            return None
        found: WasteCode | None = waste_codes().filter(code=digits).first()
        if found is None:
            raise forms.ValidationError(_("The List of Waste has no such code."))
        return found

    def clean_substances(self) -> list[Component]:
        lines = [line.strip() for line in self.cleaned_data["substances"].splitlines()]
        written = [line for line in lines if line]
        if len(written) > MOST_LINES:
            raise forms.ValidationError(_("At most %(most)d substances.") % {"most": MOST_LINES})
        found, faults = [], []
        for line in written:
            try:
                found.append(_component(line))
            except (ValueError, InvalidInput):
                faults.append(_("Not name; statements; per cent: %(line)s") % {"line": line[:60]})
        if sum(component.share for component in found) > WHOLE:
            faults.append(_("Together that is more than one hundred per cent."))
        if faults:
            raise forms.ValidationError(faults)
        return found

    def asked(self) -> dict[str, Any]:
        """What ``assess`` takes."""
        answers = self.cleaned_data
        return {"components": answers["substances"], "complete": answers["complete"]}


def _component(line: str) -> Component:
    name, statements, share = (part.strip() for part in line.split(";"))
    latin = statements.upper().translate(str.maketrans("НЕУ", "HEU"))
    named = frozenset(filter(None, re.split(r"[\s,+]+", latin)))
    if not name or not all(_STATEMENT.fullmatch(statement) for statement in named):
        raise ValueError
    per_cent = parse_decimal(share.removesuffix("%").strip(), field="substances")
    scaled = int(per_cent * Decimal(PER_CENT))
    if scaled <= 0:
        raise ValueError
    return Component(name[:100], named, scaled)
