"""Common pairs: what the lists stand for does not change, and nothing common is left."""

from collections import Counter
from math import prod

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.kernels import compile
from chentsov.geometry.kernels.share import share
from hypothesis import given, settings
from hypothesis import strategies as st

products = st.lists(st.dictionaries(st.integers(2, 9), st.integers(1, 3), min_size=1, max_size=6), max_size=8)


def shared(lists):
    lists = [list(items.items()) for items in lists]
    pairs = share(lists, lambda base: (0, base) if base < 100 else (1, base), lambda k: 100 + k)
    return lists, pairs


@settings(max_examples=60, deadline=None)
@given(products)
def test_products_keep_their_value_and_share_every_pair(originals):
    lists, pairs = shared(originals)
    value = {n: n for n in range(10)}
    for k, (a, b) in enumerate(pairs):
        value[100 + k] = value[a] * value[b]
    for items, before in zip(lists, originals):
        assert prod(value[base] ** n for base, n in items) == prod(base**n for base, n in before.items())
    left = Counter()
    for items in lists:
        for i, (a, n) in enumerate(items):
            for b, m in items[i + 1 :]:
                left[min(a, b), max(a, b)] += min(n, m)
    assert all(times == 1 for times in left.values())


def test_the_most_frequent_pair_goes_first():
    lists, pairs = shared([{2: 1, 3: 1, 4: 1}, {2: 1, 3: 1}, {3: 1, 4: 1}, {3: 1, 4: 1, 5: 1}])
    assert pairs[0] == (3, 4)


def test_high_powers_stay_powers():
    """x^998/(1 + x^1000)^2 was a chain of 499 common pairs, deeper than the stack; it is squares of squares."""
    x = sp.Symbol("x")
    kernel = compile(-1000 * x**998 * (499 * x**1000 + 999) / (x**1000 + 1) ** 2, [x])
    assert kernel(1.0) == pytest.approx(-1000 * 1498 / 4, rel=1e-13) and kernel.operations < 60


def test_a_sum_of_thousands_of_terms():
    """Long sums neither exhaust the stack nor take long; once quadratic, and recursive."""
    x = sp.symbols("x:60")
    terms = [x[i] * x[j] * (i + 2 * j + 1) for i in range(60) for j in range(i)]
    points = np.random.default_rng(0).normal(size=(60, 5))
    want = sum((i + 2 * j + 1) * points[i] * points[j] for i in range(60) for j in range(i))
    assert compile(sp.Add(*terms), x)(*points) == pytest.approx(want, rel=1e-10)
