"""Frames: vector fields e_a at each point, with Cartan's structure equations.

    θ^a(e_b) = δ^a_b,          ω^a_b = θ^a(∇e_b),
    dθ^a = −ω^a_b ∧ θ^b,       Ω^a_b = dω^a_b + ω^a_c ∧ ω^c_b = ½ R^a_bcd θ^c ∧ θ^d

(Misner, Thorne & Wheeler 1973, box 14.5; Nakahara 2003, sec. 7.8). A frame need not be orthonormal: η_ab = g(e_a, e_b)
may be any matrix of functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact import inverse
from chentsov.geometry.exact.sampling import POINTS
from sympy import ImmutableDenseNDimArray as Array

from .forms import Form
from .inputs import ManifoldError, read_array
from .local import Element, total
from .roots import sign_at, smooth_root
from .tensors import UP, Tensor

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["Frame", "frame", "orthonormal_frame"]


class Frame:
    """Vector fields e_a with their dual forms θ^a; made by `manifold.frame`.

    Args:
        manifold: where it lives.
        vectors: e_a^i, one row a vector, as elements of the manifold's field.

    Raises:
        ManifoldError: vectors that are linearly dependent everywhere.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> t, p = sp.symbols("theta phi", real=True)
    >>> frame = RiemannianManifold([[1, 0], [0, sp.sin(t)**2]], (t, p)).frame()
    >>> frame.coframe, frame.connection(0, 1), frame.curvature(0, 1)
    ((dtheta, sin(theta)*dphi), -cos(theta)*dphi, sin(theta)*dtheta∧dphi)
    """

    def __init__(self, manifold: RiemannianManifold, vectors: Sequence[Sequence[Element]]) -> None:
        self.manifold = manifold
        self.elements = [list(row) for row in vectors]
        try:
            columns = inverse(self.elements)  # e_a^i θ^b_i = δ_a^b
        except ZeroDivisionError:
            raise ManifoldError("these vectors are linearly dependent everywhere: they are no frame") from None
        self._dual = [list(column) for column in zip(*columns)]
        self._forms: dict[tuple[str, int, int], Form] = {}

    @property
    def vectors(self) -> tuple[Tensor, ...]:
        """The vector fields e_a."""
        return tuple(Tensor(self.manifold, (UP,), lambda i, row=row: row[i]) for row in self.elements)

    @cached_property
    def coframe(self) -> tuple[Form, ...]:
        """The dual forms θ^a."""
        return tuple(Form(self.manifold, 1, lambda i, row=row: row[i]) for row in self._dual)

    def metric_element(self, a: int, b: int) -> Element:
        """η_ab = g(e_a, e_b) as an element."""
        g, n, e = self.manifold.local.metric, range(self.manifold.dim), self.elements
        terms = (e[a][i] * e[b][j] * g(i, j) for i in n for j in n if e[a][i] and e[b][j] and g(i, j))
        return total(self.manifold.field, terms)

    @cached_property
    def metric(self) -> sp.ImmutableMatrix:
        """η_ab = g(e_a, e_b)."""
        n = self.manifold.dim
        return sp.ImmutableMatrix(n, n, lambda a, b: self.metric_element(min(a, b), max(a, b)).as_expr())

    def is_orthonormal(self) -> bool:
        """Whether η is diagonal with entries ±1."""
        n = range(self.manifold.dim)
        return all(self.metric_element(a, b) ** 2 == (1 if a == b else 0) for a in n for b in n if a <= b)

    def element(self, tensor: Tensor, *indices: int) -> Element:
        """One component of a tensor in the frame: upper indices with θ^a, lower ones with e_a."""
        rows = [(self._dual if position is UP else self.elements)[a] for position, a in zip(tensor.indices, indices)]
        terms = []
        for key in product(*([i for i, f in enumerate(row) if f] for row in rows)):
            if value := tensor.element(*key):
                for row, i in zip(rows, key):
                    value = value * row[i]
                terms.append(value)
        return total(self.manifold.field, terms)

    def components(self, tensor: Any) -> Any:
        """All components of a tensor (or of a quantity by its name) in the frame, as an array.

        >>> import sympy as sp
        >>> from chentsov.geometry.manifolds import RiemannianManifold
        >>> t, p = sp.symbols("theta phi", real=True)
        >>> a = sp.Symbol("a", positive=True)
        >>> sphere = RiemannianManifold([[a**2, 0], [0, a**2*sp.sin(t)**2]], (t, p))
        >>> sphere.frame().components("ricci")
        [[a**(-2), 0], [0, a**(-2)]]
        """
        tensor = self.manifold.tensor(tensor) if isinstance(tensor, str) else tensor
        if tensor.manifold is not self.manifold:
            raise ManifoldError("this tensor lives on another manifold than the frame")
        n = self.manifold.dim
        if not tensor.rank:
            return tensor[()]
        keys = product(range(n), repeat=tensor.rank)
        return Array([self.element(tensor, *k).as_expr() for k in keys], (n,) * tensor.rank)

    # -- Cartan's structure equations --------------------------------------------------------------------

    def connection(self, a: int, b: int) -> Form:
        """ω^a_b, the connection forms of Levi-Civita: ∇_X e_b = ω^a_b(X) e_a."""
        self._check(a, b)
        if ("connection", a, b) not in self._forms:
            slope = self.vectors[b].covariant_derivative()
            dual, field = self._dual[a], self.manifold.field

            def element(k: int) -> Element:
                return total(field, (f * slope.element(i, k) for i, f in enumerate(dual) if f))

            self._forms["connection", a, b] = Form(self.manifold, 1, element)
        return self._forms["connection", a, b]

    def curvature(self, a: int, b: int) -> Form:
        """Ω^a_b = dω^a_b + ω^a_c ∧ ω^c_b."""
        self._check(a, b)
        if ("curvature", a, b) not in self._forms:
            result = self.connection(a, b).d()
            for c in range(self.manifold.dim):
                result = result + (self.connection(a, c) ^ self.connection(c, b))
            self._forms["curvature", a, b] = result
        return self._forms["curvature", a, b]

    def structure(self, a: int, b: int, c: int) -> sp.Expr:
        """c^a_bc of [e_b, e_c] = c^a_bc e_a, which is −dθ^a(e_b, e_c): zero for coordinate vectors."""
        self._check(a, b, c)
        return (-self.element(self.coframe[a].d(), b, c)).as_expr()

    def _check(self, *indices: int) -> None:
        n = self.manifold.dim
        if any(not isinstance(i, int) or not 0 <= i < n for i in indices):
            raise ManifoldError(f"this frame has vectors 0 to {n - 1}; asked for {list(indices)}")

    def __repr__(self) -> str:
        return f"<Frame of {self.manifold!r}>"


def frame(manifold: RiemannianManifold, vectors: Any = None) -> Frame:
    """The frame of these vectors (rows e_a^i, or Tensors); without them an orthonormal one.

    Raises:
        ManifoldError: the wrong number of vectors, or vectors that are dependent.
    """
    if vectors is None:
        return orthonormal_frame(manifold)
    rows = [v.raised(0).tolist() if isinstance(v, Tensor) else v for v in vectors]
    array = read_array(rows, manifold.dim, 2, "the frame")
    n = range(manifold.dim)
    return Frame(manifold, [[manifold.field(array[a, i]) for i in n] for a in n])


def orthonormal_frame(manifold: RiemannianManifold) -> Frame:
    """Coordinate vectors, made orthonormal one after the other (Gram–Schmidt).

    Where a metric is indefinite, the signs of the norms are those at a sample point of the domain, one with its
    time-like vector first if there is such a point: the frame is real where they hold.

    Raises:
        ManifoldError: a vector that is null after those before it, so that it has no unit vector.
    """
    field, n, g = manifold.field, range(manifold.dim), manifold.local.metric
    straight: list[list[Element]] = []  # orthogonal, not yet of unit length
    norms: list[Element] = []

    def product_of(u: Sequence[Element], v: Sequence[Element]) -> Element:
        return total(field, (u[i] * v[j] * g(i, j) for i in n for j in n if u[i] and v[j] and g(i, j)))

    for a in n:
        unit = [field.one if i == a else field.zero for i in n]
        vector = unit
        for other, norm in zip(straight, norms):
            share = product_of(unit, other) / norm
            vector = [v - share * o for v, o in zip(vector, other)]
        norm = product_of(vector, vector)
        if norm.is_zero:
            raise ManifoldError(
                f"∂/∂{manifold.coordinates[a]} has length zero after the vectors before it: hand in the vectors of the "
                "frame, or use null vectors (`manifold.null_tetrad`)"
            )
        straight.append(vector)
        norms.append(norm)
    tried = [[sign_at(norm, point) for norm in norms] for point in range(min(POINTS, 12))]
    signs = next((s for s in tried if s[0] < 0 and all(k > 0 for k in s[1:])), tried[0])
    lengths = [smooth_root(norm, sign) for norm, sign in zip(norms, signs)]
    return Frame(manifold, [[v / length for v in vector] for vector, length in zip(straight, lengths)])
