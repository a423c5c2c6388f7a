"""A second, independent derivation: curvature as a textbook writes it, in plain SymPy at a rational point.

Γ^i_jk is differentiated as an expression, no symmetry of the curvature is used, nothing is simplified, and
the numbers come from substituting at the end: nothing in common with the code under test.
"""

from itertools import product

import mpmath
import sympy as sp


def _evaluate(expressions, at):
    function = sp.lambdify(list(at), [sp.sympify(e).doit() for e in expressions], modules="mpmath", cse=True)
    return [mpmath.mpf(v) for v in function(*[mpmath.mpf(int(v.p)) / int(v.q) for v in map(sp.Rational, at.values())])]


def evaluate(expressions, at, digits=30):
    """The values at an exact point, by mpmath with 20 digits to spare."""
    with mpmath.workdps(digits + 20):
        return [sp.Float(v, digits + 20) for v in _evaluate(expressions, at)]


class Textbook:
    """Christoffel symbols and curvature tensors of a metric at one point, to `digits` digits."""

    def __init__(self, metric, coordinates, point, digits=30):
        with mpmath.workdps(digits + 20):
            self._derive(sp.Matrix(metric), list(coordinates), dict(point))
            shown = lambda table: {k: sp.Float(v, digits + 20) for k, v in table.items()}
            self.christoffel, self.riemann, self.riemann_lowered, self.ricci = map(
                shown, (self.christoffel, self.riemann, self.riemann_lowered, self.ricci)
            )
            self.ricci_scalar, self.kretschmann = (
                sp.Float(v, digits + 20) for v in (self.ricci_scalar, self.kretschmann)
            )

    def _derive(self, metric, x, at):
        n = range(len(x))
        upper = [(i, j) for i in n for j in n if i <= j]  # the one symmetry that is used: of g and of ∂∂
        jets = {(i, j): metric[i, j] for i, j in upper}
        jets |= {(i, j, k): sp.diff(metric[i, j], x[k]) for i, j in upper for k in n}
        jets |= {(i, j, k, l): sp.diff(jets[i, j, k], x[l]) for i, j in upper for k, l in upper}
        values = dict(zip(jets, _evaluate(list(jets.values()), at)))
        s = lambda i, j: (min(i, j), max(i, j))
        g = {(i, j): values[s(i, j)] for i in n for j in n}
        dg = {(i, j, k): values[*s(i, j), k] for i, j, k in product(n, repeat=3)}
        ddg = {(i, j, k, l): values[*s(i, j), *s(k, l)] for i, j, k, l in product(n, repeat=4)}
        matrix = mpmath.matrix([[g[i, j] for j in n] for i in n])
        inverse = matrix**-1
        # ∂_l g^im = − g^ia (∂_l g_ab) g^bm
        slopes = [-inverse * mpmath.matrix([[dg[a, b, l] for b in n] for a in n]) * inverse for l in n]
        first = {(m, j, k): (dg[m, k, j] + dg[m, j, k] - dg[j, k, m]) / 2 for m, j, k in product(n, repeat=3)}
        gamma = {(i, j, k): sum(inverse[i, m] * first[m, j, k] for m in n) for i, j, k in product(n, repeat=3)}

        def d_gamma(i, j, k, l):
            d_first = ((ddg[m, k, j, l] + ddg[m, j, k, l] - ddg[j, k, m, l]) / 2 for m in n)
            return sum(slopes[l][i, m] * first[m, j, k] + inverse[i, m] * d for m, d in zip(n, d_first))

        def riemann(i, j, k, l):
            products = (gamma[i, k, m] * gamma[m, j, l] - gamma[i, l, m] * gamma[m, j, k] for m in n)
            return d_gamma(i, j, l, k) - d_gamma(i, j, k, l) + sum(products)

        self.christoffel = gamma
        self.riemann = {q: riemann(*q) for q in product(n, repeat=4)}
        self.riemann_lowered = low = {
            (i, j, k, l): sum(g[i, m] * self.riemann[m, j, k, l] for m in n) for i, j, k, l in product(n, repeat=4)
        }
        self.ricci = {(j, l): sum(self.riemann[i, j, i, l] for i in n) for j in n for l in n}
        self.ricci_scalar = sum(inverse[j, l] * self.ricci[j, l] for j in n for l in n)
        half = {(i, b, k, l): sum(inverse[i, a] * low[a, b, k, l] for a in n) for i, b, k, l in product(n, repeat=4)}
        mixed = {(i, j, k, l): sum(inverse[j, b] * half[i, b, k, l] for b in n) for i, j, k, l in product(n, repeat=4)}
        self.kretschmann = sum(mixed[i, j, k, l] * mixed[k, l, i, j] for i, j, k, l in product(n, repeat=4))


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
