"""More curvature programs, right and broken, written from scratch and not by editing others.

Their habits differ from those of `programs`: the derivative axis first (g_ij,k at [k, i, j]), Ricci without Riemann,
closed forms by hand, mpmath, symbols, JAX and PyTorch. Every mistake that the validator knows by a name of its own has
two programs in different styles, here or there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import chentsov as ch
import mpmath
import numpy as np
import sympy as sp
from scipy.integrate import quad

#: (function, names that are right, options, modules that it needs) of the broken programs; the right ones have no names.
BROKEN: list[tuple[Callable[..., Any], tuple[str, ...], dict[str, Any], tuple[str, ...]]] = []
RIGHT: list[tuple[Callable[..., Any], tuple[str, ...], dict[str, Any], tuple[str, ...]]] = []


def wrong(names: str, needs: str = "", **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a broken program with the diagnoses that are right for it."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        BROKEN.append((function, tuple(names.split()), options, tuple(needs.split())))
        return function

    return register


def right(needs: str = "", **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        RIGHT.append((function, (), options, tuple(needs.split())))
        return function

    return register


# --- the comma convention: d[k, i, j] = ∂_k g_ij, five-point differences ------------------------------


def slopes(field, x, h):
    out = []
    for k in range(len(x)):
        e = np.zeros(len(x))
        e[k] = h
        out.append((field(x - 2 * e) - 8 * field(x - e) + 8 * field(x + e) - field(x + 2 * e)) / (12 * h))
    return np.array(out)


def connection(metric, x):
    d, up, n = slopes(metric, x, 1e-5), np.linalg.inv(metric(x)), len(x)
    gamma = np.empty((n, n, n))
    for a in range(n):
        for b in range(n):
            for c in range(n):
                gamma[a, b, c] = sum(up[a, s] * (d[b, s, c] + d[c, s, b] - d[s, b, c]) for s in range(n)) / 2
    return gamma


def curvature(metric, x, gamma_of=connection):
    gamma, d, n = gamma_of(metric, x), slopes(lambda y: gamma_of(metric, y), x, 2e-3), len(x)
    R = np.zeros((n, n, n, n))
    for r in range(n):
        for s in range(n):
            for m in range(n):
                for v in range(n):
                    R[r, s, m, v] = (
                        d[m, r, v, s]
                        - d[v, r, m, s]
                        + gamma[r, m, :] @ gamma[:, v, s]
                        - gamma[r, v, :] @ gamma[:, m, s]
                    )
    return R


def lowered(metric, x):
    return np.einsum("ar,rsmv->asmv", metric(x), curvature(metric, x))


@right()
def scalar(metric, x, gamma_of=connection):
    return np.einsum("sv,rsrv->", np.linalg.inv(metric(x)), curvature(metric, x, gamma_of))


@right(quantity="ricci")
def ricci_through_the_volume(metric, x):
    """Ric_bc = ∂_a Γ^a_bc − ∂_b ∂_c log √|g| + Γ^a_bc ∂_a log √|g| − Γ^a_bd Γ^d_ac: no Riemann tensor."""
    volume = lambda y: 0.5 * np.log(abs(np.linalg.det(metric(y))))
    gamma, d = connection(metric, x), slopes(lambda y: connection(metric, y), x, 2e-3)
    first = slopes(volume, x, 1e-4)
    second = slopes(lambda y: slopes(volume, y, 1e-3), x, 2e-3)
    return (
        np.einsum("aabc->bc", d)
        - second
        + np.einsum("abc,a->bc", gamma, first)
        - np.einsum("abd,dac->bc", gamma, gamma)
    )


@right(suite="surfaces")
def moving_frame(metric, x):
    """K dA = −dω of the frame that Gram and Schmidt make of the coordinate axes; R = 2K."""
    h = 1e-3

    def omega(y):
        g, d = metric(y), slopes(metric, y, 1e-4)
        root, area = math.sqrt(g[0, 0]), math.sqrt(np.linalg.det(g))
        # ω_i = (√det g / g_00) Γ^1_0i
        up = np.linalg.inv(g)
        gamma = [sum(up[1, s] * (d[0, s, i] + d[i, s, 0] - d[s, 0, i]) for s in (0, 1)) / 2 for i in (0, 1)]
        return np.array([area / root**2 * gamma[0], area / root**2 * gamma[1]])

    d = slopes(omega, x, h)
    return -2 * (d[0, 1] - d[1, 0]) / math.sqrt(np.linalg.det(metric(x)))


@right(suite="surfaces", quantity="gaussian_curvature")
def in_many_digits(metric, x):
    """mpmath throughout: differences with 40 digits, and a determinant by hand."""
    with mpmath.workdps(40):
        h, p = mpmath.mpf(10) ** -10, [mpmath.mpf(float(v)) for v in x]
        at = lambda i, j: metric([p[0] + i * h, p[1] + j * h])
        m = {(i, j): at(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)}

        def D(a, b, i, j):
            f = lambda s, t: m[s, t][a][b]
            if (i, j) == (1, 0):
                return (f(1, 0) - f(-1, 0)) / (2 * h)
            if (i, j) == (0, 1):
                return (f(0, 1) - f(0, -1)) / (2 * h)
            if (i, j) == (2, 0):
                return (f(1, 0) - 2 * f(0, 0) + f(-1, 0)) / h**2
            if (i, j) == (0, 2):
                return (f(0, 1) - 2 * f(0, 0) + f(0, -1)) / h**2
            return (f(1, 1) - f(1, -1) - f(-1, 1) + f(-1, -1)) / (4 * h**2)

        E, F, G = m[0, 0][0][0], m[0, 0][0][1], m[0, 0][1][1]
        Eu, Ev, Fu, Fv, Gu, Gv = (
            D(0, 0, 1, 0),
            D(0, 0, 0, 1),
            D(0, 1, 1, 0),
            D(0, 1, 0, 1),
            D(1, 1, 1, 0),
            D(1, 1, 0, 1),
        )
        first = mpmath.det(
            mpmath.matrix(
                [
                    [-D(0, 0, 0, 2) / 2 + D(0, 1, 1, 1) - D(1, 1, 2, 0) / 2, Eu / 2, Fu - Ev / 2],
                    [Fv - Gu / 2, E, F],
                    [Gv / 2, F, G],
                ]
            )
        )
        second = mpmath.det(mpmath.matrix([[0, Ev / 2, Gu / 2], [Ev / 2, E, F], [Gu / 2, F, G]]))
        return (first - second) / (E * G - F * F) ** 2


@right(quantity="riemann", layout="lkji")
def axes_in_reverse(metric, x):
    return curvature(metric, x).transpose(3, 2, 1, 0)


@right(quantity="christoffel")
def in_a_dictionary(metric, x):
    return {"metric": metric(x), "christoffel": connection(metric, x)}


# --- broken: Γ -------------------------------------------------------------------------------------


@wrong("christoffel-second-term-sign christoffel-first-term-sign", quantity="christoffel")
def minus_for_plus(metric, x):
    d, up = slopes(metric, x, 1e-5), np.linalg.inv(metric(x))
    return 0.5 * np.einsum("as,sbc->abc", up, np.einsum("bsc->sbc", d) - np.einsum("csb->sbc", d) - d)


@wrong("christoffel-stray-index-upper-unmatched", quantity="christoffel")
def upper_index_left_over(metric, x):
    """Γ^l_jk = ½ g^im (…): the misprint taken literally."""
    d, up, n = slopes(metric, x, 1e-5), np.linalg.inv(metric(x)), len(x)
    gamma = np.zeros((n, n, n))
    for l, j, k, i, m in np.ndindex(n, n, n, n, n):
        gamma[l, j, k] += 0.5 * up[i, m] * (d[j, m, k] + d[k, m, j] - d[m, j, k])
    return gamma


@wrong("christoffel-stray-index-upper-unmatched")
def upper_index_left_over_in_the_scalar(metric, x):
    return scalar(metric, x, upper_index_left_over)


@wrong("christoffel-stray-index-upper", quantity="christoffel")
def stray_index_read_as_the_upper_one(metric, x):
    """(3.2.15) with l = i: g^im (∂_i g_mk + ∂_k g_mi − ∂_m g_ki)."""
    d, up, n = slopes(metric, x, 1e-5), np.linalg.inv(metric(x)), len(x)
    return np.array(
        [
            [
                [sum(up[i, m] * (d[i, m, k] + d[k, m, i] - d[m, k, i]) for m in range(n)) / 2 for k in range(n)]
                for j in range(n)
            ]
            for i in range(n)
        ]
    )


@wrong("christoffel-stray-index-upper")
def stray_index_read_as_the_upper_one_in_the_scalar(metric, x):
    return scalar(metric, x, stray_index_read_as_the_upper_one)


@wrong("christoffel-stray-index-raised-diagonal", quantity="christoffel")
def diagonal_of_the_inverse(metric, x):
    d, up, n = slopes(metric, x, 1e-5), np.linalg.inv(metric(x)), len(x)
    gamma = np.zeros((n, n, n))
    for i, j, k, m in np.ndindex(n, n, n, n):
        gamma[i, j, k] += 0.5 * up[m, m] * (d[j, m, k] + d[k, m, j] - d[m, j, k])
    return gamma


@wrong("diagonal-inverse", quantity="christoffel")
def orthogonal_coordinates(metric, x):
    d, g = slopes(metric, x, 1e-5), metric(x)
    return (np.einsum("bac->abc", d) + np.einsum("cab->abc", d) - d) / (2 * np.diag(g)[:, None, None])


@wrong(
    "first-kind-for-second christoffel-not-raised",
    needs="jax",
    quantity="christoffel",
    array="jax",
    suite="quick",
    time_limit=60,
)
def first_kind_in_jax(metric, x):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    d = jax.jacrev(metric)(x)
    return 0.5 * (jnp.einsum("mkj->mjk", d) + d - jnp.einsum("jkm->mjk", d))


@wrong("derivative-axis-last", needs="jax", quantity="christoffel", array="jax", suite="quick", time_limit=60)
def axis_of_jacrev(metric, x):
    """jacrev puts the derivative last; this program reads it first."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    d, up = jax.jacrev(metric)(x), jnp.linalg.inv(metric(x))
    return 0.5 * (
        jnp.einsum("im,jmk->ijk", up, d) + jnp.einsum("im,kmj->ijk", up, d) - jnp.einsum("im,mjk->ijk", up, d)
    )


