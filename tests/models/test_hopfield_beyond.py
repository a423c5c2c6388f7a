"""Hopfield systems beyond the paper: coupled Lagrangians, mirror descent, Cohen–Grossberg, basins, memories, families."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact.errors import InputError
from chentsov.models.hopfield import (
    AssociativeMemory,
    CohenGrossberg,
    DenseAssociativeMemory,
    Hopfield,
    HopfieldNumbers,
    LagrangianNetwork,
    activation,
    descents,
    ghostmax,
    indefinite_gradient_flow,
    layer_norm,
    mean_function,
    mirror_step,
    natural_gradient_step,
    softmax,
    spherical_norm,
    symmetriser,
    wilson_cowan,
)
from chentsov.models.hopfield.activations import U

# -- the laws of n neurons ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "layer",
    [ghostmax(2), ghostmax(3), softmax(2), spherical_norm(2), spherical_norm(3), layer_norm(3), layer_norm(4)],
    ids=lambda layer: f"{layer.name} {len(layer.coordinates)}",
)
def test_the_law_is_what_the_metric_gives(layer):
    """Exactly, with every parameter a symbol: R of the Hessian metric of L against the printed law."""
    manifold = layer.manifold
    assert manifold.local.ricci_scalar() == manifold.field(layer.ricci_scalar)


@pytest.mark.parametrize(
    "make",
    [
        ghostmax,
        pytest.param(softmax, marks=pytest.mark.slow),
        spherical_norm,
        pytest.param(layer_norm, marks=pytest.mark.slow),
    ],
    ids=lambda f: f.__name__,
)
def test_the_law_of_four_neurons_in_numbers(make):
    """R = ¼(T_ijk T^ijk − T_i T^i) with 40 digits from derivatives of L that are taken numerically."""
    layer = make(4)
    values = {
        s: sp.Rational(k + 3, 4)
        for k, s in enumerate(sorted(layer.value.free_symbols - set(layer.coordinates), key=str))
    }
    at = {x: sp.Rational((-1) ** k * (k + 1), 3) for k, x in enumerate(layer.coordinates)}
    n = len(layer.coordinates)
    with mpmath.workdps(40):
        g = mpmath.matrix(n, n)
        t = np.empty((n, n, n), dtype=object)
        second = sp.hessian(layer.value.subs(values), layer.coordinates)
        for i in range(n):
            for j in range(n):
                g[i, j] = mpmath.mpf(sp.N(second[i, j].subs(at), 40))
                for k in range(n):
                    t[i, j, k] = mpmath.mpf(sp.N(sp.diff(second[i, j], layer.coordinates[k]).subs(at), 40))
        h = np.array((g**-1).tolist(), dtype=object).reshape(n, n)
        raised = np.einsum("ai,ijk->ajk", h, t)
        trace = np.einsum("iik->k", raised)
        square = np.einsum("ajk,bjl,kl->ab", raised, np.einsum("jm,bml->bjl", h, t), h)
        full = sum(square[a, a] for a in range(n))
        expected = (full - trace @ h @ trace) / 4
        found = mpmath.mpf(sp.N(layer.ricci_scalar.subs(values).subs(at), 40))
        assert abs(found - expected) < mpmath.mpf(10) ** -25 * (1 + abs(expected))


def test_three_neurons_as_tried():
    beta, eps = sp.symbols("beta epsilon", positive=True)
    x = ghostmax(3).coordinates
    square = sum(c**2 for c in x)
    assert ghostmax(3).ricci_scalar == 3 * beta / 2 and ghostmax(3).manifold.has_constant_curvature() is True
    tried = -5 * square / (2 * eps * sp.sqrt(eps + square))
    assert sp.simplify(spherical_norm(3).ricci_scalar - tried) == 0
    assert spherical_norm(3).manifold.has_constant_curvature() is False


def test_softmax_without_its_quadratic_term_is_a_sphere_again():
    """ε → 0: n categories, R = β(n − 1)(n − 2)/4 of the n − 1 directions that are left."""
    layer = softmax(3, 2, sp.Rational(1, 10**8))
    at = {x: sp.Rational(k, 5) for k, x in enumerate(layer.coordinates)}
    assert abs(sp.N(layer.ricci_scalar.subs(at), 30) - 1) < 1e-6


@pytest.mark.parametrize(
    "layer", [ghostmax(2), spherical_norm(2), softmax(2, 2, 1), layer_norm(2, 1, 1, quadratic=1)], ids=lambda l: l.name
)
def test_compressibility_is_minus_the_laplacian_of_the_energy(layer):
    a, b, c, j, tau = sp.symbols("a b c j tau", positive=True)
    network = LagrangianNetwork(layer, [[a, b], [b, c]], [j, 0], tau)
    flow, m = network.flow, network.manifold
    assert flow.is_gradient() is True and flow.dissipates() is True
    assert (flow.compressibility_element("riemannian") + m.field(m.laplacian(network.energy))).is_zero
    assert (flow.compressibility_element("primal") + m.field(m.laplacian(network.energy, "dual"))).is_zero
    rotating = LagrangianNetwork(layer, [[a, b], [-b, c]])
    assert rotating.flow.is_gradient() is False
    with pytest.raises(InputError, match="not symmetric"):
        _ = rotating.energy


def test_two_layers_are_a_dense_memory():
    """At the hidden neurons' rest h = ξv the energy of both layers is ½|v|² − lse(ξv) of the dense memory."""
    xi = [[1, -1], [1, 1], [-1, 1]]
    visible = layer_norm(2, 1, 1, quadratic=1, name="y")
    hidden = softmax(3, 2, sp.Rational(1, 10**9), name="h")
    plain = type(visible)("identity", sum(x**2 for x in visible.coordinates) / 2, visible.coordinates, sp.S.Zero)
    network = LagrangianNetwork.two_layers(plain, hidden, xi)
    v = np.array([0.3, -0.7])
    at = dict(zip(network.coordinates, [*v, *(np.array(xi) @ v)]))
    expected = DenseAssociativeMemory(xi, beta=2.0).energy(v)
    assert abs(float(network.energy.subs(at)) - expected) < 1e-7
    assert network.flow.is_gradient() is not False


