"""Elementary functions on vectors, written once as LLVM assembly (no vector maths library is needed).

Each routine is branch-free: reduce the argument, a polynomial with the coefficients of the Taylor
series, put the exponent back. On |r| <= ln(2)/2 the series of exp to degree 13 is exact to 2^-57, so
the plain 1/k! serve as well as fitted numbers and can be read. Overflow gives infinity, underflow
goes through the subnormals to zero, NaN stays NaN. Measured accuracy: benchmarks/grid.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from .text import Vector, Writer

__all__ = ["OWN", "define", "polygamma"]

_LOG2E = 1.4426950408889634
_LN2_HI, _LN2_LO = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # ln 2, the first part in 33 bits
_ROUND = 1.5 * 2.0**52  # adding it leaves the nearest integer in the low bits


def _reduce_exp(w: Writer, x: str) -> tuple[str, str]:
    """x = n ln 2 + r: the sum whose low bits hold n, and r."""
    shifted = w.fma(x, w.const(_LOG2E), w.const(_ROUND))
    n = w.exact("sub", shifted, w.const(_ROUND))
    minus = w.exact("mul", n, w.const(-1.0))
    r = w.fma(minus, w.const(_LN2_LO), w.fma(minus, w.const(_LN2_HI), x))
    return shifted, r


def _clamped(w: Writer, x: str, low: float, high: float) -> str:
    """Into [low, high]; NaN passes, because every comparison with it is false."""
    x = w.select(w.compare("ogt", x, w.const(high)), w.const(high), x)
    return w.select(w.compare("olt", x, w.const(low)), w.const(low), x)


def _two_to(w: Writer, n: str) -> str:
    """2^n from the integer n in [-1022, 1023]."""
    biased = w.int_op("add", n, w.int_const(1023))
    return w.from_bits(w.int_op("shl", biased, w.int_const(52)))


def _integer(w: Writer, shifted: str) -> str:
    return w.int_op("sub", w.bits_of(shifted), w.int_const(_bits(_ROUND)))


def _bits(x: float) -> int:
    return struct.unpack("<q", struct.pack("<d", x))[0]


def _exp(w: Writer, x: str) -> str:
    shifted, r = _reduce_exp(w, _clamped(w, x, -760.0, 720.0))
    tail = w.horner(r, [1 / math.factorial(k) for k in range(2, 14)])
    value = w.fma(w.mul(r, r), tail, r)
    value = w.exact("add", value, w.const(1.0))
    # 2^n in two halves: n reaches 1039 and -1097, past both ends of the exponent's range.
    n = _integer(w, shifted)
    half = w.int_op("ashr", n, w.int_const(1))
    rest = w.int_op("sub", n, half)
    return w.exact("mul", w.exact("mul", value, _two_to(w, half)), _two_to(w, rest))


def _expm1(w: Writer, x: str) -> str:
    shifted, r = _reduce_exp(w, _clamped(w, x, -700.0, 720.0))
    tail = w.mul(w.mul(r, r), w.horner(r, [1 / math.factorial(k) for k in range(2, 15)]))
    # e^x - 1 = 2 (h (r + tail) + h - 1/2) with h = 2^(n-1), in range also for n = 1024; the rounding error
    # of the leading sum is carried along.
    n = _integer(w, shifted)
    smin = f"@llvm.smin.{w.vector.suffix.replace('f', 'i')}"
    w.declared.add(f"declare {w.vector.integer} {smin}({w.vector.integer}, {w.vector.integer})")
    capped = w.let(f"call {w.vector.integer} {smin}({w.vector.integer} {n}, {w.vector.integer} {w.int_const(1024)})")
    h = _two_to(w, w.int_op("sub", capped, w.int_const(1)))
    offset, scaled = w.exact("sub", h, w.const(0.5)), w.exact("mul", h, r)
    leading = w.exact("add", offset, scaled)
    lost = w.exact("sub", scaled, w.exact("sub", leading, offset))
    out = w.exact("add", leading, w.fma(h, tail, lost))
    out = w.exact("mul", out, w.const(2.0))
    out = w.select(w.compare("ogt", x, w.const(709.782712893384)), w.const(math.inf), out)
    return w.select(w.compare("oeq", x, w.const(0.0)), x, out)


def _log_of(w: Writer, x: str) -> str:
    """log of a positive finite number, subnormals included."""
    small = w.compare("olt", x, w.const(2.0**-1022))
    scaled = w.select(small, w.exact("mul", x, w.const(2.0**54)), x)
    bits = w.bits_of(scaled)
    offset = w.int_op("sub", bits, w.int_const(_bits(math.sqrt(0.5))))
    k = w.int_op("ashr", offset, w.int_const(52))
    m = w.from_bits(w.int_op("sub", bits, w.int_op("shl", k, w.int_const(52))))
    exponent = w.let(f"sitofp {w.vector.integer} {k} to {w.vector.type}")
    exponent = w.exact("sub", exponent, w.select(small, w.const(54.0), w.const(0.0)))
    # log m = 2 atanh s, s = f / (2 + f), f = m - 1: f - f^2/2 + s (f^2/2 + series in s^2).
    f = w.exact("sub", m, w.const(1.0))
    s = w.div(f, w.exact("add", f, w.const(2.0)))
    z = w.mul(s, s)
    series = w.mul(z, w.horner(z, [2 / (2 * j + 1) for j in range(1, 12)]))
    half = w.mul(w.mul(f, f), w.const(0.5))
    inner = w.fma(s, w.exact("add", half, series), w.mul(exponent, w.const(_LN2_LO)))
    tail = w.exact("sub", w.exact("sub", half, inner), f)
    return w.exact("sub", w.mul(exponent, w.const(_LN2_HI)), tail)


def _log(w: Writer, x: str) -> str:
    out = _log_of(w, x)
    out = w.select(w.compare("oeq", x, w.const(math.inf)), w.const(math.inf), out)
    out = w.select(w.compare("oeq", x, w.const(0.0)), w.const(-math.inf), out)
    return w.select(w.compare("uge", x, w.const(0.0)), w.select(w.compare("uno", x, x), x, out), w.const(math.nan))


def _log1p(w: Writer, x: str) -> str:
    u = w.exact("add", x, w.const(1.0))
    lost_small = w.exact("sub", x, w.exact("sub", u, w.const(1.0)))
    lost_large = w.exact("sub", w.const(1.0), w.exact("sub", u, x))
    lost = w.select(w.compare("ogt", x, w.const(1.0)), lost_large, lost_small)
    out = w.exact("add", w.call(f"own_log_x{w.vector.lanes}", u), w.div(lost, u))
    out = w.select(w.compare("oeq", u, w.const(math.inf)), u, out)
    out = w.select(w.compare("oeq", u, w.const(0.0)), w.const(-math.inf), out)
    return w.select(w.compare("oeq", x, w.const(0.0)), x, out)


def _logistic(w: Writer, x: str) -> str:
    e = w.call(f"own_exp_x{w.vector.lanes}", _minus_abs(w, x))
    above = w.select(w.compare("olt", x, w.const(0.0)), e, w.const(1.0))
    return w.div(above, w.exact("add", e, w.const(1.0)))


def _minus_abs(w: Writer, x: str) -> str:
    return w.let(f"fneg {w.vector.type} {w.intrinsic('fabs', x)}")


def _softplus(w: Writer, x: str) -> str:
    e = w.call(f"own_exp_x{w.vector.lanes}", _minus_abs(w, x))
    positive = w.select(w.compare("olt", x, w.const(0.0)), w.const(0.0), x)
    return w.exact("add", positive, w.call(f"own_log1p_x{w.vector.lanes}", e))


def _tanh(w: Writer, x: str) -> str:
    a = w.intrinsic("fabs", x)
    capped = w.select(w.compare("ogt", a, w.const(22.0)), w.const(22.0), a)
    e = w.call(f"own_expm1_x{w.vector.lanes}", w.mul(capped, w.const(2.0)))
    t = w.div(e, w.exact("add", e, w.const(2.0)))
    return w.intrinsic("copysign", t, x)


# pi/2 in three parts, each the nearest double to what is left.
_PIO2 = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)
_TRIG_LIMIT = 1.0e5


def _sincos(w: Writer, x: str, quarter: int, libm: str) -> str:
    """sin(x + quarter pi/2). Arguments past the limit, and no numbers, go to the C library lane by lane."""
    v = w.vector
    wild = w.compare("uge", w.intrinsic("fabs", x), w.const(_TRIG_LIMIT))
    if v.lanes > 1:
        reduce = f"@llvm.vector.reduce.or.v{v.lanes}i1"
        w.declared.add(f"declare i1 {reduce}({v.mask})")
        any_wild = w.let(f"call i1 {reduce}({v.mask} {wild})")
    else:
        any_wild = wild
    w.line(f"  br i1 {any_wild}, label %slow, label %fast")
    w.label("slow")
    slow = scalar_calls(w, libm, [x])
    w.line(f"  ret {v.type} {slow}")
    w.label("fast")
    shifted = w.fma(x, w.const(2 / math.pi), w.const(_ROUND))
    n = w.exact("sub", shifted, w.const(_ROUND))
    minus = w.exact("mul", n, w.const(-1.0))
    r = x
    for part in _PIO2:
        r = w.fma(minus, w.const(part), r)
    z = w.mul(r, r)
    sine = w.fma(w.mul(r, z), w.horner(z, [(-1) ** k / math.factorial(2 * k + 1) for k in range(1, 10)]), r)
    cosine_tail = w.horner(z, [(-1) ** k / math.factorial(2 * k) for k in range(2, 11)])
    half = w.mul(z, w.const(0.5))
    one_minus = w.exact("sub", w.const(1.0), half)
    lost = w.exact("sub", w.exact("sub", w.const(1.0), one_minus), half)
    cosine = w.exact("add", one_minus, w.fma(w.mul(z, z), cosine_tail, lost))
    q = w.int_op("add", _integer(w, shifted), w.int_const(quarter))
    odd = w.let(f"trunc {v.integer} {q} to {v.mask}")
    value = w.select(odd, cosine, sine)
    sign = w.int_op("shl", w.int_op("and", q, w.int_const(2)), w.int_const(62))
    out = w.from_bits(w.int_op("xor", w.bits_of(value), sign))
    return out if quarter else w.select(w.compare("oeq", x, w.const(0.0)), x, out)


def scalar_calls(w: Writer, function: str, args: list[str]) -> str:
    """One call of a C function a lane."""
    v = w.vector
    w.declared.add(f"declare double @{function}({', '.join(['double'] * len(args))})")
    if v.lanes == 1:
        return w.let(f"call double @{function}({', '.join(f'double {a}' for a in args)})")
    out = "poison"
    for lane in range(v.lanes):
        scalars = [w.let(f"extractelement {v.type} {a}, i32 {lane}") for a in args]
        value = w.let(f"call double @{function}({', '.join(f'double {s}' for s in scalars)})")
        out = w.let(f"insertelement {v.type} {out}, double {value}, i32 {lane}")
    return out


def polygamma(w: Writer, x: str, order: int) -> str:
    """psi^(m)(x) for m >= 1: terms m!/x^(m+1) until the argument has grown past 16, then the asymptotic series.

    (-1)^(m+1) psi^(m)(x) = (m-1)!/x^m + m!/(2 x^(m+1)) + sum_k B_2k (2k+m-1)! / ((2k)! x^(2k+m)).
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
    some = small
    if v.lanes > 1:
        reduce = f"@llvm.vector.reduce.or.v{v.lanes}i1"
        w.declared.add(f"declare i1 {reduce}({v.mask})")
        some = w.let(f"call i1 {reduce}({v.mask} {small})")
    going = w.let(f"and i1 {some}, {w.let(f'icmp slt i64 {count}, 100000')}")  # far below zero: NaN, below
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
    coefficients = [_bernoulli(2 * k) * math.factorial(2 * k + m - 1) / math.factorial(2 * k) for k in range(1, 11)]
    series = w.fma(z, w.horner(z, coefficients), w.fma(w.const(math.factorial(m) / 2), r, w.const(float(math.factorial(m - 1)))))
    power = r
    for _ in range(m - 1):
        power = w.mul(power, r)
    value = w.add(w.mul(series, power), total)
    value = w.select(w.compare("olt", t, w.const(16.0)), w.const(math.nan), value)
    return value if m % 2 else w.let(f"fneg {v.type} {value}")


