"""Every example in a public docstring is run, and every module imports on its own."""

import doctest
import importlib
import pkgutil

import pytest


def _modules():
    for root in ("chentsov", "chentsov.geometry", "chentsov.models"):
        package = importlib.import_module(root)
        yield root
        for module in pkgutil.walk_packages(package.__path__, root + "."):
            yield module.name


@pytest.mark.parametrize("name", sorted(set(_modules())))
def test_examples_in(name):
    module = importlib.import_module(name)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    result = doctest.testmod(module, optionflags=flags, verbose=False)
    assert result.failed == 0, f"{result.failed} of {result.attempted} examples in {name} fail"
