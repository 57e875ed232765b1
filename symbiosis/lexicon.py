"""The catalogue's reviewed knowledge as the text engine's values; reads files, no database."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from threading import Lock

from marketplace.catalogue.knowledge import Knowledge, load_knowledge
from symbiosis.core.text.activities import Activities
from symbiosis.core.text.lexicon import (
    LIKELIHOOD,
    Lexicon,
    TextCode,
    TextConcept,
    TextEdge,
    TextPrecedent,
    TextProfile,
    activity_digits,
)
from symbiosis.core.text.listing import ListingDraft, ListingHelper
from symbiosis.core.text.ranking import Ranker, Role


def lexicon_of(knowledge: Knowledge) -> Lexicon:
    """Every concept, edge, profile, precedent and code of the knowledge."""
    return Lexicon(
        concepts=_concepts(knowledge),
        edges=_edges(knowledge),
        profiles=_profiles(knowledge),
        precedents=_precedents(knowledge),
        codes=_codes(knowledge),
    )


def without_widened(lexicon: Lexicon, knowledge: Knowledge) -> Lexicon:
    """The lexicon less the concepts that were added once exchanges had been measured, and all that
    was noted of them; shows how much a figure owes to knowledge written with its rows in sight."""
    gone = {concept.id for concept in knowledge.concepts if concept.provenance == "widened"}

    def kept(streams: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
        return tuple(stream for stream in streams if stream[0] not in gone)

    return Lexicon(
        tuple(concept for concept in lexicon.concepts if concept.id not in gone),
        tuple(edge for edge in lexicon.edges if not gone & {edge.source, edge.target}),
        tuple(
            replace(each, outputs=kept(each.outputs), inputs=kept(each.inputs))
            for each in lexicon.profiles
        ),
        tuple(case for case in lexicon.precedents if not gone & {case.stream, case.use}),
        lexicon.codes,
    )


@lru_cache(maxsize=1)
def current_lexicon() -> Lexicon:
    """The knowledge shipped with the product."""
    return lexicon_of(load_knowledge())


def _concepts(knowledge: Knowledge) -> tuple[TextConcept, ...]:
    return tuple(
        TextConcept(
            id=concept.id,
            kind=concept.kind,
            names_en=(*concept.names("en"), *concept.phrases("en")),
            names_bg=(*concept.names("bg"), *concept.phrases("bg")),
            broader=concept.broader,
            codes=concept.low_codes,
            form=concept.form,
            sector=concept.sector,
            properties=concept.properties,
            hazard=concept.hazard,
            phrases_en=concept.phrases("en"),
            phrases_bg=concept.phrases("bg"),
        )
        for concept in knowledge.concepts
    )


def _edges(knowledge: Knowledge) -> tuple[TextEdge, ...]:
    return tuple(
        TextEdge(
            source=edge.from_id,
            target=edge.to_id,
            weight=edge.weight,
            process_en=edge.process_en,
            process_bg=edge.process_bg,
            conditions_en=edge.conditions_en,
            conditions_bg=edge.conditions_bg,
            route=edge.route,
            activities=tuple(activity_digits(code) for code in edge.nace_to),
        )
        for edge in knowledge.conversions
    )


def _profiles(knowledge: Knowledge) -> tuple[TextProfile, ...]:
    return tuple(
        TextProfile(
            activity=activity_digits(profile.nace),
            name_en=profile.name_en,
            name_bg=profile.name_bg,
            outputs=tuple((item.concept, LIKELIHOOD[item.likely]) for item in profile.outputs),
            inputs=tuple((item.concept, LIKELIHOOD[item.likely]) for item in profile.inputs),
        )
        for profile in knowledge.profiles
    )


def _precedents(knowledge: Knowledge) -> tuple[TextPrecedent, ...]:
    return tuple(
        TextPrecedent(
            id=item.id,
            stream=item.stream,
            use=item.use,
            donor=item.donor_en,
            receiver=item.receiver_en,
            donor_activity=activity_digits(item.donor_nace),
            receiver_activity=activity_digits(item.receiver_nace),
            place=item.place,
            year=item.year,
            citation=item.citation,
            url=item.url,
            to_verify=item.to_verify,
        )
        for item in knowledge.precedents
    )


def _codes(knowledge: Knowledge) -> tuple[TextCode, ...]:
    return tuple(
        TextCode(
            code=entry.code,
            hazardous=entry.hazardous,
            label_en=entry.label_en,
            label_bg=entry.label_bg,
            mirror=entry.mirror,
            question_en=entry.question_en,
            question_bg=entry.question_bg,
        )
        for entry in knowledge.waste_codes
    )


@lru_cache(maxsize=1)
def current_trades() -> Activities:
    """What activities give off and take in."""
    return Activities(current_lexicon())


_building = Lock()


def current_ranker() -> Ranker:
    """The text engine over the shipped knowledge; built on the first call of a process, by one
    thread while others wait for it."""
    with _building:
        return _ranker()


@lru_cache(maxsize=1)
def _ranker() -> Ranker:
    return Ranker(current_lexicon())


@lru_cache(maxsize=1)
def current_helper() -> ListingHelper:
    """The listing helper over the shipped knowledge."""
    return ListingHelper(current_ranker())


def draft_listing(
    *,
    text: str,
    waste_code: str = "",
    activity: str = "",
    wanted: bool = False,
    helper: ListingHelper | None = None,
) -> ListingDraft:
    """What can be read out of pasted text for a new listing; a person confirms every part.

    ``wanted`` is true for a need; ``helper`` is that of the shipped knowledge unless another is
    given. Neither reads nor writes the database.
    """
    role = Role.NEED if wanted else Role.OFFER
    return (helper or current_helper()).draft(text, code=waste_code, activity=activity, role=role)
