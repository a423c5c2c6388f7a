"""Bounds by adjoints: sound on adversarial input, in every cell that is spared the second pass and in every one that is not; and sharp."""

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import Mean, logistic
from chentsov.geometry.grids.cells import certified
from chentsov.geometry.kernels import compile
from chentsov.geometry.kernels.algebras import NumPy
from chentsov.geometry.kernels.arrange import arrange
from chentsov.geometry.kernels.ball import BallProgram
from chentsov.geometry.kernels.lower import lower
from chentsov.geometry.kernels.native import run
from chentsov.geometry.kernels.program import Program
from chentsov.geometry.kernels.reference import evaluate
from chentsov.geometry.kernels.sensitivity import Sensitivity
from chentsov.geometry.manifolds.recipes import recipe
from chentsov.models.neuron import TwoWeightNeuron, decision_boundary
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

RNG = np.random.default_rng(5)
LABELS = (RNG.uniform(size=40) > 0.5) * 1.0
DATA = {
    "labels": (RNG.uniform(size=40), RNG.uniform(size=40), LABELS),
    "targets": (RNG.normal(size=40), RNG.normal(size=40), RNG.uniform(size=40)),
    "duplicate rows": (
        np.repeat(RNG.normal(size=4), 10),
        np.repeat(RNG.normal(size=4), 10),
        np.repeat([0.0, 1.0, 1.0, 0.0], 10),
    ),
    "nearly collinear": (np.linspace(0.1, 1, 40), np.linspace(0.1, 1, 40) * (1 + 1e-7 * RNG.normal(size=40)), LABELS),
    "denormal weights": (RNG.normal(size=40) * 1e-154, RNG.normal(size=40) * 1e-154, LABELS),
    "two rows": (np.array([0.3, -0.8]), np.array([0.9, 0.2]), np.array([0.0, 1.0])),
}
LOSSES = [("mean_power", 2), ("mean_power", 4), ("lp_norm", 2), ("cross_entropy", 1)]


def neuron_kernel(loss, data):
    neuron = TwoWeightNeuron(*loss, data=dict(zip("xyt", data)))
    return compile(recipe(neuron, "ricci_scalar"), neuron.coordinates, data=neuron.row_values())


def assert_sound(kernel, axes, rtol, precision=300, **options):
    """Every value is within its bound of the ball."""
    values, bounds = kernel.bounded(axes[0][:, None], axes[1][None, :], rtol=rtol, **options)
    balls = BallProgram(kernel.program, kernel._data)
    old, ctx.prec = ctx.prec, precision
    try:
        for i, a in enumerate(axes[0]):
            for j, b in enumerate(axes[1]):
                for k, truth in enumerate(balls(dict(zip(kernel.program.inputs, (arb(float(a)), arb(float(b))))))):
                    if np.isfinite(values[k, i, j]) and bounds[k, i, j] < np.inf:
                        assert abs(arb(float(values[k, i, j])) - truth) <= arb(float(bounds[k, i, j])), (
                            a,
                            b,
                            values[k, i, j],
                            bounds[k, i, j],
                            truth,
                        )
    finally:
        ctx.prec = old
    return values, bounds


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("extent", [pytest.param(3.0, marks=pytest.mark.slow), 1000.0])
@pytest.mark.parametrize("loss", LOSSES[:1])
def test_curvature_of_the_neuron(loss, data, extent):
    kernel = neuron_kernel(loss, DATA[data])
    axes = np.array([-extent, -extent / 7, 0.01, extent]), np.linspace(-extent, extent, 5)
    for rtol in (0.0, 1e-10):
        assert_sound(kernel, axes, rtol)
    assert_sound(kernel, axes, 0.0, sums=True)


@pytest.mark.slow
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("extent", [3.0, 20.0, 1000.0])
@pytest.mark.parametrize("loss", LOSSES)
def test_curvature_of_the_neuron_at_length(loss, data, extent):
    kernel = neuron_kernel(loss, DATA[data])
    axes = np.linspace(-extent, extent, 9), np.linspace(-extent, extent, 11)
    for rtol in (0.0, 1e-10, 0.5):
        assert_sound(kernel, axes, rtol)
    assert_sound(kernel, axes, 0.0, sums=True)


def test_r_crossing_zero():
    """Along a line on which R changes sign the bound stays sound, and relative certification fails only next to the zero."""
    kernel = neuron_kernel(("mean_power", 2), DATA["labels"])
    line = np.linspace(-3, 3, 400)
    values = kernel(line[:, None], np.array([[0.7]]))[:, 0]
    change = np.flatnonzero(np.sign(values[:-1]) != np.sign(values[1:]))
    assert change.size
    low, high = line[change[0]], line[change[0] + 1]
    for _ in range(48):
        middle = (low + high) / 2
        same = np.sign(kernel(np.array([[middle]]), np.array([[0.7]]))[0, 0]) == np.sign(values[change[0]])
        low, high = (middle, high) if same else (low, middle)
    near = low + np.array([-1e-3, -1e-9, -1e-13, 0, 1e-13, 1e-9, 1e-3])
    found, bounds = assert_sound(kernel, (near, np.array([0.7])), 1e-8)
    proven = certified(found, bounds, 1e-8)[0, :, 0]
    assert proven[0] and proven[-1] and not proven[3]


