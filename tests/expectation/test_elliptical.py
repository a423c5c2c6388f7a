"""Elliptical families: closed forms from the literature, Mitchell's formula, and integrals over the plane itself."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov import StatisticalManifold
from chentsov.geometry.expectation import DensityError
from chentsov.geometry.expectation.density import read_density
from chentsov.geometry.expectation.elliptical import elliptical_form

R, oo = sp.Rational, sp.oo
x, y, z, m1, m2 = sp.symbols("x y z m1 m2", real=True)
r = sp.Symbol("r", real=True)
s, s1, s2, nu = sp.symbols("s s1 s2 nu", positive=True)
PLANE = {x: (-oo, oo), y: (-oo, oo)}
a, b = (x - m1) / s1, (y - m2) / s2
Q = (a**2 - 2 * r * a * b + b**2) / (1 - r**2)
ROOT = s1 * s2 * sp.sqrt(1 - r**2)
STUDENT = (1 + Q / nu) ** (-(nu + 2) / 2) / (2 * sp.pi * ROOT)
LOGISTIC = 2 / sp.pi * sp.exp(-Q) / (1 + sp.exp(-Q)) ** 2 / ROOT
KOTZ = Q * sp.exp(-(Q**2)) * 2 / sp.pi / ROOT
THETA = (m1, m2, s1, s2, r)
AT = {m1: R(1, 3), m2: -R(1, 2), s1: R(3, 2), s2: R(4, 5), r: R(2, 5)}


def student():
    return StatisticalManifold.from_density(STUDENT, PLANE, THETA, domain={r: (-1, 1)})


def test_bivariate_t():
    """Location (ν + d)/(ν + d + 2) Σ⁻¹ (Lange, Little and Taylor, JASA 84, 1989); the normal family for ν → ∞."""
    m = student()
    assert m.provenance.route == "elliptical reduction" and "∫p = 1 exactly" in m.provenance.checks[0]
    sigma = sp.Matrix([[s1**2, r * s1 * s2], [r * s1 * s2, s2**2]])
    for i in range(2):
        for j in range(2):
            assert m.field(m.metric[i, j]) == m.field(((nu + 2) / (nu + 4) * sigma.inv())[i, j])
    normal = StatisticalManifold.from_density(sp.exp(-Q / 2) / (2 * sp.pi * ROOT), PLANE, THETA, domain={r: (-1, 1)})
    for ours, theirs in zip(m.metric, normal.metric):
        assert sp.simplify(sp.limit(ours, nu, oo) - theirs) == 0
    assert sp.limit(m.ricci_scalar, nu, oo) == normal.ricci_scalar == -R(9, 2)


@pytest.mark.slow
@pytest.mark.parametrize("coordinates", [(m1, s2, r), pytest.param(THETA, marks=pytest.mark.slow)], ids=len)
def test_first_and_third_moments_of_the_scores_fit_the_metric(coordinates):
    m = StatisticalManifold.from_density(STUDENT, PLANE, coordinates, domain={r: (-1, 1)})
    e, n = m.exponential_connection(), range(m.dim)
    for i in n:
        for j in range(i + 1):
            for k in n:
                assert m.field(sp.diff(m.metric[i, j], m.coordinates[k])) == m.field(
                    sp.sympify(e[k, i, j]) + e[k, j, i] + m.amari_chentsov[i, j, k]
                )
    assert m.cross_form == m.metric


def mitchell(weight, at):
    """g = (4/d) E[uW²] ∂mᵀA∂m + (2E[u²W²]/(d(d+2))) tr(…) + (E[u²W²]/(d(d+2)) − ¼) tr tr, W = (log g)′, by mpmath."""
    d = 2
    u = sp.Symbol("u", positive=True)
    log_g = weight(u)
    f = sp.lambdify(u, sp.exp(log_g) * u ** (R(d, 2) - 1), "mpmath")
    w = sp.lambdify(u, sp.diff(log_g, u), "mpmath")
    with mpmath.workdps(25):
        mean = lambda h: (
            mpmath.quad(lambda t: h(t) * f(t), [0, 1, 4, mpmath.inf]) / mpmath.quad(f, [0, 1, 4, mpmath.inf])
        )
        first, second = (sp.Float(mean(lambda t, k=k: t**k * w(t) ** 2), 25) for k in (1, 2))
    inverse, c = sp.Matrix([[s1**2, r * s1 * s2], [r * s1 * s2, s2**2]]), sp.Matrix([m1, m2])
    A = inverse.inv()
    scaled = second / (d * (d + 2))

    def entry(i, j):
        p, q = (inverse * A.diff(t) for t in (i, j))
        total = (
            4 * first / d * (c.diff(i).T * A * c.diff(j))[0]
            + 2 * scaled * (p * q).trace()
            + (scaled - R(1, 4)) * p.trace() * q.trace()
        )
        return sp.N(total.subs(at), 22)

    return entry


@pytest.mark.parametrize(
    ("density", "weight"),
    [
        pytest.param(STUDENT.subs(nu, 3), lambda u: -R(5, 2) * sp.log(1 + u / 3), id="t", marks=pytest.mark.slow),
        pytest.param(LOGISTIC, lambda u: -u - 2 * sp.log(1 + sp.exp(-u)), id="logistic", marks=pytest.mark.slow),
        pytest.param(KOTZ, lambda u: sp.log(u) - u**2, id="Kotz"),
    ],
)  # fmt: skip
def test_against_the_formula_of_mitchell(density, weight):
    m = StatisticalManifold.from_density(density, PLANE, THETA, domain={r: (-1, 1)})
    entry = mitchell(weight, AT)
    found = m.fisher_at(AT, 22)
    balls = m.fisher_at(AT, 16, rigorous=True)
    for i, c in enumerate(THETA):
        for j, d in enumerate(THETA):
            truth = entry(c, d)
            assert abs(found[i, j] - truth) < 1e-18
            assert abs(float(balls[i][j].mid()) - float(truth)) < 1e-14 and float(balls[i][j].rad()) < 1e-13
            if m.expectation.nodes is None:
                assert abs(sp.N(m.metric[i, j].subs(AT), 25) - truth) < 1e-18


def test_curvature_by_the_gauss_equation():
    density = s / (2 * sp.pi * (s**2 + (x - m1) ** 2 + y**2) ** R(3, 2))
    m = StatisticalManifold.from_density(density, PLANE, (m1, s))
    assert m.metric == sp.diag(3, 4) / (5 * s**2) and m.ricci_scalar == -R(5, 2)
    assert abs(m.ricci_scalar_at({m1: 1, s: R(3, 2)}, 15) + R(5, 2)) < 1e-13


@pytest.mark.slow
def test_against_the_plane_itself():
    """E[s_i s_j] by Gauss–Legendre rules in polar coordinates of the original density."""
    m = student()
    at = {**AT, nu: 3}
    t, weights = np.polynomial.legendre.leggauss(120)
    radius, angle = np.meshgrid((1 + t) / (1 - t), np.pi * (1 + t), indexing="ij")
    area = np.outer(weights * 2 / (1 - t) ** 2, weights * np.pi) * radius
    scores = [sp.lambdify((x, y), (g * sp.exp(sp.log(STUDENT) / 2)).subs(at)) for g in m.score]
    values = [f(float(at[m1]) + radius * np.cos(angle), float(at[m2]) + radius * np.sin(angle)) for f in scores]
    for i in range(m.dim):
        for j in range(m.dim):
            assert abs((values[i] * values[j] * area).sum() - float(m.metric[i, j].subs(at))) < 1e-9


def test_shape_in_the_coordinates_and_three_dimensions():
    space = {**PLANE, z: (-oo, oo)}
    density = (
        sp.gamma((nu + 3) / 2)
        / (sp.gamma(nu / 2) * (nu * sp.pi) ** R(3, 2) * s**3)
        * (1 + ((x - m1) ** 2 + y**2 + z**2) / (nu * s**2)) ** (-(nu + 3) / 2)
    )
    m = StatisticalManifold.from_density(density, space, (m1, s, nu))
    assert m.provenance.route == "elliptical reduction"
    assert m.field(m.metric[0, 0]) == m.field((nu + 3) / ((nu + 5) * s**2)) and m.metric[0, 1] == m.metric[0, 2] == 0
    # Var(log u-part): −∂²_ν log normaliser, a second derivative instead of a square of scores
    assert m.field(m.negative_mean_hessian[2, 2]) == m.field(m.metric[2, 2])


def test_grids_of_radial_quadrature():
    m = StatisticalManifold.from_density(LOGISTIC.subs({r: 0}), PLANE, (m1, m2, s1, s2))
    assert m.provenance.route == "quadrature"
    axes = {m1: 0.0, m2: 1.0, s1: np.linspace(0.5, 2, 3), s2: [0.7, 1.3]}
    fast, proven = m.on_grid(axes, ("metric", "ricci_scalar")), m.on_grid(axes, ("metric", "ricci_scalar"), rtol=1e-11)
    assert not proven["status"].values.any()
    assert float(abs(fast["ricci_scalar"] - proven["ricci_scalar"]).max()) < 1e-11
    assert float(abs(fast["metric"] - proven["metric"]).max()) < 1e-11


@pytest.mark.parametrize("density", [1 / (1 + x**4 + y**4), sp.exp(-(x**2) - y**2 - x), 1 / (1 + x**2 - y**2) ** 2])
def test_what_is_not_elliptical(density):
    form = elliptical_form(read_density(density * s, PLANE, (s,)), {s: 1})
    assert form is None or density.has(sp.exp)  # a shifted centre is elliptical too


def test_only_polynomials_are_averaged_over_directions():
    m = student()
    assert m.field(m.expectation.mean([x])) == m.field(m1)
    with pytest.raises(DensityError, match="polynomial"):
        m.expectation.mean([sp.sin(x)])
