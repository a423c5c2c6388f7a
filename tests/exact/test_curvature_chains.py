"""From a metric or a potential to the Ricci scalar by the textbook formulas, on top of the field alone.

Two roads for potentials: the general formula, with second derivatives of the metric, and the one for
Hessian metrics, with third derivatives of the potential only; they share no formula for the curvature.
"""

import itertools

import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField, determinant, inverse

from tests.reference import cases

x, y, h, b = sp.symbols("x y h b", real=True)


def ricci_scalar(field, metric, coordinates):
    """R = g^jl R^i_jil with R^i_jkl = d_k G^i_jl - d_l G^i_jk + G^i_km G^m_jl - G^i_lm G^m_jk."""
    span, inv = range(len(coordinates)), inverse(metric)
    d = [[[metric[i][j].diff(z) for z in coordinates] for j in span] for i in span]

    def total(terms):
        return sum(terms, field.zero)

    gamma = [
        [[total(inv[i][m] * (d[m][k][j] + d[m][j][k] - d[j][k][m]) for m in span) / 2 for k in span] for j in span]
        for i in span
    ]
    scalar = field.zero
    for j, k in itertools.product(span, span):
        ricci = total(gamma[i][j][k].diff(coordinates[i]) - gamma[i][j][i].diff(coordinates[k]) for i in span) + total(
            gamma[i][i][m] * gamma[m][j][k] - gamma[i][k][m] * gamma[m][j][i] for i in span for m in span
        )
        scalar = scalar + inv[j][k] * ricci
    return scalar


def hessian(field, potential, coordinates):
    rates = [potential.diff(z) for z in coordinates]
    return [[rate.diff(z) for z in coordinates] for rate in rates]


def hessian_ricci_scalar(field, potential, coordinates):
    """R = (|T|^2 - |tr T|^2)/4 with T the third derivatives of the potential."""
    metric, span = hessian(field, potential, coordinates), range(len(coordinates))
    inv = inverse(metric)
    mixed = [
        [[sum((inv[i][m] * metric[m][j].diff(coordinates[k]) for m in span), field.zero) for k in span] for j in span]
        for i in span
    ]
    trace = [sum((mixed[i][i][k] for i in span), field.zero) for k in span]
    scalar = field.zero
    for k, m in itertools.product(span, span):
        squares = sum((mixed[i][j][k] * mixed[j][i][m] for i in span for j in span), field.zero)
        scalar = scalar + inv[k][m] * (squares - trace[k] * trace[m])
    return scalar / 4


@pytest.mark.parametrize("case", cases("metric", key="ricci_scalar"))
def test_verified_metrics(case):
    field = DifferentialField(case.coordinates)
    metric = [[field(_parsed(case, e)) for e in row] for row in case.definition["metric"]]
    assert ricci_scalar(field, metric, case.coordinates) == _parsed(case, case.record["expected"]["ricci_scalar"])


@pytest.mark.parametrize("case", cases("potential", key="ricci_scalar"))
def test_verified_potentials_by_both_roads(case):
    field = DifferentialField(case.coordinates)
    potential = field(_parsed(case, case.definition["potential"]))
    expected = _parsed(case, case.record["expected"]["ricci_scalar"])
    assert hessian_ricci_scalar(field, potential, case.coordinates) == expected
    if not potential.as_expr().has(sp.polylog):  # lowers the order once more, at several times the cost
        assert ricci_scalar(field, hessian(field, potential, case.coordinates), case.coordinates) == expected


def _parsed(case, text):
    return sp.sympify(text, locals=dict(case.symbols))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_categorical_family_has_the_curvature_of_a_sphere_of_radius_two(n):
    """p -> 2 sqrt(p) maps the simplex to a sphere of radius 2 in n + 1 dimensions: R = n (n - 1)/4."""
    symbols = sp.symbols(f"u:{n}", real=True)
    field = DifferentialField(symbols)
    potential = field(sp.log(1 + sum(map(sp.exp, symbols))))
    assert hessian_ricci_scalar(field, potential, symbols) == sp.Rational(n * (n - 1), 4)
    if n < 4:
        assert ricci_scalar(field, hessian(field, potential, symbols), symbols) == sp.Rational(n * (n - 1), 4)


def test_one_dimensional_ising_model():
    """Janke, Johnston and Malmini, Phys. Rev. E 66 (2002): R = 1 + cosh h/sqrt(sinh^2 h + exp(-4 beta))."""
    field = DifferentialField((b, h))
    scalar = hessian_ricci_scalar(
        field, field(b + sp.log(sp.cosh(h) + sp.sqrt(sp.sinh(h) ** 2 + sp.exp(-4 * b)))), (b, h)
    )
    assert scalar.as_expr() == 1 + sp.cosh(h) / sp.sqrt(sp.sinh(h) ** 2 + sp.exp(-4 * b))


def test_kerr_is_ricci_flat():
    t, r, th, ph = sp.symbols("t r theta phi", real=True)
    m, a = sp.symbols("m a", positive=True)
    s, d = r**2 + a**2 * sp.cos(th) ** 2, r**2 - 2 * m * r + a**2
    cross = -2 * m * a * r * sp.sin(th) ** 2 / s
    metric = [
        [-(1 - 2 * m * r / s), 0, 0, cross], [0, s / d, 0, 0], [0, 0, s, 0],
        [cross, 0, 0, (r**2 + a**2 + 2 * m * a**2 * r * sp.sin(th) ** 2 / s) * sp.sin(th) ** 2],
    ]  # fmt: skip
    field = DifferentialField((t, r, th, ph))
    entries = [[field(e) for e in row] for row in metric]
    assert determinant(entries) == -(s**2) * sp.sin(th) ** 2
    assert ricci_scalar(field, entries, (t, r, th, ph)).is_zero


def test_a_metric_of_undefined_functions():
    """ds^2 = dr^2 + f(r)^2 dphi^2 has R = -2 f''/f."""
    f = sp.Function("f")
    field = DifferentialField((x, y))
    metric = [[field.one, field.zero], [field.zero, field(f(x) ** 2)]]
    assert ricci_scalar(field, metric, (x, y)).as_expr() == -2 * f(x).diff(x, 2) / f(x)