def _bernoulli(n: int) -> float:
    import sympy as sp

    return float(sp.bernoulli(n))


#: Our own routines: name -> (what writes the body, which others it calls).
OWN: dict[str, tuple[Callable[[Writer, str], str], tuple[str, ...]]] = {
    "exp": (_exp, ()),
    "expm1": (_expm1, ()),
    "log": (_log, ()),
    "log1p": (_log1p, ("log",)),
    "logistic": (_logistic, ("exp",)),
    "softplus": (_softplus, ("exp", "log1p")),
    "tanh": (_tanh, ("expm1",)),
    "sin": (lambda w, x: _sincos(w, x, 0, "sin"), ()),
    "cos": (lambda w, x: _sincos(w, x, 1, "cos"), ()),
}


def define(name: str, vector: Vector, declared: set[str], arity: int = 1) -> str:
    """The definition of @own_<name>; the float32 one widens, calls the float64 one and rounds once."""
    if vector.bits == 32:
        return _define_narrow(name, vector, arity)
    w = Writer(vector, declared=declared)
    args = [f"%x{k}" for k in range(arity)]
    symbol = name.removeprefix("libm:")
    if name.startswith("libm:"):
        value = scalar_calls(w, symbol, args)
    elif name.startswith("polygamma"):
        value = polygamma(w, args[0], int(name.removeprefix("polygamma")))
    else:
        value = OWN[name][0](w, args[0])
    inline = "alwaysinline" if name in OWN and name not in ("sin", "cos") else "noinline"
    return _function(vector, f"own_{symbol}_x{vector.lanes}", arity, inline, [*w.lines, f"  ret {vector.type} {value}"])


def _define_narrow(name: str, vector: Vector, arity: int) -> str:
    wide, w, symbol = Vector(64, vector.lanes), Writer(vector), name.removeprefix("libm:")
    widened = [w.let(f"fpext {vector.type} %x{k} to {wide.type}") for k in range(arity)]
    value = w.let(f"call {wide.type} @own_{symbol}_x{vector.lanes}({', '.join(f'{wide.type} {a}' for a in widened)})")
    value = w.let(f"fptrunc {wide.type} {value} to {vector.type}")
    return _function(vector, f"own32_{symbol}_x{vector.lanes}", arity, "alwaysinline", [*w.lines, f"  ret {vector.type} {value}"])


def _function(vector: Vector, name: str, arity: int, attributes: str, lines: list[str]) -> str:
    parameters = ", ".join(f"{vector.type} %x{k}" for k in range(arity))
    return "\n".join([f"define internal {vector.type} @{name}({parameters}) {attributes} {{", "entry:", *lines, "}", ""])
