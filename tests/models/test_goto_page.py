"""The formulas that `docs/goto.md` writes out, typed here once more by hand and compared with the general code."""

import doctest
from pathlib import Path

import pytest
import sympy as sp
from chentsov.geometry.exact import logistic
from chentsov.models import Hopfield


def _by_hand(n, half):
    """κ of n logistic neurons as on the page; `half` is ½, 1 or 0 for the Riemannian, dual and primal volume."""
    u = sp.symbols(f"u1:{n + 1}", real=True)
    r = sp.symbols(f"R1:{n + 1}", positive=True)
    c = sp.symbols(f"C1:{n + 1}", positive=True)
    j = sp.symbols(f"J1:{n + 1}", real=True)
    w = [[sp.Symbol(f"W{min(a, b)}{max(a, b)}", real=True) for b in range(1, n + 1)] for a in range(1, n + 1)]
    v = [1 / (1 + sp.exp(-x)) for x in u]
    total = 0
    for i in range(n):
        total += (w[i][i] * v[i] * (1 - v[i]) - 1 / r[i]) / c[i]
        total += half * (1 - 2 * v[i]) * (sum(w[i][k] * v[k] for k in range(n)) + j[i] - u[i] / r[i]) / c[i]
    return total


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_sigmoid_written_out(n):
    network = Hopfield(n, "logistic")
    field = network.manifold.field
    for volume, half in (("primal", 0), ("riemannian", sp.Rational(1, 2)), ("dual", 1)):
        assert (network.flow.compressibility_element(volume) - field(_by_hand(n, half))).is_zero


def test_the_table_of_the_setting():
    network = Hopfield(2, "logistic")
    manifold, (u1, u2) = network.manifold, network.coordinates
    field = manifold.field
    assert manifold.is_flat()
    for u, alpha, eta, c in zip((u1, u2), manifold.koszul_alpha, manifold.dual_coordinates, network.capacitances):
        assert (field(alpha) - field(sp.Rational(1, 2) - logistic(u))).is_zero
        assert (field(eta) - field(c * logistic(u))).is_zero


def test_capacitances_belong_into_the_metric():
    """With g = σ′ the curl is W12 (1/C2 − 1/C1) σ′ σ′."""
    from chentsov import Flow, HessianManifold

    network = Hopfield(2, "logistic")
    u1, u2 = network.coordinates
    bare = HessianManifold(sp.log(1 + sp.exp(u1)) + sp.log(1 + sp.exp(u2)), (u1, u2))
    flow = Flow(bare, network.components)
    (c1, c2), w = network.capacitances, network.weights[0, 1]
    slopes = [network.activation.slope_of(u) for u in (u1, u2)]
    assert (bare.field(flow.curl[0, 1]) - bare.field(w * (1 / c2 - 1 / c1) * slopes[0] * slopes[1])).is_zero
    assert not flow.is_gradient() and network.flow.is_gradient()


def test_at_a_fixed_point_all_volumes_agree():
    numbers = Hopfield([[2, -3], [-3, 2]], "logistic", gain=4, current=[0.5, 0.5]).numbers()
    found = numbers.fixed_points(count=128)
    for volume in ("primal", "riemannian", "dual"):
        difference = numbers.compressibility(found.position.values, volume) - found.spectrum.values.sum(1)
        assert abs(difference).max() < 1e-12


def test_the_examples_run():
    page = Path(__file__).resolve().parents[2] / "docs" / "goto.md"
    result = doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0 and result.attempted > 10
