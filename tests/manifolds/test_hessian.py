"""Hessian manifolds: each formula against a second derivation in plain SymPy or in the dual chart."""

from itertools import product

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov import HessianManifold, RiemannianManifold
from chentsov.geometry.exact import canonical
from chentsov.geometry.manifolds import ManifoldError, SingularMetricError
from chentsov.geometry.manifolds.hessian_grid import is_positive_definite
from chentsov.geometry.manifolds.hessian_volumes import log_density, log_density_slopes

x, y, z = sp.symbols("x y z", real=True)
p, q = sp.symbols("p q", positive=True)
m = sp.Symbol("m", negative=True)
c = sp.Symbol("c", positive=True)

POTENTIALS = {
    "siegel": (-sp.log(y - x**2 / 2), (x, y)),
    "normal": (-(x**2) / (4 * m) - sp.log(-2 * m) / 2, (x, m)),
    "trinomial": (sp.log(1 + sp.exp(x) + sp.exp(y)), (x, y)),
    "entropy": (p * sp.log(p) + q * sp.log(q), (p, q)),
    "cubic": ((x**2 + y**2) / 2 + x * y**2 / 2, (x, y)),
    "coupled": (sp.log(1 + sp.exp(x) + sp.exp(y) + sp.exp(z)) + c * x**2 / 2, (x, y, z)),
    "spin": (sp.log(sp.cosh(x)), (x,)),
}
# A place inside the convex domain of each.
PLACES = {
    "siegel": (sp.Rational(1, 3), sp.Rational(5, 4)),
    "normal": (sp.Rational(2, 3), -sp.Rational(7, 5)),
    "trinomial": (sp.Rational(1, 5), -sp.Rational(3, 7)),
    "entropy": (sp.Rational(4, 3), sp.Rational(2, 7)),
    "cubic": (sp.Rational(1, 2), sp.Rational(1, 3)),
    "coupled": (sp.Rational(1, 2), sp.Rational(1, 3), -sp.Rational(2, 3)),
    "spin": (sp.Rational(3, 4),),
}
CLOSED = ("siegel", "normal", "trinomial", "entropy", "spin")


@pytest.fixture(
    scope="module",
    params=[pytest.param(p, marks=pytest.mark.slow if p == "coupled" else ()) for p in sorted(POTENTIALS)],
)
def name(request):
    return request.param


_made = {}


def manifold(name):
    if name not in _made:
        _made[name] = HessianManifold(*POTENTIALS[name])
    return _made[name]


def at(name, expression):
    """The value of an expression at the place, to 40 digits."""
    place = dict(zip(POTENTIALS[name][1], PLACES[name])) | {c: sp.Rational(3, 5)}
    return sp.N(sp.sympify(expression).subs(place), 40)


def close(one, other, digits=30):
    return abs(one - other) <= sp.Float(10) ** -digits * (1 + abs(other))


def test_metric_and_cubic_are_derivatives_of_the_potential(name):
    psi, coordinates = POTENTIALS[name]
    made = manifold(name)
    for i, a in enumerate(coordinates):
        assert close(at(name, made.dual_coordinates[i]), at(name, psi.diff(a)))
        for j, b in enumerate(coordinates):
            assert close(at(name, made.metric[i, j]), at(name, psi.diff(a, b)))
            for k, d in enumerate(coordinates):
                assert close(at(name, made.cubic[i, j, k]), at(name, psi.diff(a, b, d)))
                assert close(at(name, made.quartic[0, i, j, k]), at(name, psi.diff(coordinates[0], a, b, d)))


def _log_volume(name):
    """log √det of the Hessian of ψ as a function of numbers."""
    psi, coordinates = POTENTIALS[name]
    g = sp.lambdify(coordinates, sp.hessian(psi, coordinates).subs(c, sp.Rational(3, 5)), "mpmath")
    return lambda *point: mpmath.log(mpmath.det(g(*point))) / 2


