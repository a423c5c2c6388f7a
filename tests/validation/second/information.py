"""Fisher metrics and their curvature: families, regressions, the neuron with two weights."""

from __future__ import annotations

import math

import numpy as np
from scipy import integrate, special, stats

from . import spaces
from .helpers import five, gamma, scalar
from .record import DIAGONAL, HALF, REGULAR, SIGN, SINGLE, STEP, TWICE, factor, right, wrong
from .spaces import ROWS, TARGETS

F = {"quantity": "metric"}
psi1 = lambda v: float(special.polygamma(1, v))
EULER = np.euler_gamma
X6 = spaces.COVARIATES
METRIC = r"(component|entr(y|ies)|block).{0,80}(factor|sign|times|zero|right|exact|off|swap|exchang)"

# --- right -------------------------------------------------------------------------------------------------------


@right("diag(1, 2)/σ² by the log-density's expected Hessian", on=spaces.NORMAL, **F)
def normal(q):
    s = q[1]
    return np.array([[1 / s**2, 0], [0, -1 / s**2 + 3 * s**2 / s**4]])


@right("curvature of the half plane x² + 2y²: −1", on=spaces.NORMAL, form="coordinates")
def normal_R(mu, sigma):
    return -1.0


@right("its own Fisher matrix, then five-point differences", on=spaces.NORMAL, accuracy=1e-6)
def normal_chain(q):
    return scalar(lambda w: np.diag([1, 2]) / w[1] ** 2, q)


@right("pulled back along v = σ²", on=spaces.NORMAL_VAR, **F)
def normal_variance(q):
    J = np.diag([1, 0.5 / math.sqrt(q[1])])
    return J.T @ (np.diag([1, 2]) / q[1]) @ J


@right("Hessian of θ₁²/(2θ₂) − ½ log θ₂ by five-point differences", on=spaces.NORMAL_NATURAL, accuracy=1e-7, **F)
def normal_natural(q):
    psi = lambda w: w[0] ** 2 / (2 * w[1]) - 0.5 * math.log(w[1])
    return five(lambda w: five(psi, w, 3e-3), q, 3e-3)


@right("quadrature of the Laplace scores on both half lines", on=spaces.LAPLACE, accuracy=1e-7, **F)
def laplace(q):
    z, w = np.polynomial.laguerre.laggauss(20)
    b, g = q[1], np.zeros((2, 2))
    for side in (-1, 1):
        s = np.array([side / b * np.ones_like(z), (z - 1) / b])
        g += 0.5 * (w * s) @ s.T
    return g


@right(
    "Cauchy scores at equally spaced quantiles: exact by symmetry of the circle", on=spaces.CAUCHY, accuracy=1e-9, **F
)
def cauchy(q):
    angle = 2 * np.pi * (np.arange(64) + 0.5) / 64
    return np.array([[np.mean(np.sin(angle) ** 2), 0], [0, np.mean(np.cos(angle) ** 2)]]) / q[1] ** 2


@right("logistic family by scipy's quad", on=spaces.LOGISTIC, form="coordinates", accuracy=1e-7, **F)
def logistic(mu, s):
    f = lambda z: math.exp(-abs(z)) / (1 + math.exp(-abs(z))) ** 2
    a = lambda z: math.tanh(z / 2) / s
    b = lambda z: (z * math.tanh(z / 2) - 1) / s
    one = lambda u, v: 2 * integrate.quad(lambda z: u(z) * v(z) * f(z), 0, 60, epsabs=1e-12, epsrel=1e-12, limit=200)[0]
    return [[one(a, a), 0.0], [0.0, one(b, b)]]


@right("trigamma, rate parametrisation", on=spaces.GAMMA_RATE, form="coordinates", **F)
def gamma_rate(a, b):
    return np.array([[psi1(a), -1 / b], [-1 / b, a / b**2]])


@right("Dirichlet in a batch", on=spaces.DIRICHLET, form="batch", **F)
def dirichlet(points):
    g = -special.polygamma(1, points.sum(axis=1))[:, None, None] * np.ones((1, 3, 3))
    i = np.arange(3)
    g[:, i, i] += special.polygamma(1, points)
    return g


@right("a truncated sum over the waiting time", on=spaces.GEOMETRIC, accuracy=1e-7, **F)
def geometric(q):
    n = np.arange(4000)
    p = stats.geom.pmf(n + 1, q[0])
    return [[float(np.sum(p * (1 / q[0] - n / (1 - q[0])) ** 2))]]


