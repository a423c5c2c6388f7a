"""Information geometry: Fisher metrics of families, and the neuron with two weights on ten rows of data."""

from __future__ import annotations

import math

import numpy as np
from scipy import integrate, special, stats

from .record import DIAGONAL, HALF, REGULAR, SIGN, SINGLE, STEP, TRANSPOSED, TWICE, right, wrong
from .spaces import (
    BERNOULLI,
    BETA,
    BINOMIAL10,
    CATEGORICAL,
    EXPONENTIAL,
    GAMMA,
    GUMBEL,
    INVERSE_GAUSSIAN,
    NEURON,
    NORMAL,
    POISSON,
    ROWS,
    TARGETS,
    WEIBULL,
)

FISHER = {"quantity": "metric"}

# --- right -------------------------------------------------------------------------------------------------------


@right("diag(1, 2)/σ²", on=NORMAL, **FISHER)
def normal_fisher(x):
    return np.diag([1, 2]) / x[1] ** 2


@right("the same by Gauss–Hermite quadrature of the scores", on=NORMAL, **FISHER)
def normal_fisher_quadrature(q):
    mu, s = q
    z, w = np.polynomial.hermite_e.hermegauss(20)
    score = np.array([z / s, (z * z - 1) / s])
    return (w * score) @ score.T / w.sum()


@right("the same by scipy.integrate.quad", on=NORMAL, form="coordinates", accuracy=1e-7, **FISHER)
def normal_fisher_quad(mu, sigma):
    pdf = lambda x: math.exp(-((x - mu) ** 2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))
    s = (lambda x: (x - mu) / sigma**2, lambda x: ((x - mu) ** 2 - sigma**2) / sigma**3)
    a, b = mu - 14 * sigma, mu + 14 * sigma
    return [
        [
            integrate.quad(lambda x: s[i](x) * s[j](x) * pdf(x), a, b, epsabs=1e-12, epsrel=1e-12, limit=200)[0]
            for j in (0, 1)
        ]
        for i in (0, 1)
    ]


@right("1/(θ(1 − θ)) through the score of √p, which needs θ inside (0, 1)", on=BERNOULLI, **FISHER)
def bernoulli_roots(x):
    (t,) = x
    if not 0 < t < 1:
        raise ValueError("theta is a probability")
    return np.array([[4 * ((0.5 / math.sqrt(t)) ** 2 + (0.5 / math.sqrt(1 - t)) ** 2)]])


@right("a sum over both outcomes", on=BERNOULLI, form="coordinates", **FISHER)
def bernoulli_outcomes(theta):
    return [[sum(p * (d / p) ** 2 for p, d in ((theta, 1), (1 - theta, -1)))]]


@right("4 ∂√p·∂√p on the simplex, with a guard", on=CATEGORICAL, **FISHER)
def categorical_roots(x):
    p = np.append(x, 1 - np.sum(x))
    assert np.all(p > 0), "off the simplex"
    J = np.array([[1, 0], [0, 1], [-1, -1]]) / (2 * np.sqrt(p)[:, None])
    return 4 * J.T @ J


@right("R = 1/2: a sphere of radius 2", on=CATEGORICAL)
def categorical_scalar(x):
    if min(*x, 1 - sum(x)) <= 0:
        raise ValueError("probabilities are positive")
    return 0.5


@right("a truncated sum over counts", on=POISSON, **FISHER)
def poisson_sum(x):
    n = np.arange(0, 60 + int(12 * x[0]))
    return np.array([[np.sum(stats.poisson.pmf(n, x[0]) * (n / x[0] - 1) ** 2)]])


@right("waiting times: 1/λ²", on=EXPONENTIAL, form="batch", **FISHER)
def exponential_batch(points):
    return (1 / points**2)[:, :, None]


@right("ψ′ by scipy", on=BETA, form="coordinates", **FISHER)
def beta_trigamma(a, b):
    t = special.polygamma(1, a + b)
    return np.array([[special.polygamma(1, a) - t, -t], [-t, special.polygamma(1, b) - t]])


