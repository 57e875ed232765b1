"""Turns what a scenario does into a document: requests, answers and what pages say.

Public ids are random; in a transcript each is replaced by one that follows from the order in which
it first appears, so that a difference in the document is a difference in the product.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.test.html import Element, parse_html

from marketplace.ids import encode

_PUBLIC_ID = re.compile(r"\b([a-z]+)_[0-9a-z]{26}\b")


class Transcript:
    """Markdown that grows with the story."""

    def __init__(self, title: str, introduction: str) -> None:
        self._lines = [f"# {title}", "", introduction, ""]
        self._aliases: dict[str, str] = {}

    def chapter(self, title: str, text: str = "") -> None:
        self._lines += [f"## {title}", ""]
        if text:
            self.say(text)

    def say(self, text: str) -> None:
        self._lines += [text, ""]

    def request(self, method: str, path: str, body: Any = None, *, who: str) -> None:
        """What somebody sends."""
        self._lines += [f"**{who}**", "", "```text", f"{method} {path}"]
        if body is not None:
            self._lines += ["", _json(body)]
        self._lines += ["```", ""]

    def answer(self, response: Any, *keys: str) -> None:
        """Status and body of a JSON answer; with ``keys``, only these members of it."""
        body = response.json()
        shown = {key: body[key] for key in keys} if keys else body
        self._lines += ["```json", f"// {response.status_code}", _json(shown), "```", ""]

    def page(self, path: str, lines: Iterable[str], *, who: str) -> None:
        """What a page says to somebody, as a quotation."""
        self._lines += [f"**{who}** opens `{path}`:", ""]
        self._lines += [f"> {line}  " for line in lines]
        self._lines += [""]

    def text(self) -> str:
        """The whole document with its ids made stable."""
        return _PUBLIC_ID.sub(self._alias, "\n".join(self._lines)).rstrip() + "\n"

    def _alias(self, found: re.Match[str]) -> str:
        known = found.group(0)
        if known not in self._aliases:
            number = len(self._aliases) + 1
            self._aliases[known] = encode(found.group(1), uuid.UUID(int=number, version=4))
        return self._aliases[known]


def _json(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2)


def said(
    response: Any, tag: str, *, of_class: str = "", within: tuple[str, str] = ("main", "")
) -> list[str]:
    """Texts of a page's elements of a tag (and class) inside the first element of another, in
    order, white space made single."""
    document = parse_html(response.content.decode())
    scope = next(_elements(document, *within))
    return [_text(element) for element in _elements(scope, tag, of_class)]


def _elements(node: Any, tag: str, of_class: str) -> Iterator[Element]:
    for child in getattr(node, "children", ()):
        if isinstance(child, Element):
            classes = str(dict(child.attributes).get("class") or "").split()
            if child.name == tag and (not of_class or of_class in classes):
                yield child
            yield from _elements(child, tag, of_class)


def _text(element: Element) -> str:
    def pieces(node: Any) -> Iterator[str]:
        for child in node.children:
            if isinstance(child, Element):
                yield from pieces(child)
            else:
                yield str(child)

    return " ".join(" ".join(pieces(element)).split())
