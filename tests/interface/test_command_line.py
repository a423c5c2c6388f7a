"""The command line as a person meets it: results, files, and one clear line on bad input."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from chentsov.command_line import run

QUICK = ["--points", "12", "--rows", "30", "--steps", "40"]


@pytest.fixture(scope="module")
def first_light(tmp_path_factory):
    """One run of `chentsov neuron`: exit code, output, folder."""
    folder = tmp_path_factory.mktemp("first") / "light"  # is made by the command
    said, complaints = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(complaints):
        patch.setenv("COLUMNS", "120")
        code = run(["neuron", *QUICK, "--output", str(folder)])
    return SimpleNamespace(returncode=code, stdout=said.getvalue(), stderr=complaints.getvalue()), folder


def test_neuron_prints_closed_forms_ranges_checks_and_times(first_light):
    done, folder = first_light
    assert done.returncode == 0, done.stderr
    text = done.stdout
    assert "f = σ(5⋅θ₁⋅x + 5⋅θ₂⋅y)" in text and "E_D" in text and "T₁₁₁" in text and "R = " in text
    assert "structure found: hessian" in text
    assert "tr g = E_D[(∂ℓ/∂f)² |∇f|²]: holds exactly" in text
    for quantity in ("loss", "g_11", "g_12", "g_22", "tr g", "tr Λ/N", "R"):
        assert any(
            line.split("  ")[1].strip() == quantity
            for line in text.splitlines()
            if line.startswith("  ") and len(line) > 4
        ), quantity
    assert text.count("pass") == 3 and "FAIL" not in text and "EinsteinPy" in text
    for stage in ("derive", "evaluate", "train", "cross-check", "write", "all"):
        assert stage in text
    assert sorted(p.name for p in folder.iterdir()) == ["neuron.nc", "neuron.png"]


def test_neuron_file_is_labelled_and_says_where_it_comes_from(first_light):
    _, folder = first_light
    with xr.open_dataset(folder / "neuron.nc", engine="h5netcdf") as data:
        assert data["ricci_scalar"].dims == ("theta_1", "theta_2") and set(data["metric"].dims) == {
            "theta_1",
            "theta_2",
            "i",
            "j",
        }
        assert data.sizes["theta_1"] == 12 and data.sizes["step"] == 41 and data.sizes["row"] == 30
        assert np.isfinite(data["ricci_scalar"]).all()
        for name in ("loss", "metric", "fisher_trace", "ntk_trace", "ricci_scalar", "path_loss", "path_ricci_scalar"):
            assert data[name].attrs["long_name"], name
            assert name == "metric" or data[name].attrs["units"] == "1"
        assert "E_D[" in data["ricci_scalar"].attrs["closed_form"]
        for key in ("model", "loss", "order", "slope", "data", "seed", "crosscheck", "conventions", "data_sha256"):
            assert str(data.attrs[key]), key
        for package in ("chentsov", "sympy", "numpy", "einsteinpy", "python"):
            assert f"{package} " in data.attrs["versions"]
        assert data.attrs["data"] == "decision boundary, 30 rows, seed 0"
        assert json.loads(data.attrs["training"])["steps"] == 40
        trace = data["metric"].sel(i="theta_1", j="theta_1") + data["metric"].sel(i="theta_2", j="theta_2")
        np.testing.assert_allclose(trace, data["fisher_trace"], rtol=1e-13)


def test_neuron_picture_is_a_png_of_some_size(first_light):
    _, folder = first_light
    assert (folder / "neuron.png").read_bytes().startswith(b"\x89PNG") and (
        folder / "neuron.png"
    ).stat().st_size > 50_000


@pytest.fixture
def blank_pictures(monkeypatch):
    """An empty figure in place of the picture, which takes most of a small run's time."""
    import chentsov.plots_neuron
    from chentsov.plots import new_figure

    monkeypatch.setattr(chentsov.plots_neuron, "neuron_figure", lambda *_: new_figure(1, 1))


@pytest.mark.usefixtures("blank_pictures")
@pytest.mark.parametrize(
    "options",
    [
        ["--loss", "cross-entropy", "--rtol", "1e-10"],
        ["--loss", "lp_norm", "--order", "2.5", "--points", "1"],
        ["--order", "3", "--dtype", "float32", "--rtol", "0"],
    ],
)
def test_neuron_options(options, tmp_path, capsys):
    quick = QUICK[2:] if "--points" in options else QUICK
    assert run(["neuron", *quick, *options, "--output", str(tmp_path)]) == 0
    assert (tmp_path / "neuron.nc").exists() and "FAIL" not in capsys.readouterr().out


