"""The error rules of functions: sound where the argument itself has an error, cheap and close where it is regular."""

import zlib

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.kernels import compile, evaluate_ball
from chentsov.geometry.kernels.functions import FUNCTIONS
from chentsov.geometry.kernels.native import double_functions
from chentsov.geometry.kernels.slopes import RULES
from flint import arb

x, y = sp.symbols("x y", real=True)
OWN = {"pow": lambda u, v: u**v}
ROWS = [row for name, row in sorted(FUNCTIONS.items()) if name in RULES and row.ulps and (name in OWN or row.sympy)]
#: A function beside its own arguments, so that one kernel holds all of them.
SYMBOLS = {row.name: sp.symbols(f"{row.name}_:{len(row.domain)}", real=True) for row in ROWS}
ALL = [s for symbols in SYMBOLS.values() for s in symbols]


def applied(row, arguments):
    if row.name == "polygamma":
        return sp.Add(*(sp.polygamma(order, *arguments) for order in (0, 2)))
    return OWN.get(row.name, row.sympy)(*arguments)


def inexact(u):
    """u + u^2/2000, of which ten digits cancel."""
    return (u + 1000) ** 2 / 2000 - 500


def points(row, k):
    low, high = row.domain[k]
    rng = np.random.default_rng(zlib.crc32(f"{row.name}{k}".encode()))
    ends = np.array([low, high, np.nextafter(low, high), np.nextafter(high, low)])
    sizes = rng.choice([-1, 1], 12) * 10.0 ** rng.uniform(-9, 3, 12)
    return np.concatenate([rng.permutation(ends), rng.uniform(low, high, 12), sizes, [0.0, 1.0, -1.0]])


@pytest.mark.parametrize("how", ["double", "float32", "refined"])
def test_a_bound_holds_with_an_argument_that_errs(how):
    formulas = [applied(row, [f(s) for s in SYMBOLS[row.name]]) for row in ROWS for f in (lambda s: s, inexact)]
    at = dict(zip(ALL, (points(row, k) for row in ROWS for k in range(len(row.domain)))))
    kernel = compile(formulas, ALL, dtype="float32" if how == "float32" else "float64")
    values, bounds = kernel.bounded(*at.values(), refined=how == "refined")
    for k, formula in enumerate(formulas):
        known = np.flatnonzero((bounds[k] < np.inf) & np.isfinite(values[k]))
        assert len(known) > 12 or how != "double", formula
        for j in known:
            truth = evaluate_ball(formula, {s: float(at[s][j]) for s in formula.free_symbols}, 400)
            assert abs(arb(float(values[k, j])) - truth) <= arb(float(bounds[k, j])), (formula, at[ALL[0]][j])


def test_regular_points_are_certified_in_machine_numbers():
    spans = [domain for row in ROWS for domain in row.domain]
    at = [np.linspace(0.9 * low + 0.1 * high, 0.1 * low + 0.9 * high, 23) + 1e-3 for low, high in spans]
    values, bounds = compile([applied(row, SYMBOLS[row.name]) for row in ROWS], ALL).bounded(*at)
    for row, value, bound in zip(ROWS, values, bounds):
        zeros = 0.5 if row.name in ("loggamma", "polygamma") else 0.02  # beside its zeros, relative errors are large
        assert (bound <= 1e-13 * (np.abs(value) + zeros)).all(), row.name


def test_functions_of_double_doubles_have_their_digits():
    """Less its value in machine numbers, a function is what double-doubles add to it."""
    rows = [row for row in ROWS if row.name in double_functions.PAIR_ULPS]
    symbols = [s for row in rows for s in SYMBOLS[row.name]]
    at = [points(row, k) for row in rows for k in range(len(row.domain))]
    rounded = np.nan_to_num(compile([applied(row, SYMBOLS[row.name]) for row in rows], symbols)(*at))
    less = sp.symbols(f"less_:{len(rows)}")
    formulas = [applied(row, SYMBOLS[row.name]) - s for row, s in zip(rows, less)]
    values, bounds = compile(formulas, [*symbols, *less]).bounded(*at, *rounded, refined=True)
    given = dict(zip([*symbols, *less], [*at, *rounded]))
    for k, formula in enumerate(formulas):
        known = np.flatnonzero((bounds[k] < np.inf) & np.isfinite(values[k]))
        assert len(known) > 12, formula
        for j in known:
            truth = evaluate_ball(formula, {s: float(given[s][j]) for s in formula.free_symbols}, 500)
            assert abs(arb(float(values[k, j])) - truth) <= arb(float(bounds[k, j])), (formula, j)
        assert np.median(bounds[k, known] / np.maximum(abs(rounded[k][known]), 1e-3)) < 2.0**-82


def test_no_sign_of_zero_decides_on_a_certified_angle():
    bounds = compile(sp.atan2(y, x), [y, x]).bounded(np.array([-0.0, 0.0, 1.0]), np.array([-1.0, -1.0, -1.0]))[1]
    assert np.isinf(bounds[0, :2]).all() and bounds[0, 2] < 2e-15


def test_families_over_a_wide_range_stay_in_machine_numbers():
    """Near a corner R is a small difference of polygamma functions; double-doubles carry it."""
    from chentsov.models import families

    manifold = families.beta()
    axis = np.geomspace(1e-3, 1e4, 9)
    grid = manifold.on_grid(dict(zip(manifold.coordinates, (axis, axis))), rtol=1e-10)
    assert grid.attrs["cells_in_double_double"] > 20 and grid.attrs["cells_in_balls"] == 0
    for i, j in ((0, 0), (8, 8), (8, 0), (4, 7)):
        at = dict(zip(manifold.coordinates, (float(axis[i]), float(axis[j]))))
        truth = evaluate_ball(manifold.ricci_scalar, at, 800)
        assert abs(arb(float(grid.ricci_scalar[i, j])) - truth) <= 1e-10 * abs(truth)
