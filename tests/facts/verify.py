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
import numpy as np
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
        self.dd = [
            [
                [[_number(sp.diff(first[i][j][k], x[l]), point) if l <= k else mp.mpf(0) for l in r] for k in r]
                for j in r
            ]
            for i in r
        ]
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
                step[index] = mp.fsum(
                    self.up[index[slot]][m] * raised[(*index[:slot], m, *index[slot + 1 :])] for m in r
                )
            raised = step
        return mp.fsum(raised[i] * self.riemann[i] for i in raised)

    def weyl(self, a: int, b: int, c: int, d: int) -> mp.mpf:
        n, g, ric = self.n, self.g, self.ricci
        traces = g[a][c] * ric[b][d] - g[a][d] * ric[b][c] + g[b][d] * ric[a][c] - g[b][c] * ric[a][d]
        return (
            self.riemann[a, b, c, d]
            - traces / (n - 2)
            + self.scalar * (g[a][c] * g[b][d] - g[a][d] * g[b][c]) / ((n - 1) * (n - 2))
        )

    def laplacian(self, f: sp.Expr, x: tuple[sp.Symbol, ...], point: dict[sp.Symbol, sp.Rational]) -> mp.mpf:
        r = range(self.n)
        slope = [_number(sp.diff(f, v), point) for v in x]
        bend = [[_number(sp.diff(f, v, w), point) for v in x] for w in x]
        return mp.fsum(
            self.up[i][j] * (bend[i][j] - mp.fsum(self.gamma[k][i][j] * slope[k] for k in r)) for i in r for j in r
        )


def _claims(table: dict[str, str], dim: int, rank: int, symmetric: bool = False):
    """(indices, text) of each claimed component, the `rest` included."""
    listed = {
        tuple(int(c) for c in key.replace(";", ",").split(",")): text for key, text in table.items() if key != "rest"
    }
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
                count += _agree(
                    fact, key, k * (jet.g[a][c] * jet.g[b][d] - jet.g[a][d] * jet.g[b][c]), jet.riemann[a, b, c, d]
                )
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


# -- potentials ------------------------------------------------------------------------------------------------------------------------


def _potential(fact: Fact, point: dict[sp.Symbol, sp.Rational]) -> int:
    x, psi = fact.coordinate_symbols(), fact.read(fact.definition)
    n = range(len(x))
    rows = [[sp.diff(psi, a, b) for b in x] for a in x]
    count = check_curvature(fact, rows, point)
    jet = Jet(rows, x, point)
    T, up = jet.d, jet.up

    def value(text: str) -> mp.mpf:
        return _number(fact.read(text), point)

    for key, claim in fact.expected.items():
        if claim is None:
            continue
        if key == "hessian_metric":
            for i, j in itertools.product(n, n):
                count += _agree(fact, key, value(claim[i][j]), jet.g[i][j])
        elif key == "amari_chentsov":
            count += _symmetric(fact, claim, lambda i, j, k: T[i][j][k], value)
        elif key == "koszul_alpha":
            for i in n:
                count += _agree(fact, key, value(claim[i]), mp.fsum(up[j][k] * T[i][j][k] for j in n for k in n) / 2)
        elif key == "koszul_beta":
            # ∂_j log √det g = ½ tr g⁻¹∂_jg, once more: ½ tr(g⁻¹∂_i∂_jg − g⁻¹∂_ig g⁻¹∂_jg)
            for i, j in itertools.product(n, n):
                first = mp.fsum(up[a][b] * jet.dd[a][b][i][j] for a in n for b in n)
                second = mp.fsum(
                    up[a][b] * T[b][c][i] * up[c][d] * T[d][a][j] for a in n for b in n for c in n for d in n
                )
                count += _agree(fact, key, value(claim[i][j]), (first - second) / 2)
        elif key == "hessian_sectional_constant":
            for i, j, k, l in itertools.product(n, repeat=4):
                q = (jet.dd[i][j][k][l] - mp.fsum(up[r][s] * T[i][k][r] * T[j][l][s] for r in n for s in n)) / 2
                count += _agree(
                    fact, key, value(claim) / 2 * (jet.g[i][j] * jet.g[k][l] + jet.g[i][l] * jet.g[k][j]), q
                )
        elif key == "alpha_scalar":
            for alpha in ("2/3", "-2"):
                claimed = _number(fact.read(claim, alpha=sp.Rational(alpha)), point)
                count += _agree(
                    fact,
                    key,
                    claimed,
                    alpha_scalar(jet, T, jet.dd, mp.mpf(sp.Rational(alpha).p) / sp.Rational(alpha).q),
                )
        elif key == "legendre":
            eta = [_number(sp.diff(psi, v), point) for v in x]
            for i in n:
                count += _agree(fact, "η", value(claim["eta"][i]), eta[i])
            symbols = {f"eta{i + 1}": sp.Symbol(f"eta{i + 1}", real=True) for i in n}
            at_eta = {symbols[f"eta{i + 1}"]: sp.Float(eta[i], DIGITS) for i in n}
            phi = _number(fact.read(claim["phi"], **symbols).subs(at_eta), point)
            count += _agree(
                fact, "φ", phi, mp.fsum(_number(v, point) * e for v, e in zip(x, eta)) - _number(psi, point)
            )
    return count