@right("4/σ² of Rayleigh's family", on=spaces.RAYLEIGH, **F)
def rayleigh(q):
    return np.array([[4 / q[0] ** 2]])


@right("closed form with Euler's constant", on=spaces.WEIBULL, form="coordinates", **F)
def weibull(k, lam):
    return np.array(
        [[((1 - EULER) ** 2 + np.pi**2 / 6) / k**2, (EULER - 1) / lam], [(EULER - 1) / lam, (k / lam) ** 2]]
    )


@right("½ tr(Σ⁻¹∂Σ Σ⁻¹∂Σ) + ∂μᵀΣ⁻¹∂μ", on=spaces.BIVARIATE, **F)
def bivariate(q):
    P = np.linalg.inv([[q[2], q[3]], [q[3], q[4]]])
    E = [np.array([[1, 0], [0, 0]]), np.array([[0, 1], [1, 0]]), np.array([[0, 0], [0, 1]])]
    g = np.zeros((5, 5))
    g[:2, :2] = P
    g[2:, 2:] = [[0.5 * np.trace(P @ A @ P @ B) for B in E] for A in E]
    return g


@right("p(1 − p) weighted second moment of the covariates", on=spaces.LOGIT, **F)
def logit(w):
    p = special.expit(X6 @ w)
    return (X6 * (p * (1 - p))[:, None]).T @ X6 / len(X6)


@right("mean of e^f x xᵀ", on=spaces.LOGLINEAR, form="coordinates", **F)
def loglinear(w1, w2):
    return np.einsum("n,ni,nj->ij", np.exp(X6 @ [w1, w2]), X6, X6) / len(X6)


@right("diag(p) − ppᵀ", on=spaces.SOFTMAX, **F)
def softmax(q):
    p = np.exp(q) / (1 + np.exp(q).sum())
    return np.diag(p) - np.outer(p, p)


@right("sphere of radius two", on=spaces.SOFTMAX, form="coordinates")
def softmax_R(u, v):
    return 2 / 2.0**2


@right("the neuron's second moment of row gradients", on=spaces.NEURON, **F)
def neuron(w):
    f = special.expit(5 * ROWS @ w)
    grad = 5 * (f - TARGETS)[:, None] * ROWS
    return grad.T @ grad / len(ROWS)


@right("R = 1 + cosh h/√(sinh²h + e^{−4b})", on=spaces.ISING, form="coordinates")
def ising(b, h):
    return 1 + math.cosh(h) / math.sqrt(math.sinh(h) ** 2 + math.exp(-4 * b))


# --- wrong: families ------------------------------------------------------------------------------------------------


@wrong(
    "statistics",
    "σ taken for the variance: diag(1/σ, 1/(2σ²))",
    r"σ²|variance|square|√|root",
    r"paramet",
    on=spaces.NORMAL,
    equal=(r"metric",),
    **F,
)
def normal_variance_for_sigma(q):
    return np.diag([1 / q[1], 1 / (2 * q[1] ** 2)])


@wrong(
    "statistics",
    "1/σ² for both components: the 2 of g_σσ is forgotten",
    r"factor 2 is missing",
    *HALF,
    r"component",
    *DIAGONAL,
    r"g_?(σσ|22|11)",
    on=spaces.NORMAL,
    **F,
)
def normal_no_two(q):
    return np.eye(2) / q[1] ** 2


@wrong("statistics", "the columns are (σ, μ)", r"order", r"swap|exchang|permut", r"paramet", on=spaces.NORMAL, **F)
def normal_order(q):
    return np.diag([2, 1]) / q[1] ** 2


@wrong(
    "statistics",
    "coordinates read in the order (σ, μ)",
    r"order|swap|exchang|permut",
    r"paramet|coordinate",
    on=spaces.NORMAL,
    form="batch",
    equal=(r"metric",),
    **F,
)
def normal_unpacked(points):
    s = points[:, 0]
    return np.diag([1, 2])[None] / (s**2)[:, None, None]


@wrong(
    "statistics",
    "σ² is believed to be passed; R of the half plane is right, Γ is not: Γ by variance",
    r"σ²|variance|square",
    r"metric|paramet",
    on=spaces.NORMAL,
    quantity="christoffel",
)
def normal_gamma_variance(q):
    return gamma(lambda w: np.diag([1 / w[1], 0.5 / w[1] ** 2]), q)