def test_koszul_forms_are_derivatives_of_the_volume(name):
    made, n = manifold(name), len(PLACES[name])
    with mpmath.workdps(60):
        place = [mpmath.mpf(int(v.p)) / int(v.q) for v in PLACES[name]]
        for i in range(n):
            first = [int(i == k) for k in range(n)]
            assert (
                abs(mpmath.diff(_log_volume(name), place, first) - mpmath.mpf(str(at(name, made.koszul_alpha[i]))))
                < 1e-25
            )
            for j in range(n):
                second = [int(i == k) + int(j == k) for k in range(n)]
                ours = mpmath.mpf(str(at(name, made.koszul_beta[i, j])))
                assert abs(mpmath.diff(_log_volume(name), place, second) - ours) < 1e-20


def _curvature_of(gamma, coordinates):
    """R^i_jkl of a connection Γ^i_jk by its definition."""
    n = range(len(coordinates))
    return {
        (i, j, k, l): gamma[i, j, l].diff(coordinates[k]) - gamma[i, j, k].diff(coordinates[l])
        + sum(gamma[i, k, h] * gamma[h, j, l] - gamma[i, l, h] * gamma[h, j, k] for h in n)
        for i in n for j in n for k in n for l in n
    }  # fmt: skip


def test_both_flat_connections_are_flat(name):
    made = manifold(name)
    for gamma in (made.primal_connection, made.dual_connection):
        for component in _curvature_of(gamma, made.coordinates).values():
            assert canonical(component, made.coordinates) == 0


@pytest.mark.parametrize("alpha", [0, sp.Rational(1, 3), sp.Symbol("alpha", real=True)])
def test_alpha_connections_are_dual_and_their_curvature_scales(name, alpha):
    made = manifold(name)
    n, g, plus, minus = range(made.dim), made.metric, made.alpha_connection(alpha), made.alpha_connection(-alpha)
    for i in n:
        for j in n:
            for k in n:
                # X g(Y, Z) = g(∇_X Y, Z) + g(Y, ∇*_X Z)
                dual = sum(g[a, j] * plus[a, k, i] + g[a, i] * minus[a, k, j] for a in n)
                assert canonical(g[i, j].diff(made.coordinates[k]) - dual, made.coordinates) == 0
    if made.dim <= 2 or alpha == 0:
        riemann, inverse = _curvature_of(plus, made.coordinates), made.inverse_metric
        scalar = sum(inverse[j, l] * riemann[i, j, i, l] for i in n for j in n for l in n)
        assert canonical(scalar - made.alpha_ricci_scalar(alpha), made.coordinates) == 0
        if alpha == 0:
            assert canonical(scalar - made.ricci_scalar, made.coordinates) == 0


def test_hessian_curvature(name):
    psi, coordinates = POTENTIALS[name]
    made = manifold(name)
    n = range(made.dim)
    inverse = sp.hessian(psi, coordinates).applyfunc(lambda e: at(name, e)).inv()
    third = {
        (i, j, k): at(name, psi.diff(coordinates[i], coordinates[j], coordinates[k])) for i in n for j in n for k in n
    }
    tensor, riemann = made.hessian_curvature, made.riemann_lowered
    for i, j, k, l in product(n, repeat=4):
        square = sum(inverse[r, s] * third[i, k, r] * third[j, l, s] for r in n for s in n)
        fourth = at(name, psi.diff(coordinates[i], coordinates[j], coordinates[k], coordinates[l]))
        assert close(at(name, tensor[i, j, k, l]), (fourth - square) / 2)
        # The Riemann tensor is its antisymmetric part.
        assert close(at(name, (tensor[i, j, k, l] - tensor[j, i, k, l]) / 2), at(name, riemann[i, j, k, l]))


