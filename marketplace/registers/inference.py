"""What a site probably gives off and takes in, from its activity and its reported figures.

Inferred listings make the market useful before anybody has posted. They are marked as inferred,
keep the ground they stand on, and give way to what the firm itself posts of the same material.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from django.db import transaction

from marketplace.catalogue.models import Activity, StreamProfile
from marketplace.firms.models import Site
from marketplace.listings.models import Need, Offer
from marketplace.registers.estimates import estimate, shares_of_reported
from marketplace.registers.sectors import STREAMLESS_SECTORS
from marketplace.registers.staging import InferredStream, write_inferred
from marketplace.units import PRICE_UNIT, ResourceKind

STREAMS_PER_SITE = 3
"""The likeliest of each direction; a longer list would drown what firms post themselves."""

_RANK = {"high": 0, "medium": 1, "low": 2}


READ = ("activity_id", "sector", "reported", "employees")
"""What is read of a site; the rest, its shape above all, would cost more than the inference."""


def infer_listings(
    sites: Iterable[Site], *, on_progress: Callable[[int], None] = lambda count: None
) -> tuple[int, int]:
    """Make or refresh the inferred offers and needs of the sites; returns how many of each.

    ``sites`` need no more than ``READ``. Repeating it replaces, so a better profile or a new figure
    simply wins.
    """
    profiles = ActivityProfiles()
    offers = needs = done = 0
    iterator = iter(sites)
    while chunk := list(islice(iterator, 2_000)):
        with transaction.atomic():
            offers += _replace(Offer, chunk, profiles, StreamProfile.Direction.OUTPUT)
            needs += _replace(Need, chunk, profiles, StreamProfile.Direction.INPUT)
        done += len(chunk)
        on_progress(done)
    return offers, needs


class ActivityProfiles:
    """The profiles by NACE code; a class takes its own, else its group's, else its division's."""

    def __init__(self) -> None:
        self._codes = dict(Activity.objects.values_list("pk", "code"))
        self._by_code: dict[tuple[str, str], list[StreamProfile]] = {}
        for profile in StreamProfile.objects.select_related("material"):
            key = (profile.activity_code, profile.direction)
            self._by_code.setdefault(key, []).append(profile)
        for profiles in self._by_code.values():
            profiles.sort(key=lambda p: (_RANK[p.likelihood], p.pk))

    def likely(
        self, activity_id: int | None, direction: str, *, at_most: int = STREAMS_PER_SITE
    ) -> list[StreamProfile]:
        """The likeliest streams of an activity, best first; none where it is not known."""
        code = self._codes.get(activity_id or 0, "")
        for candidate in (code, code[:4], code[:2]):
            found = self._by_code.get((candidate, direction))
            if found:
                return found[:at_most]
        return []


def _replace(
    model: type[Offer] | type[Need],
    sites: list[Site],
    profiles: ActivityProfiles,
    direction: StreamProfile.Direction,
) -> int:
    model.objects.filter(site_id__in=[site.pk for site in sites]).inferred().delete()
    return write_inferred(
        model, (stream for site in sites for stream in _inferred(site, profiles, direction))
    )


def _inferred(
    site: Site, profiles: ActivityProfiles, direction: StreamProfile.Direction
) -> Iterator[InferredStream]:
    if site.sector in STREAMLESS_SECTORS:
        return
    streams = profiles.likely(site.activity_id, direction)
    shares = shares_of_reported(streams)
    for profile in streams:
        amount = estimate(site, profile, share=shares[profile.pk])
        yield InferredStream(
            site_id=site.pk,
            material_id=profile.material_id,
            quantity_value=amount.per_year,
            quantity_unit=PRICE_UNIT[ResourceKind(profile.material.kind)],
            base_quantity=int(amount.per_year * 1000),
            ground={
                "activity": profile.activity_code,
                "likelihood": profile.likelihood,
                "ground": amount.ground,
                "source": profile.source,
            },
        )
