"""A place to try the API: two invented clusters that can trade with each other, and their programs.

A sandbox lives in a market of invented firms only (the one ``make run`` opens, or an instance with
a database of its own), so that nothing tried there is ever matched with a real stream. What was
agreed or delivered is history and stays; a reset closes both clusters and opens fresh ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from api.clients import IssuedSecret, register_client, revoke_client
from api.models import Client
from marketplace.demo.sandbox import (
    close_cluster,
    has_real_firms,
    invent_cluster,
    invented_clusters,
    stream_of,
)
from marketplace.errors import Conflict, Problem
from marketplace.firms.services import SiteDraft, add_site
from marketplace.firms.viewers import viewer_for_organisation
from marketplace.listings.models import SupplyPattern
from marketplace.listings.services import ListingDraft
from marketplace.models import Material, Organisation, Site
from symbiosis.publishing import publish_need, publish_offer

PLACES = {"A": (23.3219, 42.6977, "Sofia"), "B": (24.7453, 42.1354, "Plovdiv")}
SEEDS = (
    # concept, tonnes a year offered by A, needed by B
    ("brewers-spent-grain", 1_200, 900),
    ("sawdust", 640, 800),
    ("plastic-film-waste", 75, 300),
    ("cotton-cutting-waste", 40, 60),
)
"""Streams that the seeds deal with, as far as the catalogue knows them."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """One of the two clusters with its program, whose secret exists only here."""

    organisation: Organisation
    site: Site
    issued: IssuedSecret


@transaction.atomic
def open_sandbox(*, name: str, today: date) -> tuple[Tenant, Tenant]:
    """Two invented clusters with a site each: A offers what B needs, so that proposals are there.
    Raises Conflict in a market with real firms, or where the name is taken."""
    if has_real_firms():
        real = _("This market has real firms: a sandbox needs one of its own.")
        raise Conflict([Problem("name", "real_market", real)])
    keys = {letter: f"sandbox-{name}-{letter}" for letter in PLACES}
    if invented_clusters(list(keys.values())):
        raise Conflict([Problem("name", "duplicate", _("There is a sandbox of this name."))])
    holder, taker = (_tenant(name, letter, key) for letter, key in keys.items())
    for code, offered, needed in SEEDS:
        material = stream_of(code)
        if material is not None:
            viewer = viewer_for_organisation(holder.organisation)
            draft = _draft(holder.site, material, offered)
            publish_offer(viewer=viewer, draft=draft, as_of=today)
            viewer = viewer_for_organisation(taker.organisation)
            draft = _draft(taker.site, material, needed)
            publish_need(viewer=viewer, draft=draft, as_of=today)
    return holder, taker


@transaction.atomic
def close_sandbox(*, name: str, now: datetime) -> int:
    """Stop both programs, take their listings off the market and give the name free; returns how
    many clusters were closed."""
    keys = [f"sandbox-{name}-{letter}" for letter in PLACES]
    found = invented_clusters(keys)
    for organisation in found:
        for client in Client.objects.filter(organisation=organisation, revoked_at=None):
            revoke_client(client=client, now=now)
        close_cluster(organisation)
    return len(found)


def _tenant(name: str, letter: str, key: str) -> Tenant:
    title = f"Sandbox {name} {letter}"
    organisation = invent_cluster(title, key)
    lon, lat, city = PLACES[letter]
    site = add_site(
        viewer=viewer_for_organisation(organisation),
        organisation=organisation,
        draft=SiteDraft(name=f"{title}, {city}", lon=lon, lat=lat, city=city, external_id="SITE-1"),
    )
    issued = register_client(
        organisation=organisation, name=title, scopes=list(settings.SCOPES), redirect_uris=[]
    )
    return Tenant(organisation, site, issued)


def _draft(site: Site, material: Material, tonnes: int) -> ListingDraft:
    return ListingDraft(
        site=site,
        material=material,
        quantity_value=Decimal(tonnes),
        quantity_unit="t",
        title=material.name_en,
        language="en",
        pattern=SupplyPattern.CONTINUOUS,
        external_id=f"SEED-{material.code}"[:120],
    )
