"""The way in the knowledge graph that joins an offer to a need, and the same in words.

A path is what the affinity array found, told again with names: the same stream, a broader or
narrower one, a conversion (its own or of a relative in the taxonomy) with its process and any
documented exchange.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from symbiosis.core.text.affinity import AffinityWeights
from symbiosis.core.text.lexicon import Lexicon, TextEdge, TextPrecedent

_PHRASES = {
    "en": {
        "same": "both are {o}",
        "broader": "{n} covers {o}",
        "narrower": "{n} is a kind of {o}",
        "sibling": "{o} and {n} are near kin",
        "conversion": "{o} becomes {n} by {process}",
        "kin": "{source} becomes {target} by {process}; {o} and {n} are of that kind",
        "two": "{o} becomes {n} in two steps, through {middle}",
        "text": "words in common: {words}",
        "letters": "similar wording",
        "met": "“{words}” read as {name}",
        "precedent": "documented: {donor} to {receiver}, {place}",
        "activity": "the activity {activity} takes such streams in",
    },
    "bg": {
        "same": "и двете са „{o}“",
        "broader": "„{n}“ включва „{o}“",
        "narrower": "„{n}“ е вид „{o}“",
        "sibling": "„{o}“ и „{n}“ са сродни",
        "conversion": "„{o}“ става „{n}“ чрез {process}",
        "kin": "„{source}“ става „{target}“ чрез {process}; „{o}“ и „{n}“ са от същия вид",
        "two": "„{o}“ става „{n}“ на две стъпки, през „{middle}“",
        "text": "общи думи: {words}",
        "letters": "сходен изказ",
        "met": "„{words}“ е разчетено като „{name}“",
        "precedent": "документиран случай: {donor} за {receiver}, {place}",
        "activity": "дейност {activity} приема такива потоци",
    },
}


def phrase(key: str, language: str, **values: str) -> str:
    """One piece of a reason in English or Bulgarian."""
    return _PHRASES["bg" if language == "bg" else "en"][key].format(**values)


@dataclass(frozen=True, slots=True)
class Path:
    """How a stream reaches a need: ``kind`` names the way, ``edge`` the conversion it goes by."""

    kind: str
    offered: str
    needed: str
    edge: TextEdge | None = None
    middle: str = ""
    precedent: TextPrecedent | None = None


class Paths:
    """Finds and tells the best path between two concepts; remembers what it has found."""

    def __init__(self, lexicon: Lexicon, weights: AffinityWeights) -> None:
        self.lexicon = lexicon
        self.weights = weights
        self._precedents: dict[tuple[str, str], TextPrecedent] = {}
        for item in lexicon.precedents:
            self._precedents.setdefault((item.stream, item.use), item)
        self._narrower: dict[str, list[str]] = {}
        for concept in lexicon.concepts:
            self._narrower.setdefault(concept.broader, []).append(concept.id)
        self.between = lru_cache(maxsize=100_000)(self._between)

    def _between(self, offered: str, needed: str) -> Path | None:
        """None where nothing in the graph joins the two."""
        if offered == needed:
            return Path("same", offered, needed)
        options = [*self._by_edge(offered, needed), *self._by_kind(offered, needed)]
        if options:
            return max(options, key=lambda option: option[0])[1]
        for first in self.lexicon.edges_from.get(offered, ()):
            for second in self.lexicon.edges_from.get(first.target, ()):
                if second.target == needed:
                    return Path("two", offered, needed, first, first.target)
        return None

    def _by_kind(self, offered: str, needed: str) -> list[tuple[float, Path]]:
        above_offered = self.lexicon.ancestors(offered)
        above_needed = self.lexicon.ancestors(needed)
        if needed in above_offered:
            return [(self.weights.broader, Path("broader", offered, needed))]
        if offered in above_needed:
            return [(self.weights.narrower, Path("narrower", offered, needed))]
        if above_offered[:1] and above_offered[:1] == above_needed[:1]:
            return [(self.weights.sibling, Path("sibling", offered, needed))]
        return []

    def _by_edge(self, offered: str, needed: str) -> list[tuple[float, Path]]:
        targets = self._relatives(needed)
        found = []
        for source, near in self._relatives(offered).items():
            for edge in self.lexicon.edges_from.get(source, ()):
                if edge.target in targets:
                    share = near * targets[edge.target]
                    own = source == offered and edge.target == needed
                    precedent = self._precedents.get((source, edge.target))
                    path = Path(
                        "conversion" if own else "kin", offered, needed, edge, "", precedent
                    )
                    strength = self.weights.conversion * share * edge.weight
                    found.append((strength * (1.1 if precedent else 1.0), path))
        return found

    def _relatives(self, concept: str) -> dict[str, float]:
        near = dict.fromkeys(self._narrower.get(concept, ()), self.weights.inherited_down)
        for above in self.lexicon.ancestors(concept)[:1]:
            near[above] = self.weights.inherited_up
        near[concept] = 1.0
        return near

    def told(self, path: Path, language: str) -> str:
        """The path in one clause, with its documented exchange where there is one."""
        values = {"o": self._name(path.offered, language), "n": self._name(path.needed, language)}
        if path.edge:
            process = path.edge.process_bg if language == "bg" else path.edge.process_en
            values |= {
                "process": process,
                "source": self._name(path.edge.source, language),
                "target": self._name(path.edge.target, language),
            }
        if path.middle:
            values["middle"] = self._name(path.middle, language)
        told = phrase(path.kind, language, **values)
        if path.precedent:
            told += "; " + phrase(
                "precedent",
                language,
                donor=path.precedent.donor,
                receiver=path.precedent.receiver,
                place=path.precedent.place,
            )
        return told

    def _name(self, concept_id: str, language: str) -> str:
        return self.lexicon.concepts[self.lexicon.row[concept_id]].name(language).lower()