@right("minus the mean Hessian of log p by the Hessian of the log-partition function, mpmath", on=BETA, **FISHER)
def beta_partition(x):
    import mpmath as mp

    with mp.workdps(40):
        psi = lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
        q = [mp.mpf(float(c)) for c in x]
        return [[float(mp.diff(psi, q, n)) for n in row] for row in (((2, 0), (1, 1)), ((1, 1), (0, 2)))]


@right("shape and scale, by hand", on=GAMMA, **FISHER)
def gamma_fisher(x):
    k, s = x
    return np.array([[special.polygamma(1, k), 1 / s], [1 / s, k / s**2]])


@right(
    "R by the formula of a Hessian surface in (k, log s): K from Brioschi in closed form, checked by the study's pipeline",
    on=GAMMA,
    accuracy=1e-6,
)
def gamma_scalar(x):
    # With u = log s the metric is [[ψ′, 1], [1, k]], functions of k alone:
    # K = −½ (1/√D) d/dk (G_k/√D), D = k ψ′ − 1, E and F do not matter beyond D for metrics that depend on the first coordinate
    k = float(x[0])
    D, dD = k * special.polygamma(1, k) - 1, special.polygamma(1, k) + k * special.polygamma(2, k)
    return 2 * (0.25 * dD / D**2)


@right("Gumbel's constants, γ and π²/6", on=GUMBEL, **FISHER)
def gumbel_fisher(x):
    g = np.euler_gamma
    return np.array([[1, g - 1], [g - 1, (1 - g) ** 2 + math.pi**2 / 6]]) / x[1] ** 2


@right("diag(λ/m³, 1/(2λ²))", on=INVERSE_GAUSSIAN, form="coordinates", **FISHER)
def inverse_gaussian_fisher(m, lamda):
    return [[lamda / m**3, 0], [0, 0.5 / lamda**2]]


def sig(z):
    return 1 / (1 + np.exp(-z))


def row_gradients(q, X=ROWS, t=TARGETS, slope=5.0):
    return slope * (sig(slope * X @ np.asarray(q)) - t)[:, None] * X


@right("second moment of the rows' gradients", on=NEURON, **FISHER)
def neuron_moment(q):
    J = row_gradients(q)
    return J.T @ J / len(J)


@right("the same, vectorised over a batch", on=NEURON, form="batch", **FISHER)
def neuron_batch(points):
    f = sig(5 * points @ ROWS.T)
    w = 25 * (f - TARGETS) ** 2
    return np.einsum("bn,ni,nj->bij", w, ROWS, ROWS) / len(ROWS)


def neuron_third(q):
    """∂_k g_ij = Mean[w′(z) x_i x_j x_k]: symmetric, so R = ¼ g^… (T·T − |T|²)."""
    f = sig(5 * ROWS @ np.asarray(q))
    d = 25 * 5 * 2 * (f - TARGETS) * f * (1 - f)
    return np.einsum("n,ni,nj,nk->ijk", d, ROWS, ROWS, ROWS) / len(ROWS)


@right("the Hessian formula of R: |T|² − |tr T|², a quarter", on=NEURON)
def neuron_hessian(q):
    u, T = np.linalg.inv(neuron_moment(q)), neuron_third(q)
    v = np.einsum("ijk,jk->i", T, u)
    return 0.25 * (np.einsum("ijk,abc,ia,jb,kc", T, T, u, u, u) - v @ u @ v)


@right("in a whitened frame: Cholesky of the moment", on=NEURON)
def neuron_whitened(q):
    W = np.linalg.inv(np.linalg.cholesky(neuron_moment(q)))
    S = np.einsum("ijk,ai,bj,ck->abc", neuron_third(q), W, W, W)
    return 0.25 * (np.sum(S * S) - np.sum(np.einsum("abb->a", S) ** 2))


@right("symbols of a Hessian metric", on=NEURON, quantity="christoffel")
def neuron_symbols(q):
    return 0.5 * np.einsum("im,mjk->ijk", np.linalg.inv(neuron_moment(q)), neuron_third(q))


# --- wrong metrics of families -----------------------------------------------------------------------------------


