"""Determinants and inverses, against their definition and SymPy's own on rational matrices."""

import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField, determinant, inverse
from hypothesis import given, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y", real=True)


def elements(field, matrix):
    return [[field(e) for e in row] for row in sp.Matrix(matrix).tolist()]


@settings(deadline=None, max_examples=30, derandomize=True)
@given(
    st.integers(1, 7).flatmap(
        lambda n: st.lists(st.lists(st.integers(-3, 3), min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
def test_integer_matrices(rows):
    field = DifferentialField()
    matrix = sp.Matrix(rows)
    entries = elements(field, matrix)
    assert determinant(entries) == matrix.det()
    if matrix.det() == 0:
        with pytest.raises(ZeroDivisionError, match="singular"):
            inverse(entries)
    else:
        assert [[e.as_expr() for e in row] for row in inverse(entries)] == matrix.inv().tolist()


@pytest.mark.parametrize("n", [2, 3, 4, 6, 7])
def test_inverse_times_matrix_is_one(n):
    """A dense symmetric matrix: diagonal plus rank one, as the metric of a categorical model."""
    symbols = sp.symbols(f"u:{n}", real=True)
    field = DifferentialField(symbols)
    e = [field(sp.exp(u)) for u in symbols]
    z = 1 + sum(e, field.zero)
    matrix = [[(e[i] if i == j else field.zero) / z - e[i] * e[j] / z**2 for j in range(n)] for i in range(n)]
    inverted = inverse(matrix)
    for i in range(n):
        for j in range(n):
            assert sum((matrix[i][k] * inverted[k][j] for k in range(n)), field.zero) == int(i == j)
            assert inverted[i][j] == z + (z / e[i] if i == j else 0)  # Sherman and Morrison
    product = field.one
    for factor in e:
        product = product * factor
    assert determinant(matrix) == product / z ** (n + 1)


def test_blocks_of_a_permuted_matrix():
    field = DifferentialField((x, y))
    matrix = [[field(v) for v in row] for row in [[0, 0, x], [0, y, 0], [1, 0, 0]]]
    assert determinant(matrix) == -x * y
    assert [[v.as_expr() for v in row] for row in inverse(matrix)] == [[0, 0, 1], [0, 1 / y, 0], [1 / x, 0, 0]]


def test_bad_shapes():
    field = DifferentialField()
    for rows in ([], [[field.one, field.one]]):
        with pytest.raises(ValueError, match="square"):
            determinant(rows)
