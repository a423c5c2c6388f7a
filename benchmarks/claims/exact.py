"""Chapters 2 to 4 and section 5.1: claims that a derivation, or numbers of many digits, decide."""

from __future__ import annotations

import itertools
import math

import chentsov as ch
import numpy as np
import sympy as sp
from chentsov.geometry.kernels import compile
from chentsov.models import DenseNetwork, TwoWeightNeuron, decision_boundary, families, gibbs
from chentsov.models.training import descend
from mpmath import mp

from .record import CONFIRMED, IN_PART, MISPRINT, REFUTED, claim, number

theta = sp.Symbol("theta", positive=True)


def _coin(tosses: int) -> tuple[list[tuple[int, ...]], list[sp.Expr]]:
    """All records of so many tosses and their probabilities."""
    records = list(itertools.product((0, 1), repeat=tosses))
    return records, [theta ** sum(r) * (1 - theta) ** (tosses - sum(r)) for r in records]


def _information(probabilities: list[sp.Expr]) -> sp.Expr:
    return sp.simplify(sum(p * sp.diff(sp.log(p), theta) ** 2 for p in probabilities))


# -- chapter 2 ---------------------------------------------------------------------------------------------------------


@claim("2.3.3", "gradient descent tends to the minimum nearest to its start, which need not be the lowest")
def nearest_minimum():
    loss = lambda u: (u**2 - 1) ** 2 + 0.3 * u
    ends = [descend(lambda u: [4 * u * (u * u - 1) + 0.3], [s], 0.02, 400)[-1, 0] for s in (1.5, -1.5)]
    verdict = CONFIRMED if loss(ends[0]) > loss(ends[1]) + 0.1 else REFUTED
    return verdict, (
        f"(u² − 1)² + 0.3 u: from 1.5 to u = {number(ends[0])} with loss {number(loss(ends[0]))}, "
        f"from −1.5 to {number(ends[1])} with {number(loss(ends[1]))}"
    )


@claim("2.3.4, 5.2.3", "Adam trains in every application; the two-weight neuron is trained by gradient descent")
def two_optimizers():
    return "contradictory", "the sections say different things; what follows is judged under both"


@claim("(2.3.5)", "the square loss sums over the components of the output")
def components():
    return MISPRINT, "the inner sum runs to N, the number of rows; it has to end at the number of outputs"


# -- chapter 3 ---------------------------------------------------------------------------------------------------------


@claim("3.1", "the balls of a Galton board fall binomially, which approaches the normal distribution")
def galton():
    gaps = []
    for n in (10, 1000):
        edges = np.arange(n + 1) + 0.5
        below = np.cumsum([math.comb(n, k) / 2**n for k in range(n + 1)])
        normal = [0.5 * math.erfc(-(e - n / 2) / math.sqrt(n / 2)) for e in edges]
        gaps.append(float(np.abs(below - normal).max()))
    verdict = CONFIRMED if gaps[1] < gaps[0] / 10 else REFUTED
    return (
        verdict,
        f"distribution functions {number(gaps[0], 1)} apart for 10 rows of pins, {number(gaps[1], 1)} for 1000",
    )


@claim("3.1, figure 3.2", "the slot tells about the position where the ball was let go")
def drop_in():
    found = {n: families.galton_board(n).metric[0, 0].subs(theta, sp.Rational(1, 2)) for n in (1, 4, 9)}
    verdict = CONFIRMED if all(v == sp.Rational(4, n + 1) for n, v in found.items()) else REFUTED
    return verdict, "between two slots its information is 4/(n + 1) after n rows of pins: " + ", ".join(
        f"{v} for {n}" for n, v in found.items()
    )


@claim("3.1", "n tosses of a coin have the information n/(θ(1−θ)), the whole record and the number of heads alike")
def tosses():
    n = 3
    records, chances = _coin(n)
    counts = [sum((p for r, p in zip(records, chances) if sum(r) == y), sp.S.Zero) for y in range(n + 1)]
    whole, count = _information(chances), _information(counts)
    same = all(sp.simplify(v - n / (theta * (1 - theta))) == 0 for v in (whole, count))
    return CONFIRMED if same else REFUTED, "3 tosses, summed over all outcomes: 3/(θ(1−θ)) both times"