@wrong(
    "statistics",
    "per-sample Fisher is multiplied by n = 100 observations",
    *factor("100"),
    r"sample|observation|\bN\b|sum",
    on=spaces.NORMAL,
    **F,
)
def normal_hundred(q):
    return 100 * np.diag([1, 2]) / q[1] ** 2


@wrong("statistics", "the covariance of the estimate, g⁻¹/1", r"inverse", r"covariance|Cram", on=spaces.NORMAL, **F)
def normal_inverse(q):
    return np.diag([q[1] ** 2, q[1] ** 2 / 2])


@wrong("statistics", "2K: −½·… K = −½ is returned for R", *HALF, on=spaces.NORMAL)
def normal_gauss(q):
    return -0.5


@wrong("statistics", "+1: sphere for half plane", *SIGN, r"absolute|modul", on=spaces.NORMAL)
def normal_positive(q):
    return 1.0


@wrong("statistics", "the Poincaré half plane's −2, whose metric has no 2", *TWICE, r"metric", on=spaces.NORMAL)
def normal_poincare(q):
    return scalar(lambda w: np.eye(2) / w[1] ** 2, q)


@wrong(
    "statistics",
    "observed information of a seeded sample of 200 in place of its mean",
    r"sample|monte|random|empirical|observed|noise|approximat",
    on=spaces.NORMAL,
    **F,
)
def normal_sampled(q):
    x = q[0] + q[1] * np.random.default_rng(7).standard_normal(200)
    z = (x - q[0]) / q[1]
    s = np.array([z, z * z - 1]) / q[1]
    return s @ s.T / 200


@wrong(
    "statistics",
    "Monte Carlo without a seed, 10⁴ draws of the global generator",
    r"monte|random|sample|not.?repeat|noise",
    on=spaces.NORMAL,
    **F,
)
def normal_monte_carlo(q):
    z = np.random.normal(size=10_000)
    s = np.array([z, z * z - 1]) / q[1]
    return s @ s.T / len(z)


@wrong(
    "statistics",
    "the variance of log σ's chart is forgotten: diag(e^{−2l}, 2e^{−2l})",
    r"log|Jacobian|chain|paramet",
    METRIC,
    on=spaces.NORMAL_LOG,
    **F,
)
def normal_log_jacobian(q):
    return np.diag([1, 2]) * math.exp(-2 * q[1])


@wrong(
    "statistics",
    "log₁₀ σ: ∂σ/∂l = σ ln 10",
    r"log|base|10",
    *factor("2.3", "2.303", "5.3", "5.302"),
    METRIC,
    on=spaces.NORMAL_LOG,
    **F,
)
def normal_log10(q):
    s = 10 ** q[1]
    J = np.diag([1, s * math.log(10)])
    return J @ np.diag([1, 2]) @ J / s**2


@wrong(
    "statistics",
    "the Jacobian is applied once, not on both sides",
    r"Jacobian|chain|once|paramet|factor",
    METRIC,
    on=spaces.NORMAL_VAR,
    **F,
)
def normal_jacobian_once(q):
    J = np.diag([1, 0.5 / math.sqrt(q[1])])
    return J @ (np.diag([1, 2]) / q[1])


@wrong(
    "statistics",
    "inverse Jacobian: dv/dσ where dσ/dv belongs",
    r"Jacobian|inverse|chain|paramet|factor",
    METRIC,
    on=spaces.NORMAL_VAR,
    **F,
)
def normal_jacobian_inverse(q):
    J = np.diag([1, 2 * math.sqrt(q[1])])
    return J @ (np.diag([1, 2]) / q[1]) @ J


@wrong(
    "statistics",
    "½ of ½ log θ₂ is lost in the log-partition",
    METRIC,
    r"½|half|factor|twice|doubl",
    on=spaces.NORMAL_NATURAL,
    **F,
)
def normal_partition(q):
    a, b = q
    return np.array([[1 / b, -a / b**2], [-a / b**2, a * a / b**3 + 1 / b**2]])


@wrong("statistics", "minus sign of the mixed component", r"sign", METRIC, *DIAGONAL, on=spaces.NORMAL_NATURAL, **F)
def normal_mixed_sign(q):
    a, b = q
    return np.array([[1 / b, a / b**2], [a / b**2, a * a / b**3 + 0.5 / b**2]])


