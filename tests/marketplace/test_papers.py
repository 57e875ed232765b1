"""The papers of an agreed exchange: what they say, in which language, for whom they are."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from marketplace.deliveries.services import DeliveryDraft, confirm_delivery, record_delivery
from marketplace.errors import Conflict
from marketplace.models import Exchange, Permit, WasteCode
from marketplace.papers.kinds import PaperKind, papers_of
from marketplace.papers.paper import Paper
from marketplace.papers.printing import as_pdf
from marketplace.papers.writing import write_paper
from tests.exchange_stories import NOW, TODAY, Pair, pair
from tests.factories import OrganisationFactory, SiteFactory, WasteCodeFactory

pytestmark = pytest.mark.django_db


def agreed(number: str = "175074752", **fields: Any) -> tuple[Pair, Exchange]:
    two = pair(
        offer__site=SiteFactory(
            organisation=OrganisationFactory(
                name="Пивоварна „Дунав“ ООД",
                name_en="Danube Brewery Ltd",
                registration_number=number,
            ),
            city="Видин",
        ),
        **fields,
    )
    return two, two.agreed()


def write(exchange: Exchange, kind: PaperKind, language: str = "bg") -> Paper:
    return write_paper(exchange=exchange, kind=kind, language=language, on=date(2026, 3, 2))


def values(paper: Paper) -> dict[str, str]:
    return {
        f"{section.key}.{field.key}": field.value
        for section in paper.sections
        for field in section.fields
    }


def text_of(pdf: bytes) -> str:
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    return " ".join(" ".join(pages).split())


def test_the_annex_says_who_what_and_on_which_terms() -> None:
    _two, exchange = agreed()
    told = values(write(exchange, PaperKind.CONTRACT_ANNEX, "en"))
    assert told["holder.name"] == "Danube Brewery Ltd"
    assert told["holder.number"] == "175074752"
    assert told["terms.quantity"] == "10 t a year"
    assert told["terms.price"] == "The receiver pays the holder: 12.50 EUR / t"
    assert told["holder.permit"] == "", "what the market does not know is left open"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("bg", ["Чернова", "Пивоварна „Дунав“ ООД", "Пивоварна каша", "Видин", "12.50"]),
        ("en", ["Draft", "Danube Brewery Ltd", "Brewer's spent grain", "Видин", "12.50"]),
    ],
)
def test_the_pdf_holds_its_words_as_text(language: str, words: list[str]) -> None:
    _two, exchange = agreed()
    pdf = as_pdf(write(exchange, PaperKind.CONTRACT_ANNEX, language))
    assert pdf.startswith(b"%PDF-")
    text = text_of(pdf)
    for word in words:
        assert word in text
    assert exchange.public_id in text


def test_a_paper_is_text_only() -> None:
    """Names that look like markup are printed; nothing is fetched."""
    two = pair(
        offer__site=SiteFactory(
            organisation=OrganisationFactory(name='<img src="http://203.0.113.9/x.png">')
        )
    )
    text = text_of(as_pdf(write(two.agreed(), PaperKind.CONTRACT_ANNEX)))
    assert '<img src="http://203.0.113.9/x.png">' in text


def test_only_the_papers_that_the_exchange_needs_are_written() -> None:
    _two, exchange = agreed()
    applying = {paper.kind for paper in papers_of(exchange) if paper.applies}
    assert applying == {PaperKind.CONTRACT_ANNEX, PaperKind.RECORD_BOOK, PaperKind.PASSPORT}
    with pytest.raises(Conflict):
        write(exchange, PaperKind.IDENTIFICATION)
    hazardous = WasteCodeFactory(code="130205", entry=WasteCode.Entry.ABSOLUTE_HAZARDOUS)
    _two, abroad = agreed(
        number="",
        offer__waste_code=hazardous,
        offer__waste_status="waste",
        need__site=SiteFactory(country="RO"),
    )
    assert all(paper.applies for paper in papers_of(abroad))
    assert values(write(abroad, PaperKind.IDENTIFICATION))["waste.code"].startswith("13 02 05*")
    crossing = values(write(abroad, PaperKind.ANNEX_VII, "en"))
    assert crossing["annex_vii.11_export"] == "BG"
    assert crossing["annex_vii.11_import"] == "RO"


def test_permits_that_hold_on_the_day_are_named() -> None:
    two, exchange = agreed()
    for number, until in (("12-ДО-1", date(2027, 1, 1)), ("12-ДО-0", date(2025, 1, 1))):
        Permit.objects.create(
            organisation=two.need.organisation,
            kind=Permit.Kind.WASTE_PERMIT,
            number=number,
            valid_until=until,
        )
    told = values(write(exchange, PaperKind.CONTRACT_ANNEX, "bg"))["receiver.permit"]
    assert "12-ДО-1" in told
    assert "12-ДО-0" not in told


def test_without_an_agreement_there_are_no_papers() -> None:
    exchange = pair().with_terms()
    assert papers_of(exchange) == []
    with pytest.raises(Conflict):
        write(exchange, PaperKind.CONTRACT_ANNEX)


def test_the_record_book_holds_a_line_for_each_side() -> None:
    two, exchange = agreed(offer__waste_code=WasteCodeFactory(), offer__waste_status="waste")
    delivery = record_delivery(
        viewer=two.holder,
        exchange=exchange,
        draft=DeliveryDraft(
            delivered_on=TODAY,
            quantity_value=Decimal("2.5"),
            quantity_unit="t",
            operation="R3",
            paper="Кантар 17",
        ),
        now=NOW + timedelta(hours=1),
    )
    confirm_delivery(viewer=two.receiver, delivery=delivery, now=NOW + timedelta(hours=2))
    paper = write(exchange, PaperKind.RECORD_BOOK, "bg")
    rows = {section["key"]: section["rows"] for section in paper.as_json()["sections"]}
    (gave,), (took,) = rows["holder"], rows["receiver"]
    assert (gave["handed_over_t"], gave["taken_in_t"], gave["operation"]) == ("2.5", "", "R3")
    assert (took["handed_over_t"], took["taken_in_t"], took["code"]) == ("", "2.5", "02 07 04")
    assert "Кантар 17" in text_of(as_pdf(paper))


def test_the_same_values_in_json_and_csv() -> None:
    _two, exchange = agreed()
    paper = write(exchange, PaperKind.PASSPORT, "en")
    body = paper.as_json()
    assert body["draft"] is True
    fields = {
        (section["key"], field["key"]): field["value"] or ""
        for section in body["sections"]
        for field in section["fields"]
    }
    lines = list(csv.reader(io.StringIO(paper.as_csv().decode("utf-8-sig"))))[1:]
    told = {(line[0], line[1]): line[3] for line in lines if line[0] != "paper"}
    assert told == fields
    assert told["climate", "avoided"] == "90"