@wrong("statistics", "σ² is taken for σ: diag(1/σ⁴, …)", r"sigma|σ|σ\^?2|variance|square", "param", on=NORMAL, **FISHER)
def normal_variance_for_sigma(x):
    return np.diag([1 / x[1], 0.5 / x[1] ** 2])


@wrong(
    "statistics",
    "the second coordinate is log σ: 2 instead of 2/σ²",
    "log",
    "param",
    "component",
    r"1, ?1|11",
    on=NORMAL,
    **FISHER,
)
def normal_log_sigma(x):
    return np.diag([1 / x[1] ** 2, 2.0])


@wrong(
    "statistics",
    "the precision is taken for σ: metric at 1/σ",
    r"1/|reciprocal|inverse|precision|param",
    on=NORMAL,
    **FISHER,
)
def normal_precision(x):
    s = 1 / x[1]
    return np.diag([1, 2]) / s**2


@wrong("statistics", "σ's entry without the 2", *HALF, "component", "entr", r"1, ?1|11", "sigma|σ", on=NORMAL, **FISHER)
def normal_one_one(x):
    return np.eye(2) / x[1] ** 2


@wrong(
    "statistics",
    "the coordinates are exchanged: diag(2, 1)/σ²",
    *TRANSPOSED,
    "coordinate",
    "param",
    on=NORMAL,
    **FISHER,
    equal=("inverse metric",),
)
def normal_order(x):
    return np.diag([2, 1]) / x[1] ** 2


@wrong("statistics", "information of N = 100 samples", "100", "samples", "factor", on=NORMAL, **FISHER)
def normal_samples(x):
    return 100 * np.diag([1, 2]) / x[1] ** 2


@wrong("statistics", "the covariance of the estimators: the inverse", "inverse", on=NORMAL, **FISHER)
def normal_covariance(x):
    return np.diag([1, 0.5]) * x[1] ** 2


@wrong("statistics", "logarithm to base 2: bits", "log", "base", "bits", "factor", on=NORMAL, **FISHER)
def normal_bits(x):
    return np.diag([1, 2]) / x[1] ** 2 / math.log(2) ** 2


@wrong("statistics", "logarithm to base 10", "log", "base", "factor", on=POISSON, **FISHER)
def poisson_base_ten(x):
    return np.array([[1 / x[0] / math.log(10) ** 2]])


@wrong("statistics", "mean of the Hessian of log p with its sign: −I", *SIGN, on=NORMAL, **FISHER)
def normal_minus(x):
    return -np.diag([1, 2]) / x[1] ** 2


@wrong(
    "statistics",
    "the sample variance of the scores from 1000 draws, a new seed each time",
    "random",
    "monte",
    "noise",
    "repeat",
    "seed",
    on=NORMAL,
    **FISHER,
)
def normal_monte_carlo(x):
    z = np.random.default_rng().normal(size=1000)
    s = np.array([z, z * z - 1]) / x[1]
    return s @ s.T / 1000


@wrong(
    "statistics",
    "the same with a fixed seed: one percent off",
    "random",
    "monte",
    "noise",
    "approxim",
    "sampl",
    "percent",
    "factor|off by",
    "no (known|listed)",
    "component",
    "constant",
    on=NORMAL,
    **FISHER,
)
def normal_monte_carlo_seeded(x):
    z = np.random.default_rng(0).normal(size=20000)
    s = np.array([z, z * z - 1]) / x[1]
    return s @ s.T / 20000


@wrong(
    "statistics",
    "the second term 1/(1 − θ) is forgotten",
    "no (known|listed)",
    "outcome",
    "factor",
    "1 ?[-−] ?",
    "poisson",
    on=BERNOULLI,
    **FISHER,
)
def bernoulli_one_outcome(x):
    return np.array([[1 / x[0]]])


@wrong(
    "statistics",
    "the variance θ(1 − θ) itself: metric of the natural parameter",
    "inverse",
    "natural",
    "reciprocal",
    "param",
    on=BERNOULLI,
    **FISHER,
)
def bernoulli_variance(x):
    return np.array([[x[0] * (1 - x[0])]])