@wrong("scope", "the mixed component is left out", *DIAGONAL, on=spaces.NORMAL_NATURAL)
def normal_natural_diagonal(q):
    return scalar(lambda w: np.diag([1 / w[1], w[0] ** 2 / w[1] ** 3 + 0.5 / w[1] ** 2]), q)


@wrong(
    "statistics",
    "Laplace by its second derivative: −E[∂²ℓ] misses the kink at μ, so g_μμ = 0",
    r"kink|hessian|second",
    r"zero|\b0\b|vanish",
    METRIC,
    on=spaces.LAPLACE,
    **F,
)
def laplace_hessian(q):
    return np.diag([0.0, 1 / q[1] ** 2])


@wrong(
    "statistics",
    "the standard deviation √2 b where b belongs",
    *HALF,
    r"√2|root|standard deviation|scale",
    on=spaces.LAPLACE,
    **F,
)
def laplace_deviation(q):
    return np.eye(2) / (2 * q[1] ** 2)


@wrong("statistics", "Cauchy with 1/γ² for 1/(2γ²)", *TWICE, on=spaces.CAUCHY, **F)
def cauchy_half(q):
    return np.eye(2) / q[1] ** 2


@wrong("statistics", "Cauchy's R is that of the Laplace family, −2", *HALF, r"metric", on=spaces.CAUCHY)
def cauchy_curvature(q):
    return -2.0


@wrong(
    "statistics",
    "the integral is cut at ±3 scales: tails are missing",
    r"tail|cut|truncat|quadrature|range|domain|integra",
    METRIC,
    on=spaces.LOGISTIC,
    form="coordinates",
    **F,
)
def logistic_cut(mu, s):
    f = lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2
    a = integrate.quad(lambda z: math.tanh(z / 2) ** 2 * f(z), -3, 3)[0]
    b = integrate.quad(lambda z: (z * math.tanh(z / 2) - 1) ** 2 * f(z), -3, 3)[0]
    return np.diag([a, b]) / s**2


@wrong(
    "statistics", "π²/3 − 1 + 4/3 … : (3 + π²)/3 in place of (3 + π²)/9", *factor("3"), METRIC, on=spaces.LOGISTIC, **F
)
def logistic_nine(q):
    return np.diag([1 / 3, (3 + math.pi**2) / 3]) / q[1] ** 2


@wrong(
    "statistics", "digamma for trigamma", r"digamma|trigamma|ψ", METRIC, on=spaces.GAMMA_RATE, form="coordinates", **F
)
def gamma_digamma(a, b):
    return np.array([[special.digamma(a), -1 / b], [-1 / b, a / b**2]])


@wrong(
    "statistics",
    "the scale's formula in the rate's coordinates: the sign of g_ab",
    r"scale|rate",
    r"sign",
    METRIC,
    *DIAGONAL,
    on=spaces.GAMMA_RATE,
    form="coordinates",
    **F,
)
def gamma_scale(a, b):
    return np.array([[psi1(a), 1 / b], [1 / b, a / b**2]])


@wrong(
    "statistics",
    "1/b is handed on as the scale in g but not in its differentials",
    r"scale|rate",
    r"inverse|reciprocal|1/",
    METRIC,
    r"paramet|Jacobian",
    on=spaces.GAMMA_RATE,
    form="coordinates",
    **F,
)
def gamma_scale_value(a, b):
    s = 1 / b
    return np.array([[psi1(a), 1 / s], [1 / s, a / s**2]])


@wrong(
    "statistics",
    "ψ′(a) ≈ 1/a: the first term of its series",
    r"trigamma|ψ|approximat|asympt",
    METRIC,
    on=spaces.GAMMA_RATE,
    form="batch",
    **F,
)
def gamma_asymptotic(points):
    a, b = points.T
    return np.moveaxis(np.array([[1 / a, -1 / b], [-1 / b, a / b**2]]), 2, 0)


@wrong(
    "statistics",
    "parameters in the order (rate, shape)",
    r"order|swap|exchang|permut",
    METRIC,
    on=spaces.GAMMA_RATE,
    form="coordinates",
    **F,
)
def gamma_order(first, second):
    b, a = first, second
    return np.array([[psi1(a), -1 / b], [-1 / b, a / b**2]])


@wrong(
    "statistics", "−ψ′(Σa) is subtracted on the diagonal only", *DIAGONAL, r"component|off", on=spaces.DIRICHLET, **F
)
def dirichlet_diagonal(q):
    return np.diag(special.polygamma(1, q) - psi1(q.sum()))


