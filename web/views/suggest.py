"""What the comboboxes ask while one types."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from marketplace.catalogue.search import Suggestion, suggest_materials, waste_codes_like

_LONGEST = 80


@require_GET
def material_suggest(request: HttpRequest) -> JsonResponse:
    """Concepts for a text; ``groups`` also names what only groups others."""
    words = request.GET.get("q", "")[:_LONGEST]
    found = suggest_materials(words, groups="groups" in request.GET)
    return JsonResponse({"results": [_material_row(suggestion) for suggestion in found]})


@require_GET
def waste_code_suggest(request: HttpRequest) -> JsonResponse:
    found = waste_codes_like(request.GET.get("q", "")[:_LONGEST])
    return JsonResponse(
        {
            "results": [
                {"value": code.code, "label": code.display_code, "detail": code.name}
                for code in found
            ]
        }
    )


def _material_row(suggestion: Suggestion) -> dict[str, str]:
    material = suggestion.material
    parts = []
    if suggestion.met:
        parts.append(_("also: %(synonym)s") % {"synonym": suggestion.met})
    if material.broader:
        parts.append(_("in: %(group)s") % {"group": material.broader.name})
    return {
        "value": material.code,
        "label": material.name,
        "detail": " · ".join(parts),
        "kind": material.kind,
    }
