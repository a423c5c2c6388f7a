"""The contract of a model, over every kind of it; neurons of any size, activation and loss against two other roads."""

import pickle
from dataclasses import replace

import chentsov as ch
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import logistic
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.manifolds.empirical import EmpiricalManifold
from chentsov.geometry.manifolds.gauss import curvature_of_vectors
from chentsov.models import DenseNetwork, Hopfield, Neuron, TwoWeightNeuron, decision_boundary, families, surfaces
from chentsov.models.activations import ACTIVATIONS, U
from chentsov.models.datasets import DataError
from chentsov.models.losses import LOSSES
from chentsov.models.units import curvature_of_unit
from hypothesis import given, settings
from hypothesis import strategies as st

RNG = np.random.default_rng(4)
INPUTS = RNG.normal(size=(40, 3))
LABELS = (INPUTS.sum(axis=1) > 0.1).astype(float)
POINT = (0.3, -0.4, 0.5)

# -- activations and losses, written a second time in NumPy ----------------------------------------------------------

erf = np.vectorize(__import__("math").erf)
PHI = {
    "logistic": lambda u: 1 / (1 + np.exp(-u)),
    "tanh": np.tanh,
    "arctan": np.arctan,
    "softplus": lambda u: np.log1p(np.exp(u)),
    "erf": erf,
    "algebraic": lambda u: u / np.sqrt(1 + u**2),
    "hyperbolic": lambda u: np.tanh(1.3 * u),
    "identity": lambda u: u,
    "probit": lambda u: (1 + erf(u / np.sqrt(2))) / 2,
    "relu": lambda u: np.maximum(u, 0),
    "leaky_relu": lambda u: np.where(u > 0, u, u / 100),
    "silu": lambda u: u / (1 + np.exp(-u)),
    "gelu": lambda u: u * (1 + erf(u / np.sqrt(2))) / 2,
}
ELL = {
    "mean_power": lambda f, t: (f - t) ** 2,
    "lp_norm": lambda f, t: np.abs(f - t),
    "cross_entropy": lambda f, t: -t * np.log(f) - (1 - t) * np.log(1 - f),
    "huber": lambda f, t: np.where(np.abs(f - t) <= 1, (f - t) ** 2 / 2, np.abs(f - t) - 0.5),
    "log_cosh": lambda f, t: np.log(np.cosh(f - t)),
    "hinge": lambda f, t: np.maximum(0, 1 - t * f),
}
CASES = [(a, "mean_power") for a in ACTIVATIONS] + [("identity", loss) for loss in LOSSES if loss != "cross_entropy"]
CASES += [("logistic", "cross_entropy"), ("probit", "cross_entropy"), ("relu", "huber"), ("tanh", "hinge")]


def test_the_tables_are_all_here():
    assert set(PHI) == set(ACTIVATIONS) and set(ELL) == set(LOSSES)


def _neuron(activation, loss, inputs=INPUTS, labels=LABELS, **options):
    targets = 2 * labels - 1 if loss == "hinge" else labels
    return Neuron(inputs.shape[1], activation=activation, loss=loss, data=(inputs, targets), **options)


