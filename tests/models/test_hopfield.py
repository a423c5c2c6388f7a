"""Hopfield networks: activations, symbolic identities, numbers up to 64 neurons, memory."""

import time

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import canonical, logistic
from chentsov.geometry.manifolds import ManifoldError
from chentsov.models.hopfield import ACTIVATIONS, AssociativeMemory, Hopfield, HopfieldNumbers, activation, hebbian
from chentsov.models.hopfield.activations import U, V
from chentsov.models.hopfield.own_activation import activation_from

NAMES = sorted(ACTIVATIONS)
PLAIN = {"logistic": lambda u: 1 / (1 + sp.exp(-u)), "softplus": lambda u: sp.log(1 + sp.exp(u))}
POINTS = [sp.Rational(-13, 4), sp.Rational(-1, 3), sp.S.Zero, sp.Rational(5, 7), sp.Rational(19, 6)]
GAIN = sp.Symbol("lambda", positive=True)


def _number(expression, u):
    """The value at u (and at λ = 7/5) to 100 digits."""
    plain = expression.replace(logistic, lambda x: 1 / (1 + sp.exp(-x)))
    return sp.N(plain.subs(GAIN, sp.Rational(7, 5)).subs(U, u), 100)


# -- activations -------------------------------------------------------------------------------------


@pytest.mark.parametrize("gain", [1, sp.Rational(5, 2)])
@pytest.mark.parametrize("name", NAMES)
def test_closed_forms_of_activations(name, gain):
    """slope, bend, primitive, inverse and conjugate against derivatives of the value."""
    act = activation(name, gain=gain)
    plain = act.value.replace(logistic, PLAIN["logistic"])
    first, second = plain.diff(U), plain.diff(U, 2)
    for u in POINTS:
        value = _number(plain, u)
        for ours, exact in (
            (act.slope, first),
            (act.bend, second / first),
            (sp.expand_func(act.primitive.diff(U)), plain),
        ):
            assert abs(_number(ours, u) - _number(exact, u)) < 1e-24
        low, high = (sp.sympify(b) for b in act.image)
        assert low < value < high
        assert abs(_number(act.inverse.subs(V, value), u) - u) < 1e-24
        assert abs(sp.re(_number(act.conjugate.subs(V, value), u)) - (u * value - _number(act.primitive, u))) < 1e-24


@pytest.mark.parametrize("name", NAMES)
def test_numeric_forms_keep_their_digits(name):
    act = activation(name).subs({GAIN: sp.Rational(7, 5)})
    u = np.concatenate([np.linspace(-40, 40, 33), [1e-9, -1e-9, 0.3, -0.3]])
    for what in ("value", "slope", "bend", "primitive"):
        ours = act.numeric[what](u)
        exact = sp.lambdify(U, getattr(act, what), [{"logistic": lambda x: 1 / (1 + mpmath.exp(-x))}, "mpmath"])
        with mpmath.workdps(60):
            for x, value in zip(u, ours):
                target = mpmath.re(exact(mpmath.mpf(float(x))))
                # A slope like exp(−u²) feels the rounding of u²; what underflows is zero.
                allowed = 1e-14 + (4e-16 * float(x) ** 2 if name == "erf" else 0)
                assert abs(value - target) <= allowed * abs(target) + 1e-300, (what, x)


@pytest.mark.slow
def test_own_activation():
    own = activation(sp.asinh(U))
    assert own.inverse == sp.sinh(V) and canonical(own.bend + U / (1 + U**2), (U,)) == 0
    network = Hopfield(2, sp.asinh(U), resistance=1, capacitance=1, current=0)
    assert network.flow.dissipates() and network.flow_in_rates.dissipates()
    # No closed primitive: a named function carries the identities, quadrature the numbers.
    mixed = activation_from(U + sp.sin(U) / 2 + sp.erf(U) ** 3, seconds=0.5)
    network = Hopfield(2, mixed, resistance=1, capacitance=1, current=0)
    assert network.flow.dissipates()
    assert (
        canonical(network.flow.compressibility() + network.manifold.laplacian(network.energy), network.coordinates) == 0
    )
    value = network.energy.subs({s: sp.Rational(1, 3) for s in network.constants}).subs(
        dict(zip(network.coordinates, (1, -2)))
    )
    plain = sp.lambdify(U, mixed.value, "mpmath")
    primitive = [mpmath.quad(plain, [0, u]) for u in (1, -2)]
    rates = [plain(mpmath.mpf(u)) for u in (1, -2)]
    expected = -(sum(rates) ** 2) / 6 + sum(u * v - p for u, v, p in zip((1, -2), rates, primitive))
    assert abs(sp.N(value, 20) - expected) < 1e-12


