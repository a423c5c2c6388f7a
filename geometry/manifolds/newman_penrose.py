"""Null tetrads, the scalars of Newman and Penrose, and the Petrov type of a Lorentzian manifold of dimension four.

Signature (−, +, +, +), l·n = −1, m·m̄ = 1, all other products zero; definitions as in Stephani et al., Exact Solutions
of Einstein's Field Equations (2003), eqs. 3.59, 3.76 and 7.2, so that Schwarzschild has Ψ₂ = −m/r³.

The Petrov type needs no tetrad: the self-dual Weyl tensor 𝒞 = ½(C − i⋆C) is an operator on bivectors, a matrix Q of
trace zero on the self-dual ones and zero on the others, and the type is the form of Q (sec. 4.1 there). With
I = ½ tr 𝒞² and J = tr 𝒞³/6 it is O for 𝒞 = 0, N for 𝒞² = 0, III for 𝒞³ = 0, D for 𝒞(𝒞 − λ)(𝒞 + λ/2) = 0 with
λ = 2 tr 𝒞³/tr 𝒞², else II for I³ = 27J² and else I. All of it is decided exactly in the field.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import sympy as sp

from .forms import volume_form
from .frames import orthonormal_frame
from .inputs import ManifoldError, read_array
from .local import Element, total
from .roots import negative_directions
from .tensors import UP, Tensor
from .vanishing import Undecided, UndecidedError, vanish

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["NullTetrad", "null_tetrad", "petrov_invariants", "petrov_type"]

Vector = list[Element]
#: −k_{a;b} and the like: spin coefficient -> [(factor, which vector is differentiated, with what, along what)].
_SPIN = {
    "kappa": [(-1, "l", "m", "l")],
    "rho": [(-1, "l", "m", "c")],
    "sigma": [(-1, "l", "m", "m")],
    "tau": [(-1, "l", "m", "n")],
    "nu": [(1, "n", "c", "n")],
    "mu": [(1, "n", "c", "m")],
    "lambda": [(1, "n", "c", "c")],
    "pi": [(1, "n", "c", "l")],
    "epsilon": [(sp.S.Half, "m", "c", "l"), (-sp.S.Half, "l", "n", "l")],
    "beta": [(sp.S.Half, "m", "c", "m"), (-sp.S.Half, "l", "n", "m")],
    "gamma": [(sp.S.Half, "n", "l", "n"), (-sp.S.Half, "c", "m", "n")],
    "alpha": [(sp.S.Half, "n", "l", "c"), (-sp.S.Half, "c", "m", "c")],
}


class NullTetrad:
    """Null vectors l, n, m, m̄ with what Newman and Penrose made of them.

    Args:
        manifold: Lorentzian, of dimension four.
        l, n: real null vectors; first, second: the unit vectors of m = (first + i second)/√2.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> t, p = sp.symbols("t p", real=True)
    >>> r, m, h = sp.symbols("r m theta", positive=True)
    >>> hole = RiemannianManifold(sp.diag(-(1 - 2*m/r), 1/(1 - 2*m/r), r**2, r**2*sp.sin(h)**2), (t, r, h, p))
    >>> hole.null_tetrad().weyl_scalars, hole.petrov_type()
    ((0, 0, -m/r**3, 0, 0), 'D')
    """

    def __init__(self, manifold: RiemannianManifold, l: Vector, n: Vector, first: Vector, second: Vector) -> None:
        self.manifold = manifold
        field = manifold.field
        half, i = field(1 / sp.sqrt(2)), field(sp.I)
        self.elements = {
            "l": l,
            "n": n,
            "m": [half * (a + i * b) for a, b in zip(first, second)],
            "c": [half * (a - i * b) for a, b in zip(first, second)],
        }
        self._slopes: dict[str, Tensor] = {}

    def product(self, u: str, v: str) -> Element:
        """g(u, v) of two of the vectors "l", "n", "m", "c" (m̄)."""
        g, dim = self.manifold.local.metric, range(4)
        a, b = self.elements[u], self.elements[v]
        return total(
            self.manifold.field, (a[i] * b[j] * g(i, j) for i in dim for j in dim if a[i] and b[j] and g(i, j))
        )

    def check(self) -> None:
        """Raise ManifoldError, naming a product, unless l·n = −1, m·m̄ = 1 and all others vanish."""
        wanted = {("l", "n"): -1, ("m", "c"): 1}
        for u, v in [("l", "l"), ("l", "n"), ("l", "m"), ("n", "n"), ("n", "m"), ("m", "m"), ("m", "c")]:
            value = self.product(u, v)
            if vanish([value - wanted.get((u, v), 0)]) is False:
                raise ManifoldError(
                    f"{u}·{'m̄' if v == 'c' else v} is {value.as_expr()}, where a null tetrad of signature "
                    f"(−, +, +, +) has {wanted.get((u, v), 0)}"
                )

    def contraction(self, tensor: Callable[..., Element], *vectors: str) -> Element:
        """T(u, v, …) of a tensor with lower indices."""
        rows = [self.elements[v] for v in vectors]
        terms = []
        for key in product(*([i for i, f in enumerate(row) if f] for row in rows)):
            if value := tensor(*key):
                for row, i in zip(rows, key):
                    value = value * row[i]
                terms.append(value)
        return total(self.manifold.field, terms)

    @property
    def vectors(self) -> tuple[tuple[sp.Expr, ...], ...]:
        """The components of l, n, m and m̄."""
        return tuple(tuple(e.as_expr() for e in self.elements[v]) for v in "lnmc")

    @cached_property
    def weyl_scalars(self) -> tuple[sp.Expr, ...]:
        """Ψ₀ = C(l, m, l, m), Ψ₁ = C(l, n, l, m), Ψ₂ = C(l, m, m̄, n), Ψ₃ = C(l, n, m̄, n), Ψ₄ = C(m̄, n, m̄, n)."""
        weyl = self.manifold.local.weyl
        return tuple(self.contraction(weyl, *four).as_expr() for four in ("lmlm", "lnlm", "lmcn", "lncn", "cncn"))

    @cached_property
    def ricci_scalars(self) -> dict[str, sp.Expr]:
        """Φ₀₀ = ½R(l, l), Φ₀₁ = ½R(l, m), Φ₀₂ = ½R(m, m), Φ₁₁ = ¼(R(l, n) + R(m, m̄)), Φ₁₂ = ½R(n, m),
        Φ₂₂ = ½R(n, n), and Λ = R/24.
        """
        ricci, local = self.manifold.local.ricci, self.manifold.local
        found = {name: self.contraction(ricci, *two) / 2 for name, two in
                 {"Phi00": "ll", "Phi01": "lm", "Phi02": "mm", "Phi12": "nm", "Phi22": "nn"}.items()}  # fmt: skip
        found["Phi11"] = (self.contraction(ricci, "l", "n") + self.contraction(ricci, "m", "c")) / 4
        found["Lambda"] = local.ricci_scalar() / 24
        return {name: found[name].as_expr() for name in sorted(found, key=lambda k: (k == "Lambda", k))}

    @cached_property
    def spin_coefficients(self) -> dict[str, sp.Expr]:
        """κ, ρ, σ, τ, ν, μ, λ, π, ε, β, γ, α by their English names; κ = −m^a l^b ∇_b l_a and so on."""
        found = {}
        for name, terms in _SPIN.items():
            parts = [
                self.contraction(self._slope(which).element, other, along) * factor
                for factor, which, other, along in terms
            ]
            found[name] = total(self.manifold.field, parts).as_expr()
        return found

    def _slope(self, which: str) -> Tensor:
        if which not in self._slopes:
            vector = Tensor(self.manifold, (UP,), lambda i: self.elements[which][i])
            self._slopes[which] = vector.lowered(0).covariant_derivative()
        return self._slopes[which]


def null_tetrad(manifold: RiemannianManifold, vectors: Any = None) -> NullTetrad:
    """The null tetrad of these vectors l, n, m, with m complex; without them that of the orthonormal frame.

    There l = (e₀ + e₁)/√2, n = (e₀ − e₁)/√2 and m = (e₂ + i e₃)/√2.

    Raises:
        ManifoldError: no Lorentzian manifold of dimension four, or vectors that are no null tetrad.
    """
    _check_lorentzian(manifold)
    field = manifold.field
    if vectors is not None:
        l, n, m = (read_array(v, 4, 1, "a vector of the tetrad") for v in vectors)
        half = field(sp.sqrt(2))
        real = [sp.re(sp.expand(e, complex=True)) for e in m], [sp.im(sp.expand(e, complex=True)) for e in m]
        first, second = ([half * field(e) for e in part] for part in real)
        tetrad = NullTetrad(manifold, [field(e) for e in l], [field(e) for e in n], first, second)
        tetrad.check()
        return tetrad
    frame = orthonormal_frame(manifold)
    time = next(a for a in range(4) if frame.metric_element(a, a) == -1)
    e = [frame.elements[time], *(frame.elements[a] for a in range(4) if a != time)]
    half = field(1 / sp.sqrt(2))
    sums = [[half * (a + b * s) for a, b in zip(e[0], e[1])] for s in (1, -1)]
    return NullTetrad(manifold, sums[0], sums[1], e[2], e[3])


def _check_lorentzian(manifold: RiemannianManifold) -> None:
    if manifold.dim != 4 or negative_directions(manifold.local) != 1:
        raise ManifoldError(
            f"null tetrads and Petrov types belong to Lorentzian manifolds of dimension 4; this one has dimension "
            f"{manifold.dim}" + (f" and {negative_directions(manifold.local)} minus signs" if manifold.dim == 4 else "")
        )


# -- the Petrov type ---------------------------------------------------------------------------------------

Operator = list[list[Element]]


def _self_dual_weyl(manifold: RiemannianManifold) -> Operator:
    """𝒞^P_Q = ½(C^P_Q − i (⋆C)^P_Q) over the pairs i < j."""
    local, field, volume = manifold.local, manifold.field, volume_form(manifold)
    pairs = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    up = [[local.inverse_minor(p, q) for q in pairs] for p in pairs]
    weyl = _times(field, up, [[local.weyl(*p, *q) for q in pairs] for p in pairs])
    star = _times(field, up, [[volume.element(*p, *q) for q in pairs] for p in pairs])
    dual, i = _times(field, star, weyl), field(sp.I)
    return [[(a - i * b) / 2 for a, b in zip(row, other)] for row, other in zip(weyl, dual)]


def _times(field: Any, a: Operator, b: Operator) -> Operator:
    n = range(len(a))
    return [[total(field, (a[p][k] * b[k][q] for k in n if a[p][k] and b[k][q])) for q in n] for p in n]


def _trace(field: Any, a: Operator) -> Element:
    return total(field, (a[k][k] for k in range(len(a))))


def petrov_invariants(manifold: RiemannianManifold) -> tuple[sp.Expr, sp.Expr]:
    """I = Ψ₀Ψ₄ − 4Ψ₁Ψ₃ + 3Ψ₂² = ½ tr 𝒞² and J = tr 𝒞³/6, the determinant of the Ψ."""
    _check_lorentzian(manifold)
    c, field = _self_dual_weyl(manifold), manifold.field
    square = _times(field, c, c)
    return (_trace(field, square) / 2).as_expr(), (_trace(field, _times(field, square, c)) / 6).as_expr()


def petrov_type(manifold: RiemannianManifold) -> str:
    """ "O", "N", "III", "D", "II" or "I", that of a general point; proven.

    Raises:
        ManifoldError: no Lorentzian manifold of dimension four.
        UndecidedError: whether a condition holds is neither proven nor refuted.
    """
    _check_lorentzian(manifold)
    c, field = _self_dual_weyl(manifold), manifold.field
    if _holds(c):
        return "O"
    square = _times(field, c, c)
    if _holds(square):
        return "N"
    cube = _times(field, square, c)
    if _holds(cube):
        return "III"
    second, third = _trace(field, square), _trace(field, cube)  # 2I and 6J
    if not _holds([[second**3 - third**2 * 6]]):  # 8I³ − 216J²
        return "I"
    eigenvalue = 2 * third / second
    # 𝒞(𝒞 − λ)(𝒞 + λ/2) = 𝒞³ − ½λ𝒞² − ½λ²𝒞
    rest = [[k - eigenvalue * s / 2 - eigenvalue**2 * e / 2 for k, s, e in zip(*rows)] for rows in zip(cube, square, c)]
    return "D" if _holds(rest) else "II"


def _holds(operator: Sequence[Sequence[Element]]) -> bool:
    verdict = vanish(e for row in operator for e in row)
    if isinstance(verdict, Undecided):
        raise UndecidedError(f"the Petrov type is not decided: {verdict}")
    return verdict
