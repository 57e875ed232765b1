"""What the matcher proposed, when, and on which proof."""

from __future__ import annotations

import uuid
from decimal import ROUND_UP, Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models import Region
from marketplace.audit import audited
from marketplace.exchanges.words import Move
from marketplace.ids import encode
from marketplace.models import Exchange, Material, Need, Offer, WasteCode
from symbiosis.federation.models import (
    CrossMatch,
    ForeignDescriptor,
    OwnDescriptor,
    PartnerMarket,
)
from symbiosis.map_rows import MapFlow, MapPoint
from symbiosis.querysets import BarrierQuerySet, ProposalQuerySet
from symbiosis.workshop_rows import Attendance, Workshop, WorkshopMatch

__all__ = [
    "Attendance",
    "Barrier",
    "CrossMatch",
    "ForeignDescriptor",
    "LegalCheck",
    "ListingChange",
    "MapFlow",
    "MapPoint",
    "MatchRun",
    "MatcherProcess",
    "NeedPrice",
    "OfferPrice",
    "OwnDescriptor",
    "PartnerMarket",
    "Proposal",
    "Workshop",
    "WorkshopMatch",
]


class MatchRun(models.Model):
    """One solve of the market: what went in, the certificate, what came out."""

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        SAVED = "saved", _("saved")
        FAILED = "failed", _("failed")

    class Scope(models.TextChoices):
        POSTED = "posted", _("what firms posted, among themselves")
        INFERRED = "inferred", _("what is left, with inferred streams and needs")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scope = models.CharField(max_length=8, choices=Scope.choices)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    as_of = models.DateField(help_text=_("the day the listings' windows were judged by"))
    problem_digest = models.CharField(max_length=64, blank=True)
    params = models.JSONField(default=dict)
    offer_count = models.PositiveIntegerField(default=0)
    need_count = models.PositiveIntegerField(default=0)
    arc_count = models.PositiveBigIntegerField(default=0)
    proposal_count = models.PositiveIntegerField(default=0)
    cross_region_count = models.PositiveIntegerField(default=0)
    objective = models.DecimalField(
        max_digits=24, decimal_places=0, default=0, help_text=_("cents x base units / 1,000")
    )
    bound = models.DecimalField(max_digits=24, decimal_places=0, default=0)
    over_all_pairs = models.BooleanField(
        default=False, help_text=_("the bound holds over every compatible pair, listed or not")
    )
    solver = models.CharField(max_length=40, blank=True)
    seconds = models.JSONField(default=dict, help_text=_("wall seconds of each step"))
    failure = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("match run")
        verbose_name_plural = _("match runs")

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.status}"

    @property
    def gap_percent(self) -> Decimal:
        """How far the plan's value may lie below the proven bound, rounded up to 0.001 %."""
        if self.bound <= self.objective:
            return Decimal(0)
        share = Decimal(self.bound - self.objective) / Decimal(self.bound)
        return (share * 100).quantize(Decimal("0.001"), rounding=ROUND_UP)


