"""The facts, checked without the engine: textbook formulas in floating point of 50 digits.

Metrics: SymPy differentiates each component twice; inverse, connection and curvature are then plain sums over numbers.
Potentials and flows: the same from the derivatives of the potential. Densities: moments of the score by quadrature or
summation. Undefined functions get the instance that the fact names.

Run as a program it prints what disagrees:  python -m tests.facts.verify
"""

from __future__ import annotations

import functools
import itertools
import sys
from typing import Any

import mpmath as mp
import sympy as sp

from tests.facts.fact import Fact

DIGITS = 50
TOLERANCE = mp.mpf(10) ** -25
QUADRATURE_TOLERANCE = mp.mpf(10) ** -16


class Disagreement(AssertionError):
    """A claimed value and the computed one differ."""


def verify(fact: Fact) -> int:
    """Check every claim of a fact at every point of it; the number of values compared."""
    with mp.workdps(DIGITS):
        return sum(_CHECKS[fact.kind](fact, point) for point in fact.points())


# -- numbers -------------------------------------------------------------------------------------------------------------------------


def _number(expression: sp.Expr, point: dict[sp.Symbol, sp.Rational]) -> mp.mpf:
    value = sp.N(sp.sympify(expression).subs(point), DIGITS + 10)
    re, im = value.as_real_imag()
    assert abs(im) < sp.Float(10) ** -30, f"{expression} is complex at {point}: {value}"
    return mp.mpf(sp.Float(re, DIGITS + 10)._mpf_)


def _agree(fact: Fact, what: str, claimed: mp.mpf, found: mp.mpf, tolerance: mp.mpf = TOLERANCE) -> int:
    if not abs(claimed - found) <= tolerance * max(1, abs(found)):
        raise Disagreement(f"{fact.name}: {what} is claimed to be {mp.nstr(claimed, 20)}, found {mp.nstr(found, 20)}")
    return 1


class Jet:
    """A metric with its first and second derivatives at a point, and what the textbook makes of them."""

    def __init__(self, rows: list[list[sp.Expr]], x: tuple[sp.Symbol, ...], point: dict[sp.Symbol, sp.Rational]):
        n = self.n = len(x)
        r = range(n)
        self.g = [[_number(rows[i][j], point) for j in r] for i in r]
        first = [[[sp.diff(rows[i][j], x[k]) for k in r] for j in r] for i in r]
        self.d = [[[_number(first[i][j][k], point) for k in r] for j in r] for i in r]
        self.dd = [[[[_number(sp.diff(first[i][j][k], x[l]), point) if l <= k else mp.mpf(0) for l in r] for k in r] for j in r] for i in r]
        for i, j, k, l in itertools.product(r, repeat=4):
            if l > k:
                self.dd[i][j][k][l] = self.dd[i][j][l][k]
        inverse = mp.inverse(mp.matrix(self.g))
        self.up = [[inverse[i, j] for j in r] for i in r]
        self.det = mp.det(mp.matrix(self.g))

    def lowered(self, k: int, i: int, j: int) -> mp.mpf:
        """Γ_{k,ij}."""
        return (self.d[k][j][i] + self.d[k][i][j] - self.d[i][j][k]) / 2

    @functools.cached_property
    def gamma(self) -> list[Any]:
        r = range(self.n)
        low = [[[self.lowered(k, i, j) for j in r] for i in r] for k in r]
        return [[[mp.fsum(self.up[k][m] * low[m][i][j] for m in r) for j in r] for i in r] for k in r]

    @functools.cached_property
    def riemann(self) -> Any:
        """R_lkij = ½(∂_k∂_i g_lj + ∂_l∂_j g_ki − ∂_l∂_i g_kj − ∂_k∂_j g_li) + Γ_{m,ki} Γ^m_lj − Γ_{m,kj} Γ^m_li."""
        r, dd, G = range(self.n), self.dd, self.gamma
        low = [[[self.lowered(k, i, j) for j in r] for i in r] for k in r]
        found = {}
        for l, k, i, j in itertools.product(r, repeat=4):
            second = (dd[l][j][k][i] + dd[k][i][l][j] - dd[k][j][l][i] - dd[l][i][k][j]) / 2
            found[l, k, i, j] = second + mp.fsum(low[m][k][i] * G[m][l][j] - low[m][k][j] * G[m][l][i] for m in r)
        return found

    @functools.cached_property
    def ricci(self) -> list[list[mp.mpf]]:
        r = range(self.n)
        return [[mp.fsum(self.up[a][b] * self.riemann[a, k, b, j] for a in r for b in r) for j in r] for k in r]

    @functools.cached_property
    def scalar(self) -> mp.mpf:
        return mp.fsum(self.up[i][j] * self.ricci[i][j] for i in range(self.n) for j in range(self.n))

    def kretschmann(self) -> mp.mpf:
        r = range(self.n)
        raised = dict(self.riemann)
        for slot in range(4):
            step = {}
            for index in itertools.product(r, repeat=4):
                step[index] = mp.fsum(self.up[index[slot]][m] * raised[(*index[:slot], m, *index[slot + 1:])] for m in r)
            raised = step
        return mp.fsum(raised[i] * self.riemann[i] for i in raised)

    def weyl(self, a: int, b: int, c: int, d: int) -> mp.mpf:
        n, g, ric = self.n, self.g, self.ricci
        traces = g[a][c] * ric[b][d] - g[a][d] * ric[b][c] + g[b][d] * ric[a][c] - g[b][c] * ric[a][d]
        return self.riemann[a, b, c, d] - traces / (n - 2) + self.scalar * (g[a][c] * g[b][d] - g[a][d] * g[b][c]) / ((n - 1) * (n - 2))

    def laplacian(self, f: sp.Expr, x: tuple[sp.Symbol, ...], point: dict[sp.Symbol, sp.Rational]) -> mp.mpf:
        r = range(self.n)
        slope = [_number(sp.diff(f, v), point) for v in x]
        bend = [[_number(sp.diff(f, v, w), point) for v in x] for w in x]
        return mp.fsum(self.up[i][j] * (bend[i][j] - mp.fsum(self.gamma[k][i][j] * slope[k] for k in r)) for i in r for j in r)


