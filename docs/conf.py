"""Sphinx: the documents of this folder as pages that need no network."""

from __future__ import annotations

project = "Symbiosis marketplace"
author = "the contributors"
extensions = ["myst_parser"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = project
exclude_patterns = ["_build"]
