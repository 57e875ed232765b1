"""Sphinx: the documents of this folder as pages that need no network."""

from __future__ import annotations

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "Symbiosis marketplace"
author = "the contributors"
extensions = ["myst_parser"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = project
exclude_patterns = ["_build"]


def setup(app: Sphinx) -> None:
    """Diagrams are drawn where the file is read on a code host; here their text is shown."""
    app.add_lexer("mermaid", TextLexer)
