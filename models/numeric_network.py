r"""Dense networks in numbers: as many weights as memory holds, no symbol made, through JAX.

With layers z_l = s (W_l h_{l−1} + b_l), h_l = φ(z_l), and δ_l = s ∂/∂z_l of whatever is differentiated, the gradient of
a row with respect to W_l is the outer product δ_l h_{l−1}ᵀ, and with respect to b_l it is δ_l. So sums over weights are
products of sums over units, and no gradient is ever formed:

    |∇ℓ|² = Σ_l |δ_l|² (|h_{l−1}|² + 1),              tr I = E_D |∇ℓ|²             (thesis 5.1.3)
    Λ_{iajb} = Σ_l (δ_l^{ia} · δ_l^{jb}) (h_{l−1}^i · h_{l−1}^j + 1),  tr Λ = E_D Σ_a Λ_{iaia}  (thesis 4.2.1)
    tr I = E_D Σ_ab (∂ℓ/∂f_a)(∂ℓ/∂f_b) Λ_{iaib}                                 (thesis 5.1.2)
    tr F = E_D Σ_ab G_ab(f) Λ_{iaib}   of the true Fisher metric,

where G = E_{t | f} ∂ℓ ∂ℓᵀ is the information of the targets that the network itself would draw: diag(p) − ppᵀ for the
probabilities p of K classes,
with δ^ℓ started from ∂ℓ/∂f and δ^{ia} from the a-th output of row i; the +1 belongs to biases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.kinks import derivative
from chentsov.geometry.exact.reading import read_count
from chentsov.geometry.exact.tables import read_reals
from chentsov.geometry.kernels.libraries import jax_function, jax_module
from chentsov.geometry.manifolds import RiemannianManifold
from chentsov.geometry.manifolds.gauss import PointCurvature, ReducedCurvature
from chentsov.geometry.manifolds.quantities import Quantity

from .activations import Activation, U, read_activation
from .datasets import DataError
from .losses import Loss, read_fisher, read_loss
from .model import Model
from .row_jets import RowJets

if TYPE_CHECKING:
    from .networks import DenseNetwork

__all__ = ["NumericNetwork", "Traces"]

MOST_WEIGHTS = 10**8
#: Weights that symbols are made for, where a closed form or a grid is asked for.
MOST_SYMBOLS = 10**5
#: Rows that are worked on together where the kernel of all outputs is needed.
_BLOCK = 512


@dataclass(frozen=True)
class Traces:
    """The traces of a network at given weights, and how they are made of its outputs and rows.

    Attributes:
        loss: E_D ℓ.
        fisher: tr I = E_D |∇ℓ|², of the empirical Fisher metric.
        true_fisher: tr F, the same with targets that the network draws; NaN where ℓ is −log of no density.
        ntk: tr Λ / N = E_D Σ_a |∇f_a|².
        fisher_by_output: the right side of (5.1.2), which equals `fisher`.
        ntk_by_output: E_D |∇f_a|², an entry an output.
    """

    loss: float
    fisher: float
    true_fisher: float
    ntk: float
    fisher_by_output: float
    ntk_by_output: np.ndarray


class NumericNetwork(Model):
    """A dense network whose weights are arrays.

    It is a model as well: what needs coordinates (grids, curvature at points, cross-checks, pictures) is asked of the
    same network in symbols, `symbolic`, which is made when it is first needed.

    Args:
        widths: numbers of inputs, of units in each hidden layer, and of outputs.
        activation: of the hidden layers; see `DenseNetwork`.
        final: of the outputs.
        loss, order: see `DenseNetwork`.
        bias: whether units have one.
        slope: s.
        dtype: "float32" or "float64".

    Raises:
        ValueError: widths that are no network, an unknown activation or loss, or a type that is neither.
        MissingJax: JAX is not installed.

    >>> network = NumericNetwork((2, 3, 2), "tanh", loss="cross_entropy", dtype="float64")
    >>> weights = network.initial(seed=1)
    >>> found = network.traces(weights, [[0.2, -1.0], [1.0, 0.5]], [[1, 0], [0, 1]])
    >>> abs(found.fisher - found.fisher_by_output) < 1e-12 * found.fisher
    True
    """

    def __init__(
        self,
        widths: Sequence[int],
        activation: Any = "relu",
        *,
        final: Any = "identity",
        loss: Any = "cross_entropy",
        order: Any = None,
        bias: bool = True,
        slope: float = 1.0,
        dtype: str = "float32",
    ) -> None:
        self.widths = tuple(read_count(w, f"widths[{k}]", least=1) for k, w in enumerate(widths))
        if len(self.widths) < 2:
            raise InputError("a network has two widths at the least: of its inputs and of its outputs")
        if self.size(bias) > MOST_WEIGHTS:
            raise InputError(f"{self.size(bias)} weights are too many: at most {MOST_WEIGHTS} are taken")
        if np.dtype(dtype) not in (np.dtype("float32"), np.dtype("float64")):
            raise InputError(f"dtype is 'float32' or 'float64', not {dtype!r}")
        self.bias, self.slope, self.dtype = bool(bias), float(slope), np.dtype(dtype)
        self.activation: Activation = read_activation(activation)
        self.final: Activation = read_activation(final)
        self.subloss_of_outputs: Loss = read_loss(loss, order, outputs=self.widths[-1])

    def size(self, bias: bool | None = None) -> int:
        """The number of weights, biases included."""
        extra = self.bias if bias is None else bias
        return sum((a + extra) * b for a, b in zip(self.widths, self.widths[1:]))

    def __repr__(self) -> str:
        widths, loss = "-".join(map(str, self.widths)), self.subloss_of_outputs.title
        return f"<network {widths} in numbers: {self.size()} weights, {loss}>"

    # -- the same network in symbols ---------------------------------------------------------------------

    @cached_property
    def symbolic(self) -> DenseNetwork:
        """The network with a symbol for every weight, in the order of `from_vector`.

        Raises:
            InputError: the network is too large for that.

        >>> NumericNetwork((1, 2), bias=False, loss="mean_power").symbolic.coordinates
        (w1_1_1, w1_2_1)
        """
        from .networks import DenseNetwork

        if self.size() > MOST_SYMBOLS:
            raise InputError(
                f"{self.size()} weights are too many for symbols, which are made for {MOST_SYMBOLS} at most: ask in "
                "numbers (traces, kernel, reduced_curvature, train_network)"
            )
        loss = self.subloss_of_outputs
        known, order = loss.name != "own", loss.order
        return DenseNetwork(
            self.widths, self.activation, self.final, loss.name if known else loss.expression,
            int(order) if order is not None and order.is_Integer else order, self.bias, slope=self.slope,
        )  # fmt: skip

    @property
    def name(self) -> str:
        """Its layers and its loss."""
        return f"dense network {'-'.join(map(str, self.widths))}, {self.subloss_of_outputs.title.split(',')[0]}"

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        """All weights and biases, layer by layer."""
        return self.symbolic.coordinates

    @property
    def manifold(self) -> RiemannianManifold:
        """The weights with g_ij = E_D[∂_iℓ ∂_jℓ]."""
        return self.symbolic.manifold

    @property
    def rows(self) -> tuple[sp.Symbol, ...]:
        """The symbols of a data row: inputs, then targets."""
        return self.symbolic.rows

    @property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """Parameters of an own activation or loss."""
        return self.symbolic.constants

    @property
    def loss(self) -> sp.Expr:
        """L = E_D[ℓ]."""
        return self.symbolic.loss

    @property
    def loss_gradient(self) -> tuple[sp.Expr, ...]:  # type: ignore[override]
        """∂_i L."""
        return self.symbolic.loss_gradient

    def own_quantities(self) -> tuple[Quantity, ...]:
        """The loss and the two traces."""
        return tuple(replace(q, getter=attrgetter(f"symbolic.{q.name}")) for q in self.symbolic.own_quantities())

    def row_values(self, data: Any = None, targets: Any = None) -> dict[sp.Symbol, np.ndarray]:
        """{row symbol: column} of the rows given; see `DenseNetwork.row_values`."""
        return self.symbolic.row_values(data, targets)

    def rows_for_checks(self) -> dict[sp.Symbol, np.ndarray]:
        """Rows that are drawn; see `DenseNetwork.rows_for_checks`."""
        return self.symbolic.rows_for_checks()

    def curvature_at(
        self, point: Any, data: Any = None, targets: Any = None, *, constants: Mapping[Any, Any] | None = None
    ) -> PointCurvature:
        """Metric, Ricci tensor and R at given weights, as `DenseNetwork.curvature_at`; see also `reduced_curvature`."""
        return self.symbolic.curvature_at(point, data, targets, constants=constants)

    def default_start(self) -> Sequence[float]:
        """Where training starts unless told otherwise."""
        return self.symbolic.default_start()

    def default_learning_rate(self) -> float:
        """The learning rate unless told otherwise."""
        return self.symbolic.default_learning_rate()

    def _longest_training(self, rows: Mapping[Any, Any]) -> int:
        return self.symbolic._longest_training(rows)

    def __getstate__(self) -> dict[str, Any]:
        """All but compiled functions, which are compiled again where they are needed."""
        return {k: v for k, v in vars(self).items() if k != "_functions"}

    def _judge(
        self, rows: Mapping[Any, Any], constants: Mapping[Any, Any] | None
    ) -> Callable[[np.ndarray], dict[str, Any]]:
        return self.symbolic._judge(rows, constants)

    # -- weights ----------------------------------------------------------------------------------------

    def initial(self, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
        """Weights and biases, layer by layer, uniform in ±1/√(inputs of the layer)."""
        draw = np.random.default_rng(read_count(seed, "seed", least=0))
        made = []
        for inputs, units in zip(self.widths, self.widths[1:]):
            end = inputs**-0.5
            weights = draw.uniform(-end, end, (units, inputs)).astype(self.dtype)
            biases = draw.uniform(-end, end, units).astype(self.dtype) * self.bias
            made.append((weights, biases.astype(self.dtype)))
        return made

    def from_vector(self, values: Any) -> list[tuple[np.ndarray, np.ndarray]]:
        """Weights out of one array, in the order of `DenseNetwork.coordinates`: of each layer W by rows, then b.

        Raises:
            ValueError: another number of them, or one that is not finite.
        """
        flat = read_reals(values, "the weights", InputError, self.dtype).ravel()
        if flat.size != self.size():
            raise InputError(f"the network has {self.size()} weights, not {flat.size}")
        if not np.isfinite(flat).all():
            raise InputError(f"weight {int(np.argmin(np.isfinite(flat)))} is not finite: {flat[~np.isfinite(flat)][0]}")
        made, at = [], 0
        for inputs, units in zip(self.widths, self.widths[1:]):
            weights = flat[at : at + units * inputs].reshape(units, inputs)
            at += units * inputs
            biases = flat[at : at + units] if self.bias else np.zeros(units, self.dtype)
            at += units * self.bias
            made.append((weights, biases))
        return made

    def read_weights(self, weights: Any) -> list[tuple[Any, Any]]:
        """Weights layer by layer, from those (arrays of any library) or from one array as `from_vector` takes it.

        Raises:
            ValueError: layers that are no pairs (W, b), or of other shapes.
        """
        pairs = [p for p in weights if isinstance(p, (tuple, list)) and len(p) == 2] if np.iterable(weights) else []
        if not pairs:
            return self.from_vector(weights)
        wanted = [((n, m), (n,)) for m, n in zip(self.widths, self.widths[1:])]
        if (given := [tuple(np.shape(part) for part in pair) for pair in pairs]) != wanted:
            raise InputError(f"the layers (W, b) of this network have the shapes {wanted}, not {given}")
        return [(_as_array(w, self.dtype), _as_array(b, self.dtype)) for w, b in pairs]

    # -- data ---------------------------------------------------------------------------------------------

    def read_rows(self, inputs: Any, targets: Any = None) -> tuple[np.ndarray, np.ndarray | None]:
        """Inputs (rows × inputs) and targets (rows × outputs; class numbers are made to unit vectors).

        Raises:
            DataError: another shape, a number that is not finite, or a class that is none.
        """
        x, t = self._shaped(inputs, targets)
        _check_finite(x, "inputs")
        return x, t

    def _shaped(self, inputs: Any, targets: Any) -> tuple[np.ndarray, np.ndarray | None]:
        x = np.asarray(inputs, self.dtype)
        if x.ndim != 2 or x.shape[1] != self.widths[0] or not len(x):
            raise DataError(f"inputs are rows of {self.widths[0]} numbers; the shape given is {x.shape}")
        if targets is None:
            return x, None
        t, outputs = np.asarray(targets), self.widths[-1]
        if t.ndim == 1 and outputs > 1:
            if t.dtype.kind not in "iu" or t.min(initial=0) < 0 or t.max(initial=0) >= outputs:
                raise DataError(f"classes are whole numbers from 0 to {outputs - 1}")
            t = np.eye(outputs)[t]
        t = t.reshape(len(t), -1).astype(self.dtype)
        if t.shape != (len(x), outputs):
            raise DataError(f"targets are {len(x)} rows of {outputs} numbers; the shape given is {t.shape}")
        _check_finite(t, "targets")
        return x, t

    # -- the network ----------------------------------------------------------------------------------------

    @cached_property
    def _functions(self) -> Any:
        return _Functions(self)

    def outputs(self, weights: Any, inputs: Any) -> np.ndarray:
        """f of every row."""
        weights, (x, _) = self.read_weights(weights), self.read_rows(inputs)
        return np.asarray(self._functions.outputs(weights, x))

    def traces(self, weights: Any, inputs: Any, targets: Any) -> Traces:
        """Loss, both Fisher traces and tr Λ/N by layer products, and both sides of (5.1.2).

        >>> network = NumericNetwork((1, 2), final="identity", bias=False)  # softmax of two classes, p = (0.8, 0.2)
        >>> found = network.traces([([[1.3862943611198906], [0.0]], [0.0, 0.0])], [[1.0]], [0])
        >>> round(found.fisher, 6), round(found.true_fisher, 6)  # 2 (1 - p_1)², and E_t = 2 p_1 p_2
        (0.08, 0.32)
        """
        weights, (x, t) = self.read_weights(weights), self.read_rows(inputs, targets)
        totals: list[Any] = []
        for start in range(0, len(x), _BLOCK):
            part = slice(start, start + _BLOCK)
            found = self._functions.sums(weights, x[part], t[part])  # type: ignore[index]
            totals.append([np.asarray(v, np.float64) for v in found])
        loss, fisher, true, by_output, ntk = (sum(column) / len(x) for column in zip(*totals))
        return Traces(float(loss), float(fisher), float(true), float(ntk.sum()), float(by_output), ntk)

    def fisher_trace(self, weights: Any, inputs: Any, targets: Any) -> float:
        """tr I = E_D |∇ℓ|², without the kernel of the outputs: one backward pass for all rows."""
        weights, (x, t) = self.read_weights(weights), self._shaped(inputs, targets)
        found = float(self._functions.fisher(weights, x, t)) / len(x)
        if not np.isfinite(found):  # as it is where a row is not: looking at every pixel takes as long as the trace
            _check_finite(x, "inputs")
        return found

    def kernel(self, weights: Any, inputs: Any) -> np.ndarray:
        """Λ_{iajb} of these rows: an array (rows, outputs, rows, outputs), of all weights, not divided by anything."""
        weights, (x, _) = self.read_weights(weights), self.read_rows(inputs)
        return np.asarray(self._functions.kernel(weights, x))

    def output_velocity(self, weights: Any, inputs: Any, targets: Any) -> np.ndarray:
        """ḟ_a(x_i) = −(1/N) Σ_jb Λ_{iajb} ∂ℓ_j/∂f_b of these rows under the gradient flow of their loss E_D ℓ.

        How the outputs move when the weights follow the gradient, by the kernel alone (thesis 4.2.2): rows × outputs.
        """
        weights, (x, t) = self.read_weights(weights), self.read_rows(inputs, targets)
        slopes = np.asarray(self._functions.slopes_of_loss(self._functions.outputs(weights, x), t))
        return -np.einsum("iajb,jb->ia", self.kernel(weights, x), slopes) / len(x)

    # -- curvature --------------------------------------------------------------------------------------------

    def reduced_curvature(
        self, weights: Any, inputs: Any, targets: Any = None, *, fisher: str = "empirical"
    ) -> ReducedCurvature:
        """R at given weights with null directions divided out, in 64 bits; see `DenseNetwork.reduced_curvature_at`.

        Second derivatives are taken along the r directions that change something, so there may be many weights where
        there are few rows: memory grows as rows × (weights + r²), time as r² passes over the rows.

        Args:
            weights, inputs, targets: as for `traces`; the targets are not used by the true metric.
            fisher: "empirical" or "true".

        >>> network = NumericNetwork((2, 30, 3), "tanh")
        >>> found = network.reduced_curvature(network.initial(), [[0.1, -0.4], [1.0, 0.3]], fisher="true")
        >>> found.rank, round(found.ricci_scalar, 9)
        (4, 2.0)
        """
        true = read_fisher(fisher)
        x, t = self.read_rows(inputs, targets)
        if t is None and not true:
            raise DataError("the empirical Fisher metric needs targets: hand them in, or ask for fisher='true'")
        t = np.zeros((len(x), self.widths[-1])) if t is None else t
        layers = [(np.asarray(w, np.float64), np.asarray(b, np.float64)) for w, b in self.read_weights(weights)]
        slopes = [self.slope] * len(layers)
        return self._jets_of(true).reduced_curvature(layers, slopes, x.astype(np.float64), t.astype(np.float64))

    @cached_property
    def _jets(self) -> dict[bool, RowJets]:
        return {}

    def _jets_of(self, true: bool) -> RowJets:
        if true not in self._jets:
            count = len(self.widths) - 1
            activations = [*[self.activation] * (count - 1), self.final]
            self._jets[true] = RowJets(activations, [self.bias] * count, self.subloss_of_outputs, true)
        return self._jets[true]


def _check_finite(rows: np.ndarray, what: str) -> None:
    if not np.isfinite(rows).all():
        raise DataError(f"row {int(np.argwhere(~np.isfinite(rows))[0, 0])} of the {what} is not finite")


def _as_array(part: Any, dtype: Any) -> Any:
    return part if hasattr(part, "shape") else np.asarray(part, dtype)


class _Functions:
    """The network's functions in JAX, compiled once for each shape of the data."""

    def __init__(self, network: NumericNetwork) -> None:
        self.jax, self.network = jax_module(), network
        dtype = network.dtype
        slopes = [(a.value, derivative(a.value, U)) for a in (network.activation, network.final)]
        self.hidden, self.last = (jax_function(pair, [U], dtype) for pair in slopes)
        loss = network.subloss_of_outputs
        stand_ins = (*loss.outputs, *loss.targets)
        expression = loss.at(loss.expression, loss.outputs, loss.targets)
        self.subloss = jax_function([expression], stand_ins, dtype)
        self.differences = loss.depends_on_differences
        self.embedding = jax_function(loss.embedding(), loss.outputs, dtype) if loss.has_true_fisher else None
        jit = self.compiled
        self.outputs, self.sums = jit(lambda w, x: self.forward(w, x)[0]), jit(self._sums)
        self.fisher, self.kernel = jit(self._fisher), jit(self._kernel)
        self.loss_and_gradient = jit(self.jax.value_and_grad(self.mean_loss))
        self.slopes_of_loss = jit(self._slopes_of_loss)

    def compiled(self, function: Any) -> Any:
        """The function compiled, and called with 64-bit numbers allowed, whatever the process has set."""
        quick = self.jax.jit(function)

        def call(*arguments: Any) -> Any:
            with self.jax.enable_x64(True):
                return quick(*arguments)

        return call

    def forward(self, weights: Any, x: Any) -> tuple[Any, list[Any], list[Any]]:
        """Outputs, the values h_{l−1} that enter each layer, and φ′(z_l)."""
        entering, slopes = [], []
        for number, (w, b) in enumerate(weights, 1):
            entering.append(x)
            z = self.network.slope * (x @ w.T + b)
            x, slope = (self.last if number == len(weights) else self.hidden)(z)
            slopes.append(slope * self.jax.numpy.ones_like(z))
        return x, entering, slopes

    def losses(self, f: Any, t: Any) -> Any:
        """ℓ of every row."""
        if self.differences:
            f = f - self.jax.lax.stop_gradient(f.max(axis=-1, keepdims=True))
        (ell,) = self.subloss(*self.jax.numpy.moveaxis(f, -1, 0), *self.jax.numpy.moveaxis(t, -1, 0))
        return ell * self.jax.numpy.ones(f.shape[:-1], f.dtype)

    def mean_loss(self, weights: Any, x: Any, t: Any) -> Any:
        """E ℓ."""
        return self.losses(self.forward(weights, x)[0], t).mean()

    def backward(self, weights: Any, slopes: list[Any], start: Any) -> list[Any]:
        """δ_l of every layer, started from a derivative by the outputs; axes before rows and units are carried
        along.
        """
        found, carried = [], start
        for (w, _), slope in zip(reversed(weights), reversed(slopes)):
            delta = self.network.slope * carried * slope
            found.append(delta)
            carried = delta @ w
        return found[::-1]

    def _squares(self, entering: list[Any]) -> list[Any]:
        return [(h * h).sum(axis=-1) + self.network.bias for h in entering]

    def _slopes_of_loss(self, f: Any, t: Any) -> Any:
        return self.jax.grad(lambda g: self.losses(g, t).sum())(f)

    def _information(self, f: Any) -> Any:
        """G_ab(f) of every row, by the embedding whose pull-back it is; NaN without one."""
        numpy = self.jax.numpy
        if self.embedding is None:
            return numpy.full((*f.shape, f.shape[-1]), numpy.nan, f.dtype)
        if self.differences:
            f = f - f.max(axis=-1, keepdims=True)
        slopes = self.jax.vmap(self.jax.jacfwd(lambda row: numpy.stack(self.embedding(*row))))(f)
        return numpy.einsum("ika,ikb->iab", slopes, slopes)

    def _fisher(self, weights: Any, x: Any, t: Any) -> Any:
        f, entering, slopes = self.forward(weights, x)
        deltas = self.backward(weights, slopes, self._slopes_of_loss(f, t))
        return sum(((d * d).sum(axis=-1) * n).sum() for d, n in zip(deltas, self._squares(entering)))

    def _of_outputs(self, weights: Any, slopes: list[Any], rows: int) -> list[Any]:
        """δ_l^{ia}, an array (outputs, rows, units) a layer."""
        outputs = self.network.widths[-1]
        start = self.jax.numpy.eye(outputs, dtype=self.network.dtype)[:, None, :]
        return self.backward(weights, slopes, self.jax.numpy.broadcast_to(start, (outputs, rows, outputs)))

    def _sums(self, weights: Any, x: Any, t: Any) -> tuple[Any, Any, Any, Any, Any]:
        """Sums over rows of ℓ, |∇ℓ|², its mean over own targets, the right side of (5.1.2), and |∇f_a|² of every
        output.
        """
        numpy = self.jax.numpy
        f, entering, slopes = self.forward(weights, x)
        by_loss = self._slopes_of_loss(f, t)
        squares = self._squares(entering)
        fisher = sum(((d * d).sum(axis=-1) * n).sum() for d, n in zip(self.backward(weights, slopes, by_loss), squares))
        kernel = sum(
            numpy.einsum("aiu,biu,i->iab", d, d, n) for d, n in zip(self._of_outputs(weights, slopes, len(x)), squares)
        )
        by_output = numpy.einsum("ia,ib,iab->", by_loss, by_loss, kernel)
        true = numpy.einsum("iab,iab->", self._information(f), kernel)
        return self.losses(f, t).sum(), fisher, true, by_output, numpy.einsum("iaa->a", kernel)

    def _kernel(self, weights: Any, x: Any) -> Any:
        numpy = self.jax.numpy
        _, entering, slopes = self.forward(weights, x)
        return sum(
            numpy.einsum("aiu,bju,ij->iajb", d, d, h @ h.T + self.network.bias)
            for d, h in zip(self._of_outputs(weights, slopes, len(x)), entering)
        )
