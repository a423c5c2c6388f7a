"""The whole catalogue against a textbook derivation, at one generic point and to 30 digits."""

import pytest
import sympy as sp
from chentsov import RiemannianManifold
from chentsov.models import spacetimes, surfaces

from tests.manifolds.textbook import Textbook, evaluate, generic_point, with_functions

# The laws on the whole catalogue are in the default run; this second derivation of each member is a longer study.
pytestmark = pytest.mark.slow

MEMBERS = {m.name: m for m in (*spacetimes.catalogue(), *surfaces.catalogue())}
DIGITS = 30


def close(ours, theirs, scale=1):
    return abs(ours - theirs) < sp.Float(10) ** -DIGITS * max(1, abs(theirs), scale)


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_curvature_of(name):
    manifold = MEMBERS[name]
    metric, concrete = with_functions(sp.Matrix(manifold.metric))
    point = generic_point(manifold)
    book = Textbook(metric, manifold.coordinates, point, DIGITS)

    n = range(manifold.dim)
    low = book.riemann_lowered
    last = (0, manifold.dim - 1, 0, manifold.dim - 1)
    pairs = [(manifold.ricci_scalar, book.ricci_scalar), (manifold.kretschmann, book.kretschmann)]
    pairs += [(manifold.riemann_component(*last), book.riemann[last])]
    pairs += [(manifold.component("riemann_lowered", *q), low[q]) for q in manifold.local.independent_riemann()]
    pairs += [(manifold.ricci[i, j], book.ricci[i, j]) for i in n for j in n]
    pairs += [(manifold.component("christoffel", i, j, k), book.christoffel[i, j, k]) for i in n for j in n for k in n]
    ours = evaluate([sp.sympify(e).subs(concrete) for e, _ in pairs], point, DIGITS)
    for (expression, theirs), value in zip(pairs, ours):
        assert close(value, theirs), f"{expression}: {value} is not {theirs}"


def _potential(dim):
    xs = sp.symbols(f"x1:{dim + 1}", real=True)
    cubic = sum((i + 1) * x**2 for i, x in enumerate(xs)) + sum(a * b * c for a in xs for b in xs for c in xs) / 7
    return cubic + sp.exp(xs[0] - xs[-1]), xs


@pytest.mark.parametrize("dim", [2, 3, 4])
def test_the_hessian_formulas(dim):
    """R from the cubic tensor alone, in the sign conventions of the general formula."""
    potential, xs = _potential(dim)
    metric = sp.hessian(potential, xs)
    manifold = RiemannianManifold(metric, xs)
    assert manifold.structure == "hessian"
    point = {x: sp.Rational(2 + i, 11 + 3 * i) for i, x in enumerate(xs)}
    book = Textbook(metric, xs, point, DIGITS)
    assert abs(book.ricci_scalar) > 1e-3
    pairs = [(manifold.ricci_scalar, book.ricci_scalar)]
    pairs += [(manifold.component("ricci", *key), value) for key, value in book.ricci.items()]
    pairs += [(manifold.component("riemann_lowered", *key), value) for key, value in book.riemann_lowered.items()]
    for (_, theirs), value in zip(pairs, evaluate([e for e, _ in pairs], point, DIGITS)):
        assert close(value, theirs)


def test_every_structure_occurs_in_the_catalogue():
    assert {m.structure for m in MEMBERS.values()} == {"general", "hessian", "immersed"}
