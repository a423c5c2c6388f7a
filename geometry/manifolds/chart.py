"""What every chart with a geometry has: coordinates, a field, quantities by name, and a memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import product
from typing import Any

import sympy as sp
from chentsov.geometry.exact import DifferentialField, TimeBudgetExceeded
from sympy import ImmutableDenseNDimArray as Array

from .display import ComponentTable, manifold_latex
from .domain import Domain
from .inputs import ManifoldError
from .local import Element
from .long_work import steps
from .quantities import Quantity

__all__ = ["Chart"]


class Chart(ABC):
    """Coordinates with a differential field, and named quantities that are derived once.

    A subclass says what its quantities are (`quantities`), where the component functions
    are found (`_element_of`) and what was handed in (`_defining_expressions`).
    """

    coordinates: tuple[sp.Symbol, ...]
    field: DifferentialField
    name: str | None
    source: str | None

    def _start(
        self,
        coordinates: tuple[sp.Symbol, ...],
        name: str | None,
        source: str | None,
        field: DifferentialField | None = None,
        domain: Any = (),
    ) -> None:
        """Set up an empty chart with its field."""
        self._given_domain = domain
        self.coordinates = coordinates
        self.name, self.source = name, source
        self.field = field or DifferentialField(coordinates, pieces=True)
        self._arrays: dict[str, Any] = {}
        self._expressions: dict[tuple[Any, ...], sp.Expr] = {}

    @abstractmethod
    def _defining_expressions(self) -> Iterable[sp.Expr]:
        """What was handed in: every free symbol of it that is no coordinate is a constant."""

    @abstractmethod
    def _element_of(self, name: str) -> Callable[..., Element] | None:
        """The component function of a quantity, or None where it can only be had as a whole."""

    @abstractmethod
    def quantities(self) -> dict[str, Quantity]:
        """Name -> `Quantity` for everything that `expression_of` knows."""

    @property
    @abstractmethod
    def structure(self) -> str:
        """ "general", "hessian" or "immersed"."""

    def _check_constants(self, constants: Iterable[sp.Symbol] | None) -> None:
        if constants is None:
            return
        unknown = sorted(s.name for s in set(self.constants) - set(constants))
        if unknown:
            raise ManifoldError(
                f"{', '.join(unknown)} is neither a coordinate nor a declared constant; "
                "declare it, or leave `constants` out to have every other symbol treated as a constant"
            )

    # -- what it is -------------------------------------------------------------------------

    @property
    def dim(self) -> int:
        """The number of coordinates."""
        return len(self.coordinates)

    @cached_property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """The symbols that are not coordinates; they are treated as constants."""
        free = set().union(*(e.free_symbols for e in self._defining_expressions())) - set(self.coordinates)
        return tuple(sorted(free, key=lambda s: s.name))

    @cached_property
    def domain(self) -> Domain:
        """Where coordinates and constants may lie: their assumptions, and the inequalities declared with `domain=`."""
        given = self._given_domain
        if isinstance(given, Domain):
            return Domain(dict.fromkeys((*self.coordinates, *self.constants, *given.symbols)), given.conditions)
        return Domain((*self.coordinates, *self.constants), given)

    def expression_of(self, name: str) -> Any:
        """The quantity of that name, e.g. "ricci_scalar".

        Raises:
            ManifoldError: there is no such quantity; the message lists those there are.
        """
        known = self.quantities()
        if name not in known:
            raise ManifoldError(f"unknown quantity {name!r}; known are {', '.join(known)}")
        return known[name].getter(self)

    def component(self, name: str, *indices: int) -> sp.Expr:
        """One component of a tensor, e.g. `component("riemann_lowered", 0, 1, 0, 1)`.

        Raises:
            ManifoldError: no such tensor, or indices that it does not have.
        """
        known = self.quantities()
        if name not in known:
            raise ManifoldError(f"unknown tensor {name!r}; known are {', '.join(known)}")
        if len(indices) != known[name].rank or any(not 0 <= i < self.dim for i in indices):
            raise ManifoldError(
                f"{name} has {known[name].rank} indices from 0 to {self.dim - 1}; asked for {list(indices)}"
            )
        element = self._element_of(name)
        if element is not None:
            return self._component(name, indices, element)
        whole = self.expression_of(name)
        return whole[indices] if indices else whole

    # -- from elements to expressions ---------------------------------------------------------

    @cached_property
    def _catalogued(self) -> dict[str, Quantity]:
        return self.quantities()

    def _array(self, name: str, rank: int, element: Callable[..., Element]) -> Array:
        """All components of a tensor, as an array that is built once."""
        if name not in self._arrays:
            known = self._catalogued.get(name)
            what = known.long_name if known else name
            indices = list(product(range(self.dim), repeat=rank))
            entries: list[sp.Expr] = []
            try:
                for i in steps(what[0].upper() + what[1:], indices):
                    entries.append(self._component(name, i, element))
            except TimeBudgetExceeded as late:
                raise self._partial(
                    late, name, sum(known is None or known.symmetry(i) == (1, i) for i in indices)
                ) from None
            self._arrays[name] = Array(entries, (self.dim,) * rank)
        return self._arrays[name]

    def _partial(self, late: TimeBudgetExceeded, name: str, count: int) -> TimeBudgetExceeded:
        """The error that carries the components finished in time; they stay in the cache as well."""
        done = {key[1:]: value for key, value in self._expressions.items() if key[0] == name}
        return TimeBudgetExceeded(
            f"{name}: {len(done)} independent components of {count} are finished; {late}", {**late.finished, name: done}
        )

    def _component(self, name: str, indices: tuple[int, ...], element: Callable[..., Element]) -> sp.Expr:
        """A component as an expression: that of its representative by symmetry, written once, and the sign."""
        known = self._catalogued.get(name)
        sign, representative = known.symmetry(indices) if known else (1, indices)
        if not sign:
            return sp.S.Zero
        key = (name, *representative)
        if key not in self._expressions:
            self._expressions[key] = element(*representative).as_expr()
        value = self._expressions[key]
        return value if sign > 0 else -value

    # -- display -------------------------------------------------------------------------------------

    def table(self, name: str) -> ComponentTable:
        """The independent components of a tensor that are not zero, e.g. `table("christoffel")`."""
        return ComponentTable.of(self, name)

    def latex(self, *names: str) -> str:
        """Name, chart and line element in LaTeX, then the quantities of these names.

        >>> import sympy as sp
        >>> from chentsov.geometry.manifolds import RiemannianManifold
        >>> x = sp.Symbol("x", positive=True)
        >>> print(RiemannianManifold([[x]], (x,), name="line").latex())
        \\begin{array}{l} \\text{line} \\quad (x) \\\\ \\mathrm{d}s^2 = x\\,\\mathrm{d}x^2 \\end{array}
        """
        return manifold_latex(self, names)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __repr__(self) -> str:
        names = ", ".join(s.name for s in self.coordinates)
        title = f"{self.name}: " if self.name else ""
        constants = f"; treated as constants: {', '.join(s.name for s in self.constants)}" if self.constants else ""
        return f"<{title}{type(self).__name__} in ({names}), structure {self.structure}{constants}>"

    # -- numbers -------------------------------------------------------------------------------------

    def on_grid(self, axes: Any, quantities: Sequence[str] = ("ricci_scalar",), **options: Any) -> Any:
        """The quantities on the grid spanned by `axes`; see `chentsov.geometry.grids.on_grid`.

        With `rtol` every number is proven right to it; without, digits that cancellation costs are lost unseen.
        """
        from chentsov.geometry.grids import on_grid

        from .formal import holds_integrals, on_rows

        if holds_integrals(self):
            return on_rows(self, axes, quantities, **options)
        return on_grid(self, axes, quantities, **options)