@pytest.mark.parametrize("activation, loss", CASES)
def test_a_neuron_against_differences_and_the_gauss_equation(activation, loss):
    """Metric and R from second differences of the loss of each row along z, by the Gauss equation."""
    neuron = _neuron(activation, loss, slope=1.5)
    constants = {"lambda": 1.3} if activation == "hyperbolic" else None
    found = neuron.curvature_at(POINT, constants=constants)
    targets, z, h = neuron.data.columns[-1], 1.5 * INPUTS @ np.array(POINT), 1e-4

    def ell(shift):
        return ELL[loss](PHI[activation](z + shift), targets)

    first = (8 * (ell(h) - ell(-h)) - (ell(2 * h) - ell(-2 * h))) / (12 * h)
    second = (16 * (ell(h) + ell(-h)) - (ell(2 * h) + ell(-2 * h)) - 30 * ell(0)) / (12 * h**2)
    x = 1.5 * INPUTS / np.sqrt(len(INPUTS))
    expected = curvature_of_vectors(first[:, None] * x, np.einsum("n,ni,nj->ijn", second, x, x) * np.sqrt(len(INPUTS)))
    assert found.metric == pytest.approx(expected.metric, rel=1e-7, abs=1e-10)
    assert found.ricci_scalar == pytest.approx(expected.ricci_scalar, rel=1e-4, abs=1e-5)
    assert found.ricci == pytest.approx(expected.ricci, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize(
    "activation, loss",
    [("logistic", "cross_entropy"), pytest.param("relu", "huber", marks=pytest.mark.slow), ("tanh", "mean_power")],
)
def test_grid_closed_form_and_rows_agree(activation, loss):
    neuron = _neuron(activation, loss)
    grid = neuron.on_grid(
        dict(zip(("theta_1", "theta_2", "theta_3"), ([0.3], [-0.4, 0.2], 0.5))), ["ricci_scalar", "loss"]
    )
    for k, second in enumerate((-0.4, 0.2)):
        at = neuron.curvature_at({"theta_1": 0.3, "theta_2": second, "theta_3": 0.5})
        assert float(grid.ricci_scalar.values.ravel()[k]) == pytest.approx(at.ricci_scalar, rel=1e-9)
    general = EmpiricalManifold(neuron.subloss, neuron.rows, neuron.coordinates)
    gauss = general.curvature_at(POINT, neuron.row_values())
    assert neuron.curvature_at(POINT).ricci_scalar == pytest.approx(gauss.ricci_scalar, rel=1e-9)
    assert float(grid.loss.values.ravel()[0]) == pytest.approx(
        ELL[loss](PHI[activation](INPUTS @ np.array(POINT)), LABELS).mean(), rel=1e-12
    )


def _brute(x, first, second):
    """R = ¼(|T|² − |τ|²) with T as an array of three indices."""
    g = np.einsum("n,ni,nj->ij", first**2, x, x) / len(x)
    cubic = np.einsum("n,ni,nj,nk->ijk", 2 * first * second, x, x, x) / len(x)
    h = np.linalg.inv(g)
    raised = np.einsum("ia,jb,kc,abc->ijk", h, h, h, cubic)
    trace = np.einsum("ij,ijk->k", h, cubic)
    return (np.sum(cubic * raised) - trace @ h @ trace) / 4


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 5), st.integers(0, 10**6))
def test_the_sum_over_pairs_of_rows_is_the_hessian_formula(dim, seed):
    draw = np.random.default_rng(seed)
    x, first, second = (
        draw.normal(size=(3 * dim + 5, dim)),
        draw.uniform(0.5, 2, 3 * dim + 5),
        draw.normal(size=3 * dim + 5),
    )
    found = curvature_of_unit(x, first, second)
    assert found.ricci_scalar == pytest.approx(_brute(x, first, second), rel=1e-8, abs=1e-9)
    assert np.trace(np.linalg.solve(found.metric, found.ricci)) == pytest.approx(found.ricci_scalar, rel=1e-8, abs=1e-9)


def test_hundreds_of_inputs():
    x = np.random.default_rng(0).normal(size=(900, 200))
    neuron = Neuron(200, bias=True, loss="cross_entropy", data=(x, (x[:, 0] > 0).astype(float)))
    # at θ = 0 every row has ∂ℓ/∂z = ±1/2 and ∂²ℓ/∂z² = 1/4
    first = 0.5 - (x[:, 0] > 0)
    rows = np.hstack([x, np.ones((900, 1))])
    h = np.linalg.inv(rows.T @ rows / 900 / 4)
    gram = rows @ h @ rows.T
    weights = 2 * first / 4 / 900
    expected = (weights @ gram**3 @ weights - (weights * np.diag(gram)) @ gram @ (weights * np.diag(gram))) / 4
    assert neuron.curvature_at(np.zeros(201)).ricci_scalar == pytest.approx(expected, rel=1e-9)


# -- one object under three names -------------------------------------------------------------------------------------