@pytest.mark.parametrize(
    "loss, share",
    [(("mean_power", 2), 0.997), (("mean_power", 6), 0.92), (("lp_norm", 2), 1.0), (("cross_entropy", 1), 0.999)],
)
def test_nearly_every_cell_is_proven_in_machine_numbers(loss, share):
    neuron = TwoWeightNeuron(*loss, data=decision_boundary(200, 0))
    kernel = compile(recipe(neuron, "ricci_scalar"), neuron.coordinates, data=neuron.row_values())
    axis = np.linspace(-3, 3, 64)
    values, bounds = kernel.bounded(axis[:, None], axis[None, :], rtol=1e-10)
    assert certified(values, bounds, 1e-10).mean() >= share


def test_sums_in_double_double_leave_the_errors_of_the_rows_functions():
    """Where a metric is badly conditioned, rounding of sums is what costs digits; what remains is correlated and far smaller."""
    neuron = TwoWeightNeuron("mean_power", 6, data=decision_boundary(200, 0))
    kernel = compile(recipe(neuron, "ricci_scalar"), neuron.coordinates, data=neuron.row_values())
    axis = np.linspace(-3, 3, 48)
    plain = kernel.bounded(axis[:, None], axis[None, :])[1]
    sharp, bounds = kernel.bounded(axis[:, None], axis[None, :], sums=True)
    truth, rest = kernel.bounded(axis[:, None], axis[None, :], refined=True)
    assert (np.abs(sharp - truth) <= bounds + rest).all()
    assert np.quantile(plain / np.abs(truth), 0.98) > 20 * np.quantile(bounds / np.abs(truth), 0.98)
    closed = compile(sp.Symbol("a") ** 2, ["a"]).bounded(axis, sums=True)
    assert np.isnan(closed).all()  # no means, no such tier


def test_the_first_bound_is_looser_and_used_where_it_suffices():
    kernel = neuron_kernel(("mean_power", 2), DATA["labels"])
    axis = np.linspace(-3, 3, 48)
    sharp = kernel.bounded(axis[:, None], axis[None, :])[1]
    first = kernel.bounded(axis[:, None], axis[None, :], rtol=0.9)[1]
    mixed = kernel.bounded(axis[:, None], axis[None, :], rtol=1e-11)[1]
    assert (first >= sharp * 0.999).all() and np.median(first / sharp) > 2
    assert (
        set(np.unique((mixed == first) * 1 + (mixed == sharp) * 2)) <= {1, 2, 3}
        and (mixed != first).any()
        and (mixed != sharp).any()
    )


@pytest.mark.parametrize("filling", [np.nan, 0.0, 1e300])
def test_nothing_is_read_that_was_not_written(filling, monkeypatch):
    """Stages with a gate leave cells out; what lies there must not matter."""
    expected = neuron_kernel(("mean_power", 2), DATA["labels"]).bounded(
        np.linspace(-3, 3, 21)[:, None], np.linspace(-3, 3, 35), rtol=1e-12
    )
    empty = run.aligned_empty

    def filled(shape, dtype):
        out = empty(shape, dtype)
        out[...] = filling
        return out

    monkeypatch.setattr(run, "aligned_empty", filled)
    kernel = neuron_kernel(("mean_power", 2), DATA["labels"])
    found = kernel.bounded(np.linspace(-3, 3, 21)[:, None], np.linspace(-3, 3, 35), rtol=1e-12)
    for a, b in zip(expected, found):
        np.testing.assert_array_equal(a, b)
    mask = RNG.uniform(size=(21, 35)) > 0.9
    for arithmetic in ("sums", "refined"):
        values, bounds = kernel.bounded(
            np.linspace(-3, 3, 21)[:, None], np.linspace(-3, 3, 35), where=mask, **{arithmetic: True}
        )
        assert np.isinf(bounds[0][~mask]).all()
        np.testing.assert_allclose(values[0][mask], expected[0][0][mask], rtol=1e-9)


# -- the adjoints themselves: SymPy differentiates the same formula ------------------------------------------------

