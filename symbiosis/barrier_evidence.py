"""The barriers in words, counted and added up: evidence for a request to the authorities.

Every figure rests on what the gate was told of a listing, which is no more than its least informed
reader may know: amounts of confidential listings count with the lower end of their band, a code
that is kept back is no ground. So the counts give nobody away, however small they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.models import Region
from marketplace.exchanges.words import LossReason
from marketplace.models import Exchange, Material, WasteCode
from marketplace.papers.paper import Field, Paper, Section, Table
from marketplace.sheets import Value
from symbiosis.barriers import barrier_counts
from symbiosis.legal_words import rule_words
from symbiosis.legality import rule_table

COLUMNS = {
    "rule": gettext_lazy("rule"),
    "citation": gettext_lazy("legal text"),
    "dated": gettext_lazy("text of"),
    "to_verify": gettext_lazy("to verify"),
    "law": gettext_lazy("what it asks"),
    "material": gettext_lazy("material"),
    "waste_code": gettext_lazy("waste code"),
    "region": gettext_lazy("oblast"),
    "offers": gettext_lazy("offers"),
    "pairs": gettext_lazy("pairs"),
    "tonnes_per_year": gettext_lazy("t a year"),
    "eur_per_year": gettext_lazy("EUR a year"),
}


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """How much of one stream one rule keeps from use in one oblast; each offer once, with its
    best barred receiver. kg (l, kWh, thousandths) and cents a year."""

    rule: str
    citation: str
    dated: date | None
    to_verify: bool
    law: str
    material: Material
    waste_code: WasteCode | None
    region: Region | None
    offers: int
    pairs: int
    base_quantity: int
    value_cents: int

    def values(self) -> tuple[Value, ...]:
        """In the order of COLUMNS, with plain numbers."""
        return (
            self.rule,
            self.citation,
            self.dated,
            str(self.to_verify).lower(),
            self.law,
            self.material.name,
            self.waste_code.display_code if self.waste_code else "",
            self.region.name if self.region else "",
            self.offers,
            self.pairs,
            Decimal(self.base_quantity) / 1000,
            Decimal(self.value_cents) / 100,
        )


@dataclass(frozen=True, slots=True)
class RuleEvidence:
    """All lines of one rule; the sums count no offer twice, for an offer stands in one line."""

    rule: str
    citation: str
    dated: date | None
    to_verify: bool
    law: str
    offers: int
    pairs: int
    base_quantity: int
    value_cents: int
    lines: tuple[EvidenceLine, ...]


def barrier_evidence(
    *, region_ids: list[int] | None = None, with_inferred: bool = False
) -> list[RuleEvidence]:
    """Standing barriers by rule, what bars the most value first, in the active language."""
    lines = _lines(region_ids, with_inferred)
    by_rule: dict[str, list[EvidenceLine]] = {}
    for line in lines:
        by_rule.setdefault(line.rule, []).append(line)
    found = [_added_up(of_rule) for of_rule in by_rule.values()]
    return sorted(found, key=lambda rule: (-rule.value_cents, rule.rule))


def _lines(region_ids: list[int] | None, with_inferred: bool) -> list[EvidenceLine]:
    counts = barrier_counts(region_ids=region_ids, with_inferred=with_inferred)
    materials = Material.objects.in_bulk({line.material_id for line in counts})
    codes = WasteCode.objects.in_bulk({line.waste_code_id for line in counts if line.waste_code_id})
    regions = Region.objects.without_shapes().in_bulk(
        {line.region_id for line in counts if line.region_id}
    )
    rules = rule_table().by_id
    found = []
    for line in counts:
        rule = rules.get(line.rule)  # a rule may have left the table since the run
        found.append(
            EvidenceLine(
                rule=line.rule,
                citation=rule.citation if rule else "",
                dated=rule.dated if rule else None,
                to_verify=rule.to_verify if rule else True,
                law=rule_words(rule) if rule else "",
                material=materials[line.material_id],
                waste_code=codes.get(line.waste_code_id or 0),
                region=regions.get(line.region_id or 0),
                offers=line.offers,
                pairs=line.pairs,
                base_quantity=line.base_quantity,
                value_cents=line.value_cents,
            )
        )
    return found


def _added_up(lines: Sequence[EvidenceLine]) -> RuleEvidence:
    first = lines[0]
    return RuleEvidence(
        rule=first.rule,
        citation=first.citation,
        dated=first.dated,
        to_verify=first.to_verify,
        law=first.law,
        offers=sum(line.offers for line in lines),
        pairs=sum(line.pairs for line in lines),
        base_quantity=sum(line.base_quantity for line in lines),
        value_cents=sum(line.value_cents for line in lines),
        lines=tuple(lines),
    )


def lost_for_want_of_papers(*, region_ids: list[int] | None = None) -> int:
    """Exchanges that somebody took up and that fell through because a paper was missing."""
    fallen = Exchange.objects.filter(loss_reason=LossReason.LEGAL)
    return int((fallen if region_ids is None else fallen.in_regions(frozenset(region_ids))).count())


def evidence_rows(rules: Iterable[RuleEvidence]) -> list[tuple[Value, ...]]:
    """Every line as a row under COLUMNS."""
    return [line.values() for rule in rules for line in rule.lines]


def evidence_paper(*, region: Region | None, language: str, on: date) -> Paper:
    """A draft of the evidence for one oblast, or the country, to go with a request."""
    with translation.override(language):
        ids = None if region is None else [region.pk]
        rules = barrier_evidence(region_ids=ids)
        place = region.name if region else _("the whole country")
        return Paper(
            kind="barrier-evidence",
            title=_("What the law keeps from exchange"),
            notice=_(
                "Draft. A screening by a reviewed table of rules, not legal advice; texts marked"
                " “to verify” have not been read in the source."
            ),
            language=language,
            reference=region.code if region else "BG",
            about=_("%(place)s, by what stood in the market on %(day)s")
            % {"place": place, "day": on.strftime("%d.%m.%Y")},
            made_on=on,
            sections=(_summary(rules, ids), *map(_section, rules)),
        )


def _summary(rules: Sequence[RuleEvidence], region_ids: list[int] | None) -> Section:
    lost = lost_for_want_of_papers(region_ids=region_ids)
    return Section(
        key="summary",
        title=_("Summary"),
        fields=(
            Field("rules", _("rules that bar exchanges"), str(len(rules))),
            Field("lost", _("exchanges lost for want of a paper"), str(lost)),
        ),
        table=Table(
            keys=("rule", "offers", "tonnes", "value"),
            headings=(_("legal text"), _("offers"), _("t a year"), _("EUR a year")),
            rows=tuple(
                (rule.citation or rule.rule, str(rule.offers), _t(rule), _eur(rule))
                for rule in rules
            ),
        ),
        note=_(
            "Each offer counts once under a rule, with the receiver within reach that would give"
            " most; an offer that two rules bar stands under both, so rules are not added up."
        ),
    )


def _section(rule: RuleEvidence) -> Section:
    names = ("material", "waste_code", "region", "offers", "tonnes_per_year", "eur_per_year")
    return Section(
        key=rule.rule,
        title=rule.citation or rule.rule,
        fields=(
            Field("law", _("what it asks"), rule.law),
            Field("dated", _("text of"), rule.dated.strftime("%d.%m.%Y") if rule.dated else ""),
            Field("to_verify", _("to verify"), _("yes") if rule.to_verify else _("no")),
        ),
        table=Table(
            keys=names,
            headings=tuple(str(COLUMNS[name]) for name in names),
            rows=tuple(
                (
                    line.material.name,
                    line.waste_code.display_code if line.waste_code else "–",
                    line.region.name if line.region else "–",
                    str(line.offers),
                    _t(line),
                    _eur(line),
                )
                for line in rule.lines
            ),
        ),
    )


def _t(line: RuleEvidence | EvidenceLine) -> str:
    return number_format(Decimal(line.base_quantity) / 1000, decimal_pos=1, force_grouping=True)


def _eur(line: RuleEvidence | EvidenceLine) -> str:
    return number_format(round(line.value_cents / 100), force_grouping=True)
