"""An exchange between one offer and one need, with everything that was said and done about it."""

from __future__ import annotations

import uuid
from functools import cached_property

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.exchanges.process import (
    CLOSED_STATES,
    FALLEN_STATES,
    OPEN_STATES,
    RESERVING_STATES,
    Standing,
)
from marketplace.exchanges.querysets import ExchangeQuerySet
from marketplace.exchanges.words import LossReason, Move, Outcome, Role, State
from marketplace.firms.models import Organisation
from marketplace.ids import encode
from marketplace.listings.models import Need, Offer, QuantityBasis
from marketplace.units import Basis, Quantity

_OPEN = [state.value for state in OPEN_STATES]
_CLOSED = [state.value for state in CLOSED_STATES]
_FALLEN = [state.value for state in FALLEN_STATES]
_RESERVING = [state.value for state in RESERVING_STATES]
_DISCLOSED_STATES = ("disclosed", "checking", "terms", "agreed", "running", "completed")
_PARTY_ROLES = [Role.OFFER.value, Role.NEED.value]


class Exchange(models.Model):
    """A proposal that somebody took up: where it stands, who acts next and by when.

    The negotiation's columns are what the events fold to (process.py). ``*_reserved`` are base
    units this exchange holds of each listing; the listing's ``base_reserved`` is their sum.
    ``delivered_base`` is what deliveries have confirmed. What the matcher found is copied, for its
    own row is gone with the next plan: quantities in base units, values in cents for the whole
    quantity, prices in cents per 1,000 base units, distances in metres.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="exchanges")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="exchanges")
    offer_organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="exchanges_as_holder"
    )
    need_organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="exchanges_as_receiver"
    )
    facilitator = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="exchanges_facilitated",
        help_text=_("the chamber that looks after it"),
    )

    state = models.CharField(_("state"), max_length=13, choices=State.choices)
    next_action = models.CharField(
        _("next action"), max_length=13, choices=Move.choices, blank=True
    )
    next_action_note = models.CharField(_("what exactly"), max_length=300, blank=True)
    next_action_on = models.DateField(_("due on"), null=True, blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    offer_interested = models.BooleanField(default=False)
    need_interested = models.BooleanField(default=False)
    offer_shared = models.BooleanField(default=False)
    need_shared = models.BooleanField(default=False)
    terms_number = models.PositiveIntegerField(null=True, blank=True)
    terms_by = models.CharField(max_length=11, blank=True, choices=Role.choices)
    agreed_number = models.PositiveIntegerField(null=True, blank=True)
    loss_reason = models.CharField(
        _("why it fell through"), max_length=16, choices=LossReason.choices, blank=True
    )

    offer_reserved = models.BigIntegerField(default=0)
    need_reserved = models.BigIntegerField(default=0)
    delivered_base = models.BigIntegerField(default=0)

    proposal_uid = models.UUIDField(null=True, blank=True, editable=False)
    proposed_base = models.BigIntegerField(help_text=_("base units a year, or in all"))
    road_m = models.PositiveIntegerField(default=0)
    value_cents = models.BigIntegerField(default=0)
    haulage_cents = models.BigIntegerField(default=0)
    co2e_kg = models.BigIntegerField(default=0)
    price_low_cents = models.BigIntegerField(null=True, blank=True)
    price_high_cents = models.BigIntegerField(null=True, blank=True)
    reasons = models.JSONField(default=list, blank=True)

    opened_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    objects = ExchangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("exchange")
        verbose_name_plural = _("exchanges")
        indexes = [
            models.Index(fields=["state", "next_action_on"]),
            models.Index(fields=["offer_organisation", "state"]),
            models.Index(fields=["need_organisation", "state"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[*_OPEN, *_CLOSED]), name="exchange_state_known"
            ),
            models.UniqueConstraint(
                fields=["offer", "need"],
                condition=models.Q(state__in=_OPEN),
                name="exchange_pair_open_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(offer_organisation=models.F("need_organisation")),
                name="exchange_between_two",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=_OPEN,
                    next_action_on__isnull=False,
                )
                & ~models.Q(next_action="")
                | models.Q(
                    state__in=_CLOSED,
                    next_action_on__isnull=True,
                    next_action="",
                ),
                name="exchange_open_has_next_action",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=_FALLEN)
                & ~models.Q(loss_reason="")
                | ~models.Q(state__in=_FALLEN) & models.Q(loss_reason=""),
                name="exchange_fallen_has_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=_DISCLOSED_STATES)
                | models.Q(offer_shared=True, need_shared=True),
                name="exchange_names_by_double_opt_in",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=_RESERVING)
                | models.Q(
                    offer_reserved__gt=0, need_reserved__gt=0, agreed_number__isnull=False
                ),
                name="exchange_agreed_reserves",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    offer_reserved__gte=0,
                    need_reserved__gte=0,
                    delivered_base__gte=0,
                    proposed_base__gt=0,
                ),
                name="exchange_quantities_positive",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.offer_id} -> {self.need_id}: {self.state}"

    @property
    def public_id(self) -> str:
        return encode("exchange", self.uid)

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def names_shared(self) -> bool:
        return self.offer_shared and self.need_shared

    @cached_property
    def agreed_terms(self) -> Terms | None:
        """The terms that hold, None before agreement and once reopened."""
        if self.agreed_number is None:
            return None
        return self.all_terms.get(number=self.agreed_number)

    @property
    def standing(self) -> Standing:
        """The negotiation's columns as the process table reads them."""
        return Standing(
            state=State(self.state),
            interested=_sides(self.offer_interested, self.need_interested),
            shared=_sides(self.offer_shared, self.need_shared),
            terms=self.terms_number,
            terms_by=Role(self.terms_by) if self.terms_by else None,
            agreed_terms=self.agreed_number,
            reason=LossReason(self.loss_reason) if self.loss_reason else None,
            next_action=Move(self.next_action) if self.next_action else None,
            next_action_on=self.next_action_on,
            round=self.round,
        )

    def stand_at(self, standing: Standing) -> None:
        """Set the negotiation's columns; the reverse of ``standing``."""
        self.state = standing.state
        self.offer_interested = Role.OFFER in standing.interested
        self.need_interested = Role.NEED in standing.interested
        self.offer_shared = Role.OFFER in standing.shared
        self.need_shared = Role.NEED in standing.shared
        self.terms_number = standing.terms
        self.terms_by = standing.terms_by or ""
        self.agreed_number = standing.agreed_terms
        self.loss_reason = standing.reason or ""
        self.next_action = standing.next_action or ""
        self.next_action_on = standing.next_action_on
        self.round = standing.round
        self.__dict__.pop("agreed_terms", None)


