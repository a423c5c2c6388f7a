"""`python -m benchmarks.distances`: accuracy against closed forms, arrivals of random pairs, geomstats, many at once.

geomstats is asked for its own logarithm on the same pairs in the same run, on a few of them, one after the other.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
import sympy as sp
from chentsov.geometry.flows.shooting import STATUSES, Space, connect
from chentsov.models import families


def uniform(n: int, high: float = 5.0):
    return lambda draw, count: draw.uniform(0.0, high, (count, n))


def wide(n: int):
    return lambda draw, count: np.exp(draw.uniform(np.log(0.02), np.log(200), (count, n)))


def bivariate(draw: np.random.Generator, count: int) -> np.ndarray:
    roots = draw.normal(size=(count, 2, 2))
    cov = roots @ roots.transpose(0, 2, 1) + np.eye(2) / 20
    return np.column_stack([draw.normal(size=(count, 2)), cov[:, 0, 0], cov[:, 0, 1], cov[:, 1, 1]])


FAMILIES = {
    "gamma": (families.gamma, uniform(2)),
    "gamma, 0.02 to 200": (families.gamma, wide(2)),
    "beta": (families.beta, uniform(2)),
    "beta, 0.02 to 200": (families.beta, wide(2)),
    "Dirichlet of 3": (families.dirichlet, uniform(3)),
    "Dirichlet of 3, 0.02 to 200": (families.dirichlet, wide(3)),
    "bivariate normal": (families.multivariate_normal, bivariate),
}


def accuracy(count: int) -> None:
    """The largest difference between shooting and the closed form."""
    draw = np.random.default_rng(0)
    normal = lambda: np.column_stack([draw.normal(size=count), draw.uniform(0.1, 3, count)])
    simplex = lambda: draw.dirichlet(np.ones(3), count)[:, :2]
    half = families.multivariate_normal(2)
    s = half.coordinates[2:]
    centred = half.pull_back(s, dict(zip(half.coordinates, (0, 0, *s))))
    x, h = sp.Symbol("x", real=True), sp.Symbol("h", positive=True)
    from chentsov import RiemannianManifold

    shape = families.gamma()
    k, m = shape.coordinates
    fixed = shape.pull_back([m], {k: sp.Rational(7, 3), m: m})
    poincare = RiemannianManifold([[1 / h**2, 0], [0, 1 / h**2]], (x, h))
    for name, manifold, make in [
        ("normal", families.normal(), normal),
        ("Poincaré half-plane", poincare, normal),
        ("categorical of 3", families.categorical(), simplex),
        ("bivariate normal, fixed mean", centred, lambda: bivariate(draw, count)[:, 2:]),
        ("gamma, fixed shape", fixed, lambda: draw.uniform(0.1, 9, (count, 1))),
    ]:
        p, q = make(), make()
        closed = manifold.distance(p, q)
        shot = connect(Space(manifold), p, q)
        arrived = np.isfinite(shot.distance)
        off = np.abs(shot.distance - closed.values)[arrived].max()
        method = closed.attrs["method"]
        print(f"{name:30s} {arrived.sum():6d} of {count} arrive, largest difference {off:.1e}; {method}", flush=True)


def arrivals(count: int, names: list[str]) -> None:
    """Random pairs: how many arrive, why others do not, the bound of the error, the time a pair."""
    for name in names:
        make, points = FAMILIES[name]
        manifold, draw = make(), np.random.default_rng(1)
        p, q = points(draw, count), points(draw, count)
        space = Space(manifold)
        connect(space, p[:2], q[:2])
        begun = time.perf_counter()
        found = connect(space, p, q)
        took = time.perf_counter() - begun
        ok = np.isfinite(found.distance)
        rest = {STATUSES[int(s)]: int((found.status == s).sum()) for s in np.unique(found.status[~ok])}
        print(
            f"{name:30s} {ok.sum()} of {count} arrive ({100 * ok.mean():.2f} %), error at most "
            f"{found.error[ok].max():.1e}, longest {found.distance[ok].max():.1f}, {took / count * 1e3:.3f} ms a pair {rest or ''}",
            flush=True,
        )


def geomstats(count: int, ours: int) -> None:
    """The same pairs by geomstats' own logarithm."""
    if not hasattr(np, "trapz"):  # geomstats 2.8 asks NumPy for a name that NumPy 2.4 no longer has
        np.trapz = np.trapezoid
    from geomstats.information_geometry.beta import BetaDistributions
    from geomstats.information_geometry.dirichlet import DirichletDistributions
    from geomstats.information_geometry.gamma import GammaDistributions

    spaces = {"gamma": GammaDistributions(), "beta": BetaDistributions(), "Dirichlet of 3": DirichletDistributions(3)}
    for name, space in spaces.items():
        make, points = FAMILIES[name]
        manifold, draw = make(), np.random.default_rng(1)
        p, q = points(draw, ours), points(draw, ours)
        here = Space(manifold)
        connect(here, p[:2], q[:2])
        begun = time.perf_counter()
        found = connect(here, p, q)
        mine = (time.perf_counter() - begun) / ours
        distances, times = [], []
        for a, b in zip(p[:count], q[:count]):
            begun = time.perf_counter()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    distances.append(float(space.metric.norm(space.metric.log(b, a), a)))
            except Exception:  # its solvers raise errors of their own where they do not arrive
                distances.append(np.nan)
            times.append(time.perf_counter() - begun)
        off = np.abs(np.array(distances) / found.distance[:count] - 1)
        theirs = float(np.mean(times))
        print(
            f"{name:16s} geomstats {theirs * 1e3:8.1f} ms a pair ({count} pairs), here {mine * 1e3:.3f} ms ({ours} pairs): "
            f"{theirs / mine:.0f} times; of its distances {np.mean(~(off < 1e-6)) * 100:.0f} % are off by more than 1e-6, "
            f"the median error is {np.nanmedian(off):.0e}",
            flush=True,
        )