# -- one system, three names ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["logistic", "tanh", "algebraic"])
def test_gradient_natural_gradient_and_mirror_descent_are_one_system(name):
    network = Hopfield(2, name)
    field = network.manifold.field
    for reading, components in descents(network).items():
        assert all(field(a) == field(b) for a, b in zip(components, network.components)), reading


def test_their_steps_part_at_second_order_and_the_mirror_stays_inside():
    pair = HopfieldNumbers.of_arrays([[0.5, 2.0], [2.0, 0.1]], "logistic", resistance=2.0, current=[0.1, -0.3])
    u = np.array([0.4, -1.2])
    gaps = [np.abs(mirror_step(pair, u, h) - natural_gradient_step(pair, u, h)).max() for h in (0.02, 0.01)]
    assert 3.9 < gaps[0] / gaps[1] < 4.1
    new, h = mirror_step(pair, u, 0.5), 0.5
    slope = np.array([(pair.energy(u + d) - pair.energy(u - d)) / 2e-6 for d in np.eye(2) * 1e-6])
    psi = pair.activation.numeric["primitive"]

    def target(w):
        divergence = (psi(w) - psi(u) - pair.rates(u) * (w - u)).sum()
        return slope @ w + divergence / h

    assert all(target(new) < target(new + d) for d in 1e-3 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]]))
    with pytest.raises(InputError, match="leaves the image of logistic: the largest is below"):
        mirror_step(pair, u, 50.0)


# -- members of the class -------------------------------------------------------------------------------------------


def test_hopfield_is_a_cohen_grossberg_system():
    network = Hopfield(2, "tanh")
    system = CohenGrossberg.of_hopfield(network)
    field = network.manifold.field
    assert all(field(a) == field(b) for a, b in zip(system.components, network.components))
    assert all(field(a) == field(b) for a, b in zip(system.manifold.metric, network.manifold.metric))
    assert all((field(system.energy) - field(network.energy)).diff(u).is_zero for u in network.coordinates)


