"""One root for the package's own errors, found by introspection: no class of error stands beside it."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import chentsov as ch
import pytest
from chentsov.geometry.exact.errors import InputError

PACKAGES = ("chentsov", "chentsov.geometry", "chentsov.models")


def _modules():
    for root in PACKAGES:
        package = importlib.import_module(root)
        yield package
        for found in pkgutil.walk_packages(package.__path__, root + "."):
            yield importlib.import_module(found.name)


def _own(kind):
    modules = {m.__name__: m for m in _modules()}
    return {
        c
        for m in modules.values()
        for c in vars(m).values()
        if inspect.isclass(c) and issubclass(c, kind) and c.__module__ in modules
    }


def test_every_own_error_is_a_chentsov_error():
    found = _own(Exception)
    assert {ch.ChentsovError, InputError, ch.TimeBudgetExceeded} <= found and len(found) > 12
    assert [c for c in found if not issubclass(c, ch.ChentsovError)] == []


def test_what_is_wrong_with_the_input_is_a_value_error_too():
    names = {c.__name__ for c in _own(Exception) if issubclass(c, ValueError)}
    assert {"ManifoldError", "DensityError", "ExpressionError", "DataError", "UnsupportedFunction"} <= names
    assert issubclass(ch.TimeBudgetExceeded, RuntimeError)


@pytest.mark.parametrize("module", sorted({m.__name__ for m in _modules()}))
def test_no_module_raises_a_bare_value_error(module):
    """``raise ValueError`` would not be caught by ``except ChentsovError``."""
    tree = ast.parse(Path(importlib.import_module(module).__file__).read_text(encoding="utf-8"))
    raised = [n for n in ast.walk(tree) if isinstance(n, ast.Raise) and isinstance(n.exc, ast.Call)]
    assert [n.lineno for n in raised if getattr(n.exc.func, "id", "") in ("ValueError", "RuntimeError")] == []
