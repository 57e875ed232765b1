"""Why a proposal stands: codes with values, stored once, worded in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.dates import MONTHS
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

Reason = Mapping[str, Any]


def worded(reasons: Iterable[Reason]) -> list[str]:
    """Sentences in the active language, in the order they were given."""
    return [_WORDINGS[str(reason["code"])](reason) for reason in reasons]


def _label(reason: Reason, key: str) -> str:
    """A label that was stored in both languages."""
    return str(reason.get(f"{key}_{get_language()}") or reason.get(f"{key}_en") or "")


def _euros(cents: int) -> str:
    return number_format(round(Decimal(int(cents)) / 100), force_grouping=True)


def _kilometres(metres: int) -> str:
    return number_format(round(Decimal(int(metres)) / 1000), force_grouping=True)


def _same_material(reason: Reason) -> str:
    return _("The need asks for exactly what is offered: %(material)s.") % {
        "material": _label(reason, "material")
    }


def _related_material(reason: Reason) -> str:
    return _("%(offered)s can serve as %(needed)s, a neighbouring concept of the catalogue.") % {
        "offered": _label(reason, "offered"),
        "needed": _label(reason, "needed"),
    }


def _conversion(reason: Reason) -> str:
    return _("%(offered)s becomes %(needed)s by: %(process)s.") % {
        "offered": _label(reason, "offered"),
        "needed": _label(reason, "needed"),
        "process": _label(reason, "process"),
    }


def _disposal_avoided(reason: Reason) -> str:
    return _("The holder saves about EUR %(euros)s of disposal.") % {
        "euros": _euros(reason["cents"])
    }


def _purchase_avoided(reason: Reason) -> str:
    return _("The receiver saves about EUR %(euros)s of bought material.") % {
        "euros": _euros(reason["cents"])
    }


def _distance(reason: Reason) -> str:
    return _(
        "About %(km)s km by road (great circle x %(detour)s); haulage takes EUR %(euros)s."
    ) % {
        "km": _kilometres(reason["road_m"]),
        "detour": reason["detour"],
        "euros": _euros(reason["haulage_cents"]),
    }


def _line(reason: Reason) -> str:
    return _("About %(km)s km of line (great circle x %(detour)s), which costs EUR %(euros)s.") % {
        "km": _kilometres(reason["road_m"]),
        "detour": reason["detour"],
        "euros": _euros(reason["haulage_cents"]),
    }


def _share_of_offer(reason: Reason) -> str:
    return _("Takes %(percent)d %% of the offer and covers %(covered)d %% of the need.") % {
        "percent": reason["offer_percent"],
        "covered": reason["need_percent"],
    }


def _climate(reason: Reason) -> str:
    tonnes = number_format(
        round(Decimal(int(reason["co2e_kg"])) / 1000, 1), decimal_pos=1, force_grouping=True
    )
    return _("Avoids about %(tonnes)s t CO2e (screening estimate).") % {"tonnes": tonnes}


def _common_months(reason: Reason) -> str:
    count = int(reason["months"])
    return ngettext(
        "Both sides are ready in %(n)d month of the coming year.",
        "Both sides are ready in %(n)d months of the coming year.",
        count,
    ) % {"n": count}


def _processing(reason: Reason) -> str:
    return _("Treatment on the way costs about EUR %(euros)s.") % {"euros": _euros(reason["cents"])}


def _led(reason: Reason) -> str:
    return _("%(offered)s reaches a need for %(needed)s through a service on the way.") % {
        "offered": _label(reason, "offered"),
        "needed": _label(reason, "needed"),
    }


def _through(reason: Reason) -> dict[str, str]:
    """What both kinds of service are told by."""
    return {
        "title": str(reason["title"]),
        "place": _label(reason, "place"),
        "taken": _tonnes(reason["in"]),
        "given": _tonnes(reason["out"]),
        "euros": _euros(reason["cost_cents"]),
    }


def _through_processor(reason: Reason) -> str:
    return _(
        "Processing by %(title)s (%(place)s): takes %(taken)s, gives %(given)s, costs"
        " EUR %(euros)s."
    ) % _through(reason)


def _through_store(reason: Reason) -> str:
    spans = ", ".join(
        f"{MONTHS[int(first)]} → {MONTHS[int(last)]}" for first, last in reason["months"]
    )
    return _(
        "Kept at %(title)s (%(place)s) from the month it arises to the month it is"
        " needed (%(spans)s): %(taken)s, which costs EUR %(euros)s."
    ) % (_through(reason) | {"spans": spans})


def _permit_names_codes(reason: Reason) -> str:
    return _(
        "%(title)s is permitted to take waste under %(codes)s; the offer gives no code yet."
    ) % {"title": str(reason["title"]), "codes": ", ".join(reason["codes"])}


def _tonnes(kg: int) -> str:
    tonnes = number_format(round(Decimal(int(kg)) / 1000, 1), decimal_pos=1, force_grouping=True)
    return _("%(tonnes)s t") % {"tonnes": tonnes}


def _inferred_side(reason: Reason) -> str:
    if reason["side"] == "offer":
        return _("The offer is inferred from the site's activity; the firm has not confirmed it.")
    return _("The need is inferred from the site's activity; the firm has not confirmed it.")


def _status_unknown(reason: Reason) -> str:
    return _("Not known yet: whether the stream is waste, a by-product or a product.")


_WORDINGS: dict[str, Callable[[Reason], str]] = {
    "same_material": _same_material,
    "related_material": _related_material,
    "conversion": _conversion,
    "disposal_avoided": _disposal_avoided,
    "purchase_avoided": _purchase_avoided,
    "distance": _distance,
    "line": _line,
    "share": _share_of_offer,
    "climate": _climate,
    "common_months": _common_months,
    "processing": _processing,
    "led": _led,
    "through_processor": _through_processor,
    "through_store": _through_store,
    "permit_names_codes": _permit_names_codes,
    "inferred_side": _inferred_side,
    "status_unknown": _status_unknown,
}
"""One wording per code; a stored code without one is a programming error and raises KeyError."""
