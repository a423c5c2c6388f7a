"""Divergences: against textbook formulas, SciPy's quadrature, and the laws that hold between them."""

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.manifolds import ManifoldError
from chentsov.models import families
from scipy.integrate import quad
from scipy.special import betaln, digamma
from scipy.stats import cauchy, norm

R = sp.Rational


def test_normal_distributions():
    m = families.normal()
    m1, s1, m2, s2 = 0.3, 1.2, -0.5, 0.7
    p, q = [m1, s1], [m2, s2]
    expected = np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5
    found = m.kullback_leibler(p, q)
    assert abs(found.value - expected) < 1e-14 and found.error < 1e-14 and found.expression is not None
    for a in (0.3, 0.8):
        var = a * s2**2 + (1 - a) * s1**2
        expected = a * (m1 - m2) ** 2 / (2 * var) + np.log(np.sqrt(var) / (s1 ** (1 - a) * s2**a)) / (1 - a)
        assert float(m.renyi(p, q, a)) == pytest.approx(expected, abs=1e-13)
    overlap = np.sqrt(2 * s1 * s2 / (s1**2 + s2**2)) * np.exp(-((m1 - m2) ** 2) / (4 * (s1**2 + s2**2)))
    assert float(m.alpha_divergence(p, q, 0)) == pytest.approx(4 * (1 - overlap), abs=1e-13)


def test_beta_distributions():
    (a, b), (c, d) = (2.5, 1.5), (0.75, 4.0)
    expected = betaln(c, d) - betaln(a, b) + (a - c) * digamma(a) + (b - d) * digamma(b)
    expected += (c - a + d - b) * digamma(a + b)
    assert float(families.beta().kullback_leibler([a, b], [c, d])) == pytest.approx(expected, abs=1e-13)
    t = 0.4
    z = betaln(t * a + (1 - t) * c, t * b + (1 - t) * d) - t * betaln(a, b) - (1 - t) * betaln(c, d)
    assert float(families.beta().renyi([a, b], [c, d], t)) == pytest.approx(z / (t - 1), abs=1e-13)


@pytest.mark.slow
def test_integrals_that_are_enclosed():
    m = families.cauchy()
    p, q = [0.25, 1.5], [1.0, 0.5]
    expected = np.log(((1.5 + 0.5) ** 2 + 0.75**2) / (4 * 1.5 * 0.5))  # Chyzak & Nielsen, arXiv:1905.10965
    found = m.kullback_leibler(p, q)
    assert found.expression is None and abs(found.value - expected) <= found.error + 1e-15 and found.error < 1e-14
    f, g = cauchy(0.25, 1.5).pdf, cauchy(1.0, 0.5).pdf
    overlap = quad(lambda x: np.sqrt(f(x) * g(x)), -np.inf, np.inf, epsabs=1e-13)[0]
    assert float(m.renyi(p, q, R(1, 2))) == pytest.approx(-2 * np.log(overlap), abs=1e-9)


@pytest.mark.slow
def test_mixtures():
    f, g = norm(0.3, 1.2), norm(-0.5, 0.7)
    mixed = lambda x: (f.pdf(x) + g.pdf(x)) / 2
    halves = [quad(lambda x: h.pdf(x) * np.log(h.pdf(x) / mixed(x)), -12, 12, epsabs=1e-13)[0] for h in (f, g)]
    found = families.normal().jensen_shannon([0.3, 1.2], [-0.5, 0.7])
    assert found.value == pytest.approx(sum(halves) / 2, abs=1e-11) and found.error < 1e-12
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.3, 0.1])
    middle = (p + q) / 2
    expected = (p @ np.log(p / middle) + q @ np.log(q / middle)) / 2
    closed = families.categorical().jensen_shannon([0.2, 0.3], [0.6, 0.3])
    assert closed.expression is not None
    # the coordinates are the probabilities of two of three outcomes, whichever they are
    assert closed.value == pytest.approx(expected, abs=1e-14)


