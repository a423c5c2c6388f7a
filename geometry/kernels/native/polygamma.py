"""The polygamma functions."""

from __future__ import annotations

import math

from .logarithms import log
from .text import Writer

__all__ = ["bernoulli", "polygamma"]


def polygamma(w: Writer, x: str, order: int) -> str:
    """psi^(m)(x): terms m!/x^(m+1) until the argument has grown past 16, then the asymptotic series.

    (-1)^(m+1) psi^(m)(x) = (m-1)!/x^m + m!/(2 x^(m+1)) + sum_k B_2k (2k+m-1)! / ((2k)! x^(2k+m)),

    with -log x in the place of the first term for m = 0.
    """
    v, m = w.vector, order
    head, body, done = "%shift", "%step", "%series"
    w.line(f"  br label {head}")
    w.label(head[1:])
    zero = "zeroinitializer" if v.lanes > 1 else v.constant(0.0)
    t, total, count = w.fresh("t"), w.fresh("sum"), w.fresh("n")
    new_t, new_total, new_count = w.fresh("t"), w.fresh("sum"), w.fresh("n")
    w.line(f"  {t} = phi {v.type} [ {x}, %entry ], [ {new_t}, {body} ]")
    w.line(f"  {total} = phi {v.type} [ {zero}, %entry ], [ {new_total}, {body} ]")
    w.line(f"  {count} = phi i64 [ 0, %entry ], [ {new_count}, {body} ]")
    small = w.compare("olt", t, w.const(16.0))
    going = w.let(f"and i1 {w.any(small)}, {w.let(f'icmp slt i64 {count}, 100000')}")  # far below zero: NaN, below
    w.line(f"  br i1 {going}, label {body}, label {done}")
    w.label(body[1:])
    power = t
    for _ in range(m):
        power = w.mul(power, t)
    term = w.select(small, w.div(w.const(float(math.factorial(m))), power), w.const(0.0))
    w.line(f"  {new_total} = fadd {v.type} {total}, {term}")
    w.line(f"  {new_t} = fadd {v.type} {t}, {w.select(small, w.const(1.0), w.const(0.0))}")
    w.line(f"  {new_count} = add i64 {count}, 1")
    w.line(f"  br label {head}")
    w.label(done[1:])
    r = w.div(w.const(1.0), t)
    z = w.mul(r, r)
    coefficients = [bernoulli(2 * k) * math.factorial(2 * k + m - 1) / math.factorial(2 * k) for k in range(1, 11)]
    series = w.fma(z, w.horner(z, coefficients), w.mul(w.const(math.factorial(m) / 2), r))
    if m == 0:
        value = w.sub(w.add(series, total), log(w, t))
    else:
        series = w.add(series, w.const(float(math.factorial(m - 1))))
        power = r
        for _ in range(m - 1):
            power = w.mul(power, r)
        value = w.add(w.mul(series, power), total)
    value = w.select(w.compare("olt", t, w.const(16.0)), w.const(math.nan), value)
    return value if m % 2 else w.let(f"fneg {v.type} {value}")


def bernoulli(n: int) -> float:
    """The Bernoulli number B_n."""
    import sympy as sp

    return float(sp.bernoulli(n))
