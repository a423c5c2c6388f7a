"""A second, independent derivation: curvature as a textbook writes it, in plain SymPy at a rational point.

Γ^i_jk is differentiated as an expression, no symmetry of the curvature is used, nothing is simplified, and
the numbers come from substituting at the end: nothing in common with the code under test.
"""

from itertools import product

import sympy as sp


class Textbook:
    """Christoffel symbols and curvature tensors of a metric at one point, to `digits` digits."""

    def __init__(self, metric, coordinates, point, digits=30):
        self.g, self.x, self.at, self.digits = sp.Matrix(metric), list(coordinates), dict(point), digits
        self.n = range(len(self.x))
        n = len(self.x)
        number = self.number
        g0 = self.g.applyfunc(number)
        dg = [[[number(sp.diff(self.g[i, j], k)) for k in self.x] for j in self.n] for i in self.n]
        seconds = {  # that a metric and its second derivatives are symmetric is all that is used
            (i, j, k, l): number(sp.diff(self.g[i, j], self.x[k], self.x[l]))
            for i, j, k, l in product(self.n, repeat=4) if i <= j and k <= l
        }
        ddg = {
            (i, j, k, l): seconds[min(i, j), max(i, j), min(k, l), max(k, l)] for i, j, k, l in product(self.n, repeat=4)
        }
        inverse = g0.inv()
        # ∂_l g^im = − g^ia (∂_l g_ab) g^bm
        d_inverse = [-inverse * sp.Matrix(n, n, lambda a, b: dg[a][b][l]) * inverse for l in self.n]
        first = lambda m, j, k: (dg[m][k][j] + dg[m][j][k] - dg[j][k][m]) / 2  # noqa: E731
        d_first = lambda m, j, k, l: (ddg[m, k, j, l] + ddg[m, j, k, l] - ddg[j, k, m, l]) / 2  # noqa: E731
        gamma = [[[sum(inverse[i, m] * first(m, j, k) for m in self.n) for k in self.n] for j in self.n] for i in self.n]

        def d_gamma(i, j, k, l):
            return sum(d_inverse[l][i, m] * first(m, j, k) + inverse[i, m] * d_first(m, j, k, l) for m in self.n)

        def riemann(i, j, k, l):
            return (
                d_gamma(i, j, l, k) - d_gamma(i, j, k, l)
                + sum(gamma[i][k][m] * gamma[m][j][l] - gamma[i][l][m] * gamma[m][j][k] for m in self.n)
            )

        self.metric, self.inverse, self.christoffel = g0, inverse, gamma
        self.riemann = {q: riemann(*q) for q in product(self.n, repeat=4)}
        self.ricci = {(j, l): sum(self.riemann[i, j, i, l] for i in self.n) for j in self.n for l in self.n}
        self.ricci_scalar = sum(inverse[j, l] * self.ricci[j, l] for j in self.n for l in self.n)

    def number(self, expression):
        return sp.sympify(expression).subs(self.at).doit().evalf(self.digits + 20)

    @property
    def riemann_lowered(self):
        return {
            (i, j, k, l): sum(self.metric[i, m] * self.riemann[m, j, k, l] for m in self.n)
            for i, j, k, l in product(self.n, repeat=4)
        }

    @property
    def kretschmann(self):
        low, h, n = self.riemann_lowered, self.inverse, self.n
        mixed = {
            (i, j, k, l): sum(h[i, a] * h[j, b] * low[a, b, k, l] for a in n for b in n)
            for i, j, k, l in product(n, repeat=4)
        }
        return sum(mixed[i, j, k, l] * mixed[k, l, i, j] for i, j, k, l in product(n, repeat=4))


def generic_point(manifold):
    """Distinct small rationals for the coordinates and constants, inside every chart of the catalogue."""
    symbols = [*manifold.coordinates, *manifold.constants]
    return {s: sp.Rational(7 + 3 * i, 19 + 5 * i) for i, s in enumerate(symbols)}


def with_functions(metric):
    """The metric with undefined functions replaced by smooth concrete ones."""
    from sympy.core.function import AppliedUndef

    concrete = {}
    for i, f in enumerate(sorted(metric.atoms(AppliedUndef), key=str)):
        concrete[f] = sp.Rational(3, 2) + sum((k + 1 + i) * a + a**3 * (k + 2) for k, a in enumerate(f.args))
    return metric.subs(concrete).doit(), concrete
