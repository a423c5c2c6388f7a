"""The engine against the facts: closed forms come out exactly equal, and have the right numbers."""

from __future__ import annotations

import itertools
from typing import Any

import chentsov as ch
import pytest
import sympy as sp

from tests.facts.fact import Fact
from tests.facts.verify import all_facts

DIGITS = 25


# The facts that take longest; with `pytest -m slow`, like those that say so themselves.
LONGER = {
    "entropy on the simplex",
    "von Mises–Fisher on S²: log(sinh r/r)",
    "ideal Fermi gas",
    "positive 2×2 matrices",
    "two normals with a common mean",
    "autoregression of order one, two observations",
    "bivariate normal, correlation only",
    "Hopfield, 2 tanh with gain",
    "two normals with a common variance",
    "quadratic form",
    "bivariate normal with mean and covariance",
    "sphere S⁶",
    "generalised normal, shape a constant",
    "ideal Bose gas in two dimensions",
    "softplus of coupled neurons",
    "natural gradient of −ψ, three categories",
    "arc length √(1+x²)",
}


def facts(*kinds: str, assumptions: bool = True) -> list[Any]:
    """The facts of these kinds as parameters; without assumptions all are slow, as the default run has them once."""
    chosen = [f for f in all_facts() if f.kind in kinds]
    return [
        pytest.param(
            f, assumptions, id=f.name, marks=[pytest.mark.slow] if f.slow or f.name in LONGER or not assumptions else []
        )
        for f in chosen
    ]


class Judge:
    """Compares what the engine says with what a fact claims."""

    def __init__(self, fact: Fact, assumptions: bool, manifold: Any):
        self.fact, self.assumptions, self.manifold = fact, assumptions, manifold
        self.read = lambda text: fact.read(text, assumptions, alpha=sp.Symbol("alpha", real=True))

    def __call__(self, what: str, found: Any, claim: Any) -> None:
        claimed = self.read(claim) if isinstance(claim, str) else sp.sympify(claim)
        found = sp.sympify(found)
        self.check_numbers(what, found, claimed)
        field = self.manifold.field
        assert (field(found) - field(claimed)).is_zero, (
            f"{what} is {found}, not {claimed}: equal in value, not recognised as equal"
        )

    def check_numbers(self, what: str, found: sp.Expr, claimed: sp.Expr) -> None:
        for point in self.fact.points(self.assumptions):
            point = {**point, sp.Symbol("alpha", real=True): sp.Rational(2, 3)}
            a, b = (sp.N(self.fact.instance(e, self.assumptions).subs(point), DIGITS + 20) for e in (found, claimed))
            assert abs(a - b) <= sp.Float(10) ** -DIGITS * max(1, abs(b)), (
                f"{what} = {found} is {a} at {point}, not {b}"
            )

    def components(self, what: str, found: Any, table: dict[str, str], rank: int, symmetric: bool = False) -> None:
        listed = {tuple(int(c) for c in k.replace(";", ",").split(",")): v for k, v in table.items() if k != "rest"}
        for index, text in listed.items():
            self(f"{what}{list(index)}", found[index], text)
        if "rest" in table:
            known = set(listed) | {(*i[:-2], i[-1], i[-2]) for i in listed}
            if symmetric:
                known = {p for i in listed for p in itertools.permutations(i)}
            for index in itertools.product(range(self.manifold.dim), repeat=rank):
                if index not in known:
                    self(f"{what}{list(index)}", found[index], table["rest"])

    def matrix(self, what: str, found: Any, rows: list[list[str]]) -> None:
        for i, row in enumerate(rows):
            for j, text in enumerate(row):
                self(f"{what}[{i}, {j}]", found[i, j], text)


