"""NumPy programs that take any metric: loops and einsum, as written after do Carmo, Carroll, Wald, Weinberg, Lee.

The derivative of the metric is a complex step, that of the Christoffel symbols a five-point difference, so that the
mistakes stand out from the noise; `fd` programs use plain central differences throughout.
"""

from __future__ import annotations

import numpy as np

from .record import DIAGONAL, HALF, SIGN, TRANSPOSED, TWICE, right, wrong
from .spaces import INDEFINITE


def dmetric(metric, x, h=1e-30):
    """d[k, i, j] = ∂_k g_ij by the complex step."""
    x = np.asarray(x, dtype=complex)
    return np.array([np.asarray(metric(x + 1j * h * e)).imag / h for e in np.eye(len(x))])


def five(f, x, h=2e-3):
    """Derivatives of an array-valued function, new axis first."""
    x = np.asarray(x, dtype=float)
    E = h * np.eye(len(x))
    return np.array([(8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))) / (12 * h) for e in E])


def inv(metric, x):
    return np.linalg.inv(np.asarray(metric(np.asarray(x, dtype=float))))


def gamma(metric, x):
    """Γ^i_jk, the textbook formula."""
    d = dmetric(metric, x)
    low = (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d) / 2
    return np.einsum("im,mjk->ijk", inv(metric, x), low)


def riem(metric, x, G=gamma):
    """R^i_jkl = ∂_k Γ^i_jl − ∂_l Γ^i_jk + ΓΓ − ΓΓ."""
    g = G(metric, x)
    d = five(lambda y: G(metric, y), x)
    t = np.einsum("kijl->ijkl", d) + np.einsum("ikm,mjl->ijkl", g, g)
    return t - t.swapaxes(2, 3)


def ric(metric, x, G=gamma):
    return np.einsum("ijil->jl", riem(metric, x, G))


def scal(metric, x, G=gamma):
    return np.sum(inv(metric, x) * ric(metric, x, G))


@right("textbook formulas, complex step and five-point differences", accuracy=1e-7)
def einsum_scalar(metric, x):
    return scal(metric, x)


@right("textbook Christoffel symbols", quantity="christoffel")
def einsum_christoffel(metric, x):
    return gamma(metric, x)


@right("textbook Riemann tensor", quantity="riemann", accuracy=1e-7)
def einsum_riemann(metric, x):
    return riem(metric, x)


@right("textbook Ricci tensor", quantity="ricci", accuracy=1e-7)
def einsum_ricci(metric, x):
    return ric(metric, x)


@right("lowered with the metric", quantity="riemann_lowered", accuracy=1e-7)
def einsum_riemann_down(metric, x):
    return np.einsum("im,mjkl->ijkl", metric(x), riem(metric, x))


@right("Kretschmann scalar from the lowered and raised tensor", quantity="kretschmann", accuracy=1e-6)
def einsum_kretschmann(metric, x):
    u, R = inv(metric, x), np.einsum("im,mjkl->ijkl", metric(x), riem(metric, x))
    return np.einsum("abcd,efgh,ae,bf,cg,dh", R, R, u, u, u, u, optimize=True)


@right("Einstein tensor", quantity="einstein", accuracy=1e-7)
def einsum_einstein(metric, x):
    r = ric(metric, x)
    return r - np.sum(inv(metric, x) * r) / 2 * metric(x)


@right("R is half of the Gaussian curvature times two", quantity="gaussian_curvature", accuracy=1e-7)
def einsum_gauss(metric, x):
    return scal(metric, x) / 2


@right("Christoffel symbols of the first kind", quantity="christoffel_first")
def einsum_first(metric, x):
    d = dmetric(metric, x)
    return (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d) / 2


@right(
    "Wald's layout R_jkl^i = R^i_jkl moved to the back, declared",
    quantity="riemann",
    options={"layout": "jkli"},
    accuracy=1e-7,
    factor=lambda a: np.moveaxis(a, 3, 0),
)
def layout_jkli(metric, x):
    return np.moveaxis(riem(metric, x), 0, 3)


@right(
    "the Riemann tensor with Weinberg's sign, declared",
    quantity="ricci_scalar",
    options={"convention": "weinberg"},
    accuracy=1e-7,
    factor=-1,
)
def weinberg_scalar(metric, x):
    return -scal(metric, x)


@right(
    "the Ricci tensor with Weinberg's sign, declared",
    quantity="ricci",
    options={"convention": "weinberg"},
    accuracy=1e-7,
    factor=-1,
)
def weinberg_ricci(metric, x):
    return -ric(metric, x)


# --- Christoffel symbols, judged as such -------------------------------------------------------------------------


@wrong("christoffel", "the factor 1/2 is forgotten", *TWICE, quantity="christoffel", never=("sign",))
def gamma_without_half(metric, x):
    d = dmetric(metric, x)
    return (
        np.einsum("im,jmk->ijk", inv(metric, x), d)
        + np.einsum("im,kmj->ijk", inv(metric, x), d)
        - np.einsum("im,mjk->ijk", inv(metric, x), d)
    )


