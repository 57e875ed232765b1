"""Quantities with units read out of free text: "12 t/month", "ок. 3,5 тона седмично".

Numbers may use a comma or a point as decimal sign and spaces, points or commas between thousands;
where "1.200" could be either, three digits after the sign are read as thousands. Everything found
is returned as written too, so that a person can check it; nothing is guessed where no unit stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_UNITS = {
    "t": ("t", "т", "тон", "тона", "тонове", "tonne", "tonnes", "ton", "tons", "mt"),
    "kg": ("kg", "кг", "килограм", "килограма", "kilogram", "kilograms", "kilo", "kilos"),
    "m3": ("m3", "м3", "m³", "м³", "кубика", "кубик", "cbm", "кубически метра"),
    "l": ("l", "л", "литър", "литра", "litre", "litres", "liter", "liters"),
    "MWh": ("mwh", "мвтч", "мвч"),
    "kWh": ("kwh", "квтч", "квч"),
    "GJ": ("gj", "гдж"),
    "MW": ("mw", "мвт"),
    "kW": ("kw", "квт"),
    "piece": ("pcs", "pieces", "piece", "бр", "броя", "брой", "units"),
    "pallet": ("pallets", "pallet", "палета", "палети", "палет"),
}
_PERIODS = {
    "day": ("day", "daily", "d", "ден", "дневно", "денонощие", "на ден"),
    "week": ("week", "weekly", "wk", "седмица", "седмично", "на седмица"),
    "month": ("month", "monthly", "mo", "месец", "месечно", "на месец", "мес"),
    "year": (
        "year",
        "yearly",
        "annually",
        "annum",
        "yr",
        "a",
        "y",
        "година",
        "годишно",
        "г",
        "год",
    ),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_PERIOD_OF = {word: period for period, words in _PERIODS.items() for word in words}
_PER_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}


def _alternatives(words: dict[str, str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_NUMBER = r"\d{1,3}(?:[ \u00a0.,]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_QUANTITY = re.compile(
    rf"(?<![\w.,])(?P<low>{_NUMBER})(?:\s*(?:-|–|to|до)\s*(?P<high>{_NUMBER}))?"
    rf"\s*(?P<unit>{_alternatives(_UNIT_OF)})(?!\w)\.?"
    rf"(?:\s*(?:/|per|a|на|in|за)?\s*(?P<period>{_alternatives(_PERIOD_OF)})(?!\w))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class QuantityRead:
    """What a text says of an amount: from ``low`` to ``high`` units, each period where one is
    named ("day", "week", "month", "year" or "")."""

    written: str
    low: Decimal
    high: Decimal
    unit: str
    period: str

    @property
    def per_year(self) -> tuple[Decimal, Decimal] | None:
        """Low and high units a year; None where the text names no period."""
        times = _PER_YEAR.get(self.period)
        return None if times is None else (self.low * times, self.high * times)


def quantities_in(text: str) -> list[QuantityRead]:
    """Every quantity with a unit, in the order of the text.

    >>> [(q.low, q.unit, q.period) for q in quantities_in("about 1 200,5 t/year in big bags")]
    [(Decimal('1200.5'), 't', 'year')]
    """
    found = []
    for match in _QUANTITY.finditer(text):
        low = _number(match["low"])
        high = _number(match["high"]) if match["high"] else low
        period = _PERIOD_OF.get((match["period"] or "").lower(), "")
        found.append(
            QuantityRead(
                match[0].strip(),
                min(low, high),
                max(low, high),
                _UNIT_OF[match["unit"].lower()],
                period,
            )
        )
    return found


def _number(written: str) -> Decimal:
    """Thousands signs out, the decimal sign a point.

    >>> [_number(text) for text in ("1.200", "1 200,5", "3,5", "12,000.5")]
    [Decimal('1200'), Decimal('1200.5'), Decimal('3.5'), Decimal('12000.5')]
    """
    compact = written.replace(" ", "").replace("\u00a0", "")
    last = max(compact.rfind("."), compact.rfind(","))
    if last < 0:
        return Decimal(compact)
    whole, part = compact[:last], compact[last + 1 :]
    whole = whole.replace(".", "").replace(",", "")
    thousands = len(part) == 3 and whole.lstrip("0") != ""
    return Decimal(whole + part) if thousands else Decimal(f"{whole}.{part}")
