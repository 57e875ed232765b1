"""/exports: what you may see of offers and needs, as a file under the filters of their lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.http import FileResponse, StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from api import problems
from api.exporting import BUILT, MOST_ROWS, STREAMED
from api.ogc.layers import LAYERS, Feature, Layer
from api.refusals import ApiError
from api.renderers import AnyAccepted
from api.resources import Resource
from api.v1.listing_filters import ListingFilters
from api.v1.listing_forms import GoneAnswer

SIDES = ("offers", "needs")
PIECE = 1_000
_FILES = {
    (200, str(media).partition(";")[0]): {"type": "string", "format": "binary"}
    for media, _make in (*STREAMED.values(), *BUILT.values())
}


class Exports(Resource):
    """``offers.csv``, ``needs.geojson``, also ``.xlsx`` and ``.gpkg``: as the lists tell them."""

    public_read = True
    content_negotiation_class = AnyAccepted
    serializer_class = GoneAnswer
    filterset_class: Any = ListingFilters
    list_actions = ()
    own_parameters: ClassVar = {
        "file": frozenset(set(ListingFilters.base_filters) - {"updated_since"})
    }

    def visible(self) -> Any:
        return LAYERS[self.side].rows(self.viewer, None)

    @extend_schema(responses=_FILES)
    def file(self, request: Request, public_id: str) -> StreamingHttpResponse | FileResponse:
        self.side, _dot, form = public_id.partition(".")
        if self.side not in SIDES or form not in {**STREAMED, **BUILT}:
            raise NotFound()
        layer = LAYERS[self.side]
        if not self.caller.anonymous and not self.caller.holds(layer.scope):
            raise ApiError(problems.INSUFFICIENT_SCOPE)
        rows = self.filter_queryset(self.visible())
        headers = {"Content-Disposition": f'attachment; filename="{public_id}"'}
        if form in STREAMED:
            media, pieces = STREAMED[form]
            features = self._told(layer, rows.iterator(chunk_size=PIECE))
            return StreamingHttpResponse(
                pieces(features, layer.names), content_type=media, headers=headers
            )
        media, build = BUILT[form]
        features = self._told(layer, rows[:MOST_ROWS].iterator(chunk_size=PIECE))
        return FileResponse(build(features, layer.names), content_type=media, headers=headers)

    def _told(self, layer: Layer, rows: Any) -> Iterator[Feature]:
        for row in rows:
            yield layer.told(row, self.viewer)