@wrong("christoffel-index-order-jik christoffel-wrong-index-raised", quantity="christoffel")
def upper_index_in_the_middle(metric, x):
    return connection(metric, x).transpose(1, 0, 2)


@wrong("christoffel-third-term-sign", needs="torch", array="torch", suite="quick", time_limit=60)
def plus_in_torch(metric, x):
    import torch

    def gamma_of(y):
        d = torch.func.jacrev(metric)(y)
        return 0.5 * torch.einsum(
            "im,mjk->ijk", torch.linalg.inv(metric(y)), d.transpose(1, 2) + d + d.permute(2, 0, 1)
        )

    gamma, d = gamma_of(x), torch.func.jacrev(gamma_of)(x)
    ricci = torch.einsum("ijki->jk", d) - torch.einsum("iijk->jk", d)
    ricci = ricci + torch.einsum("iil,ljk->jk", gamma, gamma) - torch.einsum("ikl,lij->jk", gamma, gamma)
    return (torch.linalg.inv(metric(x)) * ricci).sum()


# --- broken: Riemann, Ricci, R ---------------------------------------------------------------------


@wrong("riemann-first-quadratic-sign")
def minus_both(metric, x):
    gamma, d = connection(metric, x), slopes(lambda y: connection(metric, y), x, 2e-3)
    R = np.einsum("mrvs->rsmv", d) - np.einsum("vrms->rsmv", d)
    R = R - np.einsum("rml,lvs->rsmv", gamma, gamma) - np.einsum("rvl,lms->rsmv", gamma, gamma)
    return np.einsum("sv,rsrv->", np.linalg.inv(metric(x)), R)


