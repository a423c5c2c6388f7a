"""For the test suites of others: one test for every manifold of a suite."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..exact.errors import InputError
from .cases import Case
from .suite import load_suite

__all__ = ["parametrize_with_manifolds"]


def parametrize_with_manifolds(
    suite: str | Iterable[Case] = "default",
    *,
    grades: Iterable[int] | None = None,
    argument: str = "case",
    every_point: bool = False,
) -> Callable[[Any], Any]:
    """A decorator that runs a test on each manifold of a suite.

    The test receives a `Case` as ``case``: ``case.metric_function()`` is g(point), ``case.points`` the
    exact points, ``case.certified("ricci", point)`` a certified tensor in ball arithmetic. With
    ``every_point`` it receives a case with one point, once for every point.

    Args:
        suite: the name of a suite, or cases.
        grades: only these grades, 0 (flat) to 5 (nearly singular).
        argument: the name of the test's parameter.
        every_point: one test a point instead of one a manifold.

    Raises:
        ValueError: there is no such suite, or it holds no case of these grades.

    >>> @parametrize_with_manifolds("quick", grades=[1])
    ... def test_mine(case):
    ...     assert case.dim == 2
    >>> [p.id for p in test_mine.pytestmark[0].args[1]]
    ['sphere', 'plane-polar']
    """
    import pytest

    cases = load_suite(suite, grades=grades) if isinstance(suite, str) else tuple(suite)
    if not cases:
        raise InputError("no manifold to test on: the suite is empty")
    parameters = []
    for case in cases:
        if every_point:
            for k, point in enumerate(case.points):
                from dataclasses import replace

                parameters.append(pytest.param(replace(case, points=(point,)), id=f"{case.name}-{k}"))
        else:
            parameters.append(pytest.param(case, id=case.name))
    return pytest.mark.parametrize(argument, parameters)