def _symmetric(fact: Fact, table: dict[str, str], found: Any, value: Any, tolerance: mp.mpf = TOLERANCE) -> int:
    """The claims about a totally symmetric tensor with three indices."""
    n = range(len(fact.coordinate_symbols()))
    count = 0
    for index in itertools.combinations_with_replacement(n, 3):
        text = table.get(",".join(map(str, index)), table.get("rest"))
        if text is not None:
            count += _agree(fact, f"T{index}", value(text), found(*index), tolerance)
    return count


def alpha_scalar(jet: Jet, T: Any, dT: Any, alpha: mp.mpf) -> mp.mpf:
    """The scalar of Γ^(α)i_jk = Γ^i_jk − (α/2) g^im T_mjk, from T and ∂_l T_mjk = dT[m][j][k][l]."""
    n, up, d = range(jet.n), jet.up, jet.d
    low = [[[jet.lowered(m, j, k) - alpha / 2 * T[m][j][k] for k in n] for j in n] for m in n]
    dlow = lambda m, j, k, l: (
        (jet.dd[m][k][j][l] + jet.dd[m][j][k][l] - jet.dd[j][k][m][l]) / 2 - alpha / 2 * dT[m][j][k][l]
    )
    gamma = [[[mp.fsum(up[i][m] * low[m][j][k] for m in n) for k in n] for j in n] for i in n]

    def slope(i: int, j: int, k: int, l: int) -> mp.mpf:
        inner = (dlow(m, j, k, l) - mp.fsum(d[m][s][l] * gamma[s][j][k] for s in n) for m in n)
        return mp.fsum(up[i][m] * v for m, v in zip(n, inner))

    def ricci(j: int, l: int) -> mp.mpf:
        quadratic = (gamma[i][i][m] * gamma[m][j][l] - gamma[i][l][m] * gamma[m][j][i] for i in n for m in n)
        return mp.fsum(slope(i, j, l, i) - slope(i, j, i, l) for i in n) + mp.fsum(quadratic)

    return mp.fsum(up[j][l] * ricci(j, l) for j in n for l in n)


# -- densities -------------------------------------------------------------------------------------------------------------------------