@wrong("statistics", "ψ′(Σa) is added", r"sign", METRIC, on=spaces.DIRICHLET, **F)
def dirichlet_sign(q):
    return np.diag(special.polygamma(1, q)) + psi1(q.sum())


@wrong(
    "statistics",
    "tetragamma: polygamma(2, …) for the second derivative of log Γ",
    r"polygamma|trigamma|tetragamma|ψ",
    METRIC,
    on=spaces.DIRICHLET,
    **F,
)
def dirichlet_tetragamma(q):
    return np.diag(special.polygamma(2, q)) - float(special.polygamma(2, q.sum()))


@wrong(
    "statistics",
    "number of trials for number of failures: 1/(θ(1 − θ)), Bernoulli's",
    r"bernoulli|trial|factor|failure|metric|power",
    on=spaces.GEOMETRIC,
    equal=(r"metric",),
    **F,
)
def geometric_bernoulli(q):
    return [[1 / (q[0] * (1 - q[0]))]]


@wrong(
    "statistics", "1/σ² where Rayleigh's is 4/σ²", *factor("4", "0.25", "1/4", "¼"), r"quarter", on=spaces.RAYLEIGH, **F
)
def rayleigh_quarter(q):
    return [[1 / q[0] ** 2]]


@wrong(
    "statistics",
    "Euler's constant with the wrong sign in g_kλ",
    r"sign",
    r"euler",
    METRIC,
    *DIAGONAL,
    on=spaces.WEIBULL,
    form="coordinates",
    **F,
)
def weibull_euler(k, lam):
    c = -(1 + EULER) / lam
    return np.array([[((1 - EULER) ** 2 + np.pi**2 / 6) / k**2, c], [c, (k / lam) ** 2]])


@wrong(
    "statistics",
    "scipy's argument order: (scale, shape)",
    r"order|swap|exchang|permut",
    METRIC,
    on=spaces.WEIBULL,
    form="coordinates",
    **F,
)
def weibull_order(lam, k):
    return np.array(
        [[((1 - EULER) ** 2 + np.pi**2 / 6) / k**2, (EULER - 1) / lam], [(EULER - 1) / lam, (k / lam) ** 2]]
    )


@wrong(
    "statistics",
    "π²/6 is left out: the squared mean instead of the second moment",
    r"pi\*\*2 is missing",
    r"moment|mean|variance|π²",
    METRIC,
    on=spaces.WEIBULL,
    **F,
)
def weibull_mean_squared(q):
    k, lam = q
    v = np.array([(EULER - 1) / k, k / lam])
    return np.outer(v, v)


@wrong(
    "statistics",
    "the off-diagonal s12 counts once: E₁₂ is taken with a single 1",
    *HALF,
    *DIAGONAL,
    METRIC,
    r"symmetr|once|s12",
    on=spaces.BIVARIATE,
    **F,
)
def bivariate_once(q):
    P = np.linalg.inv([[q[2], q[3]], [q[3], q[4]]])
    E = [np.array([[1, 0], [0, 0]]), np.array([[0, 0.5], [0.5, 0]]), np.array([[0, 0], [0, 1]])]
    g = np.zeros((5, 5))
    g[:2, :2] = P
    g[2:, 2:] = [[0.5 * np.trace(P @ A @ P @ B) for B in E] for A in E]
    return g


@wrong(
    "statistics",
    "½ before the trace is forgotten: the covariance block is doubled",
    *TWICE,
    METRIC,
    r"block",
    on=spaces.BIVARIATE,
    **F,
)
def bivariate_half(q):
    S = np.array([[q[2], q[3]], [q[3], q[4]]])
    P, g = np.linalg.inv(S), np.zeros((5, 5))
    E = [np.array([[1, 0], [0, 0]]), np.array([[0, 1], [1, 0]]), np.array([[0, 0], [0, 1]])]
    g[:2, :2] = P
    g[2:, 2:] = [[np.trace(P @ A @ P @ B) for B in E] for A in E]
    return g


@wrong(
    "statistics",
    "Σ where Σ⁻¹ belongs, in the block of means",
    r"inverse|covariance|precision",
    METRIC,
    r"block",
    on=spaces.BIVARIATE,
    **F,
)
def bivariate_covariance(q):
    g = np.array(bivariate(q))
    g[:2, :2] = [[q[2], q[3]], [q[3], q[4]]]
    return g


