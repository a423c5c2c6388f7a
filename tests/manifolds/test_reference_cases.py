"""Published closed forms: equal exactly, and at tabulated points to 25 digits."""

import pytest
import sympy as sp
from chentsov import RiemannianManifold
from chentsov.geometry.manifolds import SingularMetricError

from tests.reference import agrees, cases


def _manifold(case):
    if "potential" in case.definition:
        metric = sp.hessian(case.parse(case.definition["potential"]), case.coordinates)
    else:
        metric = case.parse(case.definition["metric"])
    return RiemannianManifold(metric, case.coordinates)


def _indices(key):
    return tuple(int(i) for i in key.replace(";", ",").split(","))


def _components(manifold, quantity, expected):
    """(our component, expected component) pairs of an expected entry of the file."""
    if quantity in ("ricci_scalar", "kretschmann", "gaussian_curvature"):
        yield getattr(manifold, quantity), expected
    elif quantity == "constant_sectional_curvature":
        yield manifold.constant_curvature(), expected
    elif quantity == "laplacian":
        for function, value in expected:
            yield manifold.laplacian(function), value
    elif quantity in ("ricci_tensor", "hessian_metric"):
        ours = manifold.ricci if quantity == "ricci_tensor" else manifold.metric
        for i, row in enumerate(expected):
            for j, value in enumerate(row):
                yield ours[i, j], value
    elif quantity in ("christoffel_second", "riemann_down", "amari_chentsov"):
        name = {"christoffel_second": "christoffel", "riemann_down": "riemann_lowered", "amari_chentsov": "cubic"}[
            quantity
        ]
        for key, value in expected.items():
            yield manifold.component(name, *_indices(key)), value


def _flat(values):
    """The numbers of a tabulated value in the order of `_components`."""
    if isinstance(values, dict):
        values = list(values.values())
    if isinstance(values, list):
        return [v for inner in values for v in _flat(inner)]
    return [values]


# What belongs to Hessian and statistical structures is tested with them.
ELSEWHERE = {"koszul_alpha", "koszul_beta", "legendre_dual", "alpha_scalar", "hessian_sectional_constant"}


@pytest.mark.parametrize("case", cases("metric", "potential"))
def test_closed_forms_and_values(case):
    if case.expected.get("det_g") == "0":
        with pytest.raises(SingularMetricError, match="determinant"):
            _manifold(case)
        return
    manifold = _manifold(case)
    for quantity in case.expected.keys() - ELSEWHERE:
        pairs = list(_components(manifold, quantity, case.parse(case.expected[quantity])))
        assert pairs, f"{quantity} is not compared"
        for ours, theirs in pairs:
            assert manifold.field(ours) == manifold.field(theirs), f"{quantity}: {ours} is not {theirs}"
        for at, values in case.points():
            numbers = _flat(values[quantity])
            assert len(numbers) == len(pairs)
            for (ours, _), value in zip(pairs, numbers):
                assert agrees(ours, at, value), f"{quantity} at {at}: {ours} is not {value}"


@pytest.mark.parametrize("case", cases("potential"))
def test_the_hessian_structure_of_a_potential_is_found(case):
    assert _manifold(case).structure == "hessian"