@wrong(
    "christoffel",
    "plus in front of the third term ∂_m g_jk",
    "third",
    "sign",
    quantity="christoffel",
    never=("factor 2",),
)
def gamma_third_plus(metric, x):
    d, u, n = dmetric(metric, x), inv(metric, x), len(x)
    out = np.zeros((n, n, n))
    for i in range(n):
        for j in range(n):
            for k in range(n):
                out[i, j, k] = 0.5 * sum(u[i, m] * (d[j, m, k] + d[k, m, j] + d[m, j, k]) for m in range(n))
    return out


@wrong(
    "christoffel",
    "minus in front of the second term ∂_k g_mj",
    "second",
    "sign",
    "antisymm",
    "torsion",
    quantity="christoffel",
)
def gamma_second_minus(metric, x):
    d, u = dmetric(metric, x), inv(metric, x)
    return 0.5 * np.einsum("im,mjk->ijk", u, np.einsum("jmk->mjk", d) - np.einsum("kmj->mjk", d) - d)


@wrong(
    "christoffel",
    "minus in front of the first term ∂_j g_mk",
    "first",
    "sign",
    "antisymm",
    "torsion",
    quantity="christoffel",
)
def gamma_first_minus(metric, x):
    d, u = dmetric(metric, x), inv(metric, x)
    return 0.5 * np.einsum("im,mjk->ijk", u, -np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)


@wrong("christoffel", "the third term is missing", "third", "missing", "omitted", "dropped", quantity="christoffel")
def gamma_two_terms(metric, x):
    d, u = dmetric(metric, x), inv(metric, x)
    return 0.5 * np.einsum("im,mjk->ijk", u, np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d))


@wrong(
    "christoffel",
    "the metric stands where its inverse belongs",
    r"g\^ij",
    "inverse",
    quantity="christoffel",
    never=("factor 2", "derivative"),
)
def gamma_with_metric(metric, x):
    return 0.5 * np.einsum("im,mjk->ijk", metric(x), 2 * np.array(einsum_first(metric, x)))


@wrong(
    "inverse",
    "1/g entry by entry instead of the matrix inverse",
    "entry",
    "element",
    "component",
    "reciprocal",
    "diagonal",
    quantity="christoffel",
)
def gamma_elementwise_inverse(metric, x):
    g = np.asarray(metric(x))
    u = np.divide(1.0, g, out=np.zeros_like(g), where=g != 0)
    return np.einsum("im,mjk->ijk", u, einsum_first(metric, x))


@wrong("inverse", "the diagonal of the inverse only", *DIAGONAL, quantity="christoffel")
def gamma_diagonal_of_inverse(metric, x):
    return np.einsum("im,mjk->ijk", np.diag(np.diag(inv(metric, x))), einsum_first(metric, x))


@wrong("inverse", "the reciprocals of the diagonal as inverse", *DIAGONAL, quantity="christoffel")
def gamma_reciprocal_diagonal(metric, x):
    return np.einsum("im,mjk->ijk", np.diag(1 / np.diag(metric(x))), einsum_first(metric, x))


@wrong(
    "inverse",
    "the cofactor matrix is not divided by the determinant",
    "determinant",
    "adjugate",
    "cofactor",
    quantity="christoffel",
)
def gamma_adjugate(metric, x):
    u = inv(metric, x) * np.linalg.det(metric(x))
    return np.einsum("im,mjk->ijk", u, einsum_first(metric, x))


@wrong(
    "metric derivative",
    "the derivative of the inverse metric stands where that of the metric belongs",
    "inverse",
    quantity="christoffel",
)
def gamma_derivative_of_inverse(metric, x):
    d = five(lambda y: inv(metric, y), x)
    return 0.5 * np.einsum("im,mjk->ijk", inv(metric, x), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)


@wrong(
    "metric derivative",
    "np.gradient-like array with the derivative's axis last read as if it were first",
    *TRANSPOSED,
    "derivative",
    quantity="christoffel",
)
def gamma_axis_of_derivative(metric, x):
    d = np.moveaxis(dmetric(metric, x), 0, 2)
    return 0.5 * np.einsum("im,mjk->ijk", inv(metric, x), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)


@wrong("output", "the upper index is stored last", *TRANSPOSED, "layout", quantity="christoffel")
def gamma_upper_last(metric, x):
    return np.moveaxis(gamma(metric, x), 0, 2)


@wrong(
    "output",
    "the symbols of the first kind are returned as those of the second",
    "first kind",
    "lower",
    "not raised",
    "raise",
    "inverse",
    quantity="christoffel",
)
def gamma_first_kind(metric, x):
    return einsum_first(metric, x)


@wrong(
    "output",
    "the symbols of the second kind are returned as those of the first",
    "second kind",
    "raised",
    "upper",
    "inverse",
    quantity="christoffel_first",
)
def first_is_second_kind(metric, x):
    return gamma(metric, x)


@wrong("christoffel", "opposite sign, as in −Γ of old books", *SIGN, quantity="christoffel")
def gamma_negative(metric, x):
    return -gamma(metric, x)


