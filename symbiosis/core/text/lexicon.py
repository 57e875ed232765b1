"""What the text engine knows, as frozen values: the caller brings them, the core reads them.

Concepts are named in English and Bulgarian; edges say what becomes of what; profiles say what an
activity gives off and takes in; precedents are documented exchanges; codes are List of Waste
entries. Ids are the caller's own strings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

USE = "use"
LIKELIHOOD = {"high": 1.0, "medium": 0.6, "low": 0.3}


@dataclass(frozen=True, slots=True)
class TextConcept:
    """A stream, or a role (``kind == "use"``) in which receivers take streams; first name leads."""

    id: str
    kind: str
    names_en: tuple[str, ...]
    names_bg: tuple[str, ...]
    broader: str = ""
    codes: tuple[str, ...] = ()
    form: str = ""
    sector: str = ""
    properties: str = ""
    hazard: str = ""
    phrases_en: tuple[str, ...] = ()
    phrases_bg: tuple[str, ...] = ()
    """Those of the names that are phrases: read in texts, never shown as a name."""

    @property
    def is_use(self) -> bool:
        return self.kind == USE

    def name(self, language: str) -> str:
        return (self.names_bg if language == "bg" else self.names_en)[0]


@dataclass(frozen=True, slots=True)
class TextEdge:
    """A known way from one concept to another; ``weight`` is how usual it is, 0 to 1."""

    source: str
    target: str
    weight: float
    process_en: str = ""
    process_bg: str = ""
    conditions_en: str = ""
    conditions_bg: str = ""
    route: str = ""
    activities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextProfile:
    """What firms of one activity (digits of a NACE Rev. 2 code) usually have and want."""

    activity: str
    name_en: str
    name_bg: str
    outputs: tuple[tuple[str, float], ...] = ()
    inputs: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class TextPrecedent:
    """A documented exchange and where it can be read."""

    id: str
    stream: str
    use: str
    donor: str
    receiver: str
    donor_activity: str
    receiver_activity: str
    place: str
    year: str = ""
    citation: str = ""
    url: str = ""
    to_verify: bool = False
    """The source was not opened when the case was noted; shown with it."""


@dataclass(frozen=True, slots=True)
class TextCode:
    """A List of Waste entry; mirror entries carry the question that decides."""

    code: str
    hazardous: bool
    label_en: str
    label_bg: str
    mirror: tuple[str, ...] = ()
    question_en: str = ""
    question_bg: str = ""

    @property
    def display(self) -> str:
        """As on papers: ``10 01 04*``."""
        return " ".join((self.code[:2], self.code[2:4], self.code[4:])) + "*" * self.hazardous

    def label(self, language: str) -> str:
        return self.label_bg if language == "bg" else self.label_en

    def question(self, language: str) -> str:
        return self.question_bg if language == "bg" else self.question_en


@dataclass(frozen=True)
class Lexicon:
    """All of it, with the look-ups in row numbers that the index and the ranking share."""

    concepts: tuple[TextConcept, ...]
    edges: tuple[TextEdge, ...] = ()
    profiles: tuple[TextProfile, ...] = ()
    precedents: tuple[TextPrecedent, ...] = ()
    codes: tuple[TextCode, ...] = ()

    @cached_property
    def row(self) -> Mapping[str, int]:
        """Concept id -> row of every array."""
        return {concept.id: n for n, concept in enumerate(self.concepts)}

    @cached_property
    def code(self) -> Mapping[str, TextCode]:
        return {code.code: code for code in self.codes}

    @cached_property
    def edges_from(self) -> Mapping[str, tuple[TextEdge, ...]]:
        found: defaultdict[str, list[TextEdge]] = defaultdict(list)
        for edge in self.edges:
            found[edge.source].append(edge)
        return {source: tuple(edges) for source, edges in found.items()}

    @cached_property
    def profile(self) -> Mapping[str, TextProfile]:
        return {profile.activity: profile for profile in self.profiles}

    def ancestors(self, concept_id: str) -> list[str]:
        """Broader concepts, nearest first; stops at an unknown id and at a loop."""
        found: list[str] = []
        at = self.concepts[self.row[concept_id]].broader
        while at in self.row and at not in found and at != concept_id:
            found.append(at)
            at = self.concepts[self.row[at]].broader
        return found


def activity_digits(code: str) -> str:
    """Digits of a NACE code however it is written: ``C10.51`` -> ``1051``."""
    return "".join(sign for sign in code if sign.isdigit())[:4]