def test_own_activation_with_a_parameter():
    k = sp.Symbol("k", positive=True)
    own = activation(U / sp.sqrt(k + U**2))
    network = Hopfield(1, own, resistance=1, capacitance=1, current=0)
    assert k in network.constants and network.flow.dissipates()


@pytest.mark.parametrize(
    "expression, words",
    [
        (sp.sin(U), r"does not increase strictly: its slope is -\d.* at u = "),
        (U**3, "slope is 0.0 at u = 0"),
        ((U - sp.Rational(1, 50)) ** 3, "at u = 0.02"),  # flat between the points of the net
        (U - 1001 * U / (1 + 1000 * (U - sp.Rational(17, 1000)) ** 2) / 4, "its slope is"),
        (-sp.tanh(U), "slope is -"),
        (1 / (1 - U), "finite"),
        (sp.log(U), "finite"),
        (sp.sqrt(U), "finite"),
        (sp.Symbol("a") * U, "parameters must be declared positive"),
        ("sinh", "unknown activation 'sinh'"),
        (3, "a name, an Activation or a SymPy expression"),
    ],
)
def test_activations_that_are_refused(expression, words):
    with pytest.raises(ValueError, match=words):
        activation(expression)


# -- identities ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [1, 2, pytest.param(3, marks=pytest.mark.slow)])
def test_identities_of_symmetric_networks(name, n):
    """Gradient flow, Lyapunov function and the three compressibilities as Laplacians, all entries symbols, ≤ 5 s."""
    start = time.process_time()
    network = Hopfield(n, name)
    flow, manifold, energy = network.flow, network.manifold, network.energy
    field = manifold.field
    kappa = {v: flow.compressibility_element(v) for v in ("primal", "riemannian", "dual")}
    assert flow.is_gradient() and flow.dissipates()
    assert (2 * kappa["riemannian"] - kappa["primal"] - kappa["dual"]).is_zero
    assert (kappa["riemannian"] + field(manifold.laplacian(energy))).is_zero
    assert (kappa["primal"] + field(manifold.laplacian(energy, "dual"))).is_zero
    assert (kappa["dual"] + field(manifold.laplacian(energy, "affine"))).is_zero
    # What one writes by hand, and the matrix of linear stability.
    for volume, element in kappa.items():
        assert (field(network.compressibility(volume)) - element).is_zero
    for i, component in enumerate(network.components):
        for k, u in enumerate(network.coordinates):
            assert (field(component).diff(u) - field(network.jacobian[i, k])).is_zero
    assert time.process_time() - start < 5


