"""Elliptical families: a density of several variables that depends on them through one positive definite quadratic
form.

With u = (x − m)ᵀ A (x − m), m and A functions of the parameters, log p = H(u; θ) on R^d.  Given u the direction is
uniform, so for y = x − m (Isserlis' theorem for the uniform law on an ellipsoid)

    E[y_{a₁} ⋯ y_{a₂ₖ} | u] = u^k / (d(d+2)⋯(d+2k−2)) Σ over pairings Π (A⁻¹)_{aᵢaⱼ},

odd moments vanish, and u has the density π^{d/2}/Γ(d/2) |A|^{−1/2} u^{d/2−1} e^{H(u)}.  Scores are polynomials in y
with coefficients in u, so every expectation is an integral over u > 0, exactly (A. F. S. Mitchell, Int. Statist. Rev.
56, 1988; K.-T. Fang, S. Kotz and K.-W. Ng, Symmetric Multivariate and Related Distributions, 1990, ch. 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import sympy as sp

from .density import Density, DensityError, Piece, Variable, differentiate
from .logarithms import log_of
from .moments import Expectation, Functions
from .quadrature import Numbers, expectations
from .rigorous import expectation_balls
from .sampling import Point

__all__ = ["EllipticalExpectation", "EllipticalForm", "elliptical_form"]

oo = sp.oo


@dataclass(frozen=True)
class EllipticalForm:
    """log p = radial(u), u = (x − centre)ᵀ matrix (x − centre); ``quadratics`` are the forms found, as
    functions of u.
    """

    variables: tuple[sp.Symbol, ...]
    centre: sp.Matrix
    matrix: sp.Matrix
    u: sp.Symbol
    radial: sp.Expr
    quadratics: tuple[tuple[sp.Expr, sp.Expr], ...]

    @property
    def dim(self) -> int:
        return len(self.variables)

    def reduced(self, coordinates: tuple[sp.Symbol, ...]) -> Density:
        """The density of u."""
        d = sp.Rational(self.dim, 2)
        weight = self.radial + (d - 1) * sp.log(self.u) + d * sp.log(sp.pi) - sp.loggamma(d)
        weight -= log_of(_plain(self.matrix.det(method="berkowitz"))) / 2
        return Density((Piece(weight, (Variable(self.u, sp.S.Zero, oo),)),), coordinates)


def _plain(e: sp.Expr) -> sp.Expr:
    return sp.factor(sp.cancel(sp.together(e)))


def elliptical_form(density: Density, point: Point) -> EllipticalForm | None:
    """The elliptical form of a density on the whole of R^d, d > 1, or None.

    >>> import sympy as sp
    >>> from .density import read_density
    >>> x, y, m = sp.symbols("x y m", real=True)
    >>> s = sp.Symbol("s", positive=True)
    >>> cauchy = s/(2*sp.pi*(s**2 + (x - m)**2 + y**2)**sp.Rational(3, 2))
    >>> p = read_density(cauchy, {x: (-sp.oo, sp.oo), y: (-sp.oo, sp.oo)}, [m, s])
    >>> form = elliptical_form(p, {m: 0, s: 1})
    >>> form.centre.T, form.matrix == sp.eye(2)
    (Matrix([[m, 0]]), True)
    """
    if len(density.pieces) != 1:
        return None
    (piece,) = density.pieces
    xs = piece.symbols
    if len(xs) < 2 or any(v.discrete or (v.lower, v.upper) != (-oo, oo) for v in piece.variables):
        return None
    found = list(dict.fromkeys(_quadratics(piece.log_density, xs)))
    if not found:
        return None
    first = sp.Poly(found[0], *xs)
    A = sp.Matrix(len(xs), len(xs), lambda i, j: first.coeff_monomial(xs[i] * xs[j]) / (1 if i == j else 2)).applyfunc(
        _plain
    )
    numeric = A.subs(point)
    if numeric.is_negative_definite:
        A, first = -A, -first
    elif not numeric.is_positive_definite:
        return None
    inverse = (A.adjugate() / A.det(method="berkowitz")).applyfunc(_plain)
    slopes = sp.Matrix([first.coeff_monomial(x) for x in xs])
    centre = (-inverse * slopes / 2).applyfunc(_plain)
    least = _plain(first.coeff_monomial(1) - (centre.T * A * centre)[0])
    u = sp.Dummy("u", positive=True)
    quadratics = []
    for q in found:
        other = sp.Poly(q, *xs)
        ratio = _plain(other.coeff_monomial(xs[0] ** 2) / first.coeff_monomial(xs[0] ** 2))
        rest = sp.Poly(other.as_expr() - ratio * first.as_expr(), *xs)
        if any(_plain(c) != 0 for powers, c in rest.terms() if any(powers)):
            return None
        quadratics.append((q, _plain(ratio * least + rest.coeff_monomial(1)) + ratio * u))
    radial = _substituted(piece.log_density, dict(quadratics), xs)
    if radial.free_symbols & set(xs):
        return None
    return EllipticalForm(xs, centre, A, u, radial, tuple(quadratics))


def _polynomial_part(e: sp.Expr, xs: Sequence[sp.Symbol]) -> tuple[sp.Expr, list[sp.Expr]]:
    """The terms of a sum that are polynomials in the variables, of degree two at most, together, and the others."""
    terms = sp.Add.make_args(e)
    plain = [t for t in terms if t.is_polynomial(*xs) and sp.Poly(t, *xs).total_degree() <= 2]
    return sp.Add(*plain), [t for t in terms if t not in plain]


def _quadratics(e: sp.Expr, xs: Sequence[sp.Symbol]) -> Iterator[sp.Expr]:
    """The largest subexpressions that are polynomials of degree two in all the variables."""
    if not e.free_symbols & set(xs):
        return
    if e.is_Add or e.is_polynomial(*xs) and sp.Poly(e, *xs).total_degree() <= 2:
        plain, others = _polynomial_part(e, xs)
        if plain.free_symbols & set(xs):
            yield plain
    else:
        others = list(e.args)
    for part in others:
        yield from _quadratics(part, xs) if part is not e else ()


def _substituted(e: sp.Expr, images: dict[sp.Expr, sp.Expr], xs: Sequence[sp.Symbol]) -> sp.Expr:
    if not e.free_symbols & set(xs):
        return e
    if e in images:
        return images[e]
    if e.is_Add:
        plain, others = _polynomial_part(e, xs)
        return images.get(plain, plain) + sp.Add(*(_substituted(o, images, xs) for o in others))
    return e.func(*(_substituted(a, images, xs) for a in e.args)) if e.args else e


def _held(e: sp.Expr, ys: set[sp.Symbol], held: dict[sp.Expr, sp.Dummy]) -> sp.Expr:
    """The expression with all that is free of ys replaced by symbols."""
    if e.is_number or e in ys:
        return e
    if not e.free_symbols & ys:
        return held.setdefault(e, sp.Dummy("h"))
    if e.is_Mul:
        free, bound = e.as_independent(*ys, as_Add=False)
        parts = [_held(p, ys, held) for p in (bound.args if bound.is_Mul else (bound,))]
        return sp.Mul(_held(free, ys, held), *parts)
    return e.func(*(_held(a, ys, held) for a in e.args))


@lru_cache(maxsize=4096)
def _pairings(indices: tuple[int, ...]) -> tuple[tuple[tuple[int, int], ...], ...]:
    if not indices:
        return ((),)
    first, *rest = indices
    out = []
    for k, other in enumerate(rest):
        remaining = tuple(rest[:k] + rest[k + 1 :])
        out += [((first, other), *pairs) for pairs in _pairings(remaining)]
    return tuple(out)


class EllipticalExpectation(Expectation):
    """Expectations through the radial variable; ``inner`` is the expectation over the density of u."""

    def __init__(self, density: Density, point: Point, form: EllipticalForm, inner: Expectation) -> None:
        super().__init__(density, point)
        self.form, self.inner = form, inner
        self.reduced = inner.density  # of u
        self.ys = sp.symbols(f"y1:{form.dim + 1}", cls=sp.Dummy, real=True)
        self.covariance = (form.matrix.adjugate() / form.matrix.det(method="berkowitz")).applyfunc(_plain)
        self.route = "elliptical reduction" if inner.nodes is None else inner.route
        self.details = f"u = (x − m)ᵀA(x − m), m = {list(form.centre)}; {inner.details}"
        self._averages: dict[sp.Expr, dict[sp.Expr, sp.Expr]] = {}
        self._radial_means: dict[sp.Expr, sp.Expr | None] = {}

    def over(self, inner: Expectation) -> EllipticalExpectation:
        """The same reduction with another expectation over the radial variable."""
        return EllipticalExpectation(self.density, self.point, self.form, inner)

    @property
    def nodes(self) -> Any:
        return self.inner.nodes

    # -- derivatives along the parameters, in (y, u) ------------------------------------------------------

    @cached_property
    def _rates(self) -> dict[sp.Symbol, tuple[sp.Expr, list[sp.Expr]]]:
        """For each coordinate: ∂u at fixed x, and ∂y."""
        y = sp.Matrix(self.ys)
        rates = {}
        for c in self.density.coordinates:
            moved = self.form.centre.diff(c)
            slope = (-2 * moved.T * self.form.matrix * y + y.T * self.form.matrix.diff(c) * y)[0]
            rates[c] = slope, [-e for e in moved]
        return rates

    def _along(self, f: sp.Expr, c: sp.Symbol) -> sp.Expr:
        slope, shifts = self._rates[c]
        total = differentiate(f, c) + differentiate(f, self.form.u) * slope
        return total + sum((sp.diff(f, y) * shift for y, shift in zip(self.ys, shifts)), sp.S.Zero)

    @cached_property
    def scores(self) -> list[list[sp.Expr]]:
        return [[self._along(self.form.radial, c)] for c in self.density.coordinates]

    def second(self, i: int, j: int) -> list[sp.Expr]:
        return [self._along(self.scores[min(i, j)][0], self.density.coordinates[max(i, j)])]

    # -- averages over directions --------------------------------------------------------------------------

    def averaged(self, f: sp.Expr) -> sp.Expr:
        """E[f | u], f a polynomial in y.

        Raises:
            DensityError: f is no polynomial in the variables beside functions of u.
        """
        return sp.Add(*(core * coefficient for core, coefficient in self._average(f).items()))

    def _average(self, f: sp.Expr) -> dict[sp.Expr, sp.Expr]:
        """E[f | u] = Σ c(θ) h(u; θ): the map h -> c."""
        f = _substituted(f, dict(self.form.quadratics), self.form.variables)
        f = f.xreplace({x: m + y for x, m, y in zip(self.form.variables, self.form.centre, self.ys)})
        if f not in self._averages:
            self._averages[f] = self._averaged_terms(f)
        return self._averages[f]

    def _averaged_terms(self, f: sp.Expr) -> dict[sp.Expr, sp.Expr]:
        u = self.form.u
        held: dict[sp.Expr, sp.Dummy] = {}  # what is free of y, so that its denominators stay as they are
        multiplied = sp.expand(_held(f, set(self.ys), held), log=False)
        split = {symbol: e.as_independent(u, as_Add=False) for e, symbol in held.items()}
        sums: dict[sp.Expr, dict[tuple[int, ...], list[sp.Expr]]] = {}
        for term in sp.Add.make_args(multiplied):
            constant, core, indices = [], [], []
            for base, n in term.as_powers_dict().items():
                if base in split and n.is_Integer:
                    constant.append(split[base][0] ** n)
                    core.append(split[base][1] ** n)
                elif base in self.ys and n.is_Integer and n > 0:
                    indices += [self.ys.index(base)] * int(n)
                elif base.is_number:
                    constant.append(base**n)
                else:
                    raise DensityError(
                        f"the expectation of {f} has no closed form: it is no polynomial in the sample variables"
                    )
            if len(indices) % 2 == 0:
                radial = sp.Mul(*core) * u ** (len(indices) // 2)
                sums.setdefault(radial, {}).setdefault(tuple(sorted(indices)), []).append(sp.Mul(*constant))
        return {
            radial: sp.Add(*(sp.Add(*factors) * self._direction(indices) for indices, factors in groups.items()))
            for radial, groups in sums.items()
        }

    def _direction(self, indices: tuple[int, ...]) -> sp.Expr:
        """E[y_{a₁} ⋯ y_{a₂ₖ} | u] / u^k."""
        weight = sp.Mul(*(self.form.dim + 2 * k for k in range(len(indices) // 2)))
        return sp.Add(*(sp.Mul(*(self.covariance[p] for p in pairs)) for pairs in _pairings(indices))) / weight

    def _mean(self, functions: Functions) -> sp.Expr | None:
        total = sp.S.Zero
        for core, coefficient in self._average(functions[0]).items():
            if core not in self._radial_means:
                value = self.inner._mean([core])
                self._radial_means[core] = value if value is None else self.inner.canonical(value)
            mean = self._radial_means[core]
            if mean is None:
                return None
            total += coefficient * mean
        return total

    def canonical(self, value: sp.Expr) -> sp.Expr:
        return value if self.nodes is not None else super().canonical(value)

    def numbers(self, rows: Sequence[Functions], point: Any, digits: int, enough: int | None = None) -> Numbers:
        return expectations(self.reduced, [[self.averaged(f)] for (f,) in rows], point, digits, enough)

    def balls(self, rows: Sequence[Functions], point: Any, digits: int) -> list[Any]:
        return expectation_balls(self.reduced, [[self.averaged(f)] for (f,) in rows], point, digits)

    def mass(self) -> sp.Expr:
        """∫ p, where the inner expectation knows it."""
        return self.inner.mass()  # type: ignore[attr-defined]
