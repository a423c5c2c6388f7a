"""Pytest fixtures of Chentsov, for test suites of curvature code. Light: nothing is imported before a fixture
is used.
"""

import pytest

__all__ = ["chentsov_case", "chentsov_check", "chentsov_suite"]


def pytest_addoption(parser):
    group = parser.getgroup("chentsov", "curvature validation")
    group.addoption(
        "--chentsov-suite",
        default="quick",
        help="suite of the fixtures chentsov_suite and chentsov_case (default: quick)",
    )


@pytest.fixture(scope="session")
def chentsov_suite(request):
    """The manifolds of the suite chosen by --chentsov-suite, with certified values."""
    from chentsov.geometry.validation.suite import load_suite

    return load_suite(request.config.getoption("--chentsov-suite"))


@pytest.fixture
def chentsov_check():
    """A function like `chentsov.check_curvature` that fails the test with its report."""
    from chentsov.geometry.validation.check import check_curvature

    def check(function, manifold=None, **options):
        if manifold is None:
            options.setdefault("suite", "quick")
        report = check_curvature(function, manifold, **options)
        if not report.passed:
            pytest.fail(str(report), pytrace=False)
        return report

    return check


def pytest_generate_tests(metafunc):
    if "chentsov_case" in metafunc.fixturenames:
        from chentsov.geometry.validation.suite import load_suite

        cases = load_suite(metafunc.config.getoption("--chentsov-suite"))
        metafunc.parametrize("chentsov_case", cases, ids=[c.name for c in cases], indirect=True)


@pytest.fixture
def chentsov_case(request):
    """One manifold of the suite; the test runs once for each."""
    return request.param
