r"""Gradient flows with noise: the Langevin equation of a metric, and the flow of densities that goes with it.

With a temperature T and a volume ρ dx the density p(t, x), with respect to dx, obeys the Fokker–Planck equation

    ∂_t p = ∂_i (g^ij (p ∂_jE + T (∂_j p − p ∂_j log ρ))),

whose stationary solution is π = ρ e^{−E/T}; paths obey, in Itô's sense,

    dx^i = (−g^ij ∂_jE + T (∂_j g^ij + g^ij ∂_j log ρ)) dt + √(2T) σ^i_a dW^a,        σ σᵀ = g⁻¹.

Of Hopfield systems in their activations, with the primal volume ρ = 1, it is the stochastic flow of A. Halder, K.
Caluya, B. Travacca and S. Moura, Hopfield neural network flow: a geometric viewpoint, 2019 (arXiv:1908.01270).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from chentsov.geometry.manifolds import ManifoldError
from chentsov.geometry.manifolds.hessian_volumes import log_density, log_density_slopes

from ..exact.reading import match_symbols, read, read_count, read_expression, read_float
from ..exact.tables import read_reals, read_times
from .evaluation import constant_values, evaluate

if TYPE_CHECKING:
    import xarray as xr
    from chentsov.geometry.manifolds import RiemannianManifold

__all__ = ["Langevin"]


class Langevin:
    """The Langevin equation of an energy on a Riemannian manifold.

    Args:
        manifold: where, with the metric g.
        energy: E, a function of the coordinates.
        temperature: T > 0, a number or a constant.
        volume: ρ: "riemannian" (√det g), "primal" (1), "dual" (det g, of Hessian metrics), or a density of one's own.

    Raises:
        ManifoldError: an energy or a volume that cannot be read; a temperature that is not positive.

    >>> import sympy as sp, chentsov as ch
    >>> v = sp.Symbol("v", positive=True)
    >>> unit = ch.RiemannianManifold([[1/(v*(1 - v))]], [v])                    # a logistic unit, by its activation
    >>> noisy = Langevin(unit, v, 1, volume="primal")
    >>> sp.factor(noisy.drift[0]), noisy.stationary
    (v**2 - 3*v + 1, exp(-v))
    """

    def __init__(
        self, manifold: RiemannianManifold, energy: Any, temperature: Any = 1, volume: Any = "riemannian"
    ) -> None:
        self.manifold, self.volume = manifold, volume
        self.energy = read_expression(energy, "the energy", ManifoldError)
        self.temperature = read(temperature, "the temperature")
        if self.temperature.is_positive is not True and not self.temperature.free_symbols:
            raise ManifoldError(f"the temperature is positive, not {self.temperature}")
        if held := self.temperature.free_symbols & set(manifold.coordinates):
            names = ", ".join(sorted(s.name for s in held))
            raise ManifoldError(f"the temperature is a number or a constant; it depends on {names}")
        self._slopes = [s.as_expr() for s in log_density_slopes(manifold, volume)]

    @cached_property
    def drift(self) -> tuple[sp.Expr, ...]:
        """The drift of the paths, in Itô's sense."""
        h, x, n = self.manifold.inverse_metric, self.manifold.coordinates, range(self.manifold.dim)
        t = self.temperature
        push = [t * slope - self.energy.diff(c) for c, slope in zip(x, self._slopes)]
        return tuple(sp.Add(*(t * h[i, j].diff(x[j]) + h[i, j] * push[j] for j in n)) for i in n)

    @property
    def diffusion(self) -> sp.ImmutableMatrix:
        """2T g⁻¹, the covariance of the noise for each unit of time."""
        return sp.ImmutableMatrix(2 * self.temperature * self.manifold.inverse_metric)

    @property
    def stationary(self) -> sp.Expr:
        """π = ρ e^{−E/T} with respect to dx, not normalised."""
        return sp.exp(log_density(self.manifold, self.volume)) * sp.exp(-self.energy / self.temperature)

    def density_flow(
        self, axes: Mapping[Any, Any], initial: Any, t: Any, constants: Mapping[Any, Any] | None = None, *,
        steps: int = 200,
    ) -> xr.Dataset:  # fmt: skip
        """Densities over time on a box that nothing leaves: finite volumes in space, Euler's implicit method in time.

        With p = π f the flux is T g^ii π ∂_i f, π between two cells being the geometric mean: mass is kept and
        densities stay positive to rounding, and π is exactly stationary. Of first order in time, of second in space.

        Args:
            axes: {coordinate: (lower, upper, cells)} for one or two coordinates.
            initial: p(0), an expression or an array over the cells; it is normalised.
            t: the output times, or a number T for 0 and T.
            constants: numbers for all constants.
            steps: of Euler's method between two output times.

        Returns:
            Dataset with `density` (t, coordinates), and `free_energy` (t) = T ∫ p log(p/π), which never rises.

        Raises:
            ManifoldError: more than two coordinates, a metric that is not diagonal, a box outside the domain, a
                density that is negative or nowhere positive.
        """
        import xarray as xr
        from scipy.sparse import csc_matrix, diags
        from scipy.sparse.linalg import splu

        m, x = self.manifold, self.manifold.coordinates
        if m.dim > 2:
            raise ManifoldError(f"densities are followed in one or two dimensions; this manifold has {m.dim}")
        h = m.inverse_metric
        if any(h[i, j] != 0 for i in range(m.dim) for j in range(i)):
            raise ManifoldError("densities are followed in coordinates in which the metric is diagonal")
        found = match_symbols(axes, x, "the axes", ManifoldError)
        if missing := [c.name for c in x if c not in found]:
            raise ManifoldError(f"the axes lack {', '.join(missing)}: give (lower, upper, cells)")
        edges = [_edges(c, found[c]) for c in x]
        symbols = set(m.constants).union(self.energy.free_symbols, self.temperature.free_symbols) - set(x)
        values = constant_values(sorted(symbols, key=lambda s: s.name), constants)
        times, count = read_times(t, 2, ManifoldError), read_count(steps, "steps", error=ManifoldError)
        centres = [(e[1:] + e[:-1]) / 2 for e in edges]
        widths = [e[1] - e[0] for e in edges]
        points = np.stack(np.meshgrid(*centres, indexing="ij"), axis=-1)
        inside = m.domain.inside({**{c: points[..., i] for i, c in enumerate(x)}, **values})
        if not np.all(inside):
            raise ManifoldError("the box reaches beyond the domain: give narrower axes")
        log_pi = log_density(m, self.volume) - self.energy / self.temperature
        weight = evaluate([log_pi], x, points, values)[..., 0]
        if not np.isfinite(weight).all():
            raise ManifoldError("the energy or the volume is not finite everywhere in the box")
        heat = float(evaluate([self.temperature], x, points.reshape(-1, m.dim)[:1], values)[0, 0])
        if not heat > 0:
            raise ManifoldError(f"the temperature is positive, not {heat:g}")
        if not np.all(np.diff(times) > 0):
            raise ManifoldError("the output times rise: densities do not flow backwards")
        start = np.asarray(
            evaluate([read_expression(initial, "the initial density", ManifoldError)], x, points, values)[..., 0]
            if isinstance(initial, sp.Expr) else read_reals(initial, "the initial density", ManifoldError)
        )  # fmt: skip
        cell = float(np.prod(widths))
        if start.shape != weight.shape or not (start >= 0).all() or not start.sum() > 0:
            raise ManifoldError(f"a density is an array of shape {weight.shape}, at least 0 and somewhere positive")
        cells = np.arange(weight.size).reshape(weight.shape)
        operator = csc_matrix((weight.size, weight.size))
        for axis in range(m.dim):
            low, high = (
                np.take(cells, range(*r), axis).ravel() for r in ((0, len(centres[axis]) - 1), (1, len(centres[axis])))
            )
            middle = (points.reshape(-1, m.dim)[low] + points.reshape(-1, m.dim)[high]) / 2
            rate = heat * evaluate([h[axis, axis]], x, middle, values)[:, 0] / widths[axis] ** 2
            if not (rate > 0).all():
                raise ManifoldError("the metric is not positive and finite everywhere in the box")
            for a, b in ((low, high), (high, low)):  # what goes from cell b to cell a
                moved = rate * np.exp((weight.flat[a] - weight.flat[b]) / 2)
                operator += csc_matrix((moved, (a, b)), shape=operator.shape)
                operator -= csc_matrix((moved, (b, b)), shape=operator.shape)
        density = start.ravel() / (start.sum() * cell)
        states = [density]
        for before, after in zip(times, times[1:]):
            step = splu((diags(np.ones(weight.size)) - (after - before) / count * operator).tocsc())
            for _ in range(count):
                density = step.solve(density)
            states.append(density)
        shaped = np.array(states).reshape(len(times), *weight.shape)
        names = [c.name for c in x]
        with np.errstate(all="ignore"):
            excess = np.where(shaped > 0, shaped * (np.log(shaped) - weight), 0.0)
        free = heat * excess.reshape(len(times), -1).sum(axis=1) * cell
        return xr.Dataset(
            {"density": (("t", *names), shaped), "free_energy": ("t", free)},
            coords={"t": times, **dict(zip(names, centres))},
        )


def _edges(x: sp.Symbol, given: Sequence[Any]) -> np.ndarray:
    try:
        low, high, cells = given
    except (TypeError, ValueError):
        raise ManifoldError(f"the axis {x} is (lower, upper, cells)") from None
    ends = [read_float(e, f"an end of the axis {x}", ManifoldError) for e in (low, high)]
    if not ends[0] < ends[1]:
        raise ManifoldError(f"the axis {x} is empty: from {ends[0]:g} to {ends[1]:g}")
    return np.linspace(
        ends[0], ends[1], read_count(cells, f"the cells of the axis {x}", least=2, error=ManifoldError) + 1
    )
