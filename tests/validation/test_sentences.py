"""Every sentence of a report has a program of which it is true, and a near miss of which it must not be said.

The sentences are found in the code: each `Diagnosis` and `Finding` that is written out there, the shifts of rows and
the scopes. (Those of generated mistakes are tried by the property test of `test_judge`.)
"""

import ast
import re
import time
from pathlib import Path

import chentsov as ch
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry import validation
from chentsov.geometry.validation.cases import floats
from chentsov.geometry.validation.suite import load_suite

FOLDER = Path(validation.__file__).parent


def written():
    """The names of the sentences in the code; where a part of a name is found at run time, what stands around it."""
    found = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Diagnosis", "Finding") and node.args:
                parts = [node.args[0]]
                if isinstance(parts[0], ast.IfExp):
                    parts = [parts[0].body, parts[0].orelse]
                for name in parts:
                    if isinstance(name, ast.JoinedStr):
                        found.add("".join(p.value for p in name.values if isinstance(p, ast.Constant)).strip("-"))
                    elif isinstance(name, ast.Constant):
                        found.add(name.value)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if getattr(target, "id", "") in ("_ROWS", "properties"):
                    found |= {row.elts[0].value for row in node.value.elts}
    return found


SUITE = {c.name: c for c in load_suite()}
TRUTH = {
    (name, tuple(p)): float(floats(c.certified("ricci_scalar", q)))
    for name, c in SUITE.items() if "near-singular" not in c.tags for p, q in zip(c.float_points, c.points)
}  # fmt: skip
U, V = sp.symbols("u v", real=True)
TORUS = (sp.diag(1, (3 + sp.cos(U)) ** 2), (U, V))
POINTS = [(0.5, 1.0), (1.0, -0.5), (2.25, 0.75), (-1.5, 0.25), (3.0, 2.0), (-0.75, -1.25)]


def name_of(metric):
    return re.search("of (.*), coord", repr(metric)).group(1)


def scalar(metric, x):
    """R, known beforehand."""
    return TRUTH[name_of(metric), tuple(x)]


def bump(x):
    return 0.37 * np.sin(7 * np.sum(x)) + 0.2


def R(x):
    return 2 * np.cos(x[0]) / (3 + np.cos(x[0]))


def second(x, h):
    w = lambda u: 3 + np.cos(u)
    return -2 * (w(x[0] + h) - 2 * w(x[0]) + w(x[0] - h)) / h**2 / w(x[0])


def noted(x):
    """R at a point, in the order in which the points come."""
    return POINTS.index(tuple(x))


def torus(function, **options):
    return ch.check_curvature(function, TORUS, points=POINTS, shrink=False, **options)


def suite(function, *names, **options):
    cases = [SUITE[n] for n in names] or [c for n, c in SUITE.items() if (n, tuple(c.float_points[0])) in TRUTH]
    return ch.check_curvature(function, suite=cases, shrink=False, **options)


FEW = ("plane-polar", "torus", "dense-2d", "dense-3d", "warped-3d", "schwarzschild", "dense-4d")


def scope(holds):
    """A program that is right where the rule holds; and one that is right nowhere."""
    return (lambda: suite(lambda g, x: scalar(g, x) + bump(x) * (not holds(SUITE[name_of(g)])))), NOWHERE


def NOWHERE():
    return suite(lambda g, x: scalar(g, x) + bump(x))


def entry(factor, quantity="metric"):
    return lambda: suite(lambda g, x: g(x) * factor(len(x), x), *FEW, quantity=quantity)


def corner(n, value):
    out = np.ones((n, n))
    out[0, 0] = value
    return out


def memory(key):
    kept = {}

    def function(metric, x):
        if key(metric, x) not in kept:
            kept[key(metric, x)] = scalar(metric, x) + 0 * metric(x)[0, 0]
        return kept[key(metric, x)]

    return function


def changing():
    calls = []
    return lambda x: (calls.append(0), R(x) + len(calls))[1]


def said(value):
    print("here")
    return value


def mutated(x):
    value = R(x)
    x[0] = 0
    return value


def careless(x):
    np.seterr(all="ignore")
    np.set_printoptions(precision=3)
    return R(x)


