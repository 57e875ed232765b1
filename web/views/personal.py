"""What is kept of the person who is signed in, to read, to take along and to end."""

from __future__ import annotations

import json
from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from marketplace.firms.users import User
from marketplace.people.erasing import erase_person, left_behind
from marketplace.people.personal_data import personal_data_of
from web.forms.personal import ErasureForm
from web.refusals import shown_on


@login_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def my_data(request: HttpRequest) -> HttpResponse:
    """What is kept, and the form that ends it."""
    user = cast(User, request.user)
    left = left_behind(user)
    form = ErasureForm(request.POST or None, user=user, left=left)
    if request.method == "POST" and form.is_valid():
        with shown_on(form, form.renamed()):
            erase_person(user=user, successors=form.successors())
            logout(request)
            messages.success(request, _("Your account is erased. Nothing here names you any more."))
            return redirect("home")
    context = {"form": form, "kept": personal_data_of(user), "left": left}
    return render(request, "web/my_data.html", context)


@login_required
@require_GET
def my_data_file(request: HttpRequest) -> HttpResponse:
    """The same as a file."""
    text = json.dumps(personal_data_of(cast(User, request.user)), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return HttpResponse(text, content_type="application/json", headers=headers)