@wrong("statistics", "ridge 10⁻³ on Σ before its inverse", *REGULAR, on=spaces.BIVARIATE, equal=(r"metric",), **F)
def bivariate_ridge(q):
    w = np.array(q, dtype=float)
    w[2] += 1e-3
    w[4] += 1e-3
    return bivariate(w)


# --- wrong: regressions and the neuron -------------------------------------------------------------------------------


@wrong(
    "statistics",
    "summed over the rows, not averaged",
    r"\bsum|mean|average|rows|\bN\b",
    *factor("6"),
    on=spaces.LOGIT,
    **F,
)
def logit_sum(w):
    p = special.expit(X6 @ w)
    return (X6 * (p * (1 - p))[:, None]).T @ X6


@wrong(
    "statistics",
    "divided by N − 1",
    *factor("1.2", "6/5"),
    r"N ?− ?1|n-1|degrees of freedom|rows|unbiased",
    on=spaces.LOGIT,
    **F,
)
def logit_unbiased(w):
    return logit_sum(w) / (len(X6) - 1)


@wrong("statistics", "p² for p(1 − p)", r"weight|p\(1|p²", METRIC, r"moment|variance", on=spaces.LOGIT, **F)
def logit_square(w):
    p = special.expit(X6 @ w)
    return (X6 * (p * p)[:, None]).T @ X6 / len(X6)


@wrong(
    "statistics",
    "the covariance of the weighted covariates: their mean is subtracted",
    r"covariance|mean|centred|centered|moment",
    METRIC,
    on=spaces.LOGIT,
    **F,
)
def logit_covariance(w):
    p = special.expit(X6 @ w)
    s = np.sqrt(p * (1 - p))[:, None] * X6
    return np.cov(s.T, bias=True)


@wrong(
    "statistics",
    "the last row of the mini-batch is dropped: 5 rows of 6",
    r"row|batch|sample|subset|data",
    METRIC,
    on=spaces.LOGIT,
    **F,
)
def logit_batch(w):
    X = X6[:5]
    p = special.expit(X @ w)
    return (X * (p * (1 - p))[:, None]).T @ X / len(X)


@wrong(
    "statistics",
    "a constant diagonal bound ¼ xxᵀ for p(1 − p)",
    r"constant|¼|0\.25|bound|weight",
    METRIC,
    r"does not depend",
    on=spaces.LOGIT,
    equal=(r"always zero",),
)
def logit_bound(w):
    return 0.0


@wrong("statistics", "log link's mean is clipped at 1", r"clip|bound|satur|weight", METRIC, on=spaces.LOGLINEAR, **F)
def loglinear_clipped(w):
    m = np.minimum(np.exp(X6 @ w), 1)
    return np.einsum("n,ni,nj->ij", m, X6, X6) / len(X6)


@wrong("statistics", "2^f for e^f", r"base|log|expon", METRIC, on=spaces.LOGLINEAR, **F)
def loglinear_base(w):
    return np.einsum("n,ni,nj->ij", 2.0 ** (X6 @ w), X6, X6) / len(X6)


@wrong(
    "statistics",
    "mean of gradients is squared: outer product of the mean in place of the mean of outer products",
    r"mean",
    r"rank",
    METRIC,
    r"outer|squared",
    on=spaces.NEURON,
    **F,
)
def neuron_mean_gradient(w):
    f = special.expit(5 * ROWS @ w)
    m = (5 * (f - TARGETS)[:, None] * ROWS).mean(axis=0)
    return np.outer(m, m)


@wrong(
    "statistics",
    "true Fisher f(1 − f), where the empirical second moment (f − t)² is asked",
    r"true|empirical|fisher",
    r"f ?\(1|f\*\(1",
    METRIC,
    on=spaces.NEURON,
    **F,
)
def neuron_true_fisher(w):
    f = special.expit(5 * ROWS @ w)
    return 25 * (ROWS * (f * (1 - f))[:, None]).T @ ROWS / len(ROWS)


@wrong("statistics", "summed over ten rows", r"\bsum|mean|average|rows|\bN\b", *factor("10"), on=spaces.NEURON, **F)
def neuron_summed(w):
    f = special.expit(5 * ROWS @ w)
    g = 5 * (f - TARGETS)[:, None] * ROWS
    return g.T @ g


