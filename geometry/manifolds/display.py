"""How manifolds and tensors look: LaTeX in notebooks, tables of components in a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import product
from typing import TYPE_CHECKING, Any

import sympy as sp

from ..exact.notation import latex
from .inputs import ManifoldError
from .tensors import UP, Tensor

if TYPE_CHECKING:
    from .chart import Chart

__all__ = ["ComponentTable", "line_element", "manifold_latex"]

#: The connection is no tensor, but its indices have places all the same.
_PLACES = {"christoffel": "udd"}


@dataclass(frozen=True)
class ComponentTable:
    """The independent components of a tensor that are not zero.

    Args:
        title: what is listed.
        symbol: the letter of the tensor in LaTeX.
        positions: "u" or "d" for each index.
        names: the coordinates.
        rows: indices and expression of each component.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> t, p = sp.symbols("t p")
    >>> RiemannianManifold([[1, 0], [0, sp.sin(t)**2]], (t, p)).table("riemann_lowered")
    lowered Riemann tensor, non-zero independent components
      t p t p   sin(t)**2
    """

    title: str
    symbol: str
    positions: str
    names: tuple[str, ...]
    rows: tuple[tuple[tuple[int, ...], sp.Expr], ...]

    @classmethod
    def of(cls, manifold: Chart, name: str) -> ComponentTable:
        """The table of a named tensor."""
        known = {n: q for n, q in manifold.quantities().items() if q.rank}
        if name not in known:
            raise ManifoldError(f"no table for {name!r}; there is one for {', '.join(known)}")
        quantity = known[name]
        keys = (k for k in product(range(manifold.dim), repeat=quantity.rank) if quantity.symmetry(k) == (1, k))
        rows = tuple((k, v) for k in keys if (v := manifold.component(name, *k)) != 0)
        symbol = re.split(r"[\^_]", quantity.latex)[0]
        places = "".join("u" if p == "up" else "d" for p in quantity.indices) or _PLACES.get(name, "d" * quantity.rank)
        names = tuple(s.name for s in manifold.coordinates)
        return cls(f"{quantity.long_name}, non-zero independent components", symbol, places, names, rows)

    @classmethod
    def of_tensor(cls, tensor: Tensor) -> ComponentTable:
        """The table of any tensor: all components that are not zero."""
        keys = product(range(tensor.dim), repeat=tensor.rank)
        rows = tuple((k, tensor[k]) for k in keys if not tensor.element(*k).is_zero)
        positions = "".join("u" if p is UP else "d" for p in tensor.indices)
        names = tuple(s.name for s in tensor.manifold.coordinates)
        return cls("non-zero components", "T", positions, names, rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[tuple[int, ...], sp.Expr]]:
        return iter(self.rows)

    def _label(self, indices: Sequence[int]) -> str:
        return " ".join(self.names[i] for i in indices) or "(scalar)"

    def __repr__(self) -> str:
        if not self.rows:
            return f"{self.title}: none, it vanishes"
        width = max(len(self._label(k)) for k, _ in self.rows)
        return "\n".join([self.title, *(f"  {self._label(k):{width}}   {v}" for k, v in self.rows)])

    def latex(self) -> str:
        """The components as aligned LaTeX equations."""
        if not self.rows:
            return f"{self.symbol} = 0"
        lines = [f"{self._latex_symbol(k)} &= {latex(v)}" for k, v in self.rows]
        return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"

    def _latex_symbol(self, indices: Sequence[int]) -> str:
        text = self.symbol
        for position, i in zip(self.positions, indices):
            mark = latex(sp.Symbol(self.names[i]))
            text += f"{{}}^{{{mark}}}" if position == "u" else f"{{}}_{{{mark}}}"
        return text

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _repr_html_(self) -> str:
        body = "".join(
            f"<tr><td>${self._latex_symbol(k)}$</td><td>${escape(latex(v))}$</td></tr>" for k, v in self.rows
        )
        return f"<table><caption>{escape(self.title)}</caption>{body}</table>"


def line_element(manifold: Chart) -> str:
    """ds² as LaTeX."""
    g, x = manifold.expression_of("metric"), manifold.coordinates
    text = ""
    for i in range(manifold.dim):
        for j in range(i, manifold.dim):
            factor = g[i, j] if i == j else 2 * g[i, j]
            if factor == 0:
                continue
            square = (
                rf"\mathrm{{d}}{latex(x[i])}^2" if i == j else rf"\mathrm{{d}}{latex(x[i])}\,\mathrm{{d}}{latex(x[j])}"
            )
            negative = factor.could_extract_minus_sign()
            size = -factor if negative else factor
            shown = "" if size == 1 else latex(size)
            shown = rf"\left({shown}\right)" if size.is_Add else shown
            text += (" - " if negative else " + " if text else "") + shown + r"\," * bool(shown) + square
    return r"\mathrm{d}s^2 = " + (text.strip() or "0")


def manifold_latex(manifold: Chart, names: Sequence[str] = ()) -> str:
    """Name, coordinates, line element and, where asked for, further quantities by name."""
    chart = ", ".join(latex(x) for x in manifold.coordinates)
    title = (manifold.name or type(manifold).__name__).replace("&", r"\&").replace("_", r"\_")
    lines = [rf"\text{{{title}}} \quad ({chart})", line_element(manifold)]
    for name in names:
        quantity = manifold.quantities().get(name)
        if quantity is None:
            raise ManifoldError(f"unknown quantity {name!r}; known are {', '.join(manifold.quantities())}")
        if quantity.rank:
            lines.append(ComponentTable.of(manifold, name).latex())
        else:
            value: Any = manifold.expression_of(name)
            lines.append(f"{quantity.latex} = {latex(value)}")
    return r"\begin{array}{l} " + r" \\ ".join(lines) + r" \end{array}"