@claim("3.1", "given the number of heads, the record does not depend on θ: its probability is 1/C(n, y)")
def sufficient():
    records, chances = _coin(5)
    held = all(
        sp.simplify(p / sum(q for s, q in zip(records, chances) if sum(s) == sum(r)) - sp.Rational(1, math.comb(5, sum(r)))) == 0
        for r, p in zip(records[::5], chances[::5])
    )  # fmt: skip
    return CONFIRMED if held else REFUTED, "5 tosses, exactly"


@claim("3.1", "a record of n tosses has 2ⁿ values, the number of heads n")
def outcomes():
    records, _ = _coin(5)
    values = len({sum(r) for r in records})
    return (CONFIRMED if values == 5 else IN_PART), f"5 tosses: {len(records)} records, but {values} numbers of heads"


@claim("(3.1.3)", "the information of independent experiments is the product of theirs")
def independent():
    one, three = _information(_coin(1)[1]), _information(_coin(3)[1])
    half = {theta: sp.Rational(1, 2)}
    is_sum, is_product = (sp.simplify(three - v) == 0 for v in (3 * one, one**3))
    verdict = MISPRINT if is_sum and not is_product else CONFIRMED if is_product else REFUTED
    return verdict, (
        f"it is the sum, which appendix A.1 proves: 3 tosses of a fair coin have {three.subs(half)}, "
        f"not {(one**3).subs(half)}"
    )


@claim("(3.1.5)", "the normal family has the information diag(1, 2)/σ²")
def normal():
    m = families.normal()
    s = m.coordinates[1]
    return (CONFIRMED if m.metric == sp.diag(1, 2) / s**2 else REFUTED), "by integration, exactly"


@claim("3.1, figure 3.3", "samples of a narrower normal distribution tell more about μ")
def narrower():
    m = families.normal()
    ratio = m.metric[0, 0].subs(m.coordinates[1], sp.Rational(1, 2)) / m.metric[0, 0].subs(m.coordinates[1], 1)
    return (CONFIRMED if ratio > 1 else REFUTED), f"half the σ, {ratio} times the information: 1/σ²"


@claim(
    "(3.2.9)–(3.2.12)", "the scores carry the inner product of tangent vectors: ⟨A, B⟩ = E[A(x) B(x)] = g_ij A^i B^j"
)
def representation():
    m = families.normal()
    mu, sigma = m.coordinates
    a, b = [1, 2], [-3, 1]
    left, right = (m.one_representation(v) for v in (a, b))
    mean, product = m.expectation_at([left, left * right], {mu: 0, sigma: 2}, 20)
    expected = (sp.Matrix([a]) * m.metric * sp.Matrix(b))[0].subs(sigma, 2)
    held = abs(mean) < 1e-15 and abs(product - expected) < 1e-15
    return (CONFIRMED if held else REFUTED), f"normal family at σ = 2: E[A B] = {expected} from both, and E[A] = 0"


@claim("(3.2.11)", "the metric is g_ij = E[∂_iℓ, ∂_jℓ]")
def product():
    return MISPRINT, "a comma for a product; it is the Fisher information of (3.1.1)"


@claim("(3.2.13), (3.3.6)", "the length of a curve is the integral of Σ_ij √(g_ij θ̇_i θ̇_j)")
def curve_length():
    x, y, t = sp.symbols("x y t", real=True)
    found = ch.RiemannianManifold([[1, 0], [0, 1]], (x, y)).length([t, t], t, (0, 1)).expression
    return (
        MISPRINT if found == sp.sqrt(2) else CONFIRMED,
        f"the sum belongs under the root: the diagonal of a unit square has length {found}, as printed 2",
    )


@claim("(3.3.7)", "along one coordinate it is the integral of √g_ii |θ̇_i|")
def along_one():
    m, t = families.normal(), sp.Symbol("t", real=True)
    s = sp.Symbol("s", positive=True)
    found = m.length([t, s], t, (0, 3)).expression
    return (CONFIRMED if sp.simplify(found - 3 / s) == 0 else REFUTED), f"μ from 0 to 3 at σ = s: {found}"