def judge_curvature(judge: Judge, expected: dict[str, Any]) -> None:
    """The claims that speak about a metric alone."""
    m = judge.manifold
    for key, claim in expected.items():
        if key in ("ricci_scalar", "determinant", "kretschmann"):
            judge(key, getattr(m, key), claim)
        elif key == "gaussian":
            judge("K", m.sectional_curvature([1, 0], [0, 1]), claim)
            judge("R", m.ricci_scalar / 2, claim)
        elif key == "flat":
            assert m.is_flat() is claim
        elif key == "constant_curvature":
            judge(key, m.constant_curvature(), claim)
        elif key == "einstein_constant":
            k = judge.read(claim)
            assert all(
                m.field(m.ricci[i, j]) == m.field(k * m.metric[i, j]) for i in range(m.dim) for j in range(m.dim)
            )
            assert m.is_einstein()
        elif key == "weyl":
            assert m.is_conformally_flat()
            assert not any(sp.flatten(m.weyl.tolist()))
        elif key == "christoffel":
            judge.components("Γ", m.christoffel, claim, 3)
        elif key == "ricci":
            judge.components("Ric", m.ricci, claim, 2)
        elif key == "einstein":
            judge.components("G", m.einstein, claim, 2)
        elif key == "riemann_lowered":
            judge.components("R", m.riemann_lowered, claim, 4)
        elif key == "laplacian":
            for f, value in claim:
                judge(f"Δ({f})", m.laplacian(judge.read(f)), value)


@pytest.mark.parametrize("fact, assumptions", facts("metric") + facts("metric", assumptions=False))
def test_metric(fact, assumptions):
    rows = [[fact.read(v, assumptions) for v in row] for row in fact.definition]
    manifold = ch.RiemannianManifold(rows, fact.coordinate_symbols(assumptions))
    judge_curvature(Judge(fact, assumptions, manifold), fact.expected)


def judge_hessian(judge: Judge, expected: dict[str, Any]) -> None:
    """The claims that speak about a potential."""
    m = judge.manifold
    judge_curvature(judge, expected)
    for key, claim in expected.items():
        if key == "hessian_metric":
            judge.matrix("g", m.metric, claim)
        elif key == "amari_chentsov":
            judge.components("T", m.cubic, claim, 3, symmetric=True)
        elif key == "koszul_alpha":
            for i, text in enumerate(claim):
                judge(f"α[{i}]", m.koszul_alpha[i], text)
        elif key == "koszul_beta":
            judge.matrix("β", m.koszul_beta, claim)
        elif key == "hessian_sectional_constant":
            if claim is None:
                assert m.hessian_sectional_constant is None
            else:
                judge(key, m.hessian_sectional_constant, claim)
        elif key == "alpha_scalar":
            judge(key, m.alpha_ricci_scalar(sp.Symbol("alpha", real=True)), claim)
        elif key == "legendre":
            judge_legendre(judge, claim)


def judge_legendre(judge: Judge, claim: dict[str, Any] | None) -> None:
    m = judge.manifold
    if claim is None:
        with pytest.raises(ValueError, match="numerically"):
            m.dual_potential
        return
    if not judge.assumptions and not m.legendre.is_closed:
        return  # x³ = η has the root η^(1/3) for positive x only
    for i, text in enumerate(claim["eta"]):
        judge(f"η[{i}]", m.dual_coordinates[i], text)
    names = {f"eta{i + 1}": s for i, s in enumerate(m.dual_symbols)}
    claimed = judge.fact.read(claim["phi"], judge.assumptions, **names)
    back = dict(zip(m.dual_symbols, m.dual_coordinates))
    for point in judge.fact.points(judge.assumptions):
        a, b = (sp.N(e.subs(back, simultaneous=True).subs(point), DIGITS + 20) for e in (m.dual_potential, claimed))
        assert abs(a - b) < sp.Float(10) ** -DIGITS, f"φ is {m.dual_potential}, not {claimed}"
    # the inverse returns every point to itself
    for x in m.coordinates:
        for point in judge.fact.points(judge.assumptions):
            there = sp.N(m.legendre.inverse[x].subs(back, simultaneous=True).subs(point), DIGITS + 20)
            assert abs(there - point[x]) < sp.Float(10) ** -DIGITS


