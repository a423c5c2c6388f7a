r"""A single neuron with two inputs and two weights: its Fisher geometry, in closed form, for every loss.

    f(x, y) = σ(s (θ₁ x + θ₂ y)),   σ(u) = 1/(1 + e^{−u}),   s the slope,
    L(θ) = E_D[ℓ(f, t)]             over data rows (x, y, t),
    g_ij(θ) = E_D[∂_iℓ ∂_jℓ]        the metric: the second moment of the per-row gradients.

The weights enter through z = s (θ₁ x + θ₂ y) alone, so with w(z) = (∂ℓ/∂z)² the metric is E_D[s² w(z) x_i x_j] and
∂_k g_ij = E_D[s³ w′(z) x_i x_j x_k] is totally symmetric: the neuron is a Hessian manifold, and its Ricci scalar is a
rational function of seven means. Nothing here relies on that remark: the manifold finds it by itself.

Source: the neuron, the losses and the quantities of section 5.2 of Sauter's thesis; ``docs/sources.md`` lists where
this module departs from its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact import Mean, logistic
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.manifolds import RiemannianManifold
from chentsov.geometry.manifolds.quantities import Quantity

from .datasets import DataError, LabelledPoints, decision_boundary
from .training import descend

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

__all__ = ["LOSSES", "TwoWeightNeuron", "decision_boundary", "weight_axes"]

#: Name of a loss -> what it is.
LOSSES: dict[str, str] = {
    "mean_power": "mean power |f − t|ⁿ",
    "lp_norm": "Lᵖ norm (one output: |f − t|)",
    "cross_entropy": "binary cross-entropy −t log f − (1 − t) log(1 − f)",
}

#: Points a side beyond which `weight_axes` refuses: all quantities on this grid take some 5 GB.
MOST_POINTS = 8192

# Stand-ins in which a subloss is written and differentiated. The residual is taken off its zero, where
# |r|ⁿ of odd order has a kink; the metric, an average of squares, does not notice.
_OUTPUT, _TARGET = sp.Symbol("f", positive=True), sp.Symbol("t", real=True)
_RESIDUAL = sp.Symbol("r", real=True, nonzero=True)


class TwoWeightNeuron:
    """The neuron with a loss, as a Riemannian manifold over its two weights.

    Args:
        loss: "mean_power" |f − t|ⁿ, "lp_norm" (|f − t|ᵖ)^(1/p), or "cross_entropy".
        order: n, a whole number from 1, or p, a real number from 1. Cross-entropy has none and ignores it.
        slope: s, a finite number other than 0 (decimals are read exactly) or a SymPy symbol.
        data: the rows that numbers are computed from (or three columns x, y, t); the closed forms do not need them.

    Raises:
        ValueError: unknown loss, order below 1 or not whole, a slope of 0 or not finite.
        DataError: data that lie on one line through the origin (a ValueError).

    >>> neuron = TwoWeightNeuron("cross_entropy")
    >>> neuron.metric[0, 1]
    25*E_D[x*y*(t - σ(5*theta_1*x + 5*theta_2*y))**2]
    >>> neuron.manifold.structure
    'hessian'
    """

    def __init__(
        self,
        loss: str = "mean_power",
        order: Any = 2,
        slope: Any = 5,
        data: LabelledPoints | Mapping[str, Any] | Sequence[Any] | None = None,
    ) -> None:
        name = str(loss).replace("-", "_")
        if name not in LOSSES:
            raise InputError(f"unknown loss '{loss}': choose one of {', '.join(LOSSES)}")
        self.loss_name = name
        self.order = _read_order(name, order)
        self.slope = _read_slope(slope)
        self.coordinates: tuple[sp.Symbol, ...] = sp.symbols("theta_1 theta_2", real=True)
        self.rows: tuple[sp.Symbol, ...] = sp.symbols("x y t", real=True)
        if data is not None and not isinstance(data, LabelledPoints):
            data = LabelledPoints(**data) if isinstance(data, Mapping) else LabelledPoints(*data)
        if data is not None and not data.spans_the_plane:
            raise DataError(
                "all points of the data lie on one line through the origin, so the metric is singular everywhere: "
                "add a point off that line"
            )
        self.data = data

    # -- the network and its loss --------------------------------------------------------------

    @property
    def name(self) -> str:
        """What to call it: the loss with its order."""
        if self.loss_name == "cross_entropy":
            return "two-weight neuron, cross-entropy"
        kind, letter = ("mean power", "n") if self.loss_name == "mean_power" else ("Lᵖ norm", "p")
        return f"two-weight neuron, {kind}, {letter} = {self.order}"

    @cached_property
    def output(self) -> sp.Expr:
        """f = σ(s (θ₁ x + θ₂ y)) of one row (thesis 5.2.1)."""
        x, y, _ = self.rows
        return logistic(sp.expand(self.slope * (self.coordinates[0] * x + self.coordinates[1] * y)))

    @cached_property
    def _subloss_and_slope(self) -> tuple[sp.Expr, sp.Expr]:
        """ℓ and ∂ℓ/∂f, of the stand-ins (f, t) or of the residual r = f − t."""
        if self.loss_name == "cross_entropy":
            subloss = -_TARGET * sp.log(_OUTPUT) - (1 - _TARGET) * sp.log(1 - _OUTPUT)
            return subloss, sp.diff(subloss, _OUTPUT)
        subloss = sp.Abs(_RESIDUAL) ** self.order
        if self.loss_name == "lp_norm":
            subloss = subloss ** (1 / self.order)
        slope = sp.expand(sp.diff(subloss, _RESIDUAL).subs(sp.Abs(_RESIDUAL), _RESIDUAL * sp.sign(_RESIDUAL)))
        return subloss, slope

    def _of_a_row(self, expression: sp.Expr) -> sp.Expr:
        """An expression in the stand-ins, at this network's output and target."""
        target = self.rows[2]
        return expression.xreplace({_RESIDUAL: self.output - target, _OUTPUT: self.output, _TARGET: target})

    def _factored(self, integrand: sp.Expr) -> sp.Expr:
        """The integrand of a mean in lowest terms, as a product: the form to print and to evaluate."""
        plain = {self.output: _OUTPUT, **{sign: sp.Dummy("sign") for sign in integrand.atoms(sp.sign)}}
        return sp.factor(integrand.xreplace(plain)).xreplace({v: k for k, v in plain.items()})

    @cached_property
    def subloss(self) -> sp.Expr:
        """ℓ(f, t) of one row (thesis 5.1.5–5.1.7, for one output)."""
        return self._of_a_row(self._subloss_and_slope[0])

    @cached_property
    def loss(self) -> sp.Expr:
        """L = E_D[ℓ]."""
        return Mean(self.subloss, self.rows)

    @cached_property
    def output_gradient(self) -> tuple[sp.Expr, ...]:
        """∂_i f of one row."""
        return tuple(sp.diff(self.output, c) for c in self.coordinates)

    @cached_property
    def loss_gradient(self) -> tuple[sp.Expr, ...]:
        """∂_i L = E_D[(∂ℓ/∂f) ∂_i f]."""
        slope = self._of_a_row(self._subloss_and_slope[1])
        return tuple(Mean(self._factored(slope * d), self.rows) for d in self.output_gradient)

    # -- its geometry -----------------------------------------------------------------------------

    @cached_property
    def squared_loss_slope(self) -> sp.Expr:
        """(∂ℓ/∂f)² of one row; free of |·| and sign also where ℓ has a kink at f = t."""
        return self._of_a_row(sp.expand(self._subloss_and_slope[1] ** 2))

    @cached_property
    def manifold(self) -> RiemannianManifold:
        """The weights with g_ij = E_D[∂_iℓ ∂_jℓ] (thesis 3.3.5)."""
        d = self.output_gradient
        entries = [[self._factored(self.squared_loss_slope * d[i] * d[j]) for j in range(2)] for i in range(2)]
        metric = [[Mean(entry, self.rows) for entry in row] for row in entries]
        return RiemannianManifold(metric, self.coordinates, name=self.name, source="Sauter, thesis, section 5.2")

    @property
    def metric(self) -> sp.ImmutableMatrix:
        """g_ij."""
        return self.manifold.metric

    @property
    def ricci_scalar(self) -> sp.Expr:
        """R, a rational function of the means g_ij and ∂_k g_ij."""
        return self.manifold.ricci_scalar

    @cached_property
    def moments(self) -> dict[sp.Symbol, sp.Expr]:
        """The seven moments that make up R: g_ij and T_ijk = ∂_k g_ij, under these names.

        >>> list(TwoWeightNeuron("lp_norm").moments)
        [g_11, g_12, g_22, T_111, T_112, T_122, T_222]
        """
        indices = ((0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1))
        named = {sp.Symbol(f"g_{i + 1}{j + 1}"): self.metric[i, j] for i, j, _ in indices if (i, j) != (1, 0)}
        cubic = {
            sp.Symbol("T_" + "".join(str(i + 1) for i in index)): self.manifold.metric_derivative(*index)
            for index in indices
        }
        return {**named, **cubic}

    @cached_property
    def ricci_scalar_of_moments(self) -> sp.Expr:
        """R with the moments by their names: the short form to read.

        >>> sp.denom(TwoWeightNeuron("lp_norm").ricci_scalar_of_moments)
        2*(g_11*g_22 - g_12**2)**2
        """
        names: dict[sp.Expr, sp.Expr] = {}
        for symbol, expression in self.moments.items():
            for mean in expression.atoms(Mean):
                factor = expression.coeff(mean)
                if sp.expand(expression - factor * mean) == 0:
                    names.setdefault(mean, symbol / factor)
        return sp.factor(self.ricci_scalar.xreplace(names))

    def in_terms_of_output(self, expression: sp.Expr) -> sp.Expr:
        """An expression with the output written f, every integrand factored: for reading only.

        >>> neuron = TwoWeightNeuron("lp_norm")
        >>> neuron.in_terms_of_output(neuron.metric[0, 0])
        25*E_D[f**2*x**2*(f - 1)**2]
        """
        x, y, t = self.rows
        written = {self.output: _OUTPUT}
        means = {
            mean: Mean(_factor_for_reading(mean.expression.xreplace(written), (_OUTPUT, t, x, y)), (x, y, t, _OUTPUT))
            for mean in expression.atoms(Mean)
        }
        return expression.xreplace(means).xreplace(written)

    @cached_property
    def fisher_trace(self) -> sp.Expr:
        """tr g = g₁₁ + g₂₂ (thesis 5.1.3)."""
        return sp.Add(*(self.metric[i, i] for i in range(2)))

    @cached_property
    def ntk_trace(self) -> sp.Expr:
        """E_D[|∇f|²]: the trace of the neural tangent kernel divided by the number of rows (thesis 4.2.1)."""
        return Mean(self._factored(sum(d**2 for d in self.output_gradient)), self.rows)

    @cached_property
    def fisher_trace_by_output(self) -> sp.Expr:
        """E_D[(∂ℓ/∂f)² |∇f|²]: the trace of the metric by way of the output (thesis 5.1.2, one output)."""
        squares = sum(d**2 for d in self.output_gradient)
        return Mean(self._factored(self.squared_loss_slope * squares), self.rows)

    def trace_identity_holds(self) -> bool:
        """Is tr g = E_D[(∂ℓ/∂f)² |∇f|²], exactly? (thesis 5.1.2)

        >>> TwoWeightNeuron("mean_power", order=4).trace_identity_holds()
        True
        """
        return bool(self.manifold.field(self.fisher_trace - self.fisher_trace_by_output).is_zero)

    # -- numbers -------------------------------------------------------------------------------------

    def quantities(self) -> dict[str, Quantity]:
        """Name -> `Quantity`: the neuron's own, and everything its manifold knows."""
        own = (
            Quantity("loss", "loss", r"\mathcal{L}", "1", 0, attrgetter("loss")),
            Quantity(
                "fisher_trace", "trace of the Fisher metric", r"\mathrm{tr}\,g", "1", 0, attrgetter("fisher_trace")
            ),
            Quantity(
                "ntk_trace",
                "trace of the neural tangent kernel, per row",
                r"\mathrm{tr}\,\Lambda/N",
                "1",
                0,
                attrgetter("ntk_trace"),
            ),
        )
        return {**{q.name: q for q in own}, **self.manifold.quantities()}

    def expression_of(self, name: str) -> Any:
        """The closed form of a quantity, e.g. "loss" or "ricci_scalar".

        Raises:
            ValueError: there is no such quantity; the message lists those there are.
        """
        known = self.quantities()
        if name not in known:
            raise InputError(f"unknown quantity '{name}': known are {', '.join(known)}")
        return known[name].getter(self if name in ("loss", "fisher_trace", "ntk_trace") else self.manifold)

    def row_values(self) -> dict[sp.Symbol, np.ndarray[Any, Any]]:
        """{row symbol: column} of the data, as `chentsov.compile` and `on_grid` take them.

        Raises:
            DataError: the neuron has no data.
        """
        if self.data is None:
            raise DataError("the neuron has no data to average over: hand in data=decision_boundary(200, seed=0)")
        return dict(zip(self.rows, (self.data.x, self.data.y, self.data.t)))

    def on_grid(
        self, axes: Mapping[Any, Any], quantities: Sequence[str] = ("ricci_scalar",), **options: Any
    ) -> xr.Dataset:
        """The quantities over a grid of weights, from this neuron's data; options as for `chentsov.geometry.grids.on_grid`."""
        from chentsov.geometry.grids import on_grid

        dataset = on_grid(self, axes, quantities, data=self.row_values(), **options)
        assert self.data is not None
        dataset.attrs.update(
            model=self.name,
            loss=self.loss_name,
            order=str(self.order),
            slope=str(self.slope),
            data=self.data.source,
            rows=len(self.data),
        )
        return dataset

    def train(
        self,
        start: Sequence[float] = (0.5, 0.5),
        learning_rate: float | None = None,
        steps: int = 1000,
        quantities: Sequence[str] = ("loss", "fisher_trace", "ntk_trace", "ricci_scalar"),
    ) -> xr.Dataset:
        """Gradient descent on the loss, with the quantities along its path (dimension "step").

        The default learning rate is n²/20 for the mean power loss and 1/20 for the others: with slope 5 and 1000
        steps it leads from (0.5, 0.5) well into the valley θ₁ = −θ₂.

        Raises:
            DataError: the neuron has no data.
            TrainingError: a learning rate that is not positive, or a path that leaves the numbers.
        """
        import numpy as np
        import xarray as xr
        from chentsov.geometry.kernels import compile

        if learning_rate is None:
            learning_rate = float(self.order) ** 2 / 20 if self.loss_name == "mean_power" else 1 / 20
        rows = self.row_values()
        path = descend(
            compile(list(self.loss_gradient), self.coordinates, data=rows, threads=1), start, learning_rate, steps
        )
        names = list(quantities)
        values = (
            compile([self.expression_of(name) for name in names], self.coordinates, data=rows)(*path.T) if names else ()
        )
        known = self.quantities()
        dataset = xr.Dataset({c.name: ("step", path[:, k]) for k, c in enumerate(self.coordinates)})
        for name, column in zip(names, values, strict=True):
            dataset[name] = (
                "step",
                np.asarray(column),
                {"long_name": known[name].long_name, "units": known[name].units},
            )
        assert self.data is not None
        above_half = float(self.slope) * (path[-1, 0] * self.data.x + path[-1, 1] * self.data.y) > 0
        right = int((above_half == (self.data.t > 0.5)).sum())
        dataset.attrs.update(learning_rate=learning_rate, steps=steps, predicted_right=right, rows=len(self.data))
        return dataset.assign_coords(step=np.arange(steps + 1))

    def metric_jet(self, point: Sequence[Any], digits: int = 50) -> Any:
        """g, ∂g and ∂²g at a point, summed over the rows by hand: the cross-check's own derivation.

        Written from the definition of the losses with mpmath alone: ∂ℓ/∂z and its two derivatives come from
        numerical differentiation in z at many digits, and enter w = (∂ℓ/∂z)² by Leibniz' rule.

        Returns `{(i, j): {(): g_ij, (k,): ∂_k g_ij, (k, l): ∂_k ∂_l g_ij}}` for i ≤ j, k ≤ l.
        """
        from .neuron_jets import metric_jet

        self.row_values()
        return metric_jet(self, point, digits)

    def __repr__(self) -> str:
        return f"<{self.name}, slope {self.slope}, data: {self.data.source if self.data else 'none'}>"


