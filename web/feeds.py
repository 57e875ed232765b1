"""What everybody may follow: the newest listings as RSS and JSON Feed, and the site's map."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.contrib.syndication.views import Feed
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from marketplace.catalogue.models import Material
from marketplace.catalogue.selectors import catalogue
from marketplace.firms.viewers import ANYONE
from marketplace.listings.disclosure import DisclosedListing, disclose
from marketplace.listings.models import Visibility
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from web import presentation

NEWEST = 40


def newest_listings() -> list[DisclosedListing]:
    """What firms posted in the open, the newest first; nothing told in general terms only."""
    found = [
        row
        for rows in (offers_visible_to(ANYONE), needs_visible_to(ANYONE))
        for row in rows.open()
        .posted()
        .filter(visibility=Visibility.PUBLIC, confidential=[], members_only=[])
        .order_by("-created_at", "-id")[:NEWEST]
    ]
    found.sort(key=lambda row: row.created_at, reverse=True)
    return [disclose(row, ANYONE) for row in found[:NEWEST]]


def headline(listing: DisclosedListing) -> str:
    side = _("Offer") if listing.side == "offer" else _("Need")
    return f"{side}: {listing.title}"


def summary(listing: DisclosedListing) -> str:
    """Material, amount and region in one line."""
    parts = [listing.material.name]
    if listing.base_quantity is not None:
        amount = presentation.base_amount(listing.base_quantity, listing.material.kind)
        parts.append(presentation.per_period(amount, listing.pattern))
    if listing.region is not None:
        parts.append(listing.region.name)
    return " · ".join(parts)


class NewestListings(Feed):  # type: ignore[type-arg]
    title = gettext_lazy("Symbiosis: new offers and needs")
    description = gettext_lazy(
        "By-products that firms offer and materials they need, the newest first."
    )
    link = "/map/"

    def items(self) -> list[DisclosedListing]:
        return newest_listings()

    def item_title(self, item: Any) -> str:
        return headline(item)

    def item_description(self, item: Any) -> str:
        return summary(item)

    def item_link(self, item: Any) -> str:
        return reverse(item.side, args=[item.public_id])

    def item_guid(self, item: Any) -> str:
        return str(item.public_id)

    item_guid_is_permalink = False

    def item_pubdate(self, item: Any) -> datetime:
        return datetime.combine(item.posted_on, datetime.min.time())


@require_GET
def json_feed(request: HttpRequest) -> JsonResponse:
    """The same as JSON Feed 1.1 (jsonfeed.org)."""
    items = [
        {
            "id": listing.public_id,
            "url": request.build_absolute_uri(reverse(listing.side, args=[listing.public_id])),
            "title": headline(listing),
            "content_text": summary(listing),
            "date_published": f"{listing.posted_on.isoformat()}T00:00:00Z",
            "language": listing.language,
        }
        for listing in newest_listings()
    ]
    body = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": str(NewestListings.title),
        "home_page_url": request.build_absolute_uri("/"),
        "feed_url": request.build_absolute_uri(),
        "items": items,
    }
    return JsonResponse(body, content_type="application/feed+json")


class PagesForAll(Sitemap):  # type: ignore[type-arg]
    """Pages that stand still."""

    changefreq = "daily"

    def items(self) -> list[str]:
        return ["home", "map"]

    def location(self, item: Any) -> str:
        return reverse(item)


class Materials(Sitemap):  # type: ignore[type-arg]
    changefreq = "weekly"
    limit = 5_000

    def items(self) -> QuerySet[Material]:
        return catalogue().order_by("code")

    def location(self, item: Any) -> str:
        return reverse("material", args=[item.code])


SITEMAPS = {"pages": PagesForAll, "materials": Materials}
