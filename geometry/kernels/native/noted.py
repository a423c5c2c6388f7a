"""What the processor noted while machine code ran: whether a number overflowed or underflowed on the way.

The flags of IEEE 754 are sticky and cost nothing: they are cleared before a call and read after it, in the same thread.
"""

from __future__ import annotations

import ctypes
import platform
from functools import cache
from typing import Any

__all__ = ["Noted", "clear", "collect"]

#: "overflow" and "underflow", as far as they occurred; threads add to it.
Noted = set[str]

_MASKS = {"x86_64": (8, 16), "amd64": (8, 16), "aarch64": (4, 8), "arm64": (4, 8)}


@cache
def _library() -> tuple[Any, Any, int, int] | None:
    """The C library's functions, and the masks of the two flags; None where they are not known."""
    masks = _MASKS.get(platform.machine().lower())
    try:
        library = ctypes.CDLL("ucrtbase" if platform.system() == "Windows" else None)
        return None if masks is None else (library.feclearexcept, library.fetestexcept, *masks)
    except (OSError, AttributeError):
        return None


def clear() -> None:
    """Forget what was noted in this thread."""
    if (library := _library()) is not None:
        library[0](library[2] | library[3])


def collect(noted: Noted) -> None:
    """Add what was noted in this thread since; where that cannot be known, everything."""
    library = _library()
    flags = -1 if library is None else library[1](library[2] | library[3])
    if flags and (library is None or flags & library[2]):
        noted.add("overflow")
    if flags and (library is None or flags & library[3]):
        noted.add("underflow")