@wrong(
    "statistics",
    "the slope 5 stands once, not squared",
    *factor("0.2", "1/5", "5"),
    r"slope|gain",
    on=spaces.NEURON,
    **F,
)
def neuron_slope(w):
    f = special.expit(5 * ROWS @ w)
    g = (f - TARGETS)[:, None] * ROWS
    return 5 * g.T @ g / len(ROWS)


@wrong("statistics", "slope 1 instead of 5", r"slope|gain|5|factor|scale", METRIC, on=spaces.NEURON, **F)
def neuron_slope_one(w):
    g = (special.expit(ROWS @ w) - TARGETS)[:, None] * ROWS
    return g.T @ g / len(ROWS)


@wrong("statistics", "targets ±1 where 0 and 1 are meant", r"target|label|±1|-1", METRIC, on=spaces.NEURON, **F)
def neuron_targets(w):
    f = special.expit(5 * ROWS @ w)
    g = 5 * (f - (2 * TARGETS - 1))[:, None] * ROWS
    return g.T @ g / len(ROWS)


@wrong(
    "statistics",
    "every other row: a mini-batch of five",
    r"row|batch|sample|subset|data|half",
    METRIC,
    on=spaces.NEURON,
)
def neuron_minibatch(w):
    X, t = ROWS[::2], TARGETS[::2]

    def g(v):
        d = 5 * (special.expit(5 * X @ v) - t)[:, None] * X
        return d.T @ d / len(X)

    return scalar(g, w)


@wrong(
    "statistics", "diagonal of the Fisher matrix only, as in elastic weight consolidation", *DIAGONAL, on=spaces.NEURON
)
def neuron_diagonal(w):
    return scalar(lambda v: np.diag(np.diag(neuron(v))), w)


@wrong("statistics", "damping 0.1 I as in K-FAC", *REGULAR, on=spaces.NEURON)
def neuron_damped(w):
    return scalar(lambda v: neuron(v) + 0.1 * np.eye(2), w)


@wrong(
    "statistics",
    "(g ** 2).mean() without an axis: one number for all components",
    r"component|constant|mean|same|axis",
    METRIC,
    r"shape",
    on=spaces.NEURON,
    **F,
)
def neuron_one_mean(w):
    f = special.expit(5 * ROWS @ w)
    g = 5 * (f - TARGETS)[:, None] * ROWS
    return np.eye(2) * (g**2).mean()


@wrong(
    "statistics",
    "the Hessian of the loss for the Fisher matrix of its gradients",
    r"hessian|true|f ?\(1|gauss",
    METRIC,
    on=spaces.NEURON,
)
def neuron_hessian(w):
    return scalar(neuron_true_fisher, w)


@wrong(
    "statistics",
    "inputs are standardised inside",
    r"standardi|normali|scal|cent|mean|data",
    METRIC,
    on=spaces.NEURON,
    **F,
)
def neuron_standardised(w):
    X = (ROWS - ROWS.mean(axis=0)) / ROWS.std(axis=0)
    g = 5 * (special.expit(5 * X @ w) - TARGETS)[:, None] * X
    return g.T @ g / len(X)


@wrong("statistics", "the weights are exchanged", r"order|swap|exchang|permut", METRIC, on=spaces.NEURON)
def neuron_exchanged(w):
    return scalar(neuron, np.asarray(w)[::-1])


@wrong(
    "statistics",
    "softmax without its reference class: diag(p) − ppᵀ with p normalised over two classes",
    r"term 1 is missing",
    r"normali|class|categor",
    METRIC,
    r"rank|singular",
    on=spaces.SOFTMAX,
    **F,
)
def softmax_two(q):
    p = special.softmax(q)
    return np.diag(p) - np.outer(p, p)


@wrong(
    "statistics",
    "diag(p): −ppᵀ is missing, the second moment in place of the covariance",
    r"covariance|moment|mean",
    METRIC,
    *DIAGONAL,
    on=spaces.SOFTMAX,
    **F,
)
def softmax_moment(q):
    p = np.exp(q) / (1 + np.exp(q).sum())
    return np.diag(p)


@wrong(
    "statistics",
    "1/p on the diagonal: the mixture's chart in the exponential one",
    r"inverse|dual|mixture|expectation|chart|coordinate|paramet",
    METRIC,
    on=spaces.SOFTMAX,
    **F,
)
def softmax_mixture(q):
    p = np.exp(q) / (1 + np.exp(q).sum())
    return np.diag(1 / p) + 1 / (1 - p.sum())


