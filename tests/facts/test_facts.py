"""The engine against the facts: closed forms come out exactly equal, and have the right numbers."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import sympy as sp

import chentsov as ch
from tests.facts.fact import Fact
from tests.facts.verify import all_facts

DIGITS = 25


def facts(*kinds: str, assumptions: bool = True) -> list[Any]:
    """The facts of these kinds as parameters; without assumptions all are slow, as the default run has them once."""
    chosen = [f for f in all_facts() if f.kind in kinds]
    return [
        pytest.param(f, assumptions, id=f.name, marks=[pytest.mark.slow] if f.slow or not assumptions else []) for f in chosen
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
        assert (field(found) - field(claimed)).is_zero, f"{what} is {found}, not {claimed}: equal in value, not recognised as equal"

    def check_numbers(self, what: str, found: sp.Expr, claimed: sp.Expr) -> None:
        for point in self.fact.points(self.assumptions):
            point = {**point, sp.Symbol("alpha", real=True): sp.Rational(2, 3)}
            a, b = (sp.N(self.fact.instance(e, self.assumptions).subs(point), DIGITS + 20) for e in (found, claimed))
            assert abs(a - b) <= sp.Float(10) ** -DIGITS * max(1, abs(b)), f"{what} = {found} is {a} at {point}, not {b}"

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
            assert all(m.field(m.ricci[i, j]) == m.field(k * m.metric[i, j]) for i in range(m.dim) for j in range(m.dim))
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
