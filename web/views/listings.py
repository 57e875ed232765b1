"""Posting and showing offers and needs; the two sides share every step."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.catalogue.selectors import catalogue
from marketplace.firms.viewers import Viewer, viewer_for
from marketplace.followup.checks import confirm_listing
from marketplace.listings.completeness import completeness
from marketplace.listings.disclosure import disclose
from marketplace.listings.models import Listing, Need, Offer
from marketplace.listings.querysets import ListingQuerySet
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from marketplace.listings.services import ListingDraft, withdraw_listing
from marketplace.registers.estimates import ground_text
from symbiosis.publishing import publish_need, publish_offer, republish
from symbiosis.selectors import disclose_proposal, proposals_of_listing
from web.addresses import named_row
from web.forms.listings import ListingForm, answers_of
from web.refusals import shown_on

PROPOSALS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Side:
    """What differs between an offer and a need for a page."""

    name: str
    model: type[Listing]

    def visible_to(self, viewer: Viewer) -> ListingQuerySet:
        return {"offer": offers_visible_to, "need": needs_visible_to}[self.name](viewer)

    def publish(self, viewer: Viewer, draft: ListingDraft) -> Listing:
        """Post it and rank its counterparts, so that the next page can show who fits."""
        today = timezone.localdate()
        if self.name == "offer":
            return publish_offer(viewer=viewer, draft=draft, as_of=today)[0]
        return publish_need(viewer=viewer, draft=draft, as_of=today)[0]

    def form(self, viewer: Viewer, answers: Any = None, **more: Any) -> ListingForm:
        return ListingForm(answers, viewer=viewer, takes_uses=self.name == "need", **more)

    def find(self, viewer: Viewer, public_id: str) -> Listing:
        """The listing of an address as this viewer may see it, else 404."""
        listing: Listing = named_row(self.visible_to(viewer), self.name, public_id)
        return listing

    def find_own(self, viewer: Viewer, public_id: str) -> Listing:
        """The same for those who may change it."""
        listing = self.find(viewer, public_id)
        if not viewer.may_edit(listing.organisation_id):
            raise PermissionDenied
        return listing


SIDES = {"offer": Side("offer", Offer), "need": Side("need", Need)}


@login_required
@require_http_methods(["GET", "POST"])
def listing_new(request: HttpRequest, side: str) -> HttpResponse:
    """Post a listing; a person without an organisation registers one first."""
    viewer = viewer_for(request.user)
    if not viewer.editable_ids:
        return redirect(f"{reverse('join')}?next={request.path}")
    form = SIDES[side].form(viewer, request.POST or None, initial=_asked(request))
    if request.method == "POST" and form.is_valid():
        with shown_on(form), transaction.atomic():
            draft = form.draft(form.site_of(form.cleaned_data))
            listing = SIDES[side].publish(viewer, draft)
            messages.success(request, _("Published. Below is who fits."))
            return redirect(side, public_id=listing.public_id)  # type: ignore[attr-defined]
    return render(request, "web/listings/form.html", {"form": form, "side": side})


def _asked(request: HttpRequest) -> dict[str, Any]:
    """First answers from the address: the material of the page one came from."""
    material = catalogue().filter(code=request.GET.get("material", "")).first()
    return {"material": material.code, "material_text": material.name} if material else {}


@login_required
@require_http_methods(["GET", "POST"])
def listing_edit(request: HttpRequest, side: str, public_id: str) -> HttpResponse:
    viewer = viewer_for(request.user)
    listing = SIDES[side].find_own(viewer, public_id)
    form = SIDES[side].form(viewer, request.POST or None, initial=answers_of(listing))
    if request.method == "POST" and form.is_valid():
        with shown_on(form), transaction.atomic():
            draft = form.draft(form.site_of(form.cleaned_data))
            republish(
                viewer=viewer,
                listing=listing,
                changes=_changes(draft),
                expected_version=None,
                as_of=timezone.localdate(),
            )
            messages.success(request, _("Saved."))
            return redirect(side, public_id=public_id)
    context = {"form": form, "side": side, "listing": listing, "public_id": public_id}
    return render(request, "web/listings/form.html", context)


def _changes(draft: ListingDraft) -> dict[str, Any]:
    """Everything the form asks; language, status and external id stay as they are."""
    kept = {"language", "status", "external_id"}
    return {f.name: getattr(draft, f.name) for f in fields(draft) if f.name not in kept}


@login_required
@require_POST
def listing_withdraw(request: HttpRequest, side: str, public_id: str) -> HttpResponse:
    viewer = viewer_for(request.user)
    withdraw_listing(viewer=viewer, listing=SIDES[side].find_own(viewer, public_id))
    messages.success(request, _("Withdrawn. Nobody else sees it any more."))
    return redirect("my")


@login_required
@require_POST
def listing_meter(request: HttpRequest, side: str) -> HttpResponse:
    """How complete the answers of an unsent form are."""
    form = SIDES[side].form(viewer_for(request.user), request.POST)
    form.full_clean()
    sketch = form.sketch(SIDES[side].model)
    score = completeness(sketch) if sketch else None
    return render(request, "web/listings/_meter.html", {"score": score})


@require_GET
def listing_page(request: HttpRequest, side: str, public_id: str) -> HttpResponse:
    """A listing as far as the viewer may know it, with its ranked proposals."""
    viewer = viewer_for(request.user)
    listing = SIDES[side].find(viewer, public_id)
    proposals = proposals_of_listing(viewer, listing)
    context = {
        "listing": disclose(listing, viewer),
        "side": side,
        "may_edit": viewer.may_edit(listing.organisation_id),
        "score": completeness(listing),
        "ground": ground_text(listing.inferred_from),
        "status": listing.get_status_display(),
        "is_open": listing.status == "open",
        "count": proposals.count(),
        "proposals": [disclose_proposal(p, viewer) for p in proposals[:PROPOSALS_SHOWN]],
    }
    return render(request, "web/listings/page.html", context)


@login_required
@require_POST
def listing_still_valid(request: HttpRequest, side: str, public_id: str) -> HttpResponse:
    """The owner confirms a listing on the own desk."""
    viewer = viewer_for(request.user)
    listing = SIDES[side].find_own(viewer, public_id)
    confirm_listing(viewer=viewer, listing=listing, now=timezone.now())
    messages.success(request, _("Thank you: the listing is confirmed."))
    return redirect("my")
