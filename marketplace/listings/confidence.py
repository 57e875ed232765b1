"""What a firm may keep back of a listing, and the general figure that stands for a kept amount.

The engine, the plan, orderings and tiles only ever read the general figures: what is computed from
them can be told to everybody, however cleverly and often it is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Aspect(models.TextChoices):
    """What of a listing can be kept back, each apart from the others."""

    HOLDER = "holder", _("the firm's name")
    PLACE = "place", _("the exact place")
    QUANTITY = "quantity", _("the exact quantity")
    PRICE = "price", _("the price")
    WORDS = "words", _("title, description and quality")
    CODE = "code", _("the waste code")
    WINDOW = "window", _("from when to when")


EVERYTHING = frozenset(Aspect.values)


@dataclass(frozen=True, slots=True)
class QuantityBand:
    """Half-open range of base units, ``low <= quantity < high``; fixed steps of 1, 2 and 5."""

    low: int
    high: int


def quantity_band(base_quantity: int) -> QuantityBand:
    """The step of 1, 2, 5, 10, 20, 50, ... that holds the quantity (one or more base units).

    Two and a half wide at most, so that plans made with its lower end lose little; two wide at
    least, so that nobody can bound a kept amount within ten per cent.

    >>> quantity_band(4_200), quantity_band(999)
    (QuantityBand(low=2000, high=5000), QuantityBand(low=500, high=1000))
    """
    decade: int = 10 ** (len(str(base_quantity)) - 1)
    for low, high in ((5, 10), (2, 5)):
        if base_quantity >= low * decade:
            return QuantityBand(low * decade, high * decade)
    return QuantityBand(decade, 2 * decade)


class BandLow(models.Func):
    """The lower end of ``quantity_band`` in SQL, exact for every positive bigint."""

    arity = 1
    template = (
        "((CASE WHEN left((%(expressions)s)::text, 1) = '1' THEN 1"
        " WHEN left((%(expressions)s)::text, 1) < '5' THEN 2 ELSE 5 END)"
        " * power(10::numeric, length((%(expressions)s)::text) - 1))::bigint"
    )

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*expressions, output_field=models.BigIntegerField(), **extra)


def with_place(aspects: frozenset[str]) -> frozenset[str]:
    """The place goes with the holder: a known place names who holds it."""
    return aspects | {Aspect.PLACE} if Aspect.HOLDER in aspects else aspects


def general_form_needed(visibility: str, kept: frozenset[str]) -> frozenset[str]:
    """Aspects that some reader of the listing is not told, so that only their general figure may
    be used where one result serves all; an anonymous listing keeps everything back."""
    return EVERYTHING if visibility == "anonymous" else with_place(kept)
