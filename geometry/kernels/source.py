"""Closed forms as source text, by SymPy's printers: C, NumPy, JAX, PyTorch, SymPy, Mathematica.

The text is for programs in which this package is not installed; it knows nothing of stable forms and error bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

import sympy as sp
from sympy.printing.c import C99CodePrinter
from sympy.printing.numpy import JaxPrinter, SciPyPrinter
from sympy.printing.pycode import SymPyPrinter
from sympy.printing.pytorch import TorchPrinter

from ..exact import Mean, logistic, zeta_derivative
from ..exact.errors import InputError
from ..exact.reading import nearest

__all__ = ["LANGUAGES", "SourceError", "source"]


class SourceError(InputError):
    """A closed form that a language has no words for."""


def _sigma(printer: Any, u: sp.Expr) -> str:
    return str(printer._print(1 / (1 + sp.exp(-u.args[0]))))


class _C(C99CodePrinter):
    _print_logistic = _sigma

    def _print_sign(self, u: sp.Expr) -> str:
        return f"((({self._print(u.args[0])}) > 0) - (({self._print(u.args[0])}) < 0))"


class _NumPy(SciPyPrinter):
    _print_logistic = _sigma


class _Jax(JaxPrinter):
    """JAX with the functions that `jax.scipy.special` has."""

    _print_logistic = _sigma

    def _special(self, name: str, *arguments: sp.Expr) -> str:
        written = ", ".join(self._print(a) for a in arguments)
        return f"{self._module_format('jax.scipy.special.' + name)}({written})"

    def _print_polygamma(self, e: sp.Expr) -> str:
        order, x = e.args
        return self._special("digamma", x) if order == 0 else self._special("polygamma", order, x)

    def _print_loggamma(self, e: sp.Expr) -> str:
        return self._special("gammaln", *e.args)

    def _print_gamma(self, e: sp.Expr) -> str:
        return self._special("gamma", *e.args)

    def _print_zeta(self, e: sp.Expr) -> str:
        return self._special("zeta", *e.args, *[sp.S.One] * (len(e.args) == 1))

    def _print_erf(self, e: sp.Expr) -> str:
        return self._special("erf", *e.args)

    def _print_erfc(self, e: sp.Expr) -> str:
        return self._special("erfc", *e.args)


class _Torch(TorchPrinter):
    """PyTorch, whose functions of two arguments take tensors alone."""

    _print_logistic = _sigma

    def _call(self, name: str, *written: str) -> str:
        return f"{self._module_format('torch.' + name)}({', '.join(written)})"

    def tensor(self, e: sp.Expr) -> str:
        if e.free_symbols:
            return str(self._print(e))
        return self._call("as_tensor", self._print(e), f"dtype={self._module_format('torch.float64')}")

    def _print_Max(self, e: sp.Expr) -> str:
        return reduce(lambda a, b: self._call("maximum", a, b), map(self.tensor, e.args))

    def _print_Min(self, e: sp.Expr) -> str:
        return reduce(lambda a, b: self._call("minimum", a, b), map(self.tensor, e.args))

    def _print_atan2(self, e: sp.Expr) -> str:
        return self._call("atan2", *map(self.tensor, e.args))

    def _print_Piecewise(self, e: sp.Piecewise) -> str:
        text = self.tensor(sp.Float("nan"))
        for value, condition in reversed(e.args):
            here = self.tensor(value)
            text = here if condition == sp.true else self._call("where", self._print(condition), here, text)
        return text

    def _print_Relational(self, e: sp.Rel) -> str:
        return str(super()._print_Function(e if e.lhs.free_symbols else e.reversed))

    def _print_polygamma(self, e: sp.Expr) -> str:
        order, x = e.args
        if order == 0:
            return self._call("special.digamma", self._print(x))
        return self._call("special.polygamma", self._print(order), self._print(x))

    def _print_loggamma(self, e: sp.Expr) -> str:
        return self._call("special.gammaln", self._print(e.args[0]))

    def _print_gamma(self, e: sp.Expr) -> str:
        x = self._print(e.args[0])
        size = self._call("exp", self._call("special.gammaln", x))
        if e.args[0].is_positive:
            return size
        turned = f"({x} < 0) & ({self._call('floor', x)} % 2 == 1)"
        return f"{size}*{self._call('where', turned, '-1.0', '1.0')}"

    def _print_erf(self, e: sp.Expr) -> str:
        return self._call("special.erf", self._print(e.args[0]))

    def _print_erfc(self, e: sp.Expr) -> str:
        return self._call("special.erfc", self._print(e.args[0]))

    def _print_besseli(self, e: sp.Expr) -> str:
        if e.args[0] not in (0, 1):
            raise SourceError("PyTorch has Bessel functions I of the orders 0 and 1 only")
        return self._call(f"special.i{e.args[0]}", self._print(e.args[1]))


class _SymPy(SymPyPrinter):
    """Python that makes the same SymPy expression: rational numbers stay what they are."""

    def _print_Rational(self, e: sp.Rational) -> str:
        return f"{self._module_format('sympy.Rational')}({e.p}, {e.q})"

    _print_Half = _print_Rational

    def _print_Function(self, e: sp.Expr) -> str:
        module = "sympy." if e.func.__module__.startswith("sympy.") and hasattr(sp, e.func.__name__) else ""
        if isinstance(e, sp.core.function.AppliedUndef):
            written = f"{self._module_format('sympy.Function')}('{e.func.__name__}')"
        else:
            written = self._module_format(module + e.func.__name__)
        return f"{written}({', '.join(self._print(a) for a in e.args)})"

    def _print_Mean(self, e: Mean) -> str:
        rows = ", ".join(self._print(v) for v in e.variables)
        return f"Mean({self._print(e.expression)}, ({rows},))"

    def _print_Derivative(self, e: sp.Derivative) -> str:
        return f"{self._module_format('sympy.Derivative')}({', '.join(self._print(a) for a in e.args)})"


def _sympy_name(self: _SymPy, e: sp.Expr) -> str:
    name = {"Pi": "pi", "Exp1": "E"}.get(type(e).__name__, type(e).__name__)
    arguments = f"({', '.join(self._print(a) for a in e.args)})" if e.args else ""
    return self._module_format(f"sympy.{name}") + arguments


for _name in ("Abs", "Pi", "Exp1", "Max", "Min", "Heaviside", "EulerGamma", "Catalan", "GoldenRatio"):
    setattr(_SymPy, f"_print_{_name}", _sympy_name)


def source(expressions: Mapping[str, Any], arguments: Sequence[sp.Symbol], language: str, about: str = "") -> str:
    """Source text with a function of the arguments for each name.

    Args:
        expressions: name -> an expression, or a matrix, array or nested list of them. Tensors come out as arrays with
            the components first, in C row by row in the memory that is handed in.
        arguments: the symbols that the functions are called with, in order.
        language: "c", "numpy", "jax", "torch", "sympy" or "mathematica".
        about: what the first comment says.

    Raises:
        SourceError: an unknown language, or a function that it does not have, by name; a symbol that is no argument.

    >>> x, s = sp.symbols("x s", positive=True)
    >>> print(source({"density": sp.exp(-x/s)/s}, [x, s], "c"))
    #include <math.h>
    <BLANKLINE>
    double density(double x, double s) {
        return exp(-x/s)/s;
    }
    >>> print(source({"g": sp.Matrix([[1, x], [x, 2]])}, [x], "jax"))
    import jax.numpy
    <BLANKLINE>
    <BLANKLINE>
    def g(x):
        parts = jax.numpy.broadcast_arrays(1, x, x, 2)
        return jax.numpy.stack(parts).reshape((2, 2) + parts[0].shape)
    """
    if language not in LANGUAGES:
        raise SourceError(f"unknown language '{language!s:.40}': {nearest(str(language), LANGUAGES)}")
    strangers: set[sp.Symbol] = set()
    flat = {name: _flat(value) for name, value in expressions.items()}
    for entries, _ in flat.values():
        strangers |= set().union(*(e.free_symbols for e in entries)) - set(arguments)
    if language not in ("sympy", "mathematica") and strangers:
        raise SourceError(f"{', '.join(sorted(s.name for s in strangers))} is no argument: give every symbol")
    return _WRITERS[language](flat, tuple(arguments), about).rstrip("\n")


def _flat(value: Any) -> tuple[list[sp.Expr], tuple[int, ...] | None]:
    """The components in order, and the shape (None for a single expression)."""
    if isinstance(value, (sp.MatrixBase, sp.NDimArray)) or hasattr(value, "tolist"):
        shape = tuple(int(n) for n in value.shape)
        return list(sp.flatten(value.tolist())) if shape else [value[()]], shape
    if isinstance(value, (list, tuple)):
        array = sp.Array(value)
        return list(sp.flatten(array.tolist())), tuple(array.shape)
    return [value], None


def _written(printer: Any, e: sp.Expr, language: str) -> str:
    """An expression in a language, or a line about what it lacks."""
    _refuse(e, language)
    try:
        text = str(printer.doprint(e))
    except Exception as error:
        raise SourceError(_lacking(e, language)) from error
    if getattr(printer, "_not_supported", None) or "Not supported" in text:
        raise SourceError(_lacking(e, language))
    return text


def _refuse(e: sp.Expr, language: str) -> None:
    if e.has(Mean):
        raise SourceError(
            f"a mean over data rows has no {language} of its own: evaluate it here by on_grid or ch.compile, or choose "
            "sympy"
        )
    if e.has(zeta_derivative) or e.atoms(sp.core.function.AppliedUndef, sp.Derivative, sp.Integral, sp.Sum):
        raise SourceError(_lacking(e, language))


def _lacking(e: sp.Expr, language: str) -> str:
    names = sorted({type(f).__name__ for f in e.atoms(sp.Function)})
    return f"{language} has no words for {', '.join(names) or 'this formula'}: choose another format"


def _shared(entries: Sequence[sp.Expr], arguments: Sequence[sp.Symbol]) -> tuple[list[Any], list[sp.Expr]]:
    """Common subexpressions under names that nothing else has."""
    taken = {s.name for e in entries for s in e.free_symbols} | {s.name for s in arguments}
    free = (sp.Symbol(f"t{k}") for k in _count() if f"t{k}" not in taken)
    if len(entries) == 1 and sp.count_ops(entries[0]) < 12:
        return [], list(entries)
    return sp.cse(list(entries), symbols=free)  # type: ignore[no-any-return]


def _count() -> Iterator[int]:
    k = 0
    while True:
        yield k
        k += 1


def _c(flat: Mapping[str, Any], arguments: tuple[sp.Symbol, ...], about: str) -> str:
    printer = _C({"strict": False})
    lines = [f"/* {about} */"] if about else []
    lines += ["#include <math.h>", ""]
    names = [printer.doprint(a) for a in arguments]
    sink = next(n for n in ("out", "out_", "result_") if n not in names)
    for name, (entries, shape) in flat.items():
        given = ", ".join([*(f"double {a}" for a in names), *([f"double *{sink}"] if shape is not None else [])])
        if shape is not None:
            lines.append(f"/* {sink}: {' x '.join(map(str, shape))} components, row by row */")
        lines.append(f"{'double' if shape is None else 'void'} {name}({given or 'void'}) {{")
        shared, reduced = _shared(entries, arguments)
        lines += [f"    const double {s} = {_written(printer, e, 'C')};" for s, e in shared]
        if shape is None:
            lines.append(f"    return {_written(printer, reduced[0], 'C')};")
        else:
            lines += [f"    {sink}[{k}] = {_written(printer, e, 'C')};" for k, e in enumerate(reduced)]
        lines += ["}", ""]
    return "\n".join(lines)


def _in_numbers(e: sp.Expr) -> sp.Expr:
    """Functions and roots of numbers, which PyTorch's do not take, as numbers."""
    return e.replace(lambda n: isinstance(n, (sp.Function, sp.Pow)) and n.is_number and not n.is_Rational,
                     lambda n: n.evalf(17))  # fmt: skip


