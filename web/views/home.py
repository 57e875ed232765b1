"""The front page: what this is and where the market stands."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from marketplace.catalogue.models import Pillar
from symbiosis.figures import public_figures


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "web/home.html", {"figures": public_figures(), "pillars": list(Pillar)})
