"""`chentsov derive` on densities, files and formats: what comes out is right where it is run."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import sympy as sp
from chentsov.command_line import run
from chentsov.description import Description

NORMAL = [
    "derive", "--density", "exp(-(x-mu)^2/(2*sigma^2))/(sqrt(2*pi)*sigma)", "--variable", "x=-oo:oo",
    "--coordinates", "mu, sigma", "--positive", "sigma",
]  # fmt: skip


def said(capsys, arguments):
    assert run(arguments) == 0
    return capsys.readouterr().out


def test_a_density_has_its_fisher_metric(capsys):
    found = json.loads(said(capsys, [*NORMAL, "--format", "json"]))
    assert found["quantities"]["metric"]["value"] == [["sigma**(-2)", "0"], ["0", "2/sigma**2"]]
    assert found["quantities"]["ricci_scalar"]["value"] == "-1" and found["positive"] == ["sigma"]


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--density", "binomial(n,k)*p^k*(1-p)^(n-k)", "--variable", "k=0:n:integer", "--coordinates", "p",
          "--positive", "p", "--constants", "n", "--condition", "p < 1"], [["n/(p*(1-p))"]]),
        (["--log-density", "k*log(m) - m - log(gamma(k+1))", "--variable", "k=0:oo:integer", "--coordinates", "m",
          "--positive", "m"], [["1/m"]]),
        (["--density", "q^s*(1-q)^(1-s)", "--variable", "s={0, 1}", "--coordinates", "q", "--positive", "q"],
         [["1/(q*(1-q))"]]),
        # two variables, the second above the first: 2 a² exp(−a (x + y)) on 0 < x < y
        (["--density", "2*a^2*exp(-a*(x+y))", "--variable", "x=0:oo", "--variable", "y=x:oo", "--coordinates", "a",
          "--positive", "a"], [["2/a^2"]]),
    ],
    ids=["binomial", "poisson", "finite", "ordered"],
)  # fmt: skip
def test_kinds_of_variables(options, expected, capsys):
    found = json.loads(said(capsys, ["derive", *options, "--quantity", "metric", "--format", "json"]))
    names = {s: sp.Symbol(s, positive=True) for s in "npmqa"}
    for row, wanted in zip(found["quantities"]["metric"]["value"], expected, strict=True):
        for entry, value in zip(row, wanted, strict=True):
            assert sp.cancel(sp.sympify(entry, names) - sp.sympify(value, names)) == 0


def test_a_regression_is_a_mean_over_its_covariates(capsys):
    text = said(capsys, [
        "derive", "--density", "exp(n*(a + b*x) - exp(a + b*x))/gamma(n+1)", "--variable", "n=0:oo:integer",
        "--covariates", "x", "--coordinates", "a b", "--quantity", "metric", "--format", "latex",
    ])  # fmt: skip
    assert r"\mathbb{E}_{D}\left[x e^{b x}\right]" in text


def test_a_file_says_the_same_as_options(tmp_path, capsys):
    file = tmp_path / "model.toml"
    file.write_text(
        'title = "normal"\ndensity = "exp(-(x-mu)^2/(2*sigma^2))/(sqrt(2*pi)*sigma)"\ncoordinates = ["mu", "sigma"]\n'
        'positive = ["sigma"]\n[variables]\nx = "-oo:oo"\n'
    )
    ask = ["--format", "latex", "--quantity", "metric"]
    assert said(capsys, ["derive", "--file", str(file), *ask]) == said(capsys, [*NORMAL, *ask])
    file.write_text('metric = [["1", 0], [0, "sin(t)^2"]]\ncoordinates = "t, p"\n')
    assert "2" in said(capsys, ["derive", "--file", str(file), "--quantity", "ricci_scalar"])


def test_a_device_is_no_description(capsys):
    assert run(["derive", "--file", "/dev/zero"]) == 2
    assert "more than 1000000 bytes" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content, words",
    [
        (b'densty = "x"', "has the key 'densty', which means nothing (did you mean 'density'?)"),
        (b"metric = 3", "metric is a text or a list of texts, not 3"),
        (b"metric = ", "is no TOML"),
        (b"\xff\xfe", "it is no text in UTF-8"),
        (None, "no such file"),
    ],
)
def test_files_that_cannot_be_used(content, words, tmp_path, capsys):
    file = tmp_path / "model.toml"
    if content is not None:
        file.write_bytes(content)
    assert run(["derive", "--file", str(file)]) == 2
    complaint = capsys.readouterr().err
    assert words in complaint and complaint.count("\n") == 1


@pytest.mark.parametrize(
    "options, words",
    [
        (["--metric", "1/σ²,0;0,2/σ²", "--coordinates", "m, s"], "unknown name 'σ'"),
        (["--metric", "e^x", "--coordinates", "x"], "Euler's number is written E"),
        (["--line", "dr^2 + dp", "--coordinates", "r, p"], "not a quadratic form in the differentials dr, dp"),
        (["--line", "dr^2 + dp^2", "--coordinates", "r, dr"], "'dr' is a differential"),
        (["--metric", "f(x)", "--coordinates", "x"], "a function of your own by --functions NAME"),
        (["--metric", "sigmq^2", "--coordinates", "sigma"], "did you mean 'sigma'?"),
        (["--metric", "a*x", "--coordinates", "x"], "a constant is declared by --constants NAME"),
        (["--density", "exp(-x)", "--coordinates", "m"], 'needs the range of what is observed, e.g. --variable "x=-oo'),
        (["--density", "m*x", "--variable", "x", "--coordinates", "m"], "a variable is written name=lower:upper"),
        (["--density", "m*x", "--variable", "x=0:1", "--variable", "x=0:2", "--coordinates", "m"], "x is given twice"),
        (["--density", "m*x", "--variable", "x=0:1:2", "--coordinates", "m"], "lower:upper:integer or {0, 1, 3}"),
        (["--density", "m*x", "--variable", "m=0:1", "--coordinates", "m"], "'m' is a variable and something else"),
        (["--metric", "1", "--variable", "x=0:1", "--coordinates", "m"], "belong to a --density"),
        (["--density", "exp(-x/m)", "--variable", "x=0:oo", "--coordinates", "m", "--positive", "m"], "normal"),
        (["--density", "__import__('os')", "--variable", "x=0:oo", "--coordinates", "m"], "unexpected"),
        (["--covariates", "x"], "covariates without a manifold: add"),
        (["--metric", "1", "--coordinates", "x", "--condition", "x"], "a condition is an inequality"),
        (["--metric", "1", "--coordinates", "x", "--condition", "x < open(1)"], "unknown function 'open'"),
        (["--format", "fortran"], "unknown format 'fortran': choose one of text, latex"),
        (["--format", "c", "--latex"], "one format at a time"),
        (["--metric", "1", "--metric", "x^2", "--coordinates", "x"], "--metric is given twice"),
        (["--metric", "1", "--coordinates", "x", "--positive", "x", "--positive", "y"], "separated by commas"),
        (["--metric", "s^2", "--coordinates", "s", "--positive", "q"], "--positive names 'q', which no formula holds"),
        (["--metric", "1+x", "--coordinates", "x", "--functions", "f"], "--functions names 'f', which no formula"),
        (["sphere", "--positive", "q"], "brings its positive: leave out --positive"),
        (["--constants", "q"], "constants without a manifold"),
        (["--width", "3"], "--width is 20 columns or more"),
        (["--metric", "polygamma(1, x)", "--coordinates", "x", "--format", "c"], "C has no words for polygamma"),
    ],
)  # fmt: skip
def test_one_line_says_what_is_wrong(options, words, capsys):
    assert run(["derive", *options]) == 2
    captured = capsys.readouterr()
    assert words in captured.err and captured.err.count("\n") == 1 and not captured.out


def test_powers_in_any_spelling_and_functions_with_bars(capsys):
    text = said(capsys, ["derive", "--metric", "1/s², 0; 0, |sech(s)|*csch(s)^2 + Max(s, 1)", "--coordinates", "m, s",
                         "--positive", "s", "--quantity", "metric", "--latex"])  # fmt: skip
    assert r"\frac{1}{s^{2}}" in text and r"\max" in text
    text = said(capsys, ["derive", "--metric", "1, 0; 0, f(r)^2", "--coordinates", "r, p", "--functions", "f",
                         "--quantity", "ricci_scalar", "--latex"])  # fmt: skip
    assert r"\frac{d^{2}}{d r^{2}} f" in text


def test_latex_of_a_connection_says_its_indices(capsys):
    text = said(capsys, ["derive", "--metric", "1, 0; 0, r^2", "--coordinates", "r, phi", "--positive", "r",
                         "--quantity", "christoffel", "--latex"])  # fmt: skip
    assert r"\Gamma{}^{r}{}_{\phi}{}_{\phi} &= - r" in text and text.count("&=") == 2


def test_formulas_are_whole_in_a_pipe_and_broken_where_a_width_is_asked_for(capsys):
    long = ["derive", "--metric", " + ".join(f"cos({k}*x)^2" for k in range(1, 30)), "--coordinates", "x",
            "--quantity", "metric"]  # fmt: skip
    assert "↪" not in said(capsys, long)
    broken = said(capsys, [*long, "--width", "60"])
    assert "↪" in broken and max(map(len, broken.split("\n\n", 1)[1].splitlines())) <= 60


# -- source text, run --------------------------------------------------------------------------------------------------

# One of everything: roots, powers, exponentials, σ, hyperbolic functions, fractions that are no floats.
METRIC = ["--metric", "1/3 + exp(u)*sqrt(v), logistic(u*v); logistic(u*v), cosh(u)^2 + v^(2/3)", "--coordinates", "u, v",
          "--positive", "v", "--quantity", "metric", "--quantity", "ricci_scalar"]  # fmt: skip
U, V = 0.3, 1.7


@pytest.fixture(scope="module")
def expected():
    """The same by SymPy's numbers from the formula, and R by the engine's closed form in 30 digits."""
    u, v = sp.Symbol("u", real=True), sp.Symbol("v", positive=True)
    at = {u: sp.Rational(3, 10), v: sp.Rational(17, 10)}
    sigma = 1 / (1 + sp.exp(-u * v))
    third = sp.Rational(1, 3)
    metric = sp.Matrix([[third + sp.exp(u) * sp.sqrt(v), sigma], [sigma, sp.cosh(u) ** 2 + v ** (2 * third)]])
    manifold = Description(metric=METRIC[1], coordinates="u v", positive="v").manifold()
    return (
        np.array(metric.subs(at).evalf(30).tolist(), dtype=float),
        float(manifold.ricci_scalar.rewrite(sp.exp).subs(at).evalf(30)),
    )


def test_c_source_compiles_and_agrees(expected, tmp_path):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    file = tmp_path / "metric.c"
    assert run(["derive", *METRIC, "--format", "c", "--output", str(file)]) == 0
    file.write_text(
        file.read_text() + "\n#include <stdio.h>\nint main(void) { double g[4]; metric(0.3, 1.7, g);\n"
        'printf("%.17g %.17g %.17g %.17g %.17g", g[0], g[1], g[2], g[3], ricci_scalar(0.3, 1.7)); return 0; }\n'
    )
    subprocess.run([compiler, "-Wall", "-Werror", "-o", tmp_path / "run", file, "-lm"], check=True)
    numbers = subprocess.run([tmp_path / "run"], capture_output=True, text=True, check=True).stdout.split()
    np.testing.assert_allclose(np.array(numbers[:4], float).reshape(2, 2), expected[0], rtol=1e-14)
    assert float(numbers[4]) == pytest.approx(expected[1], rel=1e-11)


@pytest.mark.parametrize("library", ["numpy", pytest.param("jax", marks=pytest.mark.slow)])
def test_python_source_runs_on_arrays(library, expected, capsys):
    pytest.importorskip(library)
    names: dict = {}
    exec(said(capsys, ["derive", *METRIC, "--format", library]), names)
    tolerance = 1e-12 if library == "numpy" else 2e-5
    np.testing.assert_allclose(names["metric"](U, V), expected[0], rtol=tolerance)
    many = names["metric"](np.full((3, 1), U), np.full(2, V))
    assert many.shape == (2, 2, 3, 2)
    np.testing.assert_allclose(many[0, 1], np.full((3, 2), expected[0][0, 1]), rtol=tolerance)
    if library == "jax":
        import jax

        slope = jax.jit(jax.grad(lambda u: names["metric"](u, V)[0, 0]))(U)
        assert float(slope) == pytest.approx(np.exp(U) * np.sqrt(V), rel=1e-5)
    else:
        assert float(names["ricci_scalar"](U, V)) == pytest.approx(expected[1], rel=1e-10)


def test_sympy_source_makes_the_same_expression(capsys):
    names: dict = {}
    exec(said(capsys, ["derive", *METRIC, "--format", "sympy"]), names)
    manifold = Description(metric=METRIC[1], coordinates="u v", positive="v").manifold()
    assert list(names["metric"]) == list(manifold.metric)
    assert manifold.field(names["ricci_scalar"] - manifold.ricci_scalar).is_zero  # SymPy distributes factors of sums


def test_json_is_read_back_by_derive(capsys):
    found = json.loads(said(capsys, ["derive", *METRIC, "--format", "json"]))
    rows = "; ".join(", ".join(row) for row in found["quantities"]["metric"]["value"])
    again = json.loads(said(capsys, ["derive", "--metric", rows, "--coordinates", "u v", "--positive", "v",
                                     "--format", "json"]))  # fmt: skip
    assert again["quantities"]["metric"] == found["quantities"]["metric"]


def test_mathematica_has_no_underscores(capsys):
    text = said(capsys, ["derive", "--metric", "exp(theta_1)/2", "--coordinates", "theta_1", "--quantity", "metric",
                         "--format", "mathematica"])  # fmt: skip
    assert "metric = {{(1/2)*Exp[theta$1]}};" in text


@pytest.mark.parametrize("command", ["derive", "grid", "hopfield", "mnist", "validate", "catalogue", "cache"])
def test_every_option_shows_what_it_does_without(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    text = said(capsys, [command, "--help"]).split("Options", 1)[1]
    options = re.split(r"(?m)^│ (?:\*\s*)?(?=\s*--)", text)[1:]
    assert options
    for option in options:
        assert "[default: " in option or "[required]" in option or option.lstrip().startswith("--help"), option


def test_a_line_element(capsys):
    given = ["derive", "--line", "dr^2 + a^2*sin(r)^2*dphi^2", "--coordinates", "r, phi", "--constants", "a"]
    assert (
        "-" not in (text := said(capsys, [*given, "--quantity", "ricci_scalar", "--format", "sympy"])) and "2" in text
    )