@wrong(
    "statistics",
    "the coordinate is taken for the log-odds",
    "log",
    "odds",
    "logit",
    "natural",
    "param",
    "sigmoid|logistic",
    "transform",
    on=BERNOULLI,
    **FISHER,
)
def bernoulli_logit(x):
    s = 1 / (1 + math.exp(-x[0]))
    return np.array([[s * (1 - s)]])


@wrong("statistics", "one trial for ten", "10", "trial", "samples", "factor", "ten", on=BINOMIAL10, **FISHER)
def binomial_one(x):
    return np.array([[1 / (x[0] * (1 - x[0]))]])


@wrong(
    "statistics",
    "the last category's contribution is forgotten: diag(1/p)",
    *DIAGONAL,
    "last",
    "categor",
    "constraint",
    on=CATEGORICAL,
    **FISHER,
)
def categorical_unconstrained(x):
    return np.diag(1 / np.asarray(x))


@wrong("statistics", "the off-diagonal entries are negative", *DIAGONAL, "sign", on=CATEGORICAL, **FISHER)
def categorical_sign(x):
    c = 1 / (1 - sum(x))
    return np.array([[1 / x[0] + c, -c], [-c, 1 / x[1] + c]])


@wrong("statistics", "the covariance matrix diag(p) − ppᵀ", "inverse", "covariance", on=CATEGORICAL, **FISHER)
def categorical_covariance(x):
    return np.diag(x) - np.outer(x, x)


@wrong(
    "scalar",
    "the sphere of radius 1 for that of radius 2: R = 2",
    "factor",
    "4 times",
    "quarter",
    "radius",
    "scale",
    "constant",
    on=CATEGORICAL,
)
def categorical_unit_sphere(x):
    return 2.0


@wrong("statistics", "digamma for trigamma", "digamma", "ψ", "trigamma", "polygamma", on=BETA, **FISHER)
def beta_digamma(x):
    a, b = x
    t = special.digamma(a + b)
    return np.array([[special.digamma(a) - t, -t], [-t, special.digamma(b) - t]])


@wrong(
    "statistics",
    "ψ″ for ψ′ in the gamma family's shape",
    "polygamma",
    "ψ",
    "trigamma|tetragamma",
    "component",
    "entr",
    "order",
    "0, ?0|00",
    on=GAMMA,
    **FISHER,
)
def gamma_tetragamma(x):
    k, s = x
    return np.array([[-special.polygamma(2, k), 1 / s], [1 / s, k / s**2]])


@wrong("statistics", "rate for scale: the off-diagonal sign", "rate", "scale", "sign", *DIAGONAL, on=GAMMA, **FISHER)
def gamma_rate(x):
    k, s = x
    return np.array([[special.polygamma(1, k), -1 / s], [-1 / s, k / s**2]])


@wrong("statistics", "rate for scale: the matrix at 1/s", "rate", "scale", "reciprocal", "1/", on=GAMMA, **FISHER)
def gamma_reciprocal_scale(x):
    k, s = x
    return np.array([[special.polygamma(1, k), s], [s, k * s**2]])


@wrong(
    "statistics",
    "the exponential's mean is taken for its rate",
    "rate",
    "scale",
    "mean",
    "reciprocal",
    "1/",
    "inverse",
    on=EXPONENTIAL,
    **FISHER,
)
def exponential_mean(x):
    return np.array([[x[0] ** 2]])


@wrong("statistics", "the off-diagonal entries of the gamma family are forgotten", *DIAGONAL, on=GAMMA, **FISHER)
def gamma_diagonal(x):
    return np.diag([special.polygamma(1, x[0]), x[0] / x[1] ** 2])


@wrong("statistics", "the parameters come as (scale, shape)", *TRANSPOSED, "param", "coordinate", on=WEIBULL, **FISHER)
def weibull_order(x):
    lam, k = x
    g = np.euler_gamma
    return np.array([[(1 + math.pi**2 / 6 + g * g - 2 * g) / k**2, (g - 1) / lam], [(g - 1) / lam, k**2 / lam**2]])