def _mean(fact: Fact, point: dict[sp.Symbol, sp.Rational], expression: sp.Expr) -> mp.mpf:
    """The sum or integral of an expression over the sample variables."""

    def inner(level: int, values: dict[sp.Symbol, Any]) -> mp.mpf:
        if level == len(fact.variables):
            return integrand(*(values[s] for s in samples))
        name, kind, lower, upper = fact.variables[level]
        low, high, *cuts = (
            fact.read(t).subs(point).subs(values) for t in (lower, upper, *fact.splits.get(name, "1").split(";"))
        )
        if kind == "discrete":
            return _series(
                lambda v: inner(level + 1, {**values, samples[level]: v}),
                int(low),
                None if high == sp.oo else int(high),
            )
        ends = [mp.mpf(sp.N(e, 40)) if e.is_finite else mp.inf if e > 0 else -mp.inf for e in (low, high)]
        if mp.inf in ends or -mp.inf in ends:
            inside = [mp.mpf(sp.N(c, 40)) for c in cuts]
            ends = inside if len(inside) > 2 else [ends[0], *inside, ends[1]]
        return mp.quad(lambda v: inner(level + 1, {**values, samples[level]: v}), ends)

    samples = [fact.symbols()[v[0]] for v in fact.variables]
    integrand = sp.lambdify(samples, expression.subs(point), "mpmath")
    return inner(0, {})


def _series(term: Any, first: int, last: int | None) -> mp.mpf:
    if last is not None:
        return mp.fsum(term(mp.mpf(n)) for n in range(first, last + 1))
    total, n = mp.mpf(0), first
    while True:
        value = term(mp.mpf(n))
        total += value
        n += 1
        if n > first + 30 and abs(value) < mp.mpf(10) ** -30:
            return total


def _double_mean(fact: Fact, point: dict[sp.Symbol, sp.Rational], expression: sp.Expr) -> mp.mpf:
    """The integral over two continuous variables in double precision: trapezoidal sums after a change of variable."""
    samples = [fact.symbols()[v[0]] for v in fact.variables]
    t = np.linspace(-6, 6, 601)
    step = t[1] - t[0]
    values: dict[sp.Symbol, np.ndarray] = {}
    weight = np.ones(())
    for axis, (_, _, lower, upper) in enumerate(fact.variables):
        low, high = (fact.read(e).subs(point) for e in (lower, upper))
        u = t[:, None] if axis == 0 else t[None, :]
        if low.is_finite and high.is_finite:
            half, middle = float(high - low) / 2, float(high + low) / 2
            x, slope = (
                middle + half * np.tanh(np.pi / 2 * np.sinh(u / 2)),
                half * np.pi / 4 * np.cosh(u / 2) / np.cosh(np.pi / 2 * np.sinh(u / 2)) ** 2,
            )
        elif low.is_finite:
            x, slope = float(low) + np.exp(u - np.exp(-u)), np.exp(u - np.exp(-u)) * (1 + np.exp(-u))
        else:
            x, slope = np.sinh(u), np.cosh(u)
        values[samples[axis]] = x
        weight = weight * slope * step
    with np.errstate(all="ignore"):
        terms = sp.lambdify(samples, expression.subs(point), "numpy")(*values.values()) * weight
    return mp.mpf(float(np.nansum(terms)))


