"""Tensors as containers and in algebra."""

import pytest
import sympy as sp
from chentsov import RiemannianManifold, Tensor

x, y, z = sp.symbols("x y z", positive=True)
m = RiemannianManifold([[1 + x**2, x * y, 0], [x * y, 2 + y**2, 0], [0, 0, z]], (x, y, z))
u = m.tensor([x, y * z, 1], ["up"])
w = m.tensor([[x, y, z], [1, x * y, 0], [z, 0, 2]], ["up", "down"])


def test_a_tensor_is_read_like_an_array():
    assert w.shape == (3, 3) and len(w) == 9
    assert w.tolist() == [[x, y, z], [1, x * y, 0], [z, 0, 2]]
    assert sp.Array(list(w)) == sp.Array(w.tolist()) == w.components
    scalar = m.tensor(x * y)
    assert scalar[()] == scalar.tolist() == scalar.components == x * y and scalar.shape == ()
    with pytest.raises(TypeError, match="scalar"):
        iter(scalar)


def test_algebra_by_components():
    product = w * u
    assert product.indices == (*w.indices, *u.indices) and product[0, 2, 1] == y * z**2
    assert (w + w - 2 * w).is_zero() and (-w)[1, 1] == -x * y
    assert w.transposed(1, 0)[0, 2] == w[2, 0]
    cubic = w * u
    turned = cubic.transposed(2, 0, 1)
    for i in range(3):
        for j in range(3):
            for k in range(3):
                assert turned[k, i, j] == cubic[i, j, k]


def test_contraction_is_a_trace():
    assert m.field(w.contracted(0, 1)[()]) == m.field(x + x * y + 2)
    applied = (w * u).contracted(1, 2)
    expected = [x * x + y * y * z + z, x + x * y * y * z, z * x + 2]
    assert all(m.field(a) == m.field(b) for a, b in zip(applied, expected))


def test_lowering_by_hand():
    g = m.metric
    for i in range(3):
        assert m.field(u.lowered(0)[i]) == m.field(sum(g[i, j] * u[j] for j in range(3)))
    both = (u.lowered(0) * u).contracted(0, 1)
    assert both == (u * u).contracted(0, 1)  # two upper indices are contracted with the metric


def test_lie_derivative_is_a_commutator():
    """L_X Y = [X, Y], L_X of a function is its slope, and L_X obeys the Leibniz rule."""
    v = m.tensor([y, x * z, x], ["up"])
    bracket = [
        sum(u[j] * sp.diff(v[i], c) - v[j] * sp.diff(u[i], c) for j, c in enumerate(m.coordinates)) for i in range(3)
    ]
    assert all(m.field(a) == m.field(b) for a, b in zip(v.lie_derivative(u), bracket))
    f = m.tensor(x * y**2)
    assert m.field(f.lie_derivative(u)[()]) == m.field(x * y**2 + 2 * x * y * y * z)
    assert (w * v).lie_derivative(u) == w.lie_derivative(u) * v + w * v.lie_derivative(u)
    # torsion-free: [X, Y] = ∇_X Y − ∇_Y X
    along = lambda a, b: (b.covariant_derivative() * a).contracted(1, 2)
    assert along(u, v) - along(v, u) == v.lie_derivative(u)


def test_covariant_derivative_obeys_leibniz_and_commutes_with_traces():
    left = (w * u).covariant_derivative()
    right = (w.covariant_derivative() * u).transposed(0, 1, 3, 2) + w * u.covariant_derivative()
    assert left == right
    assert w.contracted(0, 1).covariant_derivative() == w.covariant_derivative().contracted(0, 1)
    assert isinstance(m.covariant_derivative([x, y, z], ["down"]), Tensor)
