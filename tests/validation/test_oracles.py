"""The other oracles of the cross-check, and the tools for other people's tests: plugin, decorator, command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import chentsov as ch
import pytest
import sympy as sp
from chentsov.command_line import run
from chentsov.geometry.exact import DifferentialField
from chentsov.geometry.validation.cases import as_case, find_points
from chentsov.geometry.validation.catalogue_check import crosscheck_catalogue
from chentsov.geometry.validation.comparison import CrossCheck
from chentsov.geometry.validation.identities import equal_in_field, holds_identically
from chentsov.geometry.validation.oracles import TENSORS, ask_oracle, crosscheck_suite
from chentsov.geometry.validation.suite import load_suite

ROOT = Path(__file__).resolve().parents[2]
t, r, u = sp.symbols("t r u", positive=True)


@pytest.mark.parametrize("oracle, route", [("jets", "proved"), ("arb", "symbolic")])
def test_every_tensor_of_a_dense_metric_is_proved(oracle, route):
    manifold = ch.RiemannianManifold([[1 + t**2, t * r], [t * r, 2 + sp.exp(r)]], (t, r), name="dense")
    table = ch.crosscheck(manifold, "all", oracle=oracle)
    assert table.passed and [row.quantity for row in table.rows] == list(TENSORS)
    assert {row.route for row in table.rows} == {route}
    assert all(row.worst < 1e-60 for row in table.rows) and "pass" in str(table)


@pytest.mark.slow
def test_jax():
    pytest.importorskip("jax")
    manifold = ch.RiemannianManifold(sp.diag(1, sp.sin(t) ** 2), (t, r))
    assert ask_oracle(manifold, oracle="jax").passed


class Wrong:
    """A manifold whose Ricci scalar is wrong."""

    metric, coordinates, name = sp.diag(1, sp.sin(t) ** 2), (t, r), "wrong"

    def expression_of(self, quantity):
        return sp.Integer(2) + sp.Rational(1, 10**24)


class Slow(Wrong):
    name = "slow"

    def expression_of(self, quantity):
        time.sleep(20)


def test_a_wrong_tensor_differs_and_a_slow_one_did_not_finish():
    for isolate in (False, True):
        check = crosscheck_catalogue(
            "jets", ("ricci_scalar",), entries=[("wrong", Wrong), ("slow", Slow())], seconds=0.3, isolate=isolate
        )
        table = check.tables["jets"]
        assert not check and not table.passed
        assert [row.route for row in table.rows] == ["numeric", "did not finish"]
        assert "DIFFERS" in str(table) and "did not finish within 0.3 s" in str(table) and "1 undecided" in str(table)
        assert "DIFFERS: wrong ricci_scalar: worst 5.0e-25" in str(check) and check.counts()["jets"] == {
            "differs": 1,
            "did not finish": 1,
        }
        assert json.loads(json.dumps(check.to_dict(), allow_nan=False))["oracles"]["jets"]["rows"][1]["worst"] is None


class Stuck(Wrong):
    """A manifold whose metric sits in one call into native code."""

    name = "stuck"

    def expression_of(self, quantity):
        return sum(range(10**12))


def test_native_code_that_does_not_return_is_ended():
    check = crosscheck_catalogue("jets", ("ricci_scalar",), entries=[("stuck", Stuck), ("sphere", ch.models.surfaces.sphere)], seconds=0.2,
                                 startup=0.5)  # fmt: skip
    assert [row.route for row in check.tables["jets"].rows] == ["did not finish", "proved"]
    assert "process was ended" in check.tables["jets"].rows[0].note


@pytest.mark.slow
def test_many_oracles_about_many_manifolds():
    neuron = ch.models.TwoWeightNeuron(data=ch.models.decision_boundary(4, seed=0))
    entries = [("sphere", ch.models.surfaces.sphere), ("neuron", lambda: neuron)]
    told = []
    check = crosscheck_catalogue(("einsteinpy", "jets", "arb"), ("christoffel", "ricci_scalar"), entries=entries, seconds=1.0,
                                 echo=told.append)  # fmt: skip
    routes = {(o, r.subject, r.quantity): r.route for o, t in check.tables.items() for r in t.rows}
    assert check.passed and len(told) == 2 and told[1].startswith("2/2 neuron")
    assert routes["einsteinpy", "sphere", "christoffel"] == routes["arb", "neuron", "ricci_scalar"] == "symbolic"
    assert routes["jets", "neuron", "christoffel"] == "proved"
    assert routes["einsteinpy", "neuron", "christoffel"] == "did not finish"
    with pytest.raises(ValueError, match="unknown oracle 'abacus'"):
        crosscheck_catalogue("jets,abacus".split(","), entries=[])


def test_equality_in_a_field():
    K = DifferentialField((t, r))
    assert equal_in_field(sp.sinh(t) ** 2 + 1, (sp.exp(t) + sp.exp(-t)) ** 2 / 4, K)
    assert equal_in_field(sp.Array([t, (t**2 - r**2) / (t - r)]), sp.Array([t, t + r]), K)
    assert not equal_in_field(sp.cos(t), sp.sin(t), K) and not equal_in_field(sp.Array([t]), sp.Array([t, t]), K)


@pytest.mark.parametrize("quantity", TENSORS)
def test_a_defining_equation_notices_a_change_in_one_component(quantity):
    manifold = ch.RiemannianManifold([[1 + t**2, t * r], [t * r, 2 + sp.exp(r)]], (t, r))
    K = DifferentialField((t, r))
    assert holds_identically(manifold.expression_of, (t, r), quantity, K)

    def changed(name):
        value = manifold.expression_of(name)
        if name != quantity:
            return value
        if not hasattr(value, "tolist"):
            return value * (1 + t / 10**9)
        array = sp.MutableDenseNDimArray(value.tolist())
        array[(1,) * array.rank() if quantity != "riemann" else (0, 1, 0, 1)] += t / 10**9
        return array

    assert not holds_identically(changed, (t, r), quantity, K)


def test_undefined_functions_and_constants_get_values():
    f = sp.Function("f")(t)
    table = ask_oracle(
        ch.RiemannianManifold(sp.diag(-1, f**2, u * f**2), (t, r, sp.Symbol("s")), name="warped"),
        ("ricci", "ricci_scalar"),
    )
    assert table.passed and not table.undecided


def test_the_engine_on_the_suite_and_on_an_unknown_oracle(capsys):
    assert crosscheck_suite([c for c in load_suite() if c.grade == 1], ("ricci",)).passed
    assert run(["validate", "--suite", "statistical", "--time-limit", "1"]) == 0
    assert "3 agree, 0 differ, 0 undecided" in capsys.readouterr().out
    assert (
        run(
            [
                "validate",
                "--catalogue",
                "--only",
                "surfaces.torus,hopfield.tanh",
                "--oracle",
                "jets,arb",
                "--quantity",
                "all",
            ]
        )
        == 0
    )
    out = capsys.readouterr()
    assert "surfaces.torus PPPPP SSSSS" in " ".join(out.out.split())  # columns are as wide as the longest name
    assert "10 symbolic" in out.out and "2/2 hopfield.tanh" in out.err
    assert run(["validate", "--catalogue", "--only", "surfaces.torus", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["oracles"]["jets"]["rows"][0]["route"] == "proved"
    assert run(["validate", "--catalogue", "--only", "no such thing"]) == 2
    with pytest.raises(ValueError, match="unknown oracle 'abacus'"):
        ch.crosscheck(Wrong(), oracle="abacus")


def test_einsteinpy_through_the_same_table():
    manifold = ch.RiemannianManifold(sp.diag(1, sp.sin(t) ** 2), (t, r), name="sphere")
    table = ask_oracle(manifold, oracle="einsteinpy", count=1)
    assert table.passed and {row.route for row in table.rows} == {"symbolic"}


@pytest.mark.slow
def test_einsteinpy_on_means_goes_through_its_general_surface():
    neuron = ch.models.TwoWeightNeuron(data=ch.models.decision_boundary(4, seed=0))
    row = ask_oracle(neuron, ("ricci_scalar",), oracle="einsteinpy", count=2, seconds=2.0).rows[0]
    assert row.route == "proved" and row.worst < 1e-25


def test_a_wrong_closed_form_is_not_equal_to_einsteinpys():
    class Almost:
        metric, coordinates, name = sp.diag(1, sp.sin(t) ** 2), (t, r), "almost"

        def expression_of(self, quantity):
            return 2 + sp.Rational(1, 10**20)

    row = ask_oracle(Almost(), ("ricci_scalar",), oracle="einsteinpy", count=1).rows[0]
    assert row.route == "numeric" and not row.passed


# --- the command -----------------------------------------------------------------------------------

PROGRAM = """
import numpy as np
print("imported")

