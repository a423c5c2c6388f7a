"""Text handed in is never run: a payload goes to every argument of every public callable, and leaves no trace.

Callables are found by introspection, so a new one is attacked by itself; the payload would create a file if anything
evaluated it. Whatever else the call does (an error, a result) is no matter here.
"""

import inspect
import io
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress

import chentsov as ch
import pytest
import sympy as sp
from chentsov import models, parsing
from chentsov.geometry import exact, flows, grids, kernels, manifolds
from chentsov.geometry.exact.budget import time_limit
from chentsov.models import families, gibbs, spacetimes, surfaces

x, y = sp.symbols("x y", positive=True)
s, t = sp.symbols("s t", real=True)

# What a callable needs besides the payload, by the name of the parameter.
GIVEN = {
    "metric": [[1, 0], [0, x**2]],
    "coordinates": (x, y),
    "potential": sp.exp(x) + sp.exp(y),
    "log_partition": sp.exp(x) + sp.exp(y),
    "embedding": [x, y, x * y],
    "density": sp.exp(-y / x) / x,
    "variables": {y: (0, sp.oo)},
    "loss": x * s + y,
    "expression": x + s,
    "expressions": [x, x * y],
    "arguments": (x, y),
    "axes": {"x": [1.0, 2.0], "y": [1.0]},
    "point": [1, 1],
    "start": [1.0, 1.0],
    "velocity": [1, 0],
    "t": 0.1,
    "p": [1, 1],
    "q": [1, 2],
    "r": [2, 2],
    "values": {x: 1, y: 1},
    "components": [x, y],
    "f": x * y,
    "X": [x, y],
    "vector": [1, 0],
    "u": [1, 0],
    "v": [0, 1],
    "new": (s, t),
    "relations": {x: s, y: t},
    "directions": [[1, 0]],
    "base": [1, 1],
    "constraints": [[1, 0]],
    "alpha": 1,
    "parameter": s,
    "network": [[0, 1], [1, 0]],
    "source": None,
    "manifold": None,
    "function": lambda p: 0.0,
    "text": "x + y",
    "name": "ricci_scalar",
    "quantity": "ricci_scalar",
    "order": 2,
    "n": 2,
}
PLANE = ch.RiemannianManifold(GIVEN["metric"], (x, y))
HESSIAN = ch.HessianManifold(GIVEN["potential"], (x, y))
EXPONENTIAL = ch.ExponentialFamily(GIVEN["potential"], (x, y))
NORMAL = families.normal()
GIVEN["source"] = GIVEN["manifold"] = PLANE
OBJECTS = {
    "plane": PLANE,
    "Hessian": HESSIAN,
    "exponential": EXPONENTIAL,
    "immersed": ch.ImmersedManifold(GIVEN["embedding"], (x, y)),
    "normal": NORMAL,
    "flow": ch.Flow(PLANE, [x, -y]),
    "hopfield": models.Hopfield([[0, 1], [1, 0]]),
    "tensor": PLANE.tensor([x, y], ["up"]),
}
# Names of files, code to be called, ways of showing: no values, or slow to try.
SKIPPED = {"train", "check", "show", "store", "progress", "register_rule", "parametrize_with_manifolds"}


def _callables():
    for module in (ch, exact, flows, grids, kernels, manifolds, models, families, gibbs, spacetimes, surfaces, parsing):
        for name in getattr(module, "__all__", None) or dir(module):
            found = getattr(module, name, None)
            if not name.startswith("_") and callable(found) and name not in SKIPPED:
                yield f"{module.__name__}.{name}", found
                if inspect.isclass(found):
                    for inner, method in inspect.getmembers(found, inspect.ismethod):
                        if not inner.startswith("_") and method.__module__.startswith("chentsov"):
                            yield f"{module.__name__}.{name}.{inner}", method
    for label, thing in OBJECTS.items():
        for name, _ in inspect.getmembers(type(thing), callable):
            if not name.startswith("_") and name not in SKIPPED:
                yield f"{label}.{name}", getattr(thing, name)


def _parameters(function):
    with suppress(TypeError, ValueError):
        for p in inspect.signature(function).parameters.values():
            if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                yield p


ALL = dict(_callables())


def _shapes(payload):
    """The payload as a value, in a sequence, in a table, and as bound, key and value of mappings."""
    yield from (payload, [payload, payload], [[payload, 0], [0, payload]], (0, payload), (payload, 1))
    yield from ({x: payload, y: payload}, {"x": payload, "y": 1}, {payload: 1}, {y: (0, payload)}, {y: (payload, 1)})
    yield from ([{x: payload, y: 1}], [(payload, {y: (0, payload)})], [("density", {y: (payload, 1)})])


