"""Who is told what of a listing: one choice for each aspect that can be kept back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy

from marketplace.listings.confidence import Aspect
from marketplace.listings.models import Listing

EVERYBODY, MEMBERS, NOBODY = "", "members", "nobody"
TOLD_TO = (
    (EVERYBODY, gettext_lazy("everybody")),
    (MEMBERS, gettext_lazy("members only")),
    (NOBODY, gettext_lazy("nobody before both sides agree")),
)


class ConfidenceMixin(forms.Form):
    """A field ``told_<aspect>`` for every aspect; what is not answered is told to everybody."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for aspect in Aspect:
            self.fields[_name(aspect)] = forms.ChoiceField(
                label=aspect.label, choices=TOLD_TO, required=False
            )

    @property
    def told_fields(self) -> Iterator[BoundField]:
        return (self[_name(aspect)] for aspect in Aspect)

    @property
    def keeps_back(self) -> bool:
        """Whether any answer keeps something back, so that the fold shows it."""
        return any(field.value() or field.errors for field in self.told_fields)

    def kept_back(self) -> dict[str, Any]:
        """The cleaned answers as a draft takes them."""
        return {
            "members_only": self._told_to(MEMBERS),
            "confidential": self._told_to(NOBODY),
        }

    def _told_to(self, audience: str) -> tuple[str, ...]:
        return tuple(a.value for a in Aspect if self.cleaned_data.get(_name(a)) == audience)


def told_answers(listing: Listing) -> dict[str, str]:
    """A saved listing's choices as first values of the fields."""
    members = {_name(aspect): MEMBERS for aspect in listing.members_only}
    return members | {_name(aspect): NOBODY for aspect in listing.confidential}


def _name(aspect: str) -> str:
    return f"told_{aspect}"
