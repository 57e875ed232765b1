"""Sites that may be one plant in two registers: proposed with evidence, never merged silently."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce, Length
from django.utils import timezone
from django.utils.translation import gettext as _
from rapidfuzz import fuzz
from scipy.spatial import cKDTree

from geo.geodesy import geocentric
from marketplace.errors import Conflict, Problem
from marketplace.firms.models import Membership, Site, SiteDuplicate
from marketplace.firms.users import User
from marketplace.listings.models import Need, Offer, Service

SAME_SPOT_M = 30
"""Closer than this, two rows of different registers name one spot whatever they are called."""

SEARCH_M = 2_000
"""Coordinates of one plant differ this much between registers (gate, stack, geocoded address)."""

NAME_SIMILARITY_PERCENT = 82
"""Of token-set similarity, above which two names within the search distance are proposed."""

_LEGAL_FORMS = re.compile(
    r"\b(ад|еад|оод|еоод|ead|ad|ood|eood|gmbh|ag|kg|co|sa|srl|spa|s\.?p\.?a|ltd|limited|plc|as|ab|oy"
    r"|oyj|nv|bv|sp|zoo|sas|sarl)\b\.?"
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why two sites look like one."""

    distance_m: int
    name_similarity_percent: int
    same_activity: bool
    same_postal_code: bool


def compare(first: Site, second: Site, distance_m: float) -> Likeness:
    """Evidence for or against two sites being one plant."""
    similarity = max(
        fuzz.token_set_ratio(_bare(one), _bare(other))
        for one in _names(first)
        for other in _names(second)
    )
    return Likeness(
        distance_m=round(distance_m),
        name_similarity_percent=round(similarity),
        same_activity=first.activity_id is not None and first.activity_id == second.activity_id,
        same_postal_code=bool(first.postal_code) and first.postal_code == second.postal_code,
    )


def propose_duplicates(*, on_progress: Callable[[int], None] = lambda count: None) -> int:
    """Record every pair of sites that look like one and were not judged before."""
    known = set(SiteDuplicate.objects.values_list("first_id", "second_id"))
    near = {pair: metres for pair, metres in _near_pairs() if pair not in known}
    sites = (
        Site.objects.select_related("organisation")
        .only("name", "activity", "postal_code", "organisation__name")
        .in_bulk({pk for pair in near for pk in pair})
    )
    rows = []
    for pair, distance_m in near.items():
        likeness = compare(sites[pair[0]], sites[pair[1]], distance_m)
        if _looks_like_one(likeness):
            rows.append(_duplicate(pair, likeness))
            on_progress(len(rows))
    SiteDuplicate.objects.bulk_create(rows, batch_size=1_000, ignore_conflicts=True)
    return len(rows)


def held_back_sites() -> frozenset[int]:
    """Sites whose inferred listings wait until somebody decides whether they are the plant that
    another register names too: until then a plant speaks once, and never trades with itself.

    Of each undecided pair of like names one is held back: not the site of a firm with people, then
    not the one whose activity is known in more detail, then not the older row.
    """
    pairs = (
        SiteDuplicate.objects.filter(
            status=SiteDuplicate.Status.PROPOSED,
            name_similarity_percent__gte=NAME_SIMILARITY_PERCENT,
        )
        .order_by()
        .values_list(
            *(
                expression
                for side in ("first", "second")
                for expression in (
                    Exists(
                        Membership.objects.filter(organisation=OuterRef(f"{side}__organisation"))
                    ),
                    Coalesce(Length(f"{side}__activity__code"), 0),
                    f"{side}_id",
                )
            )
        )
    )
    return frozenset(
        min((claimed, detail, -site), (other_claimed, other_detail, -other))[2] * -1
        for claimed, detail, site, other_claimed, other_detail, other in pairs
    )


def _looks_like_one(likeness: Likeness) -> bool:
    return (
        likeness.distance_m <= SAME_SPOT_M
        or likeness.name_similarity_percent >= NAME_SIMILARITY_PERCENT
    )