@pytest.mark.parametrize("name", NAMES)
def test_identities_in_the_rates(name):
    """The same flow seen in v: same energy, same compressibility, and the field carried over."""
    network = Hopfield(2, name)
    there = network.flow_in_rates
    assert there.is_gradient() and there.dissipates()
    at = {s: sp.Rational(k + 2, 3) for k, s in enumerate(network.constants)}
    here = dict(zip(network.coordinates, (sp.Rational(2, 5), -sp.Rational(1, 3))))
    act = network.activation.subs(at)
    rates = {
        v: sp.N(act.of(u).replace(logistic, PLAIN["logistic"]), 60) for v, u in zip(network.rate_symbols, here.values())
    }

    def value(e, where):
        return sp.N(e.subs(at).replace(logistic, PLAIN["logistic"]).subs(where), 25)

    assert abs(value(network.energy, here) - value(network.energy_in_rates, rates)) < 1e-18
    assert abs(value(network.flow.compressibility(), here) - value(there.compressibility(), rates)) < 1e-15
    # The Lebesgue measures change places: du is primal here and dual there.
    assert (
        abs(value(network.flow.compressibility("primal"), here) - value(there.compressibility("dual"), rates)) < 1e-15
    )
    assert (
        abs(value(network.flow.compressibility("dual"), here) - value(there.compressibility("primal"), rates)) < 1e-15
    )
    for k in range(len(network.rate_symbols)):
        slope = value(act.slope_of(network.coordinates[k]), here)
        assert abs(value(there.components[k], rates) - slope * value(network.components[k], here)) < 1e-15


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [2, 3])
def test_asymmetric_networks(name, n):
    network = Hopfield(n, name, symmetric=False)
    flow, field = network.flow, network.manifold.field
    assert not flow.is_gradient() and flow.potential is None
    kappa = {v: flow.compressibility_element(v) for v in ("primal", "riemannian", "dual")}
    assert (2 * kappa["riemannian"] - kappa["primal"] - kappa["dual"]).is_zero
    # The curl is the antisymmetric part of the weights, seen through the slopes.
    u1, u2 = network.coordinates[:2]
    expected = (
        (network.weights[1, 0] - network.weights[0, 1])
        * network.activation.slope_of(u1)
        * network.activation.slope_of(u2)
    )
    assert (field(flow.curl[0, 1]) - field(expected)).is_zero
    for ask in (lambda: network.energy, lambda: network.gradient_flow, lambda: network.energy_in_rates):
        with pytest.raises(
            ValueError, match=r"not symmetric \(W\[1, 2\] = W12, W\[2, 1\] = W21\).* What exists: `flow`"
        ):
            ask()


def test_statistical_readings():
    for name, mean in (("logistic", logistic), ("tanh", sp.tanh)):
        for gain in (1, 3):
            network = Hopfield(2, name, gain=gain)
            reading = network.statistical_reading()
            u = network.coordinates
            assert canonical(reading.expectation(sp.S.One), u) == 1
            assert canonical(reading.mean(0) - mean(gain * u[0]), u) == 0
            fisher = reading.fisher_metric()
            for i in range(2):
                for j in range(2):
                    assert canonical(reading.factor[i] * fisher[i, j] - network.manifold.metric[i, j], u) == 0
    with pytest.raises(ValueError, match="no exponential family is known"):
        Hopfield(1, "erf").statistical_reading()


def test_explicit_results_of_the_sigmoid():
    """κ of one logistic neuron from E = −½Wv² − Jv + (v log v + (1−v) log(1−v))/R by hand, in v."""
    network = Hopfield(1, "logistic", capacitance=1)
    (u,), (w, r, j) = network.coordinates, (*network.weights, *network.resistances, *network.currents)
    v = sp.Symbol("v", positive=True)
    velocity = -sp.log(v / (1 - v)) / r + w * v + j
    slope = v * (1 - v)
    # du = dv/(v(1−v)); the Riemannian volume is dv/√(v(1−v)), the dual one dv.
    by_hand = {
        "primal": sp.diff(velocity, v) * slope,
        "riemannian": sp.diff(sp.sqrt(slope) * velocity, v) * sp.sqrt(slope),
        "dual": sp.diff(slope * velocity, v),
    }
    for volume, expected in by_hand.items():
        ours = network.compressibility(volume).replace(logistic, PLAIN["logistic"]).subs(u, sp.log(v / (1 - v)))
        at = {v: sp.Rational(2, 7), w: sp.Rational(5, 3), r: sp.Rational(3, 4), j: -sp.Rational(1, 5)}
        assert abs(sp.N((ours - expected).subs(at), 30)) < 1e-25


# -- numbers ---------------------------------------------------------------------------------------------


def _random(n, name, seed, symmetric=True):
    draw = np.random.default_rng(seed)
    w = draw.normal(size=(n, n))
    w = (w + w.T) / 2 if symmetric else w
    act = activation(name).subs({GAIN: sp.Rational(7, 5)})
    return HopfieldNumbers.of_arrays(
        w, act, draw.uniform(0.5, 2, n), draw.uniform(0.5, 2, n), draw.normal(size=n)
    ), draw


