"""Is it hazardous? HP1-HP15 from the composition, with the mirror entry's question."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from symbiosis.core.legality.hazards import CITATION, Answer, assess
from symbiosis.hazard_words import hazard_lines
from web.forms.hazards import HazardForm


@login_required
@require_http_methods(["GET", "POST"])
def hazard_check(request: HttpRequest) -> HttpResponse:
    """Keeps nothing: who wants to records the outcome as a classification."""
    form = HazardForm(request.POST or None)
    context = {"form": form, "citation": CITATION, "lines": None}
    if request.method == "POST" and form.is_valid():
        findings = assess(**form.asked())
        code = form.cleaned_data["waste_code"]
        context |= {
            "lines": hazard_lines(findings),
            "hazardous": [f.hp for f in findings if f.answer is Answer.YES],
            "open": [f.hp for f in findings if f.answer is Answer.ASK],
            "code": code,
            "twins": list(code.mirrors.order_by("code")) if code else [],
        }
    return render(request, "web/permits/hazards.html", context)
