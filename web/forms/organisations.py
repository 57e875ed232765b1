"""Registering an organisation."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.catalogue.models import Pillar
from marketplace.firms.services import OrganisationDraft


class OrganisationForm(forms.Form):
    name = forms.CharField(label=_("Name of the organisation"), max_length=300)
    name_en = forms.CharField(label=_("Name in English"), max_length=300, required=False)
    registration_number = forms.CharField(
        label=_("EIK"),
        max_length=20,
        required=False,
        help_text=_("Nine or thirteen digits; checked for typing errors."),
    )
    vat_number = forms.CharField(label=_("VAT number"), max_length=20, required=False)
    pillars = forms.MultipleChoiceField(
        label=_("Pillars"),
        choices=Pillar.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def draft(self) -> OrganisationDraft:
        answers = self.cleaned_data
        return OrganisationDraft(**{**answers, "pillars": tuple(answers["pillars"])})
