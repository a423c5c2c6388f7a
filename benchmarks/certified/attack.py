"""Formulas, metrics, families and points that are hard on certified numbers, and their right values by textbook formulas.

The right values share no code with the engine: SymPy differentiates the formula as it stands, balls evaluate it at twice
the precision and more (`balls`), or mpmath where it holds special functions, and the curvature of a metric
E du^2 + 2 F du dv + G dv^2 is Brioschi's (1852)

    R = 2 K = 2 (det A - det B) / (E G - F^2)^2

with A = [[-E_vv/2 + F_uv - G_uu/2, E_u/2, F_u - E_v/2], [F_v - G_u/2, E, F], [G_v/2, F, G]] and
B = [[0, E_v/2, G_u/2], [E_v/2, E, F], [G_u/2, F, G]].
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from chentsov.geometry.exact import logistic
from chentsov.geometry.grids import on_grid
from chentsov.geometry.kernels.functions import FUNCTIONS, Function
from chentsov.geometry.kernels.stable import expm1, log1p, log_cosh, softplus
from chentsov.geometry.manifolds import RiemannianManifold
from chentsov.models import families, gibbs
from flint import arb
from mpmath.libmp import NoConvergence

from .balls import Balls, NoRoutine, NoValue
from .neurons import NeuronCase, draw_neuron

__all__ = ["Case", "Outcome", "Reference", "attacked", "draw"]

U, V = sp.symbols("u v", real=True)
_OWN = {
    logistic: lambda z: 1 / (1 + sp.exp(-z)),
    softplus: lambda z: sp.log(1 + sp.exp(z)),
    log1p: lambda z: sp.log(1 + z),
    expm1: lambda z: sp.exp(z) - 1,
    log_cosh: lambda z: sp.log(sp.cosh(z)),
}
_DIGITS = (50, 150, 600)
_SECONDS = 0.5  # for a reference
_MOST_UNDECIDED = 12  # references of a case that may fail before no more are asked for
_MANY, _FEW, _PROBE = (
    400,
    20,
    48,
)  # points an axis: of elementary formulas at most, of special functions, of a first look
_NEURON = 100  # points an axis of neurons
_SLOW_CELLS = 8000  # of a case, that may take balls
_EXTREMES, _NO_NUMBERS = 8, 60  # cells at either end that are compared, and cells without a number that are looked at
_NO_ANSWER = (ArithmeticError, ValueError, TypeError, NotImplementedError, MemoryError, RecursionError, NoConvergence)
_EDGES = (0.0, 5e-324, 1e-310, 1e-154, 1e-12, 1e-8, 1.0, 1 + 2**-52, 1 - 2**-53, 2.0, 3.0, 0.5, np.pi / 2, np.pi)
_FAR = (36.7, 709.7, 745.1, 1e5, 1e12, 1.4e154, 1e300)


@dataclass(frozen=True)
class Case:
    """What is computed on a grid of `u` and `v`: a formula, or the scalar curvature of a metric (E, F, G).

    A family is a manifold of the engine; its metric is then the textbook's.
    """

    formulas: tuple[sp.Expr, ...]
    u: np.ndarray
    v: np.ndarray
    rtol: float
    family: Any = None

    coordinates = (U, V)

    def __str__(self) -> str:
        return f"{self.family.name if self.family is not None else ''}{self.formulas}"

    def expression_of(self, name: str) -> sp.Expr:
        return self.formulas[0]

    def grid(self) -> Any:
        """The engine's numbers and statuses."""
        source: Any = self
        if len(self.formulas) > 1:
            e, f, g = self.formulas
            source = self.family or RiemannianManifold([[e, f], [f, g]], (U, V))
        return on_grid(source, dict(zip(source.coordinates, (self.u, self.v))), [self.quantity], rtol=self.rtol)

    def reference(self) -> Reference:
        return Reference(self)

    @property
    def quantity(self) -> str:
        return "value" if len(self.formulas) == 1 else "ricci_scalar"


@dataclass
class Outcome:
    """Counts of a run."""

    cells: int = 0
    compared: int = 0  # with right values
    wrong: int = 0
    regular: int = 0  # cells with a number of ordinary size
    lost: float = 0.0  # regular cells without a number: as many as the sample of those without one says
    undecided: int = 0  # cells whose right value the references did not settle

    def __iadd__(self, other: Outcome) -> Outcome:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
        return self

    def __str__(self) -> str:
        share = self.lost / max(self.regular + self.lost, 1)
        return (
            f"{self.cells} cells certified, {self.compared} of them compared: {self.wrong} wrong without a flag; "
            f"NaN in {self.lost:.0f} of {self.regular + self.lost:.0f} regular cells ({share:.1e}); "
            f"{self.undecided} without a reference"
        )