def _python(kind: str, module: str, make: Callable[[], Any]) -> Callable[..., str]:
    """A writer of Python functions on the arrays of a module."""

    def write(flat: Mapping[str, Any], arguments: tuple[sp.Symbol, ...], about: str) -> str:
        printer = make()
        stack = "numpy.stack" if module == "numpy" else f"{module}.stack"
        body: list[str] = []
        names = [printer.doprint(a) for a in arguments]
        parts = next(n for n in ("parts", "parts_", "components_") if n not in names)
        for name, (entries, shape) in flat.items():
            body += ["", "", f"def {name}({', '.join(names)}):"]
            shared, reduced = _shared(list(map(_in_numbers, entries)) if module == "torch" else entries, arguments)
            body += [f"    {s} = {_written(printer, e, kind)}" for s, e in shared]
            written = [_written(printer, e, kind) for e in reduced]
            if shape is None:
                body.append(f"    return {written[0]}")
                continue
            if module == "torch":
                written = [w if e.free_symbols else printer.tensor(e) for w, e in zip(written, reduced)]
            body += [
                f"    {parts} = {module}.broadcast_{'tensors' if module == 'torch' else 'arrays'}("
                f"{', '.join(written)})",
                f"    return {stack}({parts}).reshape({shape} + {parts}[0].shape)",
            ]
        used = {module} | {key for key, names in printer.module_imports.items() if names or key}
        head = [f"# {about}"] if about else []
        return "\n".join([*head, *(f"import {m}" for m in sorted(used)), *body])

    return write