def test_a_cohen_grossberg_system_of_ones_own():
    x, y = sp.symbols("x y", real=True)
    a, c = sp.symbols("a c", positive=True)
    system = CohenGrossberg(
        [a / (1 + x**2), 2 + sp.cos(y)], [1 - x**3, -y], [[1, c], [c, 0]], [sp.tanh(x), y + y**3], (x, y)
    )
    m, flow = system.manifold, system.flow
    assert flow.is_gradient() is True and flow.dissipates() is True and m.is_flat() is True
    assert (flow.compressibility_element("riemannian") + m.field(m.laplacian(system.energy))).is_zero
    with pytest.raises(InputError, match="belongs to x and holds y"):
        CohenGrossberg([y, 1], [1, 1], [[0, 1], [1, 0]], [x, y], (x, y))
    with pytest.raises(InputError, match="2 functions|3 functions|functions of"):
        CohenGrossberg([1, 1, 1], [1, 1], [[0, 1], [1, 0]], [x, y], (x, y))


def test_wilson_cowan_in_its_inputs():
    """v̇ = (−v + S(Wv + P))/τ: the velocity of u = Wv + P is W v̇."""
    w, p, tau = sp.Matrix([[3, -2], [4, -1]]), (sp.Rational(1, 2), -1), sp.Integer(2)
    network = wilson_cowan(w, "logistic", list(p), tau)
    v = sp.symbols("v1 v2", real=True)
    u = w * sp.Matrix(v) + sp.Matrix(p)
    rates = [network.activation.of(e) for e in u]
    expected = w * sp.Matrix([(s - r) / tau for s, r in zip(rates, v)])
    found = [e.subs(dict(zip(network.coordinates, u)), simultaneous=True) for e in network.components]
    assert all(sp.simplify(a - b) == 0 for a, b in zip(found, expected))
    assert network.flow.is_gradient() is False and symmetriser(network) == (1, -sp.S.Half)
    flow = indefinite_gradient_flow(network)
    assert flow.is_gradient() is True and flow.manifold.is_flat() is True
    with pytest.raises(InputError, match="singular"):
        wilson_cowan([[1, 1], [1, 1]])
    cycle = Hopfield([[0, 1, 2], [1, 0, 1], [1, 1, 0]])
    assert symmetriser(cycle) is None
    with pytest.raises(InputError, match="no diagonal matrix D"):
        indefinite_gradient_flow(cycle)


# -- basins and memories -----------------------------------------------------------------------------------------------


def test_basins_of_three_neurons():
    """All excite each other: by the symmetry u → −u two basins of equal size, and starts end where it is said."""
    ring = HopfieldNumbers.of_arrays(2 * (np.ones((3, 3)) - np.eye(3)), "tanh")
    found = ring.basins(count=256)
    stable = found.kind.values == "stable"
    assert stable.sum() == 2 and abs(found.share.values[stable] - 0.5).max() < 0.02 and (found.basin >= 0).all()
    ends = ring.trajectories(found.start.values[:40], 60.0).position.values[:, -1]
    assert np.allclose(ends, found.position.values[found.basin.values[:40]], atol=1e-5)
    signs = np.sign(found.start.values.sum(1))  # of states of one sign, which a cooperative system keeps
    far = np.abs(found.start.values).min(1) > 0.5
    same = np.abs(np.sign(found.start.values).sum(1)) == 3
    chosen = far & same
    assert np.array_equal(np.sign(found.position.values[found.basin.values[chosen]].sum(1)), signs[chosen])
    own = ring.basins([[1.0, 1, 1], [-1, -1, -1]])
    assert own.basin.values[0] != own.basin.values[1]
    with pytest.raises(InputError, match="give radius="):
        HopfieldNumbers.of_arrays(np.eye(3), "softplus").basins()


@pytest.mark.parametrize(
    "name",
    ["tanh", *(pytest.param(n, marks=pytest.mark.slow) for n in ("logistic", "arctan", "erf", "algebraic", "probit"))],
)
def test_a_memory_with_any_bounded_activation(name):
    patterns = np.sign(np.random.default_rng(1).normal(size=(2, 48)))
    memory = AssociativeMemory(patterns, gain=8.0, activation=name)
    path = memory.recall(memory.corrupted(1, flips=8, seed=2), moments=21)
    spins = (path.rates[-1] - memory.middle) / memory.half
    assert (np.sign(spins) == patterns[1]).all() and path.overlap.values[-1, 1] > 0.8
    assert (path.energy.diff("t") <= 1e-8).all()


