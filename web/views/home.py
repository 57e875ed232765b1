"""The front page: what this is and where the market stands."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from marketplace.catalogue.models import Pillar
from symbiosis.figures import public_figures
from web.preview import market_preview


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    context = {
        "figures": public_figures(),
        "pillars": list(Pillar),
        "preview": market_preview(),
    }
    return render(request, "web/home.html", context)
