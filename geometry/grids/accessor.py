"""``dataset.chentsov``: pictures, a page to explore, and what has no number, of any dataset that a grid made.

Datasets of this package have it; for stored ones that xarray opens, ``import chentsov.xarray`` first.
"""

from __future__ import annotations

import os
from typing import Any

import xarray as xr

__all__ = ["StudyAccessor"]


@xr.register_dataset_accessor("chentsov")
class StudyAccessor:
    """What can be asked of a study.

    >>> import sympy as sp
    >>> from chentsov.geometry.grids import on_grid
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> x, y = sp.Symbol("x", positive=True), sp.Symbol("y", real=True)
    >>> cone = RiemannianManifold([[1, 0], [0, x**2]], (x, y))
    >>> study = on_grid(cone, {x: [-1.0, 1.0, 2.0], y: [0.0, 1.0]}, ["determinant"])
    >>> study.chentsov.status_table
                           cells  share
    reason
    ok                         4   0.667
    outside_the_domain         2   0.333
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self.dataset = dataset

    def plot(self, quantities: Any = None, kind: str = "auto", **options: Any) -> Any:
        """A Matplotlib figure of the quantities; see `chentsov.plots_grid.picture`."""
        from chentsov.plots_grid import picture

        return picture(self.dataset, quantities, kind, **options)

    def explore(self, path: str | os.PathLike[str] = "explore.html") -> str:
        """Write a page to look around in, which opens without a server; returns its path (needs the extra `[explore]`).

        Raises:
            InputError: a dataset of another origin, without axes, too large; or the file cannot be written.
        """
        from chentsov.explore import explorer_page
        from chentsov.outputs import save_text

        save_text(explorer_page(self.dataset), os.fspath(path))
        return os.fspath(path)

    @property
    def status_table(self) -> Any:
        """How many cells have a number, and why the others have none, as a pandas DataFrame."""
        import numpy as np
        import pandas as pd

        from ..exact.errors import InputError
        from .labels import meanings

        if "status" not in self.dataset:
            raise InputError("this dataset has no variable 'status': it was not made by on_grid")
        known = meanings(self.dataset["status"])
        codes, counts = np.unique(np.asarray(self.dataset["status"].values), return_counts=True)
        names = [known.get(int(c), f"status {c}") for c in codes]
        shares = np.round(counts / counts.sum(), 3)
        return pd.DataFrame({"cells": counts, "share": shares}, index=pd.Index(names, name="reason"))
