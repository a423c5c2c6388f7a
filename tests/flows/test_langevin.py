"""Langevin equations: the stationary density solves Fokker and Planck's equation; Ornstein and Uhlenbeck's is known."""

import numpy as np
import pytest
import sympy as sp
from chentsov import RiemannianManifold
from chentsov.geometry.flows import Langevin
from chentsov.geometry.manifolds import ManifoldError
from chentsov.models import families

x, y = sp.symbols("x y", real=True)
LINE = RiemannianManifold([[1]], [x])


HEAT = sp.Symbol("T", real=True)


def test_densities_in_the_cold():
    """e^{−E/T} underflows towards the ends of the box; the densities tend to a normal one of variance T."""
    cold = Langevin(LINE, x**2 / 2, sp.Rational(1, 1000))
    found = cold.density_flow({x: (-5, 5, 1001)}, sp.exp(-(x**2)), 30.0, steps=100).density[-1]
    assert float((found * found.x**2).sum() / found.sum()) == pytest.approx(1e-3, rel=0.03)


@pytest.mark.parametrize("volume", ["primal", "riemannian"])
def test_the_stationary_density(volume):
    """∂_i (b^i π) = ½ ∂_i ∂_j (a^ij π)."""
    normal = families.normal()
    m, s = z = normal.coordinates
    noisy = Langevin(normal, m**2 * s + 1 / s, sp.Symbol("T", positive=True), volume)
    pi = noisy.stationary
    left = sum((b * pi).diff(c) for b, c in zip(noisy.drift, z))
    right = sum((noisy.diffusion[i, j] * pi).diff(z[i], z[j]) for i in range(2) for j in range(2)) / 2
    assert sp.simplify((left - right) / pi) == 0


@pytest.mark.slow
def test_ornstein_and_uhlenbeck():
    found = Langevin(LINE, x**2 / 2, 1).density_flow(
        {x: (-7, 7, 400)}, sp.exp(-2 * (x - 1) ** 2), [0.0, 0.5, 1.0], steps=300
    )
    p, dx = found.density, 14 / 400
    mean = (p * found.x).sum("x") * dx
    var = (p * found.x**2).sum("x") * dx - mean**2
    assert np.allclose(p.sum("x") * dx, 1, atol=1e-12) and (p > -1e-15).all()
    assert np.allclose(mean, np.exp(-found.t), atol=2e-3)
    assert np.allclose(var, 1 - 0.75 * np.exp(-2 * found.t), atol=3e-3)
    assert (np.diff(found.free_energy) < 0).all()


@pytest.mark.slow
def test_what_is_stationary_stays_in_two_dimensions():
    h = sp.Symbol("h", positive=True)
    plane = RiemannianManifold([[1 / h**2, 0], [0, 1 / h**2]], (x, h))
    noisy = Langevin(plane, x**2 + h, 2)
    box = {x: (-2, 2, 12), h: (0.5, 3, 10)}
    found = noisy.density_flow(box, noisy.stationary, [0, 1.0], steps=3)
    assert np.allclose(found.density[0], found.density[1], rtol=1e-10)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: Langevin(LINE, x, 0), "temperature is positive"),
        (lambda: Langevin(LINE, x, 1 + x**2), "depends on x"),
        (
            lambda: Langevin(LINE, x, HEAT).density_flow({x: (-1, 1, 4)}, x**2, 1.0, {HEAT: -1}),
            "temperature is positive",
        ),
        (lambda: Langevin(LINE, x).density_flow({x: (-1, 1, 4)}, x**2, -1.0), "rise"),
        (lambda: Langevin(RiemannianManifold([[-1]], (x,)), x).density_flow({x: (-1, 1, 4)}, x**2, 1), "not positive"),
        (lambda: Langevin(LINE, x).density_flow({x: (1, 0, 5)}, x**2, 1.0), "empty"),
        (lambda: Langevin(LINE, x).density_flow({x: (0, 1)}, x**2, 1.0), "lower, upper, cells"),
        (lambda: Langevin(LINE, x).density_flow({}, x**2, 1.0), "lack x"),
        (lambda: Langevin(LINE, x).density_flow({x: (-1, 1, 4)}, x, 1.0), "at least 0"),
        (lambda: Langevin(families.normal(), 1).density_flow({"mu": (0, 1, 4), "sigma": (-1, 1, 4)}, x, 1), "domain"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ManifoldError, match=words):
        call()
