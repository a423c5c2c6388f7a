"""Every density record of the reference file: exact, to 25 digits, and in the time allowed."""

import time

import pytest
import sympy as sp
from chentsov import StatisticalManifold

from tests.reference import agrees, cases

ALPHA = sp.Symbol("alpha", real=True)


def manifold(case):
    definition = case.definition
    table = dict(case.symbols)

    def ranges(variables):
        for v in variables:
            table.setdefault(v["name"], sp.Symbol(v["name"], real=True))
        read = lambda text: sp.sympify(text, locals=table)
        return {table[v["name"]]: (read(v["lower"]), read(v["upper"]), v["type"]) for v in variables}

    if "pieces" in definition:
        pieces = []
        for piece in definition["pieces"]:
            variables = ranges(piece["variables"])
            pieces.append((sp.sympify(piece["density"], locals=table), variables))
        return StatisticalManifold.from_density(coordinates=case.coordinates, pieces=pieces)
    variables = ranges(definition["variables"])
    return StatisticalManifold.from_density(
        sp.sympify(definition["density"], locals=table), variables, case.coordinates
    )


def pairs(m, case):
    """(name, ours, theirs, tabulated values -> this one)."""
    n = range(m.dim)
    for name, expected in case.expected.items():
        if name == "fisher_metric":
            for i in n:
                for j in n:
                    yield m.metric[i, j], expected[i][j], lambda v, i=i, j=j: v["fisher_metric"][i][j]
        elif name == "amari_chentsov":
            t = m.amari_chentsov
            for i in n:
                for j in range(i, m.dim):
                    for k in range(j, m.dim):
                        key = f"{i},{j},{k}"
                        yield t[i, j, k], expected.get(key, "0"), lambda v, key=key: v["amari_chentsov"].get(key, "0")
        elif name == "alpha_scalar":
            yield m.alpha_ricci_scalar(ALPHA), expected, lambda v: v["alpha_scalar"]
        elif name == "ricci_scalar":
            yield m.ricci_scalar, expected, lambda v: v["ricci_scalar"]
        elif name == "gaussian_curvature":
            yield m.gaussian_curvature, expected, lambda v: v["gaussian_curvature"]
        elif name == "det_g":
            yield m.determinant, expected, lambda v: v["det_g"]
        elif name == "volume_density":
            yield m.volume_density, expected, lambda v: v["volume_density"]
        elif name == "constant_sectional_curvature":
            yield m.constant_curvature(), expected, lambda v: v["constant_sectional_curvature"]
        elif name == "laplacian":
            for a, (f, value) in enumerate(expected):
                yield m.laplacian(sp.sympify(f, locals=case.symbols)), value, lambda v, a=a: v["laplacian"][a]
        elif name in ("christoffel_second", "riemann_down"):
            array = m.christoffel if name == "christoffel_second" else m.riemann_lowered
            for key, value in expected.items():
                index = tuple(int(i) for i in key.replace(";", ",").split(","))
                yield array[index], value, lambda v, name=name, key=key: v[name][key]
        else:
            raise AssertionError(f"{name} is not tested")


@pytest.mark.parametrize("case", cases("density"))
def test_closed_forms_values_and_time(case):
    start = time.process_time()
    m = manifold(case)
    m.metric, m.ricci_scalar, m.amari_chentsov
    took = time.process_time() - start
    assert took < (2.0 if m.is_exponential else 15.0), f"{took:.1f} s on the route {m.provenance}"
    for ours, theirs, tabulated in pairs(m, case):
        expected = sp.sympify(theirs, locals={**case.symbols, "alpha": ALPHA})
        assert m.field(ours) == m.field(expected), f"{ours} is not {expected}"
        for at, values in case.points():
            if case.symbols["alpha"] in at:
                at = {**at, ALPHA: at[case.symbols["alpha"]]}
            assert agrees(ours, at, tabulated(values))