def _factor_for_reading(integrand: sp.Expr, order: Sequence[sp.Symbol]) -> sp.Expr:
    """Factors with their leading term first in the order of the symbols: (f − t), not (−t + f)."""
    try:
        return sp.factor(integrand, *order)
    except sp.PolynomialError:  # a logarithm or a modulus
        return integrand


def weight_axes(points: int = 256, extent: float = 3.0) -> dict[str, np.ndarray[Any, Any]]:
    """The axes of a square grid of weights: `points` a side, on [−extent, extent].

    >>> {name: axis.tolist() for name, axis in weight_axes(3, 1.5).items()}
    {'theta_1': [-1.5, 0.0, 1.5], 'theta_2': [-1.5, 0.0, 1.5]}

    Raises ValueError for an empty grid and for an extent that is not a positive finite number.
    """
    import numpy as np

    if isinstance(points, bool) or not isinstance(points, (int, np.integer)) or points < 1:
        raise InputError(f"the grid is empty: it needs at least 1 point a side, not {points}")
    if points > MOST_POINTS:
        raise InputError(f"the grid is too large: at most {MOST_POINTS} points a side, not {points}")
    if not (np.isfinite(extent) and extent > 0):
        raise InputError(f"the grid is not finite: its extent must be a positive finite number, not {extent}")
    axis = np.linspace(-extent, extent, int(points)) if points > 1 else np.zeros(1)
    return {"theta_1": axis, "theta_2": axis.copy()}


