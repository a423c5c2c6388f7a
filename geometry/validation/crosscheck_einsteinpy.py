"""EinsteinPy as an oracle: its curvature of metrics small enough for it, and of any surface through jets.

EinsteinPy (https://einsteinpy.org) computes curvature by SymPy's heuristic ``simplify``; it shares no code with this
engine. Two ways of asking it:

* *symbolically*, on the metric itself, where that ends in reasonable time;
* *through jets*: once and for all, the Ricci scalar of a two-dimensional metric with undefined components
  g_ij(x¹, x²). It is a rational function of g, ∂g and ∂²g, into which numbers from any source can be put.

Known traps of EinsteinPy 0.5.0, which nothing here leans on: ``TransformationMatrix`` inverts a Jacobian element by
element; constant components break its ``lambdify`` on grids; ``polygamma`` raises NameError there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import sympy as sp

from ..exact.budget import TimeBudgetExceeded, time_limit
from ..exact.errors import ChentsovError, InputError
from ..files import write_whole
from ..kernels.native import cache as disk

__all__ = [
    "OracleTimeout",
    "TENSORS",
    "chain",
    "einsteinpy_version",
    "ricci_scalar_and_scale",
    "ricci_scalar_of_jet",
    "symbolic",
]

Index = tuple[int, ...]
Jet = Mapping[tuple[int, int], Mapping[Index, Any]]

#: Name of a quantity -> EinsteinPy's class and the index positions that this project's convention asks for.
TENSORS: dict[str, tuple[str, str]] = {
    "christoffel": ("ChristoffelSymbols", "ull"),
    "riemann": ("RiemannCurvatureTensor", "ulll"),
    "riemann_lowered": ("RiemannCurvatureTensor", "llll"),
    "ricci": ("RicciTensor", "ll"),
    "ricci_scalar": ("RicciScalar", ""),
    "einstein": ("EinsteinTensor", "ll"),
    "weyl": ("WeylTensor", "llll"),
}

_COMPONENTS = ((0, 0), (0, 1), (1, 1))
_INDICES: tuple[Index, ...] = ((), (0,), (1,), (0, 0), (0, 1), (1, 1))


class OracleTimeout(ChentsovError, RuntimeError):
    """EinsteinPy did not finish within the time allowed."""


def einsteinpy_version() -> str:
    """The version of the installed EinsteinPy."""
    from importlib.metadata import version

    return version("einsteinpy")


@contextmanager
def _time_limit(seconds: float | None, task: str) -> Iterator[None]:
    try:
        with time_limit(seconds, f"EinsteinPy's {task}"):
            yield
    except TimeBudgetExceeded:
        raise OracleTimeout(f"EinsteinPy's {task} did not finish within {seconds:g} s") from None


def symbolic(metric: sp.MatrixBase, coordinates: Sequence[sp.Symbol], quantity: str, seconds: float | None = 60) -> Any:
    """EinsteinPy's expression (or array of expressions) of a quantity of a metric.

    >>> t, p = sp.symbols("t p")
    >>> symbolic(sp.Matrix([[1, 0], [0, sp.sin(t)**2]]), (t, p), "ricci_scalar")
    2

    Raises :class:`OracleTimeout`, and ValueError for a quantity that EinsteinPy does not know.
    """
    import einsteinpy.symbolic as oracle

    if quantity not in TENSORS:
        raise InputError(f"EinsteinPy has no '{quantity}': it knows {', '.join(TENSORS)}")
    name, positions = TENSORS[quantity]
    with _time_limit(seconds, quantity):
        given = oracle.MetricTensor(sp.Matrix(metric).tolist(), tuple(coordinates))
        tensor = getattr(oracle, name).from_metric(given)
        if quantity == "ricci_scalar":
            return tensor.expr
        if tensor.config != positions:
            tensor = tensor.change_config(positions)
        return tensor.tensor()


def chain(
    metric: sp.MatrixBase, coordinates: Sequence[sp.Symbol], quantities: Sequence[str]
) -> Iterator[tuple[str, Any]]:
    """(quantity, EinsteinPy's expression) one after the other, each made from the one before it.

    >>> t, p = sp.symbols("t p")
    >>> dict(chain(sp.Matrix([[1, 0], [0, sp.sin(t)**2]]), (t, p), ("inverse_metric", "ricci_scalar")))["ricci_scalar"]
    2
    """
    import einsteinpy.symbolic as oracle

    wanted = set(quantities)
    given = oracle.MetricTensor(sp.Matrix(metric).tolist(), tuple(coordinates))
    if "inverse_metric" in wanted:
        yield "inverse_metric", given.inv().tensor()
    gamma = oracle.ChristoffelSymbols.from_metric(given)
    if "christoffel" in wanted:
        yield "christoffel", gamma.tensor()
    if not wanted & {"riemann", "ricci", "ricci_scalar"}:
        return
    riemann = oracle.RiemannCurvatureTensor.from_christoffels(gamma, parent_metric=given)
    if "riemann" in wanted:
        yield "riemann", riemann.tensor()
    if not wanted & {"ricci", "ricci_scalar"}:
        return
    ricci = oracle.RicciTensor.from_riemann(riemann, parent_metric=given)
    if "ricci" in wanted:
        yield "ricci", ricci.tensor()
    if "ricci_scalar" in wanted:
        yield "ricci_scalar", oracle.RicciScalar.from_riccitensor(ricci, parent_metric=given).expr


# -- two dimensions, through jets --------------------------------------------------------------------------------------


def _jet_symbols() -> dict[tuple[tuple[int, int], Index], sp.Symbol]:
    return {
        (c, index): sp.Symbol("g{}{}".format(*c) + ("_" + "".join(map(str, index)) if index else ""))
        for c in _COMPONENTS
        for index in _INDICES
    }


def _derive_surface_formula() -> sp.Expr:
    """R of the metric with undefined components, as EinsteinPy writes it, in the symbols of its jet."""
    x = sp.symbols("x0 x1")
    functions = {c: sp.Function("g{}{}".format(*c))(*x) for c in _COMPONENTS}
    rows = [[functions[min(i, j), max(i, j)] for j in range(2)] for i in range(2)]
    result = symbolic(sp.Matrix(rows), x, "ricci_scalar", seconds=None)
    jets = _jet_symbols()
    replacements = {}
    for derivative in result.atoms(sp.Derivative):
        component = next(c for c, f in functions.items() if f == derivative.expr)
        index = tuple(sorted(x.index(v) for v, n in derivative.variable_count for _ in range(n)))
        replacements[derivative] = jets[component, index]
    result = result.xreplace(replacements)
    result = result.xreplace({f: jets[c, ()] for c, f in functions.items()})
    if left := result.atoms(sp.Derivative, sp.core.function.AppliedUndef):
        raise AssertionError(f"EinsteinPy's formula holds more than second derivatives: {left}")
    return result


Polynomial = list[tuple[tuple[int, ...], int]]  # exponents of the jet symbols, integer coefficient
Formula = tuple[Polynomial, Polynomial]  # numerator and denominator


def _store() -> Path | None:
    folder = disk.folder()
    return folder and folder / f"einsteinpy-{einsteinpy_version()}-sympy-{sp.__version__}-surface-1.json"


def _read_formula(path: Path | None) -> Formula | None:
    """The formula kept by an earlier run, if it is there and whole."""
    if path is None:
        return None
    width = len(_jet_symbols())
    try:
        numerator, denominator = json.loads(path.read_text(encoding="utf-8"))
        parts = [[(tuple(map(int, m)), int(c)) for m, c in part] for part in (numerator, denominator)]
    except (OSError, ValueError, TypeError):
        return None
    whole = all(parts) and all(len(m) == width for part in parts for m, _ in part)
    return (parts[0], parts[1]) if whole else None


def _keep_formula(path: Path | None, parts: Formula) -> None:
    """Best effort: a folder that cannot be written to only costs the next run its head start."""
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(parts).encode())


@cache
def _surface_formula() -> Formula:
    """EinsteinPy's R of a general surface, as numerator and denominator over the jet symbols.

    EinsteinPy takes some seconds over it, and it never changes: it is kept as plain integers in the cache folder,
    under the versions of EinsteinPy and SymPy that made it.
    """
    path = _store()
    found = _read_formula(path)
    if found is None:
        symbols = list(_jet_symbols().values())
        fraction = sp.fraction(sp.together(_derive_surface_formula()))
        above, below = (sp.Poly(p, *symbols, domain="QQ") for p in fraction)
        scale = sp.ilcm(*(c.q for p in (above, below) for c in p.coeffs()))
        found = ([(m, int(c * scale)) for m, c in above.terms()], [(m, int(c * scale)) for m, c in below.terms()])
        _keep_formula(path, found)
    return found


def ricci_scalar_of_jet(jet: Jet) -> Any:
    """EinsteinPy's R of a surface, from numbers g_ij, ∂_k g_ij and ∂_k∂_l g_ij at one point.

    ``jet[(i, j)][()]`` is g_ij, ``jet[(i, j)][(k,)]`` its derivative, ``jet[(i, j)][(k, l)]`` its second derivative,
    each for i ≤ j and k ≤ l; the numbers may be of any kind that adds and multiplies (floats, mpmath, rationals).
    """
    return ricci_scalar_and_scale(jet)[0]


def ricci_scalar_and_scale(jet: Jet) -> tuple[Any, Any]:
    """R as `ricci_scalar_of_jet` gives it, and the same with every term of the numerator by its modulus.

    The second number is the size of what cancels: an R that is smaller by all the digits of the jet is a zero.

    Raises ZeroDivisionError where the determinant is zero in the numbers of the jet.
    """
    values = [jet[c][index] for c in _COMPONENTS for index in _INDICES]

    def terms(polynomial: Polynomial) -> list[Any]:
        found = []
        for exponents, coefficient in polynomial:
            term: Any = coefficient
            for v, n in zip(values, exponents):
                if n:
                    term = term * v**n
            found.append(term)
        return found

    above, below = map(terms, _surface_formula())
    return sum(above) / sum(below), sum(map(abs, above)) / abs(sum(below))
