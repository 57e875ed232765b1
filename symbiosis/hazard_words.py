"""Hazard properties in words, and what they mean for a code with a hazardous twin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from symbiosis.core.legality.hazards import PER_CENT, Answer, Finding

NAMES = {
    "HP1": gettext_lazy("explosive"),
    "HP2": gettext_lazy("oxidising"),
    "HP3": gettext_lazy("flammable"),
    "HP4": gettext_lazy("irritant: skin irritation and eye damage"),
    "HP5": gettext_lazy("specific target organ toxicity, aspiration toxicity"),
    "HP6": gettext_lazy("acute toxicity"),
    "HP7": gettext_lazy("carcinogenic"),
    "HP8": gettext_lazy("corrosive"),
    "HP9": gettext_lazy("infectious"),
    "HP10": gettext_lazy("toxic for reproduction"),
    "HP11": gettext_lazy("mutagenic"),
    "HP12": gettext_lazy("release of an acute toxic gas"),
    "HP13": gettext_lazy("sensitising"),
    "HP14": gettext_lazy("ecotoxic"),
    "HP15": gettext_lazy("yields another hazardous substance"),
}
ANSWERS = {
    Answer.YES: gettext_lazy("applies"),
    Answer.NO: gettext_lazy("does not apply"),
    Answer.ASK: gettext_lazy("to be tested or stated"),
}


@dataclass(frozen=True, slots=True)
class HazardLine:
    """One property in the active language; ``why`` the figure that decided it."""

    hp: str
    name: str
    answer: str
    label: str
    why: str


def hazard_lines(findings: Iterable[Finding]) -> list[HazardLine]:
    return [
        HazardLine(
            finding.hp,
            str(NAMES[finding.hp]),
            finding.answer.value,
            str(ANSWERS[finding.answer]),
            _why(finding),
        )
        for finding in findings
    ]


def _why(finding: Finding) -> str:
    statements = ", ".join(finding.statements)
    if finding.limit is None or finding.answer is Answer.ASK:
        return _("because of %(statements)s") % {"statements": statements} if statements else ""
    return _("%(statements)s: %(found)s %% against a limit of %(limit)s %%") % {
        "statements": statements,
        "found": _per_cent(finding.found),
        "limit": _per_cent(finding.limit),
    }


def _per_cent(share: int) -> str:
    return number_format((Decimal(share) / PER_CENT).normalize())