@wrong(
    "statistics",
    "√ of probabilities on the unit sphere without Fisher's 4: R = 2",
    *factor("4", "0.25"),
    r"quarter|metric|sphere",
    on=spaces.SOFTMAX,
)
def softmax_unit_sphere(q):
    return 2.0


@wrong(
    "statistics",
    "coupling e^{−2b} for e^{−4b}",
    r"b is halved",
    METRIC,
    r"temperature|coupling|factor|paramet",
    on=spaces.ISING,
    form="coordinates",
)
def ising_coupling(b, h):
    return 1 + math.cosh(h) / math.sqrt(math.sinh(h) ** 2 + math.exp(-2 * b))


@wrong("statistics", "Ruppeiner's sign: −R", *SIGN, on=spaces.ISING, form="coordinates")
def ising_sign(b, h):
    return -1 - math.cosh(h) / math.sqrt(math.sinh(h) ** 2 + math.exp(-4 * b))


@wrong(
    "statistics",
    "one third-moment product of the Hessian formula is left out: R = ¼ g g g T T only",
    r"term|T ?T|product",
    r"hessian|third",
    r"ΓΓ|quadratic",
    on=spaces.SOFTMAX,
)
def softmax_third_moments(q):
    p = np.exp(q) / (1 + np.exp(q).sum())
    g = np.diag(p) - np.outer(p, p)
    T = five(lambda w: softmax_metric(w), q)
    up = np.linalg.inv(g)
    return np.einsum("ik,jl,rs,ilr,jks->", up, up, up, T, T) / 4


def softmax_metric(w):
    p = np.exp(w) / (1 + np.exp(w).sum())
    return np.diag(p) - np.outer(p, p)


@wrong("arithmetic", "the log-partition is differenced twice with h = 1e-7", *STEP, on=spaces.SOFTMAX, **F)
def softmax_tiny_step(q):
    psi, h = (lambda w: np.log1p(np.exp(w).sum())), 1e-7
    I = h * np.eye(2)
    return [
        [
            (psi(q + I[i] + I[j]) - psi(q + I[i] - I[j]) - psi(q - I[i] + I[j]) + psi(q - I[i] - I[j])) / (4 * h * h)
            for j in (0, 1)
        ]
        for i in (0, 1)
    ]


@wrong("arithmetic", "float32 sums", *SINGLE, on=spaces.LOGIT, **F)
def logit_single(w):
    X, v = X6.astype(np.float32), np.asarray(w, dtype=np.float32)
    p = 1 / (1 + np.exp(-(X @ v)))
    return (X * (p * (1 - p))[:, None]).T @ X / np.float32(6)


@wrong(
    "statistics",
    "Bernoulli's information for the log-odds: p(1 − p) in the chart of p",
    r"inverse|log.?odds|logit|chart|paramet|reciprocal",
    METRIC,
    on=spaces.BERNOULLI,
    **F,
)
def bernoulli_logit(q):
    return [[q[0] * (1 - q[0])]]


@wrong(
    "statistics", "1/p: the term of the outcome 0 is missing", r"outcome|term|missing", METRIC, on=spaces.BERNOULLI, **F
)
def bernoulli_one_outcome(q):
    return [[1 / q[0]]]


@wrong(
    "statistics",
    "diag(1/p) on the simplex: the dependent probability is forgotten",
    *DIAGONAL,
    r"depend|last|outcome|simplex",
    METRIC,
    on=spaces.CATEGORICAL,
    **F,
)
def categorical_dependent(q):
    return np.diag(1 / np.asarray(q))


@wrong(
    "statistics",
    "variance where the rate's information 1/λ belongs: λ",
    r"inverse|variance|reciprocal|covariance",
    METRIC,
    on=spaces.POISSON,
    **F,
)
def poisson_variance(q):
    return [[q[0]]]


@wrong(
    "statistics",
    "1/λ in place of 1/λ²: Poisson's for waiting times",
    METRIC,
    r"poisson|root|square|power",
    on=spaces.EXPONENTIAL,
    **F,
)
def exponential_poisson(q):
    return [[1 / q[0]]]


@wrong(
    "statistics",
    "Gumbel's minimum for its maximum: the sign of g_μb",
    r"sign",
    METRIC,
    *DIAGONAL,
    on=spaces.GUMBEL,
    **F,
)
def gumbel_minimum(q):
    b = q[1]
    c = 1 - EULER
    return np.array([[1, c], [c, c * c + np.pi**2 / 6]]) / b**2
