"""The match map's address: every filter lives in the query string, so that a view can be sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from geo.models import Region
from geo.selectors import regions
from marketplace.catalogue.models import Pillar
from marketplace.catalogue.selectors import catalogue
from marketplace.ids import decode
from symbiosis.market_map import MapQuery, Shown

_LAYERS_AT_FIRST = ("flows", "offers", "needs")
_NOT_OF_TILES = ("sort", "lon", "lat", "reach", "layer", "width", "with")
_ORDERINGS = {
    "value": ("inferred", "-value_cents", "id"),
    "quantity": ("inferred", "-base_quantity", "id"),
    "near": ("inferred", "road_m", "id"),
    "co2e": ("inferred", "-co2e_kg", "id"),
}
"""Each puts what firms posted before what is inferred."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A clicked point and how far around it a click reaches."""

    point: Point
    metres: int


def region_choices() -> list[tuple[Any, Any]]:
    """Oblasts by name, then the other countries."""
    named = regions()
    oblasts = sorted((r.name, r.code) for r in named.filter(country="BG", level=Region.Level.NUTS3))
    countries = sorted((r.name, r.code) for r in named.filter(level=Region.Level.COUNTRY))
    return [
        ("", _("All regions")),
        (_("Oblasts of Bulgaria"), [(code, name) for name, code in oblasts]),
        (_("Countries"), [(code, name) for name, code in countries]),
    ]


class MapFilterForm(forms.Form):
    """What the address asks; a value that means nothing asks for nothing."""

    region = forms.ChoiceField(label=_("Region"), required=False)
    pillar = forms.ChoiceField(
        label=_("Pillar"), required=False, choices=[("", _("All pillars")), *Pillar.choices]
    )
    material = forms.SlugField(required=False, widget=forms.HiddenInput)
    shown = forms.ChoiceField(
        label=_("Show"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            (Shown.ALL.value, _("Everything")),
            (Shown.POSTED.value, _("Posted by firms")),
            (Shown.INFERRED.value, _("Inferred")),
        ],
    )
    cross = forms.BooleanField(label=_("Between regions only"), required=False)
    listing = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    sort = forms.ChoiceField(required=False, choices=[(key, key) for key in _ORDERINGS])
    layer = forms.MultipleChoiceField(
        label=_("Layers"),
        required=False,
        choices=[
            ("flows", _("Proposed exchanges")),
            ("offers", _("Offers")),
            ("needs", _("Needs")),
            ("gaps", _("Gaps: streams nobody takes, needs nobody serves")),
            ("deals", _("Agreed and delivered")),
            ("none", ""),
        ],
    )
    width = forms.ChoiceField(
        label=_("Width of the lines"),
        required=False,
        choices=[("", _("by value")), ("mass", _("by tonnes"))],
    )
    month = forms.TypedChoiceField(
        label=_("Month"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("the whole year")), *((str(m), MONTHS[m]) for m in range(1, 13))],
    )
    km = forms.IntegerField(
        label=_("Up to km by road"), required=False, min_value=1, max_value=9999
    )
    worth = forms.IntegerField(
        label=_("From EUR of value"), required=False, min_value=1, max_value=10**9
    )
    lon = forms.FloatField(required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90)
    reach = forms.IntegerField(required=False, min_value=10, max_value=20_000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].choices = region_choices()  # type: ignore[attr-defined]
        self.full_clean()
        code = self.cleaned_data.get("material")
        self.chosen_material = catalogue().filter(code=code).first() if code else None

    @property
    def query(self) -> MapQuery:
        asked = self.cleaned_data
        listing = asked.get("listing", "")
        return MapQuery(
            region_code=asked.get("region", ""),
            pillar=asked.get("pillar", ""),
            material_id=self.chosen_material.pk if self.chosen_material else None,
            shown=Shown(asked.get("shown") or Shown.ALL),
            cross_region_only=asked.get("cross", False),
            listing_uid=decode("offer", listing) or decode("need", listing),
            month=asked.get("month") or 0,
            reach_m=1000 * (asked.get("km") or 0),
            worth_cents=100 * (asked.get("worth") or 0),
        )

    @property
    def chosen_shown(self) -> str:
        return self.query.shown.value

    @property
    def more_asked(self) -> int:
        """How many of the filters that are folded away narrow the view."""
        query = self.query
        return sum(map(bool, (query.cross_region_only, query.reach_m, query.worth_cents)))

    @property
    def chosen_width(self) -> str:
        return str(self.cleaned_data.get("width") or "")

    @property
    def chosen_month(self) -> str:
        return str(self.query.month or "")

    @property
    def layers(self) -> list[str]:
        """Layers that are drawn; what the address leaves open is flows with both kinds of place."""
        return self.cleaned_data.get("layer") or list(_LAYERS_AT_FIRST)

    @property
    def sort_key(self) -> str:
        return self.cleaned_data.get("sort") or "value"

    @property
    def ordering(self) -> tuple[str, ...]:
        return _ORDERINGS[self.sort_key]

    @property
    def spot(self) -> Spot | None:
        lon, lat = self.cleaned_data.get("lon"), self.cleaned_data.get("lat")
        if lon is None or lat is None:
            return None
        return Spot(Point(lon, lat, srid=4326), self.cleaned_data.get("reach") or 150)

    @property
    def is_narrowed(self) -> bool:
        return self.query != MapQuery()

    def _params(self, *, without: tuple[str, ...]) -> str:
        kept = self.data.copy()  # type: ignore[attr-defined]
        for name in list(kept):
            if name in without or name not in self.fields or name in self.errors or not kept[name]:
                del kept[name]
        return str(kept.urlencode())

    @property
    def tile_params(self) -> str:
        """The part of the address that tiles depend on."""
        return self._params(without=_NOT_OF_TILES)

    @property
    def params_but_sort(self) -> str:
        return self._params(without=("sort", "lon", "lat", "reach"))

    @property
    def params_but_page(self) -> str:
        return self._params(without=("lon", "lat", "reach"))
