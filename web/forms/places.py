"""Where: an own site, or a new one by settlement or by coordinates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.errors import AmbiguousPlace, PlaceNotFound
from geo.gazetteer import place_chosen, resolve_place, suggest_places
from geo.models import Place
from marketplace.firms.models import Site
from marketplace.firms.querysets import OrganisationQuerySet, SiteQuerySet
from marketplace.firms.selectors import organisations_visible_to, sites_editable_by
from marketplace.firms.services import SiteDraft, add_site
from marketplace.firms.viewers import Viewer

NEW_SITE = "new"


class SiteChoiceMixin(forms.Form):
    """Fields that end in one site; asks back where a settlement's name is shared."""

    site = forms.ChoiceField(label=gettext_lazy("Site"))
    organisation = forms.ChoiceField(label=gettext_lazy("Organisation"), required=False)
    place = forms.CharField(
        label=gettext_lazy("Town or village"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("For example: Plovdiv, or 4000 Plovdiv. Cyrillic or Latin."),
    )
    place_id = forms.IntegerField(required=False)
    site_name = forms.CharField(
        label=gettext_lazy("Name of the site"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Left empty, the settlement's name is used."),
    )
    address = forms.CharField(label=gettext_lazy("Address"), required=False, max_length=300)
    lat = forms.FloatField(label=gettext_lazy("Latitude"), required=False)
    lon = forms.FloatField(label=gettext_lazy("Longitude"), required=False)

    place_candidates: list[Place]

    def offer_sites(self, viewer: Viewer) -> None:
        """Fill the choices with what the viewer may post for."""
        self.viewer = viewer
        self.place_candidates = []
        sites = _own_sites(viewer)
        owned = [(site.public_id, _site_label(site)) for site in sites]
        firms = _own_firms(viewer)
        choices = [*owned, (NEW_SITE, _("A new place"))]
        self.fields["site"].choices = choices  # type: ignore[attr-defined]
        self.fields["organisation"].choices = [  # type: ignore[attr-defined]
            (firm.public_id, firm.label) for firm in firms
        ]
        if not self.is_bound:
            self.initial.setdefault("site", choices[0][0])

    @property
    def has_sites(self) -> bool:
        return len(self.fields["site"].choices) > 1  # type: ignore[attr-defined]

    @property
    def new_site_chosen(self) -> bool:
        return not self.has_sites or self["site"].value() == NEW_SITE

    def clean_new_place(self, cleaned: dict[str, Any]) -> None:
        """Check that a new site can be placed; leaves ``spot`` (name, lon, lat) in ``cleaned``."""
        if cleaned.get("site") != NEW_SITE:
            return
        lon, lat = cleaned.get("lon"), cleaned.get("lat")
        if lon is not None and lat is not None:
            cleaned["spot"] = (cleaned.get("place", ""), lon, lat)
        elif (lon is None) != (lat is None):
            self.add_error("lat", _("Give latitude and longitude, or neither."))
        else:
            self._clean_settlement(cleaned)

    def _clean_settlement(self, cleaned: dict[str, Any]) -> None:
        written = cleaned.get("place", "").strip()
        if not written:
            self.add_error("place", _("Say where it is: a settlement, or coordinates below."))
            return
        try:
            place = self._chosen_candidate(cleaned) or resolve_place(written)
        except AmbiguousPlace as question:
            self.place_candidates = list(question.candidates)
            self.add_error("place", str(question))
        except PlaceNotFound as refusal:
            self.place_candidates = suggest_places(written)
            self.add_error("place", str(refusal))
        else:
            cleaned["spot"] = (place.name, place.location.x, place.location.y)

    def _chosen_candidate(self, cleaned: dict[str, Any]) -> Place | None:
        chosen = cleaned.get("place_id")
        return place_chosen(chosen) if chosen else None

    def site_of(self, cleaned: dict[str, Any]) -> Site:
        """The chosen site, created where it is new. Raises what the service raises."""
        sites = _own_sites(self.viewer)
        if cleaned["site"] != NEW_SITE:
            chosen: Site = next(site for site in sites if site.public_id == cleaned["site"])
            return chosen
        firms = list(_own_firms(self.viewer))
        named = [firm for firm in firms if firm.public_id == cleaned.get("organisation")]
        settlement, lon, lat = cleaned["spot"]
        draft = SiteDraft(
            name=cleaned.get("site_name") or settlement or _("Site"),
            lon=lon,
            lat=lat,
            city=settlement,
            address=cleaned.get("address", ""),
        )
        return add_site(viewer=self.viewer, organisation=(named or firms)[0], draft=draft)


def _own_sites(viewer: Viewer) -> SiteQuerySet:
    """Sites of the viewer's own firms: the secretariat may edit all, but is offered its own."""
    return sites_editable_by(viewer).filter(organisation_id__in=viewer.editable_ids)


def _own_firms(viewer: Viewer) -> OrganisationQuerySet:
    return organisations_visible_to(viewer).filter(pk__in=viewer.editable_ids)


def _site_label(site: Site) -> str:
    return f"{site.name}, {site.region.name}" if site.region else site.name