def test_three_laplacians(name):
    made = manifold(name)
    f = sum((k + 1) * a**2 for k, a in enumerate(made.coordinates)) + made.coordinates[0] * sp.exp(made.coordinates[-1])
    forms = {form: made.laplacian(f, form) for form in ("affine", "riemannian", "dual")}
    textbook = sum(
        (made.volume_density * made.inverse_metric[i, j] * f.diff(b)).diff(a) for i, a in enumerate(made.coordinates)
        for j, b in enumerate(made.coordinates)
    ) / made.volume_density  # fmt: skip
    assert close(at(name, forms["riemannian"]), at(name, textbook))
    assert canonical(forms["affine"] + forms["dual"] - 2 * forms["riemannian"], made.coordinates) == 0
    gradient = made.gradient(f)
    for form, volume in (("affine", "dual"), ("riemannian", "riemannian"), ("dual", "primal")):
        assert canonical(made.divergence(gradient, volume) - forms[form], made.coordinates) == 0
        # The same divergence from the density itself.
        rho = sp.exp(log_density(made, volume)).replace(sp.Abs, lambda a: a)
        direct = sum((rho * gradient[i]).diff(a) for i, a in enumerate(made.coordinates)) / rho
        assert close(at(name, direct), at(name, forms[form]), 25)


@pytest.mark.parametrize("name", CLOSED)
def test_legendre_duality(name):
    made = manifold(name)
    dual = made.dual()
    here = dict(zip(made.dual_symbols, made.dual_coordinates))
    assert dual.dual() is made and dual.coordinates == made.dual_symbols
    for a, inverse in zip(made.coordinates, dual.dual_coordinates):
        assert close(at(name, inverse.subs(here)), at(name, a))
    # ψ(θ) + φ(η) = θ·η, and the metrics are inverse to each other.
    product = sum(a * e for a, e in zip(made.coordinates, made.dual_coordinates))
    assert close(at(name, dual.potential.subs(here) + made.potential), at(name, product))
    assert close(at(name, made.dual_potential_in_coordinates), at(name, dual.potential.subs(here)))
    for i in range(made.dim):
        for j in range(made.dim):
            assert close(at(name, dual.metric[i, j].subs(here)), at(name, made.inverse_metric[i, j]))
    assert close(at(name, dual.ricci_scalar.subs(here)), at(name, made.ricci_scalar))
    # The dual Laplacian here is the affine Laplacian there.
    f = made.coordinates[0] ** 2 + sum(made.coordinates)
    there = dual.laplacian(f.subs(dict(zip(made.coordinates, dual.dual_coordinates))), "affine")
    assert close(at(name, there.subs(here)), at(name, made.laplacian(f, "dual")))


def test_dual_of_dual_is_derived_again_from_scratch():
    made = manifold("siegel")
    again = HessianManifold(made.dual_potential, made.dual_symbols)
    back = again.dual()
    renamed = back.potential.subs(dict(zip(back.coordinates, made.coordinates)))
    assert close(at("siegel", renamed), at("siegel", made.potential))


def test_bregman_divergence():
    made = manifold("trinomial")
    one, other = (sp.Rational(1, 3), -1), (sp.Rational(2, 5), sp.Rational(1, 7))
    divergence = made.bregman(one, other)
    # KL(other ‖ one) of the categorical distributions, summed over the three outcomes.
    weights = []
    for a, b in (one, other):
        total = 1 + sp.exp(a) + sp.exp(b)
        weights.append([1 / total, sp.exp(a) / total, sp.exp(b) / total])
    kl = sum(b * sp.log(b / a) for a, b in zip(*weights))
    assert close(sp.N(divergence, 40), sp.N(kl, 40)) and sp.N(divergence) > 0
    images = [[e.subs(dict(zip(made.coordinates, point))) for e in made.dual_coordinates] for point in (one, other)]
    assert close(sp.N(made.dual().bregman(images[1], images[0]), 40), sp.N(divergence, 40))
    assert made.bregman({"x": 1, "y": 2}, (1, 2)) == 0
    with pytest.raises(ManifoldError, match="p has 1 coordinates; this manifold has 2"):
        made.bregman((1,), (1, 2))
    with pytest.raises(ManifoldError, match="lacks a value of y"):
        made.bregman({"x": 1}, (1, 2))


