"""`on_grid`: labels, provenance, reasons for missing numbers, certification, bad input."""

import chentsov as ch
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import Mean, logistic
from chentsov.geometry.grids import on_grid
from chentsov.geometry.manifolds import RiemannianManifold
from flint import arb, ctx

u, v = sp.symbols("u v", real=True)
c = sp.Symbol("c", positive=True)
x, y, t = sp.symbols("x y t", real=True)
torus = RiemannianManifold([[1, 0], [0, (2 + sp.cos(u)) ** 2]], (u, v), name="torus")
scaled = RiemannianManifold([[c, 0], [0, c * sp.sin(u) ** 2]], (u, v))


def neuron(slope=lambda f: 2 * (f - t)):
    """A two-weight neuron from scratch: its metric is found to be Hessian."""
    f = logistic(5 * u * x + 5 * v * y)
    gradient = [sp.factor(slope(f) * sp.diff(f, w)) for w in (u, v)]
    return RiemannianManifold([[Mean(a * b, (x, y, t)) for b in gradient] for a in gradient], (u, v))


def rows(count=60, seed=0):
    rng = np.random.default_rng(seed)
    points = rng.uniform(size=(2, count))
    return {x: points[0], y: points[1], t: (points[1] > points[0]) * 1.0}


# -- labels ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["k", "l", "m", "index_0", "sample"])
def test_an_index_gives_way_to_a_coordinate_of_its_name(name):
    s, angle = sp.Symbol(name, positive=True), sp.Symbol("angle", real=True)
    grid = RiemannianManifold([[1, 0], [0, s**2]], (s, angle)).on_grid(
        {s: [1.0, 2.0], angle: [0.0]}, ["christoffel", "riemann_lowered"]
    )
    assert set(grid.christoffel.dims) & {s.name} == {s.name} and len(set(grid.riemann_lowered.dims)) == 6
    component = grid.christoffel.sel(i=name, j="angle", angle=0.0)  # Γ^s_aa = −s
    third = next(d for d in component.dims if d != name)
    np.testing.assert_allclose(component.sel({third: "angle"}).values, [-1.0, -2.0])


def test_labels_and_provenance():
    grid = on_grid(torus, {v: np.linspace(0, 1, 3), "u": [0.1, 0.2]}, ["ricci_scalar", "metric", "christoffel"])
    assert (
        grid.ricci_scalar.dims == ("u", "v")
        and grid.metric.dims == ("i", "j", "u", "v")
        and grid.christoffel.dims == ("i", "j", "k", "u", "v")
    )
    assert grid.i.values.tolist() == ["u", "v"]
    np.testing.assert_allclose(
        grid.christoffel.sel(i="u", j="v", k="v").values[:, 0],
        [(2 + np.cos(s)) * np.sin(s) for s in (0.1, 0.2)],
        rtol=1e-14,
    )
    assert grid.ricci_scalar.attrs == {"long_name": "Ricci scalar", "latex": "R", "units": "1"}
    assert grid.status.attrs["flag_meanings"].split()[1] == "singular_metric" and not grid.status.values.any()
    assert (
        "R^i_jkl" in grid.attrs["conventions"]
        and "numpy" in grid.attrs["versions"]
        and grid.attrs["manifold_name"] == "torus"
    )


def test_fixed_coordinates_and_constants():
    grid = on_grid(scaled, {u: [0.5, 1.0], v: 0.0}, "ricci_scalar", constants={"c": 4})
    assert grid.ricci_scalar.dims == ("u",)
    np.testing.assert_allclose(grid.ricci_scalar, 0.5)
    assert on_grid(scaled, {u: [0.5]}, constants={c: 4}).ricci_scalar.item() == 0.5  # R does not depend on v
    assert grid.attrs["constants"] == "c = 4"


def test_the_data_leave_their_fingerprint():
    manifold, axes = neuron(), {u: [0.5], v: [0.25, 0.5]}
    one, two, three = (on_grid(manifold, axes, data=rows(20, seed)) for seed in (0, 0, 1))
    assert (
        one.attrs["data_sha256"] == two.attrs["data_sha256"] != three.attrs["data_sha256"]
        and one.attrs["data_rows"] == 20
    )


