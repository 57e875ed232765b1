"""Public ids: a TypeID prefix and a random UUID, so that an id tells its kind and nothing else.

Random (version 4) rather than time-ordered UUIDs: a version 7 id would tell outsiders when an
anonymous listing was made.
"""

from __future__ import annotations

import uuid

from typeid import TypeID
from typeid.core.errors import TypeIDException


def encode(prefix: str, uid: uuid.UUID) -> str:
    """``offer_2x4y6z8a...``: prefix and base32 of the UUID."""
    return str(TypeID.from_uuid(uid, prefix=prefix))  # type: ignore[arg-type]


def decode(prefix: str, text: str) -> uuid.UUID | None:
    """The UUID of a well-formed id of this kind, else None (answers like a missing object)."""
    try:
        parsed = TypeID.from_string(text)
    except (TypeIDException, ValueError):
        return None
    return uuid.UUID(bytes=parsed.uuid.bytes) if parsed.prefix == prefix else None