x, y, a = sp.symbols("x y a")
MEANS = [Mean(x * sp.exp(a * x), (x, y)), Mean(y * x * sp.exp(a * x), (x, y)), Mean(y**2, (x, y))]
M = sp.symbols("m0:3", positive=True)
FORMULAS = [
    M[0] * M[1] - M[2] ** 2,
    M[0] / M[1] - M[1] / M[2],
    (M[0] - M[1] * M[2]) ** 3 / M[2] ** 2,
    sp.sqrt(M[0] + M[1]) * M[2] - 1 / M[0],
    M[1] * a - M[0] * M[2] * a**2,
]


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_adjoints_are_derivatives(formula):
    rows = {"x": np.array([0.3, 1.1, 0.7]), "y": np.array([0.2, 0.9, 1.4])}
    pattern = {"a": frozenset({0})}
    program = arrange(lower([formula.xreplace(dict(zip(M, MEANS)))], [a]), pattern, 1)
    spans = {"a": (0.0, 1.0), "x": (0.0, 2.0), "y": (0.0, 2.0)}
    work = Sensitivity(program, spans, {t: 3 for t in program.rows.values()}, lambda s, t: False)
    adjoints = work.adjoints(program.outputs[0])
    means = [n for n in adjoints if n.op == "mean"]
    assert means

    def numbers(nodes):
        return [
            float(np.squeeze(v))
            for v in evaluate(
                Program(program.graph, tuple(nodes), program.inputs, program.rows),
                {"a": np.array([0.4])},
                rows,
                np.dtype("float64"),
            )
        ]

    values = numbers(means)
    direct = [
        float(np.mean(f(rows["x"], rows["y"])))
        for f in (lambda s, t: s * np.exp(0.4 * s), lambda s, t: t * s * np.exp(0.4 * s), lambda s, t: t**2)
    ]
    for _, value, adjoint in zip(means, values, numbers([adjoints[m] for m in means])):
        k = int(np.argmin(np.abs(np.array(direct) - value)))
        expected = float(sp.diff(formula, M[k]).subs(dict(zip(M, direct)) | {a: 0.4}))
        assert adjoint == pytest.approx(expected, rel=1e-12)


# -- rounding at its worst: every operation off by its whole unit, at random ------------------------------------------


def perturbed(program, values, data, rng):
    """The program in long double, every rounded operation wrong by u (exponentials by 2.5 u), up or down."""
    u = np.longdouble(2.0) ** -53
    found = {}
    for node in program.nodes():
        args = [found[n] for n in node.args]
        if node.op in ("number", "constant"):
            found[node] = (
                np.longdouble(node.value.numerator) / np.longdouble(node.value.denominator)
                if node.op == "number"
                else np.longdouble(2.0) ** -40
            )
        elif node.op == "input":
            found[node] = np.longdouble(values[node.value])
        elif node.op == "row":
            found[node] = data[node.value].astype(np.longdouble)
        elif node.op == "mean":
            found[node] = np.mean(args[0]) * (1 + u * rng.choice([-1, 1]))
        else:
            units = {"exp": 2.5, "select": 0, "abs": 0, "lt": 0}.get(node.op, 1)
            made = NumPy().operation(node)(*args)
            found[node] = made if units == 0 else made * (1 + units * u * rng.choice([-1, 1], size=np.shape(made)))
    return found[program.outputs[0]]


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["labels", "targets", "nearly collinear"]),
    st.floats(-2, 2),
    st.floats(-2, 2),
)
def test_no_rounding_of_operations_breaks_the_bound(seed, data, p, q):
    s, t, w = sp.symbols("s t w")
    u = s * x + t * y
    weight = (w - logistic(u)) ** 2 * logistic(u) * logistic(-u)
    g = [Mean(weight * m, (x, y, w)) for m in (x * x, x * y, y * y)]
    c = [Mean(sp.diff(weight, s) / x * m, (x, y, w)) for m in (x**3, x * x * y, x * y * y)]
    formula = (c[0] * g[2] - c[1] * g[1] + c[2] * g[0]) / (g[0] * g[2] - g[1] ** 2)
    columns = dict(zip("xyw", DATA[data]))
    kernel = compile(formula, [s, t], data={sp.Symbol(k): v for k, v in columns.items()})
    values, bounds = kernel.bounded(np.array([p]), np.array([q]))
    rng = np.random.default_rng(seed)
    truth = BallProgram(kernel.program, kernel._data)(dict(zip(kernel.program.inputs, (arb(p), arb(q)))))[0]
    if not truth.is_finite() or not bounds[0, 0] < np.inf:
        return
    exact = np.longdouble(str(truth.mid().str(25, radius=False)))
    for _ in range(5):
        made = perturbed(kernel.program, {"s": p, "t": q}, columns, rng)
        assert abs(made - exact) <= bounds[0, 0]


def test_rows_with_labels_need_no_majorant():
    """t p + (t - 1) q with t = 0 or 1 is one product or the other: no cancellation, and the program is shorter for it."""
    lengths = {}
    for name in ("labels", "targets"):
        kernel = neuron_kernel(("mean_power", 2), (DATA["labels"][0], DATA["labels"][1], DATA[name][2]))
        kernel.bounded(np.linspace(-1, 1, 4)[:, None], np.linspace(-1, 1, 4))
        lengths[name] = sum(len(stage.body) for stage in kernel.planner.last.plan.stages if stage.kind == "sum")
    assert lengths["labels"] < lengths["targets"]
