"""Formulas, metrics and points that are hard on certified numbers, and their right values by textbook formulas.

The right values share no code with the engine: SymPy differentiates the formula as it stands, mpmath evaluates it in
rising precision until two agree, and the curvature of a metric E du^2 + 2 F du dv + G dv^2 is Brioschi's (1852)

    R = 2 K = 2 (det A - det B) / (E G - F^2)^2

with A = [[-E_vv/2 + F_uv - G_uu/2, E_u/2, F_u - E_v/2], [F_v - G_u/2, E, F], [G_v/2, F, G]] and
B = [[0, E_v/2, G_u/2], [E_v/2, E, F], [G_u/2, F, G]].
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from chentsov.geometry.exact import logistic
from chentsov.geometry.grids import on_grid
from chentsov.geometry.kernels.functions import FUNCTIONS, Function
from chentsov.geometry.kernels.stable import expm1, log1p, log_cosh, softplus
from chentsov.geometry.manifolds import RiemannianManifold
from mpmath.libmp import NoConvergence

__all__ = ["Case", "Outcome", "attacked", "draw", "reference_value"]

U, V = sp.symbols("u v", real=True)
_OWN = {
    logistic: lambda z: 1 / (1 + sp.exp(-z)),
    softplus: lambda z: sp.log(1 + sp.exp(z)),
    log1p: lambda z: sp.log(1 + z),
    expm1: lambda z: sp.exp(z) - 1,
    log_cosh: lambda z: sp.log(sp.cosh(z)),
}
_DIGITS = (50, 200, 800)
_SECONDS = 1.0  # for a reference
_NO_ANSWER = (ArithmeticError, ValueError, TypeError, NotImplementedError, MemoryError, RecursionError, NoConvergence)
_EDGES = (0.0, 5e-324, 1e-310, 1e-154, 1e-12, 1e-8, 1.0, 1 + 2**-52, 1 - 2**-53, 2.0, 3.0, 0.5, np.pi / 2, np.pi)
_FAR = (36.7, 709.7, 745.1, 1e5, 1e12, 1.4e154, 1e300)


@dataclass(frozen=True)
class Case:
    """What is computed on a grid of `u` and `v`: a formula, or the scalar curvature of a metric (E, F, G)."""

    formulas: tuple[sp.Expr, ...]
    u: np.ndarray
    v: np.ndarray
    rtol: float

    coordinates = (U, V)

    def expression_of(self, name: str) -> sp.Expr:
        return self.formulas[0]

    def certified(self) -> tuple[np.ndarray, np.ndarray]:
        """The engine's numbers and statuses."""
        axes = {U: self.u, V: self.v}
        if len(self.formulas) == 1:
            grid = on_grid(self, axes, ["value"], rtol=self.rtol)
            return grid["value"].values, grid.status.values
        e, f, g = self.formulas
        grid = on_grid(RiemannianManifold([[e, f], [f, g]], (U, V)), axes, ["ricci_scalar"], rtol=self.rtol)
        return grid.ricci_scalar.values, grid.status.values


@dataclass
class Outcome:
    """Counts of a run."""

    cells: int = 0
    compared: int = 0
    wrong: int = 0
    regular: int = 0
    lost: int = 0  # regular cells without a number
    undecided: int = 0  # cells whose right value mpmath did not settle

    def __iadd__(self, other: Outcome) -> Outcome:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
        return self

    def __str__(self) -> str:
        share = self.lost / max(self.regular, 1)
        return (
            f"{self.cells} cells certified, {self.compared} of them compared: {self.wrong} wrong without a flag; "
            f"NaN in {self.lost} of {self.regular} regular cells ({share:.1e}); {self.undecided} without a reference"
        )


# -- drawing ------------------------------------------------------------------------------------------------------


