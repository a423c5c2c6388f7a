"""The errors of the package: one root, so that ``except chentsov.ChentsovError`` catches whatever Chentsov objects to.

An error that has a fitting built-in kind is of that kind too (`InputError` is a ``ValueError``), so that code that does
not know Chentsov can handle it.
"""

__all__ = ["ChentsovError", "CheckFailed", "InputError", "UnsupportedFunction", "ZeroDivision"]


class ChentsovError(Exception):
    """The root of the package's own errors; the message says what was wrong, where, and what to do.

    >>> import sympy as sp, chentsov as ch
    >>> try:
    ...     ch.RiemannianManifold([[1, 0]], sp.symbols("x y"))
    ... except ch.ChentsovError as problem:
    ...     print(problem)
    the metric is not square: its shape is (1, 2)
    """


class InputError(ChentsovError, ValueError):
    """Something handed in that cannot be used as it is."""


class ZeroDivision(ChentsovError, ZeroDivisionError):
    """A division by what is exactly zero, or zero on a part of the domain."""


class CheckFailed(ChentsovError, RuntimeError):
    """A comparison with a second opinion that did not come out."""


class UnsupportedFunction(InputError):
    """An expression holds a function that has no derivative rule, or that is no function of the field."""
