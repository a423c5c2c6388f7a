r"""A neuron: one unit with a loss, and its Fisher geometry in closed form.

    f(x) = φ(s (θ·x + b)),          s the slope,
    L(θ) = E_D[ℓ(f, t)]             over data rows (x, t),
    g_ij(θ) = E_D[∂_iℓ ∂_jℓ]        the metric: the second moment of the per-row gradients.

The weights enter through z = s (θ·x + b) alone, so with w(z) = (∂ℓ/∂z)² the metric is E_D[s² w(z) x_i x_j] and
∂_k g_ij = E_D[s³ w′(z) x_i x_j x_k] is totally symmetric: the neuron is a Hessian manifold. Of two weights its Ricci
scalar is a rational function of seven means.

Source: the two-weight neuron, its losses and the quantities of section 5.2 of Sauter's thesis; ``docs/sources.md``
lists where this module departs from its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import read_count

from .activations import read_activation
from .datasets import DataError, LabelledPoints, Rows, decision_boundary
from .losses import OUTPUT, Loss, read_loss
from .networks import Layer, Network, read_slope
from .registry import entry

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Neuron", "TwoWeightNeuron", "decision_boundary", "weight_axes"]

#: Points a side beyond which `weight_axes` refuses: all quantities on this grid take some 5 GB.
MOST_POINTS = 8192
#: Inputs of a neuron beyond which it is refused.
MOST_INPUTS = 10_000


class Neuron(Network):
    """One unit with a loss: f = φ(s (θ₁x₁ + … + θ_n x_n + b)).

    Args:
        inputs: n.
        bias: with a weight b, or without.
        activation: a name in the table of activations, an expression in one symbol, or a function SymPy -> SymPy.
        loss: a name in the table of losses, an expression in symbols named f and t, or a function of both.
        slope: s, a finite number other than 0 (decimals are read exactly) or a SymPy symbol.
        order: of the loss, where it has one: n, p or δ.
        data: the rows that numbers are computed from: (inputs, targets), `LabelledPoints`, or columns by name; the
            closed forms do not need them.

    Raises:
        ValueError: no inputs, an unknown activation or loss, an order that the loss does not have, a slope of 0.
        DataError: data of another shape, or inputs that do not span the weights (a ValueError).

    >>> neuron = Neuron(inputs=2, activation="tanh", loss="huber", bias=False)
    >>> neuron.coordinates, neuron.manifold.structure
    ((theta_1, theta_2), 'hessian')
    >>> import numpy as np
    >>> draw = np.random.default_rng(0)
    >>> x = draw.normal(size=(200, 5))
    >>> wide = Neuron(inputs=5, bias=True, loss="hinge", activation="identity", data=(x, np.sign(x[:, 0])))
    >>> wide.curvature_at([0.1, 0.2, 0.1, 0.3, 0.2, 0.05]).ricci_scalar  # w is constant between the kinks
    0.0
    """

    source = "Sauter, thesis, section 5.2"

    def __init__(
        self,
        inputs: int = 2,
        bias: bool = False,
        activation: Any = "logistic",
        loss: Any = "mean_power",
        slope: Any = 1,
        order: Any = None,
        *,
        data: Any = None,
    ) -> None:
        n = read_count(inputs, "the number of inputs", most=MOST_INPUTS)
        weights = tuple(sp.Symbol(f"theta_{i + 1}", real=True) for i in range(n))
        xs = tuple(sp.Symbol(f"x_{i + 1}", real=True) for i in range(n))
        target = sp.Symbol("t", real=True)
        self._build(weights, bias, activation, read_loss(loss, order, outputs=1), slope, xs, target, data)

    def _build(
        self, weights: tuple[sp.Symbol, ...], bias: bool, activation: Any, loss: Loss, slope: Any,
        inputs: tuple[sp.Symbol, ...], target: sp.Symbol, data: Any,
    ) -> None:  # fmt: skip
        self.slope = read_slope(slope)
        self.activation = read_activation(activation)
        shift = sp.Symbol("b", real=True) if bias else sp.S.Zero
        layer = Layer(sp.ImmutableMatrix([weights]), sp.ImmutableMatrix([shift]), self.activation, self.slope)
        super().__init__([layer], loss, inputs, [target], data)

    @property
    def name(self) -> str:
        """What to call it: its size, its activation and the loss with its order."""
        return f"{self.activation.name} neuron of {len(self.inputs)} inputs, {self.subloss_of_outputs.title}"

    def read_data(self, data: Any) -> Rows | LabelledPoints | None:
        """Rows of any kind that `Rows.read` takes, whose inputs span the weights."""
        if data is None:
            return None
        rows = self._rows_of(data)
        rows.check_rank(len(self.inputs), bias=len(self.coordinates) > len(self.inputs))
        return rows

    # -- means by their names -----------------------------------------------------------------------------

    @cached_property
    def moments(self) -> dict[sp.Symbol, sp.Expr]:
        """The moments that make up R: g_ij and T_ijk = ∂_k g_ij, under these names.

        >>> list(TwoWeightNeuron("lp_norm").moments)
        [g_11, g_12, g_22, T_111, T_112, T_122, T_222]
        """
        n = range(len(self.coordinates))
        pairs = [(i, j) for i in n for j in n[i:]]
        triples = [(i, j, k) for i, j in pairs for k in n[j:]]
        named = {_indexed("g", pair): self.metric[pair] for pair in pairs}
        return named | {_indexed("T", triple): self.manifold.metric_derivative(*triple) for triple in triples}

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
        written, order = {self.output: OUTPUT}, (*self.targets, *self.inputs)
        means = {
            mean: Mean(_factor_for_reading(mean.expression.xreplace(written), (OUTPUT, *order)), (*order, OUTPUT))
            for mean in expression.atoms(Mean)
        }
        return expression.xreplace(means).xreplace(written)

    def trace_identity_holds(self) -> bool:
        """Is tr g = E_D[(∂ℓ/∂f)² |∇f|²], exactly? (thesis 5.1.2)

        >>> TwoWeightNeuron("mean_power", order=4).trace_identity_holds()
        True
        """
        return bool(self.manifold.field(self.fisher_trace - self.fisher_trace_by_output).is_zero)

    def __repr__(self) -> str:
        return f"<{self.name}, slope {self.slope}, data: {self.data.source if self.data else 'none'}>"


class TwoWeightNeuron(Neuron):
    """The neuron of the thesis: two inputs x, y, no bias, the logistic function, and one of three losses.

    Args:
        loss: "mean_power" |f − t|ⁿ, "lp_norm" (|f − t|ᵖ)^(1/p), or "cross_entropy"; `Neuron` takes others.
        order: n, a whole number from 1, or p, a real number from 1. Cross-entropy has none and ignores it.
        slope: s, a finite number other than 0 (decimals are read exactly) or a SymPy symbol.
        data: the rows that numbers are computed from: `LabelledPoints`, or three columns x, y, t with targets in
            [0, 1]; the closed forms do not need them.

    Raises:
        ValueError: unknown loss, order below 1 or not whole, a slope of 0 or not finite.
        DataError: data that lie on one line through the origin (a ValueError).

    >>> neuron = TwoWeightNeuron("cross_entropy")
    >>> neuron.metric[0, 1]
    25*E_D[x*y*(t - σ(5*theta_1*x + 5*theta_2*y))**2]
    >>> neuron.manifold.structure
    'hessian'
    """

    LOSSES = ("mean_power", "lp_norm", "cross_entropy")

    def __init__(self, loss: str = "mean_power", order: Any = 2, slope: Any = 5, data: Any = None) -> None:
        chosen = read_loss(str(loss), order, outputs=1, allowed=self.LOSSES)
        weights = sp.symbols("theta_1 theta_2", real=True)
        x, y, t = sp.symbols("x y t", real=True)
        self._build(weights, False, "logistic", chosen, slope, (x, y), t, data)

    @property
    def name(self) -> str:
        """What to call it: the loss with its order."""
        return f"two-weight neuron, {self.subloss_of_outputs.title}"

    def read_data(self, data: Any) -> LabelledPoints | None:
        """The labelled points of the plane, checked to span it."""
        if data is not None and not isinstance(data, LabelledPoints):
            if not isinstance(data, Mapping) and not (isinstance(data, Sequence) or hasattr(data, "shape")):
                raise DataError(f"data are LabelledPoints or three columns x, y, t, not {data!r:.60}")
            try:
                data = LabelledPoints(**data) if isinstance(data, Mapping) else LabelledPoints(*data)
            except TypeError:
                raise DataError("data are LabelledPoints or three columns x, y, t of numbers") from None
        if data is not None and not data.spans_the_plane:
            raise DataError(
                "all points of the data lie on one line through the origin, so the metric is singular everywhere: "
                "add a point off that line"
            )
        return data

    def metric_jet(self, point: Sequence[Any], digits: int = 50) -> Any:
        """g, ∂g and ∂²g at a point, summed over the rows by hand: the cross-check's own derivation.

        Written from the definition of the losses with mpmath alone: ∂ℓ/∂z and its two derivatives come from
        numerical differentiation in z at many digits, and enter w = (∂ℓ/∂z)² by Leibniz' rule.

        Returns `{(i, j): {(): g_ij, (k,): ∂_k g_ij, (k, l): ∂_k ∂_l g_ij}}` for i ≤ j, k ≤ l.
        """
        from .neuron_jets import metric_jet

        self.row_values()
        return metric_jet(self, point, digits)


def _indexed(letter: str, indices: Sequence[int]) -> sp.Symbol:
    return sp.Symbol(f"{letter}_" + ("" if max(indices) < 9 else "_").join(str(i + 1) for i in indices))


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
    if not (np.isfinite(2.0 * extent) and extent > 0):  # its width is a number too
        raise InputError(
            f"the grid is not finite: its extent must be a positive number that can be doubled, not {extent}"
        )
    axis = np.linspace(-extent, extent, int(points)) if points > 1 else np.zeros(1)
    return {"theta_1": axis, "theta_2": axis.copy()}


def _thesis(loss: str) -> TwoWeightNeuron:
    return TwoWeightNeuron(loss, data=decision_boundary(6, seed=0))


@entry()
def mean_power() -> TwoWeightNeuron:
    """The two-weight neuron of the thesis with the loss (f − t)²."""
    return _thesis("mean_power")


@entry()
def lp_norm() -> TwoWeightNeuron:
    """The two-weight neuron of the thesis with the loss |f − t|."""
    return _thesis("lp_norm")


@entry()
def cross_entropy() -> TwoWeightNeuron:
    """The two-weight neuron of the thesis with binary cross-entropy."""
    return _thesis("cross_entropy")


@entry()
def silu_unit() -> Neuron:
    """A SiLU neuron of two inputs with the loss log cosh(f − t)."""
    return Neuron(2, activation="silu", loss="log_cosh", data=decision_boundary(6, seed=0))
