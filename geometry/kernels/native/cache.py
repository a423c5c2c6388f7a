"""Machine code on disk, so that a second process need not compile.

One file an entry, `<cache>/v<format>/<key>.bin`: a SHA-256 of key and code, then the code. The key is a hash
of the assembly, the processor with its features, and the versions that made the code. Files are written
whole, so several processes may share the folder; whatever does not match its own checksum is rebuilt. numba's
modules and EinsteinPy's formulas lie beside. The folder is bounded: when it outgrows its limit the oldest files go.

`CHENTSOV_CACHE` names another folder, or switches the cache off ("off").
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from platformdirs import user_cache_path

from ...exact.errors import InputError
from ...files import write_whole

__all__ = ["LIMIT_BYTES", "CacheFolderError", "folder", "fetch", "store", "entries", "clear", "key_of"]

_FORMAT = 1
#: What the folder may hold; the oldest entries go first.
LIMIT_BYTES = 256 * 1024 * 1024


class CacheFolderError(InputError):
    """CHENTSOV_CACHE names something that cannot be a folder."""


def folder() -> Path | None:
    """Where the entries are; None if the cache is switched off.

    Raises:
        CacheFolderError: CHENTSOV_CACHE names no folder that could exist.
    """
    chosen = os.environ.get("CHENTSOV_CACHE")
    if chosen is not None:
        if chosen.strip().lower() in ("", "off", "0", "no"):
            return None
        try:
            where = Path(chosen).expanduser() / f"v{_FORMAT}"
            where.exists()
        except (OSError, RuntimeError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise CacheFolderError(
                f"CHENTSOV_CACHE names no folder that can be ({reason}): set it to one that can be written, or to 'off'"
            ) from None
        return where
    return user_cache_path("chentsov") / "kernels" / f"v{_FORMAT}"


def key_of(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def fetch(key: str) -> bytes | None:
    """The code stored under a key, if it is there and whole."""
    where = folder()
    if where is None:
        return None
    try:
        content = (where / f"{key}.bin").read_bytes()
    except OSError:
        return None
    digest, code = content[:32], content[32:]
    return code if code and _digest(key, code) == digest else None


def store(key: str, code: bytes) -> None:
    """Keep the code; a folder that cannot be written only costs the next process some time."""
    where = folder()
    if where is None:
        return
    try:
        where.mkdir(parents=True, exist_ok=True)
        write_whole(where / f"{key}.bin", _digest(key, code) + code)
        _trim()
    except OSError:
        return


def _digest(key: str, code: bytes) -> bytes:
    """Over the key as well: code under another key's name is not taken for this one's."""
    return hashlib.sha256(f"chentsov kernel {key}\0".encode() + code).digest()


def entries() -> list[tuple[Path, int]]:
    """All files of the cache with their sizes, the oldest first."""
    where = folder()
    if where is None:
        return []
    found = []
    for path in where.rglob("*"):
        try:
            status = path.lstat()
        except OSError:
            continue
        if not path.is_dir():
            found.append((status.st_mtime, path, status.st_size))
    return [(path, size) for _, path, size in sorted(found)]


def clear() -> int:
    """Remove every file; the number removed."""
    removed = 0
    for path, _ in entries():
        try:
            path.unlink()
            removed += 1
        except OSError:
            continue
    return removed


def _trim() -> None:
    found = entries()
    excess = sum(size for _, size in found) - LIMIT_BYTES
    for path, size in found:
        if excess <= 0:
            return
        path.unlink(missing_ok=True)
        excess -= size
