"""The contract and its readers (Swagger UI, ReDoc), served from this server alone."""

from __future__ import annotations

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.schema import contract_json, contract_yaml

_READER_POLICY = {
    # Both readers write style attributes while they draw; ReDoc searches in a worker of its own.
    "style-src": [SELF, UNSAFE_INLINE],
    "worker-src": [SELF, "blob:"],
}


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return HttpResponse(contract_json(), content_type="application/vnd.oai.openapi+json")


@require_safe
def openapi_yaml(request: HttpRequest) -> HttpResponse:
    """The same document as YAML."""
    return HttpResponse(contract_yaml(), content_type="application/vnd.oai.openapi")


@require_safe
@csp_update(_READER_POLICY)
def swagger(request: HttpRequest) -> HttpResponse:
    """Swagger UI over /api/v1/openapi.json."""
    return render(request, "api/swagger.html")


@require_safe
@csp_update(_READER_POLICY)
def redoc(request: HttpRequest) -> HttpResponse:
    """ReDoc over the same file."""
    return render(request, "api/redoc.html")
