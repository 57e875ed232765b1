"""How the kernels are compiled: to machine code, without the GIL, kept on disk where allowed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

SOURCES = hashlib.blake2b(
    b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))),
    digest_size=16,
).hexdigest()


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile the outermost function of a kernel on its first call and keep it on disk.

    Numba looks for a writable cache beside the source, then in the user's cache directory, and
    refuses to decorate when it finds neither (a read-only image run by a user without a home);
    the machine code is then kept in memory only. What is kept is found again only while every
    kernel source is unchanged: numba itself would look at the outermost function's file alone.
    """
    try:
        compiled: Any = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return part(function)
    kept = compiled._cache
    own_key = kept._index_key
    kept._index_key = lambda signature, codegen: (*own_key(signature, codegen), SOURCES)
    return compiled  # type: ignore[no-any-return]


def part(function: Callable[..., Any]) -> Callable[..., Any]:
    """A piece of kernels. Not kept on disk by itself: the compiler could then not inline it."""
    compiled: Callable[..., Any] = numba.njit(nogil=True)(function)
    return compiled


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """A piece put into its caller's code whatever its size: a call would pass each array anew."""
    compiled: Callable[..., Any] = numba.njit(nogil=True, forceinline=True)(function)
    return compiled
