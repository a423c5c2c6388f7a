"""Signs are proven or stay signs, and what holds them is right on every piece of the domain."""

import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField, UnsupportedFunction
from chentsov.geometry.exact.positivity import proven_sign
from chentsov.geometry.manifolds import RiemannianManifold
from hypothesis import assume, given, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y", real=True)
p, q, r = sp.symbols("p q r", positive=True)
Abs, Max, Min, sign, sqrt, exp, Rational = sp.Abs, sp.Max, sp.Min, sp.sign, sp.sqrt, sp.exp, sp.Rational


def on_its_piece(expression, point):
    """The expression without moduli, extrema, signs, steps and branches: with what holds about the point; None on a kink."""
    if not expression.args:
        return expression
    if isinstance(expression, sp.Piecewise):
        for value, condition in expression.args:
            if condition.subs(point) == sp.true:
                return on_its_piece(value, point)
        return None
    args = [on_its_piece(a, point) for a in expression.args]
    if None in args:
        return None
    if isinstance(expression, (Max, Min)):
        ordered = sorted(args, key=lambda a: sp.N(a.subs(point), 50))
        if any((a - b).subs(point).equals(0) and a != b for a, b in zip(ordered, ordered[1:])):
            return None
        return ordered[-1] if isinstance(expression, Max) else ordered[0]
    if isinstance(expression, (Abs, sign, sp.Heaviside)):
        if args[0] == 0:
            return sp.S.Zero if not isinstance(expression, sp.Heaviside) else None
        value = sp.N(args[0].subs(point), 50)
        if abs(value) < 1e-30:
            return None
        s = 1 if value > 0 else -1
        return {Abs: s * args[0], sign: sp.Integer(s)}.get(expression.func, sp.Integer((1 + s) // 2))
    return expression.func(*args)


def curvature_of_strip(f, point):
    """R of dx² + f dy² by the textbook: with h = √f it is −2 h_xx/h, whatever f does with y."""
    h = sqrt(on_its_piece(f, point))
    return sp.N((-2 * sp.diff(h, x, 2) / h).subs(point), 40)


@pytest.mark.parametrize(
    "f",
    [
        1 + x**2 * sign(Max(0, x)), 5 + sqrt(Abs(x)) * Max(0, x), 1 + Abs(Max(x, y)), 99 + sign(x) * Max(x, y) ** 3,
        5 + sqrt(Max(0, x)) * Abs(x) + sp.Heaviside(x - 1) * (x - 1) ** 3, 2 + Max(0, x) ** Rational(7, 3) + Max(x, y) ** 2,
        1 + sqrt(x + Abs(x)), 2 + sp.cbrt(Max(x, 0) + Max(y, 0)), 1 + sp.log(2 + Max(x, 0)) * Abs(x), 1 + Max(0, x) ** Rational(157, 50), 3 + sqrt(Abs(x) + x) ** 5, 1 + Max(0, x) ** 3 * Min(y, x), 2 + Max(0, Min(x, 1)) ** 3, 3 + Abs(Abs(x) - 1) ** 3 * sign(y - x),
        exp(Max(x, y)) + Abs(x), 4 + Max(x, 2 * x, y), 1 + x**2 * sp.Heaviside(x), 7 + Abs(Max(x, 0) - Max(-x, 0)) * x,
        2 + sp.Piecewise((x**2 / 2, Abs(x) < 1), (Abs(x) - Rational(1, 2), True)),
        3 + sp.Piecewise((x * sp.log(x), x > 0), (0, True)) * Max(x, 0),
    ],
    ids=str,
)  # fmt: skip
def test_the_closed_form_is_right_on_every_piece(f):
    curvature = RiemannianManifold([[1, 0], [0, f]], (x, y)).ricci_scalar
    for point in ({x: Rational(a, 7), y: Rational(b, 5)} for a in (-11, -3, 2, 9) for b in (-8, -1, 4, 12)):
        expected = curvature_of_strip(f, point)
        assert abs(sp.N(curvature.subs(point), 40) - expected) < 1e-25 * (1 + abs(expected)), point


def test_roots_that_vanish_on_a_piece_are_written_on_each():
    curvature = RiemannianManifold([[1, 0], [0, 1 + sqrt(x + Abs(x))]], (x, y)).ricci_scalar
    assert curvature.subs(x, -3) == 0 and not curvature.has(sign, Abs)
    assert isinstance(curvature, sp.Piecewise) and not any(value.has(sp.Piecewise) for value, _ in curvature.args)


def test_one_function_on_each_side():
    curvature = RiemannianManifold([[1, 0], [0, 1 + x**2 * sign(Max(0, x))]], (x, y)).ricci_scalar
    assert curvature.subs(x, -3) == 0 and curvature.subs(x, 3) == Rational(-2, 100)


atoms = st.sampled_from([x, y, x - y, x + 1, 2 * y - x, x * y, sp.Integer(2)])


def kinked(inner):
    return st.one_of(
        inner.map(Abs), inner.map(sign), st.builds(Max, inner, inner), st.builds(Min, inner, inner),
        st.builds(lambda a, b: a * b, inner, inner), st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b, c: sp.Piecewise((a, b > 0), (c, True)), inner, inner, inner),
    )  # fmt: skip


compositions = st.recursive(atoms, kinked, max_leaves=5)
points = st.tuples(st.integers(-40, 40), st.integers(-40, 40)).map(
    lambda c: {x: Rational(c[0], 7) + Rational(1, 19), y: Rational(c[1], 5) + Rational(1, 23)}
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(compositions, points)
def test_compositions_are_right_on_every_piece(f, point):
    """Value and derivative of an element, against the branch that holds at the point."""
    branch = on_its_piece(sp.sympify(f), point)
    assume(branch is not None)
    try:
        element = DifferentialField((x, y), pieces=True)(f)
        inverse = 1 / (element**2 + 1)
    except UnsupportedFunction as refused:  # more signs than are looked at
        assume("signs" not in str(refused))
        raise
    for found, expected in (
        (element, branch),
        (element.diff(x), sp.diff(branch, x)),
        (inverse, 1 / (branch**2 + 1)),
        (inverse.diff(y), sp.diff(1 / (branch**2 + 1), y)),
    ):
        assert sp.nsimplify(found.as_expr().subs(point) - expected.subs(point)) == 0


@pytest.mark.parametrize(
    "expression, expected",
    [
        (r - 696000000, None), (r + 696000000, 1), (x - 10**9, None), (1 + Abs(r - 10**9) / 10**9, 1), (x**2 - x * y + y**2, 1),
        (x**2 - 3 * x * y + y**2, None), (2 + sp.sin(x) * sp.cos(y), 1), (1 + sp.sin(x) * 2, None), (exp(2 * x) - exp(x) + 1, 1),
        (exp(p) - 1, 1), (exp(x) - 1, None), (sqrt(1 + x**2) - x, 1), (sqrt(1 + x**2) - 10**8 * x, None), (p - sqrt(p**2 + 1), -1),
        (1 - sp.erf(x), 1), (2 - sp.atan(x), 1), (sp.log(1 + p), 1), (p**3 - 6 * p**2 + 12 * p - 7, None), (p**4 - p + 1, 1),
        (sqrt(2) + sqrt(3) - sp.pi, 1), (Max(x, y) - x, 1), (Abs(x) + Abs(y) - Abs(x + y), 1), (1 + sp.polygamma(1, x), 1),
        (sp.besselk(2, p), 1), (-1 - x**4 - sp.cosh(x), -1), (sp.cosh(x) - 1, 1), (10**12 - p, None),
    ],
    ids=str,
)  # fmt: skip
def test_signs_are_proven_or_left_open(expression, expected):
    assert proven_sign(DifferentialField((x, y, p))(expression)) == expected


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(-(10**30), 10**30), st.sampled_from([x, p, p + q, x * y, x**2 + x]))
def test_a_sign_that_changes_anywhere_stays_a_sign(place, u):
    """sign(u - c) is a constant only where u never reaches c."""
    element = DifferentialField((x, y, p))(Abs(u - place))
    changes = not (u in (p, p + q) and place <= 0) and not (u == x**2 + x and 4 * place <= -1)
    assert element.as_expr().has(sign, Abs) == changes


def test_a_modulus_that_changes_beyond_all_sample_points():
    c = sp.Integer(696000000)
    curvature = RiemannianManifold([[1, 0], [0, (1 + Abs(r - c) / c) ** 2 + (r / c) ** 2]], (r, y)).ricci_scalar
    assert curvature.subs(r, 10**9) == 0  # h² = 2 (r/c)² there, a cone
    below = Rational(1, 2)  # t = r/c: h² = (2 - t)² + t²
    t = sp.Symbol("t", positive=True)
    h = sqrt((2 - t) ** 2 + t**2)
    assert sp.simplify(curvature.subs(r, c / 2) - (-2 * sp.diff(h, t, 2) / h).subs(t, below) / c**2) == 0


def test_a_part_of_the_domain_without_inverse_is_refused():
    field = DifferentialField((x,))
    with pytest.raises(ZeroDivisionError, match="part of the domain"):
        field(x + 1) * (1 + field(sign(x))) / (field(Max(x, 0)) * 3)


def test_pieces_are_named_where_they_are_not_read():
    for expression in (sp.Heaviside(x), sp.Piecewise((x, x > 0), (0, True))):
        with pytest.raises(UnsupportedFunction, match="pieces=True"):
            DifferentialField((x,))(expression)
    with pytest.raises(UnsupportedFunction, match="none of its conditions holds"):
        DifferentialField((x,), pieces=True)(sp.Piecewise((x, x > 0), (0, x < -1)))