@pytest.mark.slow
def test_chernoff():
    """Normal distributions of one variance: Δμ²/(8σ²) at t = 1/2; exponential ones by the derivative of log Z."""
    found = families.normal().chernoff([0, 2], [3, 2])
    assert found.value == pytest.approx(9 / 32, abs=1e-12) and found.exponent == pytest.approx(0.5, abs=1e-6)
    found = families.exponential().chernoff([1], [3])
    t = (3 - 2 / np.log(3)) / 2  # log Z = t log 1 + (1 − t) log 3 − log(3 − 2t)
    expected = -((1 - t) * np.log(3) - np.log(3 - 2 * t))
    assert abs(found.value - expected) <= found.error < 1e-11 and found.exponent == pytest.approx(t, abs=1e-5)


def test_laws():
    m, p, q = families.gamma(), [1.5, 2.0], [3.0, 0.5]
    forwards, backwards = m.kullback_leibler(p, q).value, m.kullback_leibler(q, p).value
    assert m.alpha_divergence(p, q, -1).value == forwards and m.alpha_divergence(p, q, 1).value == backwards
    assert m.alpha_divergence(p, q, 0.5).value == pytest.approx(m.alpha_divergence(q, p, -0.5).value, abs=1e-12)
    assert m.renyi(p, q, 0.999999).value == pytest.approx(forwards, rel=1e-5)
    assert m.kullback_leibler(p, p).value == 0
    k, h = 1e-3, sp.Symbol("h", positive=True)
    near = m.kullback_leibler([1.5, 2.0], [1.5 + k, 2.0]).value  # ½ g_ij dθ^i dθ^j
    assert near == pytest.approx(float(m.metric[0, 0].subs(m.coordinates[0], 1.5)) * k**2 / 2, rel=1e-2)
    assert families.poisson().kullback_leibler([h], [1]).expression.equals(h * sp.log(h) - h + 1)


def test_the_theorem_of_pythagoras():
    """q is the member of an e-flat subfamily (shape 1, exponential distributions) with p's mean: KL(p‖r) adds up."""
    m = families.gamma()
    p, q, r = [2.5, 1.7], [1, 1.7], [1, 0.4]
    whole = m.kullback_leibler(p, r).value
    assert whole == pytest.approx(m.kullback_leibler(p, q).value + m.kullback_leibler(q, r).value, abs=1e-13)


def test_what_has_no_divergence():
    x = sp.Symbol("x", positive=True)
    for call, words in [
        (lambda: families.normal().kullback_leibler([0, -1], [0, 1]), "positive"),
        (lambda: families.normal().kullback_leibler([0], [0, 1]), "2 finite numbers"),
        (lambda: families.normal().chernoff([0, x], [0, 1]), "give numbers for x"),
        (lambda: families.cauchy().kullback_leibler([0, x], [0, 1]), "give numbers for x"),
        (lambda: families.pareto().kullback_leibler([1, 2], [2, 2]), "support moves"),
        (lambda: families.normal().renyi([0, 2], [0, 1], 3), "diverge"),
    ]:
        with pytest.raises(ManifoldError, match=words):
            call()


def test_supports_that_move():
    """Pareto's families of t and a, by hand: E_p[log x] = log t + 1/a."""
    m, first, second = families.pareto(), (2.0, 3.0), (1.5, 0.5)
    (t1, a1), (t2, a2) = first, second
    expected = np.log(a1 / a2) + a2 * np.log(t1 / t2) + a2 / a1 - 1
    assert float(m.kullback_leibler(first, second)) == pytest.approx(expected, abs=1e-13)
    overlap = quad(lambda x: np.sqrt(a1 * t1**a1 / x ** (a1 + 1) * a2 * t2**a2 / x ** (a2 + 1)), t1, np.inf)[0]
    for p, q in ((first, second), (second, first)):
        assert float(m.alpha_divergence(p, q, 0)) == pytest.approx(4 * (1 - overlap), abs=1e-9)
    for call, words in [
        (lambda: m.kullback_leibler(second, first), "infinite: the support moves"),
        (lambda: m.renyi(second, first, 2), "infinite: the support moves"),
        (lambda: m.jensen_shannon(first, second), "Jensen and Shannon is not found"),
        (lambda: m.chernoff(first, second), "not found where the support moves"),
    ]:
        with pytest.raises(ManifoldError, match=words):
            call()
