"""Refusals of the services shown on the form that caused them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django import forms
from django.core.exceptions import PermissionDenied

from marketplace.errors import MarketplaceError, NotPermitted

_FIELDS = {
    "quantity.value": "quantity_value",
    "quantity.unit": "quantity_unit",
    "quantity.basis": "quantity_basis",
    "quantity": "quantity_value",
    "min_lot": "min_lot_value",
    "location": "place",
}
"""Names of the services' fields where the form calls them otherwise."""


@contextmanager
def shown_on(form: forms.Form, renamed: Mapping[str, str] = _FIELDS) -> Iterator[None]:
    """Turn a service's refusal into the form's field errors; no right to act becomes a 403."""
    try:
        yield
    except NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except MarketplaceError as refusal:
        for problem in refusal.problems:
            field = renamed.get(problem.field, problem.field)
            form.add_error(field if field in form.fields else None, problem.detail)
