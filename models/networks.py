r"""Networks of dense layers with a loss: outputs, traces, and the geometry of their weights, by differentiation alone.

    h⁰ = x,   h^l = φ(s (W^l h^{l−1} + b^l)),   f = h^L,
    g_αβ = E_D[∂_αℓ ∂_βℓ],   tr g = E_D[Σ_ab (∂ℓ/∂f_a)(∂ℓ/∂f_b) Λ_ab],   Λ_ab = ∇f_a · ∇f_b

with α running over all weights and biases, and a, b over the outputs (thesis 2.2, 5.1.1–5.1.7). The metric is the
pull-back by θ ↦ ℓ(θ)/√N, so its curvature comes from the Gauss equation: exactly for few weights, in numbers for many.
The weights of a single unit enter through one number z, which makes the metric E_D[w(z) x_i x_j], a Hessian one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.kinks import KINKED, derivative, kink_indicator
from chentsov.geometry.exact.reading import read_count, read_expression
from chentsov.geometry.manifolds import ManifoldError, RiemannianManifold
from chentsov.geometry.manifolds.domain import Domain
from chentsov.geometry.manifolds.empirical import EmpiricalManifold
from chentsov.geometry.manifolds.gauss import ReducedCurvature, point_and_constants
from chentsov.geometry.manifolds.quantities import Quantity

from .activations import Activation, U, read_activation
from .datasets import DataError, Rows
from .losses import OUTPUT, Loss, read_fisher, read_loss, without_squared_signs
from .model import Model, scalar
from .registry import entry
from .row_jets import RowJets
from .units import UnitManifold, curvature_of_unit

if TYPE_CHECKING:
    import numpy as np
    from chentsov.geometry.manifolds.gauss import PointCurvature

    from .numeric_network import NumericNetwork

__all__ = ["DenseNetwork", "Layer", "Network"]

#: Weights beyond which a network is refused: formulas of so many take hours.
MOST_WEIGHTS = 100_000
#: Steps after which a single unit's training ends although rows are predicted wrong.
LONGEST = 30_000


@dataclass(frozen=True)
class Layer:
    """h ↦ φ(s (W h + b)).

    Attributes:
        weights: W, a row a unit.
        biases: b, a column; zeros where there are none.
        activation: φ.
        slope: s.
    """

    weights: sp.ImmutableMatrix
    biases: sp.ImmutableMatrix
    activation: Activation
    slope: sp.Expr = sp.S.One

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        """Its weights and biases."""
        return tuple(s for s in (*self.weights, *self.biases) if isinstance(s, sp.Symbol))

    def arguments(self, values: sp.Matrix) -> sp.Matrix:
        """s (W h + b)."""
        return (self.weights * values + self.biases).applyfunc(lambda z: sp.expand(self.slope * z))


class Network(Model):
    """Layers with a loss, and rows of data: what neurons and dense networks have in common.

    Args:
        layers: from the inputs to the outputs.
        loss: ℓ of the outputs.
        inputs, targets: the symbols of a data row.
        data: the rows that numbers are computed from; the closed forms do not need them.
    """

    source = "Sauter, thesis, chapter 5"

    def __init__(
        self, layers: Sequence[Layer], loss: Loss, inputs: Sequence[sp.Symbol], targets: Sequence[sp.Symbol], data: Any
    ) -> None:
        self.layers, self.subloss_of_outputs = tuple(layers), loss
        self.inputs, self.targets = tuple(inputs), tuple(targets)
        self.data = self.read_data(data)

    @abstractmethod
    def read_data(self, data: Any) -> Any:
        """The data given to the constructor, read and checked; None if there are none."""

    # -- the network and its loss --------------------------------------------------------------------

    @property
    def loss_name(self) -> str:
        """The name of the loss in the table, or "own"."""
        return self.subloss_of_outputs.name

    @property
    def order(self) -> sp.Expr:
        """The order of the loss, 0 where it has none."""
        return sp.S.Zero if self.subloss_of_outputs.order is None else self.subloss_of_outputs.order

    @cached_property
    def _coordinates(self) -> tuple[sp.Symbol, ...]:
        return tuple(s for layer in self.layers for s in layer.coordinates)

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        """All weights and biases, layer by layer."""
        return self._coordinates

    @property
    def rows(self) -> tuple[sp.Symbol, ...]:
        """The symbols of a data row: inputs, then targets."""
        return (*self.inputs, *self.targets)

    @property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """A slope, or parameters of an own activation or loss, that were given as symbols."""
        free = {s for layer in self.layers for e in (layer.slope, layer.activation.value) for s in e.free_symbols}
        loss = self.subloss_of_outputs
        free |= loss.expression.free_symbols - {*loss.outputs, *loss.targets}
        return tuple(sorted((s for s in free if s != U and s.name != "r"), key=lambda s: s.name))

    @property
    def domain(self) -> Domain:
        """Weights are any numbers; constants are what their symbols are declared to be."""
        return Domain((*self.coordinates, *self.constants))

    @property
    def is_single_unit(self) -> bool:
        """Does the output depend on the weights through one number alone?"""
        return len(self.layers) == 1 and len(self.targets) == 1

    @cached_property
    def outputs(self) -> tuple[sp.Expr, ...]:
        """f of one row."""
        values = sp.Matrix(self.inputs)
        for layer in self.layers:
            values = layer.arguments(values).applyfunc(layer.activation.of)
        return tuple(values)

    @cached_property
    def _argument(self) -> sp.Expr:
        """z of one row, of a single unit."""
        (z,) = self.layers[0].arguments(sp.Matrix(self.inputs))
        return z

    @property
    def output(self) -> sp.Expr:
        """f of one row, of a network with one output.

        Raises:
            ManifoldError: there are several.
        """
        if len(self.targets) > 1:
            raise InputError(f"this network has {len(self.targets)} outputs: see `outputs`")
        return self.outputs[0]

    def _of_a_row(self, expression: sp.Expr) -> sp.Expr:
        """An expression in the stand-ins of the loss, at this network's outputs and targets."""
        return self.subloss_of_outputs.at(expression, self.outputs, self.targets)

    def _factored(self, integrand: sp.Expr) -> sp.Expr:
        """The integrand of a mean of a single unit in lowest terms, as a product: the form to print and to evaluate."""
        if not self.is_single_unit:
            return integrand
        plain: dict[sp.Expr, sp.Expr] = {self._argument: sp.Dummy("z"), self.output: OUTPUT}
        integrand = integrand.xreplace(plain)
        if integrand.has(sp.sign, sp.Heaviside):
            integrand = without_squared_signs(integrand)
        kinks = {kink: sp.Dummy("kink") for kink in integrand.atoms(*KINKED, sp.exp)}
        try:
            factored = sp.factor(integrand.xreplace(kinks))
        except sp.PolynomialError:
            factored = integrand
        for names in (kinks, plain):
            factored = factored.xreplace({v: k for k, v in names.items()})
        return factored

    @cached_property
    def subloss(self) -> sp.Expr:
        """ℓ of one row (thesis 5.1.5–5.1.7)."""
        return self._of_a_row(self.subloss_of_outputs.expression)

    @cached_property
    def loss(self) -> sp.Expr:
        """L = E_D[ℓ]."""
        return Mean(self.subloss, self.rows)

    @cached_property
    def output_gradients(self) -> tuple[tuple[sp.Expr, ...], ...]:
        """∂_i f_a of one row, [a][i]."""
        return tuple(tuple(derivative(f, c) for c in self.coordinates) for f in self.outputs)

    @property
    def output_gradient(self) -> tuple[sp.Expr, ...]:
        """∂_i f of one row, of a network with one output."""
        if len(self.targets) > 1:
            raise InputError(f"this network has {len(self.targets)} outputs: see `output_gradients`")
        return self.output_gradients[0]

    @cached_property
    def row_gradient(self) -> tuple[sp.Expr, ...]:
        """∂_iℓ = Σ_a (∂ℓ/∂f_a) ∂_i f_a of one row."""
        slopes = [self._of_a_row(self.subloss_of_outputs.slope(a)) for a in range(len(self.targets))]
        return tuple(
            sp.Add(*(p * d[i] for p, d in zip(slopes, self.output_gradients, strict=True)))
            for i in range(len(self.coordinates))
        )

    @cached_property
    def loss_gradient(self) -> tuple[sp.Expr, ...]:
        """∂_i L = E_D[∂_iℓ]."""
        return tuple(Mean(self._factored(d), self.rows) for d in self.row_gradient)

    # -- its geometry -----------------------------------------------------------------------------------

    @cached_property
    def squared_loss_slope(self) -> sp.Expr:
        """(∂ℓ/∂f)² of one row and one output; free of |·| and sign also where ℓ has a kink at f = t."""
        return self._of_a_row(self.subloss_of_outputs.squared_slope())

    def _product(self, i: int, j: int) -> sp.Expr:
        """∂_iℓ ∂_jℓ of one row."""
        if len(self.targets) > 1:
            return self.row_gradient[i] * self.row_gradient[j]
        if self.is_single_unit:
            return (
                self._weight
                * sp.diff(self._argument, self.coordinates[i])
                * sp.diff(self._argument, self.coordinates[j])
            )
        (d,) = self.output_gradients
        return self.squared_loss_slope * d[i] * d[j]

    @cached_property
    def _weight(self) -> sp.Expr:
        """w = (∂ℓ/∂z)² of one row, of a single unit."""
        z = sp.Symbol("z", real=True)
        slope = derivative(self.layers[0].activation.of(z), z).xreplace({z: self._argument})
        return self._factored(self.squared_loss_slope * slope**2)

    @cached_property
    def manifold(self) -> RiemannianManifold:
        """The weights with g_ij = E_D[∂_iℓ ∂_jℓ] (thesis 3.3.5)."""
        if not self.is_single_unit:
            return EmpiricalManifold(
                self.subloss, self.rows, self.coordinates, chain=self._chain, name=self.name, source=self.source
            )
        inputs = [sp.diff(self._argument, c) for c in self.coordinates]
        return UnitManifold(
            self._weight, inputs, self.rows, self.coordinates, self._unit_at, name=self.name, source=self.source
        )

    @property
    def _chain(self) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
        """f, ∂ℓ/∂f and ∂²ℓ/∂f² of one row, of a network with one output."""
        if len(self.outputs) > 1:
            return None
        f, ell = sp.Dummy("f", real=True), self.subloss_of_outputs
        slope = ell.at(ell.slope(), (f,), self.targets)
        return (self.outputs[0], *(e.xreplace({f: self.outputs[0]}) for e in (slope, derivative(slope, f))))

    @cached_property
    def fisher_trace(self) -> sp.Expr:
        """tr g (thesis 5.1.3)."""
        n = range(len(self.coordinates))
        if self.is_single_unit:
            return sp.Add(*(self.manifold.metric[i, i] for i in n))
        return Mean(sp.Add(*(self._product(i, i) for i in n)), self.rows)

    @cached_property
    def kernel(self) -> tuple[tuple[sp.Expr, ...], ...]:
        """Λ_ab = ∇f_a · ∇f_b of one row: the diagonal block of the neural tangent kernel (thesis 4.2.1)."""
        d = self.output_gradients
        return tuple(tuple(sp.Add(*(u * v for u, v in zip(p, q, strict=True))) for q in d) for p in d)

    @cached_property
    def ntk_trace(self) -> sp.Expr:
        """E_D[Σ_a Λ_aa]: the trace of the neural tangent kernel divided by the number of rows."""
        return Mean(self._factored(sp.Add(*(self.kernel[a][a] for a in range(len(self.targets))))), self.rows)

    @cached_property
    def fisher_trace_by_output(self) -> sp.Expr:
        """E_D[Σ_ab (∂ℓ/∂f_a)(∂ℓ/∂f_b) Λ_ab]: the trace of the metric by way of the outputs (thesis 5.1.2)."""
        if len(self.targets) == 1:
            return Mean(self._factored(self.squared_loss_slope * self.kernel[0][0]), self.rows)
        slopes = [self._of_a_row(self.subloss_of_outputs.slope(a)) for a in range(len(self.targets))]
        terms = (p * q * self.kernel[a][b] for a, p in enumerate(slopes) for b, q in enumerate(slopes))
        return Mean(sp.Add(*terms), self.rows)

    @cached_property
    def true_fisher_trace(self) -> sp.Expr:
        """tr of the true Fisher metric: E_D of the expectation of |∇ℓ|² over targets that the network would draw.

        With ρ the embedding of the law (`Loss.embedding`) it is E_D[Σ_abc (∂ρ_c/∂f_a)(∂ρ_c/∂f_b) Λ_ab], beside
        `fisher_trace`, which takes the targets of the data.

        Raises:
            InputError: the loss is −log of no density.

        >>> TRUE, HERE = DenseNetwork((1, 1), bias=False), {"w1_1_1": 2.0}
        >>> TRUE.true_fisher_trace, TRUE.fisher_trace
        (2*E_D[x_1**2], 4*E_D[x_1**2*(-t_1 + w1_1_1*x_1)**2])
        """
        loss, n = self.subloss_of_outputs, range(len(self.targets))
        slopes = [[self._of_a_row(derivative(r, f)) for f in loss.outputs] for r in loss.embedding()]
        terms = [d[a] * d[b] * self.kernel[a][b] for d in slopes for a in n for b in n]
        return Mean(self._factored(sp.Add(*terms)), self.rows)

    # -- numbers ------------------------------------------------------------------------------------------

    def own_quantities(self) -> tuple[Quantity, ...]:
        """The loss and the two traces."""
        return (
            scalar("loss", "loss", r"\mathcal{L}"),
            scalar("fisher_trace", "trace of the Fisher metric", r"\mathrm{tr}\,g"),
            scalar("ntk_trace", "trace of the neural tangent kernel, per row", r"\mathrm{tr}\,\Lambda/N"),
        )

    def row_values(self, data: Any = None, targets: Any = None) -> dict[sp.Symbol, np.ndarray[Any, Any]]:
        """{row symbol: column} of the rows given, or of the network's own.

        Args:
            data: inputs (rows × inputs) where `targets` (rows × outputs) are given as well; else anything that
                `Rows.read` takes.
            targets: see there.

        Raises:
            DataError: there are no data, another shape, fewer than two rows, or a number that is not finite.
        """
        if data is None and targets is None:
            if self.data is None:
                kind = "neuron" if self.is_single_unit else "network"
                needed = f"({len(self.inputs)} columns, {len(self.targets)} column{'s' * (len(self.targets) > 1)})"
                raise DataError(f"the {kind} has no data to average over: hand in data=(inputs, targets) {needed}")
            return dict(zip(self.rows, self.data.columns, strict=True))
        return dict(zip(self.rows, self._rows_of(data, targets).columns, strict=True))

    def _rows_of(self, data: Any, targets: Any = None) -> Rows:
        return Rows.read(data, targets, names=[s.name for s in self.rows], inputs=len(self.inputs))

    def rows_for_checks(self) -> dict[sp.Symbol, np.ndarray[Any, Any]]:
        """The network's own rows, or drawn ones: inputs from the normal distribution, targets that the loss takes."""
        import numpy as np

        if self.data is not None:
            return self.row_values()
        draw, outputs = np.random.default_rng(0), len(self.targets)
        count = 2 * len(self.coordinates) + 3
        inputs = draw.normal(size=(count, len(self.inputs)))
        classes = draw.integers(0, max(outputs, 2), count)
        labels = np.eye(outputs)[classes] if outputs > 1 else classes[:, None].astype(float)
        if self.loss_name == "hinge":
            labels = 2 * labels - 1
        return self.row_values(inputs, labels)

    def description(self) -> dict[str, Any]:
        """The loss and the rows."""
        found = {
            "model": self.name,
            "loss": self.loss_name,
            "order": str(self.order),
            "slope": str(self.layers[-1].slope),
        }
        return found if self.data is None else {**found, "data": self.data.source, "rows": len(self.data)}

    def traces_at(self, weights: Sequence[float], inputs: Any = None, targets: Any = None) -> tuple[float, float]:
        """(tr g, tr Λ/N) at given weights, in the order of `coordinates`.

        Raises ValueError for the wrong number of weights, and :class:`DataError` as `row_values`.
        """
        from chentsov.geometry.kernels import compile

        if len(weights) != len(self.coordinates):
            raise InputError(f"the network has {len(self.coordinates)} weights, not {len(weights)}")
        traces = compile([self.fisher_trace, self.ntk_trace], self.coordinates, data=self.row_values(inputs, targets))
        fisher, kernel = traces(*weights)
        return float(fisher), float(kernel)

    def curvature_at(
        self, point: Any, data: Any = None, targets: Any = None, *, constants: Mapping[Any, Any] | None = None
    ) -> PointCurvature:
        """Metric, Ricci tensor and R at given weights, in numbers: for any number of weights.

        Args:
            point: the weights, in order or by symbol or name.
            data, targets: rows instead of the network's own, as for `row_values`.
            constants: a number for every constant.

        Raises:
            ManifoldError: a weight or constant is missing, or the row gradients do not span the weights (a ValueError).
        """
        rows = self.row_values(data, targets)
        self._check_kinks(point, rows, constants)
        if self.is_single_unit:
            return self._unit_at(point, rows, constants)
        return self._jets_of(False).curvature(*self._in_numbers(point, rows, constants))

    def reduced_curvature_at(
        self,
        point: Any,
        data: Any = None,
        targets: Any = None,
        *,
        fisher: str = "empirical",
        constants: Mapping[Any, Any] | None = None,
    ) -> ReducedCurvature:
        """R at given weights with null directions divided out, for any number of weights and rows.

        Args:
            point, data, targets, constants: as for `curvature_at`.
            fisher: "empirical", g_ij = E_D[∂_iℓ ∂_jℓ] at the targets given; or "true", with the expectation over
                targets that the network itself would draw (see `Loss.embedding`).

        Returns:
            R with the rank and the gap that it was decided by, see `ReducedCurvature`. At full rank R is known
            (docs/interpolation.md): 0 of the empirical metric, N²(K−1)(K−2)/4 of the true one of K classes.

        Raises:
            ManifoldError: a weight or constant is missing, or a row lies on a kink.

        >>> net = DenseNetwork((2, 2, 3), loss="cross_entropy")
        >>> rows, classes = [[0.1, -0.4], [1.0, 0.3]], [[1, 0, 0], [0, 0, 1]]
        >>> found = net.reduced_curvature_at(net.default_start(), rows, classes, fisher="true")
        >>> found.rank, round(found.ricci_scalar, 9)                                     # N (K−1) and N²(K−1)(K−2)/4
        (4, 2.0)
        """
        rows = self.row_values(data, targets)
        self._check_kinks(point, rows, constants)
        return self._jets_of(read_fisher(fisher)).reduced_curvature(*self._in_numbers(point, rows, constants))

    @cached_property
    def _jets(self) -> dict[bool, RowJets]:
        return {}

    def _jets_of(self, true: bool) -> RowJets:
        if true not in self._jets:
            activations = [layer.activation for layer in self.layers]
            biases = [len(layer.coordinates) > len(layer.weights) for layer in self.layers]
            self._jets[true] = RowJets(activations, biases, self.subloss_of_outputs, true, self.constants)
        return self._jets[true]

    def _in_numbers(
        self, point: Any, rows: Mapping[sp.Symbol, np.ndarray[Any, Any]], constants: Mapping[Any, Any] | None
    ) -> tuple[Any, ...]:
        """Weights and slope of each layer, inputs, targets, constants."""
        import numpy as np

        values = dict(zip((*self.coordinates, *self.constants), point_and_constants(self, point, constants)))

        def numbers(entries: sp.Matrix) -> np.ndarray[Any, Any]:
            return np.array([float(e.xreplace(values)) for e in entries]).reshape(entries.shape)

        weights = [(numbers(layer.weights), numbers(layer.biases).ravel()) for layer in self.layers]
        slopes = [float(layer.slope.xreplace(values)) for layer in self.layers]
        x, t = (np.stack([rows[s] for s in symbols], axis=1) for symbols in (self.inputs, self.targets))
        return weights, slopes, x, t, [values[s] for s in self.constants]

    @cached_property
    def _kink(self) -> sp.Expr:
        """1 where the loss of a row has a kink, else 0."""
        return kink_indicator([self.subloss])

    def _check_kinks(
        self, point: Any, rows: Mapping[sp.Symbol, np.ndarray[Any, Any]], constants: Mapping[Any, Any] | None
    ) -> None:
        import numpy as np
        from chentsov.geometry.kernels import compile

        if not self._kink.free_symbols:
            return
        kernel = compile(self._kink, (*self.coordinates, *rows), constants=constants)
        here = np.array(point_and_constants(self, point, constants)[: len(self.coordinates)])
        aside = here + 1e-6 * (1 + np.abs(here)) * np.sqrt(np.arange(2, len(here) + 2))
        # what stays one beside the point (a unit that is off) is no kink in the weights
        on = np.flatnonzero((kernel(*here, *rows.values()) != 0) & (kernel(*aside, *rows.values()) == 0))
        if on.size:
            raise ManifoldError(f"row {on[0]} lies on a kink of the loss at this point: there is no curvature")

    def _unit_at(self, point: Any, data: Mapping[Any, Any], constants: Mapping[Any, Any] | None) -> PointCurvature:
        """The curvature of a single unit at a point: ∂ℓ/∂z and ∂²ℓ/∂z² of every row, and `curvature_of_unit`."""
        import numpy as np
        from chentsov.geometry.kernels import compile

        named = {getattr(k, "name", k): v for k, v in data.items()}
        columns = np.array([np.asarray(named[s.name], dtype=float) for s in self.rows])
        (layer,) = self.layers
        values = point_and_constants(self, point, constants)
        here, fixed = (
            np.array(values[: len(self.coordinates)]),
            dict(zip(self.constants, values[len(self.coordinates) :])),
        )
        slope = float(layer.slope.subs(fixed))
        bias = [np.ones(columns.shape[1])] if len(self.coordinates) > len(self.inputs) else []
        inputs = slope * np.array([*columns[:-1], *bias]).T
        z, f = sp.Symbol("z", real=True), layer.activation.of(sp.Symbol("z", real=True))
        ell = self.subloss_of_outputs
        first = ell.at(ell.slope(), (f,), self.targets) * derivative(f, z)
        rows = compile([first, derivative(first, z)], (z, *self.targets), constants=fixed)
        first_values, second_values = rows(inputs @ here, columns[-1])
        return curvature_of_unit(inputs, np.asarray(first_values), np.asarray(second_values))

    def default_start(self) -> Sequence[float]:
        """½ for every weight of a single unit; small random numbers where equal units would stay equal."""
        import numpy as np

        if self.is_single_unit:
            return [0.5] * len(self.coordinates)
        return list(np.random.default_rng(0).normal(scale=0.5, size=len(self.coordinates)))

    def default_learning_rate(self) -> float:
        """n²/20 for the mean power loss and 1/20 for the others."""
        return float(self.order) ** 2 / 20 if self.loss_name == "mean_power" else 1 / 20

    def _longest_training(self, rows: Mapping[Any, Any]) -> int:
        """A single unit that learns two classes goes on for long; what else it learns has no row that is right."""
        import numpy as np

        return LONGEST if self.is_single_unit and len(np.unique([rows[s] for s in self.targets])) == 2 else 0

    def _judge(
        self, rows: Mapping[Any, Any], constants: Mapping[Any, Any] | None
    ) -> Callable[[np.ndarray], dict[str, Any]]:
        """How many rows are predicted right: the largest output, or the side of the middle between two targets."""
        import numpy as np
        from chentsov.geometry.kernels import compile

        targets = np.array([rows[s] for s in self.targets])
        inputs = [rows[s] for s in self.inputs]
        z = self.layers[-1].arguments(sp.Matrix(self.inputs)) if self.is_single_unit else None
        monotone = z is not None and self.layers[0].activation.name == "logistic"
        # f > ½ where z > 0, also if f rounds to ½
        wanted = list(z) if monotone and z is not None else list(self.outputs)
        outputs = compile(wanted, (*self.coordinates, *self.inputs), constants=constants)
        several = len(targets) > 1
        middle = 0.5 if targets.min() >= 0 and targets.max() <= 1 else (targets.min() + targets.max()) / 2

        def judge(point: np.ndarray) -> dict[str, Any]:
            found = np.array(outputs(*point, *inputs))
            if several:
                right = found.argmax(axis=0) == targets.argmax(axis=0)
            else:
                right = (found[0] > (0.0 if monotone else middle)) == (targets[0] > middle)
            return {"predicted_right": int(right.sum()), "rows": targets.shape[1]}

        return judge


