"""The Legendre transform θ ↔ η = ∂ψ(θ) of a convex potential, in closed form and in numbers.

Closed form: the equations ∂_iψ(θ) = η_i are solved block by block (coordinates that the Hessian couples), exponentials
being replaced by unknowns of their own. Every candidate is put to the test at points of the convex domain; what does
not return the point it came from, to 25 digits, is no inverse branch. Numbers: θ maximises the concave function
θ·η − ψ(θ), so Newton's method with a line search that never leaves the convex domain converges from any start.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import UnsupportedFunction, logistic
from flint import acb

from ..exact.budget import TimeBudgetExceeded, time_limit
from ..exact.reading import read, read_values
from ..kernels.algebras import COMPLEX, NumPy
from ..kernels.ball import as_ball, precision
from ..kernels.interpreter import Straight
from .inputs import ManifoldError
from .positive_factors import with_positive_factors

if TYPE_CHECKING:
    from .hessian import HessianManifold

__all__ = ["LegendreTransform"]

_DIGITS = 30


class LegendreTransform:
    """The Legendre transform of a Hessian manifold.

    Args:
        manifold: the manifold whose potential is transformed.
        seconds: how long to look for a closed form.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds.hessian import HessianManifold
    >>> x = sp.Symbol("x", real=True)
    >>> transform = HessianManifold(sp.exp(x), [x]).legendre
    >>> transform.potential, transform.inverse[x]
    (eta1*log(eta1) - eta1, log(eta1))
    >>> theta, phi = HessianManifold(sp.exp(x) + x**2/2, [x]).legendre.conjugate([1.0])
    >>> abs(float(theta[0])) < 1e-12, round(float(phi), 12)
    (True, -1.0)
    """

    def __init__(self, manifold: HessianManifold, seconds: float = 10.0) -> None:
        self.manifold = manifold
        self.seconds = seconds
        taken = {s.name for s in (*manifold.coordinates, *manifold.constants)}
        stem = next(s for s in ("eta", "eta_", "dual_eta") if not any(name.startswith(s) for name in taken))
        self.symbols = tuple(sp.Symbol(f"{stem}{i + 1}", real=True) for i in range(manifold.dim))

    @classmethod
    def known(cls, manifold: HessianManifold, inverse: Mapping[sp.Symbol, sp.Expr], back: HessianManifold) -> Any:
        """The transform that leads back to a manifold that is known already."""
        transform = cls.__new__(cls)
        transform.manifold, transform.seconds, transform.symbols = manifold, 10.0, back.coordinates
        transform.__dict__["_closed"] = dict(inverse)
        transform.__dict__["potential"] = back.potential
        return transform

    # -- closed form ----------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        """Whether a closed form of θ(η) was found."""
        return self._closed is not None

    @property
    def inverse(self) -> dict[sp.Symbol, sp.Expr]:
        """θ^i as an expression in the dual symbols.

        Raises:
            ManifoldError: none was found.
        """
        if self._closed is None:
            raise ManifoldError(
                "no closed form of the inverse Legendre transform was found for this potential; "
                "`legendre.conjugate(eta)` evaluates θ(η) and φ(η) numerically"
            )
        return self._closed

    @cached_property
    def potential(self) -> sp.Expr:
        """φ(η) = θ(η)·η − ψ(θ(η)) in the dual symbols."""
        inverse = self.inverse
        value = sp.Add(*(s * inverse[x] for s, x in zip(self.symbols, self.manifold.coordinates)))
        value -= _plain(self.manifold.potential).subs(inverse, simultaneous=True)
        return self._tidy(value)

    def _tidy(self, value: sp.Expr) -> sp.Expr:
        """Logarithms and roots of positive factors, collected; other forms where they are shorter and equal."""
        best = value
        try:
            with time_limit(self.seconds / 4):
                split = _collect_logarithms(with_positive_factors(value, self.dual_samples))
                if self._agree(split, value):
                    best = split
                for tried in (sp.simplify(value), sp.simplify(best)):
                    if sp.count_ops(tried) < sp.count_ops(best) and self._agree(tried, value):
                        best = tried
        except TimeBudgetExceeded:
            pass
        return best

    def _agree(self, one: sp.Expr, other: sp.Expr) -> bool:
        for here in self.dual_samples:
            difference = sp.N((one - other).subs(here), _DIGITS, chop=True)
            if not difference.is_number or abs(difference) > 1e-20:
                return False
        return True

    @cached_property
    def _closed(self) -> dict[sp.Symbol, sp.Expr] | None:
        found: dict[sp.Symbol, sp.Expr] = {}
        try:
            with time_limit(self.seconds):
                for block in self._blocks():
                    solution = self._solve(block)
                    if solution is None:
                        return None
                    found |= solution
        except TimeBudgetExceeded:
            return None
        return found

    def _blocks(self) -> list[list[int]]:
        """The coordinates in groups that the Hessian couples."""
        n, local = self.manifold.dim, self.manifold.local
        groups = [{i} for i in range(n)]
        for i in range(n):
            for j in range(i):
                if local.metric(i, j):
                    joined = next(g for g in groups if i in g) | next(g for g in groups if j in g)
                    groups = [g for g in groups if not g & joined] + [joined]
        return sorted(sorted(g) for g in groups)

    def _solve(self, block: Sequence[int]) -> dict[sp.Symbol, sp.Expr] | None:
        unknowns = [self.manifold.coordinates[i] for i in block]
        symbols = [self.symbols[i] for i in block]
        for equations, names, back in _formulations(self.manifold, block, unknowns, symbols):
            try:
                solutions = sp.solve(equations, names, dict=True)
            except (NotImplementedError, ValueError, TypeError, sp.PolynomialError):
                continue
            for solution in solutions:
                if set(solution) != set(names) or any(v.free_symbols & set(names) for v in solution.values()):
                    continue
                if any(v.has(sp.I) for v in solution.values()):
                    continue  # real roots written through complex numbers are no usable closed form
                candidate = {x: back[x].subs(solution, simultaneous=True) for x in unknowns}
                if self._returns(candidate):
                    return {x: self._tidy_inverse(e) for x, e in candidate.items()}
        return None

    def _tidy_inverse(self, value: sp.Expr) -> sp.Expr:
        for shorter in (with_positive_factors(value, self.dual_samples), sp.simplify(value)):
            if sp.count_ops(shorter) <= sp.count_ops(value) + 2 and self._agree(shorter, value):
                return shorter
        return value

    def _returns(self, candidate: Mapping[sp.Symbol, sp.Expr]) -> bool:
        """Whether θ(η(θ)) = θ at every sample point."""
        for point, eta in zip(self.samples, self.dual_samples):
            for x, expression in candidate.items():
                value = sp.N(expression.subs(eta, simultaneous=True), _DIGITS, chop=True)
                if not (value.is_number and value.is_finite) or abs(sp.N(value - point[x], _DIGITS)) > 1e-25 * (
                    1 + abs(point[x])
                ):
                    return False
        return bool(self.samples)

    # -- sample points -----------------------------------------------------------------------------

    @cached_property
    def samples(self) -> list[dict[sp.Symbol, sp.Expr]]:
        """A few points (with values of the constants) where the potential is convex; where none is, where g is
        regular.
        """
        convex: list[dict] = []
        regular: list[dict] = []
        n = self.manifold.dim
        try:
            symbols = [*self.manifold.coordinates, *self.manifold.constants]
            evaluate = Straight.of(list(self.manifold.metric), symbols, COMPLEX)
        except UnsupportedFunction:
            evaluate = None
        for point in self._candidates():
            if evaluate is None:
                g = np.array(self.manifold.metric.subs(point).evalf(15).tolist(), dtype=complex)
            else:
                with precision(64):
                    values = evaluate([acb(as_ball(v)) for v in point.values()])
                g = np.array([complex(v) for v in values]).reshape(n, n)
            if not np.all(np.isfinite(g)) or np.any(np.abs(g.imag) > 1e-9 * np.abs(g).max()):
                continue
            lowest = np.abs(eigenvalues := np.linalg.eigvalsh(g.real)).min()
            if eigenvalues[0] > 1e-9:
                convex.append(point)
                if len(convex) == 3:
                    return convex
            elif lowest > 1e-9:
                regular.append(point)
        return convex or regular[:3]

    @cached_property
    def dual_samples(self) -> list[dict[sp.Symbol, sp.Expr]]:
        """The sample points in dual coordinates, to 60 digits, with the values of the constants."""
        images = []
        for point in self.samples:
            here = {s: sp.N(e.subs(point), 2 * _DIGITS) for s, e in zip(self.symbols, self.manifold.dual_coordinates)}
            images.append(here | {c: v for c, v in point.items() if c not in self.manifold.coordinates})
        return images

    def _candidates(self) -> Iterator[dict[sp.Symbol, sp.Expr]]:
        draw = random.Random(20190516)
        symbols = [*self.manifold.coordinates, *self.manifold.constants]
        for attempt in range(400):
            scale = (1, sp.Rational(1, 3), 3, sp.Rational(1, 10))[attempt % 4]
            point = {}
            for s in symbols:
                size = sp.Rational(draw.randint(3, 23), 11) * scale
                sign = 1 if s.is_positive else -1 if s.is_negative else draw.choice((1, -1))
                if s not in self.manifold.coordinates and s.is_positive is None:
                    sign = 1 if attempt % 8 < 6 else sign
                point[s] = sign * size
            yield point

    # -- numbers --------------------------------------------------------------------------------------

    def conjugate(
        self,
        eta: Any,
        constants: Mapping[Any, Any] | None = None,
        *,
        start: Sequence[float] | None = None,
        tolerance: float = 1e-13,
    ) -> tuple[np.ndarray, np.ndarray]:
        """θ(η) and φ(η) = max_θ (θ·η − ψ(θ)) by damped Newton steps, for η of shape (..., dim).

        Args:
            eta: dual coordinates.
            constants: values of the constants, by symbol or name.
            start: a point of the convex domain to start from; without it one is searched.
            tolerance: the Newton decrement, relative to the size of the value, at which to stop.

        Raises:
            ManifoldError: the start is not in the convex domain, or η is not a gradient of ψ (the maximum runs away).
        """

        eta = np.asarray(eta, dtype=float)
        dim = self.manifold.dim
        if eta.shape[-1:] != (dim,) or not np.all(np.isfinite(eta)):
            raise ManifoldError(f"η has shape {eta.shape}; finite values with a last axis of {dim} are needed")
        values = read_values(constants, self.manifold.constants, "constants", ManifoldError)
        oracle = _Oracle(self.manifold, values)
        first = self._start(oracle, start)
        flat = eta.reshape(-1, dim)
        theta, phi = np.empty_like(flat), np.empty(len(flat))
        here = first
        for row, target in enumerate(flat):
            here, phi[row] = _maximise(oracle, target, here, first, tolerance)
            theta[row] = here
        return theta.reshape(eta.shape), phi.reshape(eta.shape[:-1])

    def _start(self, oracle: _Oracle, start: Sequence[float] | None) -> np.ndarray:
        candidates = [start] if start is not None else [
            [float(p[x]) for x in self.manifold.coordinates] for p in (*self.samples, *self._candidates())
        ]  # fmt: skip
        for candidate in candidates:
            theta = np.asarray(candidate, dtype=float)
            if theta.shape == (self.manifold.dim,) and oracle(theta) is not None:
                return theta
        where = f"{list(start)} is not in" if start is not None else "no start was found in"
        raise ManifoldError(f"{where} the domain where the potential is convex; hand in one as start=[…]")


class _Oracle:
    """ψ, ∂ψ and ∂²ψ in numbers; None where ψ is not finite and convex."""

    def __init__(self, manifold: HessianManifold, constants: Mapping[sp.Symbol, sp.Expr]) -> None:
        parts = [manifold.potential, *manifold.dual_coordinates, *manifold.metric]
        here = [read(p).subs(constants) for p in parts]
        self.dim = manifold.dim
        self.evaluate = Straight.of(here, manifold.coordinates, NumPy())

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray] | None:
        with np.errstate(all="ignore"):
            try:
                values = np.array([float(v) for v in self.evaluate(theta)])
            except (TypeError, ValueError, OverflowError, ZeroDivisionError):
                return None
        g = values[1 + self.dim :].reshape(self.dim, self.dim)
        if not np.all(np.isfinite(values)):
            return None
        try:
            np.linalg.cholesky(g)
        except np.linalg.LinAlgError:
            return None
        return values[0], values[1 : 1 + self.dim], g


def _maximise(
    oracle: _Oracle, eta: np.ndarray, near: np.ndarray, safe: np.ndarray, tolerance: float
) -> tuple[np.ndarray, float]:
    with np.errstate(all="ignore"):
        return _climb(oracle, eta, near, safe, tolerance)


def _climb(
    oracle: _Oracle, eta: np.ndarray, near: np.ndarray, safe: np.ndarray, tolerance: float
) -> tuple[np.ndarray, float]:
    theta = near
    state = oracle(theta)
    assert state is not None
    for _ in range(200):
        psi, slope, g = state
        residual = eta - slope
        direction = np.linalg.solve(g, residual)
        decrement = float(residual @ direction)
        value = float(theta @ eta) - psi
        step = 1.0
        if decrement <= tolerance**2 * max(1.0, abs(value)):
            return theta, value
        while step > 1e-14:
            trial = theta + step * direction
            moved = oracle(trial)
            if moved is not None:
                gain = float(trial @ eta) - moved[0] - value
                # Near the maximum rounding hides the gain; there the gradient tells.
                flat = abs(gain) <= 1e-14 * (abs(value) + abs(psi) + 1.0)
                smaller = np.linalg.norm(eta - moved[1]) <= np.linalg.norm(residual)
                if gain >= 1e-4 * step * decrement or (flat and smaller):
                    break
            step /= 2
        else:
            if decrement <= 1e-20 * max(1.0, abs(value)):
                return theta, value  # as close as rounding allows
            break
        if np.array_equal(trial, theta):
            return theta, value
        theta, state = trial, moved
    raise ManifoldError(
        f"η = {eta.tolist()} is not reached by the gradient of the potential from {safe.tolist()}: the maximum of "
        f"θ·η − ψ runs away (last θ = {theta.tolist()}). Choose η inside the image of θ ↦ ∂ψ(θ)"
    )


def _collect_logarithms(expression: sp.Expr) -> sp.Expr:
    """Σ c_k log f_k + rest, one term a logarithm."""
    expanded = sp.expand(expression)
    logarithms = sorted(expanded.atoms(sp.log), key=sp.default_sort_key)
    terms = []
    for logarithm in logarithms:
        coefficient = expanded.coeff(logarithm)
        terms.append(sp.factor(coefficient) * logarithm)
        expanded = sp.expand(expanded - coefficient * logarithm)
    return sp.Add(*terms, sp.factor(expanded))


def _plain(expression: sp.Expr) -> sp.Expr:
    """Without logistic and hyperbolic functions, which solving does not see through."""
    return expression.replace(logistic, lambda u: 1 / (1 + sp.exp(-u))).rewrite(
        (sp.tanh, sp.sinh, sp.cosh, sp.coth, sp.sech, sp.csch), sp.exp
    )


def _formulations(
    manifold: HessianManifold, block: Sequence[int], unknowns: Sequence[sp.Symbol], symbols: Sequence[sp.Symbol]
) -> Iterator[tuple[list[sp.Expr], list[sp.Symbol], dict[sp.Symbol, sp.Expr]]]:
    """Ways to write ∂_iψ = η_i: equations, unknowns, and the coordinates in terms of those unknowns."""
    raw = [manifold.dual_coordinates[i] for i in block]
    plain = [sp.powsimp(sp.expand(_plain(g), power_base=False)) for g in raw]
    powers = {x: sp.Dummy(f"E{x.name}", positive=True) for x in unknowns}
    replaced = [_without_exponentials(g, unknowns, powers) for g in plain]
    if all(r is not None for r in replaced):
        used = [x for x in unknowns if any(r.has(powers[x]) for r in replaced)]  # type: ignore[union-attr]
        if used and not any(r.has(*used) for r in replaced):  # type: ignore[union-attr]
            names = [powers[x] if x in used else x for x in unknowns]
            equations = [sp.numer(sp.together(r - s)) for r, s in zip(replaced, symbols)]
            back = {x: sp.log(powers[x]) if x in used else x for x in unknowns}
            yield equations, names, back
    yield [g - s for g, s in zip(raw, symbols)], list(unknowns), {x: x for x in unknowns}
    # Free unknowns: assumptions such as x > 0 make `solve` drop solutions whose sign it cannot see.
    free = {x: sp.Dummy(x.name) for x in unknowns}
    yield [g.subs(free) - s for g, s in zip(plain, symbols)], list(free.values()), dict(free)


def _without_exponentials(
    expression: sp.Expr, unknowns: Sequence[sp.Symbol], powers: Mapping[sp.Symbol, sp.Symbol]
) -> sp.Expr | None:
    """exp(Σ k_i x_i + c) -> Π E_i^{k_i} e^c, or None where an exponent is not of this form."""
    replacement = {}
    for atom in expression.atoms(sp.exp):
        exponent = sp.expand(atom.args[0])
        factors: list[sp.Expr] = []
        for x in unknowns:
            k = exponent.coeff(x)
            if k.free_symbols & set(unknowns):
                return None
            factors.append(powers[x] ** k)
            exponent = sp.expand(exponent - k * x)
        if exponent.free_symbols & set(unknowns):
            return None
        replacement[atom] = sp.Mul(*factors) * sp.exp(exponent)
    return expression.xreplace(replacement)