PLANE = (sp.eye(2) / sp.Symbol("y", positive=True) ** 2, (sp.Symbol("x", real=True), sp.Symbol("y", positive=True)))
EXAMPLES = {
    "constant-factor": (lambda: torus(lambda x: 1.37 * R(x)), lambda: torus(lambda x: (1.37 + bump(x)) * R(x))),
    "component-factor": (entry(lambda n, x: corner(n, 1.37)), entry(lambda n, x: np.full((n, n), 1.37))),
    "component-wrong": (entry(lambda n, x: corner(n, 2 + np.sin(9 * x[-1]))), entry(lambda n, x: 2 + np.sin(9 * x[0]))),
    "coordinate-factor": (
        lambda: ch.check_curvature(lambda x: -2 * x[1] ** 1.5, PLANE, shrink=False),
        lambda: ch.check_curvature(lambda x: -2 * x[1] ** 1.5 + 0.1, PLANE, shrink=False)),
    "approximation": (lambda: suite(lambda g, x: scalar(g, x) * (1 + 2e-3 * np.sin(9 * np.sum(x))), *FEW),
                      lambda: suite(lambda g, x: scalar(g, x) * (1 + 5e-3 * (len(x) == 4)), *FEW)),
    "stale-cache": (lambda: suite(memory(lambda g, x: len(x)), *FEW), lambda: suite(lambda g, x: bump(x), *FEW)),
    "answer-of-another-point": (lambda: torus(lambda x: R(POINTS[[3, 1, 5, 2, 4, 0][noted(x)]])),
                                lambda: torus(lambda x: R((x[0] + 0.1, 0)))),
    "float16": (lambda: torus(lambda x: np.float16(R(x))), lambda: torus(lambda x: np.float32(R(x)))),
    "float32": (lambda: torus(lambda x: np.float32(R(x)), rtol=1e-9), lambda: torus(lambda x: round(R(x), 3))),
    "output": (lambda: torus(lambda x: round(R(x), 3)), lambda: torus(lambda x: R(x) + 1e-3 * (1 + bump(x)))),
    "constant-added": (lambda: torus(lambda x: R(x) + 1), lambda: torus(lambda x: R(x) + 1 + bump(x))),
    "constant-answer": (lambda: torus(lambda x: 0.5), lambda: torus(lambda x: 0.5 + 1e-3 * x[0])),
    "answer-clipped": (lambda: torus(lambda x: np.clip(R(x), -0.5, 0.3)), lambda: torus(lambda x: R(x) * 0.6)),
    "fisher-off-by-n": (lambda: torus(lambda x: R(x) / 7), lambda: torus(lambda x: R(x) / 7.3)),
    "cancellation": (lambda: torus(lambda x: R(x) + (x[0] > 1) * ((1e13 * (1 + np.pi * x[0]) - 1e13) - 1e13 * np.pi * x[0])),
                     lambda: torus(lambda x: R(x) * (1 + 1e-2 * (x[0] > 1)))),
    "finite-difference-noise": (lambda: torus(lambda x, h=1e-7: second(x, h)), lambda: torus(lambda x, h=0.3: second(x, h))),
    "finite-difference-truncation": (lambda: torus(lambda x, h=0.3: second(x, h)), lambda: torus(lambda x, h=1e-7: second(x, h))),
    "formula": (lambda: torus(lambda x: 2 * np.sin(x[0]) / (3 + np.cos(x[0]))), lambda: torus(lambda x: R(x) + bump(x))),
    "first-row-for-all": (lambda: torus(lambda x: R(POINTS[0])), lambda: torus(lambda x: R(POINTS[0]) + 0.1)),
    "last-row-for-all": (lambda: torus(lambda x: R(POINTS[-1])), lambda: torus(lambda x: R(POINTS[-1]) + 0.1)),
    "off-by-one-row": (lambda: torus(lambda x: R(POINTS[noted(x) - 1])), lambda: torus(lambda x: R(POINTS[noted(x) - 2]))),
    "rows-reversed": (lambda: torus(lambda x: R(POINTS[5 - noted(x)])), lambda: torus(lambda x: R(POINTS[noted(x) - 1]))),
    "prints": (lambda: torus(lambda x: said(R(x))), lambda: torus(lambda x: str(R(x)))),
    "changes-settings": (lambda: torus(careless), lambda: torus(lambda x: R(x))),
    "too-slow": (lambda: torus(lambda x: time.sleep(9), time_limit=0.05), lambda: torus(lambda x: 1 / 0)),
    "raises": (lambda: torus(lambda x: 1 / 0), lambda: torus(lambda x: np.inf)),
    "returns-nothing": (lambda: torus(lambda x: None), lambda: torus(lambda x: "")),
    "mutates-input": (lambda: torus(mutated), lambda: torus(lambda x: mutated(np.array(x)))),
    "not-finite": (lambda: torus(lambda x: np.nan), lambda: torus(lambda x: 1e300)),
    "wrong-shape": (lambda: torus(lambda x: [R(x)] * 2), lambda: torus(lambda x: "2")),
    "complex": (lambda: torus(lambda x: R(x) + 1j), lambda: torus(lambda x: R(x) + 0j)),
    "wrong-dtype": (lambda: torus(lambda x: 1), lambda: torus(lambda x: 1.0)),
    "not-numeric": (lambda: torus(lambda x: "two"), lambda: torus(lambda x: None)),
    "not-repeatable": (lambda: torus(changing()), lambda: torus(lambda x: R(x) + 1)),
    "mixes-rows": (lambda: torus(lambda X: 2 * np.cos(X[:, 0]) / (3 + np.cos(X[:, 0])) + len(X) - 6, form="batch"),
                   lambda: torus(lambda X: 2 * np.cos(X[:, 0]) / (3 + np.cos(X[:, 0])) + 1, form="batch")),
    "only-diagonal": scope(lambda c: c.metric.is_diagonal()),
    "only-two-dimensional": scope(lambda c: c.dim == 2),
    "only-positive-definite": scope(lambda c: "lorentzian" not in c.tags),
    "only-four-dimensional": scope(lambda c: c.dim == 4),
    "only-three-dimensional-or-less": scope(lambda c: c.dim < 4),
    "only-four-dimensional-or-less": scope(lambda c: c.dim < 5),
    "not-in-one-dimension": scope(lambda c: c.dim > 1),
    "only-constant-curvature": scope(lambda c: {"constant-curvature", "flat"} & c.tags),
    "only-flat": scope(lambda c: "flat" in c.tags),
}  # fmt: skip
#: Shown elsewhere, with programs that need differences.
ELSEWHERE = {
    "metric-asked-too-little", "terms-weighted", "slow", "only-static", "only-axisymmetric",
    "only-without-first-derivatives",
}  # fmt: skip


def names(report):
    return [d.name for d in report.diagnoses[:1]] + [f.name for f in report.findings]


def test_no_sentence_is_without_its_example():
    assert written() - set(EXAMPLES) == ELSEWHERE
    assert set(EXAMPLES) <= written()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("key", EXAMPLES)
def test_a_sentence_is_said_of_its_program_and_not_of_a_near_miss(key):
    true, near = (names(make()) for make in EXAMPLES[key])
    assert any(name.startswith(key) for name in true), true
    assert not any(name.startswith(key) for name in near), near