def torus(x):
    return 2 * np.cos(x[0]) / (3 + np.cos(x[0]))

def opposite(x):
    return -torus(x)

def black_hole(x):
    return 48 / x[1]**6

value = 3
"""
ON = ["--metric", "1, 0; 0, (3 + cos(theta))^2", "--coordinates", "theta, phi"]


@pytest.fixture
def program(tmp_path, monkeypatch):
    (tmp_path / "my_program_under_test.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield "my_program_under_test"
    sys.modules.pop("my_program_under_test", None)


def test_exit_codes_of_the_command(program, capsys):
    assert run(["validate", f"{program}:torus", *ON]) == 0
    assert "PASS" in capsys.readouterr().out
    assert run(["validate", f"{program}.py:opposite", *ON, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["diagnoses"][0]["name"] == "overall-sign"
    with_mass = ["--manifold", "spacetimes.schwarzschild", "--constants", "m=1", "--quantity", "kretschmann"]
    assert run(["validate", f"{program}:black_hole", *with_mass]) == 0


@pytest.mark.parametrize("arguments, message", [
    (["nothing"], "package.module:function"), (["no_such_module_here:f"], "No module named"), (["{}:nope"], "it has"),
        (["{}:value"], "not a function"),
    (["{}:torus", "--quantity", "torsion"], "unknown quantity"), (["{}:torus", "--suite", "slow"], "unknown suite"),
        (["missing.py:f"], "there is no file"),
    (["{}:torus", "--coordinates", "a"], "add --metric"), (["os.system('x'):f"], "not the name of a module"),
        (["{}:torus", "--oracle", "jets"], "leave out"),
    (["{}:torus", "--constants", "m=1"], "without a manifold"),
    (["{}:torus", "--manifold", "spacetimes.schwarzschild", "--constants", "m=x"], "name=number"),
    (["{}:torus", "--manifold", "spacetimes.schwarzschild"], "no value is known for the symbol m"),
])  # fmt: skip
def test_bad_input_to_the_command_is_one_line_and_2(program, capsys, arguments, message):
    assert run(["validate", *(a.format(program) for a in arguments)]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("chentsov: error:") and message in error


def test_a_module_that_cannot_be_imported(tmp_path, capsys):
    (tmp_path / "broken_module.py").write_text("raise RuntimeError('no licence')\n")
    assert run(["validate", f"{tmp_path / 'broken_module.py'}:f"]) == 2
    assert "no licence" in capsys.readouterr().err


def test_the_command_exports_the_suite(tmp_path):
    assert run(["validate", "--export", str(tmp_path / "s.json"), "--suite", "quick"]) == 0
    assert json.loads((tmp_path / "s.json").read_text())["version"] == 1
    assert run(["validate", "--export", str(tmp_path / "no" / "s.json"), "--suite", "quick"]) == 2


# --- for the test suites of others -----------------------------------------------------------------


@ch.parametrize_with_manifolds("quick", grades=(1, 3), every_point=True)
def test_the_decorator_hands_over_cases(case):
    assert len(case.points) == 1 and case.grade in (1, 3)
    assert case.metric_function()(case.float_points[0]).shape == (case.dim, case.dim)


def test_the_decorator_refuses_an_empty_selection():
    with pytest.raises(ValueError, match="no case of grade"):
        ch.parametrize_with_manifolds("quick", grades=(5,))
    with pytest.raises(ValueError, match="empty"):
        ch.parametrize_with_manifolds([])


def test_the_plugin(tmp_path):
    (tmp_path / "test_theirs.py").write_text(
        textwrap.dedent("""
        def test_case(chentsov_case):
            assert chentsov_case.dim in (2, 3, 4)
        def test_suite(chentsov_suite):
            assert len(chentsov_suite) == 5
        def test_right(chentsov_check):
            chentsov_check(lambda m, x: 2 * m(x), suite="quick", quantity="metric")
    """)
    )
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "pytest_chentsov", "-p", "no:cacheprovider", str(tmp_path)],
                          capture_output=True, text=True, env=environment, timeout=120)  # fmt: skip
    assert "6 passed, 1 failed" in done.stdout.replace("1 failed, 6 passed", "6 passed, 1 failed"), (
        done.stdout + done.stderr
    )
    assert "metric on 5 manifolds" in done.stdout and "constant-factor" in done.stdout or "factor-2" in done.stdout


def test_the_plugin_is_light():
    code = "import sys, pytest_chentsov; assert not {'numpy', 'sympy', 'chentsov', 'flint'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


def test_every_oracle_takes_the_same_options_and_returns_the_same_table():
    """None is dropped: other seeds are other points, a tolerance is the one of the table, digits narrow the balls."""
    manifold = ch.RiemannianManifold(sp.diag(1, t**2 + sp.exp(t)), (t, r), name="surface")
    for oracle in ("einsteinpy", "jets", "arb"):
        one, other, wide = (
            ch.crosscheck(manifold, oracle=oracle, points=2, **options)
            for options in ({"tolerance": 1e-19}, {"seed": 5}, {"digits": 80})
        )
        assert {type(found) for found in (one, other, wide)} == {CrossCheck} and one and other and wide
        assert one.comparisons[0].tolerance == 1e-19 and "1 compared, 1 agree, 0 differ, 0 undecided" in str(one)
        if oracle == "jets":
            assert wide.comparisons[0].worst < 1e-100 < one.comparisons[0].worst
    with pytest.raises(ValueError, match="15 digits"):
        ch.crosscheck(manifold, oracle="jax", digits=30)


def test_points_follow_the_seed():
    case = as_case((sp.diag(1, t**2), (t, r)))
    one, again, other = (find_points(case, 3, seed) for seed in (0, 0, 1))
    assert one == again == case.points[:3] and not set(one) & set(other)


def test_a_networks_cross_check_takes_the_tolerance_it_is_given():
    net = ch.models.DenseNetwork((2, 1), data=([[0.3, 0.1], [0.2, 0.9], [0.5, 0.4], [0.1, 0.2]], [1, 0, 1, 1]))
    loose, tight = (net.crosscheck(points=1, tolerance=t) for t in (1e-6, 1e-30))
    assert loose.passed and loose.comparisons[0].tolerance == 1e-6
    assert not tight.passed and tight.comparisons[0].worst == loose.comparisons[0].worst > 0
    with pytest.raises(ValueError, match="leave digits= out"):
        net.crosscheck(digits=40)
