"""Immersed manifolds: the metric of an ambient flat space pulled back, curvature by the Gauss equation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import DifferentialField
from chentsov.geometry.kernels.curvature import GaussCurvature
from sympy import ImmutableDenseNDimArray as Array

from .gauss import PointCurvature, curvature_of_vectors, derivatives, full_seconds, point_and_constants
from .inputs import ManifoldError, read_coordinates, read_expression
from .local import Element, LocalGeometry, component, total
from .riemannian import RiemannianManifold
from .vanishing import Verdict, vanish

__all__ = ["EmbeddedGeometry", "ImmersedGeometry", "ImmersedManifold"]


class ImmersedGeometry(GaussCurvature, LocalGeometry):
    """The Gauss equation over a differential field; a final class says what `tangent`, `second` and `inner` are."""

    def __init__(self, field: DifferentialField, coordinates: Sequence[sp.Symbol]) -> None:
        self.field, self.coordinates, self.components = field, tuple(coordinates), {}
        n = range(len(self.coordinates))
        rows = [[self.inner(self.tangent(i), self.tangent(j)) if i <= j else None for j in n] for i in n]
        known = self.components
        super().__init__(field, coordinates, rows)
        self.components.update(known)


class EmbeddedGeometry(ImmersedGeometry):
    """An immersion into flat space R^N with a metric of signs.

    Args:
        field: the field of the components.
        coordinates: the symbols x^i.
        embedding: the elements Φ^a.
        signature: the flat ambient metric η_aa, one +1 or −1 for each Φ^a.
    """

    def __init__(
        self,
        field: DifferentialField,
        coordinates: Sequence[sp.Symbol],
        embedding: Sequence[Element],
        signature: Sequence[int],
    ) -> None:
        self.embedding, self.signature = list(embedding), list(signature)
        super().__init__(field, coordinates)

    @component
    def tangent(self, i: int) -> list[Element]:
        return [phi.diff(self.coordinates[i]) for phi in self.embedding]

    def second(self, i: int, j: int) -> list[Element]:
        return self._second(min(i, j), max(i, j))

    @component
    def _second(self, i: int, j: int) -> list[Element]:
        return [t.diff(self.coordinates[j]) for t in self.tangent(i)]

    def inner(self, u: Sequence[Element], v: Sequence[Element]) -> Element:
        """⟨u, v⟩ = η_aa u^a v^a."""
        return total(self.field, (a * b if s > 0 else -(a * b) for s, a, b in zip(self.signature, u, v) if a and b))

    @component
    def normal(self, a: int, i: int, j: int) -> Element:
        """II^a_ij = ∂_i∂_jΦ^a − Γ^k_ij ∂_kΦ^a."""
        return self.second(i, j)[a] - self.contract(lambda k: (self.tangent(k)[a], self.christoffel(k, i, j)))


class ImmersedManifold(RiemannianManifold):
    """A submanifold of flat space, x ↦ Φ(x): the pull-back metric, curvature by the Gauss equation.

    Args:
        embedding: the functions Φ^a.
        coordinates: the symbols x^i.
        signature: +1 or −1 for each Φ^a, the flat ambient metric; all +1 (Euclidean) by default.
        constants, domain, name, source: as for `RiemannianManifold`.

    Raises:
        ManifoldError: fewer functions than coordinates, or a signature of the wrong length.
        SingularMetricError: the map is nowhere an immersion.

    >>> import sympy as sp
    >>> u, v = sp.symbols("u v", real=True)
    >>> catenoid = ImmersedManifold([sp.cosh(v)*sp.cos(u), sp.cosh(v)*sp.sin(u), v], (u, v))
    >>> catenoid.gaussian_curvature, catenoid.is_minimal()
    (-1/cosh(v)**4, True)
    """

    def __init__(
        self,
        embedding: Sequence[Any],
        coordinates: Sequence[sp.Symbol],
        *,
        signature: Sequence[int] | None = None,
        constants: Sequence[sp.Symbol] | None = None,
        domain: Any = (),
        name: str | None = None,
        source: str | None = None,
    ) -> None:
        self._start(read_coordinates(coordinates), name, source, domain=domain)
        functions = list(embedding)
        if len(functions) < self.dim:
            raise ManifoldError(
                f"an immersion of dimension {self.dim} needs at least {self.dim} functions, not {len(functions)}"
            )
        self.embedding = tuple(read_expression(f, f"embedding function {a}") for a, f in enumerate(functions))
        self.signature = self._read_signature(signature)
        self._check_constants(constants)
        elements = [self.field(phi) for phi in self.embedding]
        self._adopt(EmbeddedGeometry(self.field, self.coordinates, elements, self.signature))

    def _read_signature(self, signature: Sequence[int] | None) -> tuple[int, ...]:
        signs = tuple(signature) if signature is not None else (1,) * len(self.embedding)
        if len(signs) != len(self.embedding) or any(s not in (1, -1) for s in signs):
            raise ManifoldError(
                f"the signature needs one +1 or −1 for each of the {len(self.embedding)} functions: {signs}"
            )
        return signs

    def _defining_expressions(self) -> tuple[sp.Expr, ...]:
        return self.embedding

    @property
    def second_fundamental_form(self) -> Array:
        """II^a_ij, the normal part of ∂_i∂_jΦ^a, indexed [a, i, j]."""
        shape = (len(self.embedding), self.dim, self.dim)
        entries = [
            self._component("normal", (a, min(i, j), max(i, j)), self.local.normal)  # type: ignore[attr-defined]
            for a in range(shape[0])
            for i in range(self.dim)
            for j in range(self.dim)
        ]
        return Array(entries, shape)

    @property
    def mean_curvature_vector(self) -> Array:
        """H^a = g^ij II^a_ij, the trace of the second fundamental form."""
        return Array([self._component("mean_curvature", (a,), self._trace) for a in range(len(self.embedding))])

    def _trace(self, a: int) -> Element:
        local, n = self.local, range(self.dim)
        return total(
            self.field,
            (
                h * local.normal(a, min(i, j), max(i, j))  # type: ignore[attr-defined]
                for i in n
                for j in n
                if (h := local.inverse(i, j))
            ),
        )

    def is_minimal(self) -> Verdict:
        """Whether the mean curvature vanishes identically: proven, refuted at a point, or `Undecided`."""
        return vanish(self._trace(a) for a in range(len(self.embedding)))

    def curvature_at(  # type: ignore[override]
        self, point: Any, constants: Mapping[Any, Any] | None = None
    ) -> PointCurvature:
        """The curvature at a point in numbers, by QR of the tangent vectors: the metric is not formed.

        Args:
            point: the coordinates, in order or by symbol or name.
            constants: values of the constants.

        Raises:
            ManifoldError: an ambient space that is not Euclidean, a missing number, or a point where
                the map is not finite or no immersion.

        >>> import sympy as sp
        >>> u, v = sp.symbols("u v", real=True)
        >>> torus = ImmersedManifold([(2 + sp.cos(v))*sp.cos(u), (2 + sp.cos(v))*sp.sin(u), sp.sin(v)], (u, v))
        >>> round(torus.curvature_at([0.3, 0.0]).ricci_scalar, 12)         # 2 cos v / (2 + cos v)
        0.666666666667
        """
        if set(self.signature) != {1}:
            raise ManifoldError("the ambient space is not Euclidean; evaluate ricci_scalar instead")
        values = point_and_constants(self, point, constants)
        symbols = (*self.coordinates, *self.constants)
        tangents, seconds = derivatives(self.embedding, self.coordinates, symbols)
        n, rows = self.dim, len(self.embedding)
        first = np.asarray(tangents(*values), dtype=float).reshape(n, rows)
        return curvature_of_vectors(
            first.T, full_seconds(np.asarray(seconds(*values), dtype=float).reshape(-1, rows), n)
        )
