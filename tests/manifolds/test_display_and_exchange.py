"""LaTeX, tables and repr; EinsteinPy and plain arrays in and out."""

import pytest
import sympy as sp
from chentsov import RiemannianManifold
from chentsov.geometry.manifolds import ManifoldError
from chentsov.geometry.manifolds.exchange import from_arrays, from_einsteinpy, to_arrays, to_einsteinpy
from chentsov.models import spacetimes, surfaces


def test_repr_and_latex():
    m = spacetimes.schwarzschild()
    assert (
        repr(m)
        == "<Schwarzschild: RiemannianManifold in (t, r, theta, phi), structure general; treated as constants: m>"
    )
    text = m._repr_latex_()
    assert text.startswith("$") and text.endswith("$") and r"\mathrm{d}\theta^2" in text and "Schwarzschild" in text
    assert r"\Gamma{}^{r}{}_{t}{}_{t}" in m.latex("christoffel")
    assert "R = 0" in m.latex("ricci_scalar")
    with pytest.raises(ManifoldError, match="unknown quantity"):
        m.latex("nothing")


def test_component_tables():
    m = spacetimes.schwarzschild()
    table = m.table("christoffel")
    assert len(table) == 9  # the independent non-zero ones (MTW, eq. 31.4 has nine)
    assert "<table>" in table._repr_html_() and "t t r" in repr(table)
    assert "it vanishes" in repr(m.table("ricci")) and m.table("ricci").latex() == "R = 0"
    for indices, value in table:
        assert value == m.christoffel[indices]
    vector = m.tensor([1, 0, 0, 0], ["up"])
    assert len(vector.table()) == 1 and "(up)" in repr(vector) and "T{}^{t}" in vector._repr_latex_()
    with pytest.raises(ManifoldError, match="no table"):
        m.table("ricci_scalar")


SHOWN = ("minkowski", "schwarzschild", "painleve_gullstrand", "eddington_finkelstein")


@pytest.mark.parametrize(
    "build", [*(getattr(spacetimes, name) for name in SHOWN), surfaces.sphere, surfaces.torus, surfaces.nil]
)
def test_every_latex_is_balanced(build):
    text = build().latex("metric", "ricci", "kretschmann")
    assert text.count("{") == text.count("}") and text.count(r"\begin") == text.count(r"\end")


@pytest.mark.parametrize("name", ["Schwarzschild", "AntiDeSitterStatic", "Minkowski", "DeSitter"])
def test_einsteinpy_in_and_out(name):
    predefined = pytest.importorskip("einsteinpy.symbolic.predefined")
    theirs = getattr(predefined, name)()
    m = from_einsteinpy(theirs)
    back = to_einsteinpy(m)
    assert sp.Matrix(back.tensor().tolist()) == sp.Matrix(theirs.tensor().tolist()) and tuple(back.syms) == tuple(
        theirs.syms
    )


def test_einsteinpy_contravariant_metric():
    symbolic = pytest.importorskip("einsteinpy.symbolic")
    t, p = sp.symbols("t p")
    upper = symbolic.MetricTensor([[1, 0], [0, 1 / sp.sin(t) ** 2]], (t, p), config="uu")
    assert from_einsteinpy(upper).constant_curvature() == 1
    with pytest.raises(ManifoldError, match="MetricTensor"):
        from_einsteinpy([[1]])


SMALL = [
    surfaces.sphere,
    surfaces.hyperbolic_half_space,
    surfaces.nil,
    spacetimes.schwarzschild,
    surfaces.surface_of_revolution,
]


@pytest.mark.parametrize("build", SMALL, ids=lambda b: b.__name__)
def test_einsteinpy_agrees(build):
    """Another program's Riemann tensor and Ricci scalar: the difference is exactly zero."""
    symbolic = pytest.importorskip("einsteinpy.symbolic")
    m = build()
    g = to_einsteinpy(m)
    riemann = symbolic.RiemannCurvatureTensor.from_metric(g)
    scalar = symbolic.RicciScalar.from_riccitensor(symbolic.RicciTensor.from_riemann(riemann))
    assert m.field(sp.sympify(scalar.expr)) == m.field(m.ricci_scalar)
    theirs = riemann.tensor()
    for i, j, k, l in m.local.independent_riemann():
        assert m.field(theirs[i, j, k, l]) == m.local.riemann(i, j, k, l)


def test_plain_arrays():
    m = surfaces.sol()
    arrays = to_arrays(m, ["metric", "inverse_metric", "christoffel", "ricci_scalar"])
    assert isinstance(arrays["christoffel"], sp.MutableDenseNDimArray) and arrays["ricci_scalar"] == -2
    again = from_arrays(arrays["metric"], m.coordinates)
    assert again.christoffel == m.christoffel
    assert RiemannianManifold(sp.Array(arrays["metric"]), m.coordinates).ricci_scalar == -2


def test_geodesic_equations_are_those_of_the_lagrangian():
    """d/ds ∂L/∂ẋ − ∂L/∂x = g (ẍ + Γẋẋ) for L = ½ g(ẋ, ẋ)."""
    m = surfaces.sphere(2, 1)
    s = sp.Symbol("s", real=True)
    equations = m.geodesic_equations(s)
    th, ph = sp.Function("theta")(s), sp.Function("phi")(s)
    lagrangian = (th.diff(s) ** 2 + sp.sin(th) ** 2 * ph.diff(s) ** 2) / 2
    euler = [sp.diff(lagrangian, q.diff(s)).diff(s) - sp.diff(lagrangian, q) for q in (th, ph)]
    assert sp.simplify(euler[0] - equations[0].lhs) == 0
    assert sp.simplify(euler[1] - sp.sin(th) ** 2 * equations[1].lhs) == 0
    with pytest.raises(ManifoldError, match="choose another symbol"):
        m.geodesic_equations(m.coordinates[0])


@pytest.mark.parametrize("dim", [1, 2, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["general", "hessian", "immersed"])
def test_every_quantity_can_be_asked_for_in_every_dimension(kind, dim):
    from chentsov import ImmersedManifold

    xs = sp.symbols("x y z", positive=True)[:dim]
    if kind == "immersed":
        m = ImmersedManifold([*xs, sum(x**3 for x in xs)], xs)
    elif kind == "hessian":
        m = RiemannianManifold(sp.hessian(sp.exp(sum(xs)) + sum(x**3 for x in xs), xs), xs)
    else:
        m = RiemannianManifold(sp.diag(*[1 + x**2 * xs[0] for x in xs]), xs)
    assert m.structure == (kind if dim > 1 or kind != "general" else "hessian")
    for name, quantity in m.quantities().items():
        value = m.expression_of(name)
        shape = getattr(value, "shape", ())
        assert shape == (dim,) * quantity.rank
        if quantity.rank:
            assert m.component(name, *[0] * quantity.rank) == value[(0,) * quantity.rank]
            assert m.table(name).latex() and repr(m.table(name))
        assert m.latex(name)
    assert m.is_flat() == (dim == 1)