@wrong(
    "christoffel",
    "only the entries j ≤ k are filled",
    "symmetr",
    "triang",
    "j ≤ k",
    "j > k",
    "zero",
    "half of",
    quantity="christoffel",
    never=("factor 2",),
)
def gamma_upper_triangle(metric, x):
    g, n = gamma(metric, x), len(x)
    out = np.zeros((n, n, n))
    for i in range(n):
        for j in range(n):
            for k in range(j, n):
                out[i, j, k] = g[i, j, k]
    return out


@wrong(
    "christoffel",
    "the last row of Γ^i is left at zero: range(n − 1)",
    "last",
    "component",
    "Γ\\^",
    "row",
    "zero",
    "missing",
    "i = n",
    "upper index",
    quantity="christoffel",
)
def gamma_last_row_missing(metric, x):
    g, n = gamma(metric, x), len(x)
    out = np.zeros((n, n, n))
    for i in range(max(n - 1, 1)):
        out[i] = g[i]
    return out


@wrong(
    "christoffel",
    "off-diagonal symbols Γ^i_jk with j ≠ k are half as large: the symmetric partner is not added",
    *HALF,
    "off-diagonal",
    "j ≠ k",
    "symmetr",
    quantity="christoffel",
)
def gamma_mixed_half(metric, x):
    g, n = gamma(metric, x).copy(), len(x)
    for j in range(n):
        for k in range(n):
            if j != k:
                g[:, j, k] /= 2
    return g


@wrong("christoffel", "diagonal-metric formulas used for every metric", *DIAGONAL, "scope", quantity="christoffel")
def gamma_orthogonal_formulas(metric, x):
    d, g, n = dmetric(metric, x), metric(x), len(x)
    out = np.zeros((n, n, n))
    for i in range(n):
        for j in range(n):
            out[i, j, j] = -d[i, j, j] / (2 * g[i, i])
        for j in range(n):
            out[i, i, j] = out[i, j, i] = d[j, i, i] / (2 * g[i, i])
    return out


@wrong(
    "christoffel",
    "contracted on the wrong index of the first-kind symbols: Γ^i_jk = g^im [jm, k]",
    *TRANSPOSED,
    "contract",
    quantity="christoffel",
)
def gamma_contracts_wrong_slot(metric, x):
    return np.einsum("im,jmk->ijk", inv(metric, x), einsum_first(metric, x))


@wrong(
    "christoffel",
    "one entry only, Γ^0_00, has the wrong sign",
    "0.{0,3}0.{0,3}0",
    "component",
    "entr(y|ies)",
    quantity="christoffel",
    never=("overall", "every component"),
)
def gamma_one_entry(metric, x):
    g = gamma(metric, x).copy()
    g[0, 0, 0] *= -1
    return g


@wrong("christoffel", "first-kind symbols without the factor 1/2", *TWICE, quantity="christoffel_first")
def first_without_half(metric, x):
    return 2 * einsum_first(metric, x)


@wrong(
    "christoffel",
    "first-kind symbols with the sum index last: [jk, m] stored at [j, k, m]",
    *TRANSPOSED,
    "layout",
    quantity="christoffel_first",
)
def first_index_last(metric, x):
    return np.moveaxis(einsum_first(metric, x), 0, 2)


# --- the same in the scalar --------------------------------------------------------------------------------------


@wrong("christoffel", "R with Γ that lacks the 1/2", *TWICE, "Γ|christoffel")
def scalar_gamma_without_half(metric, x):
    return scal(metric, x, lambda m, y: 2 * gamma(m, y))


@wrong(
    "christoffel",
    "R with plus before the third term of Γ",
    "third",
    "sign.{0,40}(Γ|christoffel)",
    "(Γ|christoffel).{0,40}sign",
)
def scalar_third_plus(metric, x):
    return scal(metric, x, gamma_third_plus)


@wrong("christoffel", "R with the metric for its inverse in Γ", r"g\^ij", "inverse")
def scalar_gamma_with_metric(metric, x):
    return scal(metric, x, gamma_with_metric)


@wrong("metric derivative", "R with ∂g⁻¹ for ∂g in Γ, by three-point differences", "inverse")
def scalar_gamma_of_inverse(metric, x):
    def G(m, y, h=1e-4):
        d = np.array([(inv(m, y + e) - inv(m, y - e)) / (2 * h) for e in h * np.eye(len(y))])
        return 0.5 * np.einsum("im,mjk->ijk", inv(m, y), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)

    return scal(metric, np.asarray(x, float), G)


@wrong(
    "christoffel", "R from first-kind symbols without raising", "first kind", "lower", "raise", "inverse", "identity"
)
def scalar_first_kind(metric, x):
    return scal(metric, x, einsum_first)


@wrong("christoffel", "R from symbols whose upper index is last but read as first", *TRANSPOSED, "layout")
def scalar_upper_last(metric, x):
    return scal(metric, x, gamma_upper_last)


@wrong("christoffel", "R with the orthogonal formulas for Γ", *DIAGONAL)
def scalar_orthogonal_gamma(metric, x):
    return scal(metric, x, gamma_orthogonal_formulas)


