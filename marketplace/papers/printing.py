"""A paper as PDF."""

from __future__ import annotations

from typing import Any, NoReturn

from django.template.loader import render_to_string
from django.utils import translation

from marketplace.papers.paper import Paper

PDF_TYPE = "application/pdf"


def as_pdf(paper: Paper) -> bytes:
    """A4 pages with selectable text; nothing is fetched while it is laid out."""
    wide = any(section.table is not None for section in paper.sections)
    with translation.override(paper.language):
        text = render_to_string("marketplace/paper.html", {"paper": paper, "wide": wide})
    return html_as_pdf(text)


def html_as_pdf(text: str) -> bytes:
    """Pages of an HTML text that holds everything it needs."""
    # Imported here: it loads Pango, which a process that prints nothing can do without.
    from weasyprint import HTML

    document: Any = HTML(string=text, url_fetcher=_nothing_to_fetch)
    pdf: bytes = document.write_pdf()
    return pdf


def _nothing_to_fetch(url: str, *_arguments: Any, **_options: Any) -> NoReturn:
    raise ValueError(f"a paper fetches nothing: {url[:80]}")