@wrong("riemann-quadratic-missing", quantity="riemann")
def linearised(metric, x):
    d = slopes(lambda y: connection(metric, y), x, 2e-3)
    return np.einsum("mrvs->rsmv", d) - np.einsum("vrms->rsmv", d)


@wrong("riemann-quadratic-halved")
def half_of_the_products(metric, x):
    gamma, d = connection(metric, x), slopes(lambda y: connection(metric, y), x, 2e-3)
    R = np.einsum("mrvs->rsmv", d) - np.einsum("vrms->rsmv", d)
    R += 0.5 * (np.einsum("rml,lvs->rsmv", gamma, gamma) - np.einsum("rvl,lms->rsmv", gamma, gamma))
    return np.einsum("sv,rsrv->", np.linalg.inv(metric(x)), R)


@wrong("riemann-second-derivative-missing")
def trace_term_forgotten(metric, x):
    """Ricci by its own formula, without ∂_c Γ^a_ba."""
    gamma, d = connection(metric, x), slopes(lambda y: connection(metric, y), x, 2e-3)
    ricci = np.einsum("aabc->bc", d) + np.einsum("aad,dbc->bc", gamma, gamma) - np.einsum("acd,dba->bc", gamma, gamma)
    return np.einsum("bc,bc->", np.linalg.inv(metric(x)), ricci)