@pytest.mark.slow
def test_geodesics_of_the_flat_connections():
    t = sp.Symbol("t", real=True)
    made = manifold("trinomial")
    start, end = (0, sp.Rational(1, 2)), (1, -sp.Rational(1, 3))
    assert made.primal_geodesic(start, end, t) == (t, sp.Rational(1, 2) - sp.Rational(5, 6) * t)
    curve = made.dual_geodesic(start, end, t)
    here = dict(zip(made.coordinates, curve))
    gamma = made.dual_connection
    for i in range(2):
        acceleration = curve[i].diff(t, 2) + sum(
            gamma[i, j, k].subs(here) * curve[j].diff(t) * curve[k].diff(t) for j in range(2) for k in range(2)
        )
        assert abs(sp.N(acceleration.subs(t, sp.Rational(3, 10)), 30)) < 1e-25
        assert close(sp.N(curve[i].subs(t, 1), 30), sp.N(end[i], 30), 25)
    thrown = made.dual_geodesic(start, t=t, velocity=(1, 2))
    for i, v in enumerate((1, 2)):
        assert close(sp.N(thrown[i].diff(t).subs(t, 0), 30), sp.N(v, 30), 25)
    with pytest.raises(ManifoldError, match="end point q or its velocity"):
        made.dual_geodesic(start, end, t, velocity=(1, 2))


