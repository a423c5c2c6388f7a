"""Whatever the package makes can be sent: pickled, copied, and used in a process that was spawned for it."""

import copy
import multiprocessing
import pickle

import chentsov as ch
import pytest
import sympy as sp

x, y = sp.symbols("x y", real=True)
s = sp.Symbol("s", positive=True)
NORMAL = sp.exp(-((x - y) ** 2) / (2 * s**2)) / (sp.sqrt(2 * sp.pi) * s)


def _sphere():
    return ch.RiemannianManifold(sp.diag(1, sp.sin(x) ** 2), (x, y))


THINGS = {
    "Riemannian": _sphere,
    "Hessian": lambda: ch.HessianManifold(sp.log(1 + sp.exp(x) + sp.exp(y)), (x, y)),
    "immersed": lambda: ch.ImmersedManifold([x, y, x**2 + y**2], (x, y)),
    "density": lambda: ch.StatisticalManifold.from_density(NORMAL, {x: (-sp.oo, sp.oo)}, (y, s)),
    "exponential family": lambda: ch.ExponentialFamily(sp.log(1 + sp.exp(x)), (x,)),
    "empirical": lambda: ch.models.TwoWeightNeuron().manifold,
    "neuron": ch.models.TwoWeightNeuron,
    "Hopfield": lambda: ch.models.Hopfield(2),
    "space-time": ch.models.spacetimes.kerr,
    "family": ch.models.families.gamma,
    "flow": lambda: ch.Flow(_sphere(), [x, -y]),
    "tensor": lambda: _sphere().tensor([x * y, sp.sin(x)], "down"),
    "field element": lambda: _sphere().field(sp.sin(x) / (1 + sp.cos(x))),
    "mean": lambda: ch.Mean(sp.tanh(x * y), y),
    "kernel": lambda: ch.compile(x * sp.exp(y), [x, y]),
    "report": lambda: ch.check_curvature(lambda p: 1.0, _sphere()),
    "cross-check": lambda: ch.crosscheck(_sphere(), "ricci_scalar"),
}


def same(a, b):
    for name in ("metric", "components", "ricci_scalar", "expression"):
        if hasattr(a, name):
            assert getattr(a, name) == getattr(b, name), name
    if hasattr(a, "as_expr"):
        assert a.as_expr() == b.as_expr()
    assert type(a) is type(b)


@pytest.mark.parametrize("name", THINGS)
def test_pickles_and_copies(name):
    thing = THINGS[name]()
    for used in (False, True):
        if used:
            if not hasattr(thing, "ricci_scalar"):
                continue
            assert thing.ricci_scalar is not None
        same(thing, pickle.loads(pickle.dumps(thing)))
        same(thing, copy.deepcopy(thing))


def _curvature(manifold):
    return manifold.ricci_scalar


def test_a_spawned_process_goes_on_with_it():
    neuron = ch.models.TwoWeightNeuron()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_curvature, (neuron.manifold,)) == neuron.manifold.ricci_scalar


def test_what_numbers_were_taken_from_can_be_sent():
    a, b, t = sp.symbols("a b t", real=True)
    rows = {"x": [0.1, 0.5, 0.7], "t": [0.0, 1.0, 0.3]}
    empirical = ch.EmpiricalManifold((sp.tanh(a * x + b) - t) ** 2, (x, t), (a, b))
    dense = ch.models.DenseNetwork((1, 1, 1), bias=False, data=([[0.1], [0.5], [0.7]], [0.0, 1.0, 0.3]))
    numeric = ch.models.NumericNetwork((2, 2, 3), "tanh", dtype="float64")
    weights, inputs = numeric.initial(seed=0), [[0.1, 0.2], [0.3, -0.4]]
    for thing, ask in (
        (empirical, lambda m: m.curvature_at([0.5, 0.2], rows).ricci_scalar),
        (empirical, lambda m: m.reduced_curvature_at([0.5, 0.2], rows).ricci_scalar),
        (dense, lambda m: m.curvature_at([0.5, 0.2]).ricci_scalar),
        (numeric, lambda m: m.reduced_curvature(weights, inputs, fisher="true").ricci_scalar),
    ):
        known = ask(thing)
        assert ask(pickle.loads(pickle.dumps(thing))) == ask(copy.deepcopy(thing)) == known