@wrong("statistics", "(1 − γ)² without π²/6", "component", "entr", "1, ?1|11", "constant", "π|pi", on=GUMBEL, **FISHER)
def gumbel_without_pi(x):
    g = np.euler_gamma
    return np.array([[1, g - 1], [g - 1, (1 - g) ** 2]]) / x[1] ** 2


@wrong(
    "statistics",
    "Laplace's approximation log Γ ≈ Stirling: ψ′ ≈ 1/k + 1/(2k²)",
    "approxim",
    "asymptot",
    "stirling",
    "component",
    "entr",
    "0, ?0|00",
    "no (known|listed)",
    on=GAMMA,
    **FISHER,
    sly=True,
)
def gamma_stirling(x):
    k, s = x
    return np.array([[1 / k + 0.5 / k**2 + 1 / (6 * k**3) - 1 / (30 * k**5), 1 / s], [1 / s, k / s**2]])


@wrong("statistics", "m and λ exchanged", *TRANSPOSED, "coordinate", "param", on=INVERSE_GAUSSIAN, **FISHER)
def inverse_gaussian_order(x):
    lam, m = x
    return np.array([[lam / m**3, 0], [0, 0.5 / lam**2]])


# --- wrong metrics of the neuron ---------------------------------------------------------------------------------


@wrong("statistics", "sum over rows instead of the mean", "sum", "mean", "rows", "10", "number of", on=NEURON, **FISHER)
def neuron_sum(q):
    J = row_gradients(q)
    return J.T @ J


@wrong("statistics", "divided by N − 1", "n ?[-−] ?1", "unbiased", "bessel", "factor", on=NEURON, **FISHER)
def neuron_bessel(q):
    J = row_gradients(q)
    return J.T @ J / (len(J) - 1)


@wrong(
    "statistics",
    "np.cov: the mean gradient is subtracted",
    "covariance",
    "mean",
    "centr|center",
    "second moment",
    on=NEURON,
    **FISHER,
)
def neuron_covariance(q):
    return np.cov(row_gradients(q).T, bias=True)


@wrong(
    "statistics", "the square of the mean gradient: rank one", "mean", "square", "rank", "outer", on=NEURON, **FISHER
)
def neuron_mean_gradient(q):
    m = row_gradients(q).mean(axis=0)
    return np.outer(m, m)


@wrong(
    "statistics",
    "the true Fisher matrix, f(1 − f), for the empirical one",
    "true",
    "empirical",
    "expected",
    r"f ?\(1",
    on=NEURON,
    **FISHER,
)
def neuron_true_fisher(q):
    f = sig(5 * ROWS @ np.asarray(q))
    return 25 * (ROWS.T * (f * (1 - f))) @ ROWS / len(ROWS)


@wrong(
    "statistics", "the sigmoid's slope 5 is forgotten in the derivative", "slope", "25", "chain", on=NEURON, **FISHER
)
def neuron_outer_slope(q):
    J = row_gradients(q) / 5
    return J.T @ J / len(J)


@wrong("statistics", "the sigmoid has slope 1", "slope", on=NEURON, **FISHER)
def neuron_slope(q):
    J = row_gradients(q, slope=1.0)
    return J.T @ J / len(J)


@wrong("statistics", "targets −1, 1 for 0, 1", "target", "label", "[-−]1", on=NEURON, **FISHER)
def neuron_signed_targets(q):
    J = row_gradients(q, t=2 * TARGETS - 1)
    return J.T @ J / len(J)


@wrong(
    "statistics",
    "targets are exchanged: 1 − t",
    "target",
    "label",
    "1 ?[-−] ?t",
    on=NEURON,
    **FISHER,
    equal=("sign of coordinate",),
)
def neuron_flipped_targets(q):
    J = row_gradients(q, t=1 - TARGETS)
    return J.T @ J / len(J)


