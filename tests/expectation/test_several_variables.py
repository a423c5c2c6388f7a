"""Changes of one variable among several: Clayton's copula becomes a product."""

import pytest
import sympy as sp
from chentsov import StatisticalManifold
from chentsov.geometry.expectation.changes import standard_candidates
from chentsov.geometry.expectation.closed_form import iterated
from chentsov.geometry.expectation.density import read_density
from chentsov.geometry.expectation.logarithms import tidy_log
from chentsov.geometry.expectation.sampling import sample_points, working_copy

x, y, t = sp.symbols("x y t", positive=True)
CLAYTON = (1 + t) * (x * y) ** (-1 - t) * (x**-t + y**-t - 1) ** (-2 - 1 / t)
SQUARE = {x: (0, 1), y: (0, 1)}


def forms():
    density = read_density(CLAYTON, SQUARE, (t,))
    copy = working_copy(density, sample_points(density)[0])
    piece = copy.density.pieces[0]
    return piece, [parts[0] for parts in standard_candidates(piece, copy.sign_of)]


def test_a_copula_becomes_a_product():
    _, found = forms()
    logs = [[a.free_symbols & set(f.piece.symbols) for a in f.piece.log_density.atoms(sp.log)] for f in found]
    separate = [f for f, sets in zip(found, logs) if all(len(s) < 2 for s in sets)]
    assert separate
    for f in separate:
        closed = iterated(f.piece)
        assert closed is not None and sp.simplify(tidy_log(closed.value)) == 0  # the mass is 1


def test_changes_of_variable_keep_the_density():
    """log p at a point is the weight at the image minus the logarithm of the rate, through every step."""
    piece, found = forms()
    theta = piece.log_density.free_symbols - set(piece.symbols)
    for f in found[1:]:
        values = dict(zip(f.piece.symbols, (sp.Rational(2, 7), sp.Rational(3, 5)))) | {
            s: sp.Rational(5, 4) for s in theta
        }
        images = [f.carry(s) for s in piece.symbols]
        jacobian = sp.Matrix(images).jacobian(f.piece.symbols).det()
        expected = f.carry(piece.log_density) + sp.log(sp.Abs(jacobian))
        assert abs(sp.N((expected - f.piece.log_density).subs(values), 20)) < 1e-15


@pytest.mark.slow
def test_clayton_on_a_grid():
    m = StatisticalManifold.from_density(CLAYTON, SQUARE, (t,))
    grid = m.on_grid({t: [0.5, 1.0, 2.0]}, ("metric",))["metric"].values.ravel()
    assert abs(grid[0] - float(m.fisher_at({t: sp.Rational(1, 2)}, 14)[0, 0])) < 1e-12
