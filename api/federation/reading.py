"""Reading a partner market's answers: signed in, bounded, and believed no further than their form.

A partner is another organisation's machine: every value is checked like any caller's.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from api.federation.models import PartnerAccess
from api.sealing import seal, unseal
from api.webhooks.sender import Letter, send
from api.webhooks.targets import IPNetwork
from marketplace.ids import decode
from marketplace.text_rules import hostile_character
from symbiosis.federation.hearing import ToldDescriptor
from symbiosis.federation.interests import ToldInterest
from symbiosis.federation.models import Side

PAGE = 500
MOST_BYTES = 4_000_000
SECONDS = 20.0
MOST_BASE_UNITS = 10**17
MOST_TEXT = 10_000
_PURPOSE = "partner secret"


class Unreachable(Exception):
    """The partner gave no usable answer; ``code`` is stable."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def sealed_secret(secret: str) -> bytes:
    """The secret of our program at the partner, as it is stored."""
    return seal(_PURPOSE, secret.encode())


class Reader:
    """One partner's API, with a token that is asked for once and again when it is refused."""

    def __init__(self, access: PartnerAccess, *, allowed: Sequence[IPNetwork]) -> None:
        self.access, self.allowed = access, allowed
        self._token = ""

    def descriptors(self, after: int) -> Iterator[list[ToldDescriptor]]:
        """Pages of descriptors beyond a position, in order. Raises Unreachable."""
        for rows in self._pages("partner-descriptors", after):
            yield [_descriptor(row) for row in rows]

    def interests(self, after: int) -> Iterator[list[tuple[int, ToldInterest]]]:
        """Pages of (position, interest) beyond a position, in order. Raises Unreachable."""
        for rows in self._pages("partner-interests", after):
            yield [_interest(row) for row in rows]

    def _pages(self, name: str, after: int) -> Iterator[list[Any]]:
        while True:
            answer = self._get(f"/api/v1/{name}?number__gt={after}&limit={PAGE}")
            rows = answer.get("results") if isinstance(answer, dict) else None
            if not isinstance(rows, list):
                raise Unreachable("not_understood")
            if rows:
                yield rows
                after = _whole(rows[-1], "number", least=after + 1)
            if len(rows) < PAGE:
                return

    def _get(self, path: str) -> Any:
        for again in (True, False):
            self._token = self._token or self._signed_in()
            headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
            status, content = self._send("GET", path, b"", headers)
            if status == 401 and again:
                self._token = ""
                continue
            if status != 200:
                raise Unreachable(f"status_{status}")
            return _parsed(content)
        raise Unreachable("status_401")

    def _signed_in(self) -> str:
        secret = unseal(_PURPOSE, bytes(self.access.sealed_secret))
        if secret is None:
            raise Unreachable("secret_unreadable")
        pair = f"{quote(self.access.client_id)}:{quote(secret.decode())}".encode()
        headers = {
            "Authorization": f"Basic {base64.b64encode(pair).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = b"grant_type=client_credentials&scope=federation%3Aread"
        status, content = self._send("POST", "/oauth/token", body, headers)
        if status != 200:
            raise Unreachable("not_signed_in" if status in (400, 401) else f"status_{status}")
        token = _parsed(content).get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise Unreachable("not_understood")
        return token

    def _send(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        letter = Letter(method, body, headers, MOST_BYTES)
        url = self.access.base_url.rstrip("/") + path
        outcome = send(url, letter, allowed=self.allowed, seconds=SECONDS)
        if outcome.status is None:
            raise Unreachable(outcome.failure)
        return outcome.status, outcome.content


def _parsed(content: bytes) -> Any:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise Unreachable("not_understood") from error
    if not isinstance(found, dict):
        raise Unreachable("not_understood")
    return found


def _descriptor(row: Any) -> ToldDescriptor:
    try:
        low, high = (int(row["quantity_band"][end]) for end in ("low", "high"))
        lon, lat = (float(part) for part in row["cell"]["coordinates"])
        told = ToldDescriptor(
            number=_whole(row, "number"),
            uid=_uid("descriptor", row["id"]),
            side=str(Side(row["side"])),
            material=_short(row["material"], 100),
            band_low=low,
            band_high=high,
            lon=lon,
            lat=lat,
            country=_short(row["country"], 2),
            first_day=_day(row["available_from"]),
            last_day=_day(row["available_until"]),
            months=[int(month) for month in row["months"]],
            gone=bool(row["gone"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Unreachable("not_understood") from error
    placed = -180 <= told.lon <= 180 and -90 <= told.lat <= 90
    sized = 0 < told.band_low < told.band_high <= MOST_BASE_UNITS
    named = told.country.isascii() and told.country.isalpha() and len(told.country) == 2
    if not (placed and sized and named and all(1 <= month <= 12 for month in told.months)):
        raise Unreachable("not_understood")
    return told


def _interest(row: Any) -> tuple[int, ToldInterest]:
    try:
        told = ToldInterest(
            theirs=_uid("descriptor", row["descriptor"]),
            ours=_uid("descriptor", row["counterpart"]),
            interested=row["interested"] is True,
            details=_details(row["details"]),
        )
        return _whole(row, "number"), told
    except (KeyError, TypeError, ValueError) as error:
        raise Unreachable("not_understood") from error


def _details(told: Any) -> dict[str, Any] | None:
    """What a partner says of its member: texts only, in the places that we know."""
    if told is None:
        return None
    firm, listing, contact = told["organisation"], told["listing"], told["contact"]
    firm_fields = ("name", "name_en", "country", "registration_number", "website")
    quantity = listing["quantity"]
    return {
        "organisation": {name: _short(firm[name], 300) for name in firm_fields},
        "listing": {
            "title": _short(listing["title"], 300),
            "description": _short(listing["description"], MOST_TEXT),
            "quantity": {name: _short(quantity[name], 40) for name in ("value", "unit", "basis")},
        },
        "contact": {name: _short(contact[name], 320) for name in ("name", "email", "phone")},
    }


def _short(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or hostile_character(value) is not None:
        raise ValueError("text")
    return value


def _uid(prefix: str, text: Any) -> uuid.UUID:
    uid = decode(prefix, text) if isinstance(text, str) else None
    if uid is None:
        raise ValueError("id")
    return uid


def _day(text: Any) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _whole(row: Any, name: str, *, least: int = 1) -> int:
    number = row.get(name) if isinstance(row, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number < 2**62:
        raise Unreachable("not_understood")
    return number
