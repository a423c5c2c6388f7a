"""The Galton board row by row, and tangent vectors as random variables."""

from fractions import Fraction

import pytest
import sympy as sp
from chentsov.geometry.manifolds import ManifoldError
from chentsov.models import families


def _slots(pins, theta):
    """Chances of the slots: the ball starts to the left or right, then every row of pins halves them."""
    chances = [1 - theta, theta]
    for _ in range(pins):
        chances = [(a + b) / 2 for a, b in zip([*chances, 0], [0, *chances])]
    return chances


@pytest.mark.parametrize("pins", [1, 3])
def test_the_board_row_by_row(pins):
    board, theta = families.galton_board(pins), Fraction(1, 3)
    t, x = board.coordinates[0], board.density.pieces[0].symbols[0]
    chances = _slots(pins, theta)
    (piece,) = board.density.pieces
    at = {t: sp.Rational(1, 3)}
    assert [sp.nsimplify(sp.exp(piece.log_density.subs({**at, x: k}))) for k in range(pins + 2)] == chances
    slopes = [b - a for a, b in zip(_slots(pins, Fraction(0)), _slots(pins, Fraction(1)))]  # linear in θ
    information = sum(d * d / p for d, p in zip(slopes, chances))
    assert board.metric[0, 0].subs(at) == sp.Rational(information.numerator, information.denominator)
    assert board.metric[0, 0].subs(t, sp.Rational(1, 2)) == sp.Rational(4, pins + 1)


def test_a_board_without_pins_is_refused():
    with pytest.raises(ValueError, match="rows of pins"):
        families.galton_board(0)


@pytest.mark.parametrize("vectors", [([1, 2], [-3, 1]), ([0, 1], [sp.Rational(1, 2), 4])])
def test_scores_carry_the_inner_product(vectors):
    """On the normal family, by moments: E[z²] = 1, E[z⁴] = 3 for z = (x − μ)/σ."""
    normal = families.normal()
    mu, sigma = normal.coordinates
    x = normal.density.pieces[0].symbols[0]
    z = sp.Symbol("z")
    first, second = (sp.expand(normal.one_representation(v).subs(x, mu + sigma * z)) for v in vectors)
    moment = lambda e: sp.simplify(sum(c * (0, 1, 0, 1, 0, 3)[d + 1] for (d,), c in sp.Poly(e, z).terms()))
    assert moment(first) == moment(second) == 0
    expected = (sp.Matrix([vectors[0]]) * normal.metric * sp.Matrix(vectors[1]))[0]
    assert sp.simplify(moment(sp.expand(first * second)) - expected) == 0


def test_a_vector_of_another_size():
    with pytest.raises(ManifoldError, match="2 numbers"):
        families.normal().one_representation([1])
