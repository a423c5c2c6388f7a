"""What people hand in: many spellings of one geometry give one answer, and what is no geometry gets one clear error."""

from __future__ import annotations

import chentsov as ch
import numpy as np
import pytest
import sympy as sp

x, y = sp.symbols("x y")
r = sp.Symbol("r", positive=True)
HALF_PLANE = [[1 / y**2, 0], [0, 1 / y**2]]


@pytest.mark.parametrize(
    "metric",
    [
        HALF_PLANE,
        tuple(map(tuple, HALF_PLANE)),
        sp.Matrix(HALF_PLANE),
        sp.ImmutableMatrix(HALF_PLANE),
        sp.SparseMatrix(HALF_PLANE),
        sp.Array(HALF_PLANE),
        sp.MutableDenseNDimArray(HALF_PLANE),
        sp.diag(1 / y**2, 1 / y**2),
        np.array(HALF_PLANE, dtype=object),
        sp.eye(2) / y**2,
        sp.MatMul(sp.Identity(2), sp.diag(1 / y**2, 1 / y**2)),
    ],
    ids=lambda m: type(m).__name__,
)
def test_a_metric_in_any_container(metric):
    assert ch.RiemannianManifold(metric, (x, y)).ricci_scalar == -2


@pytest.mark.parametrize(
    "coordinates",
    [[x, y], (x, y), sp.Matrix([x, y]), sp.Tuple(x, y), sp.Array([x, y]), np.array([x, y]), iter((x, y))],
    ids=lambda c: type(c).__name__,
)
def test_coordinates_in_any_container(coordinates):
    assert ch.RiemannianManifold(HALF_PLANE, coordinates).ricci_scalar == -2


# g_yy = f(x)² with R = −2 f″/f: pairs of spellings of one function.
SPELLINGS = [
    (sp.sinh(x) ** 2, -2),
    (sp.exp(2 * sp.log(sp.sinh(x))), -2),
    ((sp.exp(x) - sp.exp(-x)) ** 2 / 4, -2),
    (sp.cosh(x) ** 2 - 1, -2),
    ((sp.cosh(2 * x) - 1) / 2, -2),
    (sp.sin(x) ** 2, 2),
    (1 - sp.cos(x) ** 2, 2),
    ((1 - sp.cos(2 * x)) / 2, 2),
    (sp.tan(x) ** 2 / sp.sec(x) ** 2, 2),
    (1 / sp.csc(x) ** 2, 2),
    (1 / (1 + sp.cot(x) ** 2), 2),
    (4 * sp.sin(x / 2) ** 2 * sp.cos(x / 2) ** 2, 2),
    (4 * sp.tan(x / 2) ** 2 / (1 + sp.tan(x / 2) ** 2) ** 2, 2),
    (sp.sin(x + sp.pi) ** 2, 2),
    (sp.cos(x - sp.pi / 2) ** 2, 2),
    ((sp.exp(sp.I * x) - sp.exp(-sp.I * x)) ** 2 / -4, 2),
    (sp.sin(sp.I * x) ** 2 / -1, -2),
    (sp.Derivative(sp.cos(x), x) ** 2, 2),
    (sp.exp(2 * x), -2),
    (4 ** (x / sp.log(2)), -2),
    (sp.E ** (2 * x), -2),
    (sp.exp(2.0 * x), -2),
    (sp.exp(sp.UnevaluatedExpr(x) * 2), -2),
    (sp.exp(x, evaluate=False) ** 2, -2),
    (x**2, 0),
    (x**2.0, 0),
    (0.25 * x**2, 0),
    (sp.sqrt(x**2) ** 2, 0),
    (sp.Abs(x) ** 2, 0),
    (sp.exp(2 * sp.log(x)), 0),
    ((x**3 - x) ** 2 / (x**2 - 1) ** 2, 0),
    (x * sp.conjugate(x), 0),
    (sp.re(x) ** 2 + sp.im(x) ** 2, 0),
    (sp.Abs(x).diff(x) ** 2 * x**2, 0),
    (sp.Pow(sp.Add(x, x, evaluate=False), 2, evaluate=False), 0),
    (sp.expand((x + 3) ** 2), 0),
    (2, 0),
    (sp.pi, 0),
    (x ** sp.Rational(2, 3), sp.Rational(4, 9) / x**2),
    (sp.cbrt(x) ** 2, sp.Rational(4, 9) / x**2),
    (sp.exp(sp.log(x) * 2 / 3), sp.Rational(4, 9) / x**2),
    (sp.sqrt(1 + x**2) ** 2, -2 / (1 + x**2) ** 2),
    (sp.cosh(sp.asinh(x)) ** 2, -2 / (1 + x**2) ** 2),
    (1 / sp.cos(sp.atan(x)) ** 2, -2 / (1 + x**2) ** 2),
    (sp.exp(2 * sp.asinh(x)), -2 / ((1 + x**2) * sp.sqrt(1 + x**2) * (x + sp.sqrt(1 + x**2)))),
    (sp.sqrt(sp.sqrt(x**4 + 2 * x**2 + 1)) ** 4, -4 / (1 + x**2)),
    (sp.exp(sp.log(1 + x**2, evaluate=False), evaluate=False), -2 / (1 + x**2) ** 2),
]