def test_a_layer_of_one_unit_is_a_neuron():
    two = TwoWeightNeuron("mean_power", 2, slope=1)
    neuron = Neuron(inputs=2, loss="mean_power")
    layer = DenseNetwork((2, 1), final="logistic", bias=False)
    assert isinstance(two, Neuron)
    for one in (neuron, layer):
        names = dict(zip((*one.coordinates, *one.rows), (*two.coordinates, *two.rows)))
        assert one.manifold.structure == "hessian" and type(one.manifold) is type(two.manifold)
        for mine, other in zip(one.metric, two.metric):
            renamed = mine.func(*mine.args).replace(
                lambda e: type(e).__name__ == "Mean", lambda e: e.func(e.expression.xreplace(names), two.rows)
            )
            assert two.manifold.field(renamed - other).is_zero
        assert str(one.metric[0, 0]).count("exp") == 0  # the factored form, not a quotient of exponentials
    assert "(t - σ(theta_1*x_1 + theta_2*x_2))**2" in str(neuron.metric[0, 0])


def test_own_activation_and_own_loss():
    z, f, t = sp.symbols("z f t", real=True)
    data = (INPUTS, LABELS)
    named = Neuron(3, activation="tanh", loss="mean_power", data=data)
    for activation in (sp.tanh, sp.tanh(z), lambda u: sp.tanh(u), lambda u: (sp.exp(2 * u) - 1) / (sp.exp(2 * u) + 1)):
        for loss in ("mean_power", (f - t) ** 2, lambda a, b: (a - b) ** 2):
            own = Neuron(3, activation=activation, loss=loss, data=data)
            assert own.curvature_at(POINT).ricci_scalar == pytest.approx(
                named.curvature_at(POINT).ricci_scalar, rel=1e-10
            )


def test_training_of_any_network():
    neuron = _neuron("logistic", "cross_entropy", bias=True)
    path = neuron.train(steps=40, learning_rate=0.5)
    assert (np.diff(path.loss.values) < 0).all() and 0 < path.attrs["predicted_right"] <= 40
    net = DenseNetwork((3, 2, 2), loss="cross_entropy", data=(INPUTS, np.eye(2)[LABELS.astype(int)]))
    path = net.train(steps=40, learning_rate=0.3, quantities=("loss", "fisher_trace"))
    assert (np.diff(path.loss.values) < 0).all() and path.attrs["rows"] == 40


def test_softmax_of_few_weights_in_symbols():
    """g of a softmax layer without bias: E_D[(p − t)_a (p − t)_b x²] for one input and two outputs."""
    net = DenseNetwork((1, 2), loss="cross_entropy", bias=False)
    (w1, w2), (x,), (t1, t2) = net.coordinates, net.inputs, net.targets
    at = {w1: 0.3, w2: -0.2, x: 1.7, t1: 1, t2: 0}
    p = np.exp([0.51, -0.34]) / np.exp([0.51, -0.34]).sum()
    expected = np.outer(p - [1, 0], p - [1, 0]) * 1.7**2
    for i in range(2):
        for j in range(2):
            assert float((net.row_gradient[i] * net.row_gradient[j]).subs(at)) == pytest.approx(
                expected[i, j], rel=1e-12
            )


# -- kinks -------------------------------------------------------------------------------------------------------------


def test_a_network_with_kinks_is_smooth_between_them():
    """At weights where each unit keeps its sign over a row's neighbourhood, R is that of the pieces (differences)."""
    net = DenseNetwork((2, 2, 1), activation=lambda z: sp.Max(z, 0) + sp.tanh(z), bias=True)
    weights = np.random.default_rng(3).normal(size=9)
    inputs, targets = RNG.normal(size=(30, 2)), RNG.normal(size=(30, 1))

    def losses(w):
        z = inputs @ w[:4].reshape(2, 2).T + w[4:6]
        hidden = np.maximum(z, 0) + np.tanh(z)
        return (hidden @ w[6:8] + w[8] - targets[:, 0]) ** 2

    h, e = 1e-4, np.eye(9)
    first = np.array([(losses(weights + h * v) - losses(weights - h * v)) / (2 * h) for v in e])
    second = np.array([[
        (losses(weights + h * (u + v)) - losses(weights + h * (u - v)) - losses(weights + h * (v - u)) + losses(weights - h * (u + v)))
        / (4 * h**2) for u in e] for v in e])  # fmt: skip
    expected = curvature_of_vectors(first.T / np.sqrt(30), second / np.sqrt(30))
    found = net.curvature_at(weights, inputs, targets)
    assert found.metric == pytest.approx(expected.metric, rel=1e-6, abs=1e-8)
    assert found.ricci_scalar == pytest.approx(expected.ricci_scalar, rel=1e-3)