@claim("3.3", "shortest paths are curves in the coordinates")
def shortest():
    m, t = families.normal(), sp.Symbol("t", real=True)
    straight = m.length([t, 1], t, (-1, 1))
    r = sp.sqrt(sp.Rational(3, 2))
    angle = sp.asin(1 / r)
    bent = m.length([sp.sqrt(2) * r * sp.cos(t), r * sp.sin(t)], t, (angle, sp.pi - angle), time_limit=0)
    verdict = CONFIRMED if bent.value + bent.error < straight.value - straight.error else REFUTED
    return verdict, (
        f"normals from μ = −1 to 1 at σ = 1: {number(float(straight))} straight, {number(float(bent), 4)} along the "
        "geodesic, a half ellipse"
    )


@claim("(3.2.14)", "g_ij = −E[∂_i∂_j log p]")
def cross_form():
    regular = [families.normal(), families.gamma(), families.poisson(), families.bernoulli(), families.weibull()]
    held = all(m.cross_form == m.metric or all(m.field(a) == m.field(b) for a, b in zip(m.cross_form, m.metric))
               for m in regular)  # fmt: skip
    try:
        families.pareto().cross_form
    except ValueError:
        moved = True
    else:
        moved = False
    return (IN_PART if held and moved else CONFIRMED if held else REFUTED), (
        "holds for the normal, gamma, Poisson, Bernoulli and Weibull families; not where the support moves with a "
        "parameter (Pareto), nor for the loss of a network, see 3.2.5"
    )


@claim("(A.2.3)", "−E[∂_i∂_jp / p] = Σ ∂_i∂_jp = −∂_i∂_j E[1] = 0")
def lost_sign():
    p = [theta**2, 1 - theta]  # not normalised, so that nothing hides the sign
    left = -sum(q * sp.diff(q, theta, 2) / q for q in p)
    printed = sum(sp.diff(q, theta, 2) for q in p)
    verdict = MISPRINT if sp.simplify(left + printed) == 0 and printed != 0 else CONFIRMED
    return (
        verdict,
        f"a sign is lost in the first step (weights θ², 1 − θ: {left} on the left, {printed} printed); 0 stays 0",
    )


@claim("(A.1.3), (A.1.4)", "the proof that information adds up")
def proof_of_the_sum():
    return (
        MISPRINT,
        "right in its idea; from the fourth line on the second factor lost its index j, and at the end Σ d/dθ_i 1 stands for d/dθ_i 1",
    )


@claim("(3.2.15)", "the Christoffel symbols of a metric")
def christoffel_symbols():
    return MISPRINT, "the free indices are i, j, k on the left and i, k, l on the right"


@claim("(3.2.16), (3.2.17)", "Riemann tensor and R = g^ij R^n_imj")
def contraction():
    a, b = sp.symbols("a b", real=True)
    sphere = ch.RiemannianManifold([[1, 0], [0, sp.sin(a) ** 2]], (a, b))
    inverse, riemann, n = sphere.inverse_metric, sphere.riemann, range(2)
    total = sp.simplify(sum(inverse[i, j] * riemann[m, i, m, j] for i in n for j in n for m in n))
    verdict = MISPRINT if total == 2 == sphere.ricci_scalar else REFUTED
    return (
        verdict,
        f"(3.2.16) is right; (3.2.17) leaves n and m free. Contracted, g^ij R^m_imj = {total} on the unit sphere",
    )


@claim("3.2.4", "Euclidean space has R = 0")
def euclidean():
    r, p = sp.symbols("r p", positive=True)
    R = ch.RiemannianManifold([[1, 0], [0, r**2]], (r, p)).ricci_scalar
    return (CONFIRMED if R == 0 else REFUTED), f"in polar coordinates too: R = {R}"


