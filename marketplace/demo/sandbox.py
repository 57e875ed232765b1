"""Invented clusters for partners who try the API; apart from real firms."""

from __future__ import annotations

from marketplace.catalogue.models import Material
from marketplace.firms.models import Organisation
from marketplace.firms.viewers import viewer_for_organisation
from marketplace.listings.models import ListingStatus, Need, Offer
from marketplace.listings.services import withdraw_listing

SOURCE = "sandbox"


def has_real_firms() -> bool:
    """Whether somebody in this market is not invented."""
    return Organisation.objects.filter(is_demo=False).exists()


def invented_clusters(keys: list[str]) -> list[Organisation]:
    """The sandbox's clusters of these keys."""
    return list(Organisation.objects.filter(source=SOURCE, external_id__in=keys))


def invent_cluster(title: str, key: str) -> Organisation:
    """A cluster that says of itself that it is fictional."""
    return Organisation.objects.create(
        type=Organisation.Type.CLUSTER,
        name=f"{title} (измислен)",
        name_en=f"{title} (fictional)",
        is_demo=True,
        source=SOURCE,
        external_id=key,
    )


def stream_of(code: str) -> Material | None:
    """A stream of the catalogue, None where it is not known."""
    return Material.objects.streams().filter(code=code).first()


def close_cluster(organisation: Organisation) -> None:
    """Take its listings off the market and give its key free; in the caller's transaction."""
    viewer = viewer_for_organisation(organisation)
    held = {"organisation": organisation, "status": ListingStatus.OPEN}
    for listing in (*Offer.objects.filter(**held), *Need.objects.filter(**held)):
        withdraw_listing(viewer=viewer, listing=listing, expected_version=None)
    organisation.external_id = f"closed-{organisation.uid}"
    organisation.save(update_fields=["external_id"])
