"""Enclosed geodesics: the truth of closed forms to forty digits lies in the balls, and what is not proven is NaN."""

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from chentsov import RiemannianManifold
from chentsov.geometry.flows.enclosures import NoCertificate, enclose, enclose_connection
from chentsov.geometry.flows.shooting import FOUND, MINIMAL, Space
from chentsov.geometry.manifolds import ManifoldError
from chentsov.models import families
from flint import arb

x = sp.Symbol("x", real=True)
h = sp.Symbol("h", positive=True)
PLANE = RiemannianManifold([[1 / h**2, 0], [0, 1 / h**2]], (x, h))


def half_plane_geodesic(p, v):
    """exp_p(v) in the half-plane, by the Möbius map that takes i and an upward vector to p and v."""
    (a, b), (s, t) = (map(mp.mpf, p), map(mp.mpf, v))
    length = mp.hypot(s, t) / b
    turn = -mp.atan2(s, t) / 2  # a rotation about i by the angle 2·turn, against the clock
    z = mp.mpc(0, mp.exp(length))
    z = (mp.cos(turn) * z + mp.sin(turn)) / (-mp.sin(turn) * z + mp.cos(turn))
    return a + b * z.real, b * z.imag


@pytest.mark.slow
@pytest.mark.parametrize("p, v", [((0, 1), (1, 0.5)), ((0.25, 0.5), (-1, 0.125)), ((3, 2), (1, -4))])
def test_the_truth_lies_in_the_ball(p, v):
    with mp.workdps(40):
        truth = [arb(mp.nstr(e, 38)) for e in half_plane_geodesic(p, v)]
    balls = enclose(Space(PLANE), np.array(p, float), v, 1e-12)
    assert all(b.overlaps(t + arb(0, 1e-36)) for b, t in zip(balls, truth))
    assert all(float(b.rad()) < 1e-13 for b in balls)
    found = PLANE.exp(p, v, rtol=1e-12)
    assert np.allclose(found, [float(t.mid()) for t in truth], rtol=1e-15, atol=1e-15) and (found.error < 1e-15).all()


@pytest.mark.slow
def test_a_geodesic_is_proven_to_join_two_points():
    p, q = np.array([0.0, 1.0]), np.array([2.0, 0.5])
    guess = np.array(PLANE.log(p, q)) * (1 + 1e-9)
    velocity, length = enclose_connection(Space(PLANE), p, q, guess, 1e-12)
    with mp.workdps(40):
        truth = arb(mp.nstr(2 * mp.asinh(mp.sqrt(mp.mpf("4.25")) / 2 / mp.sqrt(mp.mpf("0.5"))), 38))
        end = half_plane_geodesic(p, [mp.mpf(e.mid().str(38, radius=False)) for e in velocity])
    assert length.overlaps(truth + arb(0, 1e-36)) and float(length.rad()) < 1e-15
    assert abs(end[0] - 2) < 1e-15 and abs(end[1] - 0.5) < 1e-15
    with pytest.raises(NoCertificate):
        enclose_connection(Space(PLANE), p, q, np.array([1.0, 3.0]), 1e-12)


@pytest.mark.slow
def test_proven_numbers_of_families():
    gamma = families.gamma()
    found = gamma.distance([1, 2], [1.5, 2.5], rtol=1e-10)
    assert int(found.status) == FOUND and found.error <= 1e-10 * found
    assert np.allclose(found, gamma.distance([1, 2], [1.5, 2.5]), atol=1e-10)
    with pytest.raises(ManifoldError, match="a double cannot hold"):
        gamma.distance([1, 2], [1.5, 2.5], rtol=1e-20)
    normal = families.normal().distance([0, 1], [3, 2], rtol=1e-10)  # a closed form, in balls
    assert int(normal.status) == MINIMAL and float(normal.error) < 1e-13
    log = families.normal().log([0, 1], [3, 2], rtol=1e-12)
    assert float(log.distance) == pytest.approx(float(normal), abs=1e-14) and "balls" in log.attrs["method"]


@pytest.mark.slow
def test_what_is_not_proven():
    u = sp.Symbol("u", positive=True)
    cone = RiemannianManifold([[1, 0], [0, u**2]], (u, x))
    ends = cone.exp([[1, 0], [1, 0]], [[-2, 0], [1, 1]], rtol=1e-10)  # the first runs into the tip
    assert np.isnan(ends[0]).all() and "t = 0." in str(ends.reason.values[0]) and np.isfinite(ends[1]).all()
    with pytest.raises(ManifoldError, match="not proven: the tube"):
        cone.exp([1, 0], [-2, 0], rtol=1e-10)


def test_bad_tolerances():
    for rtol in (0, 1, -1e-3, float("nan")):
        with pytest.raises(ManifoldError, match="rtol"):
            PLANE.exp([0, 1], [1, 0], rtol=rtol)