def draw(
    random: np.random.Generator, side: int, row: Function | None = None, rows: Sequence[Function] | None = None
) -> Case:
    """A case at random: most functions have an error bound of their own (or are of `rows`). `row` certainly occurs."""
    rows = rows or [
        f for f in FUNCTIONS.values() if f.sympy is not None and (f.ulps is not None or random.random() < 0.5)
    ]
    first = row or rows[random.integers(len(rows))]
    inner = _argument(random)
    f = _applied(random, first, inner)
    other = (
        _applied(random, rows[random.integers(len(rows))], _argument(random))
        if random.random() < 0.4
        else _argument(random)
    )
    formula = _combined(random, f, other)
    if random.random() < 0.5 and not formula.has(sp.floor, sp.ceiling, sp.sign):
        scale = _scale(random)
        metric = (
            (sp.S.One, sp.S.Zero, formula)
            if random.random() < 0.6
            else (1 + scale * U**2, scale * U * V / 7, 1 + formula**2)
        )
        formulas: tuple[sp.Expr, ...] = metric
    else:
        formulas = (formula,)
    most = 12.0 if first.ulps is not None and not first.static else 3.0  # special functions of huge numbers take long
    axes = [_axis(random, side, domain, most) for domain in (first.domain[-1], (-3.0, 3.0))]
    return Case(formulas, *axes, rtol=10.0 ** -random.integers(3, 12))


def _scale(random: np.random.Generator) -> sp.Rational:
    """A parameter from 1e-12 to 1e12."""
    return sp.Rational(int(random.integers(1, 100)), 10) * sp.Integer(10) ** int(random.integers(-12, 12))


def _argument(random: np.random.Generator) -> sp.Expr:
    choices = [U, V, U + V, U * V, U - V / 3, U**2 + V**2, _scale(random) * U, U + _scale(random), U / (1 + V**2)]
    return choices[random.integers(len(choices))] if random.random() < 0.6 else U


def _applied(random: np.random.Generator, row: Function, inner: sp.Expr) -> sp.Expr:
    if len(row.domain) == 1:
        return row.sympy(
            *([sp.Integer(int(random.integers(1, 4)))] if row.static and row.name != "zeta" else []), inner
        )
    low, high = row.domain[0]
    order = sp.Rational(int(np.ceil(10 * low)) + int(random.integers(0, max(1, int(8 * (high - low))))), 10)
    return row.sympy(order, inner) if random.random() < 0.8 or row.name in ("min", "max") else row.sympy(order, U)


def _combined(random: np.random.Generator, f: sp.Expr, g: sp.Expr) -> sp.Expr:
    c = _scale(random)
    forms = [
        f,
        c * f + g,
        f * g,
        f / (1 + g**2),
        1 + f**2,
        f - g,
        sp.sqrt(1 + f**2),
        1 / (c + f),
        sp.exp(-(f**2)),
        (f + c) / (f - c),
        2 + g / sp.sqrt(1 + f**2 + g**2),
        f**3 - c * f,
    ]
    return forms[random.integers(len(forms))]