def test_a_dataset_survives_netcdf(tmp_path):
    xarray = pytest.importorskip("xarray")
    grid = on_grid(neuron(), {u: [0.5], v: [0.25, 0.5]}, ["ricci_scalar", "metric"], data=rows(), rtol=1e-10)
    grid.to_netcdf(tmp_path / "g.nc", engine="h5netcdf")
    back = xarray.open_dataset(tmp_path / "g.nc", engine="h5netcdf")
    xarray.testing.assert_equal(back, grid)


def test_progress_ends_at_the_whole():
    seen = []
    on_grid(torus, {u: np.linspace(0, 1, 1200), v: np.linspace(0, 1, 1100)}, progress=lambda *p: seen.append(p))
    assert (
        len(seen) > 1 and seen[-1] == (1200 * 1100, 1200 * 1100) and [d for d, _ in seen] == sorted(d for d, _ in seen)
    )


# -- the right numbers --------------------------------------------------------------------------------------


def curvature_ball(point, data, slope):
    """R of the neuron in balls, from moments by hand and the determinant formula of two dimensions."""
    total = [arb(0)] * 7
    for p, q, target in zip(*(data[s] for s in (x, y, t))):
        p, q, target = arb(float(p)), arb(float(q)), arb(float(target))
        f = 1 / (1 + (-5 * (arb(point[0]) * p + arb(point[1]) * q)).exp())
        w, dw = slope(f, target)
        for k, m in enumerate((p * p, p * q, q * q)):
            total[k] += w * m
        for k, m in enumerate((p**3, p * p * q, p * q * q, q**3), 3):
            total[k] += dw * m
    g11, g12, g22, a, b, d, e = (s / len(data[x]) for s in total)
    det3 = g11 * (b * e - d * d) - g12 * (a * e - d * b) + g22 * (a * d - b * b)
    return -det3 / (2 * (g11 * g22 - g12**2) ** 2)


def squared_loss(f, target):
    """w = (dl/dz)^2 and dw/dz for l = (f - t)^2, f' = 5 f (1 - f)."""
    s, r = 5 * f * (1 - f), f - target
    return (2 * r * s) ** 2, 8 * r * s**3 + 8 * r * r * s * 5 * (1 - 2 * f) * s


@pytest.mark.parametrize("rtol", [None, 1e-10])
def test_a_neuron_against_moments_by_hand(rtol):
    manifold, data = neuron(), rows()
    assert manifold.structure == "hessian"
    axis = np.linspace(-3, 3, 21)
    grid = on_grid(manifold, {u: axis, v: axis}, data=data, rtol=rtol)
    ctx.prec = 200
    try:
        for i, j in [(0, 0), (0, 20), (20, 0), (20, 20), *np.random.default_rng(4).integers(0, 21, (25, 2))]:
            truth = curvature_ball((axis[i], axis[j]), data, squared_loss)
            assert abs((arb(float(grid.ricci_scalar[i, j])) - truth) / truth) < arb(rtol or 1e-9)
    finally:
        ctx.prec = 53
    assert not grid.status.values.any()


@pytest.mark.parametrize("extent", [40.0, pytest.param(1000.0, marks=pytest.mark.slow)])
def test_certified_where_machine_numbers_give_out(extent):
    manifold, data = neuron(), rows(25)
    axis = np.array([-extent, -extent / 3, 0.5, extent])
    grid = on_grid(manifold, {u: axis, v: axis}, data=data, rtol=1e-9)
    ctx.prec = 30000
    try:
        for i in range(4):
            for j in range(4):
                value, code = float(grid.ricci_scalar[i, j]), int(grid.status[i, j])
                assert np.isnan(value) == (code != 0)
                if not code:
                    truth = curvature_ball((axis[i], axis[j]), data, squared_loss)
                    assert abs((arb(value) - truth) / truth) < arb(1e-9)
    finally:
        ctx.prec = 53
    assert (grid.status == 0).sum() >= 8