@pytest.mark.parametrize("name", ["logistic", "tanh", "arctan", "erf", "algebraic"])
@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_numbers_agree_with_differences_of_the_energy_in_high_precision(name, n):
    """κ = −ΔE with ΔE = Σ (1/√g) ∂_i(√g g^ii ∂_iE) taken by differences of E itself, in 80 digits."""
    network, draw = _random(n, name, 11)
    u = draw.normal(size=n) * 1.5
    sigma, slope, primitive = (
        sp.lambdify(U, getattr(network.activation, what), [{"logistic": lambda x: 1 / (1 + mpmath.exp(-x))}, "mpmath"])
        for what in ("value", "slope", "primitive")
    )

    def energy(state):
        v = [sigma(x) for x in state]
        half = mpmath.fsum(network.weights[i, j] * v[i] * v[j] for i in range(n) for j in range(n)) / 2
        leak = mpmath.fsum((x * y - primitive(x)) / r for x, y, r in zip(state, v, network.resistance))
        return -half - mpmath.fsum(j * y for j, y in zip(network.current, v)) + leak

    with mpmath.workdps(80):
        place = [mpmath.mpf(float(x)) for x in u]
        total = mpmath.mpf(0)
        for i in range(n):

            def along(x, i=i):
                return energy([*place[:i], x, *place[i + 1 :]])

            c, x, h = float(network.capacitance[i]), place[i], mpmath.mpf(10) ** -15
            g = lambda s: c * slope(s)
            first = (along(x + h) - along(x - h)) / (2 * h)
            second = (along(x + h) - 2 * along(x) + along(x - h)) / h**2
            # (1/√g)(√g g⁻¹ E′)′ = (g^-½ E′)′ g^-½ on the line of coordinate i
            rise = (g(x + h) ** -0.5 - g(x - h) ** -0.5) / (2 * h)
            total += (g(x) ** -0.5 * second + rise * first) * g(x) ** -0.5
    kappa = {v: network.compressibility(u, v) for v in ("primal", "riemannian", "dual")}
    scale = abs(float(total)) + n
    assert abs(kappa["riemannian"] + float(total)) < 1e-11 * scale
    assert abs(network.laplacian_of_energy(u) - float(total)) < 1e-11 * scale
    assert abs(network.energy(u) - float(energy(place))) < 1e-12 * scale


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_up_to_64_neurons(name, symmetric):
    network, draw = _random(64, name, 5, symmetric)
    u = draw.normal(size=(20, 64)) * 3
    kappa = {v: network.compressibility(u, v) for v in ("primal", "riemannian", "dual")}
    np.testing.assert_allclose(2 * kappa["riemannian"], kappa["primal"] + kappa["dual"], rtol=1e-12)
    # The primal one is the trace of the Jacobian matrix, that one a difference quotient of the field.
    h = 1e-6
    traces = [
        sum((network.velocity(x + h * e) - network.velocity(x - h * e))[i] / (2 * h) for i, e in enumerate(np.eye(64)))
        for x in u[:3]
    ]
    np.testing.assert_allclose(kappa["primal"][:3], traces, rtol=1e-6)
    np.testing.assert_allclose(np.trace(network.jacobian(u), axis1=1, axis2=2), kappa["primal"], rtol=1e-12)
    if symmetric:
        np.testing.assert_allclose(kappa["riemannian"], -network.laplacian_of_energy(u), rtol=1e-10)
        rates = np.stack(
            [(network.energy(u + h * e) - network.energy(u - h * e)) / (2 * h) for e in np.eye(64)], axis=-1
        )
        falling = (rates * network.velocity(u)).sum(-1)
        np.testing.assert_allclose(falling, -(network.metric(u) * network.velocity(u) ** 2).sum(-1), rtol=1e-5)


@pytest.mark.parametrize("name", ["logistic", "tanh"])
def test_saturation(name):
    """κ and −ΔE agree to rounding on u up to ±40, measured against the size of their terms."""
    network, _ = _random(2, name, 2)
    side = np.linspace(-40, 40, 161)
    u = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1)
    kappa, laplacian = network.compressibility(u), network.laplacian_of_energy(u)
    assert np.isfinite(kappa).all()
    terms = np.abs(network.compressibility(u, "primal")) + (
        np.abs(network.activation.numeric["bend"](u) * network.velocity(u))
    ).sum(-1)
    assert np.max(np.abs(kappa + laplacian) / terms) < 2e-15
    assert np.quantile(np.abs(kappa + laplacian) / np.abs(kappa), 0.999) < 1e-12


