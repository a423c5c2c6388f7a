"""Running the numba back end: source -> a module on disk -> a compiled function.

numba's own disk cache belongs to files, so the source is written as a real module into the folder of
compiled kernels and entered into `sys.modules` before it runs; an `exec` could not be cached.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..files import write_whole
from .native import cache as disk
from .numba_source import write
from .program import LEAVES, Node
from .schedule import Schedule

__all__ = ["NumbaMachine", "scalar_function"]


class NumbaMachine:
    """A schedule as one parallel numba function; it is called as `native.run.Machine` is."""

    def __init__(self, plan: Schedule, dtype: np.dtype) -> None:
        self.plan, self.dtype = plan, dtype
        self.source = write(plan, dtype.name)
        self.function = _module(self.source).kernel

    def run(
        self,
        extents: Sequence[int],
        values: Mapping[Node, np.ndarray],
        rows: Mapping[int, int],
        outputs: Sequence[Node],
        threads: int,
    ) -> list[np.ndarray]:
        """Evaluate; see `native.run.Machine.run`."""
        import numba

        lengths = {k: n for k, n in enumerate(extents)} | dict(rows)
        given = [n for n in self.plan.program.nodes() if n.op in ("input", "row")]
        written = list(dict.fromkeys(o for o in self.plan.program.outputs if o.op not in LEAVES))
        made = {
            n: np.empty([lengths[k] for k in self.plan.home[n]] or [1], self.dtype) for n in written if n not in given
        }
        columns = [
            np.ascontiguousarray(values[n], self.dtype).reshape([lengths[k] for k in self.plan.home[n]] or [1])
            for n in given
        ]
        sinks = [made.get(n, np.empty(1, self.dtype)) for n in written]
        before = numba.get_num_threads()
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]
        try:
            self.function(*(lengths[k] for k in sorted(lengths)), *columns, *sinks)
        finally:
            numba.set_num_threads(before)
        found = dict(zip(given, columns)) | made
        return [found[n].reshape([lengths[k] for k in self.plan.home[n]]) for n in outputs]


def scalar_function(
    plan: Schedule, dtype: np.dtype, frozen: Mapping[Node, Any], arguments: Sequence[Node | None]
) -> Any:
    """A numba function of numbers, callable from other numba functions.

    `frozen` holds the data columns and constants, which become part of it; `arguments` the input node of each
    argument, or None for one that the formula does not use.
    """
    names = [f"t{n.index}" if n is not None else f"unused{k}" for k, n in enumerate(arguments)]
    source = write(plan, dtype.name, scalar=True, arguments=names)
    return _module(source, {f"t{n.index}": value for n, value in frozen.items()}).kernel


def _module(source: str, extra: Mapping[str, Any] | None = None) -> ModuleType:
    """The source as an imported module; with `extra` names in it, it is a module of its own, not on disk."""
    import numba

    name = f"_chentsov_kernel_{disk.key_of(source, numba.__version__)[:32]}"
    if extra is not None:
        module = ModuleType(name)
        module.__dict__.update(extra)
        exec(compile(source, f"<{name}>", "exec"), module.__dict__)
        return module
    if name in sys.modules:
        return sys.modules[name]
    path = _write(name, source)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _write(name: str, source: str) -> Path:
    """The module's file, written beside and renamed; in a passing folder where the cache is off or read-only."""
    base = disk.folder()
    for folder in (base / "numba" if base else None, Path(tempfile.mkdtemp(prefix="chentsov-"))):
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{name}.py"
            if not path.exists() or path.read_text(encoding="utf-8") != source:
                write_whole(path, source.encode())
            return path
        except OSError:
            continue
    raise OSError("no folder to write a compiled kernel to: set CHENTSOV_CACHE to one that can be written")