class DenseNetwork(Network):
    """A dense network with a loss.

    Args:
        widths: numbers of inputs, of units in each hidden layer, and of outputs.
        activation: of the hidden layers, a name in the table of activations, an expression in one symbol, or a function
            SymPy -> SymPy.
        final: the same for the outputs.
        loss: "mean_power", "lp_norm", "cross_entropy" (of the softmax of two outputs or more), "huber", "log_cosh", or
            one's own, an expression or a function of outputs and targets. The softmax does not notice a number added to
            all logits, so that the metric of all its weights is singular.
        order: n or p, an even number from 2: then no modulus is needed; of "huber" the threshold δ.
        bias: with biases, or without.
        slope: s, a finite number other than 0 (decimals are read exactly) or a SymPy symbol.
        data: the rows that numbers are computed from: (inputs, targets), or columns by the names of `rows`.

    Raises:
        ValueError: fewer than two widths, a width below 1, an unknown activation or loss, an odd order,
            cross-entropy of a single output (its softmax is 1, and the loss 0) unless `final` is "logistic": then it is
            −t log f − (1 − t) log(1 − f).

    >>> net = DenseNetwork((1, 1), final="tanh", bias=False)
    >>> net.outputs, net.manifold.structure, net.metric[0, 0]
    ((tanh(w1_1_1*x_1),), 'hessian',
     4*E_D[x_1**2*(-t_1 + tanh(w1_1_1*x_1))**2*(tanh(w1_1_1*x_1) - 1)**2*(tanh(w1_1_1*x_1) + 1)**2])
    """

    def __init__(
        self,
        widths: Sequence[int],
        activation: Any = "tanh",
        final: Any = "identity",
        loss: Any = "mean_power",
        order: Any = None,
        bias: bool = True,
        *,
        slope: Any = 1,
        data: Any = None,
    ) -> None:
        self.widths = tuple(widths) if isinstance(widths, Sequence) else (widths,)
        if len(self.widths) < 2 or any(isinstance(w, bool) or not isinstance(w, int) or w < 1 for w in self.widths):
            raise InputError(f"widths are the sizes of two layers or more, each at least 1, not {widths!r}")
        read_count(sum(m * n for m, n in zip(self.widths, self.widths[1:], strict=False)), "the number of weights",
                   most=MOST_WEIGHTS)  # fmt: skip
        outputs = self.widths[-1]
        inputs = tuple(sp.Symbol(f"x_{i + 1}", real=True) for i in range(self.widths[0]))
        targets = tuple(sp.Symbol(f"t_{a + 1}", real=True) for a in range(outputs))
        if loss == "cross_entropy" and outputs == 1 and read_activation(final).name != "logistic":
            raise InputError(
                "cross-entropy needs two outputs or more: the softmax of one output is 1, and the loss 0; for two "
                "classes with one output, its probability, take final='logistic'"
            )
        if loss in ("mean_power", "lp_norm") and order is not None and (
            isinstance(order, bool) or not isinstance(order, int) or order < 2 or order % 2
        ):  # fmt: skip
            raise InputError(f"the order of the {loss} loss must be an even number from 2, not {order!r}")
        hidden, last = read_activation(activation), read_activation(final)
        chosen = read_loss(loss, order, outputs=outputs, allowed=_FOR_SEVERAL)
        scale = read_slope(slope)
        sizes = list(zip(self.widths, self.widths[1:], strict=False))
        layers = [
            _layer(number, m, n, bias, last if number == len(sizes) else hidden, scale)
            for number, (m, n) in enumerate(sizes, 1)
        ]
        super().__init__(layers, chosen, inputs, targets, data)

    def numeric(self, dtype: str = "float64") -> NumericNetwork:
        """The same network in numbers (through JAX), for the full tangent kernel and for training with batches.

        For more than some ten thousand weights make a `NumericNetwork` at once: it has no symbols.

        >>> net = DenseNetwork((2, 2, 1), loss="mean_power")
        >>> numbers = net.numeric()
        >>> weights, rows, targets = [0.1 * k for k in range(9)], [[1.0, 2.0], [0.5, -1.0]], [[0.3], [0.1]]
        >>> fisher, kernel = net.traces_at(weights, rows, targets)
        >>> found = numbers.traces(numbers.from_vector(weights), rows, targets)
        >>> abs(found.fisher - fisher) < 1e-14, abs(found.ntk - kernel) < 1e-14
        (True, True)
        """
        from .numeric_network import NumericNetwork

        slope = self.layers[0].slope
        if not slope.is_number:
            raise InputError(f"the slope {slope} is a symbol: a network in numbers needs a number")
        hidden = self.layers[0].activation if len(self.layers) > 1 else self.layers[-1].activation
        return NumericNetwork(
            self.widths,
            hidden.value,
            final=self.layers[-1].activation.value,
            loss=self.loss_name if self.loss_name != "own" else self.subloss_of_outputs.expression,
            order=self.subloss_of_outputs.order,
            bias=len(self.layers[0].coordinates) > self.widths[0] * self.widths[1],
            slope=float(slope),
            dtype=dtype,
        )

    @property
    def name(self) -> str:
        """Its layers and its loss."""
        return f"dense network {'-'.join(map(str, self.widths))}, {self.subloss_of_outputs.title.split(',')[0]}"

    def read_data(self, data: Any) -> Rows | None:
        """Rows of any kind that `Rows.read` takes."""
        return None if data is None else self._rows_of(data)

    def __repr__(self) -> str:
        return f"<{self.name}, {len(self.coordinates)} weights>"