# -- drawing ------------------------------------------------------------------------------------------------------


def draw(
    random: np.random.Generator,
    side: int | None = None,
    row: Function | None = None,
    rows: Sequence[Function] | None = None,
) -> Case | NeuronCase:
    """A case at random: functions that mostly have an error bound of their own (or are of `rows`). `row` certainly occurs.

    Without `side`, grids are as large as their share of slow cells allows, and those of special functions small.
    """
    if row is None and rows is None:
        kind = random.random()
        if kind < 0.1:
            return _family(random, side or _MANY // 2)
        if kind < 0.2:
            return draw_neuron(random, min(side or _MANY, _NEURON))
    bounded_only = random.random() < 0.7
    rows = rows or [f for f in FUNCTIONS.values() if f.sympy is not None and (f.ulps is not None or not bounded_only)]
    first = row or rows[random.integers(len(rows))]
    inner = _argument(random)
    f = _applied(random, first, inner)
    other = (
        _applied(random, rows[random.integers(len(rows))], _argument(random))
        if random.random() < 0.4
        else _argument(random)
    )
    formula, spot = _combined(random, f, other), None
    if random.random() < 0.3:
        formula, spot = _spotted(random, formula, first)
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
    rtol = 10.0 ** -random.integers(3, 12)
    if side is None:
        quick = all(f.ulps is not None and not f.static for f in rows if f.sympy and formula.has(f.sympy))
        side = _fitting(random, formulas, rtol, first, _MANY, spot) if quick else _FEW
    return _case(random, formulas, rtol, first, side, spot)


def _case(
    random: np.random.Generator,
    formulas: tuple[sp.Expr, ...],
    rtol: float,
    first: Function,
    side: int,
    spot: tuple[float, float] | None,
) -> Case:
    """Formulas on a grid about the domain of the function in them, and about a spot."""
    most = 12.0 if first.ulps is not None and not first.static else 3.0  # special functions of huge numbers take long
    axes = [_axis(random, side, domain, most) for domain in (first.domain[-1], (-3.0, 3.0))]
    if spot is not None:
        near = random.choice([1, -1], (2, side // 4)) * 10.0 ** random.uniform(-17, -1, (2, side // 4))
        axes = [np.unique([*axis, at, *(at * (1 + step))]) for axis, at, step in zip(axes, spot, near)]
    return Case(formulas, *axes, rtol=rtol)


def _spotted(random: np.random.Generator, f: sp.Expr, first: Function) -> tuple[sp.Expr, tuple[float, float] | None]:
    """A formula with a pole, a kink or a zero of a difference at a point, or whose numbers fall below the normal ones."""
    low, high = first.domain[-1]
    u, v = random.uniform(low, high), random.uniform(-3, 3)
    try:
        with _limited(_SECONDS), mpmath.workdps(40):
            value = mpmath.mpmathify(sp.lambdify([U, V], _written_out(f), "mpmath")(mpmath.mpf(u), mpmath.mpf(v)))
            level = sp.Rational(mpmath.nstr(value, 17)) if mpmath.im(value) == 0 and _ordinary(abs(value)) else None
    except (*_NO_ANSWER, TimeoutError, NameError):
        level = None
    if level is None:
        return f, None
    smallest = sp.Integer(10) ** -(308 + int(mpmath.floor(mpmath.log10(abs(value)))))
    forms = [
        1 / (f - level),
        sp.Abs(f - level) ** 3 + 1,
        sp.Max(f, level),
        sp.sqrt((f - level) ** 2) + f**2,
        (f**2 - level**2) / (f - level),
        smallest * f,
        smallest / (1 + f**2),
        2 + sp.exp(-(((f - level) / level) ** 2) * 10**4),
    ]
    return forms[random.integers(len(forms))], (u, v)


def _fitting(
    random: np.random.Generator,
    formulas: tuple[sp.Expr, ...],
    rtol: float,
    first: Function,
    most: int,
    spot: tuple[float, float] | None,
) -> int:
    """Points an axis with not too many slow cells in all, as a small grid tells."""
    probe = _case(random, formulas, rtol, first, _PROBE, spot)
    slow = probe.grid().attrs["cells_in_balls"] / (probe.u.size * probe.v.size)
    return int(np.clip((_SLOW_CELLS / max(slow, 1e-9)) ** 0.5, _PROBE, most))


def _family(random: np.random.Generator, side: int) -> Case:
    """A family with parameters of all sizes, by its metric in the textbook."""
    trigamma = sp.polygamma(1, U), sp.polygamma(1, V), sp.polygamma(1, U + V)
    log_partition = sp.log(sp.exp(U) * sp.cosh(V) + sp.sqrt(sp.exp(2 * U) * sp.sinh(V) ** 2 + sp.exp(-2 * U)))
    choices: list[tuple[Callable[[], Any], tuple[sp.Expr, ...], bool]] = [
        (families.normal, (1 / V**2, sp.S.Zero, 2 / V**2), False),
        (families.inverse_gaussian, (V / U**3, sp.S.Zero, 1 / (2 * V**2)), True),
        (families.gamma, (trigamma[0] - 1 / U, sp.S.Zero, U / V**2), True),
        (families.beta, (trigamma[0] - trigamma[2], -trigamma[2], trigamma[1] - trigamma[2]), True),
        (gibbs.ising_chain, tuple(log_partition.diff(*d) for d in ((U, U), (U, V), (V, V))), False),
    ]
    family, metric, positive = choices[random.integers(len(choices))]
    least = 1e-12 if positive else -6.0
    axes = [_axis(random, side, (least, 30.0), 12.0), _axis(random, side, (1e-12, 30.0), 12.0)]
    if family is not gibbs.ising_chain:
        axes = [a[a > 0] if positive or k else a for k, a in enumerate(axes)]
    return Case(metric, *axes, rtol=10.0 ** -random.integers(3, 12), family=family())


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


class Reference:
    """The right values of a case, by balls where they know its functions, else by mpmath."""

    def __init__(self, case: Case) -> None:
        self.rtol = case.rtol / 1000
        self.plain = [_written_out(e) for e in case.formulas]
        self.entries, self.finish = self.plain, _only
        if len(self.plain) > 1:
            e, f, g = self.plain
            self.entries = [e, f, g, e.diff(U), e.diff(V), f.diff(U), f.diff(V), g.diff(U), g.diff(V)]
            self.entries += [e.diff(V, 2), f.diff(U, V), g.diff(U, 2)]
            self.finish = _brioschi
        try:
            self.balls: Balls | None = Balls(self.entries, (U, V), len(self.plain) > 1)
        except NoRoutine:
            self.balls = None

    def __call__(self, point: tuple[float, float]) -> arb | str:
        """The right value to a thousandth of rtol; "none" where it is not real, "undecided" where it is not settled."""
        if self.balls is None:
            return self.slow(point)
        try:
            with _limited(_SECONDS):
                value = self.balls.at(point, self.finish, self.rtol)
        except (*_NO_ANSWER, TimeoutError) as reason:
            return "none" if isinstance(reason, NoValue) else "undecided"
        return "undecided" if value is None else value

    def slow(self, point: tuple[float, float]) -> arb | str:
        """The same by mpmath, in rising precision until two values agree; complex numbers on the way are fine."""
        before = None
        sizes = [abs(np.log10(abs(p))) for p in point if p]
        for digits in (d + int(2 * max(sizes, default=0)) for d in _DIGITS):  # 1 + 1e-300 is not 1
            with mpmath.workdps(digits):
                try:
                    with _limited(_SECONDS):
                        value = mpmath.mpmathify(self.finish(self.function(*(mpmath.mpf(p) for p in point))))
                except (*_NO_ANSWER, TimeoutError, NameError):
                    return "undecided"
                if mpmath.isnan(value) or mpmath.isinf(value):
                    return "undecided"
                if isinstance(value, mpmath.mpc):
                    if abs(value.imag) > mpmath.mpf(10) ** (-digits // 2) * abs(value):
                        return "none"
                    value = value.real
                if before is not None and abs(value - before) <= mpmath.mpf(self.rtol) * abs(value):
                    return arb(mpmath.nstr(value, 40))
                before = value
        return "undecided"

    @cached_property
    def function(self) -> Any:
        return sp.lambdify([U, V], self.entries, "mpmath", cse=True)

    def is_regular(self, point: tuple[float, float]) -> bool:
        """Whether every part of the formulas is real there, and zero or of a size that machine numbers have.

        acosh(u)^2 is real for u = 0, acosh is not; no curvature is asked for where sinh u is 10^(10^11).
        """
        try:
            with mpmath.workdps(50), _limited(_SECONDS):
                found = [mpmath.mpmathify(v) for v in self.parts(*(mpmath.mpf(p) for p in point))]
                return all(mpmath.im(v) == 0 and (v == 0 or _ordinary(abs(v))) for v in found)
        except (*_NO_ANSWER, TimeoutError, NameError):
            return False

    @cached_property
    def parts(self) -> Any:
        whole = [p for e in self.plain for p in sp.preorder_traversal(e) if isinstance(p, sp.Expr)]
        return sp.lambdify([U, V], list(dict.fromkeys(whole)), "mpmath")


def _only(values: Sequence[Any]) -> Any:
    return values[0]


def _brioschi(jet: Sequence[Any]) -> Any:
    e, f, g, eu, ev, fu, fv, gu, gv, evv, fuv, guu = jet
    a = [[-evv / 2 + fuv - guu / 2, eu / 2, fu - ev / 2], [fv - gu / 2, e, f], [gv / 2, f, g]]
    b = [[0, ev / 2, gu / 2], [ev / 2, e, f], [gu / 2, f, g]]
    size = e * g - f * f
    return 2 * (_determinant(a) - _determinant(b)) / (size * size)


def _determinant(m: list[list[Any]]) -> Any:
    (a, b, c), (d, e, f), (g, h, i) = m
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def _written_out(e: sp.Expr) -> sp.Expr:
    for own, plain in _OWN.items():
        e = e.replace(own, plain)
    return e


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


def attacked(
    case: Case | NeuronCase, random: np.random.Generator, compared: int
) -> tuple[Outcome, list[str], list[str]]:
    """Certify a case and compare cells of it: a sample, the largest and smallest numbers, and cells without one.

    Returns what was found; the wrong cells, and the regular ones without a number, in words.
    """
    grid = case.grid()
    values, status = grid[case.quantity].values, grid.status.values
    numbers, codes = values.ravel(), status.ravel()
    outcome = Outcome(cells=values.size)
    reference = case.reference()
    faults: list[str] = []
    lost: list[str] = []
    good, bad = np.flatnonzero(codes == 0), np.flatnonzero(codes != 0)
    if (np.isnan(numbers) != (codes != 0)).any():
        k = int(np.flatnonzero(np.isnan(numbers) != (codes != 0))[0])
        faults.append(f"{case}: cell {k} holds {numbers[k]} with status {codes[k]}")
    outcome.regular = int((_ordinary(np.abs(numbers[good]))).sum())
    for k in _chosen(random, numbers, good, compared):
        point = _point(case, k, values.shape)
        truth = reference(point)
        if truth == "none":  # mpmath may know better, through complex numbers
            truth = reference.slow(point)
        if truth == "undecided":
            outcome.undecided += 1
            if outcome.undecided >= _MOST_UNDECIDED:
                break
            continue
        outcome.compared += 1
        if truth == "none":
            faults.append(f"{case} at {point}: {numbers[k]}, and there is none")
        elif not abs(arb(float(numbers[k])) - truth) <= arb(case.rtol) * 1.003 * abs(truth):
            faults.append(f"{case} at {point}, rtol {case.rtol}: {numbers[k]}, right {_shown(truth)}")
    looked = missed = 0
    for k in random.permutation(bad)[: max(compared, _NO_NUMBERS)]:
        point = _point(case, k, values.shape)
        truth = reference(point)
        looked += 1
        if truth == "undecided":
            outcome.undecided += 1
            if outcome.undecided >= _MOST_UNDECIDED:
                break
        else:
            outcome.compared += 1
        ordinary = not isinstance(truth, str) and _ordinary(abs(float(truth.mid())))
        if ordinary and reference.is_regular(point):
            missed += 1
            lost.append(f"{case} at {point}, rtol {case.rtol}: status {codes[k]}, right {_shown(truth)}")
    outcome.lost = missed * bad.size / max(looked, 1)
    outcome.wrong = len(faults)
    return outcome, faults, lost


def _chosen(random: np.random.Generator, numbers: np.ndarray, good: np.ndarray, compared: int) -> np.ndarray:
    """Cells with a number to compare: at random, and the largest and smallest numbers."""
    if good.size <= compared:
        return good
    order = good[np.argsort(np.abs(numbers[good]), kind="stable")]
    ends = [order[:_EXTREMES], order[-_EXTREMES:]]
    return np.unique(np.concatenate([random.choice(good, compared, replace=False), *ends]))


def _point(case: Case | NeuronCase, k: int, shape: tuple[int, ...]) -> tuple[float, float]:
    i, j = np.unravel_index(k, shape)
    return float(case.u[i]), float(case.v[j])


def _ordinary(size: Any) -> Any:
    return (1e-290 < size) & (size < 1e290)


def _shown(truth: arb) -> str:
    return truth.str(20, radius=False)
