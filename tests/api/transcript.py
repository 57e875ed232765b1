"""Writes a conversation with the API down as Markdown, the same on every machine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from rest_framework.test import APIClient

_KINDS = "org|site|offer|need|proposal|token|user|service|exchange|message|terms|delivery|document"
_ID = re.compile(rf"\b({_KINDS})_[0-9a-z]{{26}}\b")
_SHOWN = ("Location", "ETag", "Link", "Idempotent-Replayed", "Retry-After")


class Transcript:
    """Records requests and answers; ids become numbers in order of appearance, secrets and
    digests are shortened, so that a difference in the file is a difference in the API."""

    def __init__(self, title: str, *, after_each: Callable[[], None]) -> None:
        self.after_each = after_each
        self.parts = [f"# {title}\n"]
        self.known: dict[str, str] = {}

    def say(self, text: str) -> None:
        """A paragraph."""
        self.parts.append(f"{text}\n")

    def send(
        self, caller: APIClient, method: str, address: str, body: Any = None, **headers: str
    ) -> Any:
        """Send JSON and write down both sides."""
        extra = {f"HTTP_{name.upper().replace('-', '_')}": v for name, v in headers.items()}
        payload = "" if body is None else json.dumps(body, ensure_ascii=False)
        answer = caller.generic(method, address, payload, content_type="application/json", **extra)
        shown = [f"{method} {address} HTTP/1.1"]
        shown += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
        if body is not None:
            shown += ["Content-Type: application/json", "", _pretty(body)]
        self.block(shown)
        self.block(_lines_of(answer))
        self.after_each()
        return answer

    def block(self, lines: list[str]) -> None:
        """A fenced block of HTTP."""
        self.parts.append("```http\n" + "\n".join(self._stable(line) for line in lines) + "\n```\n")

    def _stable(self, text: str) -> str:
        text = _ID.sub(lambda found: self._number(found.group()), text)
        text = re.sub(r"sym_(oat|pat)_[A-Za-z0-9_-]+", r"sym_\1_...", text)
        text = re.sub(r'"([0-9]+)-[0-9a-f]{32}"', r'"\1-..."', text)
        text = re.sub(r'\\"([0-9]+)-[0-9a-f]{32}\\"', r'\\"\1-...\\"', text)
        return re.sub(r"cursor=[A-Za-z0-9_-]+", "cursor=...", text)

    def _number(self, public_id: str) -> str:
        prefix = public_id.partition("_")[0]
        if public_id not in self.known:
            count = sum(other.startswith(f"{prefix}_") for other in self.known) + 1
            self.known[public_id] = f"{prefix}_{count:026d}"
        return self.known[public_id]

    def text(self) -> str:
        """The whole document."""
        return "\n".join(self.parts)


def _lines_of(answer: Any) -> list[str]:
    lines = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"]
    lines += [f"{name}: {answer[name]}" for name in _SHOWN if name in answer]
    if answer.content:
        lines += [f"Content-Type: {answer['Content-Type']}", "", _pretty(answer.json())]
    return lines


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
