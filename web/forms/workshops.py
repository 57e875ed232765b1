"""Preparing a workshop."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from symbiosis.workshop_rows import MOST_CHAIRS, MOST_ROUNDS
from symbiosis.workshops import WorkshopDraft


class WorkshopForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=200)
    held_on = forms.DateField(
        label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    place = forms.CharField(label=_("Venue"), max_length=200, required=False)
    chairs = forms.IntegerField(
        label=_("Firms at a table"), min_value=2, max_value=MOST_CHAIRS, initial=4
    )
    rounds = forms.IntegerField(label=_("Rounds"), min_value=1, max_value=MOST_ROUNDS, initial=3)

    def draft(self) -> WorkshopDraft:
        return WorkshopDraft(**self.cleaned_data)


class AttendanceForm(forms.Form):
    """Organisation numbers ticked as invited and as present."""

    invited = forms.TypedMultipleChoiceField(coerce=int, required=False)
    present = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args: object, firms: list[int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in ("invited", "present"):
            self.fields[name].choices = [(pk, pk) for pk in firms]  # type: ignore[attr-defined]


class MatchForm(forms.Form):
    proposal = forms.CharField(max_length=60)
    note = forms.CharField(max_length=500, required=False)