@wrong("inverse", "R with the reciprocals of the diagonal as inverse everywhere", *DIAGONAL)
def scalar_reciprocal_diagonal(metric, x):
    u = np.diag(1 / np.diag(metric(x)))
    return np.sum(u * ric(metric, x, gamma_reciprocal_diagonal))


@wrong("christoffel", "R with Γ's third term dropped", "third", "missing", "omitted", "dropped")
def scalar_two_terms(metric, x):
    return scal(metric, x, gamma_two_terms)


# --- Riemann -----------------------------------------------------------------------------------------------------


def pieces(metric, x):
    G = gamma(metric, x)
    return five(lambda y: gamma(metric, y), x), G


@wrong("riemann", "the ΓΓ terms are missing", r"ΓΓ", "quadratic", "product", "non-?linear", quantity="riemann")
def riemann_linear_only(metric, x):
    d, _ = pieces(metric, x)
    return np.einsum("kijl->ijkl", d) - np.einsum("lijk->ijkl", d)


@wrong("riemann", "the ∂Γ terms are missing", "∂Γ", "derivative", quantity="riemann")
def riemann_products_only(metric, x):
    g = gamma(metric, x)
    t = np.einsum("ikm,mjl->ijkl", g, g)
    return t - t.swapaxes(2, 3)


@wrong(
    "riemann",
    "the ΓΓ terms have the opposite sign",
    "ΓΓ.{0,60}sign",
    "sign.{0,60}ΓΓ",
    "quadratic",
    "product",
    quantity="riemann",
    never=("overall",),
)
def riemann_products_minus(metric, x):
    d, g = pieces(metric, x)
    t = np.einsum("kijl->ijkl", d) - np.einsum("ikm,mjl->ijkl", g, g)
    return t - t.swapaxes(2, 3)


@wrong(
    "riemann", "one of the two ΓΓ terms is missing", "quadratic", "ΓΓ", "second product", "one of", quantity="riemann"
)
def riemann_one_product(metric, x):
    d, g = pieces(metric, x)
    return np.einsum("kijl->ijkl", d) - np.einsum("lijk->ijkl", d) + np.einsum("ikm,mjl->ijkl", g, g)


@wrong("riemann", "plus between the two ΓΓ terms", "ΓΓ", "sign", quantity="riemann")
def riemann_products_added(metric, x):
    d, g = pieces(metric, x)
    return (
        np.einsum("kijl->ijkl", d)
        - np.einsum("lijk->ijkl", d)
        + np.einsum("ikm,mjl->ijkl", g, g)
        + np.einsum("ilm,mjk->ijkl", g, g)
    )


@wrong("riemann", "plus between the two ∂Γ terms", "∂Γ", "derivative", "sign", quantity="riemann")
def riemann_derivatives_added(metric, x):
    d, g = pieces(metric, x)
    t = np.einsum("ikm,mjl->ijkl", g, g)
    return np.einsum("kijl->ijkl", d) + np.einsum("lijk->ijkl", d) + t - t.swapaxes(2, 3)


@wrong("riemann", "the ΓΓ terms are doubled", *TWICE, "ΓΓ", quantity="riemann")
def riemann_products_doubled(metric, x):
    d, g = pieces(metric, x)
    t = np.einsum("kijl->ijkl", d) + 2 * np.einsum("ikm,mjl->ijkl", g, g)
    return t - t.swapaxes(2, 3)


@wrong("riemann", "the ΓΓ terms are halved", *HALF, "ΓΓ", quantity="riemann")
def riemann_products_halved(metric, x):
    d, g = pieces(metric, x)
    t = np.einsum("kijl->ijkl", d) + 0.5 * np.einsum("ikm,mjl->ijkl", g, g)
    return t - t.swapaxes(2, 3)


@wrong("riemann", "the last two indices are exchanged: the opposite sign", *SIGN, *TRANSPOSED, quantity="riemann")
def riemann_last_two(metric, x):
    return np.einsum("ijlk->ijkl", riem(metric, x))


@wrong("riemann", "the first two indices are exchanged", *TRANSPOSED, quantity="riemann")
def riemann_first_two(metric, x):
    return np.einsum("jikl->ijkl", riem(metric, x))


@wrong(
    "riemann",
    "stored with the pair of antisymmetric indices in the middle: R^i_kjl",
    *TRANSPOSED,
    "layout",
    quantity="riemann",
)
def riemann_middle(metric, x):
    return np.einsum("ikjl->ijkl", riem(metric, x))


@wrong("output", "layout jkli without saying so", *TRANSPOSED, "layout", quantity="riemann")
def riemann_jkli_undeclared(metric, x):
    return np.moveaxis(riem(metric, x), 0, 3)


@wrong(
    "riemann",
    "the derivative's index lands in the wrong slot: ∂_j Γ^i_kl",
    "∂Γ",
    "derivative",
    *TRANSPOSED,
    quantity="riemann",
)
def riemann_derivative_slot(metric, x):
    d, g = pieces(metric, x)
    t = np.einsum("jikl->ijkl", d) + np.einsum("ikm,mjl->ijkl", g, g)
    return t - t.swapaxes(2, 3)


