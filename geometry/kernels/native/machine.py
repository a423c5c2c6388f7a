"""LLVM assembly -> machine code in this process, through the LLVM that numba brings along (llvmlite).

Emitting vectors by hand, instead of Python source for numba, is what makes a kernel both fast to run
(several grid points share each row that is loaded; sums stay in registers) and fast to make: tens of
milliseconds, where a parallel numba function takes seconds.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from ...exact.errors import InputError

__all__ = ["assemble", "host", "has_avx512", "on_x86", "Library"]

_lock = threading.Lock()


@cache
def _binding() -> Any:
    try:
        import llvmlite.binding as llvm
    except ImportError:
        raise InputError(
            "numbers on grids need llvmlite, which is not installed (browsers have none): derive closed forms here and "
            "evaluate them elsewhere, or take their source text by ch.source"
        ) from None
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


@cache
def host() -> tuple[str, str, int]:
    """(processor, its features, bytes in a vector register)."""
    llvm = _binding()
    features = llvm.get_host_cpu_features()
    width = 64 if features.get("avx512f") and features.get("avx512dq") else 32 if features.get("avx") else 16
    return llvm.get_host_cpu_name(), features.flatten(), width


def has_avx512() -> bool:
    return on_x86() and host()[2] == 64


def on_x86() -> bool:
    return _binding().get_default_triple().split("-")[0] in ("x86_64", "i386", "i686")


def _target_machine(effort: int = 3) -> Any:
    llvm = _binding()
    cpu, features, _ = host()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=cpu, features=features, opt=effort, reloc="pic", codemodel="jitdefault")


# Characters beyond which assembly is straight-line code, written as well as LLVM's passes would have it: these, and
# the last effort in generating code, gain nothing there and double the time.
_LONG = 200_000


def assemble(assembly: str) -> bytes:
    """Object code of a module given as text."""
    llvm = _binding()
    with _lock:
        module = llvm.parse_assembly(assembly)
        module.verify()
        if len(assembly) > _LONG:
            return _target_machine(effort=1).emit_object(module)
        machine = _target_machine()
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        # Vectors are explicit already; what the vectorisers would add is compile time.
        options.loop_vectorization = False
        options.slp_vectorization = False
        options.loop_unrolling = False
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
        return machine.emit_object(module)


class Library:
    """Loaded machine code; functions by name, as addresses."""

    def __init__(self, code: bytes) -> None:
        llvm = _binding()
        with _lock:
            self._machine = _target_machine()
            self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self._machine)
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
            self._engine.finalize_object()

    def address(self, name: str) -> int:
        found = self._engine.get_function_address(name)
        if not found:
            raise LookupError(f"the machine code has no function {name}")
        return found
