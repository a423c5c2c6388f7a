"""The same grid for many models: further dimensions over what the models are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..exact.errors import InputError
from .blocks import Blocks, question_hash
from .lazy import lazy_dataset, origin
from .study import Dimension, Study

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Sweep", "sweep"]


def sweep(
    make_model: Callable[..., Any],
    over: Mapping[str, Sequence[Any]],
    axes: Mapping[Any, Any],
    quantities: Sequence[str] | str = ("ricci_scalar",),
    *,
    chunks: Any = "auto",
    **options: Any,
) -> xr.Dataset:
    """Quantities of many models over one grid, as one lazy dataset; a block belongs to one model.

    Args:
        make_model: called with one value of each sweep dimension as keyword arguments; returns a manifold or a model.
        over: name of the dimension -> the values that it runs through (numbers or texts).
        axes, quantities: see `on_grid`; the same for all models.
        chunks: as for `on_grid`, of the axes.
        options: `constants`, `data`, `rtol`, `dtype` of `on_grid`.

    Returns:
        A lazy dataset with the dimensions of `over` before those of the grid, for `xarray` or `chentsov.store`.

    Raises:
        ValueError: nothing to sweep over, a name that is an axis already, or models with other quantities.

    >>> import sympy as sp, chentsov as ch
    >>> t, p = sp.symbols("t p")
    >>> def sphere(radius):
    ...     return ch.RiemannianManifold(radius**2 * sp.diag(1, sp.sin(t)**2), (t, p))
    >>> grid = sweep(sphere, {"radius": [1, 2]}, {"t": [0.5, 1.0], "p": [0.0]})
    >>> grid.ricci_scalar.dims, grid.ricci_scalar.sel(radius=2).values.ravel().tolist()
    (('radius', 't', 'p'), [0.5, 0.5])
    """
    study = Sweep(make_model, over, axes, quantities, options)
    inner = Blocks.of(study.shape[len(over) :], chunks, [d.name for d in study.dimensions[len(over) :]], study.count)
    return lazy_dataset(study, Blocks(study.shape, (*(1 for _ in over), *inner.sizes)))


class Sweep(Study):
    """Grids of many models; each is worked out when the first of its blocks is asked for."""

    def __init__(
        self,
        make_model: Callable[..., Any],
        over: Mapping[str, Sequence[Any]],
        axes: Mapping[Any, Any],
        quantities: Sequence[str] | str,
        options: Mapping[str, Any],
    ) -> None:
        self.make_model, self.axes, self.quantities, self.options = make_model, dict(axes), quantities, dict(options)
        if not over:
            raise InputError("nothing to sweep over: give {name: values} for an argument of make_model")
        self.over = {str(name): list(values) for name, values in over.items()}
        for name, values in self.over.items():
            if not values:
                raise InputError(f"the sweep over {name!r} has no values")
        first = self._study((0,) * len(self.over))
        taken = [d.name for d in first.dimensions if d.name in self.over]
        if taken:
            raise InputError(f"{taken[0]!r} is an axis of the grid already: sweep over another name")
        outer = [Dimension(name, np.asarray(values), {"long_name": name}) for name, values in self.over.items()]
        self.dimensions = [*outer, *first.dimensions]
        self.variables, self.count, self.dtype, self.labels = first.variables, first.count, first.dtype, first.labels
        same_for_all = {k: v for k, v in first.attributes.items() if k not in ("manifold_name", "data_sha256")}
        self.attributes = {**same_for_all, "sweep": ", ".join(f"{k}: {len(v)} values" for k, v in self.over.items())}

    @cached_property
    def question(self) -> str:
        """A hash of what the first model's numbers depend on, of the values swept over and of what makes the models."""
        code = getattr(self.make_model, "__code__", None)
        made_by = getattr(self.make_model, "__qualname__", ""), getattr(code, "co_code", b"")
        first = self._study((0,) * len(self.over))
        return question_hash(first.question, made_by, *(i for pair in self.over.items() for i in pair))

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_kept"}

    def _study(self, index: tuple[int, ...]) -> Study:
        if "_kept" not in self.__dict__:
            self._kept = lru_cache(maxsize=8)(self._work_out)
        return self._kept(index)

    def _work_out(self, index: tuple[int, ...]) -> Study:
        chosen = {name: values[k] for (name, values), k in zip(self.over.items(), index)}
        found = origin(self.make_model(**chosen).on_grid(self.axes, self.quantities, chunks="auto", **self.options))
        if found is None:
            raise InputError(f"the model of {chosen} does not give its grid in blocks, so it cannot be swept")
        return found.study

    def question_of(self, part: tuple[slice, ...]) -> str:
        """That of the block's model: what `make_model` makes may change without its code."""
        return self._study(tuple(s.start for s in part[: len(self.over)])).question

    def evaluate(self, part: tuple[slice, ...]) -> tuple[np.ndarray, np.ndarray]:
        """A block of one model."""
        outer, inner = part[: len(self.over)], part[len(self.over) :]
        index = tuple(s.start for s in outer)
        study = self._study(index)
        if study.variables != self.variables:
            raise InputError(
                f"the model number {index} has other quantities than the first: {', '.join(study.variables)}"
            )
        values, status = study.evaluate(inner)
        shape = (1,) * len(outer)
        return values.reshape((len(values), *shape, *values.shape[1:])), status.reshape((*shape, *status.shape))
