"""Programs with nested forward differentiation in JAX, as in its documentation and in blog posts on relativity."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from .record import HALF, REGULAR, SIGN, SINGLE, TRANSPOSED, TWICE, right, wrong
from .spaces import DENSE2, DENSE4, NEURON, NORMAL, ROWS, SCHWARZSCHILD, SPHERE, TARGETS, TORUS

jax.config.update("jax_enable_x64", True)
JAX = {"array": "jax"}


def gamma(metric):
    def symbols(x):
        g, d = metric(x), jax.jacfwd(metric)(x)  # d[i, j, k] = ∂_k g_ij
        return 0.5 * jnp.einsum(
            "im,mjk->ijk", jnp.linalg.inv(g), jnp.einsum("mkj->mjk", d) + d - jnp.einsum("jkm->mjk", d)
        )

    return symbols


def riemann(symbols):
    def tensor(x):
        G, d = symbols(x), jax.jacfwd(symbols)(x)  # d[i, j, l, k] = ∂_k Γ^i_jl
        t = jnp.einsum("ijlk->ijkl", d) + jnp.einsum("ikm,mjl->ijkl", G, G)
        return t - jnp.swapaxes(t, 2, 3)

    return tensor


def scalar(metric, symbols):
    def R(x):
        return jnp.einsum("jl,ijil", jnp.linalg.inv(metric(x)), riemann(symbols)(x))

    return R


def torus(x):
    return jnp.diag(jnp.array([1.0, (2 + jnp.cos(x[0])) ** 2]))


def sphere(x):
    return jnp.diag(jnp.array([4.0, 4 * jnp.sin(x[0]) ** 2]))


def normal(x):
    return jnp.diag(jnp.array([1.0, 2.0])) / x[1] ** 2


@right("nested jacfwd on any metric", options=JAX, accuracy=1e-9)
def jax_scalar(metric, x):
    return scalar(metric, gamma(metric))(jnp.asarray(x))


@right("the same, Riemann tensor", quantity="riemann", options=JAX, accuracy=1e-9)
def jax_riemann(metric, x):
    return riemann(gamma(metric))(jnp.asarray(x))


@right("NumPy point in, JAX inside", on=TORUS)
def jax_torus(x):
    return scalar(torus, gamma(torus))(jnp.asarray(x))


@right("jit and vmap over a batch", on=TORUS, form="batch")
def jax_torus_batch(points):
    return jax.jit(jax.vmap(scalar(torus, gamma(torus))))(jnp.asarray(points))


@right("its own normal family", on=NORMAL)
def jax_normal(x):
    return float(scalar(normal, gamma(normal))(jnp.asarray(x)))


@right(
    "Fisher matrix as the mean Hessian of −log p of the reparametrised sample, exact by the moments of z",
    on=NORMAL,
    quantity="metric",
)
def jax_normal_kl(x):
    kl = lambda q: jnp.log(q[1] / x[1]) + (x[1] ** 2 + (x[0] - q[0]) ** 2) / (2 * q[1] ** 2) - 0.5
    return jax.hessian(kl)(jnp.asarray(x))


@right("the neuron's metric from gradients of each row's loss", on=NEURON, quantity="metric")
def jax_neuron(q):
    X, t = jnp.asarray(ROWS), jnp.asarray(TARGETS)

    def loss(w, x, y):
        z = 5 * x @ w
        return jax.nn.softplus(z) - y * z

    J = jax.vmap(jax.grad(loss), (None, 0, 0))(jnp.asarray(q), X, t)
    return J.T @ J / len(J)


@wrong("arithmetic", "JAX as it starts: single precision", *SINGLE, on=TORUS)
def jax_single(x):
    return scalar(torus, gamma(torus))(jnp.asarray(x, dtype=jnp.float32))


@wrong("metric derivative", "jacfwd's axis is last, but is read as first", *TRANSPOSED, "derivative", options=JAX)
def jax_axis_first(metric, x):
    def symbols(y):
        g, d = metric(y), jax.jacfwd(metric)(y)
        return 0.5 * jnp.einsum(
            "im,mjk->ijk", jnp.linalg.inv(g), jnp.einsum("jmk->mjk", d) + jnp.einsum("kmj->mjk", d) - d
        )

    return scalar(metric, symbols)(jnp.asarray(x))


@wrong(
    "riemann",
    "jacfwd of Γ: its last axis is read as the second",
    "∂Γ",
    "derivative",
    *TRANSPOSED,
    quantity="riemann",
    options=JAX,
)
def jax_riemann_axis(metric, x):
    symbols = gamma(metric)
    G, d = symbols(x), jax.jacfwd(symbols)(x)
    t = jnp.einsum("ikjl->ijkl", d) + jnp.einsum("ikm,mjl->ijkl", G, G)
    return t - jnp.swapaxes(t, 2, 3)


@wrong("christoffel", "no 1/2", *TWICE, on=SPHERE)
def jax_without_half(x):
    return scalar(sphere, lambda y: 2 * gamma(sphere)(y))(jnp.asarray(x))


@wrong(
    "caching",
    "stop_gradient on the inverse metric in Γ",
    "inverse",
    "∂Γ",
    "derivative",
    "constant|frozen|not differentiated|stop",
    options=JAX,
)
def jax_stop_gradient(metric, x):
    def symbols(y):
        g, d = metric(y), jax.jacfwd(metric)(y)
        u = jax.lax.stop_gradient(jnp.linalg.inv(g))
        return 0.5 * jnp.einsum("im,mjk->ijk", u, jnp.einsum("mkj->mjk", d) + d - jnp.einsum("jkm->mjk", d))

    return scalar(metric, symbols)(jnp.asarray(x))


@wrong(
    "scalar",
    "Brioschi-like shortcut: R_0101 / det g",
    *HALF,
    "gauss",
    on=DENSE2,
    form="metric",
    options={"array": "jax", "form": "metric"},
)
def jax_component(metric, x):
    R = jnp.einsum("im,mjkl->ijkl", metric(x), riemann(gamma(metric))(x))
    return R[0, 1, 0, 1] / jnp.linalg.det(metric(x))


@wrong(
    "inverse",
    "pinv with rcond = 0.3 cuts small directions off",
    "pinv",
    "pseudo",
    "cut",
    "inverse",
    "small (eigen|singular)",
    "truncat",
    options=JAX,
)
def jax_pinv(metric, x):
    def symbols(y):
        g, d = metric(y), jax.jacfwd(metric)(y)
        return 0.5 * jnp.einsum(
            "im,mjk->ijk", jnp.linalg.pinv(g, rtol=0.3), jnp.einsum("mkj->mjk", d) + d - jnp.einsum("jkm->mjk", d)
        )

    return scalar(metric, symbols)(jnp.asarray(x))


@wrong("inverse", "a ridge of 1e-3 in the inverse", *REGULAR, options=JAX)
def jax_ridge(metric, x):
    def symbols(y):
        g, d = metric(y), jax.jacfwd(metric)(y)
        u = jnp.linalg.inv(g + 1e-3 * jnp.eye(len(y)))
        return 0.5 * jnp.einsum("im,mjk->ijk", u, jnp.einsum("mkj->mjk", d) + d - jnp.einsum("jkm->mjk", d))

    return scalar(metric, symbols)(jnp.asarray(x))


@wrong(
    "riemann",
    "∂_l Γ − ∂_k Γ but ΓΓ in the usual order",
    "∂Γ",
    "ΓΓ",
    "sign",
    options=JAX,
    quantity="riemann",
    never=("overall",),
)
def jax_mixed_signs(metric, x):
    symbols = gamma(metric)
    G, d = symbols(x), jax.jacfwd(symbols)(x)
    t = -jnp.einsum("ijlk->ijkl", d) + jnp.einsum("ikm,mjl->ijkl", G, G)
    return t - jnp.swapaxes(t, 2, 3)


@wrong(
    "contraction", "jnp.trace over the wrong pair: −Ric", *SIGN, "contract", *TRANSPOSED, options=JAX, quantity="ricci"
)
def jax_ricci_pair(metric, x):
    return jnp.trace(riemann(gamma(metric))(x), axis1=0, axis2=3)


@wrong(
    "scalar",
    "the sum of Ricci's eigenvalues, the metric forgotten",
    "trace",
    "inverse",
    "contract",
    "identity",
    on=DENSE4,
    form="metric",
    options={"array": "jax", "form": "metric"},
)
def jax_eigenvalues(metric, x):
    return jnp.sum(jnp.linalg.eigvalsh(jnp.einsum("ijil->jl", riemann(gamma(metric))(x))))


@wrong(
    "metric",
    "Schwarzschild's signature (+ − − −): R_jl is the same, R^i_jkl is the same, R_ijkl has the opposite sign",
    *SIGN,
    "signature",
    on=SCHWARZSCHILD,
    quantity="riemann_lowered",
)
def jax_signature(x):
    def g(y):
        f = 1 - 2 / y[1]
        return -jnp.diag(jnp.array([-f, 1 / f, y[1] ** 2, (y[1] * jnp.sin(y[2])) ** 2]))

    x = jnp.asarray(x)
    return jnp.einsum("im,mjkl->ijkl", g(x), riemann(gamma(g))(x))


@wrong(
    "statistics",
    "the mean Hessian of the loss for the second moment of gradients",
    "hessian",
    "second (moment|derivative)",
    "true",
    "expected",
    r"f ?\(1",
    on=NEURON,
    quantity="metric",
)
def jax_neuron_hessian(q):
    X, t = jnp.asarray(ROWS), jnp.asarray(TARGETS)

    def loss(w):
        z = 5 * X @ w
        return jnp.mean(jax.nn.softplus(z) - t * z)

    return jax.hessian(loss)(jnp.asarray(q))


@wrong(
    "statistics",
    "gradients of f's log-likelihood with the wrong label order: log(1 − f) for t = 1",
    "target",
    "label",
    "1 ?[-−] ?t",
    on=NEURON,
    quantity="metric",
    equal=("sign of coordinate",),
)
def jax_neuron_labels(q):
    X, t = jnp.asarray(ROWS), 1 - jnp.asarray(TARGETS)

    def loss(w, x, y):
        z = 5 * x @ w
        return jax.nn.softplus(z) - y * z

    J = jax.vmap(jax.grad(loss), (None, 0, 0))(jnp.asarray(q), X, t)
    return J.T @ J / len(J)
