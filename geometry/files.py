"""Files are whole or absent: content goes to a nameless file of the same folder and takes its name at the end.

What is no plain file (a device, a pipe) is written through, and a symbolic link is followed: neither is replaced.
Arrays are read from ``.npz`` files without unpickling anything.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .exact.errors import InputError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["read_arrays", "reason", "write_whole"]


def reason(error: Exception) -> str:
    """What an error says, for the middle of a sentence; the system's errors without number and path."""
    return error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)


def read_arrays(path: str | os.PathLike[str], *names: str) -> dict[str, np.ndarray]:
    """The arrays of these names from an ``.npz`` file.

    Raises:
        InputError: the file cannot be opened, is no zip archive of arrays or a broken one, or an array is missing or
            made of Python objects; the text is a part of a sentence.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/a.npz", b"x, y, t")
    ...     read_arrays(f"{folder}/a.npz", "x")
    Traceback (most recent call last):
    chentsov.geometry.exact.errors.InputError: it is no .npz file (a zip archive of arrays, as numpy.savez writes it)
    """
    import zipfile

    import numpy as np

    try:
        if not zipfile.is_zipfile(path):
            with open(path, "rb") as file:
                archive = file.read(2) == b"PK"
            what = "is broken off" if archive else "is no .npz file (a zip archive of arrays, as numpy.savez writes it)"
            raise InputError(f"it {what}")
    except OSError as error:
        raise InputError(reason(error)) from error
    try:
        with np.load(path, allow_pickle=False) as kept:
            missing = [name for name in names if name not in kept]
            if not missing:
                return {name: kept[name] for name in names}
            there = ", ".join(kept.files[:8]) or "nothing"
    except Exception as error:  # zip, zlib and npy each raise their own
        if "allow_pickle" in str(error):
            raise InputError("it holds Python objects where numbers are asked for") from None
        raise InputError(f"it is broken ({reason(error)})") from error
    raise InputError(f"it has no array '{missing[0]}' (but {there})")


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Make `content` the content of the file, at once or not at all.

    A reader never sees half of it. Where the system has nameless files (`O_TMPFILE`), not even a killed process
    leaves something behind.

    Raises:
        OSError: the folder is missing, full or read-only, or the path is a folder.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/a.txt", b"whole")
    ...     Path(f"{folder}/a.txt").read_bytes(), os.listdir(folder)
    (b'whole', ['a.txt'])
    """
    if _is_open_elsewhere(path):
        with open(path, "ab", buffering=0) as through:
            _write(through.fileno(), content)
        return
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name[:80]}-{os.getpid()}-{os.urandom(6).hex()}")
    try:
        if not _nameless(target.parent, beside, content):
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            try:
                _write(descriptor, content)
            finally:
                os.close(descriptor)
        os.replace(beside, target)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _is_open_elsewhere(path: str | os.PathLike[str]) -> bool:
    """Whether a path is no plain file, or names one of the streams of a process (``/dev/stdout``)."""
    if not os.path.exists(path):
        return False
    stream = os.path.abspath(path).startswith(("/dev/std", "/dev/fd/", "/proc/"))
    return stream or not stat.S_ISREG(os.stat(path).st_mode)


def _nameless(folder: Path, name: Path, content: bytes) -> bool:
    """Write a file without a name and give it `name`; False where the system has no such files."""
    if not hasattr(os, "O_TMPFILE"):
        return False
    try:
        descriptor = os.open(folder, os.O_WRONLY | os.O_TMPFILE, 0o666)
    except (IsADirectoryError, NotImplementedError):
        return False
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EINVAL):
            return False
        raise
    try:
        _write(descriptor, content)
        try:
            os.link(f"/proc/self/fd/{descriptor}", name, follow_symlinks=True)
        except OSError:  # no /proc here
            return False
        return True
    finally:
        os.close(descriptor)


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest[: 1 << 30]) :]