@wrong("inverse-held-constant")
def inverse_outside(metric, x):
    """∂_l (g^as Γ_sbc) taken as g^as ∂_l Γ_sbc."""

    def first(y):
        d = slopes(metric, y, 1e-5)
        return 0.5 * (np.einsum("bsc->sbc", d) + np.einsum("csb->sbc", d) - d)

    up = np.linalg.inv(metric(x))
    d, gamma = np.einsum("as,lsbc->labc", up, slopes(first, x, 2e-3)), np.einsum("as,sbc->abc", up, first(x))
    R = np.einsum("mrvs->rsmv", d) - np.einsum("vrms->rsmv", d)
    R += np.einsum("rml,lvs->rsmv", gamma, gamma) - np.einsum("rvl,lms->rsmv", gamma, gamma)
    return np.einsum("sv,rsrv->", up, R)


@wrong("riemann-index-order-lkji", quantity="riemann")
def reversed_axes(metric, x):
    return curvature(metric, x).transpose(3, 2, 1, 0)


@wrong("riemann-index-order-klij", quantity="riemann")
def pairs_exchanged(metric, x):
    return curvature(metric, x).transpose(2, 3, 0, 1)


@wrong("riemann-index-order-ikjl", quantity="riemann_lowered")
def middle_exchanged(metric, x):
    return lowered(metric, x).transpose(0, 2, 1, 3)


@wrong("lowered-for-upper", quantity="riemann")
def lower_for_upper(metric, x):
    return lowered(metric, x)


@wrong("overall-sign ricci-last-slot", quantity="ricci")
def contracted_with_the_last_slot(metric, x):
    return np.einsum("rsvr->sv", curvature(metric, x))


@wrong("ricci-raised", quantity="ricci")
def both_up(metric, x):
    up = np.linalg.inv(metric(x))
    return up @ np.einsum("rsrv->sv", curvature(metric, x)) @ up


@wrong("scalar-without-inverse")
def plain_trace(metric, x):
    return np.trace(np.einsum("rsrv->sv", curvature(metric, x)))


@wrong("scalar-entrywise-inverse")
def one_over_entries(metric, x):
    g = metric(x)
    up = np.divide(1, g, out=np.zeros_like(g), where=g != 0)
    return np.einsum("sv,rsrv->", up, curvature(metric, x))


@wrong("normalised-scalar")
def mean_sectional_curvature(metric, x):
    n, g, R = len(x), metric(x), lowered(metric, x)
    L = np.linalg.inv(
        np.linalg.cholesky(g) if np.all(np.linalg.eigvalsh(g) > 0) else np.diag(np.sqrt(np.abs(np.diag(g))))
    )
    if not np.all(np.linalg.eigvalsh(g) > 0):
        return scalar(metric, x) / (n * (n - 1))
    S = np.einsum("ai,bj,ck,dl,ijkl->abcd", L, L, L, L, R)
    return np.mean([S[a, b, a, b] for a in range(n) for b in range(n) if a != b])


@wrong("gaussian-for-scalar", suite="surfaces")
def gauss(metric, x):
    return lowered(metric, x)[0, 1, 0, 1] / np.linalg.det(metric(x))


@wrong("component-for-curvature", suite="surfaces")
def a_component(metric, x):
    return lowered(metric, x)[0, 1, 0, 1]


