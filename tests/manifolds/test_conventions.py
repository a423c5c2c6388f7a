"""Conventions as data: what they say is what other sources compute."""

import pytest
import sympy as sp
from chentsov.geometry.conventions import CHENTSOV, CONVENTIONS, WEINBERG, CurvatureConvention
from chentsov.models import surfaces


def ricci_scalar_in(convention, manifold):
    """R by the definition that a convention declares: its sign, and the slots that it contracts."""
    n = range(manifold.dim)
    riemann = lambda *q: convention.riemann_sign * manifold.riemann[q]
    if convention.ricci_slots == (0, 2):
        ricci = {(j, l): sum(riemann(i, j, i, l) for i in n) for j in n for l in n}
    else:
        ricci = {(j, k): sum(riemann(i, j, k, i) for i in n) for j in n for k in n}
    scalar = sum(manifold.inverse_metric[k] * v for k, v in ricci.items())
    return sp.simplify(scalar / 2 if convention.scalar_is_gaussian else scalar)


@pytest.mark.parametrize("name", sorted(CONVENTIONS))
def test_signs_are_those_of_the_definition(name):
    convention, sphere = CONVENTIONS[name], surfaces.sphere(2, 1)
    expected = convention.scalar_sign() * (1 if convention.scalar_is_gaussian else 2)
    assert ricci_scalar_in(convention, sphere) == expected


def test_the_house_convention():
    assert ricci_scalar_in(CHENTSOV, surfaces.sphere(2, 1)) == surfaces.sphere(2, 1).ricci_scalar == 2
    assert WEINBERG.ricci_sign() == -1


def test_what_is_no_convention():
    with pytest.raises(ValueError, match="riemann_sign"):
        CurvatureConvention("odd", riemann_sign=2)
    with pytest.raises(ValueError, match="contraction with slot 1 vanishes"):
        CurvatureConvention("odd", ricci_slots=(0, 1))
