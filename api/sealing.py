"""Deterministic authenticated encryption for what travels through callers or lies in tables.

AES-SIV (RFC 5297): the same input gives the same bytes, so that equal pages stay equal, and any
change is detected. Keys derive from SECRET_KEY and a purpose.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings


def _key(purpose: str) -> bytes:
    return hashlib.blake2b(
        settings.SECRET_KEY.encode(), digest_size=64, person=purpose.encode()[:16]
    ).digest()


def seal(purpose: str, content: bytes) -> bytes:
    """Encrypt for a purpose; AES-SIV takes no empty text, so one byte leads."""
    return AESSIV(_key(purpose)).encrypt(b"\x01" + content, None)


def unseal(purpose: str, sealed: bytes) -> bytes | None:
    """The content, or None where the bytes are not ours or were changed."""
    try:
        return AESSIV(_key(purpose)).decrypt(sealed, None)[1:]
    except (InvalidTag, ValueError):
        return None


def seal_text(purpose: str, content: bytes) -> str:
    """``seal`` in characters that a URL takes."""
    return base64.urlsafe_b64encode(seal(purpose, content)).rstrip(b"=").decode()


def unseal_text(purpose: str, text: str) -> bytes | None:
    """Inverse of ``seal_text``; None for anything else."""
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return unseal(purpose, raw)


def digest(purpose: str, content: bytes) -> str:
    """Keyed SHA-256, 64 hex digits: comparable, not guessable from a copy of the table."""
    return hmac.new(_key(purpose), content, hashlib.sha256).hexdigest()
