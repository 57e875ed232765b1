"""What other sites embed, and what robots are told."""

from __future__ import annotations

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_cookie

from symbiosis.figures import public_figures

_KEPT_SECONDS = 60


@require_GET
@vary_on_cookie  # the language chosen on the page
def counters(request: HttpRequest) -> HttpResponse:
    """The market's counters alone, for the front page to renew."""
    return render(request, "web/public/_counters.html", {"figures": public_figures()})


@require_GET
@vary_on_cookie
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
def embedded_counters(request: HttpRequest) -> HttpResponse:
    """The counters as a page that any site may show in a frame; it holds no form and no link
    that acts."""
    response = render(request, "web/public/embed.html", {"figures": public_figures()})
    response["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    return response


@require_GET
def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        "Disallow: /map/tiles/",
        "Disallow: /my/",
        "Disallow: /chamber/",
        "Disallow: /admin/",
        f"Sitemap: {request.build_absolute_uri('/sitemap.xml')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")
