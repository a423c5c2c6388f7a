"""R from derivatives row by row, compiled, against the Gauss equation written out with an inverse and sums."""

import numpy as np
import pytest
from chentsov.geometry.kernels.rows import of_rows
from hypothesis import given, settings
from hypothesis import strategies as st


def _written_out(first, second):
    """g^ij g^kl (⟨II_ij, II_kl⟩ − ⟨II_ik, II_jl⟩) with explicit inverse and projector; first: n × N, second: n × n × N."""
    count = first.shape[1]
    inverse = np.linalg.inv(first @ first.T / count)
    tangential = np.eye(count) - first.T @ inverse @ first / count
    normal = second @ tangential / np.sqrt(count)
    trace = np.einsum("ij,ijx->x", inverse, normal)
    return trace @ trace - np.einsum("ik,jl,ijx,klx->", inverse, inverse, normal, normal, optimize=True)


def _found(first, second, threads=1):
    """The compiled number of one cell or of several (cells first)."""
    n = first.shape[-2]
    pairs = [(i, j) for i in range(n) for j in range(i, n)]
    jet = np.concatenate([first, second[..., *np.array(pairs).T, :]], axis=-2)
    jet = np.ascontiguousarray(np.moveaxis(np.atleast_3d(jet) if jet.ndim == 3 else jet[None], 0, 1))
    rows = {(k,): k for k in range(n)} | {p: n + k for k, p in enumerate(pairs)}
    return of_rows(n, "ricci_scalar", jet, rows, threads)[0]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_any_number_of_weights_and_rows(n, extra, seed):
    draw = np.random.default_rng(seed)
    first, second = draw.normal(size=(n, n + extra)), draw.normal(size=(n, n, n + extra))
    second = second + np.swapaxes(second, 0, 1)
    known = _written_out(first, second)
    scale = np.linalg.cond(first) ** 2 * (1 + abs(known))
    assert _found(first, second)[0] == pytest.approx(known, abs=1e-11 * scale)


def test_cells_are_shared_among_threads_and_a_singular_one_has_no_number():
    draw = np.random.default_rng(0)
    first, second = draw.normal(size=(7, 4, 40)), draw.normal(size=(7, 4, 4, 40))
    second = second + np.swapaxes(second, 1, 2)
    first[3, 1] = 2 * first[3, 0]
    first[5, 2, 0] = np.inf
    second[6, 1, 2, 5] = second[6, 2, 1, 5] = np.nan
    found = _found(first, second, threads=2)
    assert np.flatnonzero(np.isnan(found)).tolist() == [3, 5, 6]
    for k in (0, 1, 2, 4):
        assert found[k] == pytest.approx(_written_out(first[k], second[k]), rel=1e-10)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 8), st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_a_chain_is_what_it_makes(n, extra, seed):
    """ℓ = L(f): gradients L′ ∂f and Hessians L′ ∂∂f + L″ ∂f ∂f, some of them zero."""
    draw = np.random.default_rng(seed)
    count = n + extra
    first, second = draw.normal(size=(n, count)), draw.normal(size=(n, n, count))
    second = (second + np.swapaxes(second, 0, 1)) * (draw.random((n, n)) < 0.5)[..., None]
    second = np.triu(np.moveaxis(second, -1, 0))
    second = np.moveaxis(second + np.swapaxes(np.triu(second, 1), 1, 2), 0, -1)
    slope, bend = draw.normal(size=(2, count))
    pairs = [(i, j) for i in range(n) for j in range(i, n)]
    kept = [p for p in pairs if second[p].any()]
    jet = np.concatenate([first, [second[p] for p in kept] or np.empty((0, count)), [slope, bend]])[:, None]
    rows = {(k,): k for k in range(n)} | {p: n + kept.index(p) if p in kept else -1 for p in pairs}
    whole = slope * second + bend * first[:, None] * first[None]
    known = _written_out(slope * first, whole)
    scale = np.linalg.cond(slope * first) ** 2 * (1 + abs(known))
    jet = np.ascontiguousarray(jet)
    assert of_rows(n, "ricci_scalar", jet, rows, chained=True)[0, 0] == pytest.approx(known, abs=1e-11 * scale)
    if n > 1:
        written = of_rows(n, "ricci", jet, rows, chained=True).reshape(n, n)
        inverse = np.linalg.inv((slope * first) @ (slope * first).T / count)
        assert np.sum(inverse * written) == pytest.approx(known, abs=1e-11 * scale)


def test_components_that_are_zero_and_too_few_rows():
    jet = np.random.default_rng(1).normal(size=(2, 1, 5))
    rows = {(0,): 0, (1,): 1, (0, 0): -1, (0, 1): -1, (1, 1): -1}
    assert of_rows(2, "ricci_scalar", jet, rows)[0, 0] == 0  # an affine map: a plane
    assert np.isnan(of_rows(2, "ricci_scalar", jet, {**rows, (1,): -1})[0, 0])
    assert np.isnan(of_rows(2, "ricci_scalar", np.ascontiguousarray(jet[:, :, :1]), rows)[0, 0])
