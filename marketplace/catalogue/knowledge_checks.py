"""What must hold of the knowledge as a whole: ids, hierarchy, scripts, codes, ends of edges."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import lru_cache

from stdnum.eu import nace

from marketplace.catalogue.knowledge_records import (
    ENTRIES,
    EVIDENCE,
    FORMS,
    KINDS,
    LIKELIHOODS,
    PILLARS,
    PROVENANCES,
    ROUTES,
    SECTORS,
    Concept,
    Conversion,
    Knowledge,
    Precedent,
    StreamProfile,
)

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LOW = re.compile(r"\d\d \d\d \d\d\*?")
_CN = re.compile(r"\d{2}(?:\d{2}(?: \d{2}(?: \d{2})?)?)?")
_YEAR = re.compile(r"(?:c\. )?(?:1[89]|20)\d\d(?:s|-(?:(?:19|20)\d\d|present))?")
# A page below the root of a site, not only a host.
_PAGE = re.compile(r"https?://[^\s/]+\.[^\s/]+/[^\s#?]\S*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_LATIN_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_MIXED_WORD = re.compile(r"\b\w*(?:[A-Za-z][Ѐ-ӿ]|[Ѐ-ӿ][A-Za-z])\w*\b")
# Formulas and grades (NaOH, CO2, NPK, PET, PA6, IBC, II) and units stay Latin in Bulgarian text.
_LATIN_ALLOWED = re.compile(
    r"(?:[A-Z][a-z]?\d*)+|pH|[a-z]|[kdcmn]?[mgl][23]?|[kMG]?[WJ]h?|[kM]?Pa|Nm3|kN|bar|ppm|ha"
)

_NUMBERS: tuple[tuple[str, float, float], ...] = (
    ("density_kg_m3", 0.05, 20_000),
    ("disposal_eur_t", -2_000, 10_000),
    ("purchase_eur_t", 0, 60_000_000),
    ("substitution", 0, 20),
    ("avoided_kgco2e_t", -20_000, 100_000),
)


@lru_cache(maxsize=4096)
def is_nace(code: str, revision: str = "2.0") -> bool:
    """Whether a dotted division, group or class exists in that NACE revision."""
    return bool(re.fullmatch(r"\d\d(?:\.\d{1,2})?", code)) and nace.is_valid(code, revision)


def validate(knowledge: Knowledge) -> list[str]:
    """Every problem found, each naming file and id; an empty list when the data are sound."""
    checks: tuple[Callable[[Knowledge], Iterator[str]], ...] = (
        _unique,
        _hierarchy,
        _concept_fields,
        _concept_names,
        _shared_synonyms,
        _concept_codes,
        _conversions,
        _reachable,
        _profiles,
        _precedents,
        _waste_codes,
        _waste_chapters,
        _activities,
    )
    return [problem for check in checks for problem in check(knowledge)]


def _repeated(keys: Iterable[str], what: str) -> Iterator[str]:
    for key, count in Counter(keys).items():
        if count > 1:
            yield f"{what} {key}: given {count} times"


def _unique(knowledge: Knowledge) -> Iterator[str]:
    yield from _repeated((item.id for item in knowledge.concepts), "concept")
    yield from _repeated((item.id for item in knowledge.precedents), "precedent")
    yield from _repeated((item.nace for item in knowledge.profiles), "profile")
    yield from _repeated((item.code for item in knowledge.waste_codes), "waste code")
    yield from _repeated((item.code for item in knowledge.waste_chapters), "waste chapter")
    yield from _repeated((f"{a.revision} {a.code}" for a in knowledge.activities), "activity")
    yield from _repeated(
        (f"{e.from_id} -> {e.to_id} ({e.process_en})" for e in knowledge.conversions), "conversion"
    )


def _at(concept: Concept) -> str:
    return f"{concept.source_file} [{concept.id}]"


def _hierarchy(knowledge: Knowledge) -> Iterator[str]:
    for concept in knowledge.concepts:
        if concept.broader and concept.broader not in knowledge.concept_by_id:
            yield f"{_at(concept)}: broader: no concept {concept.broader!r}"
            continue
        line = [concept.id, *(item.id for item in knowledge.ancestors(concept.id))]
        last = knowledge.concept_by_id.get(line[-1])
        if last and last.broader in line:
            yield f"{_at(concept)}: broader: goes round in a circle"


def _outside(value: str, allowed: tuple[str, ...], key: str) -> Iterator[str]:
    if value not in allowed:
        yield f"{key}: {value!r} is not one of {', '.join(item or '(empty)' for item in allowed)}"


def _field_faults(concept: Concept) -> Iterator[str]:
    if not _ID.fullmatch(concept.id):
        yield "id: not kebab-case"
    yield from _outside(concept.kind, KINDS, "kind")
    yield from _outside(concept.pillar, PILLARS, "pillar")
    yield from _outside(concept.sector, SECTORS, "sector")
    yield from _outside(concept.form, FORMS, "form")
    yield from _outside(concept.provenance, PROVENANCES, "provenance")
    for key, low, high in _NUMBERS:
        value = getattr(concept, key)
        if value is not None and not low <= value <= high:
            yield f"{key}: {value} is outside {low}..{high}"
    yield from _band(concept.value_eur_t, "value_eur_t")
    if concept.avoided_kgco2e_t is not None:
        if not concept.avoided_source:
            yield "avoided_source: missing beside avoided_kgco2e_t"
        if concept.avoided_year is None or not 1990 <= concept.avoided_year <= 2100:
            yield "avoided_year: missing beside avoided_kgco2e_t"


def _band(band: tuple[Decimal, Decimal] | None, key: str) -> Iterator[str]:
    if band is not None and not -100_000 <= band[0] <= band[1] <= 60_000_000:
        yield f"{key}: {band[0]}..{band[1]} is not low..high"


def _concept_fields(knowledge: Knowledge) -> Iterator[str]:
    for concept in knowledge.concepts:
        for fault in _field_faults(concept):
            yield f"{_at(concept)}: {fault}"


def bulgarian_fault(text: str) -> str:
    """What is wrong with the script of a Bulgarian text; empty when nothing is."""
    if _MIXED_WORD.search(text):
        return "mixes Latin and Cyrillic letters in one word"
    for token in _LATIN_TOKEN.findall(text):
        if not _LATIN_ALLOWED.fullmatch(token):
            return f"Latin word {token!r}"
    return ""


def english_fault(text: str) -> str:
    """What is wrong with the script of an English text; empty when nothing is."""
    return "Cyrillic letter" if _CYRILLIC.search(text) else ""


def _concept_names(knowledge: Knowledge) -> Iterator[str]:
    for concept in knowledge.concepts:
        if not _CYRILLIC.search(concept.bg):
            yield f"{_at(concept)}: bg: no Cyrillic in {concept.bg!r}"
        for text in (*concept.names("bg"), *concept.phrases("bg")):
            if fault := bulgarian_fault(text):
                yield f"{_at(concept)}: bg: {fault} in {text!r}"
        for text in (*concept.names("en"), *concept.phrases("en")):
            if fault := english_fault(text):
                yield f"{_at(concept)}: en: {fault} in {text!r}"
        for language in ("en", "bg"):
            texts = (*concept.names(language), *concept.phrases(language))
            if "" in texts:
                yield f"{_at(concept)}: {language}: empty name, synonym or phrase"
            for text in sorted({text for text in texts if texts.count(text) > 1}):
                yield f"{_at(concept)}: {language}: {text!r} stands twice"


def normal_name(text: str) -> str:
    """The form in which two names count as the same: case, dashes and spaces do not matter."""
    return re.sub(r"[\s\-\u2013\u2019']+", " ", text.casefold()).strip()


def _related(knowledge: Knowledge, one: Concept, two: Concept) -> bool:
    if one.broader and one.broader == two.broader:
        return True
    above_one = {item.id for item in knowledge.ancestors(one.id)}
    above_two = {item.id for item in knowledge.ancestors(two.id)}
    return one.id in above_two or two.id in above_one


def _shared_synonyms(knowledge: Knowledge) -> Iterator[str]:
    for language in ("en", "bg"):
        holders: defaultdict[str, dict[str, Concept]] = defaultdict(dict)
        for concept in knowledge.concepts:
            for text in concept.names(language):
                holders[normal_name(text)][concept.id] = concept
        for name, sharing in holders.items():
            concepts = list(sharing.values())
            for number, one in enumerate(concepts):
                for two in concepts[number + 1 :]:
                    if not (one.note or two.note or _related(knowledge, one, two)):
                        yield (
                            f"{_at(one)} and {_at(two)}: share the {language} name {name!r}"
                            " without a note"
                        )


def _concept_codes(knowledge: Knowledge) -> Iterator[str]:
    for concept in knowledge.concepts:
        for code in concept.low:
            for fault in _low_faults(knowledge, code):
                yield f"{_at(concept)}: low: {fault}"
        for code in concept.cn:
            if not _CN.fullmatch(code):
                yield f"{_at(concept)}: cn: {code!r} is not of the form 'NNNN NN'"


def _low_faults(knowledge: Knowledge, code: str) -> Iterator[str]:
    if not _LOW.fullmatch(code):
        yield f"{code!r} is not of the form 'NN NN NN' or 'NN NN NN*'"
    elif knowledge.waste_codes:
        entry = knowledge.waste_code_by_code.get(code.replace(" ", "").rstrip("*"))
        if entry is None:
            yield f"{code!r} is not in the List of Waste"
        elif entry.hazardous != code.endswith("*"):
            yield f"{code!r} should read {entry.display!r}"


def _conversion_faults(knowledge: Knowledge, edge: Conversion) -> Iterator[str]:
    for key, end in (("from", edge.from_id), ("to", edge.to_id)):
        if end not in knowledge.concept_by_id:
            yield f"{key}: no concept {end!r}"
    if edge.from_id == edge.to_id:
        yield "leads to itself"
    yield from _outside(edge.route, ROUTES, "route")
    if not 0 < edge.weight <= 1:
        yield f"weight: {edge.weight} is outside 0..1"
    if not 0 < edge.yield_ratio <= 20:
        yield f"yield: {edge.yield_ratio} is outside 0..20"
    yield from _band(edge.cost_eur_t, "cost_eur_t")
    yield from _conversion_texts(edge)
    for code in edge.nace_to:
        if not is_nace(code):
            yield f"nace_to: no NACE Rev. 2 code {code!r}"


def _conversion_texts(edge: Conversion) -> Iterator[str]:
    for key, text in (("process_bg", edge.process_bg), ("conditions_bg", edge.conditions_bg)):
        if fault := bulgarian_fault(text):
            yield f"{key}: {fault}"
    for key, text in (("process_en", edge.process_en), ("conditions_en", edge.conditions_en)):
        if fault := english_fault(text):
            yield f"{key}: {fault}"
    if bool(edge.conditions_en) != bool(edge.conditions_bg):
        yield "conditions: given in one language only"


def _conversions(knowledge: Knowledge) -> Iterator[str]:
    for edge in knowledge.conversions:
        for fault in _conversion_faults(knowledge, edge):
            yield f"{edge.source_file} [{edge.from_id} -> {edge.to_id}]: {fault}"


def _reachable(knowledge: Knowledge) -> Iterator[str]:
    for concept in knowledge.concepts:
        if concept.kind == "use":
            line = [concept, *knowledge.descendants(concept.id)]
            if not any(knowledge.edges_to.get(item.id) for item in line):
                yield f"{_at(concept)}: no conversion leads to this use"
        else:
            line = [concept, *knowledge.ancestors(concept.id)]
            if not any(knowledge.edges_from.get(item.id) for item in line):
                yield f"{_at(concept)}: no conversion leads out of it or of a broader concept"


def _stream_faults(knowledge: Knowledge, stream: StreamProfile) -> Iterator[str]:
    if stream.concept not in knowledge.concept_by_id:
        yield f"no concept {stream.concept!r}"
    yield from _outside(stream.likely, LIKELIHOODS, "likely")
    figures = (stream.t_per_employee, stream.t_per_t_product, stream.share_of_waste)
    if any(figure is not None and figure < 0 for figure in figures):
        yield "figure below zero"
    if stream.share_of_waste is not None and stream.share_of_waste > 1:
        yield "share_of_waste above one"
    if any(figure is not None for figure in figures) and not stream.source:
        yield "figure without a source"


def _profiles(knowledge: Knowledge) -> Iterator[str]:
    for profile in knowledge.profiles:
        at = f"{profile.source_file} [{profile.nace}]"
        if not is_nace(profile.nace):
            yield f"{at}: no NACE Rev. 2 code {profile.nace!r}"
        if fault := bulgarian_fault(profile.name_bg):
            yield f"{at}: name_bg: {fault}"
        for side, streams in (("outputs", profile.outputs), ("inputs", profile.inputs)):
            for stream in streams:
                for fault in _stream_faults(knowledge, stream):
                    yield f"{at}: {side} {stream.concept}: {fault}"
            yield from _repeated((item.concept for item in streams), f"{at}: {side}")


def _source_faults(item: Precedent) -> Iterator[str]:
    if not (item.url or item.citation):
        yield "neither citation nor url"
    if item.url and not re.fullmatch(r"https?://\S+\.\S+", item.url):
        yield f"url: {item.url!r} is not an address"
    yield from _outside(item.evidence, EVIDENCE, "evidence")
    if item.evidence == "read" and not _PAGE.fullmatch(item.url):
        yield f"url: evidence 'read' needs the page itself, not {item.url!r}"


def _precedents(knowledge: Knowledge) -> Iterator[str]:
    for item in knowledge.precedents:
        at = f"{item.source_file} [{item.id}]"
        for key, concept in (("stream", item.stream), ("use", item.use)):
            if concept not in knowledge.concept_by_id:
                yield f"{at}: {key}: no concept {concept!r}"
        for key, code in (("donor_nace", item.donor_nace), ("receiver_nace", item.receiver_nace)):
            if code and not is_nace(code):
                yield f"{at}: {key}: no NACE Rev. 2 code {code!r}"
        yield from (f"{at}: {fault}" for fault in _source_faults(item))
        if item.country and not _COUNTRY.fullmatch(item.country):
            yield f"{at}: country: {item.country!r} is not a two-letter code"
        if item.year and not _YEAR.fullmatch(item.year):
            yield f"{at}: year: {item.year!r} is not a year or a span of years"


def _waste_codes(knowledge: Knowledge) -> Iterator[str]:
    chapters = {chapter.code for chapter in knowledge.waste_chapters}
    for code in knowledge.waste_codes:
        at = f"waste_codes.csv [{code.code}]"
        yield from (f"{at}: {fault}" for fault in _outside(code.entry, ENTRIES, "entry"))
        if chapters and code.code[:4] not in chapters:
            yield f"{at}: no sub-chapter {code.code[:4]}"
        if fault := bulgarian_fault(code.label_bg) or bulgarian_fault(code.question_bg):
            yield f"{at}: {fault}"
        if fault := english_fault(code.label_en) or english_fault(code.question_en):
            yield f"{at}: {fault}"
        if code.entry in ("MN", "MH") and not (code.question_en and code.question_bg):
            yield f"{at}: mirror entry without its question in both languages"
        for other in code.mirror:
            pair = knowledge.waste_code_by_code.get(other)
            if pair is None:
                yield f"{at}: mirror: no code {other}"
            elif pair.hazardous == code.hazardous:
                yield f"{at}: mirror: {other} is on the same side"
            elif code.code not in pair.mirror:
                yield f"{at}: mirror: {other} does not point back"


def _waste_chapters(knowledge: Knowledge) -> Iterator[str]:
    codes = {chapter.code for chapter in knowledge.waste_chapters}
    for chapter in knowledge.waste_chapters:
        at = f"waste_chapters.csv [{chapter.code}]"
        if not re.fullmatch(r"\d\d(?:\d\d)?", chapter.code) or chapter.code[:2] not in codes:
            yield f"{at}: not a chapter, nor a sub-chapter of one"
        if fault := bulgarian_fault(chapter.label_bg) or english_fault(chapter.label_en):
            yield f"{at}: {fault}"


def _activities(knowledge: Knowledge) -> Iterator[str]:
    for activity in knowledge.activities:
        at = f"activities.csv [{activity.revision} {activity.code}]"
        if not is_nace(activity.code, activity.revision):
            yield f"{at}: no such NACE code"
        if activity.level != ("division" if len(activity.code) == 2 else "group"):
            yield f"{at}: level: {activity.level!r} does not fit the code"
        if fault := bulgarian_fault(activity.label_bg):
            yield f"{at}: {fault}"