@claim("3.2.5", "exp(−ℓ) is a kind of probability of the target")
def likelihood():
    sums = [float(sum(mp.exp(-((f - t) ** 2)) for t in (0, 1))) for f in (mp.mpf(0), mp.mpf(1) / 2)]
    f = sp.Symbol("f", positive=True)
    entropy = sp.simplify(sum(sp.exp(t * sp.log(f) + (1 - t) * sp.log(1 - f)) for t in (0, 1)))
    verdict = IN_PART if sums[0] != sums[1] and entropy == 1 else CONFIRMED
    return verdict, (
        f"for the cross-entropy it is (Σ_t = {entropy}); for the square loss Σ_t e^(−ℓ) runs from {number(sums[0])} at "
        f"f = 0 to {number(sums[1])} at f = ½, and E_D[∂ℓ ∂ℓ] is no Fisher metric but the pull-back by ℓ(θ)/√N"
    )


@claim("3.2.5 with (3.2.14)", "for the loss of a network E[∂_iℓ ∂_jℓ] = E[∂_i∂_jℓ]")
def second_moment():
    points = decision_boundary(40, seed=0)
    apart = {}
    for loss in TwoWeightNeuron.LOSSES:
        neuron = TwoWeightNeuron(loss, data=points)
        squares = neuron.metric[0, 0]
        hessian = sp.diff(neuron.loss_gradient[0], neuron.coordinates[0])
        a, b = compile([squares, hessian], neuron.coordinates, data=neuron.row_values())(0.3, -0.4)
        apart[loss] = (float(a), float(b))
    verdict = REFUTED if all(abs(a - b) > 0.01 * abs(a) for a, b in apart.values()) else CONFIRMED
    return verdict, "at θ = (0.3, −0.4), 40 rows: " + ", ".join(
        f"{number(a)} and {number(b)} ({loss.replace('_', ' ')})" for loss, (a, b) in apart.items()
    )


@claim("3.3", "a statistical manifold is locally isometric to a subset of ℝⁿ")
def isometric():
    curved = {"normal": families.normal().ricci_scalar, "Weibull": families.weibull().ricci_scalar}
    neuron = TwoWeightNeuron(data=decision_boundary(200, seed=0))
    R = neuron.curvature_at([0.5, 0.5]).ricci_scalar
    verdict = REFUTED if all(v != 0 for v in curved.values()) and R < -1 else CONFIRMED
    return verdict, (
        "homeomorphic, as 3.2.1 says; isometric only where R vanishes. "
        + ", ".join(f"{name}: R = {value}" for name, value in curved.items())
        + f", the neuron at its start: {number(R)}"
    )


@claim("(3.4.3)", "I_ii = β ∂φ^i/∂θ^i for the order parameter of every thermodynamic variable")
def order_parameters():
    chain = gibbs.ising_chain()
    b, h = chain.coordinates
    along_h, along_b = gibbs.fisher_identity(chain, h, b), gibbs.fisher_identity(chain, b, b)
    left_over = sp.simplify(along_b - gibbs.order_parameter(chain, b, b))
    verdict = IN_PART if along_h == 0 and along_b != 0 else CONFIRMED if along_b == 0 else REFUTED
    return verdict, (
        "Ising chain: holds exactly along h at fixed β; along β the factor 1/β is differentiated too and φ^β is left over"
        + ("" if left_over == 0 else " (and more)")
    )


@claim("3.4", "at a second-order transition a diagonal component of the information diverges")
def susceptibility():
    peaks = []
    for n in (16, 64, 256, 1024):  # the Curie–Weiss magnet at its critical β = 1, without a field
        weights = [math.comb(n, k) / 2**n * math.exp((n - 2 * k) ** 2 / (2 * n)) for k in range(n + 1)]
        peaks.append(sum(w * (n - 2 * k) ** 2 for k, w in enumerate(weights)) / sum(weights) / n)
    ratios = [b / a for a, b in zip(peaks, peaks[1:])]
    return (CONFIRMED if all(1.7 < r < 2.3 for r in ratios) else REFUTED), (
        "Curie–Weiss magnet at β = 1, h = 0: I_hh per spin is "
        + ", ".join(number(p) for p in peaks)
        + " for 16, 64, 256, 1024 spins, like √n; in the limit 1/(1 − β)"
    )