def test_curvature_that_crosses_zero_is_certified():
    manifold = RiemannianManifold([[1 + u**2, 0], [0, sp.exp(u * v)]], (u, v))
    grid = on_grid(manifold, {u: np.linspace(-1, 1, 21), v: np.linspace(-1, 1, 21)}, rtol=1e-12)
    formula = sp.lambdify((u, v), manifold.ricci_scalar, "mpmath")
    import mpmath

    with mpmath.workdps(50):
        for i in range(0, 21, 3):
            for j in range(0, 21, 2):
                truth = formula(mpmath.mpf(float(grid.u[i])), mpmath.mpf(float(grid.v[j])))
                assert abs(float(grid.ricci_scalar[i, j]) - truth) <= 1e-12 * abs(truth)


def test_float32_certified_is_the_rounded_truth():
    axes = {u: np.linspace(-2, 2, 9), v: np.linspace(-2, 2, 9)}
    wide = on_grid(neuron(), axes, data=rows(), rtol=1e-12)
    single = on_grid(neuron(), axes, data=rows(), rtol=1e-6, dtype="float32")
    assert single.ricci_scalar.dtype == np.float32
    np.testing.assert_allclose(single.ricci_scalar, wide.ricci_scalar, rtol=1e-6)


def test_general_structure_with_means():
    """A metric with means that is not Hessian goes through jets; the closed form is the second opinion."""
    metric = [
        [1 + Mean(sp.exp(u * x) * v**2, (x,)), Mean(x * u, (x,))],
        [Mean(x * u, (x,)), 2 + Mean(sp.cos(v * x), (x,))],
    ]
    manifold = RiemannianManifold(metric, (u, v))
    assert manifold.structure == "general"
    data = {x: np.array([0.1, 0.7, -0.4])}
    grid = on_grid(manifold, {u: [0.3, 0.5], v: [0.2, 0.9]}, data=data)
    averaged = RiemannianManifold(
        [
            [
                sp.sympify(e).replace(
                    lambda m: isinstance(m, Mean),
                    lambda m: sum(m.expression.subs(x, sp.Rational(q)) for q in ("1/10", "7/10", "-2/5")) / 3,
                )
                for e in row
            ]
            for row in metric
        ],
        (u, v),
    )
    for i, p in enumerate((0.3, 0.5)):
        for j, q in enumerate((0.2, 0.9)):
            assert float(grid.ricci_scalar[i, j]) == pytest.approx(
                float(averaged.ricci_scalar.subs({u: p, v: q})), rel=1e-10
            )


# -- reasons ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rtol", [None, 1e-10])
def test_reasons(rtol):
    cone = RiemannianManifold([[1, 0], [0, sp.log(u) ** 2]], (u, v))
    grid = on_grid(cone, {u: [-1.0, 1.0, 2.0], v: [0.0]}, ["ricci_scalar"], rtol=rtol)
    assert grid.status.values.ravel().tolist() == [2, 1, 0]
    assert np.isnan(grid.ricci_scalar.values.ravel()).tolist() == [True, True, False]


def test_an_overflow_on_the_way_is_no_reason():
    steep = RiemannianManifold([[sp.exp(2 * u), 0], [0, sp.exp(2 * u) * (1 + v**2)]], (u, v))
    wide = RiemannianManifold([[sp.cosh(u) ** 2, 0], [0, sp.cosh(u) ** 2 * (2 + sp.cos(v))]], (u, v))
    for manifold in (steep, wide):
        grid = on_grid(manifold, {u: [0.0, 400.0], v: [0.5]}, ["ricci_scalar", "determinant"])
        assert np.isfinite(grid.ricci_scalar[0, 0])
        assert grid.status.values[1, 0] in (0, 5) and np.isnan(grid.determinant.values[1, 0]) == bool(
            grid.status.values[1, 0]
        )