def test_a_memory_needs_a_bounded_activation():
    with pytest.raises(InputError, match="softplus is unbounded"):
        AssociativeMemory([[1, -1]], activation="softplus")


def test_dense_memories():
    rng = np.random.default_rng(5)
    patterns = np.sign(rng.normal(size=(60, 32)))
    start = patterns[11].copy()
    start[:6] *= -1
    attention = DenseAssociativeMemory(patterns, beta=1.0)
    path = attention.recall(start)
    assert (np.sign(path.state[-1]) == patterns[11]).all() and (path.energy.diff("step") <= 1e-9).all()
    power = DenseAssociativeMemory(patterns, 6)
    assert (np.sign(power.recall(start).state[-1]) == patterns[11]).all()
    for memory in (attention, power):
        v, step = rng.normal(size=32), 1e-6 * np.eye(32)
        slope = (memory.energy(v + step) - memory.energy(v - step)) / 2e-6
        assert np.allclose(memory.velocity(v), -slope, rtol=1e-5, atol=1e-4 * np.abs(slope).max())
    for wrong in (lambda: DenseAssociativeMemory(patterns, 1), lambda: DenseAssociativeMemory(patterns, beta=-1),
                  lambda: power.energy([1.0])):  # fmt: skip
        with pytest.raises(InputError):
            wrong()


# -- mean functions ------------------------------------------------------------------------------------------------------


def test_mean_functions_and_their_families():
    named = {"logistic": "Bernoulli", "tanh": "spin ±1", "hyperbolic": "spin ±1"}
    assert {n: mean_function(activation(n)).family for n in named} == named
    assert all(
        mean_function(activation(n)).exists is False for n in ("erf", "probit", "arctan", "algebraic", "softplus")
    )
    own = {U: "normal", 3 * sp.exp(2 * U) - 1: "Poisson", sp.sinh(U): "Skellam", 2 * U + 1: "normal", U**3 + U: ""}
    for value, family in own.items():
        verdict = mean_function(replace(activation("softplus"), name=str(value), value=value))
        assert verdict.family[:6] == family[:6] and verdict.exists is (True if family else None)
    with pytest.raises(InputError, match="no exponential family is known .* there is none"):
        Hopfield(1, "softplus").statistical_reading()
    with pytest.raises(InputError, match="Poisson"):
        Hopfield(1, sp.exp(U)).statistical_reading()


def test_the_theorems_in_numbers():
    """erf: a variable in [−1, 1] has a variance ≤ 1 at mean 0; probit ≤ ¼; softplus: a negative weight in the series."""
    assert float(activation("erf").slope_of(0)) > 1 and float(activation("probit").slope_of(0)) > 0.25
    z = sp.Symbol("z")
    for c in (1, 2, 3):  # whatever the scale: some coefficient of exp(−c² Li₂(−z)) is negative
        with mpmath.workdps(60):
            log = [mpmath.mpf(0)] + [-(c**2) * mpmath.mpf(-1) ** k / k**2 for k in range(1, 80)]
            coefficients = [mpmath.mpf(1)]
            for k in range(1, 80):
                coefficients.append(sum(j * log[j] * coefficients[k - j] for j in range(1, k + 1)) / k)
        assert min(coefficients) < 0
    series = sp.series(sp.exp(z - z**2 / 4 + z**3 / 9 - z**4 / 16), z, 0, 5).removeO()
    assert series.coeff(z, 4) < 0
    # the positive ones: Skellam by its two Poisson variables, E[X] = ½(e^θ − e^{−θ})
    theta = sp.Rational(3, 5)
    a, b = sp.exp(theta) / 2, sp.exp(-theta) / 2
    mean = sum(
        (i - j) * a**i * b**j / sp.factorial(i) / sp.factorial(j) for i in range(25) for j in range(25)
    ) * sp.exp(-a - b)
    assert abs(sp.N(mean - sp.sinh(theta), 20)) < 1e-15