@wrong(
    "output",
    "R^i_jkl is returned as R_ijkl, unlowered",
    "lower",
    "mixed",
    "upper",
    "raised",
    quantity="riemann_lowered",
)
def riemann_not_lowered(metric, x):
    return riem(metric, x)


@wrong("output", "R_ijkl is returned as R^i_jkl", "lower", "raise", quantity="riemann")
def riemann_lowered_for_mixed(metric, x):
    return einsum_riemann_down(metric, x)


@wrong("riemann", "lowered with the inverse metric", "inverse", "lower", quantity="riemann_lowered")
def riemann_lowered_by_inverse(metric, x):
    return np.einsum("im,mjkl->ijkl", inv(metric, x), riem(metric, x))


@wrong("riemann", "the lowered index is put second", *TRANSPOSED, *SIGN, quantity="riemann_lowered")
def riemann_lowers_second(metric, x):
    return np.einsum("jm,mikl->ijkl", metric(x), riem(metric, x))


@wrong(
    "riemann",
    "only the second derivatives of the metric: valid in normal coordinates",
    "ΓΓ",
    "quadratic",
    "normal coord",
    "second derivative",
    "linear",
    "missing",
    quantity="riemann_lowered",
)
def riemann_normal_coordinates(metric, x):
    d = five(lambda y: dmetric(metric, y), x)  # d[l,k,i,j] = ∂_l ∂_k g_ij
    return 0.5 * (
        np.einsum("kjil->ijkl", d)
        + np.einsum("lijk->ijkl", d)
        - np.einsum("ljik->ijkl", d)
        - np.einsum("kijl->ijkl", d)
    )


@right("Landau & Lifshitz (92.1): second derivatives and ΓΓ", quantity="riemann_lowered", accuracy=1e-6)
def riemann_landau(metric, x):
    d = five(lambda y: dmetric(metric, y), x)
    g, G = np.asarray(metric(x)), gamma(metric, x)
    # R_iklm = ½(∂k∂l g_im + ∂i∂m g_kl − ∂k∂m g_il − ∂i∂l g_km) + g_np (Γn_kl Γp_im − Γn_km Γp_il)
    flat = 0.5 * (
        np.einsum("klim->iklm", d)
        + np.einsum("imkl->iklm", d)
        - np.einsum("kmil->iklm", d)
        - np.einsum("ilkm->iklm", d)
    )
    return flat + np.einsum("np,nkl,pim->iklm", g, G, G) - np.einsum("np,nkm,pil->iklm", g, G, G)


@wrong(
    "riemann",
    "Landau's form with the sign of the ΓΓ terms exchanged",
    "ΓΓ",
    "sign",
    "quadratic",
    "product",
    quantity="riemann_lowered",
    never=("overall",),
)
def riemann_landau_sign(metric, x):
    d = five(lambda y: dmetric(metric, y), x)
    g, G = np.asarray(metric(x)), gamma(metric, x)
    flat = 0.5 * (
        np.einsum("klim->iklm", d)
        + np.einsum("imkl->iklm", d)
        - np.einsum("kmil->iklm", d)
        - np.einsum("ilkm->iklm", d)
    )
    return flat - np.einsum("np,nkl,pim->iklm", g, G, G) + np.einsum("np,nkm,pil->iklm", g, G, G)


# --- Ricci and the scalar ----------------------------------------------------------------------------------------


@wrong("contraction", "first and last index contracted: −Ric", *SIGN, "contract", quantity="ricci")
def ricci_first_last(metric, x):
    return np.einsum("ijki->jk", riem(metric, x))


@wrong(
    "contraction",
    "first two indices contracted: zero",
    "zero",
    "contract",
    "vanish",
    "first (and|two)",
    quantity="ricci",
)
def ricci_first_two(metric, x):
    return np.einsum("iikl->kl", riem(metric, x))


@wrong(
    "contraction",
    "the lowered tensor is traced with the identity instead of g⁻¹",
    "inverse",
    "contract",
    "trace",
    "identity",
    quantity="ricci",
)
def ricci_euclidean_trace(metric, x):
    return np.einsum("ijil->jl", einsum_riemann_down(metric, x))


@wrong("contraction", "one ΓΓ term of Ricci is forgotten", "ΓΓ", "quadratic", "product", quantity="ricci")
def ricci_three_terms(metric, x):
    d, g = pieces(metric, x)
    return np.einsum("iijl->jl", d) - np.einsum("liji->jl", d) + np.einsum("iim,mjl->jl", g, g)


@wrong("riemann", "Ricci's ΓΓ terms have exchanged signs", "ΓΓ", "sign", quantity="ricci", never=("overall",))
def ricci_products_minus(metric, x):
    d, g = pieces(metric, x)
    return (
        np.einsum("iijl->jl", d)
        - np.einsum("liji->jl", d)
        - np.einsum("iim,mjl->jl", g, g)
        + np.einsum("ilm,mji->jl", g, g)
    )


