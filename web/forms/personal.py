"""The end of an account: the password, and who takes over what only this person governs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.firms.users import User
from marketplace.people.erasing import LeftBehind


class ErasureForm(forms.Form):
    """A field ``successor_<number>`` for each organisation left behind that has other members."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    sure = forms.BooleanField(label=gettext_lazy("I know that this cannot be taken back"))

    def __init__(self, *args: Any, user: User, left: list[LeftBehind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.numbers = {one.organisation.public_id: one.organisation.pk for one in left}
        for one in left:
            if not one.others:
                continue
            people = [(m.pk, m.user.full_name or m.user.email) for m in one.others]
            self.fields[_name(one.organisation.public_id)] = forms.TypedChoiceField(
                label=_("Who takes over %(name)s") % {"name": one.organisation.label},
                choices=[("", "—"), *people],
                coerce=int,
                empty_value=None,
                required=False,
            )

    @property
    def successor_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("successor_")]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not your password."))
        return password

    def successors(self) -> dict[int, int]:
        """The chosen membership by organisation."""
        chosen = {n: self.cleaned_data.get(_name(p)) for p, n in self.numbers.items()}
        return {number: member for number, member in chosen.items() if member is not None}

    def renamed(self) -> dict[str, str]:
        """Where a refusal of the service belongs."""
        return {f"successors.{public_id}": _name(public_id) for public_id in self.numbers}


def _name(public_id: str) -> str:
    return f"successor_{public_id}"