@claim("3.4", "R diverges at the phase transition and only there, in all models considered so far")
def spinodal():
    gas = gibbs.van_der_waals()
    T, rho = gas.coordinates
    a, b, c = gas.constants
    R = gas.ricci_scalar.subs({a: 1, b: 1, c: sp.Rational(3, 2)})
    edge = lambda density: 2 * density * (1 - density) ** 2  # of stability, at a = b = 1
    near = {}
    for density in (sp.Rational(1, 10), sp.Rational(2, 3)):  # far from the critical density 1/3
        at = edge(density)
        near[density] = [float(R.subs({rho: density, T: at * (1 + sp.Rational(1, 10**k))})) for k in (2, 3, 4)]
    grows = all(abs(v[k + 1]) > 50 * abs(v[k]) for v in near.values() for k in range(2))
    verdict = IN_PART if grows else CONFIRMED
    return verdict, (
        "not in van der Waals' gas: R diverges like the inverse square of the distance all along the spinodal T = 2aρ(1 − bρ)², "
        "not at the critical point alone; 1, 0.1 and 0.01 % above it R = "
        + "; ".join(", ".join(number(v) for v in values) + f" at ρb = {density}" for density, values in near.items())
        + ". The ideal gas is flat, the Ising chain finite at every temperature above 0"
    )


# -- chapter 4 ---------------------------------------------------------------------------------------------------------


def _small_network(step: float) -> tuple[np.ndarray, np.ndarray]:
    """(f(θ − η ∇L) − f(θ))/η and −Λ ∂L/∂f of a tanh network on four rows, in 40 digits."""
    net = DenseNetwork((2, 2, 1), "tanh", loss="mean_power")
    draw = np.random.default_rng(0)
    weights = [mp.mpf(int(v * 1000)) / 1000 for v in draw.normal(size=len(net.coordinates))]
    rows = [[mp.mpf(int(v * 1000)) / 1000 for v in draw.normal(size=3)] for _ in range(4)]
    (f,) = net.outputs
    with mp.workdps(40):
        output = sp.lambdify([net.coordinates, net.inputs], f, "mpmath")
        slopes = sp.lambdify([net.coordinates, net.inputs], [sp.diff(f, w) for w in net.coordinates], "mpmath")
        J = mp.matrix([slopes(weights, row[:2]) for row in rows])
        outputs = [output(weights, row[:2]) for row in rows]
        loss_slopes = mp.matrix([2 * (o - row[2]) / len(rows) for o, row in zip(outputs, rows)])
        moved = [w - mp.mpf(step) * g for w, g in zip(weights, J.T * loss_slopes)]
        rates = [(output(moved, row[:2]) - o) / mp.mpf(step) for row, o in zip(rows, outputs)]
        flow = -(J * J.T) * loss_slopes
        return np.array([float(r - v) for r, v in zip(rates, flow)]), np.array([float(v) for v in flow])


@claim("(4.1.7)", "the tangent kernel, which the formula gives three indices")
def kernel_indices():
    return MISPRINT, "it has four, two inputs and two outputs, as in (4.2.1)"


@claim("(4.1.7), (4.2.2)", "under gradient flow df(x_i)/dt = −Σ_j Λ_ij ∂L/∂f(x_j)")
def output_flow():
    gaps = {step: float(np.abs(_small_network(step)[0]).max()) for step in (1e-6, 1e-12)}
    verdict = CONFIRMED if gaps[1e-12] < 2e-6 * gaps[1e-6] else REFUTED
    return verdict, (
        "the chain rule; 2-2-1 tanh network on 4 rows, 40 digits: a step of gradient descent over η is "
        f"{number(gaps[1e-6], 1)} off at η = 1e-06 and {number(gaps[1e-12], 1)} at 1e-12"
    )


# -- section 5.1 -------------------------------------------------------------------------------------------------------


def _weights(*widths: int) -> int:
    return sum((m + 1) * n for m, n in zip(widths, widths[1:]))


