"""Every pass says what it did, and what it says is true."""

import numpy as np
import sympy as sp
from chentsov.geometry.exact import Mean, logistic
from chentsov.geometry.kernels import arrange, compile, schedule, separate, stable
from chentsov.geometry.kernels.contraction import contracted
from chentsov.geometry.kernels.counts import functions, operations, written_out
from chentsov.geometry.kernels.jets import general_jet, hessian_jet
from chentsov.geometry.kernels.lower import lower
from chentsov.geometry.kernels.native import emit

x, y, r = sp.symbols("x y r")
GRID = {"x": frozenset({0}), "y": frozenset({1})}


def section(text, title):
    lines = text.splitlines()
    start = lines.index(f"{title}:") + 1
    return "\n".join(
        line.strip()
        for line in lines[
            start : next((k for k in range(start, len(lines)) if not lines[k].startswith("  ")), len(lines))
        ]
    )


def test_stable_forms():
    e = sp.log(1 + sp.exp(x)) + sp.exp(y) - 1
    assert stable.explain(e, stable.stable(e)) == "rewritten: exp(x), exp(y), log(exp(x) + 1) -> expm1(y), softplus(x)"


def test_common_subexpressions():
    program = lower([sp.sin(x * y) ** 2 + sp.sin(x * y), sp.sin(x * y)], [x, y])
    assert written_out(program) == (2 + 1) + 2 + 1 + 2 and operations(program.nodes()) == 4


def test_exponentials_by_axis():
    program = lower([sp.exp(x + y) * logistic(2 * x - y)], [x, y])
    apart = separate.separate(program, GRID, 2)
    text = separate.explain(program, apart, GRID, 2, True)
    assert text.splitlines()[0] == "over axis0 x axis1: 1 exp, 1 logistic -> none"
    assert functions(apart.nodes()) == {"exp": 2, "exp_product": 1}  # exp(y) serves both
    assert "overflow" in separate.explain(program, program, GRID, 2, False)
    assert "no exponential" in separate.explain(lower([x * y], [x, y]), lower([x * y], [x, y]), GRID, 2, True)


def test_common_pairs():
    program = lower([x**2 * y**2 + 1, x * y * sp.sin(x)], [x, y])
    nested = arrange.arrange(program, {"x": frozenset(), "y": frozenset()}, 0)
    before, after = operations(program.nodes()), operations(nested.nodes())
    assert after < before and arrange.explain(program, nested).startswith(f"{before} operations -> {after} ")


def test_hoisting_counts_every_operation_once():
    plan = schedule.schedule(lower([sp.sin(x) * sp.cos(y) + sp.sin(x)], [x, y]), GRID, 2)
    assert (
        schedule.explain(plan)
        == "2 operations over axis0 x axis1\n1 operations over axis0 (hoisted)\n1 operations over axis1 (hoisted)"
    )


def test_register_blocking():
    program = lower([Mean(sp.sin(x * y * r), (r,))], [x, y])
    text = emit.explain(schedule.schedule(program, GRID, 2), 64, 64)
    assert (
        text
        == "vectors of 8 numbers of 64 bits\n1 sums over data0 for axis0 x axis1: 16 neighbouring cells at a time, their sums in registers"
    )


def test_structure_and_symmetry():
    psi, c = sp.exp(x) + sp.exp(2 * x + 3 * y) + y**4 + x**2 * y**3, (x, y)
    hessian = hessian_jet(2, lambda i, j: psi.diff(c[i], c[j]), lambda i, j, k: psi.diff(c[i], c[j], c[k]))
    general = general_jet(
        2,
        lambda i, j: psi.diff(c[i], c[j]),
        lambda i, j, k: psi.diff(c[i], c[j], c[k]),
        lambda i, j, k, m: psi.diff(c[i], c[j], c[k], c[m]),
    )
    assert "7 components where a general metric of 2 dimensions takes 18" in hessian.explain(["ricci_scalar"])
    assert "no symmetry" in general.explain(["ricci_scalar"])
    kernel = compile(list(contracted(hessian, "christoffel").ravel()), c)
    assert section(kernel.explain(), "symmetry") == "8 results asked for, 6 computed"


def test_the_whole_story():
    kernel = compile(sp.exp(x + y) / (1 + x**2), [x, y])
    kernel(np.ones(3)[:, None], np.ones(40))
    text = kernel.explain()
    titles = [
        "structure",
        "stable forms",
        "common subexpressions",
        "symmetry",
        "exponentials by axis",
        "common pairs",
        "hoisting",
        "vectors and registers",
    ]
    assert [line[:-1] for line in text.splitlines() if line[:-1] in titles] == titles
    assert (
        "1 exp -> none" in section(text, "exponentials by axis")
        and "program(x, y)" in text
        and "map over axis0 x axis1:" in text
    )


def test_functions_that_only_balls_certify_are_named():
    x = sp.Symbol("x")
    assert "error bounds:\n  of every operation" in compile(sp.gamma(x) + sp.erf(x), [x]).explain()
    assert "none for airyai, besselk: balls certify" in compile(sp.airyai(x) * sp.besselk(1, x), [x]).explain()
