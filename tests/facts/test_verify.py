"""The facts themselves, by textbook formulas in 50 digits and by quadrature: nothing here runs the engine."""

from __future__ import annotations

import dataclasses

import pytest

from tests.facts.fact import diagonal, metric
from tests.facts.verify import Disagreement, all_facts, verify


@pytest.mark.slow
@pytest.mark.parametrize("fact", [pytest.param(f, id=f"{f.kind}: {f.name}") for f in all_facts()])
def test_a_fact_holds(fact):
    assert verify(fact) > 0


def test_the_verifier_sees_what_is_wrong():
    sphere = metric(
        "unit sphere",
        "t p",
        diagonal("1", "sin(t)**2"),
        ("t=1, p=2",),
        "",
        ricci_scalar="2",
        christoffel={"0;1,1": "-sin(t)*cos(t)", "1;0,1": "cot(t)", "rest": "0"},
        laplacian=[["cos(t)", "-2*cos(t)"]],
    )
    assert verify(sphere) == 9
    for key, wrong in (
        ("ricci_scalar", "-2"),
        ("christoffel", {"rest": "0"}),
        ("laplacian", [["cos(t)", "cos(t)"]]),
        ("constant_curvature", "1/4"),
    ):
        with pytest.raises(Disagreement):
            verify(dataclasses.replace(sphere, expected={key: wrong}))


def test_names_of_facts_are_unique():
    names = [repr(f) for f in all_facts()]
    assert len(names) == len(set(names)) >= 200
