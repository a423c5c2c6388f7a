"""LaTeX as it is written in physics: ψ′(κ) for polygamma(1, κ), names of several letters upright."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter, accepted_latex_functions

__all__ = ["latex"]


class _Notation(LatexPrinter):
    def _print_polygamma(self, e: sp.Expr, exp: str | None = None) -> str:
        order, argument = e.args
        marks = "'" * int(order) if order.is_Integer and order < 4 else f"^{{({self._print(order)})}}"
        name = rf"\psi{marks}"
        if exp is not None:
            name = rf"\psi^{{{exp}}}" if not marks else rf"{{\psi{marks}}}^{{{exp}}}"
        return rf"{name}\left({self._print(argument)}\right)"

    def _print_loggamma(self, e: sp.Expr, exp: str | None = None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\ln{power}\Gamma\left({self._print(e.args[0])}\right)"

    def _split_super_sub(self, name: str) -> tuple[str, list[str], list[str]]:
        stem, above, below = super()._split_super_sub(name)
        stem = stem if stem in accepted_latex_functions else _upright(stem)  # tanh has a command of its own
        return stem, [_upright(s) for s in above], [_upright(s) for s in below]


def _upright(word: str) -> str:
    """A word of several letters; letters by name ("\\alpha") and single ones stay."""
    return rf"\mathrm{{{word}}}" if re.fullmatch(r"[A-Za-z]{2,}\d*", word) else word


def latex(e: Any, **settings: Any) -> str:
    r"""The LaTeX of a SymPy object.

    >>> kappa, rate = sp.symbols("kappa rate")
    >>> print(latex(sp.polygamma(1, kappa)), latex(rate * sp.Symbol("x_max")), latex(sp.polygamma(0, kappa)**2))
    \psi'\left(\kappa\right) \mathrm{rate} x_{\mathrm{max}} \psi^{2}\left(\kappa\right)
    >>> print(latex(sp.tanh(rate)))
    \tanh{\left(\mathrm{rate} \right)}
    """
    return str(_Notation(settings).doprint(e))
