"""Who takes part: organisations, their sites and their people."""

from __future__ import annotations

import uuid

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from geo.models import Region
from marketplace.catalogue.models import Activity, Pillar
from marketplace.firms.querysets import OrganisationQuerySet, SiteQuerySet
from marketplace.firms.users import User
from marketplace.ids import encode


class Organisation(models.Model):
    """A firm, chamber, cluster, academic body, municipality, NGO or branch organisation."""

    class Type(models.TextChoices):
        FIRM = "firm", _("firm")
        CHAMBER = "chamber", _("regional chamber")
        CLUSTER = "cluster", _("cluster")
        ACADEMIC = "academic", _("academic organisation")
        MUNICIPALITY = "municipality", _("municipality")
        NGO = "ngo", _("non-governmental organisation")
        BRANCH = "branch", _("branch organisation")
        SECRETARIAT = "secretariat", _("secretariat")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    type = models.CharField(_("type"), max_length=12, choices=Type.choices, default=Type.FIRM)
    name = models.CharField(_("name"), max_length=300)
    name_en = models.CharField(_("name in English"), max_length=300, blank=True)
    country = models.CharField(_("country"), max_length=2, default="BG")
    registration_number = models.CharField(
        _("EIK / registration number"), max_length=20, blank=True
    )
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, related_name="organisations"
    )
    activity = models.ForeignKey(
        Activity, on_delete=models.SET_NULL, null=True, blank=True, related_name="organisations"
    )
    pillars = ArrayField(
        models.CharField(max_length=20, choices=Pillar.choices), default=list, blank=True
    )
    employees = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    website = models.URLField(_("website"), blank=True)
    about = models.TextField(_("about"), blank=True)
    is_demo = models.BooleanField(_("fictional, for demonstration"), default=False)
    source = models.CharField(max_length=20, blank=True, help_text=_("register it came from"))
    external_id = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)
    affiliations: models.ManyToManyField[Organisation, Affiliation] = models.ManyToManyField(
        "self", through="Affiliation", symmetrical=False, related_name="affiliates"
    )

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        indexes = [GinIndex(fields=["pillars"]), models.Index(fields=["type", "region"])]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "registration_number"],
                condition=~models.Q(registration_number=""),
                name="organisation_registration_once",
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~models.Q(external_id=""),
                name="organisation_source_once",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def public_id(self) -> str:
        return encode("org", self.uid)

    @property
    def label(self) -> str:
        """Name in the active language's script where the organisation gave one."""
        return self.name if get_language() == "bg" else (self.name_en or self.name)


class Affiliation(models.Model):
    """An organisation belongs to a chamber, cluster or branch organisation.

    ``consent_given_at``: since when the member lets the host's programs act for it; null is no
    consent.
    """

    uid = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    member = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="affiliations_as_member"
    )
    host = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="affiliations_as_host"
    )
    since = models.DateField(null=True, blank=True)
    consent_given_at = models.DateTimeField(
        _("the host may act for the member since"), null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("affiliation")
        verbose_name_plural = _("affiliations")
        constraints = [
            models.UniqueConstraint(fields=["member", "host"], name="affiliation_once"),
            models.CheckConstraint(
                condition=~models.Q(member=models.F("host")), name="affiliation_not_with_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.host_id}"

    @property
    def public_id(self) -> str:
        return encode("affiliation", self.uid)


class Membership(models.Model):
    """A person acts for an organisation in a role."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        MEMBER = "member", _("member")
        OFFICER = "officer", _("officer")
        ADMINISTRATOR = "administrator", _("administrator")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=14, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation"], name="membership_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.organisation_id}"


class Site(models.Model):
    """A place where an organisation has streams or needs."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="sites")
    name = models.CharField(_("name"), max_length=300)
    address = models.CharField(_("address"), max_length=300, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=32, blank=True)
    city = models.CharField(_("settlement"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=2, default="BG")
    location = models.PointField(_("location"), srid=4326, geography=True)
    cell_location = models.PointField(
        srid=4326,
        geography=True,
        editable=False,
        help_text=_("centre of the 5 km grid cell; what an anonymous listing shows"),
    )
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, related_name="sites"
    )
    cell_region = models.ForeignKey(
        Region,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        help_text=_("oblast of the grid cell's centre; what an anonymous listing is filed under"),
    )
    municipality = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, related_name="municipal_sites"
    )
    activity = models.ForeignKey(
        Activity, on_delete=models.SET_NULL, null=True, blank=True, related_name="sites"
    )
    sector = models.CharField(_("sector label"), max_length=80, blank=True)
    employees = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    source = models.CharField(max_length=20, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    reported = models.JSONField(
        default=dict, blank=True, help_text=_("figures of the public register, as decimal strings")
    )
    reported_digest = models.CharField(max_length=32, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="merged_sites"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    objects = SiteQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~models.Q(external_id="") & ~models.Q(source=""),
                name="site_source_once",
            ),
            models.UniqueConstraint(
                fields=["organisation", "external_id"],
                condition=~models.Q(external_id="") & models.Q(source=""),
                name="site_external_id_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return encode("site", self.uid)


class SiteDuplicate(models.Model):
    """Two sites that may be one plant; proposed with evidence, decided by a person."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        MERGED = "merged", _("merged")
        DISTINCT = "distinct", _("two plants")

    first = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="duplicates_as_first")
    second = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="duplicates_as_second")
    distance_m = models.PositiveIntegerField()
    name_similarity_percent = models.PositiveSmallIntegerField()
    evidence = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PROPOSED)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-name_similarity_percent", "distance_m", "id"]
        verbose_name = _("possible duplicate site")
        verbose_name_plural = _("possible duplicate sites")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="site_duplicate_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="site_duplicate_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ~ {self.second_id}"
