"""The Ising model on finite tori, exactly: the number of states of each energy and magnetisation.

A transfer matrix whose entries are polynomials in e^b and e^h adds one spin at a time; its trace lists how
many states have bond sum E and magnetisation M.  From this table the log-partition and all its derivatives
follow as cumulants of (E, M), to any precision, so metric and curvature are free of truncation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
import xarray as xr
from chentsov.geometry.exact import Mean
from chentsov.geometry.manifolds import ExponentialFamily, ManifoldError, Quantity

from ..model import Model, scalar
from .finite import gibbs_family

__all__ = ["IsingTorus"]

#: βJ at Onsager's transition of the infinite square lattice, ½ log(1 + √2).
CRITICAL_COUPLING = float(sp.log(1 + sp.sqrt(2)) / 2)


#: Spins up to which the log-partition is written out, state by state; beyond, it is a mean over the table of states.
MOST_SPINS_WRITTEN = 16
E, M, COUNT = sp.symbols("E M n", real=True)


class IsingTorus(Model):
    """Ising spins on a width × length torus with b = βJ and h = βH.

    Args:
        width: 3 to 6 spins across (the transfer matrix has size 2^width).
        length: at least 3 spins along.

    Raises:
        ManifoldError: a size that cannot be done.

    >>> torus = IsingTorus(3, 3)
    >>> int(torus.states.sum()) == 2**9
    True
    >>> float(torus.at(0.4, 0.2)["ricci_scalar"])
    -0.22523908952299676
    """

    def __init__(self, width: int, length: int) -> None:
        if not (isinstance(width, int) and isinstance(length, int)) or not (3 <= width <= 6 and 3 <= length <= 64):
            raise ManifoldError(f"the torus must be 3 to 6 spins wide and 3 to 64 long, not {width} by {length}")
        if width > length:
            raise ManifoldError("give the smaller side as the width")
        self.width, self.length = width, length
        self.spins = width * length
        self.bonds = 2 * self.spins

    def __repr__(self) -> str:
        return f"<IsingTorus {self.width}×{self.length}>"

    # -- counting states -----------------------------------------------------------------------------

    @cached_property
    def states(self) -> np.ndarray:
        """n[e, m]: states with bond sum E = bonds − 4e… in steps of 2 (`energies`) and magnetisation `magnetisations`.

        Exact integers up to 62 spins; beyond, floating-point sums of positive terms.
        """
        exact = self.spins <= 62
        kind = np.int64 if exact else np.float64
        rows = 1 << self.width
        total = np.zeros((self.bonds + 1, self.spins + 1), dtype=kind)
        for first in self._representatives():
            weight, start = first
            table = np.zeros((rows, self.bonds + 1, self.spins + 1), dtype=kind)
            table[start] = 0
            table[start, self._broken_within(start), bin(start).count("1")] = 1
            for _ in range(self.length - 1):
                table = self._add_row(table)
            # Close the torus: bonds between the last row and the first.
            for row in range(rows):
                broken = bin(row ^ start).count("1")
                total[broken:] += weight * table[row][: self.bonds + 1 - broken]
        return total

    def _representatives(self) -> list[tuple[int, int]]:
        """First rows up to rotation and reflection, with the sizes of their classes."""
        seen: dict[int, int] = {}
        w = self.width
        for row in range(1 << w):
            turns = [((row << k) | (row >> (w - k))) & ((1 << w) - 1) for k in range(w)]
            mirrored = [int(format(t, f"0{w}b")[::-1], 2) for t in turns]
            least = min(turns + mirrored)
            seen[least] = seen.get(least, 0) + 1
        return [(count, row) for row, count in seen.items()]

    def _broken_within(self, row: int) -> int:
        """Unequal neighbours within a closed row."""
        rotated = ((row << 1) | (row >> (self.width - 1))) & ((1 << self.width) - 1)
        return bin(row ^ rotated).count("1")

    def _add_row(self, table: np.ndarray) -> np.ndarray:
        """One more row, spin by spin: index = its finished spins over those of the row before."""
        w, rows = self.width, 1 << self.width
        for site in range(w):
            bit = 1 << site
            fresh = np.zeros_like(table)
            for row in range(rows):
                for spin in (0, 1):
                    new = (row & ~bit) | (bit if spin else 0)
                    broken = int(bool(row & bit) != bool(spin))
                    fresh[new, broken:, spin:] += table[row, : table.shape[1] - broken, : table.shape[2] - spin]
            table = fresh
        result = np.zeros_like(table)
        for row in range(rows):
            broken = self._broken_within(row)
            result[row, broken:] = table[row, : table.shape[1] - broken]
        return result

    @property
    def energies(self) -> np.ndarray:
        """E = Σ over bonds of s s′, for the rows of `states`."""
        return self.bonds - 2 * np.arange(self.bonds + 1)

    @property
    def magnetisations(self) -> np.ndarray:
        """M = Σ s, for the columns of `states` (counted by spins down … up)."""
        return 2 * np.arange(self.spins + 1) - self.spins

    def levels(self) -> dict[tuple[int, int], int]:
        """{(E, M): number of states}."""
        e, m = np.nonzero(self.states)
        return {(int(self.energies[i]), int(self.magnetisations[j])): int(self.states[i, j]) for i, j in zip(e, m)}

    # -- the model ------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The two sides."""
        return f"{self.width}×{self.length} Ising torus"

    @cached_property
    def _coordinates(self) -> tuple[sp.Symbol, ...]:
        return sp.symbols("b h", real=True)

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        """b = βJ and h = βH."""
        return self._coordinates

    @cached_property
    def manifold(self) -> ExponentialFamily:
        """The exponential family in (b, h): of small tori written out, of others with means over the rows (E, M, n)."""
        if not self.rows:
            return gibbs_family(self.levels(), self.coordinates, name=self.name)
        b, h = self.coordinates
        weight = Mean(COUNT * sp.exp(b * E + h * M), self.rows)
        return ExponentialFamily(sp.log(weight), self.coordinates, name=self.name)

    @property
    def rows(self) -> tuple[sp.Symbol, ...]:
        """Energy, magnetisation and number of states, where the log-partition is a mean over them."""
        return () if self.spins <= MOST_SPINS_WRITTEN else (E, M, COUNT)

    def row_values(self, data: Any = None, targets: Any = None) -> dict[sp.Symbol, np.ndarray]:
        """The table of states; a torus takes no other data."""
        super().row_values(data, targets)
        if not self.rows:
            return {}
        table = np.array([(e, m, n) for (e, m), n in self.levels().items()], float)
        table[:, 2] *= len(table) / 2.0**self.spins  # the mean is one without coupling and field
        return dict(zip(self.rows, table.T))

    @property
    def log_partition(self) -> sp.Expr:
        """ψ = log Σ e^{bE + hM} of the whole torus."""
        return self.manifold.potential + (self.spins * sp.log(2) if self.rows else 0)

    def crosscheck(self, quantity: str = "ricci_scalar", **options: Any) -> Any:
        """See `chentsov.crosscheck`; small tori by jets, since EinsteinPy takes minutes for so long a form."""
        return super().crosscheck(quantity, **({} if self.rows else {"oracle": "jets"}) | options)

    def own_quantities(self) -> tuple[Quantity, ...]:
        """The log-partition."""
        return (scalar("log_partition", "log-partition", r"\psi"),)

    # -- numbers ----------------------------------------------------------------------------------------

    def on_grid(
        self, axes: Mapping[Any, Any], quantities: Sequence[str] | str | None = None, **options: Any
    ) -> xr.Dataset:
        """The quantities of the whole torus on a grid {"b": values, "h": values}.

        Left out, they are log_partition, metric (i, j), cubic (i, j, k), ricci_scalar, from the cumulants of the
        table of states; per torus, not per spin (R per spin is the number of spins times R).  Where floating point
        loses R (deep in the ordered phase) it is computed again with more digits, about 0.05 s a point.  With names
        or options they are computed as for every model, from the formulas of `manifold`.
        """
        if quantities is not None or options:
            return super().on_grid(axes, ["ricci_scalar"] if quantities is None else quantities, **options)
        named = {str(k): np.asarray(v, dtype=float) for k, v in dict(axes).items()}
        if set(named) != {"b", "h"} or any(v.ndim != 1 or not v.size for v in named.values()):
            raise ManifoldError("the axes of an Ising torus are b and h, each a non-empty list of numbers")
        if any(not np.isfinite(v).all() for v in named.values()):
            raise ManifoldError("the axes hold a value that is not finite")
        b, h = named["b"], named["h"]
        log_z = np.empty((b.size, h.size))
        g = np.empty((b.size, h.size, 2, 2))
        t = np.empty((b.size, h.size, 2, 2, 2))
        R = np.empty((b.size, h.size))
        for i, value in enumerate(b):
            log_z[i], g[i], t[i], R[i] = self._cumulants(value, h)
            for j in np.flatnonzero(np.isnan(R[i])):  # deep in the ordered phase: more digits
                R[i, j] = float(self.at(float(value), float(h[j]), 20)["ricci_scalar"])
        labels = ["b", "h"]
        return xr.Dataset(
            {
                "log_partition": (("b", "h"), log_z),
                "metric": (("b", "h", "i", "j"), g),
                "cubic": (("b", "h", "i", "j", "k"), t),
                "ricci_scalar": (("b", "h"), R),
            },
            coords={"b": b, "h": h, "i": labels, "j": labels, "k": labels},
            attrs={"width": self.width, "length": self.length, "title": self.name},
        )

    def _cumulants(self, b: float, h: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """log Z, second and third central moments of (E, M), and R, at one b and all h.

        First the moments of E among the states of each M, then those of their means over M (the law of total
        cumulance): every deviation is from its own mean, and the field enters in the second step only.
        """
        E, M = self.energies.astype(float), self.magnetisations.astype(float)
        with np.errstate(divide="ignore"):
            exponent = np.log(self.states.astype(float)) + b * E[:, None]
        top = exponent.max(axis=0)
        w = np.exp(exponent - top)
        z = w.sum(axis=0)
        w /= z
        mean = E @ w
        away = E[:, None] - mean
        second, third = (w * away**2).sum(axis=0), (w * away**3).sum(axis=0)

        exponent = (top + np.log(z))[:, None] + np.outer(M, h)
        top = exponent.max(axis=0)
        p = np.exp(exponent - top)
        z = p.sum(axis=0)
        p /= z
        dE, dM = mean[:, None] - mean @ p, M[:, None] - M @ p
        total = _moments(p, dE, dM, second[:, None], third[:, None])
        g = np.empty((h.size, 2, 2))
        t = np.empty((h.size, 2, 2, 2))
        for i, j in np.ndindex(2, 2):
            g[:, i, j] = total[2 - i - j, i + j]
            for k in (0, 1):
                t[:, i, j, k] = total[3 - i - j - k, i + j + k]
        # R does not change under linear changes of (b, h); with E replaced by its part uncorrelated with M the
        # metric is diagonal, and nothing is lost where energy and magnetisation are nearly proportional.
        with np.errstate(all="ignore"):
            free = _moments(p, dE - g[:, 0, 1] / g[:, 1, 1] * dM, dM, second[:, None], third[:, None])
            curvature = _curvature(free)
        return top + np.log(z), g, t, curvature

    def at(self, b: Any, h: Any, digits: int = 30) -> dict[str, sp.Float]:
        """log Z, the metric components and R at one point, to ``digits`` digits."""
        import mpmath

        # The covariance is nearly singular at low temperature: det g carries about e^{−8(b + |h|)}.
        extra = 20 + int(8 * (abs(float(b)) + abs(float(h))))
        with mpmath.workdps(digits + extra):
            b, h = (mpmath.mpf(str(sp.N(v, digits + extra))) for v in (b, h))
            weights = [(mpmath.mpf(n) * mpmath.exp(b * E + h * M), E, M) for (E, M), n in self.levels().items()]
            z = mpmath.fsum(w for w, _, _ in weights)
            mE = mpmath.fsum(w * E for w, E, _ in weights) / z
            mM = mpmath.fsum(w * M for w, _, M in weights) / z
            k = {
                (a, c): mpmath.fsum(w * (E - mE) ** a * (M - mM) ** c for w, E, M in weights) / z
                for a in range(4)
                for c in range(4 - a)
                if a + c > 1
            }
            rows = [[k[2, 0], k[1, 1], k[0, 2]], [k[3, 0], k[2, 1], k[1, 2]], [k[2, 1], k[1, 2], k[0, 3]]]
            det = k[2, 0] * k[0, 2] - k[1, 1] ** 2
            values = {
                "log_partition": mpmath.log(z),
                "g_bb": k[2, 0],
                "g_bh": k[1, 1],
                "g_hh": k[0, 2],
                "ricci_scalar": -mpmath.det(mpmath.matrix(rows)) / (2 * det**2),
            }
            return {name: sp.Float(str(v), digits) for name, v in values.items()}

    def maximum_of_curvature(self, b: tuple[float, float] = (0.2, 0.8), points: int = 301) -> tuple[float, float]:
        """(b, R per spin) where |R| without field is largest, by refinement on the axis h = 0."""
        low, high = b
        for _ in range(4):
            grid = np.linspace(low, high, points)
            R = np.abs(self.on_grid({"b": grid, "h": [0.0]})["ricci_scalar"].values[:, 0])
            k = int(np.argmax(R))
            low, high = grid[max(k - 2, 0)], grid[min(k + 2, points - 1)]
        return float(grid[k]), float(R[k]) * self.spins


def _moments(
    p: np.ndarray, dE: np.ndarray, dM: np.ndarray, second: np.ndarray, third: np.ndarray
) -> dict[tuple[int, int], np.ndarray]:
    """Central moments of (E, M) from the deviations dE of the conditional means and the moments about these."""
    square, cube = second + dE**2, third + 3 * dE * second + dE**3
    moments = {(2, 0): square, (1, 1): dE * dM, (0, 2): dM**2}
    moments |= {(3, 0): cube, (2, 1): square * dM, (1, 2): dE * dM**2, (0, 3): dM**3}
    return {k: (p * v).sum(axis=0) for k, v in moments.items()}


def _curvature(k: dict[tuple[int, int], np.ndarray]) -> np.ndarray:
    """R = −½ (BD − C² + AC − B²) from the standardised third moments A, B, C, D of uncorrelated variables.

    This is −det[(g_11, g_12, g_22); (T_111, T_112, T_122); (T_112, T_122, T_222)]/(2 det² g) with g the identity.
    NaN where a variance has underflowed, or where cancellation leaves fewer than about eight digits.
    """
    u, v = np.sqrt(k[2, 0]), np.sqrt(k[0, 2])
    A, B, C, D = k[3, 0] / u**3, k[2, 1] / (u**2 * v), k[1, 2] / (u * v**2), k[0, 3] / v**3
    R = -(B * D - C**2 + A * C - B**2) / 2
    size = abs(B * D) + C**2 + abs(A * C) + B**2
    sound = np.isfinite(R) & (k[2, 0] > 1e-280) & (k[0, 2] > 1e-280) & (size < 1e6 * abs(R) + 1e-6)
    return np.where(sound, R, np.nan)