@wrong("output", "the mixed tensor R^j_l is returned", "mixed", "raise", "inverse", "upper", quantity="ricci")
def ricci_mixed(metric, x):
    return inv(metric, x) @ ric(metric, x)


@wrong("output", "the Einstein tensor is returned as Ricci", "einstein", "trace", "R g", quantity="ricci")
def ricci_is_einstein(metric, x):
    return einsum_einstein(metric, x)


@wrong("scalar", "off-diagonal entries of Ricci are set to zero", *DIAGONAL, quantity="ricci")
def ricci_diagonal(metric, x):
    return np.diag(np.diag(ric(metric, x)))


@wrong("scalar", "Ricci is traced without the inverse metric", "trace", "inverse", "contract", "identity")
def scalar_plain_trace(metric, x):
    return np.trace(ric(metric, x))


@wrong("scalar", "Ricci is traced with the metric", "inverse", "trace", "contract")
def scalar_traced_by_metric(metric, x):
    return np.sum(np.asarray(metric(x)) * ric(metric, x))


@wrong("scalar", "only the diagonal terms of g^jl R_jl are added", *DIAGONAL)
def scalar_diagonal_trace(metric, x):
    return np.sum(np.diag(inv(metric, x)) * np.diag(ric(metric, x)))


@wrong("scalar", "off-diagonal terms are counted once: sum over j ≤ l", *DIAGONAL, "once", "j ≤ l", "triang", "symmetr")
def scalar_upper_triangle(metric, x):
    return np.sum(np.triu(inv(metric, x) * ric(metric, x)))


@wrong("scalar", "the scalar with the opposite sign, undeclared", *SIGN, equal=TRANSPOSED + ("contract",))
def scalar_minus(metric, x):
    return np.einsum("jl,ijli", inv(metric, x), riem(metric, x))


@wrong("scalar", "half of R, Gaussian curvature's habit", *HALF, "gauss")
def scalar_half(metric, x):
    return scal(metric, x) / 2


@wrong(
    "scalar", "K is returned as R, that is twice K", *TWICE, "R for K", "ricci scalar", quantity="gaussian_curvature"
)
def gauss_is_scalar(metric, x):
    return scal(metric, x)


@wrong(
    "scalar",
    "divided by n(n − 1), the normalised curvature",
    r"n\(n",
    "normali",
    "dimension",
    "mean",
    "average",
    "sectional",
)
def scalar_normalised(metric, x):
    n = len(x)
    return scal(metric, x) / max(n * (n - 1), 1)


@wrong(
    "scalar", "divided by n, the mean eigenvalue of Ricci", "dimension", "mean", "average", r"/ ?n", r"1/n", "divided"
)
def scalar_mean(metric, x):
    return scal(metric, x) / len(x)


@wrong(
    "scalar",
    "Ricci's determinant over the metric's is returned for the scalar's half: K = det Ric / det g",
    "determinant",
    "ratio",
    "trace",
    "scope",
    "dimension",
    "no (known|listed)",
    "square",
    quantity="gaussian_curvature",
)
def gauss_by_determinants(metric, x):
    return np.linalg.det(ric(metric, x)) / np.linalg.det(metric(x))


@wrong("scalar", "the absolute value of R", "absolute", "modulus", r"\|", "magnitude", never=("overall",))
def scalar_absolute(metric, x):
    return abs(scal(metric, x))


@wrong("scalar", "R times the volume density √|g|", "determinant", "volume", "density", "√", "sqrt")
def scalar_density(metric, x):
    return scal(metric, x) * np.sqrt(abs(np.linalg.det(metric(x))))


@wrong("christoffel", "R with Γ of the opposite sign", "christoffel|Γ", *SIGN, never=("overall",))
def scalar_gamma_minus(metric, x):
    return scal(metric, x, lambda m, y: -gamma(m, y))


@wrong("riemann", "R without the ΓΓ terms", "ΓΓ", "quadratic", "product")
def scalar_linear(metric, x):
    return np.sum(inv(metric, x) * np.einsum("ijil->jl", riemann_linear_only(metric, x)))


@wrong("riemann", "R with doubled ΓΓ terms", "ΓΓ", "quadratic", "product")
def scalar_products_doubled(metric, x):
    return np.sum(inv(metric, x) * np.einsum("ijil->jl", riemann_products_doubled(metric, x)))


@wrong("riemann", "∂Γ only, plus between", "∂Γ", "derivative", "sign")
def scalar_derivatives_added(metric, x):
    return np.sum(inv(metric, x) * np.einsum("ijil->jl", riemann_derivatives_added(metric, x)))


# --- Kretschmann, Einstein, Weyl ---------------------------------------------------------------------------------


@wrong(
    "contraction",
    "squares of R^i_jkl are added without the metric",
    "raise",
    "contract",
    "squares",
    "euclid",
    "identity",
    quantity="kretschmann",
)
def kretschmann_plain_squares(metric, x):
    return np.sum(riem(metric, x) ** 2)