class Proposal(models.Model):
    """A by-product exchange worth making: one offer, one need, a quantity and its reasons.

    Values are euro cents for the whole quantity and add up exactly: ``value_cents`` =
    disposal + purchase + carbon - processing - haulage. Distances are road estimates (great circle
    x detour factor) in metres. ``co2e_kg`` is a screening estimate. Led through
    services, named by ``route``, it takes ``base_quantity`` from the offer and brings
    ``delivered_quantity`` to the need.
    """

    class Stage(models.TextChoices):
        PLANNED = "planned", _("part of the best plan")
        CANDIDATE = "candidate", _("alternative")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Found by the pair's own index and by that of rank: two more would only slow the writing.
    offer = models.ForeignKey(
        Offer, on_delete=models.CASCADE, related_name="proposals", db_index=False
    )
    need = models.ForeignKey(
        Need, on_delete=models.CASCADE, related_name="proposals", db_index=False
    )
    run = models.ForeignKey(
        MatchRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="proposals"
    )
    stage = models.CharField(max_length=10, choices=Stage.choices)
    route = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_("ids of the services in between, in order; empty where the two deal directly"),
    )
    legs = models.JSONField(
        default=list, db_default=[], help_text=_("what each service in between takes and gives")
    )
    base_quantity = models.BigIntegerField(help_text=_("base units a year, or in all"))
    delivered_quantity = models.BigIntegerField(
        null=True, blank=True, help_text=_("what arrives at the need, where services change it")
    )
    straight_m = models.PositiveIntegerField()
    road_m = models.PositiveIntegerField()
    value_cents = models.BigIntegerField()
    disposal_cents = models.BigIntegerField()
    purchase_cents = models.BigIntegerField()
    processing_cents = models.BigIntegerField()
    haulage_cents = models.BigIntegerField()
    carbon_cents = models.BigIntegerField(default=0)
    value_cents_per_t = models.BigIntegerField()
    rank_cents_per_t = models.BigIntegerField(
        default=0, help_text=_("value less the dual prices: what the pair adds to the plan")
    )
    price_low_cents_per_t = models.BigIntegerField(null=True, blank=True)
    price_high_cents_per_t = models.BigIntegerField(null=True, blank=True)
    co2e_kg = models.BigIntegerField(help_text=_("net avoided, negative where haulage eats it"))
    cross_region = models.BooleanField(default=False)
    inferred = models.BooleanField(default=False, help_text=_("one side at least is inferred"))
    reasons = models.JSONField(default=list, help_text=_("codes and values, worded on display"))
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-value_cents", "id"]
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        indexes = [
            models.Index(fields=["-value_cents", "id"]),
            models.Index(fields=["offer", "-rank_cents_per_t"]),
            models.Index(fields=["need", "-rank_cents_per_t"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["offer", "need", "route"], name="proposal_pair_once"),
            models.CheckConstraint(
                condition=models.Q(base_quantity__gt=0), name="proposal_quantity_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    value_cents=models.F("disposal_cents")
                    + models.F("purchase_cents")
                    + models.F("carbon_cents")
                    - models.F("processing_cents")
                    - models.F("haulage_cents")
                ),
                name="proposal_value_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} -> {self.need_id}"

    @property
    def public_id(self) -> str:
        return encode("proposal", self.uid)

    @property
    def service_ids(self) -> list[int]:
        """Services in between, in order."""
        return [int(pk) for pk in self.route.split(",")] if self.route else []


class Barrier(models.Model):
    """An exchange worth making that the law bars: what a request to the authorities rests on.

    The best barred pairs of an offer, found by the matcher's own search (symbiosis/barriers.py), so
    within reach and of value. What the roll-up counts is kept here and outlives the listings.
    """

    offer = models.ForeignKey(Offer, on_delete=models.SET_NULL, null=True, related_name="barriers")
    need = models.ForeignKey(Need, on_delete=models.SET_NULL, null=True, related_name="barriers")
    rules = ArrayField(models.CharField(max_length=60), help_text=_("ids of the rules that bar it"))
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="+")
    needed = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="+")
    waste_code = models.ForeignKey(WasteCode, on_delete=models.PROTECT, null=True, related_name="+")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, related_name="+")
    base_quantity = models.BigIntegerField(help_text=_("base units a year, or in all"))
    value_cents = models.BigIntegerField(help_text=_("what the exchange would be worth"))
    inferred = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    lifted_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when a run found the pair barred no longer, or gone")
    )

    objects = BarrierQuerySet.as_manager()

    class Meta:
        ordering = ["-value_cents", "id"]
        verbose_name = _("barrier")
        verbose_name_plural = _("barriers")
        indexes = [models.Index(fields=["material", "region"])]
        constraints = [
            models.UniqueConstraint(fields=["offer", "need"], name="barrier_pair_once"),
            models.CheckConstraint(
                condition=models.Q(base_quantity__gt=0), name="barrier_quantity_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} -/-> {self.need_id}"


class OfferPrice(models.Model):
    """What a tonne of an offer is worth to the market at the margin: the plan's dual price."""

    offer = models.OneToOneField(Offer, on_delete=models.CASCADE, related_name="market_price")
    cents_per_t = models.BigIntegerField()
    run = models.ForeignKey(MatchRun, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return f"{self.offer_id}: {self.cents_per_t}"


class NeedPrice(models.Model):
    """What a tonne more of demand is worth to the market at the margin: the plan's dual price."""

    need = models.OneToOneField(Need, on_delete=models.CASCADE, related_name="market_price")
    cents_per_t = models.BigIntegerField()
    run = models.ForeignKey(MatchRun, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return f"{self.need_id}: {self.cents_per_t}"


class ListingChange(models.Model):
    """A listing was posted, revised or taken off; written by the database itself (migration 0002).

    The matcher reads what the listing says now, so a change names the row and nothing else.
    """

    class Side(models.TextChoices):
        OFFER = "offer", _("offer")
        NEED = "need", _("need")

    side = models.CharField(max_length=5, choices=Side.choices)
    listing_id = models.BigIntegerField()
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        verbose_name = _("listing change")
        verbose_name_plural = _("listing changes")

    def __str__(self) -> str:
        return f"{self.side} {self.listing_id}"


class MatcherProcess(models.Model):
    """A resident matcher, alive as long as it says so."""

    class State(models.TextChoices):
        STANDING_BY = "standing_by", _("standing by")
        BUILDING = "building", _("building")
        KEEPING = "keeping", _("keeping the plan")

    name = models.CharField(max_length=120, unique=True, help_text=_("machine and process"))
    state = models.CharField(max_length=12, choices=State.choices)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    changes = models.PositiveBigIntegerField(default=0, help_text=_("listing changes taken in"))
    last_batch_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("from the first look at a change to its saved plan")
    )

    class Meta:
        ordering = ["-seen_at"]
        verbose_name = _("matcher process")
        verbose_name_plural = _("matcher processes")

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"


class LegalCheck(models.Model):
    """What the law said of an exchange when a binding step was taken: opened, agreed, begun.

    Append-only (a trigger refuses changes). ``number`` is that of the exchange's event;
    ``findings`` hold stable keys of rules and papers (symbiosis/lawful.py); ``rules_edition`` tells
    which table of rules was read.
    """

    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="legal_checks")
    number = models.PositiveIntegerField()
    move = models.CharField(max_length=13, choices=Move.choices)
    outcome = models.CharField(max_length=11)
    day = models.DateField()
    rules_edition = models.CharField(max_length=16)
    findings = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["exchange", "number"]
        verbose_name = _("legal check")
        verbose_name_plural = _("legal checks")
        constraints = [
            models.UniqueConstraint(fields=["exchange", "number"], name="legal_check_once_a_move")
        ]

    def __str__(self) -> str:
        return f"{self.exchange_id} {self.number}: {self.outcome}"


class EngineSetting(models.Model):
    """A parameter of the engine that this installation sets otherwise than core/params.py does.

    One row a parameter; taking the row away brings the default back. Every change is in the audit
    trail.
    """

    name = models.CharField(_("parameter"), max_length=60, unique=True)
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=6)
    source = models.CharField(
        _("source"), max_length=300, help_text=_("contract, tariff or decision the value rests on")
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("engine setting")
        verbose_name_plural = _("engine settings")
        constraints = [
            models.CheckConstraint(condition=~models.Q(source=""), name="engine_setting_sourced")
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value.normalize():f}"


audited(EngineSetting)
audited(Workshop)
audited(Attendance)
audited(WorkshopMatch)
audited(PartnerMarket)
# Reckoned anew in every round, so only pairs that somebody spoke about; of a person nothing.
audited(
    CrossMatch,
    exclude=("contact", "details", "base_quantity", "road_m", "value_cents", "co2e_kg"),
    only={"number__isnull": False},
)
