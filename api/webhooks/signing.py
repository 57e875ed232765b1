"""Standard Webhooks signatures: HMAC-SHA256 over ``id.timestamp.body``, one per live secret.

Source: standard-webhooks specification 1.0 (symmetric scheme ``v1``; ``whsec_`` and base64).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from api.sealing import seal, unseal

PREFIX = "whsec_"
_PURPOSE = "webhook secret"
_BYTES = 32


def new_secret() -> str:
    """A secret as partners get it, shown once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def sealed(secret: str) -> bytes:
    """The secret as it is stored."""
    return seal(_PURPOSE, secret.encode())


def opened(stored: bytes | memoryview) -> str | None:
    """A stored secret, or None where SECRET_KEY was replaced since."""
    content = unseal(_PURPOSE, bytes(stored))
    return None if content is None else content.decode()


def headers(
    *, event_id: str, moment: datetime, body: bytes, secret_list: Sequence[str]
) -> dict[str, str]:
    """The headers of one attempt; the id stays, the timestamp is the attempt's."""
    stamp = str(int(moment.timestamp()))
    signatures = [
        _signature(secret, f"{event_id}.{stamp}.".encode() + body) for secret in secret_list
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": "symbiosis-webhooks/1",
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