@wrong(
    "contraction",
    "squares of R_ijkl are added without the metric",
    "raise",
    "contract",
    "squares",
    "euclid",
    "identity",
    quantity="kretschmann",
)
def kretschmann_lower_squares(metric, x):
    return np.sum(einsum_riemann_down(metric, x) ** 2)


@wrong(
    "scalar",
    "the absolute value of the Kretschmann scalar",
    "absolute",
    "modulus",
    r"\|",
    "magnitude",
    quantity="kretschmann",
    never=("overall",),
    sly=True,
)
def kretschmann_absolute(metric, x):
    return abs(einsum_kretschmann(metric, x))


@wrong("scalar", "Ricci squared is returned as Kretschmann", "ricci", quantity="kretschmann")
def kretschmann_is_ricci_squared(metric, x):
    r, u = ric(metric, x), inv(metric, x)
    return np.einsum("ij,kl,ik,jl", r, r, u, u)


@wrong("scalar", "the square root of the Kretschmann scalar", "root", "square", "power", quantity="kretschmann")
def kretschmann_root(metric, x):
    return np.sqrt(abs(einsum_kretschmann(metric, x)))


@wrong(
    "contraction",
    "only pairs i < j, k < l are added: a quarter",
    "quarter",
    "1/4",
    "¼",
    "0.25",
    "factor 4",
    "pairs",
    quantity="kretschmann",
)
def kretschmann_quarter(metric, x):
    return einsum_kretschmann(metric, x) / 4


@wrong("scalar", "Einstein's tensor with R g instead of R g / 2", *TWICE, "half", "R g", "trace", quantity="einstein")
def einstein_without_half(metric, x):
    return ric(metric, x) - scal(metric, x) * np.asarray(metric(x))


@wrong("scalar", "Einstein's tensor with plus", "sign", "plus", "R g", quantity="einstein")
def einstein_plus(metric, x):
    return ric(metric, x) + scal(metric, x) / 2 * np.asarray(metric(x))


@wrong(
    "scalar",
    "the trace-free Ricci tensor as Einstein tensor: R g / n",
    "trace",
    r"/ ?n",
    "dimension",
    "1/n",
    quantity="einstein",
    sly=True,
)
def einstein_tracefree(metric, x):
    return ric(metric, x) - scal(metric, x) / len(x) * np.asarray(metric(x))


@wrong("scalar", "Einstein's tensor with the inverse metric", "inverse", quantity="einstein")
def einstein_inverse(metric, x):
    return ric(metric, x) - scal(metric, x) / 2 * inv(metric, x)


def wedge(a, g):
    e = np.einsum
    return e("ik,jl->ijkl", a, g) + e("jl,ik->ijkl", a, g) - e("il,jk->ijkl", a, g) - e("jk,il->ijkl", a, g)


@right("Weyl's tensor from the Schouten tensor", quantity="weyl", accuracy=1e-7)
def weyl_schouten(metric, x):
    n, g = len(x), np.asarray(metric(x))
    if n < 4:
        return np.zeros((n,) * 4)
    schouten = (ric(metric, x) - scal(metric, x) / (2 * (n - 1)) * g) / (n - 2)
    return einsum_riemann_down(metric, x) - wedge(schouten, g)


@wrong(
    "scalar",
    "Weyl's tensor with the constants of n = 4 in every dimension",
    "dimension",
    "n = 4",
    "n=4",
    "n ?-",
    "coefficient",
    quantity="weyl",
)
def weyl_four(metric, x):
    g = np.asarray(metric(x))
    return einsum_riemann_down(metric, x) - wedge((ric(metric, x) - scal(metric, x) / 6 * g) / 2, g)


@wrong("scalar", "Weyl's tensor without the R term", r"\bR\b.{0,30}term", "scalar", "missing", "trace", quantity="weyl")
def weyl_without_scalar(metric, x):
    n = len(x)
    return einsum_riemann_down(metric, x) - wedge(ric(metric, x) / max(n - 2, 1), np.asarray(metric(x)))


@wrong("scalar", "Weyl's R term has the opposite sign", "sign", r"\bR\b.{0,30}term", "scalar", quantity="weyl")
def weyl_scalar_sign(metric, x):
    n, g = len(x), np.asarray(metric(x))
    return einsum_riemann_down(metric, x) - wedge(
        (ric(metric, x) + scal(metric, x) / (2 * (n - 1)) * g) / max(n - 2, 1), g
    )


# --- Laplacian ---------------------------------------------------------------------------------------------------


def grad(f, x):
    return five(lambda y: np.asarray(f(y)), x)


def hess(f, x):
    return five(lambda y: grad(f, y), x)


@right("g^ij (∂_i∂_j f − Γ^k_ij ∂_k f)", quantity="laplacian", form="metric-scalar", accuracy=1e-6)
def laplacian_covariant(metric, f, x):
    return np.sum(inv(metric, x) * (hess(f, x) - np.einsum("kij,k->ij", gamma(metric, x), grad(f, x))))


