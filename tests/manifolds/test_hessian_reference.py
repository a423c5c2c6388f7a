"""Published facts about potentials: Koszul forms, Legendre pairs, α-curvature, Hessian sectional curvature."""

import pytest
import sympy as sp
from chentsov import HessianManifold

from tests.reference import agrees, cases


def _pairs(case, manifold):
    """(ours, expected text, tabulated value) for every entry that belongs to the Hessian structure."""
    expected = case.expected
    symbols = {f"eta{i + 1}": e for i, e in enumerate(manifold.dual_coordinates)}
    for name in ("koszul_alpha", "koszul_beta", "hessian_metric"):
        if name in expected:
            ours = manifold.metric if name == "hessian_metric" else getattr(manifold, name)
            rows = expected[name]
            for i, row in enumerate(rows):
                if isinstance(row, list):
                    yield from ((ours[i, j], text, (name, i, j)) for j, text in enumerate(row))
                else:
                    yield ours[i], row, (name, i)
    if "amari_chentsov" in expected:
        for key, text in expected["amari_chentsov"].items():
            yield manifold.cubic[tuple(map(int, key.split(",")))], text, ("amari_chentsov", key)
    if "laplacian" in expected:
        for k, (function, text) in enumerate(expected["laplacian"]):
            yield manifold.laplacian(case.parse(function)), text, ("laplacian", k)
    if "alpha_scalar" in expected:
        yield manifold.alpha_ricci_scalar(case.symbols["alpha"]), expected["alpha_scalar"], ("alpha_scalar",)
    for name in ("ricci_scalar", "hessian_sectional_constant"):
        if name in expected:
            yield getattr(manifold, name), expected[name], (name,)
    if "constant_sectional_curvature" in expected:
        yield manifold.constant_curvature(), expected["constant_sectional_curvature"], ("constant_sectional_curvature",)
    if "legendre_dual" in expected:
        pair = expected["legendre_dual"]
        for i, text in enumerate(pair["eta"]):
            yield manifold.dual_coordinates[i], text, ("legendre_dual", "eta", i)
        here = dict(zip(manifold.dual_symbols, manifold.dual_coordinates))
        ours = manifold.dual_potential.subs(here)
        phi = sp.sympify(pair["phi"], locals=dict(case.symbols)).subs({sp.Symbol(k): v for k, v in symbols.items()})
        yield ours, phi, ("legendre_dual", "phi")


def _pick(values, path):
    for step in path:
        values = values[step]
    return values


@pytest.mark.parametrize("case", cases("potential"))
def test_potential(case):
    manifold = HessianManifold(case.parse(case.definition["potential"]), case.coordinates)
    field = manifold.field
    points = list(case.points())
    for ours, text, path in _pairs(case, manifold):
        expected = case.parse(text) if isinstance(text, str) else text
        if path[-1] != "phi":
            assert (field(ours) - field(expected)).is_zero, path
        for at, values in points:
            assert agrees(ours, at, _pick(values, path)), (path, at)


@pytest.mark.parametrize("case", cases("potential", key="legendre_dual"))
def test_legendre_pair_in_dual_coordinates(case):
    """φ as a function of η, compared where η comes from the tabulated points."""
    manifold = HessianManifold(case.parse(case.definition["potential"]), case.coordinates)
    names = {sp.Symbol(f"eta{i + 1}"): s for i, s in enumerate(manifold.dual_symbols)}
    expected = sp.sympify(case.expected["legendre_dual"]["phi"], locals=dict(case.symbols)).subs(names)
    for at, values in case.points():
        there = {s: sp.N(e.subs(at), 60) for s, e in zip(manifold.dual_symbols, manifold.dual_coordinates)} | at
        assert agrees(manifold.dual_potential, there, values["legendre_dual"]["phi"])
        assert abs(sp.N((manifold.dual_potential - expected).subs(there), 30)) < 1e-25