# -- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: on_grid(torus, {u: [], v: [0.0]}), "empty"),
        (lambda: on_grid(torus, {u: [np.nan], v: [0.0]}), "not finite"),
        (lambda: on_grid(torus, {u: [[0.0]], v: [0.0]}), "one-dimensional"),
        (lambda: on_grid(torus, {u: ["a"], v: [0.0]}), "real numbers"),
        (lambda: on_grid(torus, {u: [1j], v: [0.0]}), "real numbers"),
        (lambda: on_grid(torus, {u: [object()], v: [0.0]}), "real numbers"),
        (lambda: on_grid(torus, {"w": [0.0], u: [1.0]}), "'w' is not a coordinate"),
        (lambda: on_grid(torus, {v: [0.0]}), "axis of the coordinate u is missing"),
        (lambda: on_grid(torus, [1, 2]), "mapping"),
        (lambda: on_grid(torus, {u: [0.0], v: [0.0]}, ["riccy"]), "riccy"),
        (lambda: on_grid(torus, {u: [0.0], v: [0.0]}, []), "no quantities"),
        (lambda: on_grid(torus, {u: [0.0], v: [0.0]}, [3]), "by its name"),
        (lambda: on_grid(torus, {u: [0.0], v: [0.0]}, constants={"k": 1}), "'k' is no constant"),
        (lambda: on_grid(scaled, {u: [0.5], v: [0.0]}), "constant c has no value"),
        (lambda: on_grid(scaled, {u: [0.5], v: [0.0]}, constants={c: np.nan}), "not a finite number"),
        (lambda: on_grid(scaled, {u: [0.5], v: [0.0]}, constants={c: "two"}), "real number"),
        (lambda: on_grid(torus, {u: [0.0], v: [0.0]}, rtol=0.0), "rtol"),
        (lambda: on_grid(torus, {u: [0.0], v: [0.0]}, rtol=1e-17), "rtol"),
        (lambda: on_grid(torus, {u: [0.0], v: [0.0]}, rtol=1e-9, dtype="float32"), "rtol"),
        (lambda: on_grid(torus, {u: [0.0], v: [0.0]}, dtype="int8"), "dtype"),
        (lambda: on_grid(torus, {u: np.zeros(10**6), v: np.zeros(10**6)}), "GiB"),
        (lambda: on_grid(neuron(), {u: [0.0], v: [0.0]}), "no data for the row variable"),
        (lambda: on_grid(neuron(), {u: [0.0], v: [0.0]}, data={**rows(5), t: [1.0]}), "rows"),
    ],
)
def test_one_clear_error(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("rtol", [None, 1e-9])
def test_data_on_a_line_make_the_metric_singular_everywhere(rtol):
    data = rows(12)
    data[y] = 2 * data[x]
    grid = on_grid(neuron(), {u: np.linspace(-3, 3, 5), v: np.linspace(-3, 3, 4)}, data=data, rtol=rtol)
    assert np.isnan(grid.ricci_scalar).all() and (grid.status == 1).all()


def test_a_grid_of_one_point_without_axes():
    grid = on_grid(torus, {u: 0.5, v: 0.25}, ["ricci_scalar", "metric"], rtol=1e-12)
    assert grid.ricci_scalar.shape == () and grid.metric.shape == (2, 2) and int(grid.status) == 0
    assert float(grid.ricci_scalar) == pytest.approx(2 * np.cos(0.5) / (2 + np.cos(0.5)), rel=1e-12)


@pytest.mark.parametrize("centre, power", [(10, 2), (100, 2), (1000, 6), (1, 20)])
@pytest.mark.parametrize("symbolic", [False, True])
def test_differences_are_not_written_out_where_they_vanish(centre, power, symbolic):
    """dx² + h² dy² has R = -2h''/h; a canonical form expands (x - 1000)⁶, and near 1000 all digits were lost."""
    u, v, c = sp.symbols("u v c", real=True)
    shift = u - (c if symbolic else centre)
    h = 1 / (1 + shift**power) + shift**power + 2
    manifold = ch.RiemannianManifold([[1, 0], [0, h**2]], (u, v))
    points = centre + np.array([-0.375, -0.125, 0.25, 0.5])  # exact, with u - centre
    constants = {"c": centre} if symbolic else {}
    found = manifold.on_grid({u: points, v: 0.0}, ["ricci_scalar", "christoffel"], constants=constants)
    for k, d in enumerate(points - centre):
        p, q = power, 1 + d**power
        first = p * d ** (p - 1) * (1 - 1 / q**2)
        second = p * (p - 1) * d ** (p - 2) * (1 - 1 / q**2) + 2 * (p * d ** (p - 1)) ** 2 / q**3
        size = 1 / q + d**p + 2
        assert abs(float(found.ricci_scalar[k]) + 2 * second / size) < 1e-11
        assert abs(float(found.christoffel[0, 1, 1, k]) + first * size) < 1e-11