def test_symbols_and_numbers_agree():
    network = Hopfield(2, "arctan")
    values = {s: 0.3 + 0.25 * k for k, s in enumerate(network.constants)}
    numbers = network.numbers(values)
    u = np.array([0.7, -1.1])
    at = {**values, **dict(zip(network.coordinates, u))}
    for volume in ("primal", "riemannian", "dual"):
        assert abs(float(network.flow.compressibility(volume).subs(at)) - numbers.compressibility(u, volume)) < 1e-12
    assert abs(float(network.energy.subs(at)) - numbers.energy(u)) < 1e-12
    np.testing.assert_allclose([float(c.subs(at)) for c in network.components], numbers.velocity(u), rtol=1e-12)


# -- fixed points ---------------------------------------------------------------------------------------------


def test_pitchfork_of_one_neuron():
    for weight, kinds in ((0.5, ["stable"]), (1.0, ["degenerate"]), (2.0, ["stable", "unstable", "stable"])):
        found = HopfieldNumbers.of_arrays([[weight]], "tanh").fixed_points(count=64)
        if weight != 1.0:
            assert found.kind.values.tolist() == kinds
    # u = 2 tanh u, to 25 digits from mpmath
    root = float(mpmath.findroot(lambda u: u - 2 * mpmath.tanh(u), 1.9))
    np.testing.assert_allclose(found.position[:, 0], [-root, 0, root], atol=1e-12)
    np.testing.assert_allclose(found.spectrum[1], [1.0])


def test_spectrum_of_symmetric_networks_is_real_and_that_of_the_jacobian():
    network, draw = _random(6, "tanh", 4)
    u = draw.normal(size=(5, 6))
    for state, ours in zip(u, network.spectrum(u)):
        values = np.linalg.eigvals(network.jacobian(state))
        np.testing.assert_allclose(np.sort(values.real), np.sort(ours), rtol=1e-9, atol=1e-11)
    ring = HopfieldNumbers.of_arrays([[0, 3.0, 0], [0, 0, 3.0], [-3.0, 0, 0]], "tanh")
    assert np.iscomplexobj(ring.spectrum(np.zeros(3)))


def test_fixed_points_of_gradient_flows_obey_morse():
    """Stable minus saddles with one unstable direction plus …: the indices sum to 1 in a bounded system."""
    network = HopfieldNumbers.of_arrays([[3.0, 1.0], [1.0, 3.0]], "tanh")
    found = network.fixed_points()
    indices = (found.spectrum.values > 0).sum(1)
    assert len(indices) == 9 and (np.array([-1.0]) ** indices).sum() == 1
    assert np.max(np.abs(network.velocity(found.position.values))) < 1e-12
    ends = network.trajectories(np.random.default_rng(0).normal(size=(40, 2)) * 4, 60.0).position.values[:, -1]
    stable = found.position.values[found.kind.values == "stable"]
    assert all(np.min(np.abs(stable - e).max(1)) < 1e-7 for e in ends)