def _sympy(flat: Mapping[str, Any], arguments: tuple[sp.Symbol, ...], about: str) -> str:
    printer = _SymPy({"fully_qualified_modules": True})
    every = [e for entries, _ in flat.values() for e in entries]
    symbols = {s for e in every for s in e.free_symbols} | {
        v for e in every for m in e.atoms(Mean) for v in m.variables
    }
    symbols |= set(arguments)
    lines = ([f"# {about}"] if about else []) + ["import sympy"]
    own = sorted({t.__name__ for t in (Mean, logistic, zeta_derivative) if any(e.has(t) for e in every)})
    if own:
        lines.append(f"from chentsov.geometry.exact import {', '.join(own)}")
    lines.append("")
    lines += [f"{printer.doprint(s)} = sympy.{sp.srepr(s)}" for s in sorted(symbols, key=lambda s: s.name)]
    for name, (entries, shape) in flat.items():
        written = [str(printer.doprint(e)) for e in entries]
        listed = f"[{', '.join(written)}]"
        if shape is None:
            listed = written[0]
        elif len(shape) == 2:
            listed = f"sympy.ImmutableMatrix({shape[0]}, {shape[1]}, {listed})"
        else:
            listed = f"sympy.Array({listed}, {shape})"
        lines.append(f"{name} = {listed}")
    return "\n".join(lines)