@wrong("mixed-component-for-curvature", suite="surfaces")
def a_mixed_component(metric, x):
    return curvature(metric, x)[0, 1, 0, 1]


@wrong("root-determinant-too-much", suite="surfaces")
def area_for_its_square(metric, x):
    return 2 * lowered(metric, x)[0, 1, 0, 1] / math.sqrt(np.linalg.det(metric(x)))


@wrong("riemann-index-order-ikjl+factor-0.5", quantity="riemann")
def two_mistakes_in_the_answer(metric, x):
    return 0.5 * curvature(metric, x).transpose(0, 2, 1, 3)


@wrong("scalar-without-inverse+overall-sign")
def two_mistakes_in_the_trace(metric, x):
    return -np.trace(np.einsum("rsrv->sv", curvature(metric, x)))


@wrong("mixed-derivatives-scaled-2")
def corners_over_two(metric, x):
    """Landau & Lifshitz § 92, with the corner differences divided by 2h²."""
    n, h = len(x), 1e-3
    g, up, I = metric(x), np.linalg.inv(metric(x)), 1e-3 * np.eye(n)
    d = np.stack([(metric(x + e) - metric(x - e)) / (2 * h) for e in I], -1)
    dd = np.empty((n,) * 4)
    for k in range(n):
        for l in range(n):
            a, b = I[k] + I[l], I[k] - I[l]
            corners = metric(x + a) - metric(x + b) - metric(x - b) + metric(x - a)
            dd[:, :, k, l] = (metric(x + I[k]) - 2 * g + metric(x - I[k])) / h**2 if k == l else corners / (2 * h * h)
    low = 0.5 * (np.einsum("mkj->mjk", d) + d - np.einsum("jkm->mjk", d))
    down = 0.5 * (
        np.einsum("imkl->iklm", dd)
        + np.einsum("klim->iklm", dd)
        - np.einsum("ilkm->iklm", dd)
        - np.einsum("kmil->iklm", dd)
    )
    down += np.einsum("np,nkl,pim->iklm", up, low, low) - np.einsum("np,nkm,pil->iklm", up, low, low)
    return np.einsum("il,km,iklm->", up, up, down)


@wrong("only-two-dimensional scalar-two-dimensional")
def surfaces_only(metric, x):
    return 2 * lowered(metric, x)[0, 1, 0, 1] / np.linalg.det(metric(x))


@wrong("only-four-dimensional", quantity="weyl")
def weyl_of_spacetimes(metric, x):
    """Right for n = 4, whatever n is."""
    g, R, up = metric(x), lowered(metric, x), np.linalg.inv(metric(x))
    ricci = np.einsum("rm,rsmv->sv", up, R)
    wedge = lambda h: (
        np.einsum("ik,jl->ijkl", h, g)
        + np.einsum("jl,ik->ijkl", h, g)
        - np.einsum("il,jk->ijkl", h, g)
        - np.einsum("jk,il->ijkl", h, g)
    )
    return R - wedge(ricci) / 2 + np.einsum("sv,sv->", up, ricci) * wedge(g) / 12


@wrong("only-positive-definite", quantity="determinant")
def positive_determinant(metric, x):
    return abs(np.linalg.det(metric(x)))


@wrong("off-diagonal-ignored", suite="surfaces")
def orthogonal_surface(metric, x, h=1e-3):
    """R = −(1/√EG) (∂_u(G_u/√EG) + ∂_v(E_v/√EG)), which wants F = 0."""

    def quotient(which, u, v):
        step = (h, 0) if which == 0 else (0, h)
        E, G = metric(np.array([u, v]))[[0, 1], [0, 1]]
        ahead, behind = metric(np.array([u + step[0], v + step[1]])), metric(np.array([u - step[0], v - step[1]]))
        return (ahead - behind)[1 - which, 1 - which] / (2 * h) / math.sqrt(E * G)

    u, v = x
    E, G = metric(x)[[0, 1], [0, 1]]
    first = (quotient(0, u + h, v) - quotient(0, u - h, v)) / (2 * h)
    second = (quotient(1, u, v + h) - quotient(1, u, v - h)) / (2 * h)
    return -(first + second) / math.sqrt(E * G)


@wrong("inverse-metric-for-metric")
def covariance_for_information(metric, x):
    return scalar(lambda y: np.linalg.inv(metric(y)), x)


