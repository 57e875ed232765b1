"""Forms of a negotiation: a move with what it needs, terms, a message, a document."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.exchanges.correspondence import Document
from marketplace.exchanges.files import KINDS, LARGEST_BYTES
from marketplace.exchanges.models import HaulageBorneBy, Incoterm
from marketplace.exchanges.process import Row
from marketplace.exchanges.rules import LONGEST_MESSAGE, LONGEST_NOTE, TermsDraft
from marketplace.exchanges.services import MoveDetails
from marketplace.exchanges.words import Condition, LossReason, Move, Outcome
from marketplace.listings.models import QuantityBasis
from marketplace.units import UNITS, ResourceKind, cents
from web.forms.listings import DayInput, DecimalText
from web.presentation import unit_label


class MoveForm(forms.Form):
    """One row of the process table: asks for what the row needs and nothing else."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, answers: Any = None, *, row: Row, version: int, **more: Any) -> None:
        super().__init__(answers, initial={"version": version}, prefix=row.move.value, **more)
        self.row = row
        if Condition.REASON in row.needs:
            self.fields["reason"] = forms.ChoiceField(
                label=_("Why"), choices=[("", "—"), *LossReason.choices]
            )
        if Condition.OUTCOME in row.needs:
            self.fields["outcome"] = forms.ChoiceField(
                label=_("What it showed"), choices=Outcome.choices
            )
        if Condition.OTHERS_LATEST_TERMS in row.needs:
            self.fields["terms"] = forms.IntegerField(widget=forms.HiddenInput)
        if row.target is None or row.move == Move.ARRANGE_CHECK:
            self.fields["due_on"] = forms.DateField(
                label=_("Next action by"), widget=DayInput(), required=row.target is None
            )
            self.fields["next_action_note"] = forms.CharField(
                label=_("What exactly"), required=False, max_length=300
            )
        if not self.simple:
            self.fields["note"] = forms.CharField(
                label=_("Note"),
                required=False,
                max_length=LONGEST_NOTE,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def simple(self) -> bool:
        """Whether a button is enough."""
        return all(field.widget.is_hidden for field in self.fields.values())

    def details(self) -> MoveDetails:
        answers = self.cleaned_data
        reason, outcome = answers.get("reason"), answers.get("outcome")
        return MoveDetails(
            reason=LossReason(reason) if reason else None,
            outcome=Outcome(outcome) if outcome else None,
            terms_number=answers.get("terms"),
            due_on=answers.get("due_on"),
            next_action_note=answers.get("next_action_note", ""),
            note=answers.get("note", ""),
        )


class TermsForm(forms.Form):
    """What one side would agree to."""

    quantity_value = DecimalText(label=_("How much"), max_length=30)
    quantity_unit = forms.ChoiceField(label=_("Unit"))
    quantity_basis = forms.ChoiceField(
        label=_("Counted"), choices=QuantityBasis.choices, initial=QuantityBasis.YEAR
    )
    price = DecimalText(
        label=_("Price in euro per unit"),
        max_length=20,
        help_text=_("Paid by the receiver; with a minus sign, paid by the holder."),
    )
    starts_on = forms.DateField(label=_("From"), widget=DayInput())
    ends_on = forms.DateField(label=_("Until"), widget=DayInput(), required=False)
    incoterm = forms.ChoiceField(
        label=_("Delivery terms"), choices=Incoterm.choices, initial=Incoterm.FCA
    )
    haulage_borne_by = forms.ChoiceField(
        label=_("Haulage borne by"), choices=HaulageBorneBy.choices, initial=HaulageBorneBy.NEED
    )
    carrier = forms.CharField(label=_("Carrier"), required=False, max_length=200)
    quality = forms.CharField(
        label=_("Quality agreed"),
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, answers: Any = None, *, kind: str, **more: Any) -> None:
        super().__init__(answers, **more)
        units = UNITS[ResourceKind(kind)]
        choices = [(unit, unit_label(unit)) for unit in units]
        self.fields["quantity_unit"].choices = choices  # type: ignore[attr-defined]

    def draft(self) -> TermsDraft:
        """Raises InvalidInput for a price with fractions of a cent."""
        answers = {k: v for k, v in self.cleaned_data.items() if k not in ("price", "version")}
        return TermsDraft(price_cents=cents(self.cleaned_data["price"]), **answers)


class MessageForm(forms.Form):
    body = forms.CharField(
        label=_("Message to the other side"),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DocumentForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=Document.Kind.choices)
    file = forms.FileField(
        label=_("File"),
        help_text=_("Seen by the two parties only."),
        widget=forms.ClearableFileInput(
            attrs={"accept": ",".join(f".{ending}" for ending in KINDS)}
        ),
    )

    def content(self) -> bytes:
        """The bytes, one more than allowed at most, so that the rule can refuse what is larger."""
        return bytes(self.cleaned_data["file"].read(LARGEST_BYTES + 1))