def _attack(function, payload, most):
    parameters = list(_parameters(function))
    for attacked in parameters[:most]:
        others = {p.name: GIVEN[p.name] for p in parameters if p is not attacked and p.name in GIVEN}
        for shape in _shapes(payload):
            with suppress(Exception), time_limit(2), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                function(**{**others, attacked.name: shape})


def _payload(marker):
    return f"open({str(marker)!r}, 'w').close() or 1"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """A text that is taken for a path makes files: not where the tests are run from."""
    monkeypatch.chdir(tmp_path)


def test_the_payload_works(tmp_path):
    marker = tmp_path / "ran"
    sp.sympify(_payload(marker).replace(" or 1", ""))
    assert marker.exists()


def test_there_is_something_to_attack():
    assert len(ALL) > 250
    for name in ("chentsov.StatisticalManifold.from_density", "chentsov.crosscheck", "plane.geodesic", "chentsov.Mean"):
        assert name in ALL


NAMED = {
    "a bound": lambda v: ch.StatisticalManifold.from_density(GIVEN["density"], {y: (0, v)}, (x,)),
    "a lower bound": lambda v: ch.StatisticalManifold.from_density(GIVEN["density"], {y: (v, sp.oo)}, (x,)),
    "a bound of a piece": lambda v: ch.StatisticalManifold.from_density(
        pieces=[(GIVEN["density"], {y: (0, v)})], coordinates=(x,)
    ),
    "a domain": lambda v: ch.StatisticalManifold.from_density(
        GIVEN["density"], {y: (0, sp.oo)}, (x,), domain={x: (0, v)}
    ),
    "a statistic": lambda v: ch.ExponentialFamily(GIVEN["potential"], (x, y), statistics=(v, v)),
    "a tensor from a dictionary": lambda v: PLANE.tensor({(0, 0): v, 0: v}, ["up", "up"]),
    "a tensor": lambda v: PLANE.tensor([[v, v], [v, v]], ["up", "up"]),
    "the parameter of a geodesic": lambda v: PLANE.geodesic_equations(v),
    "the variables of a mean": lambda v: ch.Mean(x, v),
    "a variable of a mean": lambda v: ch.Mean(x, [v]),
    "a point of a cross-check": lambda v: ch.crosscheck(PLANE, at=[{"x": v, "y": 1}]),
    "a constant of a cross-check": lambda v: ch.crosscheck(PLANE, constants={"x": v}),
    "a metric to judge by": lambda v: ch.check_curvature(lambda p: 0.0, ([[1, 0], [0, v]], (x, y))),
    "a scalar to judge by": lambda v: ch.check_curvature(lambda p: 0.0, PLANE, scalar=v),
    "a point to judge at": lambda v: ch.check_curvature(lambda p: 0.0, PLANE, points=[[v, 1]]),
    "a gain": lambda v: models.Hopfield([[0, 1], [1, 0]], "tanh", gain=v),
    "a weight": lambda v: models.Hopfield([[0, v], [v, 0]]),
    "a formula": lambda v: parsing.parse_expression(v),
}


@pytest.mark.parametrize("place", NAMED)
def test_nothing_runs_and_the_error_is_ours(place, tmp_path):
    marker = tmp_path / "ran"
    with pytest.raises(ch.ChentsovError) as caught:
        NAMED[place](_payload(marker))
    assert not marker.exists() and "\n" not in str(caught.value) and len(str(caught.value)) < 600


def _own_functions(base=sp.Function):
    for cls in base.__subclasses__():
        home = sys.modules.get(cls.__module__ or "")  # examples define functions too, which no module has
        own = cls.__module__ and cls.__module__.startswith("chentsov") and getattr(home, cls.__name__, None) is cls
        if own and not cls.__name__.startswith("_"):
            yield cls
        yield from _own_functions(cls)


def test_functions_of_our_own_refuse_text(tmp_path):
    found = set(_own_functions())
    assert {"logistic", "zeta_derivative", "softplus"} <= {cls.__name__ for cls in found}
    for cls in found:
        if cls.__name__ == "ReadFunction":
            continue
        for place in range(max(cls.nargs)):
            arguments = [sp.S.One] * max(cls.nargs)
            arguments[place] = _payload(tmp_path / "ran")
            with pytest.raises(ch.ChentsovError, match="is the text"):
                cls(*arguments)
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
def test_no_public_callable_runs_text(tmp_path):
    ran = []
    for number, (name, function) in enumerate(ALL.items()):
        marker = tmp_path / f"ran{number}"
        _attack(function, _payload(marker), 12)
        if marker.exists():
            ran.append(name)
    assert ran == []


@pytest.mark.parametrize("name", [n for n in ALL if n.split(".")[0] == "chentsov" and n.count(".") == 1])
def test_no_name_of_the_package_runs_text(name, tmp_path):
    marker = tmp_path / "ran"
    _attack(ALL[name], _payload(marker), 4)
    assert not marker.exists()