def _read_order(loss: str, order: Any) -> sp.Expr:
    """n of |f − t|ⁿ (whole, from 1) or p of the Lᵖ norm (real, from 1), exactly."""
    if loss == "cross_entropy":
        return sp.Integer(0)
    letter = "n" if loss == "mean_power" else "p"
    try:
        value = None if isinstance(order, (bool, str)) else sp.Rational(str(order))
    except (TypeError, ValueError):
        value = None
    if value is None:
        raise InputError(f"the order {letter} of the {loss} loss must be a number, not {order!r}")
    if value < 1:
        raise InputError(f"the order {letter} of the {loss} loss must be at least 1, not {order}")
    if loss == "mean_power" and not value.is_Integer:
        raise InputError(f"the order n of the mean_power loss must be a whole number, not {order}")
    if value > 64:
        raise InputError(f"the order {letter} of the {loss} loss must be at most 64, not {order}")
    return value


def _read_slope(slope: Any) -> sp.Expr:
    """s, exactly."""
    if isinstance(slope, sp.Expr) and not slope.is_number:
        return slope
    try:
        value = None if isinstance(slope, (bool, str)) else sp.Rational(str(slope))
    except (TypeError, ValueError):
        value = None
    if value is None or value == 0:
        raise InputError(f"the slope must be a finite number other than 0, not {slope}")
    return value
