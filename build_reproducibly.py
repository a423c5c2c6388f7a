"""The build backend: setuptools', whose archives depend on nothing but the files in them.

With SOURCE_DATE_EPOCH set, two builds of one commit are the same bytes, whoever makes them. Setuptools' wheels
need the mask of permissions for that; source archives also carry times, owners and an order, which are set here.
"""

import gzip
import io
import os
import tarfile
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403

os.umask(0o022)


def build_sdist(directory, settings=None):
    name = build_meta.build_sdist(directory, settings)
    if "SOURCE_DATE_EPOCH" in os.environ:
        _settle(Path(directory, name), int(os.environ["SOURCE_DATE_EPOCH"]))
    return name


def _settle(path: Path, moment: int) -> None:
    """The same archive in the order of its names, of one moment and nobody's."""
    with tarfile.open(path) as archive:
        members = [(m, archive.extractfile(m).read() if m.isfile() else None) for m in archive]
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=moment) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for member, content in sorted(members, key=lambda pair: pair[0].name):
            made = tarfile.TarInfo(member.name)
            made.type, made.size, made.mtime = member.type, member.size, moment
            made.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            archive.addfile(made, None if content is None else io.BytesIO(content))
