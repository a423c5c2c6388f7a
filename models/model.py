"""The contract of a model: what every system here has, and what can be done with each of them, written once.

A model says where it lives (`coordinates`, `domain`), which geometry it carries (`manifold`), what else can be asked of
it by name (`own_quantities`), and which data rows its means run over (`rows`, `row_values`). From that follow numbers
on grids and at points, second opinions, the judgement of somebody's program, pictures and training.

>>> from chentsov.models import DenseNetwork
>>> net = DenseNetwork((2, 1), data=([[0.3, 0.1], [0.2, 0.9], [0.5, 0.4], [0.1, 0.2]], [1, 0, 1, 1]))
>>> isinstance(net, Model), list(net.quantities())[:4]
(True, ['loss', 'fisher_trace', 'ntk_trace', 'metric'])
>>> dict(net.on_grid({"w1_1_1": [0.1, 0.2], "w1_1_2": 0.5, "b1_1": 0.0}).sizes)["w1_1_1"]
2
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact.reading import match_point
from chentsov.geometry.manifolds.domain import Domain
from chentsov.geometry.manifolds.inputs import ManifoldError
from chentsov.geometry.manifolds.quantities import Quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import xarray as xr
    from chentsov.geometry.flows import Flow, GeodesicBall
    from chentsov.geometry.manifolds import RiemannianManifold
    from chentsov.geometry.manifolds.gauss import PointCurvature
    from chentsov.geometry.validation.report import Report

__all__ = ["Model", "sample_point", "scalar"]

#: Steps of training after which it is looked whether every row is predicted right.
BLOCK = 1000


def scalar(name: str, long_name: str, latex: str, getter: Callable[[Any], Any] | None = None) -> Quantity:
    """A scalar that a model knows of itself: by default the attribute of that name."""
    return Quantity(name, long_name, latex, "1", 0, getter or attrgetter(name))


def sample_point(symbols: Sequence[sp.Symbol], conditions: Sequence[sp.Basic]) -> dict[sp.Symbol, sp.Expr]:
    """Rational numbers at which inequalities hold, spread evenly and the same every time.

    >>> x, y = sp.symbols("x y", real=True)
    >>> point = sample_point((x, y), [x**2 + y**2 < sp.Rational(1, 9), y > 0])
    >>> bool(point[x] ** 2 + point[y] ** 2 < sp.Rational(1, 9)), point[y] > 0
    (True, True)

    Raises:
        ManifoldError: no point is found in many tries.
    """
    for k in range(1, 4000):
        point: dict[sp.Symbol, sp.Expr] = {}
        for d, s in enumerate(symbols):
            share = (_GOLDEN[d % len(_GOLDEN)] * k + sp.Rational(d, 7)) % 1
            if s.is_integer:
                point[s] = sp.Integer(2 + int(4 * share))
            elif s.is_nonnegative:
                point[s] = sp.Rational(1, 8) + 2 * share
            else:
                point[s] = sp.Rational(5, 4) * (2 * share - 1)
        if all(c.subs(point) == sp.true for c in conditions):
            return point
    raise ManifoldError(f"no point of the domain {', '.join(map(str, conditions))} was found")


_GOLDEN = [sp.Rational(n, 610) for n in (377, 233, 144, 89, 508, 449)]


class Model(ABC):
    """A system with a geometry.

    A subclass gives `name`, `coordinates` and `manifold`; what else it has it declares by overriding `domain`, `rows`,
    `row_values`, `own_quantities` and `loss`.
    """

    # -- what it is ------------------------------------------------------------------------------

    @property
    @abstractmethod
    def name(self) -> str:
        """What to call it."""

    @property
    @abstractmethod
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        """The symbols of its parameters."""

    @property
    @abstractmethod
    def manifold(self) -> RiemannianManifold:
        """The geometry of its parameters."""

    @property
    def domain(self) -> Domain:
        """What coordinates and constants are declared to satisfy: their assumptions, and inequalities."""
        return self.manifold.domain

    @property
    def inequalities(self) -> tuple[sp.Basic, ...]:
        """The domain written out."""
        domain = self.domain
        signs = [sp.Gt(s, 0, evaluate=False) for s in domain.symbols if s.is_positive]
        return tuple(dict.fromkeys((*signs, *domain.conditions)))

    @property
    def sample(self) -> dict[sp.Symbol, sp.Expr]:
        """A point inside the domain, with numbers for the constants: rational, the same every time."""
        return sample_point((*self.coordinates, *self.constants), self.domain.conditions)

    @property
    def rows(self) -> tuple[sp.Symbol, ...]:
        """The symbols of a data row, if the model averages over data."""
        return ()

    @property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """Every symbol that needs a number besides the coordinates."""
        return tuple(self.manifold.constants)

    @property
    def metric(self) -> sp.ImmutableMatrix:
        """g_ij."""
        return self.manifold.metric

    @property
    def ricci_scalar(self) -> sp.Expr:
        """R."""
        return self.manifold.ricci_scalar

    @property
    def loss(self) -> sp.Expr | None:
        """What training lowers; None where there is nothing to train."""
        return None

    # -- quantities by name -------------------------------------------------------------------------

    def own_quantities(self) -> tuple[Quantity, ...]:
        """What can be asked of the model and not of its manifold; the getters take the model."""
        return ()

    @cached_property
    def _own(self) -> dict[str, Quantity]:
        return {q.name: q for q in self.own_quantities()}

    def quantities(self) -> dict[str, Quantity]:
        """Name -> `Quantity`: the model's own, and everything its manifold knows."""
        return {**self._own, **self.manifold.quantities()}

    def expression_of(self, name: str) -> Any:
        """The closed form of a quantity, e.g. "loss" or "ricci_scalar".

        Raises:
            ManifoldError: there is no such quantity; the message lists those there are (a ValueError).
        """
        if name in self._own:
            return self._own[name].getter(self)
        known = self.quantities()
        if name not in known:
            raise ManifoldError(f"unknown quantity '{name!s:.60}': known are {', '.join(known)}")
        return self.manifold.expression_of(name)

    # -- data -------------------------------------------------------------------------------------------

    def row_values(self, data: Any = None, targets: Any = None) -> dict[sp.Symbol, np.ndarray[Any, Any]]:
        """{row symbol: column} of the data given, or of the model's own; empty for a model without rows."""
        if data is not None or targets is not None:
            raise ManifoldError(f"{self.name} averages over no data: leave `data` out")
        return {}

    def rows_for_checks(self) -> dict[sp.Symbol, np.ndarray[Any, Any]]:
        """Rows to compare formulas on: the model's own, or drawn ones where it has none."""
        return self.row_values()

    def description(self) -> dict[str, Any]:
        """What a data set made from the model says of it."""
        return {"model": self.name}

    # -- numbers -------------------------------------------------------------------------------------------

    def on_grid(
        self, axes: Mapping[Any, Any], quantities: Sequence[str] | str = ("ricci_scalar",), *, data: Any = None,
        distance_to: Any = None, **options: Any,
    ) -> xr.Dataset:  # fmt: skip
        """The quantities over a grid of coordinates; see `chentsov.geometry.grids.on_grid`.

        Args:
            axes: coordinate (symbol or name) -> values, or one number to hold it fixed.
            quantities: names that `quantities()` lists.
            data: rows instead of the model's own.
            distance_to: a point; the result then has the `distance` of each cell to it.
            options: as for `on_grid` (constants, rtol, dtype, …).
        """
        from chentsov.geometry.flows import with_distances
        from chentsov.geometry.grids import on_grid

        rows = self.row_values(data)
        dataset = on_grid(self, axes, quantities, data=rows, **options)
        if distance_to is not None:
            dataset = with_distances(self.manifold, dataset, axes, distance_to, {**options, "data": rows})
        dataset.attrs.update(self.description())
        return dataset

    def curvature_at(
        self, point: Any, data: Any = None, targets: Any = None, *, constants: Mapping[Any, Any] | None = None
    ) -> PointCurvature:
        """Metric, Ricci tensor and R at a point, in numbers.

        Args:
            point: the coordinates, in order or by symbol or name.
            data, targets: rows instead of the model's own.
            constants: a number for every constant.

        Raises:
            ManifoldError: a point or constant is missing, or the metric is singular there.
        """
        rows = self.row_values(data, targets)
        return self.manifold.curvature_at(point, constants=constants, **({"data": rows} if rows else {}))

    # -- geodesics --------------------------------------------------------------------------------------------

    def exp(self, p: Any, v: Any, *, data: Any = None, **options: Any) -> xr.DataArray:
        """Where the geodesic from p with velocity v is at t = 1; see `RiemannianManifold.exp`."""
        return self.manifold.exp(p, v, data=self.row_values(data), **options)

    def log(self, p: Any, q: Any, *, data: Any = None, **options: Any) -> xr.DataArray:
        """The velocity at p of the geodesic that is at q when t = 1; see `RiemannianManifold.log`."""
        return self.manifold.log(p, q, data=self.row_values(data), **options)

    def distance(self, p: Any, q: Any, *, data: Any = None, **options: Any) -> xr.DataArray:
        """The length of the geodesic from p to q; see `RiemannianManifold.distance`."""
        return self.manifold.distance(p, q, data=self.row_values(data), **options)

    def geodesic(
        self, point: Any, velocity: Any = None, t: Any = None, *, to: Any = None, data: Any = None, **options: Any
    ) -> xr.Dataset:
        """The geodesic with a velocity, or to a point; see `RiemannianManifold.geodesic`."""
        return self.manifold.geodesic(point, velocity, t, to=to, data=self.row_values(data), **options)

    def transport(self, v: Any, along: Any, *, data: Any = None, **options: Any) -> xr.DataArray:
        """The vector v, transported parallel along a curve; see `RiemannianManifold.transport`."""
        return self.manifold.transport(v, along, data=self.row_values(data), **options)

    def geodesic_ball(self, p: Any, r: Any, *, data: Any = None, **options: Any) -> GeodesicBall:
        """The points that geodesics of length r from p reach; see `RiemannianManifold.geodesic_ball`."""
        return self.manifold.geodesic_ball(p, r, data=self.row_values(data), **options)

    def frechet_mean(self, points: Any, weights: Any = None, *, data: Any = None, **options: Any) -> xr.DataArray:
        """The point with the least Σ w_i d(m, x_i)²; see `RiemannianManifold.frechet_mean`."""
        return self.manifold.frechet_mean(points, weights, data=self.row_values(data), **options)

    # -- second opinions -----------------------------------------------------------------------------------

    def crosscheck(self, quantity: str = "ricci_scalar", **options: Any) -> Any:
        """The engine's quantity beside an oracle's; see `chentsov.crosscheck`."""
        from chentsov.geometry.validation.crosscheck import crosscheck

        return crosscheck(self, quantity, **options)

    def check(self, function: Callable[..., Any], quantity: str = "ricci_scalar", **options: Any) -> Report:
        """Is this curvature program right for the model? See `chentsov.check_curvature`."""
        from chentsov.geometry.validation.check import check_curvature

        return check_curvature(function, self, quantity=quantity, **options)

    def plot(self, axes: Mapping[Any, Any], quantities: Sequence[str] | str = ("ricci_scalar",), **options: Any) -> Any:
        """Scalars over a grid as a Matplotlib figure: lines along one axis, heat maps over two; options as `on_grid`.

        Raises:
            ManifoldError: a quantity that is no scalar, or a grid without one or two axes of more than one point.
        """
        from chentsov.plots import heat_map, new_figure

        names = [quantities] if isinstance(quantities, str) else list(quantities)
        known = self.quantities()
        for name in names:
            if name in known and known[name].rank:
                raise ManifoldError(f"{name} has {known[name].rank} indices: a picture shows scalars")
        grid = self.on_grid(axes, names, **options)
        wide = [c.name for c in self.coordinates if grid.sizes.get(c.name, 1) > 1]
        if len(wide) not in (1, 2):
            raise ManifoldError(f"a picture is drawn over one or two axes of more than one point, not {len(wide)}")
        figure = new_figure(5.2 * len(names), 4.4)
        for ax, name in zip(figure.subplots(1, len(names), squeeze=False).flat, names, strict=True):
            field, label = grid[name].squeeze(drop=True), f"{known[name].long_name} ${known[name].latex}$"
            if len(wide) == 2:
                heat_map(ax, field.transpose(*wide), label)
            else:
                ax.plot(field[wide[0]].values, field.values)
                ax.set(xlabel=wide[0], ylabel=label)
        figure.suptitle(self.name)
        return figure

    # -- training ----------------------------------------------------------------------------------------------

    @cached_property
    def loss_gradient(self) -> tuple[sp.Expr, ...]:
        """∂_iL."""
        if self.loss is None:
            raise ManifoldError(f"{self.name} has no loss to train on")
        return tuple(sp.diff(self.loss, c) for c in self.coordinates)

    def default_start(self) -> Sequence[float]:
        """Where training starts unless told otherwise."""
        return [0.5] * len(self.coordinates)

    def default_learning_rate(self) -> float:
        """The learning rate unless told otherwise."""
        return 1 / 20

    def training_flow(self, natural: bool = False) -> Flow:
        """The flow that training follows in the limit of small steps: θ̇ = −∂L, or −g⁻¹ ∂L of the model's own metric.

        Its `trajectory(start, t, data=model.row_values())` integrates it over the model's rows.

        Raises:
            ManifoldError: the model has no loss.

        >>> from chentsov.models import Neuron
        >>> neuron = Neuron(inputs=1, bias=False, data=([[0.5], [1.0], [-1.0]], [1, 1, 0]))
        >>> path = neuron.training_flow().trajectory([0.1], 1.0, data=neuron.row_values())
        >>> bool(path.energy[-1] < path.energy[0]), path.attrs["ending"]
        (True, 'reached the last time')
        """
        from chentsov.geometry.flows import Flow
        from chentsov.geometry.manifolds import RiemannianManifold

        if self.loss is None:
            raise ManifoldError(f"{self.name} has no loss to train on")
        if natural:
            return Flow.gradient(self.manifold, self.loss, name=f"natural gradient of {self.name}")
        flat = RiemannianManifold(sp.eye(len(self.coordinates)), self.coordinates, name="weights")
        return Flow.gradient(flat, self.loss, name=f"gradient flow of {self.name}")

    def train(
        self,
        start: Sequence[float] | Mapping[Any, float] | None = None,
        learning_rate: float | None = None,
        steps: int | None = None,
        quantities: Sequence[str] | None = None,
        *,
        optimizer: str = "gradient-descent",
        data: Any = None,
        constants: Mapping[Any, Any] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> xr.Dataset:
        """Descent on the loss, with quantities along its path (dimension "step").

        Args:
            start: the first point, in order or by coordinate; `default_start` if left out.
            learning_rate: η; `default_learning_rate` if left out.
            steps: how many; left out, a thousand, and where a single unit learns two classes as many thousands, up to
                thirty, as it takes until every row is predicted right.
            quantities: scalars to follow; the model's own, and R of few coordinates, if left out.
            optimizer: "gradient-descent", θ ← θ − η ∂L, or "adam".
            data, constants: as for `on_grid`.
            progress: called now and then with the steps taken and the most that will be.

        Returns:
            Weights and quantities over `step`; the attributes tell the settings and, for networks, how many rows are
            predicted right at the end (`predicted_right` of `rows`).

        Raises:
            ManifoldError: the model has no loss.
            DataError: the model has no data.
            TrainingError: a start that is no point, a learning rate that is not positive, too many steps, an unknown
                optimizer, a path that runs away, or a loss that is no number on it.
        """
        import numpy as np
        import xarray as xr
        from chentsov.geometry.grids import accessor  # noqa: F401  # the path has .chentsov
        from chentsov.geometry.kernels import compile
        from chentsov.geometry.manifolds.recipes import recipe

        from .training import Descent, TrainingError, check_schedule

        gradient = list(self.loss_gradient)
        rows = self.row_values(data)
        rate = self.default_learning_rate() if learning_rate is None else learning_rate
        check_schedule(rate, steps, optimizer)
        options: dict[str, Any] = {"data": rows, "constants": constants}
        slope = compile(gradient, self.coordinates, threads=1, **options).pointwise()
        begin = self.default_start() if start is None else start
        descent = Descent(
            slope, list(match_point(begin, self.coordinates, "start", TrainingError).values()), rate, optimizer
        )
        judge = self._judge(rows, constants)
        longest = self._longest_training(rows) if steps is None else 0
        first = BLOCK if steps is None else int(steps)
        told = None if progress is None else lambda done: progress(done, max(first, longest))
        descent.advance(first, told)
        while len(descent.path) <= longest and not _all_right(judge(descent.path[-1])):
            descent.advance(BLOCK, told)
        path = descent.path
        names = [*self._own, *(["ricci_scalar"] if len(self.coordinates) <= 3 else [])]
        names = names if quantities is None else list(quantities)
        values = compile([recipe(self, n) for n in names], self.coordinates, **options)(*path.T) if names else ()
        known = self.quantities()
        dataset = xr.Dataset({c.name: ("step", path[:, k]) for k, c in enumerate(self.coordinates)})
        for name, column in zip(names, values, strict=True):
            labels = {"long_name": known[name].long_name, "units": known[name].units}
            dataset[name] = ("step", np.asarray(column), labels)
        if "loss" in dataset and not np.isfinite(dataset["loss"]).any():
            raise TrainingError(
                f"the loss of {self.name} is no number anywhere on the path: do the outputs lie where it is defined? "
                "(cross_entropy takes outputs between 0 and 1)"
            )
        dataset.attrs.update(optimizer=optimizer, learning_rate=rate, steps=len(path) - 1, **judge(path[-1]))
        return dataset.assign_coords(step=np.arange(len(path)))

    def _longest_training(self, rows: Mapping[Any, Any]) -> int:
        """For how many steps training goes on by itself while rows are predicted wrong."""
        return 0

    def _judge(
        self, rows: Mapping[Any, Any], constants: Mapping[Any, Any] | None
    ) -> Callable[[np.ndarray], dict[str, Any]]:
        """A function from a point to what else there is to say of a model that was trained to it."""
        return lambda point: {}


def _all_right(judgement: Mapping[str, Any]) -> bool:
    """Whether no row is predicted wrong."""
    return judgement.get("predicted_right") == judgement.get("rows")