@pytest.mark.usefixtures("blank_pictures")
def test_neuron_reads_a_file(tmp_path, capsys):
    """Four rows make a nearly singular metric: without certification its R is wrong in the first digit, and noticed."""
    (tmp_path / "rows.csv").write_text("x,y,t\n0.1,0.9,1\n0.9,0.2,0\n0.4,0.5,1\n0.6,0.1,0.25\n")
    arguments = [
        "neuron",
        "--points",
        "5",
        "--steps",
        "3",
        "--data",
        str(tmp_path / "rows.csv"),
        "--output",
        str(tmp_path),
    ]
    assert run(arguments) == 0
    assert "file rows.csv" in capsys.readouterr().out
    assert run([*arguments, "--rtol", "0"]) == 1
    captured = capsys.readouterr()
    assert "FAIL" in captured.out and "the cross-check failed" in captured.err


@pytest.mark.usefixtures("blank_pictures")
def test_two_rows_make_a_flat_manifold(tmp_path, capsys):
    """The image of θ ↦ ℓ(θ) fills the plane, so R = 0 in every cell: it vanishes identically, which is recognised."""
    (tmp_path / "two.csv").write_text("0.1,0.9,1\n0.8,0.3,0\n")
    arguments = [
        "neuron",
        "--points",
        "4",
        "--steps",
        "3",
        "--data",
        str(tmp_path / "two.csv"),
        "--output",
        str(tmp_path),
    ]
    assert run(arguments) == 0
    text = capsys.readouterr().out
    assert "precision limit" not in text and "FAIL" not in text and "undefined g(x), jets" in text
    with xr.open_dataset(tmp_path / "neuron.nc", engine="h5netcdf") as data:
        assert (data["ricci_scalar"] == 0).all() and data["metric"].notnull().all()