@wrong("upper-triangle-only lower-triangle-only")
def half_a_matrix(metric, x):
    return scalar(lambda y: np.triu(metric(y)), x)


@wrong("always-zero ricci-first-slot")
def contraction_over_an_antisymmetric_pair(metric, x):
    R = lowered(metric, x)
    return np.einsum(
        "ij,kl,ijkl->", np.linalg.inv(metric(x)), np.linalg.inv(metric(x)), 0.5 * (R - R.transpose(1, 0, 2, 3))
    )


@wrong("laplacian-connection-sign", quantity="laplacian")
def plus_in_the_laplacian(metric, f, x):
    first, second = slopes(f, x, 1e-4), slopes(lambda y: slopes(f, y, 1e-3), x, 1e-3)
    return np.einsum("ab,ab->", np.linalg.inv(metric(x)), second + np.einsum("kab,k->ab", connection(metric, x), first))


@wrong("root-determinant-too-much", quantity="laplacian")
def divergence_not_divided(metric, f, x, h=1e-3):
    """∂_i(√|g| g^ij ∂_j f) without the 1/√|g| in front."""

    def flux(y):
        g = metric(y)
        return math.sqrt(abs(np.linalg.det(g))) * np.linalg.solve(g, slopes(f, y, 1e-4))

    return np.trace(slopes(flux, x, h))


# --- broken: arithmetic ----------------------------------------------------------------------------


@wrong("finite-difference-noise")
def forward_and_too_small(metric, x, eps=1e-8):
    n = len(x)
    I = eps * np.eye(n)

    def gamma_of(y):
        d = np.array([(metric(y + I[k]) - metric(y)) / eps for k in range(n)])
        return 0.5 * np.einsum(
            "as,sbc->abc", np.linalg.inv(metric(y)), np.einsum("bsc->sbc", d) + np.einsum("csb->sbc", d) - d
        )

    gamma = gamma_of(x)
    d = np.array([(gamma_of(x + I[k]) - gamma) / eps for k in range(n)])
    R = np.einsum("mrvs->rsmv", d) - np.einsum("vrms->rsmv", d)
    R += np.einsum("rml,lvs->rsmv", gamma, gamma) - np.einsum("rvl,lms->rsmv", gamma, gamma)
    return np.einsum("sv,rsrv->", np.linalg.inv(metric(x)), R)


@wrong("finite-difference-truncation")
def coarse(metric, x):
    n = len(x)
    I = 0.05 * np.eye(n)

    def gamma_of(y):
        d = np.array([(metric(y + I[k]) - metric(y - I[k])) / 0.1 for k in range(n)])
        return 0.5 * np.einsum(
            "as,sbc->abc", np.linalg.inv(metric(y)), np.einsum("bsc->sbc", d) + np.einsum("csb->sbc", d) - d
        )

    gamma, d = gamma_of(x), np.array([(gamma_of(x + I[k]) - gamma_of(x - I[k])) / 0.1 for k in range(n)])
    R = np.einsum("mrvs->rsmv", d) - np.einsum("vrms->rsmv", d)
    R += np.einsum("rml,lvs->rsmv", gamma, gamma) - np.einsum("rvl,lms->rsmv", gamma, gamma)
    return np.einsum("sv,rsrv->", np.linalg.inv(metric(x)), R)


@wrong("float32", needs="torch", suite="quick", time_limit=60)
def torchs_default(metric, x):
    import torch

    x = torch.tensor(np.asarray(x), dtype=torch.float32)

    def gamma_of(y):
        d = torch.func.jacrev(metric)(y)
        return 0.5 * torch.einsum(
            "im,mjk->ijk", torch.linalg.inv(metric(y)), d.transpose(1, 2) + d - d.permute(2, 0, 1)
        )

    gamma, d = gamma_of(x), torch.func.jacrev(gamma_of)(x)
    R = d.permute(0, 1, 3, 2) - d
    R = R + torch.einsum("ikm,mjl->ijkl", gamma, gamma) - torch.einsum("ilm,mjk->ijkl", gamma, gamma)
    return float(torch.einsum("jl,ijil->", torch.linalg.inv(metric(x)), R))


