"""PyTorch's doors: functions that it differentiates, and source text for it, beside SymPy's own numbers."""

import chentsov as ch
import numpy as np
import pytest
import sympy as sp

x, y = sp.symbols("x y", real=True)
HALF = sp.Rational(1, 2)
FORMULAS = [
    sp.exp(x) * y / 3 + sp.log(1 + sp.exp(x)),
    1 / (1 + sp.exp(-x)) + sp.sqrt(2) * sp.pi,
    sp.Max(x, y, HALF) + sp.Min(x, 1) + sp.Abs(x - 1) + sp.sign(y),
    sp.Piecewise((x**2, x > 0), (y, True)),
    sp.gamma(x + HALF) + sp.loggamma(y + 3),
    sp.digamma(y + 3) + sp.polygamma(1, y + 3) + sp.polygamma(2, y + 3),
    sp.erf(x) + sp.erfc(y) + sp.besseli(1, y + 3),
    sp.atan2(x, y + 5) + sp.asinh(x) + sp.tanh(x) + sp.acos(y / 10),
]
A, B = np.array([0.3, -1.2, 2.5]), np.array([2.0, 0.4, -0.7])


def _numbers(expression):
    return [float(sp.N(expression.subs({x: sp.Float(a, 30), y: sp.Float(b, 30)}), 25)) for a, b in zip(A, B)]


def _digits(formula):
    """PyTorch's own polygamma has nine digits."""
    return 1e-9 if formula.has(sp.polygamma) else 1e-13


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def points(torch):
    return [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (A, B)]


@pytest.mark.slow
@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: str(f)[:40])
def test_numbers_and_slopes_are_those_of_the_formula(formula, points):
    values = ch.lambdify((x, y), formula, "torch")(*points)
    np.testing.assert_allclose(values.detach(), _numbers(formula), rtol=_digits(formula))
    values.sum().backward()
    for symbol in formula.free_symbols:
        given = points[(x, y).index(symbol)]
        np.testing.assert_allclose(given.grad, _numbers(formula.diff(symbol)), rtol=10 * _digits(formula), atol=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: str(f)[:40])
def test_source_text_has_the_same_numbers(formula, points):
    names = {}
    exec(ch.source({"f": [formula, sp.Rational(1, 3)], "g": formula}, [x, y], "torch"), names)
    both = names["f"](*points).detach()
    np.testing.assert_allclose(both, [_numbers(formula), [1 / 3] * 3], rtol=_digits(formula))
    np.testing.assert_allclose(names["g"](*points).detach(), _numbers(formula), rtol=_digits(formula))


@pytest.mark.slow
def test_matrices_maps_and_types(torch):
    family = ch.models.families.gamma()
    metric = ch.lambdify(family.coordinates, family.metric, "torch")
    at = torch.tensor([[2.0, 3.0], [1.0, 1.0]], dtype=torch.float64)
    slopes = torch.func.vmap(torch.func.jacfwd(lambda p: metric(p[0], p[1])))(at)
    k, m = family.coordinates
    expected = sp.derive_by_array(family.metric, (k, m))  # ∂ first, then the components
    for n, (a, b) in enumerate(at.tolist()):
        numbers = np.array(expected.subs({k: a, m: b}).tolist(), dtype=float)
        np.testing.assert_allclose(slopes[n], np.moveaxis(numbers, 0, -1), rtol=1e-12, atol=1e-14)
    single = ch.lambdify(x, sp.exp(x) / 3, "torch")(torch.tensor([1.0]))
    assert single.dtype == torch.float32
    assert ch.lambdify((x, y), x * y / 3, "torch")(1, 2.0) == torch.tensor(2 / 3, dtype=torch.float64)
