"""Flows in symbols: published dynamics, curl, compressibility against its definition."""

import mpmath
import pytest
import sympy as sp
from chentsov import Flow, HessianManifold, RiemannianManifold
from chentsov.geometry.exact import canonical
from chentsov.geometry.manifolds import ManifoldError
from chentsov.geometry.manifolds.operators import laplacian

from tests.reference import DIGITS, cases

x, y = sp.symbols("x y", real=True)
r = sp.Symbol("r", positive=True)
a = sp.Symbol("a", real=True)

PLANE = RiemannianManifold([[1, 0], [0, 1]], (x, y))
POLAR = RiemannianManifold([[1, 0], [0, r**2]], (r, x))
TRINOMIAL = HessianManifold(sp.log(1 + sp.exp(x) + sp.exp(y)), (x, y))


def _agrees(expression, at, value):
    """The tabulated value to 25 digits (`subs` on formulas of this size would take seconds)."""
    function = sp.lambdify(list(at), expression, "mpmath", cse=True)
    with mpmath.workdps(DIGITS + 25):
        ours = function(*(mpmath.mpf(int(v.p)) / int(v.q) for v in at.values()))
        return abs(ours - mpmath.mpf(value)) <= mpmath.mpf(10) ** -DIGITS * max(1, abs(mpmath.mpf(value)))


@pytest.mark.parametrize("case", cases("dynamics"))
def test_published_dynamics(case):
    d = case.definition
    manifold = RiemannianManifold(case.parse(d["metric"]), case.coordinates)
    energy = case.parse(d["energy"]) if "energy" in d else None
    flow = Flow(manifold, case.parse(d["vector_field"]), potential=energy)
    assert flow.is_gradient() is case.expected["gradient_flow"]
    ours = {f"compressibility_{v}": flow.compressibility(v) for v in ("primal", "riemannian", "dual")}
    if energy is not None:
        # Equal in the field to −κ_riemannian, whose values are compared below; writing it out once more takes seconds.
        assert (flow.compressibility_element() + laplacian(manifold, energy)).is_zero
        assert (laplacian(manifold, energy) - manifold.field(case.parse(case.expected["laplacian_energy"]))).is_zero
        assert flow.dissipates()
    field, points = manifold.field, list(case.points())
    for name, expression in ours.items():
        assert (field(expression) - field(case.parse(case.expected[name]))).is_zero, name
        assert all(_agrees(expression, at, values[name]) for at, values in points), name
    # The dual coordinates of the record: their Jacobian matrix is the metric, their speed the lowered field.
    dual = case.parse(d["dual_coordinates"])
    if manifold.structure == "hessian" and all("C" not in str(s) for s in manifold.constants):
        for i, eta in enumerate(dual):
            assert (field(flow.rate(eta)) - field(flow.lowered[i])).is_zero


@pytest.mark.parametrize("manifold", [PLANE, POLAR, TRINOMIAL], ids=["plane", "polar", "trinomial"])
@pytest.mark.parametrize("density", ["primal", "riemannian", "dual", "own"])
def test_compressibility_is_the_divergence_of_the_weighted_field(manifold, density):
    u, v = manifold.coordinates
    flow = Flow(manifold, [u * sp.exp(v), a * u - v**2])
    det = sp.Matrix(manifold.metric).det()
    rho = {"primal": 1, "riemannian": sp.sqrt(det), "dual": det, "own": sp.exp(u) * (1 + v**2)}[density]
    if density == "dual" and manifold is POLAR:
        with pytest.raises(ManifoldError, match="dual volume"):
            flow.compressibility("dual")
        return
    direct = sum(sp.diff(rho * c, w) for c, w in zip(flow.components, (u, v))) / rho
    ours = flow.compressibility(rho if density == "own" else density)
    place = {u: sp.Rational(4, 7), v: -sp.Rational(2, 9), a: sp.Rational(5, 3)}
    assert abs(sp.N((direct - ours).subs(place), 30)) < 1e-25


@pytest.mark.parametrize("manifold", [PLANE, POLAR, TRINOMIAL], ids=["plane", "polar", "trinomial"])
def test_gradient_flows(manifold):
    u, v = manifold.coordinates
    energy = u**2 * sp.exp(v) - a * v
    flow = Flow.gradient(manifold, energy)
    assert flow.is_gradient() and flow.dissipates() and flow.curl == sp.zeros(2, 2)
    assert canonical(flow.compressibility() + manifold.laplacian(energy), (u, v)) == 0
    assert canonical(flow.rate(energy) + flow.speed_squared, (u, v)) == 0
    if manifold is TRINOMIAL:
        assert canonical(flow.compressibility("primal") + manifold.laplacian(energy, "dual"), (u, v)) == 0
        assert canonical(flow.compressibility("dual") + manifold.laplacian(energy, "affine"), (u, v)) == 0


def test_what_is_no_gradient_says_so():
    turning = Flow(PLANE, [-y, x])
    assert not turning.is_gradient() and turning.curl == sp.Matrix([[0, 2], [-2, 0]])
    with pytest.raises(ManifoldError, match=r"no gradient flow: ∂X_y/∂x − ∂X_x/∂y = 2 .* compressibilities"):
        turning.check_gradient()
    with pytest.raises(ManifoldError, match="made without a potential"):
        turning.dissipates()
    # In the hyperbolic plane a field may be a gradient that is none in the Euclidean one, and the other way round.
    upper = RiemannianManifold([[1 / r**2, 0], [0, 1 / r**2]], (x, r))
    assert not Flow(upper, [x, r]).is_gradient() and Flow(PLANE, [x, y]).is_gradient()
    Flow(PLANE, [x, y]).check_gradient()


@pytest.mark.parametrize(
    "components, options, words",
    [
        ([x], {}, "shape"),
        ([x, "y"], {}, "string"),
        ([x, sp.nan], {}, "not finite"),
        ([-y, x], {"potential": x**2}, "is no gradient flow"),
        ([-x, -y], {"potential": x**2}, "a gradient flow, but of another potential"),
    ],
)
def test_bad_input(components, options, words):
    with pytest.raises(ManifoldError, match=words):
        Flow(PLANE, components, **options)


def test_names_and_constants():
    flow = Flow(PLANE, [a * x, y], name="stretch")
    assert repr(flow) == "<stretch: flow in (x, y)>" and flow.constants == (a,)
    assert flow.jacobian == sp.Matrix([[a, 0], [0, 1]])
