"""Frozen records of the reviewed knowledge: what a stream is and what it could become.

Amounts are per tonne of the stream as it arises; for heat and power read per MWh, for water per
cubic metre, for capacity per unit of the service. Money is Decimal euro, physics is float.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar

KINDS = ("material", "water", "energy", "capacity", "use")
PILLARS = ("", "textile", "plastics-packaging", "agrarian")
SECTORS = (
    "agriculture",
    "food",
    "textile",
    "leather",
    "plastics",
    "packaging",
    "paper",
    "wood",
    "chemicals",
    "metals",
    "minerals",
    "construction",
    "electronics",
    "energy",
    "water",
    "capacity",
    "municipal",
)
FORMS = ("", "solid", "sludge", "liquid", "gas", "heat", "power", "service")
ROUTES = ("by-product", "end-of-waste", *(f"R{n}" for n in range(1, 14)), "direct")
LIKELIHOODS = ("high", "medium", "low")
ENTRIES = ("AN", "AH", "MN", "MH")
PROVENANCES = ("", "widened")
EVIDENCE = ("read", "literature", "operator")


class KnowledgeError(ValueError):
    """The data files cannot be read; ``problems`` names file, record and field of each fault."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing firms trade, or one role (``kind == "use"``) in which a receiver takes it."""

    id: str
    en: str
    bg: str
    kind: str
    pillar: str
    sector: str
    source_file: str
    broader: str = ""
    synonyms_en: tuple[str, ...] = ()
    synonyms_bg: tuple[str, ...] = ()
    phrases_en: tuple[str, ...] = ()
    phrases_bg: tuple[str, ...] = ()
    low: tuple[str, ...] = ()
    cn: tuple[str, ...] = ()
    form: str = ""
    density_kg_m3: float | None = None
    disposal_eur_t: Decimal | None = None
    value_eur_t: tuple[Decimal, Decimal] | None = None
    purchase_eur_t: Decimal | None = None
    substitution: float | None = None
    avoided_kgco2e_t: float | None = None
    avoided_source: str = ""
    avoided_year: int | None = None
    properties: str = ""
    hazard: str = ""
    note: str = ""
    provenance: str = ""

    @property
    def low_codes(self) -> tuple[str, ...]:
        """List of Waste codes as six digits, best first: ``("020704",)``."""
        return tuple(code.replace(" ", "").rstrip("*") for code in self.low)

    def names(self, language: str) -> tuple[str, ...]:
        """The name and every synonym in ``"en"`` or ``"bg"``, the name first."""
        if language == "bg":
            return (self.bg, *self.synonyms_bg)
        return (self.en, *self.synonyms_en)

    def phrases(self, language: str) -> tuple[str, ...]:
        """How firms put it without naming it: what it comes from, looks like, is to make or do.

        Read by the matching of texts, never shown as a name; two concepts may share one.
        """
        return self.phrases_bg if language == "bg" else self.phrases_en


@dataclass(frozen=True, slots=True)
class Conversion:
    """A way in which one concept becomes or serves another; ``weight`` is how usual that is."""

    from_id: str
    to_id: str
    process_en: str
    process_bg: str
    yield_ratio: float
    route: str
    weight: float
    source_file: str
    cost_eur_t: tuple[Decimal, Decimal] | None = None
    conditions_en: str = ""
    conditions_bg: str = ""
    nace_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamProfile:
    """One stream an activity usually gives off or takes in; a figure needs its source."""

    concept: str
    likely: str
    t_per_employee: float | None = None
    t_per_t_product: float | None = None
    share_of_waste: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class ActivityProfile:
    """What firms of one NACE Rev. 2 division, group or class usually have and want."""

    nace: str
    name_en: str
    name_bg: str
    source_file: str
    outputs: tuple[StreamProfile, ...] = ()
    inputs: tuple[StreamProfile, ...] = ()


@dataclass(frozen=True, slots=True)
class Precedent:
    """An exchange that is documented to have happened, with the place where one can read it.

    ``evidence`` says how far the source was followed: ``read`` - the cited page or an excerpt of
    it was seen and states the exchange; ``literature`` - a published paper or report known to
    describe it; ``operator`` - a public statement of one of the two firms. The latter two were
    not opened.
    """

    id: str
    donor_en: str
    donor_nace: str
    stream: str
    receiver_en: str
    receiver_nace: str
    use: str
    place: str
    country: str
    year: str
    citation: str
    url: str
    evidence: str
    source_file: str

    @property
    def to_verify(self) -> bool:
        """Whether a reader is to be told that nobody has opened the source yet."""
        return self.evidence != "read"