@wrong(
    "statistics",
    "the squared loss: an extra f(1 − f)",
    "loss",
    "square",
    "mean.?power",
    r"f ?\(1",
    "σ′|sigmoid",
    on=NEURON,
    **FISHER,
)
def neuron_squared_loss(q):
    f = sig(5 * ROWS @ np.asarray(q))
    J = 5 * ((f - TARGETS) * f * (1 - f))[:, None] * ROWS
    return J.T @ J / len(J)


@wrong(
    "statistics",
    "the gradient of the output instead of the loss",
    "output",
    "loss",
    "kernel|ntk|tangent",
    r"f ?\(1",
    on=NEURON,
    **FISHER,
)
def neuron_output_gradient(q):
    f = sig(5 * ROWS @ np.asarray(q))
    J = 5 * (f * (1 - f))[:, None] * ROWS
    return J.T @ J / len(J)


@wrong("statistics", "a ridge of 1e-3", *REGULAR, "1e-?0?3|0\\.001", on=NEURON, **FISHER)
def neuron_ridge(q):
    return neuron_moment(q) + 1e-3 * np.eye(2)


@wrong("statistics", "the last row of the data is left out", "row", "last", "data", "sample", on=NEURON, **FISHER)
def neuron_last_row(q):
    J = row_gradients(q)[:-1]
    return J.T @ J / len(J)


@wrong(
    "statistics",
    "the columns of the data are exchanged",
    "column",
    "swap",
    "exchang",
    *TRANSPOSED,
    "coordinate",
    "input",
    on=NEURON,
    **FISHER,
)
def neuron_columns(q):
    J = row_gradients(q, X=ROWS[:, ::-1])
    return J.T @ J / len(J)


@wrong(
    "statistics",
    "the data are standardised first",
    "standardi",
    "normali",
    "data",
    "mean",
    "scale",
    "no (known|listed)",
    on=NEURON,
    **FISHER,
)
def neuron_standardised(q):
    J = row_gradients(q, X=(ROWS - ROWS.mean(0)) / ROWS.std(0))
    return J.T @ J / len(J)


@wrong(
    "arithmetic",
    "probabilities clipped to [0.05, 0.95]",
    "clip",
    "saturat",
    "bound",
    "epsilon|ε",
    "no (known|listed)",
    on=NEURON,
    **FISHER,
)
def neuron_clipped(q):
    f = np.clip(sig(5 * ROWS @ np.asarray(q)), 0.05, 0.95)
    J = 5 * (f - TARGETS)[:, None] * ROWS
    return J.T @ J / len(J)


@wrong(
    "statistics",
    "a mini-batch of three rows, always the same",
    "row",
    "batch",
    "subset",
    "data",
    "sample",
    on=NEURON,
    **FISHER,
)
def neuron_minibatch(q):
    J = row_gradients(q, X=ROWS[:3], t=TARGETS[:3])
    return J.T @ J / len(J)


# --- R of the neuron ---------------------------------------------------------------------------------------------


@wrong("scalar", "R with the opposite sign", *SIGN, equal=TRANSPOSED, on=NEURON)
def neuron_scalar_sign(q):
    return -neuron_hessian(q)


@wrong("scalar", "K for R", *HALF, "gauss", on=NEURON)
def neuron_gauss(q):
    return neuron_hessian(q) / 2


@wrong(
    "scalar",
    "the Hessian formula without its quarter",
    "quarter",
    "1/4",
    "¼",
    "factor.{0,10}4",
    "4 times",
    "overall",
    on=NEURON,
)
def neuron_without_quarter(q):
    return 4 * neuron_hessian(q)


@wrong(
    "statistics",
    "R of the metric with the sum over rows: ten times smaller",
    "sum",
    "mean",
    "rows",
    "10",
    "0\\.1",
    on=NEURON,
)
def neuron_scalar_sum(q):
    return neuron_hessian(q) / len(ROWS)