@claim("5.1", "three hidden layers of 128 on MNIST: over 130 000 weights, over 10¹⁰ entries, over 67 GB")
def sizes():
    count = _weights(784, 128, 128, 128, 10)
    size = 4 * count**2
    return (CONFIRMED if count > 130_000 and count**2 > 1e10 and size > 67e9 else REFUTED), (
        f"{count} weights, {number(count**2)} entries, {number(size / 1e9)} GB ({number(size / 2**30)} GiB)"
    )


@claim("5.1", "the matrix within an hour takes over two million entries a second")
def entries_a_second():
    count = _weights(784, 128, 128, 128, 10)
    whole, half = count**2 / 3600, count * (count + 1) / 2 / 3600
    return (CONFIRMED if half > 2e6 else REFUTED), (
        f"{number(whole / 1e6)} million; {number(half / 1e6)} million, as the matrix is symmetric"
    )


@claim("5.2", "one matrix of the smallest network of 5.1 takes over 50 GB")
def smallest():
    count = _weights(784, 128, 128, 10)
    size = 4 * count**2
    return (
        CONFIRMED if size > 50e9 else REFUTED
    ), f"{count} weights, {number(size / 1e9)} GB ({number(size / 2**30)} GiB)"


@claim("(5.1.2)", "tr I = E_D[Σ_ab (∂ℓ/∂f_a)(∂ℓ/∂f_b) Λ_ab]")
def trace_relation():
    exact = [TwoWeightNeuron(loss).trace_identity_holds() for loss in TwoWeightNeuron.LOSSES]
    draw = np.random.default_rng(0)
    gaps = []
    for loss in ("mean_power", "lp_norm", "cross_entropy"):
        net = DenseNetwork(
            (2, 3, 2), "tanh", loss=loss, data=(draw.normal(size=(9, 2)), np.eye(2)[draw.integers(0, 2, 9)])
        )
        both = compile([net.fisher_trace, net.fisher_trace_by_output], net.coordinates, data=net.row_values())
        left, right = both(*draw.normal(size=len(net.coordinates)))
        gaps.append(abs(left - right) / left)
    verdict = CONFIRMED if all(exact) and max(gaps) < 1e-12 else REFUTED
    return (
        verdict,
        "exactly for the neuron, each loss; for 2-3-2 networks of two outputs to 1e-12. A chain rule, whoever had it first",
    )


@claim("(5.1.4)", "θ′ − θ = η E_D[∇ℓ]")
def update():
    neuron = TwoWeightNeuron(data=decision_boundary(200, seed=0))
    both = compile([neuron.loss, *neuron.loss_gradient], neuron.coordinates, data=neuron.row_values())
    here = np.array([0.5, 0.5])
    loss, *slope = both(*here)
    up, down = (float(both(*(here + sign * 0.1 * np.array(slope)))[0]) for sign in (1, -1))
    verdict = MISPRINT if down < loss < up else CONFIRMED
    return verdict, (
        f"the sign is lost: a step of 0.1 from the start takes the loss from {number(float(loss), 4)} to {number(up, 4)}, "
        f"by (2.3.6) to {number(down, 4)}"
    )


@claim("(5.1.6)", "the mean power loss of order n is (f − t)ⁿ, without a modulus")
def odd_orders():
    ell = TwoWeightNeuron("mean_power", 3).subloss_of_outputs
    odd, ours = (0.2 - 1.0) ** 3, float(ell.at(ell.expression, [sp.Rational(1, 5)], [sp.Integer(1)]))
    return (IN_PART if odd < 0 < ours else CONFIRMED), (
        f"for even n, which is all that is used; for n = 3 it falls below zero: {number(odd)} at f = 0.2, t = 1"
    )


@claim("(5.1.7)", "the softmax cross-entropy serves the networks of both sections")
def one_softmax():
    o = sp.Symbol("o", real=True)
    value = -sp.log(sp.exp(o) / sp.Add(sp.exp(o)))
    return (IN_PART if sp.simplify(value) == 0 else CONFIRMED), (
        "with one output its softmax is 1 and the loss 0; the neuron needs the binary form −t log f − (1 − t) log(1 − f)"
    )
