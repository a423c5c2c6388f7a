"""The integrals and sums that the table knows, as data: kernel, range, value, conditions and source of each.

Everything is a logarithm: an entry says ∫ exp(kernel) dx = exp(value) over its range, for all parameters that make its
conditions positive.  `table` recognises a weight as one of these kernels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from .logarithms import log_of

__all__ = ["ENTRIES", "LogIntegral", "entry"]

oo = sp.oo


@dataclass(frozen=True)
class LogIntegral:
    """log of an integral, with the expressions that must be positive for it to converge."""

    value: sp.Expr
    conditions: tuple[sp.Expr, ...] = ()


@dataclass(frozen=True)
class Entry:
    """log ∫ exp(kernel) dx = value over (lower, upper), or the sum over its whole numbers; ``sample`` is one parameter
    point inside the conditions."""

    name: str
    kernel: sp.Expr
    lower: sp.Expr
    upper: sp.Expr
    value: sp.Expr
    conditions: tuple[sp.Expr, ...]
    source: str
    sample: Mapping[sp.Symbol, Any]
    discrete: bool = False

    def at(self, constant: sp.Expr, **parameters: sp.Expr) -> LogIntegral:
        """The entry for given parameters, by name, with a constant added to its kernel.

        >>> b = sp.Symbol("b", positive=True)
        >>> entry("gamma").at(sp.S.Zero, s=sp.S(2), b=3*b, p=sp.S.One).value
        -2*log(b) - 2*log(3)
        """
        rules = {s: parameters[s.name] for s in self.sample if s.name in parameters}
        value = self.value.xreplace(rules)
        value = value.replace(lambda e: isinstance(e, sp.log), lambda e: log_of_sum(e.args[0]))
        value = value.replace(lambda e: isinstance(e, sp.loggamma), lambda e: sp.loggamma(sp.expand(e.args[0])))
        return LogIntegral(constant + value, tuple(c.xreplace(rules) for c in self.conditions))


def log_of_sum(e: sp.Expr) -> sp.Expr:
    """The logarithm, of a sum by its factors."""
    return log_of(sp.factor(e) if e.is_Add else e)


x, k = sp.symbols("x k")
A, B, N, R, U, a, b, c, p, r, s = sp.symbols("A B N R U a b c p r s")
log, lgamma, exp = sp.log, sp.loggamma, sp.exp
Q = sp.Rational

ENTRIES: dict[str, Entry] = {
    e.name: e
    for e in (
        Entry(
            "gaussian", -a * x**2 + b * x, -oo, oo, log(sp.pi) / 2 - log(a) / 2 + b**2 / (4 * a), (a,),
            "DLMF 7.7.3", {a: Q(3, 2), b: Q(-2, 3)},
        ),
        Entry(
            "gamma", (s * p - 1) * log(x) - b * x**p, sp.S.Zero, oo, lgamma(s) - log(p) - s * log(b), (b, s),
            "DLMF 5.9.1", {s: Q(5, 4), b: Q(7, 3), p: Q(3, 2)},
        ),
        Entry(
            "beta prime", A * log(x) + B * log(x + r), sp.S.Zero, oo,
            (A + B + 1) * log(r) + lgamma(A + 1) + lgamma(-A - B - 1) - lgamma(-B), (A + 1, -A - B - 1, r),
            "DLMF 5.12.3", {A: Q(1, 3), B: Q(-13, 4), r: Q(5, 2)},
        ),
        Entry(
            "Pareto", B * log(x + r), sp.S.Zero, oo, (B + 1) * log(r) - log(-B - 1), (-B - 1, r),
            "elementary", {B: Q(-9, 4), r: Q(3, 2)},
        ),
        Entry(
            "generalised inverse Gaussian", A * log(x) - a * x - b / x, sp.S.Zero, oo,
            log(2) + (A + 1) / 2 * (log(b) - log(a)) + log(sp.besselk(A + 1, 2 * sp.sqrt(a) * sp.sqrt(b))), (a, b),
            "DLMF 10.32.10", {A: Q(-1, 3), a: Q(3, 2), b: Q(4, 5)},
        ),
        Entry(
            "log-normal", A * log(x) - a * log(x) ** 2, sp.S.Zero, oo,
            log(sp.pi) / 2 - log(a) / 2 + (A + 1) ** 2 / (4 * a), (a,), "x = e^t of the Gaussian",
            {A: Q(2, 3), a: Q(5, 4)},
        ),
        Entry(
            "beta", A * log(x) + B * log(U - x), sp.S.Zero, U,
            (A + B + 1) * log(U) + lgamma(A + 1) + lgamma(B + 1) - lgamma(A + B + 2), (A + 1, B + 1),
            "DLMF 5.12.1", {A: Q(1, 3), B: Q(5, 4), U: Q(3, 2)},
        ),
        Entry(
            "truncated exponential", c * x, sp.S.Zero, U, log((exp(c * U) - 1) / c), (), "elementary",
            {c: Q(-4, 3), U: Q(3, 2)},
        ),
        Entry(
            "truncated power", c * log(x + r), sp.S.Zero, U, log(((U + r) ** (c + 1) - r ** (c + 1)) / (c + 1)), (),
            "elementary", {c: Q(-5, 2), r: Q(2, 3), U: Q(3, 2)},
        ),
        Entry(
            "von Mises", a * sp.cos(x) + b * sp.sin(x), sp.S.Zero, 2 * sp.pi,
            log(2 * sp.pi) + log(sp.besseli(0, R)), (), "DLMF 10.32.1; R² = a² + b²",
            {a: Q(4, 3), b: Q(-8, 15), R: sp.sqrt(464) / 15},
        ),
        Entry(
            "von Mises–Fisher", log(sp.besseli(0, s * sp.sin(x))) + c * sp.cos(x) + log(sp.sin(x)), sp.S.Zero, sp.pi,
            log(2) + log(sp.sinh(R)) - log(R), (),
            "∫ e^{c·n} dn/2π over the sphere, the azimuth integrated out; R² = s² + c²",
            {s: Q(4, 5), c: Q(-3, 5), R: sp.Integer(1)},
        ),
        Entry(
            "geometric", c * k, sp.S.Zero, oo, -log(1 - exp(c)), (1 - exp(c),), "elementary", {c: Q(-2, 3)}, True,
        ),
        Entry("zeta", -s * log(k), sp.S.One, oo, log(sp.zeta(s)), (s - 1,), "DLMF 25.2.1", {s: Q(13, 2)}, True),
        Entry(
            "logarithmic", c * k - log(k), sp.S.One, oo, log(-log(1 - exp(c))), (1 - exp(c),), "DLMF 4.6.1",
            {c: Q(-3, 4)}, True,
        ),
        Entry(
            "polylogarithm", c * k - s * log(k), sp.S.One, oo, log(sp.polylog(s, exp(c))), (1 - exp(c),),
            "DLMF 25.12.10",
            {c: Q(-3, 4), s: Q(7, 3)}, True,
        ),
        Entry("exponential series", c * k - lgamma(k + 1), sp.S.Zero, oo, exp(c), (), "DLMF 4.2.19", {c: Q(2, 3)},
            True),
        Entry(
            "negative binomial", c * k + lgamma(k + r) - lgamma(k + 1), sp.S.Zero, oo, lgamma(r) - r * log(1 - exp(c)),
            (1 - exp(c), r), "DLMF 4.6.7", {c: Q(-3, 4), r: Q(7, 3)}, True,
        ),
        Entry(
            "binomial", c * k - lgamma(k + 1) - lgamma(N - k + 1), sp.S.Zero, N,
            N * log(1 + exp(c)) - lgamma(N + 1), (), "DLMF 1.2.2", {c: Q(2, 3), N: sp.Integer(7)}, True,
        ),
        Entry(
            "Chu–Vandermonde", lgamma(k + a) + lgamma(N - k + b) - lgamma(k + 1) - lgamma(N - k + 1), sp.S.Zero, N,
            lgamma(a) + lgamma(b) + lgamma(a + b + N) - lgamma(N + 1) - lgamma(a + b), (a, b), "DLMF 15.4.24",
            {a: Q(4, 3), b: Q(5, 2), N: sp.Integer(6)}, True,
        ),
    )
}  # fmt: skip


def entry(name: str) -> Entry:
    """The entry of that name."""
    return ENTRIES[name]
