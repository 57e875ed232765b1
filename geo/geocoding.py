"""Geocoders with geopy's interface: the offline gazetteer by default, Nominatim if configured."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models.functions import Distance
from django.utils.translation import get_language
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location
from geopy.point import Point

from geo.coordinates import as_point
from geo.errors import AmbiguousPlace, GeocoderUnavailable
from geo.gazetteer import find_candidates
from geo.models import Place, Region
from geo.nominatim import NominatimGeocoder
from geo.spelling import parse

log = logging.getLogger(__name__)

REVERSE_RADIUS_METRES = 20_000


class GazetteerGeocoder(Geocoder):  # type: ignore[misc]
    """Geocoder over the settlements in the database; no network.

    `geocode` answers with a settlement's centre. Where a name is shared, or a hint contradicts it,
    `exactly_one=True` raises AmbiguousPlace with the candidates instead of choosing, and
    `exactly_one=False` returns them all.
    """

    def __init__(self, *, country: str = "BG") -> None:
        super().__init__()
        self.country = country

    def geocode(
        self,
        query: str | Mapping[str, str],
        *,
        exactly_one: bool = True,
        timeout: Any = DEFAULT_SENTINEL,
        region: Region | None = None,
    ) -> Location | list[Location] | None:
        """Location of a written place, a list of them, or None where there is none.

        `query` is an address line or a mapping with the keys city, postalcode, county, state.
        """
        written = query if isinstance(query, str) else _one_line(query)
        candidates, agreed = find_candidates(parse(written), country=self.country, region=region)
        if not candidates:
            return None
        if not exactly_one:
            return [_location(place) for place in candidates]
        if len(candidates) > 1 or not agreed:
            raise AmbiguousPlace(written, candidates)
        return _location(candidates[0])

    def reverse(
        self,
        query: Point | str | tuple[float, float],
        *,
        exactly_one: bool = True,
        timeout: Any = DEFAULT_SENTINEL,
    ) -> Location | list[Location] | None:
        """The settlements nearest a (latitude, longitude) within 20 km, or None."""
        at = query if isinstance(query, Point) else Point(query)
        here = as_point(at.longitude, at.latitude)
        near = Place.objects.near(here, metres=REVERSE_RADIUS_METRES)
        ranked = near.annotate(away=Distance("location", here)).order_by("away", "pk")
        places = [_location(place) for place in ranked.select_related("region")[:10]]
        if not places:
            return None
        return places[0] if exactly_one else places


def _one_line(query: Mapping[str, str]) -> str:
    """A structured query as an address line."""
    areas = [f"обл. {query[key]}" for key in ("county", "state") if query.get(key)]
    city = " ".join(filter(None, (query.get("postalcode"), query.get("city"))))
    return ", ".join(filter(None, (city, *areas)))


def _location(place: Place) -> Location:
    area = place.region.name if place.region else ""
    name = place.name if get_language() == "bg" else place.name_en
    parts = (name, place.municipality_name, area, place.country)
    address = ", ".join(dict.fromkeys(filter(None, parts)))
    raw = {"place": place.pk, "source": place.source, "source_id": place.source_id}
    return Location(address, (place.location.y, place.location.x), raw)


class SecondOpinionGeocoder(GazetteerGeocoder):
    """The gazetteer first; where it knows nothing, a remote geocoder, whose silence is no error."""

    def __init__(self, remote: NominatimGeocoder, *, country: str = "BG") -> None:
        super().__init__(country=country)
        self.remote = remote

    def geocode(
        self,
        query: str | Mapping[str, str],
        *,
        exactly_one: bool = True,
        timeout: Any = DEFAULT_SENTINEL,
        region: Region | None = None,
    ) -> Location | list[Location] | None:
        found = super().geocode(query, exactly_one=exactly_one, region=region)
        if found is not None:
            return found
        written = query if isinstance(query, str) else _one_line(query)
        try:
            return self.remote.geocode(written, exactly_one=exactly_one)
        except GeocoderUnavailable as error:
            log.warning("remote geocoder: %s", error)
            return None


_remotes: dict[str, NominatimGeocoder] = {}


def geocoder(*, country: str = "BG") -> GazetteerGeocoder:
    """The geocoder this installation is configured for (settings.NOMINATIM_URL).

    One remote client per address and country lives as long as the process, so that its circuit
    breaker remembers.
    """
    if not settings.NOMINATIM_URL:
        return GazetteerGeocoder(country=country)
    key = f"{country} {settings.NOMINATIM_URL}"
    if key not in _remotes:
        _remotes[key] = NominatimGeocoder(settings.NOMINATIM_URL, country=country)
    return SecondOpinionGeocoder(_remotes[key], country=country)
