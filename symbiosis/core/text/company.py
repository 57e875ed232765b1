"""The company concepts keep: texts that go with each, and how much each says about it.

Properties, hazards and waste codes of the concept itself; names of its broader concept; processes
that make or take it; activities that have or want it; both sides of documented exchanges.
"""

from __future__ import annotations

from symbiosis.core.text.lexicon import Lexicon, TextConcept

OWN, CODE, ABOVE, HAZARD = 0.5, 0.5, 0.2, 0.2
TAKING, MAKING, ACTIVITY, EXCHANGE = 0.3, 0.5, 0.5, 0.5
UNLISTED = 0.5
"""Weight of a documented exchange that no conversion lists."""


class _Collector:
    """Adds up what is noted about each concept."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.found: list[dict[str, float]] = [{} for _ in lexicon.concepts]

    def note(self, concept_id: str, share: float, *texts: str) -> None:
        known = self.found[self.lexicon.row[concept_id]]
        for text in texts:
            if text:
                known[text] = known.get(text, 0.0) + share

    def concept(self, concept: TextConcept) -> None:
        self.note(concept.id, OWN, concept.properties)
        self.note(concept.id, HAZARD, concept.hazard)
        for place, code in enumerate(concept.codes):
            entry = self.lexicon.code.get(code)
            if entry:
                self.note(concept.id, CODE / (1 + place), entry.label_en, entry.label_bg)
        if concept.broader in self.lexicon.row:
            above = self.lexicon.concepts[self.lexicon.row[concept.broader]]
            self.note(concept.id, ABOVE, *above.names_en, *above.names_bg)

    def processes(self) -> None:
        for edge in self.lexicon.edges:
            self.note(edge.source, TAKING * edge.weight, edge.process_en, edge.process_bg)
            self.note(edge.target, MAKING * edge.weight, edge.process_en, edge.process_bg)

    def activities(self) -> None:
        for profile in self.lexicon.profiles:
            for concept_id, likely in (*profile.outputs, *profile.inputs):
                self.note(concept_id, ACTIVITY * likely, profile.name_en, profile.name_bg)
        for precedent in self.lexicon.precedents:
            self.note(precedent.stream, EXCHANGE, precedent.donor)
            self.note(precedent.use, EXCHANGE, precedent.receiver)


def company_of(lexicon: Lexicon) -> list[list[tuple[str, float]]]:
    """For each concept, in row order, its texts with their shares."""
    collector = _Collector(lexicon)
    for concept in lexicon.concepts:
        collector.concept(concept)
    collector.processes()
    collector.activities()
    return [list(texts.items()) for texts in collector.found]


def takers_of(lexicon: Lexicon) -> list[list[tuple[str, float]]]:
    """For each concept what is said where it is taken in: processes, and receivers by name."""
    found: list[dict[str, float]] = [{} for _ in lexicon.concepts]
    weight = {(edge.source, edge.target): edge.weight for edge in lexicon.edges}
    for edge in lexicon.edges:
        said = found[lexicon.row[edge.source]]
        for text in filter(None, (edge.process_en, edge.process_bg)):
            said[text] = max(said.get(text, 0.0), edge.weight)
    for item in lexicon.precedents:
        said = found[lexicon.row[item.stream]]
        known = weight.get((item.stream, item.use), UNLISTED)
        said[item.receiver] = max(said.get(item.receiver, 0.0), known)
    return [list(texts.items()) for texts in found]