def _near_pairs() -> Iterator[tuple[tuple[int, int], float]]:
    """Sites of different registers within the search distance, lower id first, with metres."""
    rows = Site.objects.current().order_by("pk").with_coordinates()
    found = list(rows.values_list("pk", "source", "longitude", "latitude"))
    if len(found) < 2:
        return
    ids, sources, lon, lat = (list(column) for column in zip(*found, strict=True))
    points = geocentric(np.array(lon), np.array(lat))
    pairs = cKDTree(points).query_pairs(SEARCH_M, output_type="ndarray")
    distances = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    for (one, other), distance in zip(pairs.tolist(), distances.tolist(), strict=True):
        if sources[one] != sources[other]:
            yield (ids[one], ids[other]), distance


def _names(site: Site) -> list[str]:
    return list({site.name, site.organisation.name})


def _bare(name: str) -> str:
    return _LEGAL_FORMS.sub(" ", name.casefold()).strip()


def _duplicate(pair: tuple[int, int], likeness: Likeness) -> SiteDuplicate:
    evidence: dict[str, Any] = {
        "same_activity": likeness.same_activity,
        "same_postal_code": likeness.same_postal_code,
    }
    return SiteDuplicate(
        first_id=pair[0],
        second_id=pair[1],
        distance_m=likeness.distance_m,
        name_similarity_percent=likeness.name_similarity_percent,
        evidence=evidence,
    )


@transaction.atomic
def merge_sites(*, duplicate: SiteDuplicate, keep: Site, decided_by: User) -> Site:
    """A person decided that two sites are one: listings move, the other row stays as a pointer.

    Raises Conflict where the pair was decided before.
    """
    locked = SiteDuplicate.objects.select_for_update().get(pk=duplicate.pk)
    _require_open(locked)
    other_id = locked.second_id if keep.pk == locked.first_id else locked.first_id
    other = Site.objects.select_for_update().get(pk=other_id)
    _require_unclaimed(other, keep)
    _move_listings(other, keep)
    other.merged_into = keep
    other.save(update_fields=["merged_into", "updated_at"])
    _decide(locked, SiteDuplicate.Status.MERGED, decided_by)
    return keep


@transaction.atomic
def keep_both(*, duplicate: SiteDuplicate, decided_by: User) -> SiteDuplicate:
    """A person decided that these are two plants; the pair is not proposed again."""
    locked = SiteDuplicate.objects.select_for_update().get(pk=duplicate.pk)
    _require_open(locked)
    return _decide(locked, SiteDuplicate.Status.DISTINCT, decided_by)


def _require_unclaimed(other: Site, keep: Site) -> None:
    """Listings must not change hands: the site that goes belongs to the same firm or to nobody."""
    same_firm = other.organisation_id == keep.organisation_id
    if not same_firm and other.organisation.memberships.exists():
        raise Conflict(
            [
                Problem(
                    "keep",
                    "claimed",
                    _("The site that would disappear belongs to a firm with people; keep that."),
                )
            ]
        )


def _move_listings(source: Site, target: Site) -> None:
    for model in (Offer, Need):
        listings = model.objects.filter(site=source)
        listings.inferred().delete()
        for listing in listings.select_for_update():
            listing.place_at(target)
            listing.version += 1
            listing.save()
    Service.objects.filter(site=source).update(site=target, organisation_id=target.organisation_id)


def _require_open(duplicate: SiteDuplicate) -> None:
    if duplicate.status != SiteDuplicate.Status.PROPOSED:
        raise Conflict([Problem("status", "decided", _("This pair has been decided already."))])


def _decide(duplicate: SiteDuplicate, status: str, decided_by: User) -> SiteDuplicate:
    duplicate.status = status
    duplicate.decided_by = decided_by
    duplicate.decided_at = timezone.now()
    duplicate.save(update_fields=["status", "decided_by", "decided_at"])
    return duplicate