def _mathematica(flat: Mapping[str, Any], arguments: tuple[sp.Symbol, ...], about: str) -> str:
    from sympy.printing.mathematica import MCodePrinter

    class Printer(MCodePrinter):
        _print_logistic = _sigma

        def _print_Symbol(self, e: sp.Symbol) -> str:  # an underscore makes a pattern of a name
            return str(e.name.replace("_", "$"))

    lines = [f"(* {about} *)"] if about else []
    for name, (entries, shape) in flat.items():
        for e in entries:
            if e.has(Mean):
                _refuse(e, "Mathematica")
        written = [str(Printer().doprint(e)) for e in entries]
        head = "".join(part.capitalize() for part in name.split("_"))
        head = head[0].lower() + head[1:]
        lines.append(f"{head} = {written[0] if shape is None else _braces(written, shape)};")
    return "\n".join(lines)


def _braces(entries: Sequence[str], shape: Sequence[int]) -> str:
    if not shape:
        return entries[0]
    step = len(entries) // shape[0]
    return "{" + ", ".join(_braces(entries[k * step : (k + 1) * step], shape[1:]) for k in range(shape[0])) + "}"


_QUALIFIED = {"fully_qualified_modules": True}
_WRITERS: dict[str, Callable[..., str]] = {
    "c": _c,
    "numpy": _python("NumPy", "numpy", lambda: _NumPy(_QUALIFIED)),
    "jax": _python("JAX", "jax.numpy", lambda: _Jax(_QUALIFIED)),
    "torch": _python("PyTorch", "torch", lambda: _Torch(_QUALIFIED)),
    "sympy": _sympy,
    "mathematica": _mathematica,
}

LANGUAGES = tuple(_WRITERS)
