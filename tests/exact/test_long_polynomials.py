"""Polynomials of many terms: what is put together without SymPy's rules is what these would have made of it."""

import sympy as sp
from chentsov.geometry.exact import DifferentialField, writing
from hypothesis import given, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y", real=True)
s = sp.Symbol("sigma", positive=True)
ATOMS = [x, y, s, sp.erf(x), sp.exp(x), sp.exp(-(y**2) / s), sp.sqrt(2), sp.sqrt(3), sp.pi, sp.sqrt(sp.pi), sp.log(s)]
ATOMS += [sp.sin(x), sp.cos(x), sp.sqrt(s), sp.gamma(s), sp.sqrt(1 + x**2), sp.tan(y), sp.EulerGamma, sp.E]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(ATOMS), min_size=2, max_size=5, unique=True), st.integers(3, 5), st.integers(-3, 3))
def test_long_polynomials_look_as_sympy_makes_them(atoms, degree, shift):
    field = DifferentialField((x, y, s))
    element = field((sp.Add(*(k * a for k, a in enumerate(atoms, 1))) + shift) ** degree)
    written = {}
    for limit in (0, 10**9):
        before, writing._MANY_TERMS = writing._MANY_TERMS, limit
        try:
            written[limit] = writing._Writer(element, by_name=False).polynomial(element.num)
        finally:
            writing._MANY_TERMS = before
    quick, slow = written.values()
    assert quick == slow and sp.srepr(quick) == sp.srepr(slow)
    assert quick == quick.func(*quick.args)