def test_legendre_transform_in_numbers_agrees_with_the_closed_form():
    made = manifold("trinomial")
    eta = np.random.default_rng(3).dirichlet([1, 1, 1], size=40)[:, :2]
    theta, phi = made.legendre.conjugate(eta)
    rest = 1 - eta.sum(1)
    np.testing.assert_allclose(theta, np.log(eta / rest[:, None]), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(phi, (eta * np.log(eta)).sum(1) + rest * np.log(rest), rtol=1e-12, atol=1e-12)


@pytest.mark.slow
def test_legendre_transform_without_closed_form():
    made = HessianManifold(sp.cosh(x) + x**4 + c * x * y + y**2 + sp.exp(y), (x, y))
    made.legendre.seconds = 1.0
    assert not made.legendre.is_closed
    with pytest.raises(ManifoldError, match="legendre.conjugate"):
        made.dual_potential
    theta, phi = made.legendre.conjugate([[30.0, -4.0], [0.5, 900.0]], {"c": 0.5})
    gradient = sp.lambdify((x, y), [e.subs(c, 0.5) for e in made.dual_coordinates])
    for point, target in zip(theta, ((30.0, -4.0), (0.5, 900.0))):
        np.testing.assert_allclose(gradient(*point), target, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(
        phi[0], theta[0] @ [30.0, -4.0] - float(made.potential.subs({x: theta[0, 0], y: theta[0, 1], c: 0.5}))
    )
    one = HessianManifold(made.potential.subs(c, sp.Rational(1, 2)), (x, y))
    one.legendre.seconds = 1.0
    curve = one.dual_geodesic((0, 0), (1, 1), np.linspace(0, 1, 5))
    np.testing.assert_allclose(curve[[0, -1]], [[0, 0], [1, 1]], atol=1e-10)
    with pytest.raises(ManifoldError, match="needs numbers"):
        one.dual_geodesic((0, 0), (1, 1), sp.Symbol("t"))


def test_the_dual_without_closed_form():
    """Exact in terms of θ(η): inverse metric, same curvature, inverse cubic; numbers to 25 digits."""
    made = HessianManifold(sp.exp(x) + x**4 + c * x * y + y**2 + sp.exp(y), (x, y))
    made.legendre.seconds = 0.5
    dual = made.dual()
    assert dual.dual() is made and not made.legendre.is_closed
    place = {x: sp.Rational(1, 3), y: -sp.Rational(2, 5), c: sp.Rational(1, 2)}
    there = {s: e.subs(place) for s, e in zip(dual.coordinates, made.dual_coordinates)} | {c: place[c]}

    def seen(expression):
        return sp.N(expression.subs(there), 30)

    assert abs(seen(dual.dual_coordinates[0]) - place[x]) < 1e-25
    assert abs(seen(dual.potential) - sp.N(made.dual_potential_in_coordinates.subs(place), 30)) < 1e-25
    assert abs(seen(dual.ricci_scalar) - sp.N(made.ricci_scalar.subs(place), 30)) < 1e-22
    inverse = made.inverse_metric.subs(place)
    for i in range(2):
        for j in range(2):
            assert abs(seen(dual.metric[i, j]) - sp.N(inverse[i, j], 30)) < 1e-25
            # T*^ijk = −g^ia g^jb g^kc T_abc
            raised = -sum(
                inverse[i, p_] * inverse[j, q_] * inverse[0, r_] * made.cubic[p_, q_, r_].subs(place)
                for p_ in range(2) for q_ in range(2) for r_ in range(2)
            )  # fmt: skip
            assert abs(seen(dual.cubic[i, j, 0]) - sp.N(raised, 30)) < 1e-24


def test_what_has_no_maximum_is_refused():
    spin = manifold("spin")
    with pytest.raises(ManifoldError, match="runs away"):
        spin.legendre.conjugate([1.5])
    with pytest.raises(ManifoldError, match=r"last axis of 1"):
        spin.legendre.conjugate([0.1, 0.2])
    with pytest.raises(ManifoldError, match="finite values"):
        spin.legendre.conjugate([float("nan")])
    with pytest.raises(ManifoldError, match="not in the domain"):
        manifold("siegel").legendre.conjugate([0.1, -0.2], start=[3.0, 0.0])


def test_convexity():
    made = manifold("cubic")
    assert made.convexity_conditions() == (1, x - y**2 + 1)
    assert made.is_convex_at((0, 0)) and not made.is_convex_at((0, 2))
    with pytest.raises(ManifoldError, match=r"not convex at x = 0, y = 2: its Hessian has the eigenvalue -1\."):
        made.check_convex((0, 2))
    with pytest.raises(ManifoldError, match="is not real and finite"):
        HessianManifold(sp.log(x) * y + y**2, (x, y)).check_convex((0, 1))


def test_hessian_sectional_curvature():
    assert manifold("siegel").hessian_sectional_constant == 1
    assert manifold("trinomial").hessian_sectional_constant == -1
    assert manifold("cubic").hessian_sectional_constant is None
    siegel = manifold("siegel")
    for direction in ([1, 0], [x, 2], sp.Matrix([[1, 2], [2, y]])):
        assert siegel.hessian_sectional_curvature(direction) == 1
    for wrong, words in (([1, 2, 3], "shape"), ([[1, 2], [0, 1]], "symmetric matrix"), ([0, 0], "length zero")):
        with pytest.raises(ManifoldError, match=words):
            siegel.hessian_sectional_curvature(wrong)


def test_constant_hessian_sectional_curvature_means_constant_curvature():
    made = HessianManifold(sp.log(1 + sp.exp(x) + sp.exp(y) + sp.exp(z)), (x, y, z))
    assert made.hessian_sectional_constant == -1
    assert made.constant_curvature() == sp.Rational(1, 4)


def test_a_gradient_is_enough():
    made = HessianManifold(None, (x, y), dual_coordinates=[x + y**2 / 2, x * y + sp.exp(y)])
    assert made.metric == sp.Matrix([[1, y], [y, x + sp.exp(y)]]) and made.structure == "hessian"
    with pytest.raises(ManifoldError, match="no closed form of ψ"):
        made.potential


@pytest.mark.parametrize(
    "arguments, words",
    [
        ((None, (x,), {}), "needs a potential"),
        ((x**2, (x,), {"dual_coordinates": [x]}), "but ∂ψ/∂x = 2\\*x"),
        ((None, (x, y), {"dual_coordinates": [x, x + y]}), "not symmetric"),
        ((None, (x, y), {"dual_coordinates": [x]}), "1 dual coordinates for 2"),
        ((x**2 + c * y**2, (x, y), {"constants": ()}), "neither a coordinate nor a declared constant"),
        (("x**2", (x,), {}), "string"),
        ((sp.oo, (x,), {}), "not finite"),
    ],
)
def test_bad_input(arguments, words):
    potential, coordinates, options = arguments
    with pytest.raises(ManifoldError, match=words):
        HessianManifold(potential, coordinates, **options)


def test_a_degenerate_potential_is_refused():
    with pytest.raises(SingularMetricError, match="singular everywhere"):
        HessianManifold((x + y) ** 2, (x, y))


def test_volumes():
    made = manifold("siegel")
    general = RiemannianManifold([[1, 0], [0, 1 + x**2]], (x, y))
    with pytest.raises(ManifoldError, match="dual volume"):
        log_density_slopes(general, "dual")
    with pytest.raises(ManifoldError, match="unknown volume 'flat'"):
        made.divergence([1, 0], "flat")
    with pytest.raises(ManifoldError, match="identically zero"):
        made.divergence([1, 0], sp.S.Zero)
    with pytest.raises(ManifoldError, match="unknown form"):
        made.laplacian(x, "flat")
    assert made.divergence([x, 0], sp.exp(x)) == x + 1


def test_grids_are_masked_where_the_potential_is_not_convex():
    made = manifold("cubic")
    axes = {"x": np.linspace(-3, 1, 9), "y": np.linspace(-2, 2, 7)}
    grid = made.on_grid(axes, ["ricci_scalar", "koszul_alpha"])
    across, upward = np.meshgrid(*axes.values(), indexing="ij")
    convex = across - upward**2 + 1 > 0
    singular = across - upward**2 + 1 == 0
    assert (np.isfinite(grid.ricci_scalar.values) == convex).all() and "metric" not in grid
    assert (np.isfinite(grid.koszul_alpha.values) == convex).all()
    assert (grid.status.values[convex] == 0).all() and (grid.status.values[~convex & ~singular] == 4).all()
    assert grid.status.attrs["flag_meanings"].split()[-1] == "potential_not_convex"
    np.testing.assert_allclose(
        grid.ricci_scalar.values[convex], 1 / (2 * (across - upward**2 + 1)[convex] ** 2), rtol=1e-13
    )
    everywhere = made.on_grid(axes, ["ricci_scalar", "metric"], convex=False)
    assert (
        np.isfinite(everywhere.ricci_scalar.values[~convex & ~singular]).all()
        and (everywhere.status.values[~singular] == 0).all()
    )
    assert made.on_grid(axes, "metric").metric.dims == ("i", "j", "x", "y")


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_positive_definiteness_against_eigenvalues(n):
    draw = np.random.default_rng(n)
    matrices = draw.normal(size=(n, n, 300))
    matrices = (matrices + matrices.swapaxes(0, 1)) / 2 + np.eye(n)[..., None] * draw.uniform(-1, 3, 300)
    lowest = np.linalg.eigvalsh(np.moveaxis(matrices, -1, 0))[:, 0]
    assert 20 < (lowest > 0).sum() < 300 and (is_positive_definite(matrices) == (lowest > 0)).all()


def test_far_cells_of_a_nearly_singular_metric_are_decided_without_balls(monkeypatch):
    """Ising's metric: a pivot is a millionth of its entry at strong coupling, and positive."""
    from chentsov.geometry.manifolds import hessian_grid
    from chentsov.models import gibbs

    def none(*_):
        raise AssertionError("a cell went to balls")

    monkeypatch.setattr(hessian_grid, "Convexity", none)
    axis = np.linspace(-8, 8, 40)
    manifold = gibbs.ising_chain()
    grid = manifold.on_grid(dict(zip(manifold.coordinates, (axis, axis))), rtol=1e-10)
    b, h = axis[:, None], axis
    right = 1 + np.cosh(h) / np.sqrt(np.sinh(h) ** 2 + np.exp(-4 * b))
    np.testing.assert_allclose(grid.ricci_scalar.values, right, rtol=1e-10)
    assert not grid.status.values.any()