# -- time ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, n",
    [
        ("tanh", 3),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in (("softplus", 8), ("tanh", 17), ("softplus", 17))),
    ],
)
def test_batches_end_where_scipy_ends(name, n):
    from scipy.integrate import solve_ivp

    network, draw = _random(n, name, 8, symmetric=False)
    network = HopfieldNumbers.of_arrays(
        network.weights / n, network.activation, network.resistance, network.capacitance, network.current
    )
    starts = draw.normal(size=(19, n)) * 2
    many = network.trajectories(starts, 20.0, rtol=1e-10, atol=1e-12)
    for row in (0, 9, 18):
        one = solve_ivp(lambda _, u: network.velocity(u), (0, 20), starts[row], method="DOP853", rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(many.position[row, -1], one.y[:, -1], rtol=1e-8, atol=1e-9)


def test_the_theorem_along_a_trajectory():
    network = Hopfield(2, "logistic", capacitance=1)
    values = {"W11": 1, "W12": -3, "W22": 0.5, "R1": 1, "R2": 2, "J1": 1, "J2": 0.7}
    path = network.flow.trajectory([2, -1], np.linspace(0, 4, 9), values, measure="cloud")
    np.testing.assert_allclose(path.log_volume, path.accumulated, atol=1e-6)
    assert (np.diff(path.energy) < 0).all()


@pytest.mark.slow
def test_a_network_beyond_what_is_multiplied_out():
    """Twelve neurons in symbols: no formula has 2¹² terms, and the numbers are those of the arrays."""
    draw = np.random.default_rng(12)
    weights = np.round(draw.normal(size=(12, 12)), 2)
    network = Hopfield(weights + weights.T, "tanh", current=0.25)
    assert network.flow.is_gradient() and network.flow.dissipates() and network.manifold.structure == "hessian"
    u, numbers = draw.normal(size=12), network.numbers()
    for volume in ("primal", "riemannian", "dual"):
        value = sp.lambdify(network.coordinates, network.flow.compressibility(volume))(*u)
        np.testing.assert_allclose(value, numbers.compressibility(u, volume), rtol=1e-12)
    path = network.flow.trajectory(u, np.linspace(0, 1, 3), volumes="riemannian", measure="cloud")
    np.testing.assert_allclose(path.log_volume, path.accumulated, atol=1e-6)
    assert not Hopfield(weights, "tanh").flow.is_gradient()


@pytest.mark.parametrize("n", [64, pytest.param(100, marks=pytest.mark.slow)])
def test_a_memory_recalls(n):
    patterns = np.sign(np.random.default_rng(n).normal(size=(4, n)))
    memory = AssociativeMemory(patterns)
    for which in range(4):
        path = memory.recall(memory.corrupted(which, flips=n // 5, seed=which))
        assert (np.sign(path.rates[-1]) == patterns[which]).all()
        assert float(path.overlap[0, which]) < 0.7 and float(path.overlap[-1, which]) > 0.95
        assert (np.diff(path.energy) < 1e-9).all() and float(path.energy[-1] - path.energy[0]) < -1
        np.testing.assert_allclose(
            2 * path.compressibility.sel(volume="riemannian"),
            path.compressibility.sel(volume="primal") + path.compressibility.sel(volume="dual"), rtol=1e-10,
        )  # fmt: skip


# -- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Hopfield(0), "positive number of neurons"),
        (lambda: Hopfield(2.5), "positive number of neurons"),
        (lambda: Hopfield([[1, 2]]), "square matrix"),
        (lambda: Hopfield([[1, "x"], [2, 3]]), "string"),
        (lambda: Hopfield([[1, sp.nan], [2, 3]]), "not finite"),
        (lambda: Hopfield([[sp.I]]), "not real"),
        (lambda: Hopfield(2, resistance=-1), "resistance 1 is -1; it must be positive"),
        (lambda: Hopfield(2, capacitance=[1, 0]), "capacitance 2 is 0; it must be positive"),
        (lambda: Hopfield(2, current=[1, 2, 3]), "3 values of current for 2 neurons"),
        (lambda: Hopfield(2, gain=-1), "gain is -1; it must be positive"),
        (lambda: Hopfield(2, "sinus"), "unknown activation"),
        (lambda: Hopfield([[sp.Symbol("u1", real=True)]]), "u1 is a coordinate"),
        (lambda: HopfieldNumbers.of_arrays([[1.0, 2.0]]), "square matrix of finite"),
        (lambda: HopfieldNumbers.of_arrays([[1.0]], resistance=0.0), "resistance 1 is 0; it must be positive"),
        (lambda: HopfieldNumbers.of_arrays([[1.0]], current=[1.0, 2.0]), "current has shape"),
        (lambda: HopfieldNumbers.of_arrays([[1.0]]).velocity([1.0, 2.0]), "last axis must be the 1 neurons"),
        (lambda: HopfieldNumbers.of_arrays([[1.0]]).velocity([np.nan]), "NaN"),
        (lambda: HopfieldNumbers.of_arrays([[1.0]]).compressibility([1.0], "flat"), "unknown volume"),
        (lambda: HopfieldNumbers.of_arrays([[0.0, 1.0], [2.0, 0.0]]).energy([1.0, 1.0]), r"not symmetric \(W"),
        (lambda: HopfieldNumbers.of_arrays([[1.0]], "softplus").fixed_points(), "give radius="),
        (lambda: HopfieldNumbers.of_arrays([[1.0]]).trajectories([1.0], [0.0]), "at least two times"),
        (lambda: hebbian([[1, 0, -1]]), "rows of"),
        (lambda: AssociativeMemory([[1, -1]]).recall([1.0]), "2 neurons"),
        (lambda: AssociativeMemory([[1, -1]]).corrupted(0, 3), "cannot be flipped"),
    ],
)
def test_bad_input(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_missing_numbers_are_named():
    with pytest.raises(ManifoldError, match="give a number for C1, J1, R1 "):
        Hopfield(1).numbers({"W11": 1})
    with pytest.raises(ValueError, match="resistance 1 is -1"):
        Hopfield(1).numbers({"W11": 1, "R1": -1, "C1": 1, "J1": 0})


def test_a_network_that_blows_up_ends_with_an_event():
    runaway = HopfieldNumbers.of_arrays([[50.0]], activation(sp.sinh(U)))
    many = runaway.trajectories([[1.0], [-0.0]], 5.0)
    assert many.ending.values.tolist()[0] != 0 and many.ending.values.tolist()[1] == 0
    assert not np.isinf(many.position.values).any() and float(many.reached[0]) < 1


@pytest.mark.parametrize("name", ["logistic", "tanh", "arctan", "erf", "algebraic", "softplus"])
def test_the_square_is_right_in_every_cell(name):
    """κ and −ΔE agree to 1e-12 relative on u up to ±40, through every change of sign; and with 40 digits on a sample."""
    from chentsov.models.hopfield.square import compressibility_on_square, laplacian_on_square

    weights, resistance, capacitance, current = [[1.25, -0.75], [-0.75, 1.5]], [1, 1.5], [1, 0.75], [0.25, -0.5]
    network = Hopfield(weights, name, resistance, capacitance, current)
    numbers = network.numbers()
    u1, u2 = np.linspace(-40, 40, 256), np.linspace(-38, 40, 255)
    if name == "erf":
        u1, u2 = u1 * 0.6, u2 * 0.6  # beyond |u| = 26 the slope exp(−u²) is below the smallest double
    kappa, laplacian = compressibility_on_square(numbers, u1, u2), laplacian_on_square(numbers, u1, u2)
    # exp(−u²) feels the rounding of u², in κ through W_ii σ′ where it matters little.
    assert np.max(np.abs(kappa + laplacian) / np.abs(kappa)) < 1e-12
    here = np.stack(np.meshgrid(u1, u2, indexing="ij"), axis=-1)
    for volume in ("primal", "dual"):
        np.testing.assert_allclose(
            compressibility_on_square(numbers, u1, u2, volume), numbers.compressibility(here, volume), rtol=1e-9
        )
    expression = network.compressibility().replace(logistic, PLAIN["logistic"])
    exact = sp.lambdify(network.coordinates, expression, "mpmath")
    cells = np.argsort(np.abs(kappa), axis=None)[:40]
    with mpmath.workdps(40):
        for i, k in zip(*np.unravel_index(cells, kappa.shape)):
            target = exact(mpmath.mpf(float(u1[i])), mpmath.mpf(float(u2[k])))
            assert abs(kappa[i, k] - target) < 1e-12 * abs(target)
    filled = np.empty(kappa.shape)
    assert compressibility_on_square(numbers, u1, u2, out=filled) is filled and np.array_equal(filled, kappa)
    for arguments, words in (
        ((u1, u2, "flat"), "unknown volume"),
        ((u1[:, None], u2), "one-dimensional"),
        ((u1 * np.nan, u2), "finite"),
    ):
        with pytest.raises(ValueError, match=words):
            compressibility_on_square(numbers, *arguments)
    with pytest.raises(ValueError, match="C-contiguous"):
        compressibility_on_square(numbers, u1, u2, out=np.empty(3))
