"""Hypothesis strategies: random metrics whose curvature is known in closed form.

A space of constant curvature K seen in random polynomial coordinates has a dense, lively metric,
and R = n(n−1)K all the same; products add their R. So a property test knows the answer:

    @given(chentsov.geometry.validation.strategies.constant_curvature())
    def test_mine(case):
        R = my_scalar(case.metric_function(), case.float_points[0])
        assert R == pytest.approx(float(case.known["ricci_scalar"]), rel=1e-6)

Needs ``hypothesis`` (``pip install chentsov[test]``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp
from flint import fmpq

try:
    from hypothesis import strategies as st
except ImportError as error:  # pragma: no cover
    raise ImportError("chentsov.geometry.validation.strategies needs hypothesis: pip install hypothesis") from error

from .cases import Case

__all__ = ["conformally_flat", "constant_curvature", "products", "random_metrics", "revolution"]

_NAMES = sp.symbols("x1:9", real=True)
_SMALL = st.sampled_from([sp.Rational(k, 4) for k in range(-3, 4)])
_CURVATURES = st.sampled_from([sp.Rational(k, 4) for k in (-8, -4, -2, -1, 0, 1, 2, 4, 8)])


def _points(draw: Any, n: int, count: int = 2) -> tuple[tuple[fmpq, ...], ...]:
    number = st.integers(-16, 16).map(lambda k: fmpq(k, 64))
    return tuple(tuple(draw(number) for _ in range(n)) for _ in range(count))


def _model_metric(curvature: sp.Expr, x: Sequence[sp.Symbol]) -> sp.Matrix:
    """δ_ij / (1 + K|x|²/4)²: Riemann's own form of the metric of constant curvature K (1854)."""
    return sp.eye(len(x)) / (1 + curvature * sp.Add(*(s**2 for s in x)) / 4) ** 2


def _pull_back(
    metric: sp.Matrix, old: Sequence[sp.Symbol], new: Sequence[sp.Symbol], map_: Sequence[sp.Expr]
) -> sp.Matrix:
    J = sp.Matrix(map_).jacobian(list(new))
    return J.T * metric.subs(dict(zip(old, map_)), simultaneous=True) * J


def _coordinate_change(draw: Any, n: int) -> list[sp.Expr]:
    """x = u + shear + quadratic terms: invertible near the origin, where the points are."""
    u = _NAMES[:n]
    relations = []
    for i in range(n):
        linear = sp.Add(*(draw(_SMALL) * u[j] for j in range(i)))
        quadratic = draw(_SMALL) * u[draw(st.integers(0, n - 1))] * u[draw(st.integers(0, n - 1))]
        relations.append(u[i] + linear + quadratic)
    return relations


@st.composite
def constant_curvature(draw: Any, dims: tuple[int, int] = (2, 3)) -> Case:
    """Constant sectional curvature K in random polynomial coordinates: R = n(n−1)K."""
    n = draw(st.integers(*dims))
    K = draw(_CURVATURES)
    old = sp.symbols(f"y1:{n + 1}", real=True)
    metric = _pull_back(_model_metric(K, old), old, _NAMES[:n], _coordinate_change(draw, n))
    return Case(f"constant curvature {K} in {n}-D", sp.ImmutableMatrix(metric), tuple(_NAMES[:n]), _points(draw, n),
                known={"ricci_scalar": n * (n - 1) * K}, tags=frozenset({"constant-curvature"}))  # fmt: skip


@st.composite
def products(draw: Any) -> Case:
    """A product of two surfaces of constant curvature in mixed coordinates: R = 2K₁ + 2K₂."""
    K1, K2 = draw(_CURVATURES), draw(_CURVATURES)
    old = sp.symbols("y1:5", real=True)
    blocks = sp.diag(_model_metric(K1, old[:2]), _model_metric(K2, old[2:]))
    # A linear map that mixes the factors: nothing of the product shows in the matrix.
    A = sp.eye(4) + sp.Matrix(4, 4, lambda i, j: draw(_SMALL) if j < i else 0)
    map_ = list(A * sp.Matrix(_NAMES[:4]))
    metric = _pull_back(blocks, old, _NAMES[:4], map_)
    return Case(f"product of curvatures {K1}, {K2}", sp.ImmutableMatrix(metric), tuple(_NAMES[:4]), _points(draw, 4, 1),
                known={"ricci_scalar": 2 * K1 + 2 * K2})  # fmt: skip


@st.composite
def revolution(draw: Any) -> Case:
    """A surface of revolution ds² = dx² + f(x)² dy²: R = −2 f″/f."""
    x, y = _NAMES[:2]
    f = 2 + draw(_SMALL) * x + draw(_SMALL) * x**2 + draw(_SMALL) * sp.cos(x)
    return Case(f"revolution of {f}", sp.ImmutableMatrix(sp.diag(1, f**2)), (x, y), _points(draw, 2),
                known={"ricci_scalar": -2 * sp.diff(f, x, 2) / f}, tags=frozenset({"diagonal"}))  # fmt: skip


@st.composite
def conformally_flat(draw: Any, dims: tuple[int, int] = (2, 4)) -> Case:
    """g = e^{2φ} δ: R = −e^{−2φ} (2(n−1) Σφ_ii + (n−2)(n−1) Σφ_i²)."""
    n = draw(st.integers(*dims))
    x = _NAMES[:n]
    phi = sp.Add(*(draw(_SMALL) * x[i] * x[draw(st.integers(0, n - 1))] + draw(_SMALL) * x[i] for i in range(n)))
    laplacian = sp.Add(*(sp.diff(phi, s, 2) for s in x))
    square = sp.Add(*(sp.diff(phi, s) ** 2 for s in x))
    scalar = -sp.exp(-2 * phi) * (2 * (n - 1) * laplacian + (n - 2) * (n - 1) * square)
    return Case(f"conformally flat {n}-D", sp.ImmutableMatrix(sp.exp(2 * phi) * sp.eye(n)), tuple(x), _points(draw, n),
                known={"ricci_scalar": scalar})  # fmt: skip


@st.composite
def random_metrics(draw: Any, dims: tuple[int, int] = (2, 4)) -> Case:
    """Dense positive definite polynomial metrics near the origin; the curvature is certified, not known in
    closed form.
    """
    n = draw(st.integers(*dims))
    x = _NAMES[:n]
    entries = {}
    for i in range(n):
        for j in range(i + 1):
            linear = draw(_SMALL) * x[draw(st.integers(0, n - 1))]
            quadratic = draw(_SMALL) * x[draw(st.integers(0, n - 1))] * x[draw(st.integers(0, n - 1))]
            entries[i, j] = entries[j, i] = (linear + quadratic) / n + (2 if i == j else 0)
    metric = sp.ImmutableMatrix(n, n, lambda i, j: entries[i, j])
    return Case(f"random {n}-D metric", metric, tuple(x), _points(draw, n))