def _density(fact: Fact, point: dict[sp.Symbol, sp.Rational]) -> int:
    x, p = fact.coordinate_symbols(), fact.read(fact.definition)
    n = range(len(x))
    slopes = [sp.diff(p, v) for v in x]
    one = len(fact.variables) == 1
    plane = len(fact.variables) == 2 and all(v[1] == "continuous" for v in fact.variables)
    mean = _double_mean if plane else _mean
    tolerance = QUADRATURE_TOLERANCE if one else mp.mpf(10) ** -9
    rows = [[fact.read(v) for v in row] for row in fact.expected["fisher"]]
    T = {}
    with mp.workdps(30 if one else 15):
        count = _agree(fact, "∫p", mp.mpf(1), mean(fact, point, p), tolerance)
        for i in n:
            for j in range(i + 1):
                found = mean(fact, point, slopes[i] * slopes[j] / p)
                count += _agree(fact, f"g{i, j}", _number(rows[i][j], point), found, tolerance)
                assert rows[i][j] == rows[j][i]
        if "amari_chentsov" in fact.expected:
            found = lambda i, j, k: mean(fact, point, slopes[i] * slopes[j] * slopes[k] / p**2)
            count += _symmetric(
                fact, fact.expected["amari_chentsov"], found, lambda t: _number(fact.read(t), point), tolerance
            )
    count += check_curvature(fact, rows, point)
    if "alpha_scalar" in fact.expected and "amari_chentsov" in fact.expected:
        table = fact.expected["amari_chentsov"]
        cubic = {
            i: fact.read(table.get(",".join(map(str, sorted(i))), table.get("rest")))
            for i in itertools.product(n, repeat=3)
        }
        T = [[[_number(cubic[i, j, k], point) for k in n] for j in n] for i in n]
        dT = [[[[_number(sp.diff(cubic[i, j, k], v), point) for v in x] for k in n] for j in n] for i in n]
        for alpha in ("2/3", "-2"):
            claimed = _number(fact.read(fact.expected["alpha_scalar"], alpha=sp.Rational(alpha)), point)
            number = mp.mpf(sp.Rational(alpha).p) / sp.Rational(alpha).q
            count += _agree(fact, "alpha_scalar", claimed, alpha_scalar(Jet(rows, x, point), T, dT, number))
    return count


# -- flows -----------------------------------------------------------------------------------------------------------------------------


def _dynamics(fact: Fact, point: dict[sp.Symbol, sp.Rational]) -> int:
    x, given, expected = fact.coordinate_symbols(), fact.definition, fact.expected
    n = range(len(x))
    X = [fact.read(t) for t in given["field"]]
    g = [[fact.read(t) for t in row] for row in given["metric"]]
    jet = Jet(g, x, point)
    v = [_number(c, point) for c in X]
    J = [[_number(sp.diff(X[i], x[j]), point) for j in n] for i in n]
    divergence = mp.fsum(J[i][i] for i in n)
    growth = mp.fsum(jet.up[a][b] * jet.d[a][b][i] * v[i] for a in n for b in n for i in n)
    rates = {"primal": divergence, "riemannian": divergence + growth / 2, "dual_rate": divergence + growth}
    count = 0
    for key in rates.keys() & expected.keys():
        count += _agree(fact, key, _number(fact.read(expected[key]), point), rates[key])
    lowered = [[mp.fsum(jet.d[i][k][j] * v[k] + jet.g[i][k] * J[k][j] for k in n) for j in n] for i in n]
    curl = max([abs(lowered[i][j] - lowered[j][i]) for i in n for j in n])
    assert (curl < TOLERANCE) is expected["gradient"], f"{fact.name}: the curl is {mp.nstr(curl, 5)}"
    for i, text in enumerate(given["dual"] or []):
        for j in n:
            count += _agree(fact, "∂v/∂u", jet.g[i][j], _number(sp.diff(fact.read(text), x[j]), point))
    if given["energy"]:
        E = fact.read(given["energy"])
        for i in n:
            slope = mp.fsum(jet.up[i][j] * _number(sp.diff(E, x[j]), point) for j in n)
            count += _agree(fact, "X = −grad E", v[i], -slope)
    if "laplacian_energy" in expected:
        count += _agree(fact, "ΔE", _number(fact.read(expected["laplacian_energy"]), point), jet.laplacian(E, x, point))
    return count


_CHECKS = {"metric": _metric, "potential": _potential, "density": _density, "dynamics": _dynamics}


def all_facts() -> list[Fact]:
    """Every fact of this folder."""
    from importlib import import_module
    from pathlib import Path

    names = sorted(p.stem for p in Path(__file__).parent.glob("*.py"))
    modules = [
        import_module(f"tests.facts.{n}")
        for n in names
        if n.split("_")[0] in ("metrics", "densities", "potentials", "dynamics")
    ]
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
