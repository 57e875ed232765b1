"""Figures in words: money, amounts, distances and months as the active language writes them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import number_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from marketplace.listings.confidence import Aspect, QuantityBand
from marketplace.units import PRICE_UNIT, ResourceKind

NBSP = "\u00a0"
MINUS = "\u2212"


def number(value: Decimal | int, decimals: int = 0) -> str:
    """Grouped by thousands, with the language's separators and a true minus sign."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = number_format(abs(rounded), decimal_pos=decimals, force_grouping=True)
    return f"{MINUS}{text}" if rounded < 0 else text


def percent(share: Decimal) -> str:
    """A share from 0 to 1: ``33.3 %`` as the language writes it."""
    return f"{number(share * 100, 1)}{NBSP}%"


def euros(cents: int, decimals: int = 0) -> str:
    """``1 234 €`` in Bulgarian, ``€1,234`` in English."""
    text = number(Decimal(cents) / 100, decimals)
    if get_language() == "bg":
        return f"{text}{NBSP}€"
    return f"{MINUS}€{text[1:]}" if text.startswith(MINUS) else f"€{text}"


def euros_short(cents: int) -> str:
    """Money for headlines: thousands and millions in words, two or three digits."""
    whole = Decimal(cents) / 100
    for limit, word in (
        (10**9, pgettext("money", "bn")),
        (10**6, pgettext("money", "m")),
        (10**3, pgettext("money", "k")),
    ):
        if abs(whole) >= limit:
            scaled = whole / limit
            text = number(scaled, 0 if abs(scaled) >= 100 else 1)
            return f"{text}{NBSP}{word}{NBSP}€" if get_language() == "bg" else f"€{text}{word}"
    return euros(cents)


def unit_name(kind: str) -> str:
    """The unit that a thousand base units of a kind make, in the active language."""
    return unit_label(PRICE_UNIT[ResourceKind(kind)])


def amount_unit(kind: str) -> str:
    """The same behind a figure, where languages inflect it."""
    unit = PRICE_UNIT[ResourceKind(kind)]
    return {
        "t": pgettext("behind a figure", "t"),
        "unit": pgettext("behind a figure", "units"),
    }.get(unit, unit_label(unit))


def unit_label(unit: str) -> str:
    """A unit's symbol in the active language; symbols without a translation stay."""
    return {
        "t": pgettext("unit", "t"),
        "kg": pgettext("unit", "kg"),
        "g": pgettext("unit", "g"),
        "m3": pgettext("unit", "m³"),
        "m2": pgettext("unit", "m²"),
        "l": pgettext("unit", "l"),
        "h": pgettext("unit", "h"),
        "unit": pgettext("unit", "unit"),
        "pallet": pgettext("unit", "pallet"),
    }.get(unit, unit)


def base_amount(base: int, kind: str) -> str:
    """Whole base units as tonnes, cubic metres, MWh or units; decimals only where small."""
    thousand = Decimal(base) / 1000
    decimals = 0 if thousand >= 100 else 1 if thousand >= 10 else 2 if thousand >= 1 else 3
    if thousand == thousand.to_integral_value():
        decimals = 0
    return f"{number(thousand, decimals)}{NBSP}{amount_unit(kind)}"


def per_period(text: str, pattern: str) -> str:
    """An amount over a year, or in all for a one-off."""
    if pattern == "one_off":
        return _("%(amount)s in all") % {"amount": text}
    return _("%(amount)s a year") % {"amount": text}


def band_amount(band: QuantityBand, kind: str) -> str:
    """The range that stands for a quantity kept back."""
    return _("%(low)s to %(high)s") % {
        "low": base_amount(band.low, kind),
        "high": base_amount(band.high, kind),
    }


def aspects(kept: Iterable[str]) -> str:
    """What a listing keeps back, in words."""
    return ", ".join(str(Aspect(aspect).label) for aspect in kept)


def kilometres(metres: int) -> str:
    """Whole kilometres, one decimal below ten."""
    km = Decimal(metres) / 1000
    unit = pgettext("unit", "km")
    return f"{number(km, 1 if km < 10 else 0)}{NBSP}{unit}"


def tonnes_co2e(kilograms: int) -> str:
    """Tonnes of CO2 equivalent, one decimal below a hundred."""
    tonnes = Decimal(kilograms) / 1000
    unit = pgettext("unit", "t CO₂e")
    return f"{number(tonnes, 0 if abs(tonnes) >= 100 else 1)}{NBSP}{unit}"


def unlocalised(value: float | int) -> str:
    """A number as scripts and attributes read it, with a decimal point."""
    return str(value)
