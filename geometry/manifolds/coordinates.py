"""Maps between charts: change of coordinates, pull-back to a submanifold, products, rescaling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product as index_product
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact import DifferentialField, determinant, inverse

from .inputs import ManifoldError, read_coordinates, read_expression
from .local import Element, total
from .tensors import UP, Tensor

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["ChartMap", "rescaled", "product"]


class ChartMap:
    """A map y ↦ x(y) into a manifold, with its full Jacobian J^i_a = ∂x^i/∂y^a.

    With as many y as x it is a change of coordinates, with fewer the embedding of a
    submanifold. Tensors with lower indices are pulled back in both cases, tensors with
    upper indices in the first.

    Args:
        manifold: the target, with coordinates x.
        new: the symbols y.
        relations: each old coordinate as an expression in the new ones: a mapping
            {x^i: x^i(y)} or a list in the order of the old coordinates.

    Raises:
        ManifoldError: a relation is missing or is written the wrong way round, or the
            Jacobian does not have full rank.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> x, y, p = sp.symbols("x y p", real=True)
    >>> r = sp.Symbol("r", positive=True)
    >>> plane = RiemannianManifold([[1, 0], [0, 1]], (x, y))
    >>> polar = ChartMap(plane, (r, p), {x: r*sp.cos(p), y: r*sp.sin(p)})
    >>> polar.manifold().metric
    Matrix([
    [1,    0],
    [0, r**2]])
    >>> polar.transform(plane.tensor([-y, x], ["up"])).components
    [0, 1]
    """

    def __init__(self, manifold: RiemannianManifold, new: Sequence[sp.Symbol], relations: Any) -> None:
        self.source = manifold
        self.new = read_coordinates(new)
        if len(self.new) > manifold.dim:
            raise ManifoldError(
                f"{len(self.new)} new coordinates for a manifold of dimension {manifold.dim}: there can be at most as "
                "many"
            )
        self.relations = self._read_relations(relations)
        self.field = DifferentialField(self.new, pieces=True)
        self._images = [self.field(e) for e in self.relations.values()]
        self.jacobian_elements = [[image.diff(y) for y in self.new] for image in self._images]
        self._carried: dict[sp.Expr, Element] = {}

    def _read_relations(self, relations: Any) -> dict[sp.Symbol, sp.Expr]:
        old = self.source.coordinates
        if not isinstance(relations, Mapping):
            listed = list(relations)
            if len(listed) != len(old):
                raise ManifoldError(f"{len(listed)} relations for {len(old)} old coordinates")
            relations = dict(zip(old, listed))
        missing = [x.name for x in old if x not in relations]
        if missing:
            hint = (
                "; the relations must give the old coordinates as expressions in the new ones, not the other way round"
                if any(k in self.new for k in relations)
                else ""
            )
            raise ManifoldError(f"no relation for the old coordinate {', '.join(missing)}{hint}")
        unknown = [str(k) for k in relations if k not in old]
        if unknown:
            raise ManifoldError(f"{', '.join(unknown)} is no coordinate of this manifold")
        read = {x: read_expression(relations[x], f"the relation for {x.name}") for x in old}
        left = sorted({s.name for e in read.values() for s in e.free_symbols & (set(old) - set(self.new))})
        if left:
            raise ManifoldError(f"the relations still hold the old coordinate {', '.join(left)}")
        return read

    @property
    def jacobian(self) -> sp.ImmutableMatrix:
        """J^i_a = ∂x^i/∂y^a."""
        return sp.ImmutableMatrix([[e.as_expr() for e in row] for row in self.jacobian_elements])

    @property
    def is_change(self) -> bool:
        """Whether there are as many new coordinates as old ones."""
        return len(self.new) == self.source.dim

    def carry(self, expression: sp.Expr) -> Element:
        """The function f(x) as the element f(x(y)) of the new field."""
        if expression not in self._carried:
            self._carried[expression] = self.field(expression.subs(self.relations, simultaneous=True))
        return self._carried[expression]

    def metric_elements(self) -> list[list[Element]]:
        """g_ab = J^i_a J^j_b g_ij."""
        if self.is_change and determinant(self.jacobian_elements).is_zero:
            raise ManifoldError("the relations do not form a change of coordinates: their Jacobian determinant is zero")
        old, j = range(self.source.dim), self.jacobian_elements
        g = [[self.carry(v) if v else None for v in row] for row in self.source.metric.tolist()]
        half = [
            [total(self.field, (g[i][k] * j[k][b] for k in old if g[i][k] and j[k][b])) for b in range(len(self.new))]
            for i in old
        ]
        return [
            [
                total(self.field, (j[i][a] * half[i][b] for i in old if j[i][a] and half[i][b]))
                for b in range(len(self.new))
            ]
            for a in range(len(self.new))
        ]

    def manifold(self, name: str | None = None) -> RiemannianManifold:
        """The new coordinates with the pulled-back metric."""
        from .riemannian import RiemannianManifold

        same = self.source if self.is_change else None
        return RiemannianManifold.from_elements(
            self.field,
            self.new,
            self.metric_elements(),
            domain=self.source.domain.carried(self.new, self.relations),
            name=name or (same.name if same else None),
            source=same.source if same else None,
        )

    def transform(self, tensor: Tensor, target: RiemannianManifold | None = None) -> Tensor:
        """The tensor in the new coordinates: one factor J for a lower index, J⁻¹ for an upper one.

        Args:
            tensor: a tensor on the old manifold.
            target: the new manifold, if it exists already.

        Raises:
            ManifoldError: a tensor with upper indices cannot be pulled back to a submanifold.
        """
        if UP in tensor.indices and not self.is_change:
            raise ManifoldError("upper indices cannot be pulled back to a submanifold; lower them first")
        target = target or self.manifold()
        back = inverse(self.jacobian_elements) if UP in tensor.indices else []
        old = range(self.source.dim)

        def element(*new: int) -> Element:
            terms = []
            for indices in index_product(old, repeat=tensor.rank):
                factor = self.field.one
                for position, i, a in zip(tensor.indices, indices, new):
                    factor = factor * (back[a][i] if position is UP else self.jacobian_elements[i][a])
                    if not factor:
                        break
                if factor and tensor.element(*indices):
                    terms.append(factor * self.carry(tensor[indices]))
            moved = total(self.field, terms)
            return moved if target.field is self.field else target.field(moved.as_expr())

        return Tensor(target, tensor.indices, element)


def product(first: RiemannianManifold, second: RiemannianManifold, name: str | None = None) -> RiemannianManifold:
    """The product manifold: block-diagonal metric on the coordinates of both; Ricci scalars add.

    Raises:
        ManifoldError: a coordinate of one occurs in the other.
    """
    from .riemannian import RiemannianManifold

    for one, other in ((first, second), (second, first)):
        shared = sorted(s.name for s in set(one.coordinates) & (set(other.coordinates) | set(other.constants)))
        if shared:
            raise ManifoldError(
                f"both factors use {', '.join(shared)}; rename it in one of them before taking the product"
            )
    title = name or (f"{first.name} × {second.name}" if first.name and second.name else None)
    source = "; ".join(s for s in dict.fromkeys((first.source, second.source)) if s) or None
    return RiemannianManifold(
        sp.diag(first.metric, second.metric),
        first.coordinates + second.coordinates,
        domain=first.domain | second.domain,
        name=title,
        source=source,
    )


def rescaled(manifold: RiemannianManifold, factor: Any, name: str | None = None) -> RiemannianManifold:
    """The same chart with the metric multiplied by a function.

    Raises:
        ManifoldError: the factor is zero.
    """
    from .riemannian import RiemannianManifold

    scale = manifold.field(read_expression(factor, "the factor"))
    if scale.is_zero:
        raise ManifoldError("the conformal factor is zero")
    n, g = range(manifold.dim), manifold.local.metric
    rows = [[scale * g(i, j) for j in n] for i in n]
    return RiemannianManifold.from_elements(
        manifold.field, manifold.coordinates, rows, domain=manifold.domain, name=name
    )