def _sides(offer: bool, need: bool) -> frozenset[Role]:
    return frozenset(role for role, said in ((Role.OFFER, offer), (Role.NEED, need)) if said)


class Incoterm(models.TextChoices):
    """Incoterms 2020 for any mode of transport."""

    EXW = "EXW", _("EXW: ex works")
    FCA = "FCA", _("FCA: free carrier")
    CPT = "CPT", _("CPT: carriage paid to")
    CIP = "CIP", _("CIP: carriage and insurance paid to")
    DAP = "DAP", _("DAP: delivered at place")
    DPU = "DPU", _("DPU: delivered at place unloaded")
    DDP = "DDP", _("DDP: delivered duty paid")


class HaulageBorneBy(models.TextChoices):
    OFFER = "offer", _("the holder")
    NEED = "need", _("the receiver")
    SHARED = "shared", _("half each")


class Terms(models.Model):
    """What one side proposes. Append-only (a trigger refuses changes): a new idea is a new row.

    ``base_quantity`` in base units a year, or in all for a basis of ``total``. ``price_cents`` per
    1,000 base units (tonne, m3, MWh, unit): positive, the receiver pays; negative, the holder does.
    """

    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="all_terms")
    number = models.PositiveIntegerField()
    role = models.CharField(max_length=11, choices=Role.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    quantity_value = models.DecimalField(_("quantity"), max_digits=20, decimal_places=6)
    quantity_unit = models.CharField(_("unit"), max_length=10)
    quantity_basis = models.CharField(
        _("counted"), max_length=5, choices=QuantityBasis.choices, default=QuantityBasis.YEAR
    )
    base_quantity = models.BigIntegerField()
    price_cents = models.IntegerField(_("price"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    incoterm = models.CharField(_("delivery terms"), max_length=3, choices=Incoterm.choices)
    haulage_borne_by = models.CharField(
        _("haulage borne by"), max_length=6, choices=HaulageBorneBy.choices
    )
    carrier = models.CharField(_("carrier"), max_length=200, blank=True)
    quality = models.TextField(_("quality"), blank=True)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["exchange", "number"]
        verbose_name = _("terms")
        verbose_name_plural = _("terms")
        constraints = [
            models.UniqueConstraint(fields=["exchange", "number"], name="terms_numbered_once"),
            models.CheckConstraint(
                condition=models.Q(number__gt=0, base_quantity__gt=0, role__in=_PARTY_ROLES),
                name="terms_sound",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="terms_period_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exchange_id} no. {self.number}"

    @property
    def quantity(self) -> Quantity:
        return Quantity(self.quantity_value, self.quantity_unit, Basis(self.quantity_basis))


class Event(models.Model):
    """One move, as it was made. Append-only (a trigger refuses changes); state is their fold."""

    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="events")
    number = models.PositiveIntegerField()
    move = models.CharField(max_length=13, choices=Move.choices)
    role = models.CharField(max_length=11, choices=Role.choices)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    source = models.CharField(max_length=13, choices=State.choices)
    target = models.CharField(max_length=13, choices=State.choices)
    reason = models.CharField(max_length=16, choices=LossReason.choices, blank=True)
    outcome = models.CharField(max_length=17, choices=Outcome.choices, blank=True)
    terms_number = models.PositiveIntegerField(null=True)
    due_on = models.DateField(null=True)
    note = models.TextField(blank=True)
    on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["exchange", "number"]
        verbose_name = _("move")
        verbose_name_plural = _("moves")
        constraints = [
            models.UniqueConstraint(fields=["exchange", "number"], name="event_numbered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.exchange_id} {self.number}: {self.move}"
