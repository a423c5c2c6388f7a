"""Yes and no are proven; what rests on a relation that the field does not know is undecided, never no."""

import pytest
import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.manifolds import RiemannianManifold, Undecided, UndecidedError
from hypothesis import given, settings
from hypothesis import strategies as st

x, nu = sp.symbols("x nu", real=True)
p, q = sp.symbols("p q", positive=True)
gamma, pi, sqrt, exp, log, atan, psi = sp.gamma, sp.pi, sp.sqrt, sp.exp, sp.log, sp.atan, sp.polygamma
R = sp.Rational
k, e = sp.elliptic_k, sp.elliptic_e


def hiding(zero, factor=1):
    """dp² + f² dx² with f = 1 + p²/(1 + p) zero: flat if that vanishes."""
    return RiemannianManifold([[1, 0], [0, (1 + factor * zero * p**2 / (1 + p)) ** 2]], (p, x))


UNKNOWN = {
    "Legendre's relation": e(1 / (1 + p)) * k(p / (1 + p)) + e(p / (1 + p)) * k(1 / (1 + p)) - k(p / (1 + p)) * k(1 / (1 + p)) - pi / 2,
    "multiplication of the dilogarithm": sp.polylog(2, exp(-p)) + sp.polylog(2, -exp(-p)) - sp.polylog(2, exp(-2 * p)) / 2,
    "a sine integral by exponential ones": sp.Shi(p) - (sp.Ei(p) + sp.expint(1, p)) / 2,
}  # fmt: skip


@pytest.mark.parametrize("zero", UNKNOWN.values(), ids=UNKNOWN)
def test_relations_that_are_not_known_leave_it_undecided(zero):
    for ask in ("is_flat", "is_ricci_flat", "is_einstein", "has_constant_curvature", "is_killing"):
        manifold = hiding(zero)
        answer = manifold.is_killing([1, 0]) if ask == "is_killing" else getattr(manifold, ask)()
        assert isinstance(answer, Undecided) and answer.points >= 10 and answer.digits >= 25
        with pytest.raises(UndecidedError, match=r"vanished at \d+ points to \d+ digits"):
            bool(answer)
    with pytest.raises(UndecidedError):
        hiding(zero).constant_curvature()


def test_points_where_a_root_is_not_real_are_outside():
    y = sp.Symbol("y", real=True)
    zero = sqrt(x * y) - sqrt(x) * sqrt(y)  # 0 for x, y > 0; for x, y < 0 neither root is real
    answer = RiemannianManifold(sp.diag(1, 1 + x**2 * zero), (x, y)).is_flat()
    assert isinstance(answer, Undecided) and answer.points >= 4 and answer.digits >= 25
    assert RiemannianManifold(sp.diag(1, 1 + x**2 * (zero + sqrt(x))), (x, y)).is_flat() is False


@pytest.mark.parametrize("zero", UNKNOWN.values(), ids=UNKNOWN)
@pytest.mark.parametrize("off", [1, R(1, 10**6), R(1, 10**15)])
def test_near_misses_are_refuted(zero, off):
    assert hiding(zero + off).is_flat() is False
    assert hiding(zero, 1 + off).is_flat() is not False


shapes = st.sampled_from(
    [p, p**2, exp(p), sp.sin(p) + 2, sqrt(1 + p), log(1 + p) + 1, sp.besselk(0, p), gamma(p), sp.erf(p) + 1]
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(shapes, shapes, st.integers(-3, 3), st.integers(1, 4))
def test_strips_of_revolution(f, g, a, b):
    """dp² + h² dx² is flat just where h is linear in p; the products f·g and sums here are linear in a few cases only."""
    h = a * f + b * g
    linear = sp.simplify(sp.diff(h, p, 2)) == 0
    if h != 0:
        assert RiemannianManifold([[1, 0], [0, h**2]], (p, x)).is_flat() is linear


def test_answers_are_plain_booleans_where_they_are_proven():
    plane = RiemannianManifold([[1, 0], [0, p**2]], (p, x))
    assert plane.is_flat() is True and plane.tensor("ricci").is_zero() is True and plane.is_killing([0, 1]) is True
    assert plane.is_killing([1, 0]) is False and plane.constant_curvature() == 0
    sphere = RiemannianManifold([[1, 0], [0, sp.sin(p) ** 2]], (p, x))
    assert sphere.is_flat() is False and sphere.is_einstein() is True and sphere.has_constant_curvature() is True
    y = sp.Symbol("y", real=True)
    f = sp.Function("f")
    assert RiemannianManifold([[1, 0], [0, f(p) ** 2]], (p, x)).is_flat() is False
    fisher = Mean(sp.cosh(x * y) ** 2, y)
    assert RiemannianManifold([[1, 0], [0, fisher]], (x, p)).is_flat() is False


def test_a_metric_whose_symmetry_rests_on_a_relation_is_taken():
    relation = UNKNOWN["a sine integral by exponential ones"]
    assert RiemannianManifold([[2, relation], [0, 1 + p]], (p, x)).dim == 2
    with pytest.raises(ValueError, match="not symmetric"):
        RiemannianManifold([[2, relation + R(1, 10**9)], [0, 1 + p]], (p, x))