def _claims(table: dict[str, str], dim: int, rank: int, symmetric: bool = False):
    """(indices, text) of each claimed component, the `rest` included."""
    listed = {tuple(int(c) for c in key.replace(";", ",").split(",")): text for key, text in table.items() if key != "rest"}
    yield from listed.items()
    if "rest" in table:
        # symmetric in the last two indices
        known = set(listed) | {(*i[:-2], i[-1], i[-2]) for i in listed}
        yield from ((i, table["rest"]) for i in itertools.product(range(dim), repeat=rank) if i not in known)


# -- metrics ---------------------------------------------------------------------------------------------------------------------------


def check_curvature(fact: Fact, rows: list[list[sp.Expr]], point: dict[sp.Symbol, sp.Rational]) -> int:
    """The claims that speak about a metric alone."""
    x, expected, count = fact.coordinate_symbols(), fact.expected, 0
    jet = Jet(rows, x, point)
    n, r = jet.n, range(jet.n)

    def value(text: str) -> mp.mpf:
        return _number(fact.instance(fact.read(text)), point)

    for key, claim in expected.items():
        if key == "ricci_scalar":
            count += _agree(fact, key, value(claim), jet.scalar)
        elif key == "gaussian":
            count += _agree(fact, key, 2 * value(claim), jet.scalar)
        elif key == "determinant":
            count += _agree(fact, key, value(claim), jet.det)
        elif key == "kretschmann":
            count += _agree(fact, key, value(claim), jet.kretschmann())
        elif key == "flat" or key == "constant_curvature":
            k = mp.mpf(0) if key == "flat" else value(claim)
            for a, b, c, d in jet.riemann:
                count += _agree(fact, key, k * (jet.g[a][c] * jet.g[b][d] - jet.g[a][d] * jet.g[b][c]), jet.riemann[a, b, c, d])
        elif key == "einstein_constant":
            for i, j in itertools.product(r, r):
                count += _agree(fact, key, value(claim) * jet.g[i][j], jet.ricci[i][j])
        elif key == "weyl":
            for index in jet.riemann:
                count += _agree(fact, key, value(claim), jet.weyl(*index))
        elif key == "christoffel":
            for (k, i, j), text in _claims(claim, n, 3):
                count += _agree(fact, f"Γ{k, i, j}", value(text), jet.gamma[k][i][j])
        elif key == "ricci":
            for (i, j), text in _claims(claim, n, 2):
                count += _agree(fact, f"Ric{i, j}", value(text), jet.ricci[i][j])
        elif key == "einstein":
            for (i, j), text in _claims(claim, n, 2):
                count += _agree(fact, f"G{i, j}", value(text), jet.ricci[i][j] - jet.scalar * jet.g[i][j] / 2)
        elif key == "riemann_lowered":
            for index, text in _claims(claim, n, 4):
                count += _agree(fact, f"R{index}", value(text), jet.riemann[index])
        elif key == "laplacian":
            for f, text in claim:
                count += _agree(fact, f"Δ({f})", value(text), jet.laplacian(fact.instance(fact.read(f)), x, point))
    return count


def _metric(fact: Fact, point: dict[sp.Symbol, sp.Rational]) -> int:
    return check_curvature(fact, [[fact.instance(fact.read(v)) for v in row] for row in fact.definition], point)


_CHECKS = {"metric": _metric}


def all_facts() -> list[Fact]:
    """Every fact of this folder."""
    from importlib import import_module
    from pathlib import Path

    names = sorted(p.stem for p in Path(__file__).parent.glob("*.py"))
    modules = [import_module(f"tests.facts.{n}") for n in names if n.split("_")[0] in ("metrics", "densities", "potentials", "dynamics")]
    return [f for m in modules for f in m.FACTS]


def main(words: list[str]) -> int:
    failures = 0
    for fact in all_facts():
        if words and not any(w.lower() in repr(fact).lower() for w in words):
            continue
        try:
            print(f"ok   {verify(fact):4d}  {fact!r}", flush=True)
        except Exception as problem:  # a report of everything that is wrong, then the exit code
            failures += 1
            print(f"FAIL       {fact!r}: {type(problem).__name__}: {problem}", flush=True)
    return failures


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