def many(count: int) -> None:
    """Geodesics of the normal family from one point to t = 5."""
    manifold = families.normal()
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, count)
    units = np.column_stack([np.cos(angles), np.sin(angles) / np.sqrt(2)])
    space = Space(manifold)
    starts, times = np.tile([0.0, 1.0], (count, 1)), np.array([0.0, 5.0])
    space.shoot(starts[:8], units[:8], times)
    x, s = 0.0, 1.0
    for rtol in (1e-8, 1e-10, 1e-12):
        best, off = np.inf, np.nan
        for _ in range(3):
            begun = time.perf_counter()
            ends = space.shoot(starts, units, times, rtol)[0][:, -1]
            best = min(best, time.perf_counter() - begun)
        reached = (
            2
            * np.sqrt(2)
            * np.arcsinh(np.hypot((ends[:, 0] - x) / np.sqrt(2), ends[:, 1] - s) / 2 / np.sqrt(ends[:, 1] * s))
        )
        off = np.abs(reached - 5).max()
        print(
            f"{count} geodesics of the normal family to t = 5, rtol {rtol:g}: {best:.2f} s, off by {off:.1e}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--geomstats", type=int, default=20, help="pairs that geomstats is asked for")
    parser.add_argument("--sections", nargs="*", default=["accuracy", "arrivals", "geomstats", "many"])
    parser.add_argument("--families", nargs="*", default=list(FAMILIES))
    given = parser.parse_args()
    if "accuracy" in given.sections:
        accuracy(min(given.pairs, 1000))
    if "arrivals" in given.sections:
        arrivals(given.pairs, given.families)
    if "geomstats" in given.sections:
        geomstats(given.geomstats, min(given.pairs, 1000))
    if "many" in given.sections:
        many(100_000)


if __name__ == "__main__":
    main()
