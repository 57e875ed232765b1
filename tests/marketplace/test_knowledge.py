"""The knowledge files are sound as they stand, and each fault a hand can make is named."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from marketplace.catalogue.knowledge import KnowledgeError, load_knowledge, validate
from tests.shared_data import shared_file

ASH = """
- id: fly-ash
  en: Fly ash
  bg: Летлива пепел
  kind: material
  sector: energy
  synonyms_en: [PFA]
  synonyms_bg: [пепелина]
  low: ["10 01 02"]
  value_eur_t: [2, 15]
- {id: clinker-feed, en: Clinker raw feed, bg: Суровина за клинкер, kind: use, sector: minerals}
"""
EDGE = (
    "- {from: fly-ash, to: clinker-feed, process_en: dosing, process_bg: дозиране,"
    ' yield: 1.0, route: by-product, weight: 0.8, nace_to: ["23.51"]}\n'
)
CODES = (
    "code,entry,mirror,label_en,label_bg,question_en,question_bg\n"
    "100102,AN,,coal fly ash,летлива пепел от въглища,,\n"
    "100104,AH,,oil fly ash,летлива пепел от мазут,,\n"
)


def write(folder: Path, **files: str) -> Path:
    """A data folder: keys are paths, ``__`` for the slash and ``_csv``/``_yaml`` for the ending."""
    for key, text in files.items():
        stem, _, ending = key.rpartition("_")
        path = folder / f"{stem.replace('__', '/')}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def problems_of(folder: Path, **files: str) -> str:
    whole = {"concepts__a_yaml": ASH, "conversions__a_yaml": EDGE, "waste_codes_csv": CODES} | files
    return "\n".join(validate(load_knowledge(write(folder, **whole))))


def test_the_data_as_shipped_are_sound() -> None:
    assert validate(load_knowledge()) == []


def test_the_knowledge_is_as_broad_as_promised() -> None:
    counts = load_knowledge().counts()
    assert counts["concepts"] >= 700
    assert counts["conversions"] >= 900
    assert counts["precedents"] >= 500


def test_every_precedent_says_how_far_its_source_was_followed() -> None:
    knowledge = load_knowledge()
    assert {item.evidence for item in knowledge.precedents} <= {"read", "literature", "operator"}
    assert sum(knowledge.evidence_counts().values()) == len(knowledge.precedents)
    pages = [urlsplit(item.url) for item in knowledge.precedents if item.evidence == "read"]
    assert [page for page in pages if not page.netloc or page.path in ("", "/")] == []
    opened = {item.evidence for item in knowledge.precedents if not item.to_verify}
    assert opened == {"read"}
    assert sum(item.to_verify for item in knowledge.precedents) + len(pages) == len(
        knowledge.precedents
    )


def test_an_empty_folder_is_empty_knowledge(tmp_path: Path) -> None:
    assert set(load_knowledge(tmp_path).counts().values()) == {0}


def test_sound_files_have_no_problems(tmp_path: Path) -> None:
    assert problems_of(tmp_path) == ""


def test_look_ups(tmp_path: Path) -> None:
    narrow = "- {id: wet-ash, en: Wet ash, bg: Мокра пепел, kind: material, sector: energy,"
    write(tmp_path, concepts__a_yaml=ASH, conversions__a_yaml=EDGE)
    knowledge = load_knowledge(write(tmp_path, concepts__b_yaml=narrow + " broader: fly-ash}\n"))
    assert [concept.id for concept in knowledge.ancestors("wet-ash")] == ["fly-ash"]
    assert [concept.id for concept in knowledge.descendants("fly-ash")] == ["wet-ash"]
    assert [edge.to_id for edge in knowledge.edges_from["fly-ash"]] == ["clinker-feed"]
    assert knowledge.concept_by_id["fly-ash"].low_codes == ("100102",)
    assert knowledge.concept_by_id["fly-ash"].names("bg") == ("Летлива пепел", "пепелина")
    assert validate(knowledge) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("en: Fly ash", "en: Fly пепел", "Cyrillic letter"),
        ("bg: Летлива пепел", "bg: Летлива ash", "Latin word 'ash'"),
        ("[пепелина]", "[пeпелина]", "mixes Latin and Cyrillic"),
        ("bg: Летлива пепел", "bg: PFA", "no Cyrillic"),
        ("id: fly-ash", "id: Fly_ash", "not kebab-case"),
        ("sector: energy", "sector: power", "sector: 'power' is not one of"),
        ("kind: material", "kind: stuff", "kind: 'stuff'"),
        ("[2, 15]", "[15, 2]", "value_eur_t: 15..2 is not low..high"),
        ('["10 01 02"]', '["100102"]', "is not of the form"),
        ('["10 01 02"]', '["10 01 99"]', "is not in the List of Waste"),
        ('["10 01 02"]', '["10 01 04"]', "should read '10 01 04*'"),
        ("  sector: energy", "  sector: energy\n  broader: ash", "no concept 'ash'"),
        ("  sector: energy", "  sector: energy\n  broader: fly-ash", "circle"),
        ("  sector: energy", "  sector: energy\n  avoided_kgco2e_t: 5", "avoided_source: missing"),
        ("  sector: energy", "  sector: energy\n  substitution: 99", "substitution: 99"),
        ("[PFA]", "[clinker raw feed]", "without a note"),
        ("id: clinker-feed", "id: fly-ash", "concept fly-ash: given 2 times"),
    ],
)
def test_concept_faults(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in ASH
    assert problem in problems_of(tmp_path, concepts__a_yaml=ASH.replace(old, new))


def test_a_note_settles_a_shared_name(tmp_path: Path) -> None:
    noted = ASH.replace("[PFA]", "[clinker raw feed]\n  note: the trade uses the word for both")
    assert problems_of(tmp_path, concepts__a_yaml=noted) == ""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("to: clinker-feed", "to: cement", "to: no concept 'cement'"),
        ("to: clinker-feed", "to: fly-ash", "leads to itself"),
        ("route: by-product", "route: R99", "route: 'R99'"),
        ("weight: 0.8", "weight: 8", "weight: 8.0 is outside"),
        ("yield: 1.0", "yield: 0", "yield: 0.0 is outside"),
        ("23.51", "23.58", "no NACE Rev. 2 code '23.58'"),
        ("дозиране", "dosing", "process_bg: Latin word"),
        ("weight: 0.8", "weight: 0.8, conditions_en: dry", "one language only"),
        ("from: fly-ash", "from: clinker-feed", "no conversion leads out"),
    ],
)
def test_conversion_faults(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in EDGE
    assert problem in problems_of(tmp_path, conversions__a_yaml=EDGE.replace(old, new))


def test_an_unfed_use_is_named(tmp_path: Path) -> None:
    assert "no conversion leads to this use" in problems_of(tmp_path, conversions__a_yaml="[]")


PRECEDENT = {
    "id": "p",
    "donor_en": "Power station",
    "receiver_en": "Works",
    "place": "Town",
    "stream": "fly-ash",
    "use": "clinker-feed",
    "citation": "c",
    "evidence": "literature",
}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"stream": "slag"}, "stream: no concept 'slag'"),
        ({"use": "brick"}, "use: no concept 'brick'"),
        ({"citation": ""}, "neither citation nor url"),
        ({"url": "a.org"}, "is not an address"),
        ({"year": "once"}, "is not a year"),
        ({"country": "Denmark"}, "two-letter"),
        ({"donor_nace": "35.99"}, "donor_nace"),
        ({"evidence": "hearsay"}, "evidence: 'hearsay' is not one of"),
        ({"evidence": "read"}, "evidence 'read' needs the page itself"),
        ({"evidence": "read", "url": "https://a.org"}, "evidence 'read' needs the page itself"),
        ({"evidence": "read", "url": "https://a.org/"}, "evidence 'read' needs the page itself"),
        (
            {"evidence": "read", "url": "https://a.io/?p=1"},
            "evidence 'read' needs the page itself",
        ),
    ],
)
def test_precedent_faults(tmp_path: Path, fields: dict[str, str], problem: str) -> None:
    text = json.dumps([PRECEDENT | fields])
    assert problem in problems_of(tmp_path, precedents__a_yaml=text)


@pytest.mark.parametrize(
    "fields", [{}, {"evidence": "operator"}, {"evidence": "read", "url": "https://a.org/b?c=1"}]
)
def test_sound_precedents(tmp_path: Path, fields: dict[str, str]) -> None:
    assert problems_of(tmp_path, precedents__a_yaml=json.dumps([PRECEDENT | fields])) == ""


def test_a_precedent_without_evidence_is_refused(tmp_path: Path) -> None:
    bare = {key: value for key, value in PRECEDENT.items() if key != "evidence"}
    with pytest.raises(KnowledgeError, match=r"precedents/a.yaml \[p\]: evidence: missing"):
        load_knowledge(write(tmp_path, precedents__a_yaml=json.dumps([bare])))


@pytest.mark.parametrize(
    ("stream", "problem"),
    [
        ("concept: slag, likely: high", "no concept 'slag'"),
        ("concept: fly-ash, likely: often", "likely: 'often'"),
        ("concept: fly-ash, likely: high, t_per_employee: 5", "figure without a source"),
        ("concept: fly-ash, likely: high, share_of_waste: 2, source: s", "above one"),
    ],
)
def test_profile_faults(tmp_path: Path, stream: str, problem: str) -> None:
    text = f"- {{nace: '35.11', name_en: Power, name_bg: Ток, outputs: [{{{stream}}}]}}\n"
    assert problem in problems_of(tmp_path, profiles__a_yaml=text)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("100102,AN,", "100102,MN,", "mirror entry without its question"),
        ("100102,AN,,", "100102,MN,100999,", "mirror: no code 100999"),
        ("100102,AN,,", "100102,MN,100104,", "does not point back"),
        ("100102,AN,", "100102,XX,", "entry: 'XX'"),
        ("летлива пепел от въглища", "coal ash", "Latin word"),
    ],
)
def test_waste_code_faults(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert problem in problems_of(tmp_path, waste_codes_csv=CODES.replace(old, new))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (ASH.replace("[2, 15]", "[2, dear]"), "concepts/a.yaml [fly-ash]: value_eur_t: 'dear'"),
        (ASH.replace("[2, 15]", "[2]"), "value_eur_t: expected [low, high]"),
        (ASH.replace("  sector: energy", "  sektor: energy"), "sektor: unknown field"),
        (ASH.replace("  sector: energy", "  form: solid"), "sector: missing"),
        (ASH.replace("[PFA]", "PFA"), "synonyms_en: expected a list of texts"),
        (ASH.replace("[2, 15]", "[2, Infinity]"), "not a finite number"),
        ("- fly ash", "[record 1]: expected a mapping"),
        ("fly: ash", "concepts/a.yaml: expected a list of records"),
        ("- [", "concepts/a.yaml: "),
    ],
)
def test_unreadable_files_name_file_record_and_field(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(write(tmp_path, concepts__a_yaml=text))
    assert fault in str(caught.value)


def test_waste_codes_are_those_of_the_list_of_waste() -> None:
    with shared_file("codes/ewc.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    official = {row["code"]: row["hazardous"] == "1" for row in rows if row["level"] == "code"}
    knowledge = load_knowledge()
    assert {code.code: code.hazardous for code in knowledge.waste_codes} == official
    assert (len(official), sum(official.values())) == (842, 408)
    headings = {row["code"] for row in rows if row["level"] != "code"}
    assert {chapter.code for chapter in knowledge.waste_chapters} == headings


@pytest.mark.parametrize(("revision", "divisions", "groups"), [("2.0", 88, 272), ("2.1", 87, 287)])
def test_activities_are_all_divisions_and_groups(
    revision: str, divisions: int, groups: int
) -> None:
    found = [label for label in load_knowledge().activities if label.revision == revision]
    levels = [label.level for label in found]
    assert (levels.count("division"), levels.count("group")) == (divisions, groups)
