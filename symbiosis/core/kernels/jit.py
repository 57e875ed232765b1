"""How the kernels are compiled: to machine code, without the GIL, kept on disk where allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile the outermost function of a kernel on its first call and keep it on disk.

    Numba looks for a writable cache beside the source, then in the user's cache directory, and
    refuses to decorate when it finds neither (a read-only image run by a user without a home);
    the machine code is then kept in memory only.
    """
    try:
        compiled: Callable[..., Any] = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        compiled = numba.njit(nogil=True)(function)
    return compiled


def part(function: Callable[..., Any]) -> Callable[..., Any]:
    """A piece of kernels. Not kept on disk by itself: the compiler could then not inline it."""
    compiled: Callable[..., Any] = numba.njit(nogil=True)(function)
    return compiled
