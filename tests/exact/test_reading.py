"""Text is never evaluated: every place that takes an expression refuses a string that would run as a program."""

import chentsov as ch
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField, canonical
from chentsov.geometry.exact.reading import read
from chentsov.models import families, gibbs, networks  # noqa: F401

x, y = sp.symbols("x y", positive=True)
ran = []
HOSTILE = "__import__('tests.exact.test_reading', fromlist=['ran']).ran.append(1) or 1"


class ByItsText:
    """What SymPy would read by its text."""

    def __repr__(self):
        return HOSTILE


PLACES = {
    "read": read,
    "field": DifferentialField((x,)),
    "canonical": canonical,
    "Mean": lambda v: ch.Mean(v, x),
    "compile": lambda v: ch.compile(v, [x]),
    "compile, list": lambda v: ch.compile([x, v], [x]),
    "evaluate_ball": lambda v: ch.evaluate_ball(v, {x: 1}, 60),
    "metric": lambda v: ch.RiemannianManifold([[v, 0], [0, 1]], (x, y)),
    "potential": lambda v: ch.HessianManifold(v, (x, y)),
    "density": lambda v: ch.StatisticalManifold.from_density(v, [y], [x]),
    "flow": lambda v: ch.Flow(ch.RiemannianManifold([[1, 0], [0, 1]], (x, y)), [v, x]),
    "embedding": lambda v: ch.ImmersedManifold([v, x, y], (x, y)),
    "alpha": lambda v: families.normal().alpha_ricci_scalar(v),
    "weights": lambda v: ch.models.Hopfield([[0, v], [v, 0]]),
    "laplacian": lambda v: ch.RiemannianManifold([[1, 0], [0, 1]], (x, y)).laplacian(v),
    "constant": lambda v: ch.RiemannianManifold([[1, 0], [0, x**2 + sp.Symbol("c")]], (x, y)).on_grid(
        {x: [1.0], y: [1.0]}, constants={"c": v}
    ),
    "axis": lambda v: ch.RiemannianManifold([[x**2, 0], [0, 1]], (x, y)).on_grid({x: [v], y: [1.0]}),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", [HOSTILE, ByItsText(), np.array(HOSTILE)], ids=["text", "object", "array"])
def test_nothing_runs(place, value):
    with pytest.raises((ValueError, TypeError)):
        PLACES[place](value)
    assert ran == []


def test_what_is_taken():
    assert (
        read(np.float64(0.5)) == sp.Float(0.5)
        and read(np.int64(3)) == 3
        and read(sp.Rational(1, 3)) == sp.Rational(1, 3)
    )


def test_the_error_says_where_and_what_to_do():
    with pytest.raises(ValueError, match="alpha is the text 'a \\+ 1': read it with chentsov.parsing.parse_expression"):
        families.normal().alpha_ricci_scalar("a + 1")