def _bad_files(folder):
    texts = {
        "line.csv": "1,2,0\n2,4,1\n-3,-6,1\n",
        "short.csv": "0.1,0.2,1\n",
        "target.csv": "0.1,0.2,1\n0.3,0.1,2\n",
        "nan.csv": "0.1,0.2,1\n0.3,nan,0\n",
        "ragged.csv": "0.1,0.2,1\n0.3,0.1\n",
        "word.csv": "0.1,0.2,1\n0.3,0.1,yes\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)


BAD = [
    (["neuron", "--loss", "hinge"], "unknown loss 'hinge'"),
    (["neuron", "--order", "0"], "at least 1"),
    (["neuron", "--order", "-3"], "at least 1"),
    (["neuron", "--order", "2.5"], "whole number"),
    (["neuron", "--order", "nan"], "number"),
    (["neuron", "--slope", "0"], "slope"),
    (["neuron", "--slope", "inf"], "slope"),
    (["neuron", "--rows", "1"], "at least 2"),
    (["neuron", "--seed", "-1"], "seed"),
    (["neuron", "--points", "0"], "empty"),
    (["neuron", "--points", "many"], "many|integer"),
    (["neuron", "--points", "100000000"], "too large"),
    (["neuron", "--extent", "nan"], "not finite"),
    (["neuron", "--extent", "inf"], "not finite"),
    (["neuron", "--extent", "-1"], "positive"),
    (["neuron", "--rtol", "2"], "tolerance"),
    (["neuron", "--rtol", "nan"], "tolerance"),
    (["neuron", "--dtype", "int8"], "dtype"),
    (["neuron", "--steps", "-1"], "steps"),
    (["neuron", "--learning-rate", "0"], "learning rate"),
    (["neuron", "--learning-rate", "nan"], "learning rate"),
    (["neuron", "--optimizer", "sgd"], "unknown optimizer 'sgd': choose one of gradient-descent, adam"),
    (["neuron", "--panel", "../loss.png"], "a panel is a name, not the path '../loss.png'"),
    (["neuron", "--extent", "1e308"], "not finite"),
    (["neuron", "--rtol", "1e-30"], "a relative tolerance lies between"),
    (["neuron", "--panel", "kurtosis"], "unknown panel 'kurtosis': choose one of data, output, loss"),
    (["neuron", "--panel", "loss.gif"], "written as .png, .svg, .pdf"),
    (["neuron", "--all", "--loss", "lp_norm"], "leave out --loss lp_norm"),
    (["neuron", "--data", "absent.csv"], "cannot read"),
    (["neuron", "--data", "line.csv"], "one line through the origin, so the metric is singular everywhere"),
    (["neuron", "--data", "short.csv"], "at least 2"),
    (["neuron", "--data", "target.csv"], "targets must lie in"),
    (["neuron", "--data", "nan.csv"], "nan in row 1"),
    (["neuron", "--data", "ragged.csv"], "line 2"),
    (["neuron", "--data", "word.csv"], "line 2"),
    (["neuron", "--nonsense"], "--nonsense"),
    (["nonsense"], "nonsense"),
    (["derive", "--metric", "1, 0; 0, sin(q", "--coordinates", "q, p"], "expected"),
    (["derive", "--metric", "1, 2; 3, 4", "--coordinates", "q, p"], "symmetric"),
    (["derive", "--metric", "1, 1; 1, 1", "--coordinates", "q, p"], "singular"),
    (["derive", "--metric", "1, 0; 0, 1", "--coordinates", "q"], "1 coordinate"),
    (["derive", "--metric", "1, 0; 0, 1"], "--coordinates"),
    (["derive", "--coordinates", "q"], "without a manifold"),
    (["derive", "--metric", "1", "--potential", "x^2", "--coordinates", "x"], "one manifold at a time"),
    (["derive", "--potential", "__import__('os')", "--coordinates", "x"], "unexpected"),
    (["derive", "--potential", "x^999", "--coordinates", "x"], "too large"),
    (["derive", "surfaces.nowhere"], "not in the catalogue"),
    (["derive", "--quantity", "curl"], "unknown quantity 'curl'"),
    (["derive", "--seconds", "-1"], "positive"),
    (["grid", "surfaces.sphere", "--seconds", "0"], "positive"),
    (["grid", "--axis", "theta=1:2:0"], "empty"),
    (["grid", "--axis", "theta=0:inf:5"], "not finite"),
    (["grid", "--axis", "theta"], "coordinate=first:last:points"),
    (["grid", "--axis", "theta=a:b:c"], "not made of numbers"),
    (["grid", "--axis", "rho=1:2:3"], "not a coordinate"),
    (["grid", "--constant", "a=1"], "not a constant"),
    (["grid", "surfaces.torus", "--constant", "R=2"], "r has no value: add --constant r="),
    (["grid", "surfaces.torus", "--constant", "R=2", "--constant", "R=3"], "given twice"),
    (["grid", "--axis", "theta=1:2:3", "--axis", "theta=1:2:4"], "given twice"),
    (["grid", "--resume"], "belong to a store"),
    (["grid", "--axis", "theta=0:1:100000", "--axis", "phi=0:1:100000"], "too large"),
    (["catalogue", "nosuchthing"], "nothing in the catalogue"),
    (["validate", "--suite", "quick", "--layout", "jkli"], "--layout describes what a function is judged by"),
]


@pytest.mark.parametrize("arguments, words", BAD, ids=[" ".join(a)[:50] for a, _ in BAD])
def test_bad_input_is_one_line_exit_code_2_and_no_files(arguments, words, tmp_path, capsys, monkeypatch):
    import re

    monkeypatch.chdir(tmp_path)
    _bad_files(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    if arguments[0] in ("neuron", "grid"):
        arguments = [*arguments, "--output", "made/by/the/command"]
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert re.search(words, captured.err) and captured.err.startswith("chentsov: error: ")
    assert captured.err.count("\n") == 1 and "Traceback" not in captured.err
    assert captured.out == ""
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["neuron", "grid"])
def test_unwritable_output_is_noticed_before_the_work(command, tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert run([command, "--output", str(blocked / "inside")]) == 2
    captured = capsys.readouterr()
    assert "cannot write to" in captured.err and captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [blocked]


def test_python_says_the_same_words_as_the_command_line(capsys):
    from chentsov.models import TwoWeightNeuron, decision_boundary
    from chentsov.models.neuron import weight_axes

    for call, arguments in [
        (lambda: TwoWeightNeuron("hinge"), ["--loss", "hinge"]),
        (lambda: TwoWeightNeuron(order=0), ["--order", "0"]),
        (lambda: decision_boundary(1), ["--rows", "1"]),
        (lambda: weight_axes(0), ["--points", "0"]),
    ]:
        with pytest.raises(ValueError) as caught:
            call()
        assert run(["neuron", *arguments]) == 2
        assert str(caught.value) in capsys.readouterr().err


# -- derive, grid, catalogue ------------------------------------------------------------------------------------


def test_derive_defaults_to_the_sphere(capsys):
    assert run(["derive"]) == 0
    text = capsys.readouterr().out
    assert "Ricci scalar\n  2" in text and "Christoffel" in text


def test_derive_latex_of_a_potential(capsys):
    assert (
        run(
            [
                "derive",
                "--potential",
                "log(1 + exp(a) + exp(b))",
                "--coordinates",
                "a b",
                "--quantity",
                "ricci_scalar",
                "--latex",
            ]
        )
        == 0
    )
    assert capsys.readouterr().out.strip() == r"R = \frac{1}{2}"


def test_derive_an_embedding_and_a_named_surface(capsys, tmp_path):
    sphere = "r*cos(u)*cos(v), r*cos(u)*sin(v), r*sin(u)"
    file = tmp_path / "curvature.tex"
    arguments = [
        "derive",
        "--embedding",
        sphere,
        "--coordinates",
        "u v",
        "--positive",
        "r",
        "--quantity",
        "ricci_scalar",
        "--latex",
    ]
    assert run([*arguments, "--output", str(file)]) == 0
    assert file.read_text().strip() == r"R = \frac{2}{r^{2}}"
    capsys.readouterr()
    assert run(["derive", "torus", "--quantity", "ricci_scalar"]) == 0
    assert "R + r⋅cos(v)" in capsys.readouterr().out


def test_derive_ends_at_its_time_limit(capsys):
    assert run(["derive", "spacetimes.kerr", "--quantity", "riemann", "--seconds", "0.001"]) == 1
    assert run(["grid", "--metric", "1,0;0,2+sin(x*y)^2", "--coordinates", "x y", "--seconds", "0.001"]) == 1
    assert "time budget" in capsys.readouterr().err


def test_grid_of_a_named_surface(tmp_path, capsys):
    arguments = [
        "grid",
        "surfaces.torus",
        "--constant",
        "R=2",
        "--constant",
        "r=0.5",
        "--axis",
        "u=0:6:5",
        "--axis",
        "v=0:6:7",
    ]
    assert run([*arguments, "--output", str(tmp_path)]) == 0
    with xr.open_dataset(tmp_path / "grid.nc", engine="h5netcdf") as data:
        v = data["v"].values
        expected = 2 * np.cos(v) / (0.5 * (2 + 0.5 * np.cos(v)))
        np.testing.assert_allclose(data["ricci_scalar"].transpose("u", "v"), np.tile(expected, (5, 1)), rtol=1e-12)
    assert (tmp_path / "grid.png").exists()


def test_a_grid_by_the_ending_of_its_output(tmp_path, capsys):
    torus = [
        "grid",
        "surfaces.torus",
        "--constant",
        "R=2",
        "--constant",
        "r=1/2",
        "--axis",
        "u=0:6:5",
        "--axis",
        "v=0:6:7",
    ]
    assert run([*torus, "--output", str(tmp_path / "a.nc")]) == 0
    whole = xr.open_dataset(tmp_path / "a.nc", engine="h5netcdf").load()
    assert run([*torus, "--output", str(tmp_path / "a.csv")]) == 0
    rows = np.loadtxt(tmp_path / "a.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(rows[:, 2], whole.ricci_scalar.values.ravel())
    for bad, message in (("a.zip", "unknown kind of output"), ("b.zarr", "--chunks is")):
        assert run([*torus, "--output", str(tmp_path / bad), *(["--chunks", "many"] if bad == "b.zarr" else [])]) == 2
        assert message in capsys.readouterr().err and not (tmp_path / bad).exists()
    store = [*torus, "--chunks", "u=2", "--output", str(tmp_path / "a.zarr")]
    assert run(store) == 0
    assert run(store) == 2 and "--resume" in capsys.readouterr().err
    assert run([*store, "--resume"]) == 0
    np.testing.assert_array_equal(xr.open_zarr(tmp_path / "a.zarr").ricci_scalar, whole.ricci_scalar)


def test_catalogue_lists_names_that_derive_knows(capsys):
    from chentsov.catalogue import entries, manifold_called

    assert run(["catalogue", "torus"]) == 0
    assert "surfaces.torus" in capsys.readouterr().out
    names = [name for name, _, _ in entries()]
    assert len(names) == len(set(names)) > 20
    assert manifold_called("surfaces.sphere").dim == manifold_called("sphere").dim == 2


def test_help_and_version(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("chentsov ")
    for arguments in (["--help"], ["neuron", "--help"], ["derive", "-h"], ["grid", "-h"], ["catalogue", "-h"]):
        assert run(arguments) == 0
        assert "Usage" in capsys.readouterr().out
    assert run([]) == 2


def _subprocess(arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "chentsov.command_line", *arguments], capture_output=True, timeout=60, **options
    )


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_error():
    command = f"{sys.executable} -m chentsov.command_line catalogue | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_a_terminal_without_greek_letters():
    done = _subprocess(["derive"], env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0 and b"Ricci scalar" in done.stdout


def test_debugging_shows_the_traceback(monkeypatch):
    monkeypatch.setenv("CHENTSOV_DEBUG", "1")
    with pytest.raises(ValueError, match="not in the catalogue"):
        run(["derive", "nothing"])


def test_an_interrupted_command_says_so(monkeypatch, capsys):
    import chentsov.command_line as command_line

    def interrupted(**_):
        raise KeyboardInterrupt

    for app in (interrupted, lambda **_: 130):  # as it comes, and as some versions of typer hand it on
        monkeypatch.setattr(command_line, "app", app)
        assert command_line.run(["catalogue"]) == 130
        assert capsys.readouterr().err == "chentsov: error: interrupted\n"
