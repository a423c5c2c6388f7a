"""Random metrics, coordinate changes and fields for the laws."""

import sympy as sp
from chentsov import RiemannianManifold
from chentsov.geometry.manifolds import SingularMetricError
from hypothesis import assume
from hypothesis import strategies as st

X = sp.symbols("x y z w", real=True)
Y = sp.symbols("u v p q", real=True)
small = st.integers(-2, 2)


@st.composite
def polynomials(draw, variables, degree=2, terms=2):
    """A short polynomial with small integer coefficients."""
    monomials = [sp.S.One, *variables, *(a * b for a in variables for b in variables if degree > 1)]
    chosen = draw(st.lists(st.tuples(small, st.sampled_from(monomials)), min_size=1, max_size=terms))
    return sum((c * m for c, m in chosen), sp.S.Zero)


@st.composite
def rational_functions(draw, variables):
    """A polynomial, or one over a polynomial without real zeros."""
    top = draw(polynomials(variables))
    if not draw(st.booleans()):
        return top
    return top / (1 + draw(st.sampled_from(variables)) ** 2)


@st.composite
def metrics(draw, dims=(2, 3), dense=True):
    """A metric of random rational functions: Lorentzian or Riemannian or mixed, but not singular everywhere."""
    dim = draw(st.sampled_from(dims))
    xs = X[:dim]
    g = sp.zeros(dim, dim)
    for i in range(dim):
        g[i, i] = draw(st.sampled_from([1, -1, 2])) + draw(rational_functions(xs))
    for i in range(dim):
        for j in range(i):
            if dense or (i, j) == (1, 0):
                g[i, j] = g[j, i] = draw(polynomials(xs, degree=1))
    try:
        return RiemannianManifold(g, xs)
    except SingularMetricError:
        assume(False)


@st.composite
def coordinate_changes(draw, dim):
    """x(y): a triangular polynomial map followed by a linear one, so that it is a change of coordinates."""
    ys = Y[:dim]
    bent = [
        draw(st.sampled_from([1, -1, 2])) * y + draw(polynomials(ys[i + 1 :], terms=1)) if ys[i + 1 :] else y
        for i, y in enumerate(ys)
    ]
    mixed = [b + (draw(small) * bent[i - 1] if i else 0) for i, b in enumerate(bent)]
    return ys, dict(zip(X[:dim], mixed))