@wrong("float32")
def single_with_differences(metric, x):
    h, x, n = np.float32(1e-2), x.astype(np.float32), len(x)
    I = h * np.eye(n, dtype=np.float32)
    g = lambda y: metric(y.astype(float)).astype(np.float32)

    def gamma_of(y):
        d = np.array([(g(y + I[k]) - g(y - I[k])) / (2 * h) for k in range(n)])
        return (
            np.einsum("as,sbc->abc", np.linalg.inv(g(y)), np.einsum("bsc->sbc", d) + np.einsum("csb->sbc", d) - d) / 2
        )

    gamma, d = gamma_of(x), np.array([(gamma_of(x + I[k]) - gamma_of(x - I[k])) / (2 * h) for k in range(n)])
    R = np.einsum("mrvs->rsmv", d) - np.einsum("vrms->rsmv", d)
    R = R + np.einsum("rml,lvs->rsmv", gamma, gamma) - np.einsum("rvl,lms->rsmv", gamma, gamma)
    return np.einsum("sv,rsrv->", np.linalg.inv(g(x)), R)


# --- broken: a metric, or a closed form, of one's own ----------------------------------------------

theta, phi, r, m = sp.symbols("theta phi r mu", real=True)
s, k, b, x_m = sp.symbols("sigma k b x_m", positive=True)
SPHERE = (sp.diag(1, sp.sin(theta) ** 2), (theta, phi))
TORUS = (sp.diag(1, (3 + sp.cos(theta)) ** 2), (theta, phi))
NORMAL = (sp.diag(1 / s**2, 2 / s**2), (m, s))
GAMMA = (sp.Matrix([[sp.polygamma(1, k), 1 / b], [1 / b, k / b**2]]), (k, b))
ROWS = ch.models.decision_boundary(20, seed=1)


@right(manifold=TORUS, form="coordinates")
def torus_by_hand(theta, phi):
    return 2 * np.cos(theta) / (3 + np.cos(theta))


@wrong("degrees-for-radians", manifold=SPHERE, quantity="christoffel", form="coordinates")
def sphere_in_degrees(theta, phi):
    t = np.deg2rad(theta)
    gamma = np.zeros((2, 2, 2))
    gamma[0, 1, 1], gamma[1, 0, 1], gamma[1, 1, 0] = -np.sin(t) * np.cos(t), 1 / np.tan(t), 1 / np.tan(t)
    return gamma


@wrong("overall-sign christoffel-sign", manifold=SPHERE, quantity="christoffel")
def sphere_by_hand_with_the_other_sign(p):
    t, gamma = p[0], np.zeros((2, 2, 2))
    gamma[0, 1, 1], gamma[1, 0, 1], gamma[1, 1, 0] = np.sin(t) * np.cos(t), -1 / np.tan(t), -1 / np.tan(t)
    return gamma


@wrong("gaussian-for-scalar", manifold=TORUS, form="batch")
def gaussian_on_a_batch(X):
    return np.cos(X[:, 0]) / (3 + np.cos(X[:, 0]))


@wrong("absolute-value", manifold=TORUS, form="coordinates")
def modulus(theta, phi):
    return abs(2 * np.cos(theta) / (3 + np.cos(theta)))


@wrong("coordinates-swapped", manifold=TORUS, form="coordinates")
def other_order(longitude, latitude):
    return 2 * np.cos(latitude) / (3 + np.cos(latitude))


@wrong("variance-for-standard-deviation", manifold=NORMAL, quantity="metric", form="coordinates")
def parameters_of_another_book(mu, sigma):
    return [[1 / sigma, 0], [0, 1 / (2 * sigma**2)]]


@wrong("rate-for-scale sign-of-coordinate", manifold=GAMMA, quantity="metric", form="coordinates")
def rate(k, b):
    return [[float(mpmath.psi(1, k)), -1 / b], [-1 / b, k / b**2]]


@wrong("fisher-off-by-n", manifold=GAMMA, quantity="metric", form="coordinates")
def twelve_observations(k, b):
    return 12 * np.array([[float(mpmath.psi(1, k)), 1 / b], [1 / b, k / b**2]])