def test_a_relu_network_is_singular_and_says_so():
    """Weights into a unit times c, out of it times 1/c: the same function, so that the metric has a null direction."""
    net = DenseNetwork((2, 2, 1), activation="relu")
    with pytest.raises(ValueError, match="metric is singular at this point"):
        net.curvature_at(np.random.default_rng(3).normal(size=9), RNG.normal(size=(30, 2)), RNG.normal(size=(30, 1)))


@pytest.mark.parametrize("rows", [2, 3, 8])
def test_fewer_rows_than_weights_are_counted(rows):
    net = DenseNetwork((2, 2, 1), activation="tanh")
    n = len(net.coordinates)
    weights, inputs, targets = RNG.normal(size=n), RNG.normal(size=(rows, 2)), RNG.normal(size=(rows, 1))
    with pytest.raises(ValueError, match=f"{n} tangent vectors in {rows} dimensions.*at least {n} rows"):
        net.curvature_at(weights, inputs, targets)
    with pytest.raises(ValueError, match="at least 10 rows"):
        curvature_of_unit(np.ones((rows, 10)), np.ones(rows), np.ones(rows))


def test_a_row_on_a_kink_is_named():
    inputs = [[1.0, 2.0], [2.0, 1.0], [0.5, 3.0], [1.0, 1.0]]
    neuron = Neuron(2, activation="relu", data=(inputs, [0, 1, 0, 1]))
    assert np.isfinite(neuron.curvature_at([1.0, -0.25]).ricci_scalar)
    with pytest.raises(ValueError, match="row 1 lies on a kink"):
        neuron.curvature_at([1.0, -2.0])


# -- bad input ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Neuron(0), "number of inputs must be a whole number from 1 on"),
        (lambda: Neuron(10**12), "at most"),
        (lambda: Neuron(2, activation="swoosh"), "unknown activation 'swoosh': choose one of logistic"),
        (lambda: Neuron(2, activation=5), "an activation is a name"),
        (lambda: Neuron(2, activation=lambda u: u / 0), "makes zoo|division"),
        (lambda: Neuron(2, loss="swoosh"), "unknown loss 'swoosh': choose one of mean_power"),
        (lambda: Neuron(2, loss=sp.Symbol("q")), "a loss is an expression in f, t"),
        (lambda: Neuron(2, loss="huber", order=0), "must be positive, not 0"),
        (lambda: Neuron(2, slope="5"), "slope"),
        (lambda: TwoWeightNeuron(slope=1e308), "between 1e-100 and 1e100"),
        (lambda: TwoWeightNeuron(data=5), "data are LabelledPoints or three columns"),
        (lambda: TwoWeightNeuron(data=([1e300, 1], [2, 3], [0, 1])), "beyond 1e\\+100"),
        (lambda: Neuron(2, data=5), "the array has the shape"),
        (lambda: Neuron(2, data={"x_1": [1, 2]}), "no column x_2, t"),
        (lambda: Neuron(2, data=([[1, 2], [2, 4]], [0, 1])), "span fewer than 2 dimensions"),
        (lambda: Neuron(1, bias=True, data=([[1], [1]], [0, 1])), "inputs and the constant 1"),
        (lambda: decision_boundary(10**12), "the number of rows is 1000000000000; at most"),
        (lambda: TwoWeightNeuron(data=decision_boundary(5)).train(steps=10**12), "training steps are too many"),
        (lambda: DenseNetwork((10**6, 10**6)), "the number of weights"),
        (lambda: DenseNetwork((2, 1)).on_grid({}), "no data"),
    ],
)
def test_bad_input_is_one_sentence(make, words):
    with pytest.raises(ValueError, match=words) as error:
        make()
    assert "\n" not in str(error.value)


def test_data_by_name():
    columns = {"x_1": INPUTS[:, 0], "x_2": INPUTS[:, 1], "t": LABELS}
    pair = Neuron(2, data=(INPUTS[:, :2], LABELS))
    for data in (columns, np.column_stack([INPUTS[:, :2], LABELS])):
        assert all(np.array_equal(a, b) for a, b in zip(Neuron(2, data=data).data.columns, pair.data.columns))
    with pytest.raises(DataError):
        Neuron(2, data=LABELS)


