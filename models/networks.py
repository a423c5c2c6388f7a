r"""Dense networks of a few layers: outputs, losses, and the geometry of their weights, by differentiation alone.

    h⁰ = x,   h^l = φ(W^l h^{l−1} + b^l),   f = h^L,
    g_αβ = E_D[∂_αℓ ∂_βℓ],   tr g = E_D[Σ_ab (∂ℓ/∂f_a)(∂ℓ/∂f_b) Λ_ab],   Λ_ab = ∇f_a · ∇f_b

with α running over all weights and biases, and a, b over the outputs (thesis 2.2, 5.1.1–5.1.7). The metric is the
pull-back by θ ↦ ℓ(θ)/√N, so its curvature comes from the Gauss equation: exactly for few weights, in numbers for many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact import Mean, logistic
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.manifolds.empirical import EmpiricalManifold

from .datasets import DataError

if TYPE_CHECKING:
    import numpy as np
    from chentsov.geometry.manifolds.gauss import PointCurvature

__all__ = ["ACTIVATIONS", "DenseNetwork", "LOSSES"]

#: Name of an activation -> what it does to one number.
ACTIVATIONS: dict[str, Callable[[sp.Expr], sp.Expr]] = {
    "identity": lambda u: u,
    "tanh": sp.tanh,
    "logistic": logistic,
    "softplus": lambda u: sp.log(1 + sp.exp(u)),
    "erf": sp.erf,
}

#: Name of a loss -> what it is, over N_O outputs.
LOSSES: dict[str, str] = {
    "mean_power": "Σ (f_a − t_a)ⁿ / N_O, n even",
    "lp_norm": "(Σ |f_a − t_a|ᵖ)^(1/p), p even",
    "cross_entropy": "−Σ t_a log softmax_a(f)",
}


class DenseNetwork:
    """A dense network with a loss.

    Args:
        widths: numbers of inputs, of units in each hidden layer, and of outputs.
        activation: of the hidden layers, a name of `ACTIVATIONS` or a function SymPy -> SymPy.
        final: the same for the outputs.
        loss: "mean_power", "lp_norm" or "cross_entropy" (two outputs or more).
        order: n or p, an even number from 2: then no modulus is needed.
        bias: with biases, or without.

    Raises:
        ValueError: fewer than two widths, a width below 1, an unknown activation or loss, an odd order,
            cross-entropy of a single output (its softmax is 1, and the loss 0).

    >>> net = DenseNetwork((1, 1), final="tanh", bias=False)
    >>> net.outputs, net.manifold.metric[0, 0]
    ((tanh(w1_1_1*x_1),), 4*E_D[x_1**2*(1 - tanh(w1_1_1*x_1)**2)**2*(-t_1 + tanh(w1_1_1*x_1))**2])
    """

    def __init__(
        self,
        widths: Sequence[int],
        activation: str | Callable[[sp.Expr], sp.Expr] = "tanh",
        final: str | Callable[[sp.Expr], sp.Expr] = "identity",
        loss: str = "mean_power",
        order: int = 2,
        bias: bool = True,
    ) -> None:
        self.widths = tuple(widths)
        if len(self.widths) < 2 or any(isinstance(w, bool) or not isinstance(w, int) or w < 1 for w in self.widths):
            raise InputError(f"widths are the sizes of two layers or more, each at least 1, not {widths!r}")
        if loss not in LOSSES:
            raise InputError(f"unknown loss '{loss}': choose one of {', '.join(LOSSES)}")
        if loss != "cross_entropy" and (
            isinstance(order, bool) or not isinstance(order, int) or order < 2 or order % 2
        ):
            raise InputError(f"the order of the {loss} loss must be an even number from 2, not {order!r}")
        if loss == "cross_entropy" and self.widths[-1] == 1:
            raise InputError("cross-entropy needs two outputs or more: the softmax of one output is 1, and the loss 0")
        self.activation, self.final = _activation(activation), _activation(final)
        self.loss_name, self.order = loss, order
        self.inputs = tuple(sp.Symbol(f"x_{i + 1}", real=True) for i in range(self.widths[0]))
        self.targets = tuple(sp.Symbol(f"t_{a + 1}", real=True) for a in range(self.widths[-1]))
        self.layers = tuple(
            _layer(number, m, n, bias) for number, (m, n) in enumerate(zip(self.widths, self.widths[1:]), 1)
        )
        self._output_symbols = tuple(sp.Symbol(f"f_{a + 1}", real=True) for a in range(self.widths[-1]))

    @property
    def name(self) -> str:
        """Its layers and its loss."""
        return f"dense network {'-'.join(map(str, self.widths))}, {self.loss_name.replace('_', ' ')}"

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        """All weights and biases, layer by layer: `w1_2_3` leads from input 3 to unit 2 of layer 1."""
        return tuple(s for weights, biases in self.layers for s in (*weights, *biases) if isinstance(s, sp.Symbol))

    @property
    def rows(self) -> tuple[sp.Symbol, ...]:
        """The symbols of a data row: inputs, then targets."""
        return (*self.inputs, *self.targets)

    @cached_property
    def outputs(self) -> tuple[sp.Expr, ...]:
        """f of one row."""
        values = sp.Matrix(self.inputs)
        for number, (weights, biases) in enumerate(self.layers, 1):
            act = self.final if number == len(self.layers) else self.activation
            values = (weights * values + biases).applyfunc(act)
        return tuple(values)

    @cached_property
    def _subloss(self) -> sp.Expr:
        """ℓ of the symbols of output and target."""
        residuals = [f - t for f, t in zip(self._output_symbols, self.targets)]
        if self.loss_name == "mean_power":
            return sp.Add(*(r**self.order for r in residuals)) / len(residuals)
        if self.loss_name == "lp_norm":
            return sp.Add(*(r**self.order for r in residuals)) ** sp.Rational(1, self.order)
        partition = sp.log(sp.Add(*map(sp.exp, self._output_symbols)))
        return sp.Add(*(t * (partition - f) for f, t in zip(self._output_symbols, self.targets)))

    def _at_outputs(self, expression: sp.Expr) -> sp.Expr:
        return expression.xreplace(dict(zip(self._output_symbols, self.outputs)))

    @cached_property
    def subloss(self) -> sp.Expr:
        """ℓ of one row, as a function of the weights."""
        return self._at_outputs(self._subloss)

    @cached_property
    def manifold(self) -> EmpiricalManifold:
        """The weights, with g_αβ = E_D[∂_αℓ ∂_βℓ]."""
        return EmpiricalManifold(self.subloss, self.rows, self.coordinates, name=self.name)

    # -- the two traces -----------------------------------------------------------------------------------

    @cached_property
    def kernel(self) -> tuple[tuple[sp.Expr, ...], ...]:
        """Λ_ab = ∇f_a · ∇f_b of one row: the diagonal block of the neural tangent kernel (thesis 4.2.1)."""
        gradients = [[sp.diff(f, c) for c in self.coordinates] for f in self.outputs]
        return tuple(tuple(sp.Add(*(u * v for u, v in zip(p, q))) for q in gradients) for p in gradients)

    @cached_property
    def fisher_trace(self) -> sp.Expr:
        """tr g, from the derivatives of the loss in every weight (thesis 5.1.3)."""
        return Mean(sp.Add(*(sp.diff(self.subloss, c) ** 2 for c in self.coordinates)), self.rows)

    @cached_property
    def fisher_trace_by_output(self) -> sp.Expr:
        """E_D[Σ_ab (∂ℓ/∂f_a)(∂ℓ/∂f_b) Λ_ab]: the same by way of the outputs (thesis 5.1.2)."""
        slopes = [self._at_outputs(sp.diff(self._subloss, f)) for f in self._output_symbols]
        terms = (p * q * self.kernel[a][b] for a, p in enumerate(slopes) for b, q in enumerate(slopes))
        return Mean(sp.Add(*terms), self.rows)

    @cached_property
    def ntk_trace(self) -> sp.Expr:
        """E_D[Σ_a Λ_aa]: the trace of the neural tangent kernel divided by the number of rows."""
        return Mean(sp.Add(*(self.kernel[a][a] for a in range(len(self.outputs)))), self.rows)

    # -- numbers --------------------------------------------------------------------------------------------

    def row_values(self, inputs: Any, targets: Any) -> dict[sp.Symbol, np.ndarray[Any, Any]]:
        """{row symbol: column} of inputs (rows × inputs) and targets (rows × outputs).

        Raises:
            DataError: another shape, fewer than two rows, or a number that is not finite.
        """
        import numpy as np

        arrays = []
        for what, given, width in (("inputs", inputs, self.widths[0]), ("targets", targets, self.widths[-1])):
            array = np.asarray(given, dtype=np.float64)
            if array.ndim == 1 and width == 1:
                array = array[:, None]
            if array.ndim != 2 or array.shape[1] != width:
                raise DataError(f"the {what} must have the shape (rows, {width}), not {array.shape}")
            if not np.isfinite(array).all():
                raise DataError(
                    f"the {what} hold a number that is not finite in row {int(np.argwhere(~np.isfinite(array))[0, 0])}"
                )
            arrays.append(array)
        if len(arrays[0]) != len(arrays[1]):
            raise DataError(f"there are {len(arrays[0])} rows of inputs and {len(arrays[1])} of targets")
        if len(arrays[0]) < 2:
            raise DataError(f"the data have {len(arrays[0])} row(s); at least 2 are needed")
        return dict(zip(self.rows, np.concatenate(arrays, axis=1).T))

    def traces_at(self, weights: Sequence[float], inputs: Any, targets: Any) -> tuple[float, float]:
        """(tr g, tr Λ/N) at given weights, in the order of `coordinates`.

        Raises ValueError for the wrong number of weights, and :class:`DataError` as `row_values`.
        """
        from chentsov.geometry.kernels import compile

        if len(weights) != len(self.coordinates):
            raise InputError(f"the network has {len(self.coordinates)} weights, not {len(weights)}")
        traces = compile([self.fisher_trace, self.ntk_trace], self.coordinates, data=self.row_values(inputs, targets))
        fisher, kernel = traces(*weights)
        return float(fisher), float(kernel)

    def curvature_at(self, weights: Sequence[float] | Mapping[Any, float], inputs: Any, targets: Any) -> PointCurvature:
        """Metric, Ricci tensor and R at given weights, in numbers, by the Gauss equation.

        Raises ManifoldError (a ValueError) where the row gradients do not span the weights.
        """
        return self.manifold.curvature_at(weights, self.row_values(inputs, targets))

    def __repr__(self) -> str:
        return f"<{self.name}, {len(self.coordinates)} weights>"


def _activation(given: str | Callable[[sp.Expr], sp.Expr]) -> Callable[[sp.Expr], sp.Expr]:
    if callable(given):
        return given
    if given not in ACTIVATIONS:
        raise InputError(f"unknown activation '{given}': choose one of {', '.join(ACTIVATIONS)}, or hand in a function")
    return ACTIVATIONS[given]


def _layer(number: int, inputs: int, units: int, bias: bool) -> tuple[sp.Matrix, sp.Matrix]:
    """The weights W (units × inputs) and biases b of a layer."""
    weights = sp.Matrix(units, inputs, lambda i, j: sp.Symbol(f"w{number}_{i + 1}_{j + 1}", real=True))
    biases = sp.Matrix(units, 1, lambda i, _: sp.Symbol(f"b{number}_{i + 1}", real=True) if bias else sp.S.Zero)
    return weights, biases