@pytest.mark.parametrize("square, curvature", SPELLINGS, ids=lambda e: str(e)[:40])
def test_one_function_in_many_spellings(square, curvature):
    manifold = ch.RiemannianManifold([[1, 0], [0, square]], (x, y))
    assert (manifold.field(manifold.ricci_scalar) - manifold.field(curvature)).is_zero


@pytest.mark.parametrize(
    "metric, message",
    [
        ([["1/y**2", "0"], ["0", "1/y**2"]], "string"),
        ([[1, 0]], "not square"),
        ([[1, 0], [0]], "different lengths"),
        (sp.eye(3), "3×3"),
        ([1, 0, 0, 1], "rows"),
        (None, "rows"),
        ({(0, 0): 1}, "rows"),
        ([[sp.nan, 0], [0, 1]], "not finite"),
        ([[sp.oo, 0], [0, 1]], "not finite"),
        ([[float("nan"), 0], [0, 1]], "not finite"),
        ([[1, x], [0, 1]], "not symmetric"),
        ([[x > 0, 0], [0, 1]], "scalar"),
        ([[1, x], [x, x**2]], "singular"),
        ([[1, sp.sin(x)], [sp.sin(x), 1 - sp.cos(x) ** 2]], "singular"),
        (sp.zeros(2), "singular"),
        ([[1, 0], [0, sp.Piecewise((x**2, x > 0), (1, True))]], "branch"),
        ([[1, 0], [0, sp.floor(x) + 1]], "floor"),
        ([[1, 0], [0, 1 + sp.Heaviside(x)]], "Heaviside"),
        ([[1, 0], [0, sp.arg(x)]], "arg is not"),
        ([[1, 0], [0, sp.re(sp.I * x + 1, evaluate=False)]], "re is not"),
        ([[1, 0], [0, sp.Symbol("x", real=True) ** 2]], "two different symbols have the name x"),
        ([[1, 0], [0, sp.Symbol("A", commutative=False)]], "noncommutative"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_what_is_no_metric_gets_one_clear_error(metric, message):
    with pytest.raises(ValueError, match=message) as problem:
        ch.RiemannianManifold(metric, (x, y)).ricci_scalar
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    "coordinates, message",
    [
        ("x y", "symbols"),
        (["x", "y"], "not a SymPy Symbol"),
        ([x, x], "repeated"),
        ([], "at least one"),
        (None, "symbols"),
        ([x, sp.Function("f")(x)], "not a SymPy Symbol"),
        ([x, 2], "not a SymPy Symbol"),
        ([x, sp.Symbol("x", real=True)], "same name"),
    ],
    ids=str,
)
def test_what_are_no_coordinates_gets_one_clear_error(coordinates, message):
    with pytest.raises(ValueError, match=message):
        ch.RiemannianManifold(HALF_PLANE, coordinates)


def test_symbols_of_the_same_name_are_caught_in_functions_flows_and_densities_too():
    plane = ch.RiemannianManifold(sp.eye(2), (x, y))
    other = sp.Symbol("x", real=True)
    for call in (
        lambda: plane.laplacian(other**2),
        lambda: plane.gradient(other),
        lambda: ch.Flow(plane, [other, 0]).compressibility(),
        lambda: ch.HessianManifold(other**2 + y**2, (x, y)),
    ):
        with pytest.raises(ValueError, match="two different symbols have the name x"):
            call()
    normal = sp.exp(-((x - y) ** 2) / 2) / sp.sqrt(2 * sp.pi)
    for variables, coordinates in (
        ({other: (-sp.oo, sp.oo)}, (y,)),
        ({x: (-sp.oo, sp.oo)}, (sp.Symbol("y", real=True),)),
    ):
        with pytest.raises(ValueError, match="two different symbols"):
            ch.StatisticalManifold.from_density(normal, variables, coordinates)


@pytest.mark.parametrize(
    "variables",
    [[x], [(x, -sp.oo, sp.oo)], (x, 0, 1), {"x": (-sp.oo, sp.oo)}, {x: (sp.oo, -sp.oo)}, {x: 3}, {}],
    ids=str,
)
def test_what_is_no_sample_space_gets_one_clear_error(variables):
    with pytest.raises(ValueError):
        ch.StatisticalManifold.from_density(sp.exp(-((x - y) ** 2) / 2) / sp.sqrt(2 * sp.pi), variables, (y,))


@pytest.mark.parametrize(
    "space",
    [(-sp.oo, sp.oo), sp.Interval(-sp.oo, sp.oo), sp.S.Reals, (-float("inf"), float("inf")), [-np.inf, np.inf]],
    ids=str,
)
def test_a_sample_space_in_many_spellings(space):
    normal = sp.exp(-((x - y) ** 2) / (2 * r**2)) / sp.sqrt(2 * sp.pi * r**2)
    assert ch.StatisticalManifold.from_density(normal, {x: space}, (y, r)).ricci_scalar == -1


@pytest.mark.parametrize("space", [(0, 3, "discrete"), range(4), sp.Range(0, 4), sp.FiniteSet(0, 1, 2, 3)], ids=str)
def test_a_discrete_sample_space_in_many_spellings(space):
    binomial = sp.binomial(3, x) * y**x * (1 - y) ** (3 - x)
    manifold = ch.StatisticalManifold.from_density(binomial, {x: space}, (y,))
    assert sp.simplify(manifold.metric[0, 0] - 3 / (y * (1 - y))) == 0


def test_odd_names_of_symbols():
    for name in ("lambda", "my θ", "x'", "x_1^2", "E", "I", "S", "class", "exp", "αβγ", "x[0]"):
        a = sp.Symbol(name)
        assert ch.RiemannianManifold([[1, 0], [0, sp.sinh(a) ** 2]], (a, y)).ricci_scalar == -2
    a = sp.Dummy("a")
    assert ch.RiemannianManifold([[1, 0], [0, sp.sinh(a) ** 2]], (a, y)).ricci_scalar == -2


def test_undefined_functions_of_expressions():
    # names of their own: SymPy takes Subs of symbols with other assumptions, of the same name, for equal
    f, g = sp.Function("outer_f"), sp.Function("inner_g")
    u = sp.Dummy("u")
    for inner in (2 * x, x**2, x * y, g(x), sp.sin(x)):
        manifold = ch.RiemannianManifold([[1, 0], [0, f(inner) ** 2]], (x, y))
        found = manifold.ricci_scalar.subs(f, sp.Lambda(u, sp.exp(u))).subs(g, sp.Lambda(u, u**3)).doit()
        w = inner.subs(g, sp.Lambda(u, u**3)).doit()
        expected = -2 * (sp.diff(w, x) ** 2 + sp.diff(w, x, 2))
        assert sp.simplify(found - expected) == 0


def test_dimensions_one_six_and_eight():
    line = ch.RiemannianManifold([[sp.exp(x)]], x)
    assert (
        line.ricci_scalar == 0 and line.is_flat() and line.riemann[0, 0, 0, 0] == 0 and line.constant_curvature() == 0
    )
    names = sp.symbols("a:h")
    flat = ch.RiemannianManifold(sp.eye(8) * 3, names)
    assert flat.is_flat() and flat.ricci_scalar == 0 and flat.laplacian(names[0] ** 2) == sp.Rational(2, 3)
    spheres = ch.RiemannianManifold(
        sp.diag(1, sp.sin(names[0]) ** 2, 2, 2 * sp.sin(names[2]) ** 2, 3, 3 * sp.sin(names[4]) ** 2), names[:6]
    )
    assert spheres.ricci_scalar == 2 + 1 + sp.Rational(2, 3) and not spheres.is_einstein()


def test_an_interrupt_leaves_the_manifold_usable(monkeypatch):
    from chentsov.geometry.manifolds import riemannian

    manifold = ch.RiemannianManifold(sp.diag(1, sp.sin(x) ** 2), (x, y))
    original, calls = riemannian.RiemannianManifold._component, []

    def interrupted(self, *arguments):
        calls.append(arguments)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return original(self, *arguments)

    monkeypatch.setattr(riemannian.RiemannianManifold, "_component", interrupted)
    with pytest.raises(KeyboardInterrupt):
        manifold.riemann
    monkeypatch.undo()
    assert manifold.ricci_scalar == 2 and manifold.riemann[0, 1, 0, 1] == sp.sin(x) ** 2