@wrong("statistics", "R of the true Fisher metric", "true", "empirical", "expected", r"f ?\(1", on=NEURON)
def neuron_scalar_true(q):
    f = sig(5 * ROWS @ np.asarray(q))
    w = 25 * f * (1 - f)
    d = 125 * f * (1 - f) * (1 - 2 * f)
    u = np.linalg.inv(np.einsum("n,ni,nj->ij", w, ROWS, ROWS) / 10)
    T = np.einsum("n,ni,nj,nk->ijk", d, ROWS, ROWS, ROWS) / 10
    v = np.einsum("ijk,jk->i", T, u)
    return 0.25 * (np.einsum("ijk,abc,ia,jb,kc", T, T, u, u, u) - v @ u @ v)


@wrong("arithmetic", "R with a ridge of 1e-2 on the metric", *REGULAR, on=NEURON)
def neuron_scalar_ridge(q):
    u, T = np.linalg.inv(neuron_moment(q) + 1e-2 * np.eye(2)), neuron_third(q)
    v = np.einsum("ijk,jk->i", T, u)
    return 0.25 * (np.einsum("ijk,abc,ia,jb,kc", T, T, u, u, u) - v @ u @ v)


@wrong("statistics", "R with slope 1", "slope", on=NEURON)
def neuron_scalar_slope(q):
    f = sig(ROWS @ np.asarray(q))
    u = np.linalg.inv(np.einsum("n,ni,nj->ij", (f - TARGETS) ** 2, ROWS, ROWS) / 10)
    T = np.einsum("n,ni,nj,nk->ijk", 2 * (f - TARGETS) * f * (1 - f), ROWS, ROWS, ROWS) / 10
    v = np.einsum("ijk,jk->i", T, u)
    return 0.25 * (np.einsum("ijk,abc,ia,jb,kc", T, T, u, u, u) - v @ u @ v)


@wrong(
    "contraction",
    "tr T is contracted with the metric for its inverse in one place",
    "inverse",
    "contract",
    "no (known|listed)",
    on=NEURON,
)
def neuron_trace_metric(q):
    g, T = neuron_moment(q), neuron_third(q)
    u = np.linalg.inv(g)
    v = np.einsum("ijk,jk->i", T, u)
    return 0.25 * (np.einsum("ijk,abc,ia,jb,kc", T, T, u, u, u) - v @ g @ v)


@wrong("arithmetic", "single precision throughout", *SINGLE, on=NEURON)
def neuron_single(q):
    X, t, one = ROWS.astype("f4"), TARGETS.astype("f4"), np.float32(1)
    f = one / (one + np.exp(-5 * X @ np.asarray(q, "f4"), dtype="f4"))
    u = np.linalg.inv(np.einsum("n,ni,nj->ij", 25 * (f - t) ** 2, X, X) / np.float32(10))
    T = np.einsum("n,ni,nj,nk->ijk", 250 * (f - t) * f * (one - f), X, X, X) / np.float32(10)
    v = np.einsum("ijk,jk->i", T, u)
    return np.float32(0.25) * (np.einsum("ijk,abc,ia,jb,kc", T, T, u, u, u) - v @ u @ v)


@wrong(
    "arithmetic", "T by a one-sided difference of the metric, h = 1e-3", *STEP, "one-sided|forward|approxim", on=NEURON
)
def neuron_forward(q, h=1e-3):
    g = neuron_moment(q)
    u = np.linalg.inv(g)
    T = np.array([(neuron_moment(np.asarray(q) + h * e) - g) / h for e in np.eye(2)])
    v = np.einsum("ijk,jk->i", T, u)
    return 0.25 * (np.einsum("ijk,abc,ia,jb,kc", T, T, u, u, u) - v @ u @ v)


@wrong(
    "christoffel",
    "the mixture connection's symbols, zero, for Levi-Civita's",
    "zero",
    "α|alpha|mixture|exponential|connection|flat",
    on=NEURON,
    quantity="christoffel",
)
def neuron_mixture(q):
    return np.zeros((2, 2, 2))


@wrong(
    "christoffel",
    "the whole of T for half of it: the dual connection",
    *TWICE,
    "α|alpha|dual|connection",
    on=NEURON,
    quantity="christoffel",
)
def neuron_dual(q):
    return np.einsum("im,mjk->ijk", np.linalg.inv(neuron_moment(q)), neuron_third(q))