@wrong("fisher-off-by-n", manifold=ch.models.TwoWeightNeuron("cross_entropy", data=ROWS), quantity="metric")
def summed_over_the_rows(w):
    x, y, t = (np.asarray(c) for c in ch.models.TwoWeightNeuron("cross_entropy", data=ROWS).row_values().values())
    f = 1 / (1 + np.exp(-5 * (w[0] * x + w[1] * y)))
    slope = 5 * (f - t)
    return [[np.sum(slope**2 * p * q) for q in (x, y)] for p in (x, y)]


@wrong(
    "transposed-jacobian",
    manifold=ch.ImmersedManifold([r * sp.cos(phi), r * sp.sin(phi)], (r, phi)),
    quantity="metric",
    points=[(1.25, 0.5), (2, 1), (0.5, -1)],
)
def rows_for_columns(p):
    h = 1e-6
    cartesian = lambda q: np.array([q[0] * math.cos(q[1]), q[0] * math.sin(q[1])])
    J = np.array([(cartesian(p + h * e) - cartesian(p - h * e)) / (2 * h) for e in np.eye(2)])  # J[i, a] = ∂_i Φ_a
    return J.T @ J


@wrong("minus-expected-hessian", manifold=ch.models.families.pareto(), quantity="metric")
def hessian_by_quadrature(point, h=1e-4):
    """−∫ p ∂_i∂_j log p over the support, which depends on the first parameter."""
    (start, shape), steps = point, h * np.eye(2)

    def second(i, j, v):
        log = lambda q: math.log(q[1]) + q[1] * math.log(q[0]) - (q[1] + 1) * math.log(v)
        corners = ((1, 1), (1, -1), (-1, 1), (-1, -1))
        return sum(a * b * log(point + a * steps[i] + b * steps[j]) for a, b in corners) / (4 * h * h)

    # x = start/u carries the density to shape · u^(shape − 1) on (0, 1).
    return [
        [-quad(lambda u: shape * u ** (shape - 1) * second(i, j, start / u), 1e-12, 1)[0] for j in (0, 1)]
        for i in (0, 1)
    ]


@wrong("ruppeiner-sign", manifold=ch.models.families.gamma(), form="coordinates")
def thermodynamicists_sign(kappa, m):
    """−R of the gamma family, R = (ψ′ + κψ″) / (2 (κψ′ − 1)²)."""
    first, second = mpmath.psi(1, kappa), mpmath.psi(2, kappa)
    return -(first + kappa * second) / (2 * (kappa * first - 1) ** 2)


@wrong(
    "cancellation",
    needs="jax",
    manifold=ch.models.TwoWeightNeuron("cross_entropy", data=ch.models.decision_boundary(40, seed=0)),
    points=[(-1, 1), (-3, 2), (2, -1), (2.5, 1), (2, 2)],
    form="point",
    time_limit=60,
)
def loss_as_written(w):
    """log(1 − f) where f rounds to 1."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    x, y, t = (
        jnp.asarray(c)
        for c in ch.models.TwoWeightNeuron("cross_entropy", data=ch.models.decision_boundary(40, seed=0))
        .row_values()
        .values()
    )

    def metric(v):
        def losses(u):
            f = 1 / (1 + jnp.exp(-5 * (u[0] * x + u[1] * y)))
            return -(t * jnp.log(f) + (1 - t) * jnp.log(1 - f))

        J = jax.jacfwd(losses)(v)
        return J.T @ J / len(x)

    g, d, dd = metric(w), jax.jacfwd(metric)(w), jax.jacfwd(jax.jacfwd(metric))(w)
    first = lambda e: 0.5 * (jnp.einsum("mkj->mjk", e) + e - jnp.einsum("jkm->mjk", e))
    low = first(d)
    det = g[0, 0] * g[1, 1] - g[0, 1] ** 2
    up = jnp.array([[g[1, 1], -g[0, 1]], [-g[0, 1], g[0, 0]]]) / det
    down = (
        dd[0, 1, 0, 1]
        - 0.5 * dd[0, 0, 1, 1]
        - 0.5 * dd[1, 1, 0, 0]
        + jnp.einsum("np,n,p->", up, low[:, 0, 1], low[:, 0, 1])
        - jnp.einsum("np,n,p->", up, low[:, 0, 0], low[:, 1, 1])
    )
    return 2 * down / det