@pytest.mark.parametrize("fact, assumptions", facts("potential") + facts("potential", assumptions=False))
def test_potential(fact, assumptions):
    manifold = ch.HessianManifold(fact.read(fact.definition, assumptions), fact.coordinate_symbols(assumptions))
    judge_hessian(Judge(fact, assumptions, manifold), fact.expected)


@pytest.mark.slow
@pytest.mark.parametrize("fact, assumptions", facts("potential"))
def test_a_potential_read_as_a_plain_metric(fact, assumptions):
    x, psi = fact.coordinate_symbols(), fact.read(fact.definition)
    manifold = ch.RiemannianManifold(sp.hessian(psi, x), x)
    assert manifold.structure == "hessian"
    judge_curvature(Judge(fact, assumptions, manifold), fact.expected)


def _sample_space(fact: Fact, assumptions: bool) -> dict[sp.Symbol, tuple]:
    """The variables as `from_density` wants them."""
    table = fact.symbols(assumptions)
    space = {}
    for name, kind, lower, upper in fact.variables:
        bounds = (fact.read(lower, assumptions), fact.read(upper, assumptions))
        space[table[name]] = (*bounds, "discrete") if kind == "discrete" else bounds
    return space


@pytest.mark.parametrize("fact, assumptions", facts("density") + facts("density", assumptions=False))
def test_density(fact, assumptions):
    p, x = fact.read(fact.definition, assumptions), fact.coordinate_symbols(assumptions)
    manifold = ch.StatisticalManifold.from_density(p, _sample_space(fact, assumptions), x)
    judge, expected = Judge(fact, assumptions, manifold), fact.expected
    judge.matrix("g", manifold.metric, expected["fisher"])
    judge_curvature(judge, expected)
    if "amari_chentsov" in expected:
        judge.components("T", manifold.amari_chentsov, expected["amari_chentsov"], 3, symmetric=True)
    if "alpha_scalar" in expected:
        judge("R^(α)", manifold.alpha_ricci_scalar(sp.Symbol("alpha", real=True)), expected["alpha_scalar"])


def judge_flow(judge: Judge, flow: Any) -> None:
    names = {"primal": "primal", "riemannian": "riemannian", "dual_rate": "dual"}
    for key, claim in judge.fact.expected.items():
        if key in names:
            judge(f"κ {key}", flow.compressibility(names[key]), claim)
        elif key == "gradient":
            assert flow.is_gradient() is claim
        elif key == "laplacian_energy":
            judge("ΔE", judge.manifold.laplacian(judge.read(judge.fact.definition["energy"])), claim)


@pytest.mark.parametrize("fact, assumptions", facts("dynamics") + facts("dynamics", assumptions=False))
def test_dynamics(fact, assumptions):
    given = fact.definition
    field = [fact.read(t, assumptions) for t in given["field"]]
    rows = [[fact.read(t, assumptions) for t in row] for row in given["metric"]]
    energy = given["energy"] and fact.read(given["energy"], assumptions)
    manifold = ch.RiemannianManifold(rows, fact.coordinate_symbols(assumptions))
    judge_flow(Judge(fact, assumptions, manifold), ch.Flow(manifold, field, potential=energy))


@pytest.mark.slow
@pytest.mark.parametrize("fact, assumptions", [p for p in facts("dynamics") if p.values[0].definition["dual"]])
def test_dynamics_from_the_dual_coordinates(fact, assumptions):
    given, x = fact.definition, fact.coordinate_symbols()
    manifold = ch.HessianManifold(None, x, dual_coordinates=[fact.read(t) for t in given["dual"]])
    judge = Judge(fact, assumptions, manifold)
    judge.matrix("g", manifold.metric, given["metric"])
    judge_flow(judge, ch.Flow(manifold, [fact.read(t) for t in given["field"]]))