@right("the divergence form", quantity="laplacian", form="metric-scalar", accuracy=1e-6)
def laplacian_divergence(metric, f, x):
    root = lambda y: np.sqrt(abs(np.linalg.det(metric(y))))
    flux = lambda y: root(y) * (inv(metric, y) @ grad(f, y))
    return np.trace(five(flux, x)) / root(x)


@wrong(
    "contraction",
    "the Γ term has the wrong sign",
    "sign",
    "christoffel|Γ",
    quantity="laplacian",
    form="metric-scalar",
    never=("overall",),
)
def laplacian_gamma_sign(metric, f, x):
    return np.sum(inv(metric, x) * (hess(f, x) + np.einsum("kij,k->ij", gamma(metric, x), grad(f, x))))


@wrong(
    "contraction",
    "g^ij ∂_i∂_j f only",
    "christoffel|Γ",
    "first.?(order|derivative)",
    "volume",
    "missing",
    quantity="laplacian",
    form="metric-scalar",
)
def laplacian_without_gamma(metric, f, x):
    return np.sum(inv(metric, x) * hess(f, x))


@wrong(
    "contraction",
    "the flat Laplacian",
    "flat",
    "euclid",
    "trace",
    "identity",
    quantity="laplacian",
    form="metric-scalar",
)
def laplacian_flat(metric, f, x):
    return np.trace(hess(f, x))


@wrong(
    "contraction",
    "det g instead of its square root in the divergence form",
    "determinant",
    "root",
    "√",
    "volume",
    "density",
    quantity="laplacian",
    form="metric-scalar",
)
def laplacian_without_root(metric, f, x):
    det = lambda y: np.linalg.det(metric(y))
    return np.trace(five(lambda y: det(y) * (inv(metric, y) @ grad(f, y)), x)) / det(x)


@wrong("scalar", "the opposite sign of geometers, δd", *SIGN, quantity="laplacian", form="metric-scalar")
def laplacian_geometers(metric, f, x):
    return -laplacian_covariant(metric, f, x)


@wrong(
    "output",
    "the factor 1/√g in front is forgotten",
    "determinant",
    "root",
    "√",
    "volume",
    "density",
    quantity="laplacian",
    form="metric-scalar",
)
def laplacian_undivided(metric, f, x):
    root = lambda y: np.sqrt(abs(np.linalg.det(metric(y))))
    return np.trace(five(lambda y: root(y) * (inv(metric, y) @ grad(f, y)), x))


@wrong(
    "contraction",
    "the gradient is not raised: ∂_i(√g ∂_i f)/√g",
    r"g\^ij",
    "inverse",
    "raise",
    "identity",
    quantity="laplacian",
    form="metric-scalar",
)
def laplacian_not_raised(metric, f, x):
    root = lambda y: np.sqrt(abs(np.linalg.det(metric(y))))
    return np.trace(five(lambda y: root(y) * grad(f, y), x)) / root(x)


# --- the metric's own quantities ---------------------------------------------------------------------------------


@right("the inverse by solving", quantity="inverse_metric")
def inverse_solve(metric, x):
    return np.linalg.solve(metric(x), np.eye(len(x)))


@wrong(
    "inverse",
    "an LU solve whose result is transposed and whose last row is negated",
    "last",
    "row",
    "sign",
    "component",
    "entr",
    quantity="inverse_metric",
)
def inverse_last_row(metric, x):
    u = inv(metric, x).copy()
    u[-1] *= -1
    return u


@wrong(
    "inverse",
    "the adjugate of a 2 × 2 matrix with the off-diagonal sign forgotten",
    *DIAGONAL,
    "sign",
    quantity="inverse_metric",
    options={"suite": "surfaces"},
)
def inverse_two_by_two(metric, x):
    (a, b), (c, d) = metric(x)
    return np.array([[d, b], [c, a]]) / (a * d - b * c)


@right("the determinant through the eigenvalues", quantity="determinant")
def determinant_eigen(metric, x):
    return np.prod(np.linalg.eigvalsh(metric(x)))


@wrong(
    "scalar",
    "the determinant without its sign",
    "absolute",
    "modulus",
    r"\|",
    "sign",
    "signature",
    "lorentz",
    "indefinite",
    quantity="determinant",
)
def determinant_absolute(metric, x):
    return np.exp(np.linalg.slogdet(metric(x))[1])


@wrong("scalar", "the square root of the determinant", "root", "√", "volume", "power", quantity="determinant")
def determinant_root(metric, x):
    return np.sqrt(abs(np.linalg.det(metric(x))))


@wrong("scalar", "the product of the diagonal", *DIAGONAL, quantity="determinant")
def determinant_diagonal(metric, x):
    return np.prod(np.diag(metric(x)))


@wrong(
    "scalar",
    "the determinant of an indefinite surface as a sum: ad + bc",
    "sign",
    "sum",
    "off-diagonal",
    "plus",
    quantity="determinant",
    on=INDEFINITE,
    form="metric",
    options={"form": "metric"},
)
def determinant_permanent(metric, x):
    (a, b), (c, d) = metric(x)
    return a * d + b * c
