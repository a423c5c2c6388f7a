"""Special functions in kernels and in balls, beside mpmath, which shares no code with either."""

import mpmath
import numpy as np
import sympy as sp
from chentsov import RiemannianManifold
from chentsov.geometry.kernels import compile, evaluate_ball

x, y = sp.symbols("x y", real=True)
HALF, THIRD = sp.Rational(1, 2), sp.Rational(1, 3)
FORMULAS = {
    sp.elliptic_k(x / 2): lambda v: mpmath.ellipk(v / 2),
    sp.elliptic_e(x / 2): lambda v: mpmath.ellipe(v / 2),
    sp.airyai(-x): lambda v: mpmath.airyai(-v),
    sp.airybi(x): mpmath.airybi,
    sp.sinc(x): mpmath.sinc,
    sp.polylog(3, x / 2): lambda v: mpmath.polylog(3, v / 2),
    sp.expint(3, x): lambda v: mpmath.expint(3, v),
    sp.uppergamma(HALF, x): lambda v: mpmath.gammainc(0.5, v),
    sp.lowergamma(HALF, x): lambda v: mpmath.gammainc(0.5, 0, v),
    sp.hyper([], [THIRD], x): lambda v: mpmath.hyp0f1(mpmath.mpf(1) / 3, v),
    sp.hyper([HALF], [THIRD], x): lambda v: mpmath.hyp1f1(0.5, mpmath.mpf(1) / 3, v),
    sp.hyper([HALF, THIRD], [2], -x): lambda v: mpmath.hyp2f1(0.5, mpmath.mpf(1) / 3, 2, -v),
    sp.hyper([1, HALF, THIRD], [2, 3], x / 2): lambda v: mpmath.hyper([1, 0.5, mpmath.mpf(1) / 3], [2, 3], v / 2),
}
AT = np.array([0.25, 0.9, 1.6])


def test_values_and_slopes():
    formulas = [g for f in FORMULAS for g in (f, f.diff(x))]
    values = iter(compile(formulas, [x])(AT))
    for formula, exact in FORMULAS.items():
        for order, column in enumerate((next(values), next(values))):
            for v, value in zip(AT, column):
                with mpmath.workdps(40):
                    right = mpmath.diff(exact, mpmath.mpf(float(v)), order)
                    assert abs(value - right) < 1e-11 * (1 + abs(right)), (formula, order, v)
                    ball = evaluate_ball(formula.diff(x, order), {x: float(v)}, 120)
                    assert abs(mpmath.mpf(ball.mid().str(40, radius=False)) - right) < 1e-25 * (1 + abs(right)), formula


def test_curvature_of_a_surface_with_a_hypergeometric_profile():
    """dx^2 + f^2 dy^2 has R = -2 f''/f."""
    profile = 1 + sp.hyper([HALF, THIRD], [2], -x)
    manifold = RiemannianManifold(sp.diag(1, profile**2), (x, y))
    for rtol in (None, 1e-12):
        grid = manifold.on_grid({x: AT, y: 0.0}, rtol=rtol)
        for v, value in zip(AT, grid.ricci_scalar.values.ravel()):
            with mpmath.workdps(40):
                f = lambda u: 1 + mpmath.hyp2f1(0.5, mpmath.mpf(1) / 3, 2, -u)
                right = -2 * mpmath.diff(f, mpmath.mpf(float(v)), 2) / f(mpmath.mpf(float(v)))
            assert abs(value - right) < (rtol or 1e-10) * abs(right)
