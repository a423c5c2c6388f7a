"""Metrics of many dimensions on a grid: jets and rows instead of closed forms."""

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.grids import on_grid
from chentsov.geometry.kernels.contraction import Contraction
from chentsov.geometry.manifolds import HessianManifold, ManifoldError, RiemannianManifold
from chentsov.geometry.manifolds.empirical import EmpiricalManifold
from chentsov.geometry.manifolds.recipes import recipe

x = sp.symbols("x1:9")
a, t = sp.symbols("a t")


@pytest.mark.slow
def test_a_dense_metric_of_six_dimensions():
    """Pulled back from flat space by a quadratic map: flat, though every component depends on everything."""
    n = 6
    total = sum(x[:n])
    flat = [v + total**2 / (20 + k) for k, v in enumerate(x[:n])]
    jacobian = sp.Matrix(n, n, lambda i, j: sp.diff(flat[i], x[j]))
    manifold = RiemannianManifold(jacobian.T * jacobian, x[:n])
    assert isinstance(recipe(manifold, "ricci_scalar"), Contraction)
    rest = {v: 0.1 * k for k, v in enumerate(x[2:n])}
    grid = on_grid(manifold, {x[0]: np.linspace(-1, 1, 5), x[1]: [0.0, 0.3], **rest}, ["ricci_scalar", "ricci"])
    assert np.max(np.abs(grid.ricci_scalar)) < 1e-12 and np.max(np.abs(grid.ricci)) < 1e-12
    assert grid.ricci.shape == (n, n, 5, 2)


def test_short_closed_forms_stay():
    sphere = RiemannianManifold([[1, 0], [0, sp.sin(x[0]) ** 2]], x[:2])
    assert recipe(sphere, "ricci_scalar") == 2


def test_a_network_of_eight_weights():
    loss = (sum(x[2 * k] * sp.tanh(x[2 * k + 1] * a + k) for k in range(4)) - t) ** 2 / 2
    net = EmpiricalManifold(loss, (a, t), x)
    data = {a: np.linspace(-2, 2, 40), t: np.cos(np.arange(40))}
    fixed = {v: 0.7 + 0.1 * k for k, v in enumerate(x[2:])}
    axes = {x[0]: np.linspace(1, 2, 3), x[1]: np.linspace(0.5, 1, 4)}
    grid = on_grid(net, {**axes, **fixed}, ["ricci_scalar", "metric"], data=data)
    known = net.curvature_at([1.0, 0.5, *fixed.values()], data)
    np.testing.assert_allclose(grid.metric[:, :, 0, 0], known.metric, rtol=1e-10)
    for i, u in enumerate(axes[x[0]]):
        point = [u, 0.5, *fixed.values()]
        assert float(grid.ricci_scalar[i, 0]) == pytest.approx(net.curvature_at(point, data).ricci_scalar, rel=1e-6)
    few = {k: v[:5] for k, v in data.items()}  # fewer rows than weights
    nowhere = on_grid(net, {**axes, **fixed}, data=few)
    assert np.isnan(nowhere.ricci_scalar).all() and (nowhere.status != 0).all()


def test_curvature_at_a_point_of_any_manifold():
    """Textbook values: the sphere of radius 2, categories (a sphere of radius 2 as well), and no value on a kink."""
    u, v = sp.symbols("u v", real=True)
    sphere = RiemannianManifold(4 * sp.diag(1, sp.sin(u) ** 2), (u, v)).curvature_at({"u": 1, "v": 0})
    assert sphere.ricci_scalar == pytest.approx(0.5, rel=1e-13)
    np.testing.assert_allclose(sphere.ricci, sphere.metric / 4, rtol=1e-13)
    assert sphere.condition == pytest.approx(1 / np.sin(1))
    categories = HessianManifold(sp.log(1 + sp.exp(u) + sp.exp(v)), (u, v)).curvature_at([0.3, -0.2])
    assert categories.ricci_scalar == pytest.approx(0.5, rel=1e-12)
    scaled = RiemannianManifold(sp.diag(1, (a * sp.sin(u / a)) ** 2), (u, v)).curvature_at([0.5, 1], {a: 3})
    assert scaled.ricci_scalar == pytest.approx(2 / 9, rel=1e-12)
    with pytest.raises(ManifoldError, match="kink"):
        RiemannianManifold(sp.diag(1, 1 + sp.Abs(u)), (u, v)).curvature_at([0, 0])
    with pytest.raises(ManifoldError, match="singular"):
        RiemannianManifold(sp.diag(1, u**2), (u, v)).curvature_at([0, 0])


def test_curvature_at_a_point_waits_for_no_closed_form():
    """Flat space pulled back by a map whose components mix all coordinates."""
    u, v, w = x[:3]
    flat = [u + (u + v * w) ** 3 / 9, v + sp.sin(u - w) / 4, w + sp.exp(-((u + v) ** 2)) / 5]
    jacobian = sp.Matrix(3, 3, lambda i, j: sp.diff(flat[i], x[j]))
    found = RiemannianManifold(jacobian.T * jacobian, x[:3]).curvature_at([0.3, 0.2, -0.1])
    assert abs(found.ricci_scalar) < 1e-12 and np.max(np.abs(found.ricci)) < 1e-12


def test_an_equal_question_takes_the_kernel_that_is_there():
    """The same numbers again; another constant, another type and few cells beside many are questions of their own."""
    u, v = sp.symbols("u v", real=True)
    manifold = RiemannianManifold(sp.diag(1, (a * sp.sin(u / a)) ** 2), (u, v))
    for size in (3, 200, 3):
        for radius in (2, 3, 2.0):
            for dtype, digits in (("float64", 1e-12), ("float32", 1e-4)):
                axes = {u: np.linspace(0.5, 1, size), v: 0.0}
                grid = on_grid(manifold, axes, ["ricci_scalar"], constants={a: radius}, dtype=dtype)
                assert grid.ricci_scalar.dtype == dtype
                np.testing.assert_allclose(grid.ricci_scalar, 2 / radius**2, rtol=digits)
    with pytest.raises(ValueError, match="threads"):
        on_grid(manifold, {u: [0.5, 1], v: 0.0}, ["ricci_scalar"], constants={a: 2}, threads=True)
