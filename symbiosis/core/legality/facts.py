"""What a verdict rests on: the stream, the route it would take, the parties and their papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

NOTHING: frozenset[str] = frozenset()

EU = frozenset(
    ["AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE",
     "IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE"]
)  # fmt: skip
"""Member States: shipments between them are shipments within the Union."""


class Status(StrEnum):
    """What the holder says the stream is in law (Directive 2008/98/EC Art. 3, 5 and 6)."""

    UNKNOWN = "unknown"
    WASTE = "waste"
    BY_PRODUCT = "by_product"
    END_OF_WASTE = "end_of_waste"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Stream:
    """What is offered.

    lineage   the concept's code and those of its broader concepts
    code      List of Waste code, six digits, "" where none was given
    entry     AN, AH (absolute), MN, MH (mirror) of the code, "" without one
    green     entries of the green list (Annexes III, IIIA, IIIB of the waste shipment regulation)
              that the code may fall under
    """

    material: str
    lineage: frozenset[str]
    kind: str
    status: Status
    code: str = ""
    entry: str = ""
    green: tuple[str, ...] = ()

    @property
    def standing(self) -> Status:
        """The status that counts: whoever gives a waste code says that it is waste."""
        return Status.WASTE if self.status is Status.UNKNOWN and self.code else self.status

    @property
    def hazardous(self) -> bool:
        """Waste with a starred code; an unclassified stream is not called hazardous."""
        return self.entry in ("AH", "MH")


@dataclass(frozen=True, slots=True)
class Route:
    """What the receiver does with it: an operation (R1-R13), "by-product", "end-of-waste", "direct"
    or "" where only the concepts match; and the concept he takes it as, with its broader ones."""

    operation: str
    use: str
    lineage: frozenset[str]

    @property
    def treatment(self) -> str:
        """The recovery or disposal operation, "" where none is named."""
        return self.operation if self.operation[:1] in ("R", "D") else ""


@dataclass(frozen=True, slots=True)
class Document:
    """A paper on record. No site: it speaks for the whole firm. kg None: no limit is stated."""

    kind: str
    number: str
    site: int | None = None
    codes: Mapping[str, int | None] = field(default_factory=lambda: MappingProxyType({}))
    operations: frozenset[str] = NOTHING
    materials: frozenset[str] = NOTHING
    hazard_properties: frozenset[str] = NOTHING
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A side of the exchange at one of its sites, with the papers on record.

    ``told``: whether its papers are known here; a side that has not shown itself keeps them back,
    which is no proof that they are missing.
    """

    country: str
    site: int
    documents: tuple[Document, ...] = ()
    told: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """One pair to be weighed on one day; ``kg`` None: whatever the amount.

    ``drawn_up``: keys of the papers of the deal itself that exist already (a signed contract).
    """

    stream: Stream
    route: Route
    holder: Party
    receiver: Party
    day: date
    kg: int | None = None
    drawn_up: frozenset[str] = NOTHING

    @property
    def border(self) -> str:
        """none, eu (between Member States), export (out of the Union) or import (into it)."""
        if self.holder.country == self.receiver.country:
            return "none"
        inside = (self.holder.country in EU, self.receiver.country in EU)
        return {(True, True): "eu", (True, False): "export", (False, True): "import"}.get(
            inside, "abroad"
        )
