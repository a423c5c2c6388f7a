"""SymPy's own integration and summation, in a child process that is stopped when time is up."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from .density import Piece


def within(seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
    """function(*arguments) computed in a child process; None if it fails or is not done in time.

    >>> import sympy as sp
    >>> within(20, sp.factorial, 5)
    120
    """
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(sender, function, arguments), daemon=True)
    child.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll(seconds) else None
    except EOFError:
        return None
    finally:
        child.kill()
        child.join()
        receiver.close()


def _answer(sender, function, arguments) -> None:
    try:
        sender.send(function(*arguments))
    except Exception:
        sender.send(None)
    finally:
        sender.close()


def has_a_chance(f: sp.Expr, variables: Sequence[sp.Symbol]) -> bool:
    """Whether it is worth the time to ask SymPy for ∫ f: not where a transcendental function of the variables is
    divided by.

    >>> x = sp.Symbol("x")
    >>> has_a_chance(x**2*sp.exp(-x)/(1 + x), [x]), has_a_chance(1/(sp.exp(x) + sp.exp(2*x**2)), [x])
    (True, False)
    """
    xs = set(variables)
    f = half_angles(f)

    def transcendental(e: sp.Expr) -> bool:
        return any(bool(a.free_symbols & xs) for a in e.atoms(sp.Function, sp.exp)) or any(
            bool(p.exp.free_symbols & xs) for p in e.atoms(sp.Pow)
        )

    for part in sp.preorder_traversal(f):
        if not (isinstance(part, sp.Expr) and part.free_symbols & xs):
            continue
        if (
            isinstance(part, sp.polygamma)
            or isinstance(part, sp.exp)
            and any(e.free_symbols & xs for e in part.exp.atoms(sp.exp))
        ):
            return False
        if len(xs) > 1 and part.is_Pow and part.base.is_Add and not part.exp.is_number:
            return False
        if isinstance(part, (sp.log, sp.loggamma)) and transcendental(part.args[0]):
            return False
        if isinstance(part, sp.Pow) and part.base is not sp.E and transcendental(part.base):
            divides = part.exp.could_extract_minus_sign() and not isinstance(part.base, (sp.exp, sp.sin, sp.cos))
            if divides or not part.exp.is_Integer and part.base.is_Add:
                return False
    return True


def half_angles(f: sp.Expr) -> sp.Expr:
    """A quotient by 1 ± cos u in sines and cosines of u/2, of which it is mostly a polynomial.

    >>> x = sp.Symbol("x")
    >>> half_angles(sp.sin(x)**2/(1 + sp.cos(x)))
    2*sin(x/2)**2
    """

    def is_versed(e: sp.Expr) -> bool:
        return (
            e.is_Add
            and len(e.args) == 2
            and e.args[0] == 1
            and isinstance(e.args[1] / e.args[1].as_coeff_Mul()[0], sp.cos)
        )

    divided = {p.base for p in f.atoms(sp.Pow) if p.exp.is_number and p.exp.is_negative and is_versed(p.base)}
    for cosine in {c for base in divided for c in base.atoms(sp.cos)}:
        (u,) = cosine.args
        s, c = sp.sin(u / 2), sp.cos(u / 2)
        f = f.xreplace({1 + cosine: 2 * c**2, 1 - cosine: 2 * s**2}).xreplace(
            {cosine: 1 - 2 * s**2, sp.sin(u): 2 * s * c}
        )
    return f


def integrate(f: sp.Expr, piece: Piece) -> sp.Expr | None:
    """∫ f exp(L) by ``sympy.integrate`` and ``sympy.summation``, or None if something stays unevaluated."""
    value = half_angles(f * sp.exp(piece.log_density))
    for v in reversed(piece.variables):
        if v.values:
            value = sp.Add(*(value.subs(v.symbol, x) for x in v.values))
        elif v.discrete:
            value = sp.summation(value, (v.symbol, v.lower, v.upper))
        else:
            value = sp.integrate(value, (v.symbol, v.lower, v.upper), conds="none")
        if value.has(sp.Integral, sp.Sum, sp.Piecewise, sp.nan, sp.zoo, sp.oo):
            return None
        value = sp.simplify(value)
    return value
