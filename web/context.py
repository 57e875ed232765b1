"""What the page frame needs to know of the person: whether a chamber desk is theirs."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from marketplace.firms.viewers import viewer_for


def frame(request: HttpRequest) -> dict[str, object]:
    """``serves_chamber``, asked of the database only by pages that show the menu."""
    user = getattr(request, "user", None)

    def serves_chamber() -> bool:
        viewer = viewer_for(user)
        return bool(viewer.chamber_region_ids) or viewer.secretariat

    return {"serves_chamber": SimpleLazyObject(serves_chamber)}