@dataclass(frozen=True, slots=True)
class WasteCode:
    """A six-digit List of Waste entry; mirror entries carry the question that decides."""

    code: str
    entry: str
    mirror: tuple[str, ...]
    label_en: str
    label_bg: str
    question_en: str
    question_bg: str

    @property
    def hazardous(self) -> bool:
        """Whether the entry is one the List marks with an asterisk."""
        return self.entry in ("AH", "MH")

    @property
    def display(self) -> str:
        """As written on papers: ``10 01 04*``."""
        spaced = f"{self.code[:2]} {self.code[2:4]} {self.code[4:]}"
        return spaced + "*" if self.hazardous else spaced


@dataclass(frozen=True, slots=True)
class WasteChapter:
    """A chapter (two digits) or sub-chapter (four digits) of the List of Waste."""

    code: str
    label_en: str
    label_bg: str


@dataclass(frozen=True, slots=True)
class ActivityLabel:
    """Bulgarian label of a NACE division or group in revision ``2.0`` or ``2.1``."""

    code: str
    revision: str
    level: str
    label_bg: str


T = TypeVar("T")


def _by(records: tuple[T, ...], key: str) -> Mapping[str, T]:
    return MappingProxyType({getattr(record, key): record for record in records})


def _grouped(records: tuple[T, ...], key: str) -> Mapping[str, tuple[T, ...]]:
    groups: defaultdict[str, list[T]] = defaultdict(list)
    for record in records:
        groups[getattr(record, key)].append(record)
    return MappingProxyType({name: tuple(group) for name, group in groups.items()})


@dataclass(frozen=True)
class Knowledge:
    """Everything the data files say, with the look-ups the matcher and the helper need.

    The first record wins where an id is given twice; ``validate`` reports the second.
    """

    concepts: tuple[Concept, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    profiles: tuple[ActivityProfile, ...] = ()
    precedents: tuple[Precedent, ...] = ()
    waste_codes: tuple[WasteCode, ...] = ()
    waste_chapters: tuple[WasteChapter, ...] = ()
    activities: tuple[ActivityLabel, ...] = ()
    concept_by_id: Mapping[str, Concept] = field(init=False, repr=False, compare=False)
    narrower: Mapping[str, tuple[Concept, ...]] = field(init=False, repr=False, compare=False)
    edges_from: Mapping[str, tuple[Conversion, ...]] = field(init=False, repr=False, compare=False)
    edges_to: Mapping[str, tuple[Conversion, ...]] = field(init=False, repr=False, compare=False)
    profile_by_nace: Mapping[str, ActivityProfile] = field(init=False, repr=False, compare=False)
    precedents_of: Mapping[str, tuple[Precedent, ...]] = field(
        init=False, repr=False, compare=False
    )
    waste_code_by_code: Mapping[str, WasteCode] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        indexes: dict[str, Any] = {
            "concept_by_id": _by(self.concepts[::-1], "id"),
            "narrower": _grouped(self.concepts, "broader"),
            "edges_from": _grouped(self.conversions, "from_id"),
            "edges_to": _grouped(self.conversions, "to_id"),
            "profile_by_nace": _by(self.profiles[::-1], "nace"),
            "precedents_of": _grouped(self.precedents, "stream"),
            "waste_code_by_code": _by(self.waste_codes[::-1], "code"),
        }
        for name, index in indexes.items():
            object.__setattr__(self, name, index)

    def ancestors(self, concept_id: str) -> Iterator[Concept]:
        """Broader concepts, nearest first; stops at an unknown id and at a loop."""
        seen = {concept_id}
        concept = self.concept_by_id.get(concept_id)
        while concept and concept.broader and concept.broader not in seen:
            seen.add(concept.broader)
            concept = self.concept_by_id.get(concept.broader)
            if concept:
                yield concept

    def descendants(self, concept_id: str) -> Iterator[Concept]:
        """Narrower concepts at any depth, each once."""
        seen = {concept_id}
        queue = [concept_id]
        while queue:
            for concept in self.narrower.get(queue.pop(), ()):
                if concept.id not in seen:
                    seen.add(concept.id)
                    queue.append(concept.id)
                    yield concept

    def evidence_counts(self) -> dict[str, int]:
        """How many precedents rest on each class of evidence, the strongest first."""
        return {name: sum(p.evidence == name for p in self.precedents) for name in EVIDENCE}

    def counts(self) -> dict[str, int]:
        """How many records of each kind there are."""
        return {item.name: len(getattr(self, item.name)) for item in fields(self) if item.init}