def test_activations_have_values_of_their_own():
    for name, row in ACTIVATIONS.items():
        plain = row.value.replace(logistic, lambda u: 1 / (1 + sp.exp(-u)))
        value = sp.lambdify(U, plain.subs(sp.Symbol("lambda", positive=True), 1.3), "scipy")
        u = np.array([-1.5, -0.2, 0.7, 2.0])
        assert np.asarray(value(u), dtype=float) == pytest.approx(PHI[name](u), rel=1e-12), name


# -- the contract ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        DenseNetwork((2, 1)),
        pytest.param(DenseNetwork((2, 1), final="logistic", bias=False), marks=pytest.mark.slow),
        pytest.param(DenseNetwork((1, 2), final="tanh", bias=False), marks=pytest.mark.slow),
        DenseNetwork((1, 1, 1)),
        Neuron(3, activation="relu"),
        Neuron(2, bias=True, loss="cross_entropy"),
        families.poisson,
        pytest.param(surfaces.torus, marks=pytest.mark.slow),
        Hopfield(2, "tanh", resistance=1, capacitance=1, current=0),
    ],
    ids=str,
)
def test_crosscheck_takes_every_model(model):
    """Without data of its own a network is compared on drawn rows; R of a line is 0."""
    assert ch.crosscheck(model, points=2) and model.crosscheck(points=1)


def test_crosscheck_notices_a_wrong_model():
    class Twice(DenseNetwork):
        def curvature_at(self, *arguments, **options):
            found = super().curvature_at(*arguments, **options)
            return replace(found, ricci_scalar=found.ricci_scalar * (1 + 1e-5))

    assert not Twice((2, 1)).crosscheck(points=2)


def test_a_program_is_judged_on_a_network_with_its_data():
    net = DenseNetwork((2, 1), bias=False, final="tanh", data=(INPUTS[:, :2], LABELS))
    assert net.check(lambda w: net.curvature_at(w).ricci_scalar).passed
    assert not net.check(lambda w: -net.curvature_at(w).ricci_scalar).passed


def test_a_picture_and_a_grid_of_a_network():
    net = DenseNetwork((2, 1), bias=False, final="tanh", data=(INPUTS[:, :2], LABELS))
    axes = {"w1_1_1": np.linspace(-1, 1, 4), "w1_1_2": np.linspace(-1, 1, 3)}
    grid = net.on_grid(axes, ("loss", "ricci_scalar", "fisher_trace"), rtol=1e-9)
    assert grid.sizes["w1_1_1"] == 4 and grid.attrs["rows"] == 40
    at = net.curvature_at([axes["w1_1_1"][1], axes["w1_1_2"][2]])
    assert float(grid.ricci_scalar[1, 2]) == pytest.approx(at.ricci_scalar, rel=1e-9)
    assert len(net.plot(axes, ("loss", "ricci_scalar")).axes) >= 2
    with pytest.raises(ValueError, match="a picture shows scalars"):
        net.plot(axes, ("metric",))


def test_models_can_be_sent():
    for model in (_neuron("relu", "huber"), DenseNetwork((2, 1, 1)), families.gamma, surfaces.torus, Hopfield(2)):
        copy = pickle.loads(pickle.dumps(model))
        assert copy.coordinates == model.coordinates and copy.name == model.name


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: Neuron(inputs=3, loss=lambda f, t: np.log(1 + (f - t) ** 2)), "write it in SymPy's functions"),
        (lambda: Neuron(inputs=3, activation=lambda u: u if u > 0 else 0), "write it in SymPy's functions"),
        (lambda: Neuron(inputs=3, data="rows.csv"), r"pandas.read_csv\('rows.csv'\)"),
        (lambda: Neuron(inputs=3).train(steps=1), r"data=\(inputs, targets\) \(3 columns, 1 column\)"),
        (lambda: Neuron(inputs=1, data={"a": [1, 2], "t": [0, 1]}), "no column x_1; they have a, t: rename them"),
    ],
)
def test_what_a_newcomer_gets_wrong_is_answered_with_the_remedy(call, words):
    with pytest.raises(InputError, match=words):
        call()
