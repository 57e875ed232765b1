"""How far goods travel between sites: one protocol, so that a road router can take its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from numpy.typing import ArrayLike, NDArray

from geo.geodesy import great_circle_m

ROAD_DETOUR = 1.3
"""Road length over great circle: 1.343 on average over 300 European cities
(doi 10.1177/23998083231168870), less between towns than inside them."""


class Distances(Protocol):
    """Haulage distance in metres between places given in WGS 84 degrees."""

    @property
    def label(self) -> str | Promise:
        """What the figure is, in words to be shown beside it."""
        ...

    def pairs_m(
        self, lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike
    ) -> NDArray[np.int64]:
        """Whole metres, element by element, broadcasting."""
        ...

    def table_m(
        self, lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike
    ) -> NDArray[np.int64]:
        """Whole metres from each of n places to each of m, shape (n, m)."""
        ...


@dataclass(frozen=True, slots=True)
class RoadEstimate:
    """Great circle times a detour factor; no road network behind it, and it says so."""

    detour: float = ROAD_DETOUR

    def __post_init__(self) -> None:
        if not (np.isfinite(self.detour) and self.detour >= 1.0):
            raise ValueError("a road is never shorter than the great circle: detour >= 1")

    @property
    def label(self) -> Promise:
        return _("road estimate")

    def pairs_m(
        self, lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike
    ) -> NDArray[np.int64]:
        metres = great_circle_m(lon1, lat1, lon2, lat2) * self.detour
        return np.asarray(np.rint(metres), dtype=np.int64)

    def table_m(
        self, lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike
    ) -> NDArray[np.int64]:
        rows = np.asarray(lon1, np.float64)[:, None], np.asarray(lat1, np.float64)[:, None]
        return self.pairs_m(*rows, np.asarray(lon2, np.float64), np.asarray(lat2, np.float64))