def _axis(random: np.random.Generator, side: int, domain: tuple[float, float], most: float) -> np.ndarray:
    """Points of the domain, at and beside its ends, and of all sizes."""
    low, high = domain
    inside = random.uniform(low, high, side)
    special = np.array(
        [*_EDGES, *_FAR, low, high, *np.nextafter([low, high], np.inf), *np.nextafter([low, high], -np.inf)]
    )
    sizes = random.choice([1, -1], side) * 10.0 ** random.uniform(-12, most, side)
    pool = np.concatenate([special, -special, special + random.choice([-1, 1], special.size) * 1e-9])
    chosen = np.concatenate([inside[: side // 2], random.choice(pool, side // 4), sizes])[:side]
    return np.unique(chosen[np.isfinite(chosen)])


# -- right values -----------------------------------------------------------------------------------------------------


def reference_function(formulas: Sequence[sp.Expr]) -> Any:
    """(u, v) -> the value in mpmath's working precision; an exception or a complex number where there is none."""
    plain = [_written_out(e) for e in formulas]
    if len(plain) == 1:
        return sp.lambdify([U, V], plain[0], "mpmath", cse=True)
    e, f, g = plain
    entries = [e, f, g, e.diff(U), e.diff(V), f.diff(U), f.diff(V), g.diff(U), g.diff(V)]
    entries += [e.diff(V, 2), f.diff(U, V), g.diff(U, 2)]
    jets = sp.lambdify([U, V], entries, "mpmath", cse=True)

    def curvature(u: Any, v: Any) -> Any:
        e, f, g, eu, ev, fu, fv, gu, gv, evv, fuv, guu = jets(u, v)
        a = [[-evv / 2 + fuv - guu / 2, eu / 2, fu - ev / 2], [fv - gu / 2, e, f], [gv / 2, f, g]]
        b = [[0, ev / 2, gu / 2], [ev / 2, e, f], [gu / 2, f, g]]
        return 2 * (_determinant(a) - _determinant(b)) / (e * g - f**2) ** 2

    return curvature


def _determinant(m: list[list[Any]]) -> Any:
    (a, b, c), (d, e, f), (g, h, i) = m
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def _written_out(e: sp.Expr) -> sp.Expr:
    for own, plain in _OWN.items():
        e = e.replace(own, plain)
    return e


def reference_value(function: Any, point: tuple[float, float], rtol: float) -> mpmath.mpf | str:
    """The right value to a thousandth of rtol; "none" where it is not real, "undecided" where mpmath does not settle it."""
    before = None
    for digits in _DIGITS:
        with mpmath.workdps(digits):
            try:
                with _limited(_SECONDS):
                    value = mpmath.mpmathify(function(*(mpmath.mpf(p) for p in point)))
            except (*_NO_ANSWER, TimeoutError):
                return "undecided"
            if mpmath.isnan(value) or mpmath.isinf(value):
                return "undecided"
            if isinstance(value, mpmath.mpc):
                if abs(value.imag) > mpmath.mpf(10) ** (-digits // 2) * abs(value):
                    return "none"
                value = value.real
            if before is not None and abs(value - before) <= mpmath.mpf(rtol) / 1000 * abs(value):
                return value
            before = value
    return "undecided"


def _real_throughout(formulas: Sequence[sp.Expr]) -> Any:
    """(point) -> whether every part of the formulas is real and finite there: acosh(u)^2 is real for u = 0, acosh is not."""
    kinds = (sp.Function, sp.Pow)
    parts = [p for e in formulas for p in sp.preorder_traversal(_written_out(e)) if isinstance(p, kinds)]
    evaluate = sp.lambdify([U, V], parts, "mpmath")

    def real(point: tuple[float, float]) -> bool:
        try:
            with mpmath.workdps(50), _limited(_SECONDS):
                found = [mpmath.mpmathify(v) for v in evaluate(*(mpmath.mpf(p) for p in point))]
        except (*_NO_ANSWER, TimeoutError):
            return False
        return all(mpmath.isfinite(v) and mpmath.im(v) == 0 for v in found)

    return real


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise TimeoutError when the block has taken so long."""

    def late(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attacked(case: Case, random: np.random.Generator, compared: int) -> tuple[Outcome, list[str], list[str]]:
    """Certify a case and compare some of its cells; what was found; the wrong cells, and the lost ones, in words."""
    values, status = case.certified()
    outcome = Outcome(cells=values.size)
    function = reference_function(case.formulas)
    real_throughout = _real_throughout(case.formulas)
    faults: list[str] = []
    lost: list[str] = []
    for index in random.choice(values.size, min(compared, values.size), replace=False):
        i, j = np.unravel_index(index, values.shape)
        point = (float(case.u[i]), float(case.v[j]))
        value, code = float(values[i, j]), int(status[i, j])
        truth = reference_value(function, point, case.rtol)
        if truth == "undecided":
            outcome.undecided += 1
            continue
        outcome.compared += 1
        if np.isnan(value) != (code != 0):
            faults.append(f"{case.formulas} at {point}: {value} with status {code}")
        elif truth == "none":
            if code == 0:
                faults.append(f"{case.formulas} at {point}: {value}, and there is none")
        elif code == 0:
            if abs(mpmath.mpf(value) - truth) > mpmath.mpf(case.rtol) * 1.001 * abs(truth):
                faults.append(f"{case.formulas} at {point}, rtol {case.rtol}: {value}, right {mpmath.nstr(truth, 20)}")
        if not isinstance(truth, str) and 1e-290 < abs(truth) < 1e290 and (code == 0 or real_throughout(point)):
            outcome.regular += 1
            outcome.lost += code != 0
            if code:
                lost.append(f"{case.formulas} at {point}: status {code}, right {mpmath.nstr(truth, 20)}")
    outcome.wrong = len(faults)
    return outcome, faults, lost