def read_slope(slope: Any) -> sp.Expr:
    """s, exactly."""
    value = read_expression(slope, "the slope")
    if value == 0:
        raise InputError(f"the slope must be a finite number other than 0, not {slope}")
    if value.is_number and not 1e-100 <= abs(value) <= 1e100:
        raise InputError(f"the slope {slope} is beyond what numbers can hold: between 1e-100 and 1e100 it can be used")
    return value


_FOR_SEVERAL = ("mean_power", "lp_norm", "cross_entropy", "huber", "log_cosh")


def _layer(number: int, inputs: int, units: int, bias: bool, activation: Activation, slope: sp.Expr) -> Layer:
    """The weights W (units × inputs) and biases b of a layer: `w1_2_3` leads from input 3 to unit 2 of layer 1."""
    weights = [[sp.Symbol(f"w{number}_{i + 1}_{j + 1}", real=True) for j in range(inputs)] for i in range(units)]
    biases = [[sp.Symbol(f"b{number}_{i + 1}", real=True) if bias else sp.S.Zero] for i in range(units)]
    return Layer(sp.ImmutableMatrix(weights), sp.ImmutableMatrix(biases), activation, slope)


@entry()
def tanh_unit() -> DenseNetwork:
    """A tanh unit of one input with its bias, a network of one layer."""
    return DenseNetwork((1, 1), final="tanh", data=([[0.3], [-0.4], [0.9], [0.1]], [0.5, -0.1, 0.7, 0.2]))


@entry()
def two_tanh_units() -> DenseNetwork:
    """Two tanh units of one input, without biases: a network of two outputs."""
    inputs = [[0.3], [-0.4], [0.9], [0.1], [-1.2]]
    targets = [[0.2, 0.4], [0.1, -0.5], [0.7, 0.3], [0.3, 0.2], [-0.9, 0.6]]
    return DenseNetwork((1, 2), final="tanh", bias=False, data=(inputs, targets))
