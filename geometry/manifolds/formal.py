"""Numbers of a manifold whose metric holds integrals and sums that have no closed form.

The symbols stay exact; for numbers each integral becomes a mean over quadrature nodes (`expectation.formal`), or, with
`rtol`, is enclosed cell by cell (`statistical_certified`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import sympy as sp

from ..expectation.formal import FormalNodes
from ..expectation.formal_pieces import formals
from ..kernels.jets import Jet
from .box import corners
from .hessian_grid import WhereConvex
from .statistical_certified import certified_grid

__all__ = ["OverRows", "holds_integrals", "on_rows"]


def holds_integrals(manifold: Any) -> bool:
    """Whether what defines the manifold holds an integral or a sum that stays formal."""
    return bool(formals(manifold._defining_expressions()))


class OverRows:
    """A manifold seen through its nodes: the same quantities, with means over rows where it has integrals."""

    def __init__(self, manifold: Any, nodes: FormalNodes) -> None:
        self.manifold_over_integrals, self.nodes = manifold, nodes

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.manifold_over_integrals, name)

    @cached_property
    def metric(self) -> sp.ImmutableMatrix:
        return self.manifold_over_integrals.metric.applyfunc(self.nodes.over_rows)

    def jet(self, first_order: bool = False) -> Jet:
        jet = self.manifold_over_integrals.jet(first_order)
        return replace(jet, components={k: self.nodes.over_rows(v) for k, v in jet.components.items()})

    def expression_of(self, name: str) -> Any:
        found = self.manifold_over_integrals.expression_of(name)
        return found.applyfunc(self.nodes.over_rows) if hasattr(found, "applyfunc") else self.nodes.over_rows(found)


def on_rows(manifold: Any, axes: Any, quantities: Sequence[str], **options: Any) -> Any:
    """``on_grid``, the integrals as sums over nodes that are checked on the corners of the grid and in its middle.

    Raises:
        QuadratureError: an integral does not converge there, or no one set of nodes serves the whole grid.
    """
    from chentsov.geometry.grids import on_grid

    nodes = FormalNodes(manifold._defining_expressions(), manifold.coordinates)
    nodes.lay(corners((*manifold.coordinates, *manifold.constants), axes, options.get("constants") or {}))
    view = OverRows(manifold, nodes)
    data = {**nodes.rows, **dict(options.get("data") or {})}
    given = options.pop("steps", ())
    options["steps"] = [s.over(view.metric, data) if isinstance(s, WhereConvex) else s for s in given]
    if options.get("rtol") is not None:
        return certified_grid(view, nodes, axes, quantities, **options)
    return on_grid(view, axes, quantities, **{**options, "data": data})
