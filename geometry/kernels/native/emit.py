"""A schedule as LLVM assembly: one function a stage.

    void stage_k(ptr buffers, ptr capacities, i64 low, i64 high, i64 rows)

`weight` multiplies the sums (one over the number of rows). `buffers` lists the tables of the inputs, then of the
results, then the low parts of those in double-double, then the byte that guards set. `capacities` gives the allocated
length of every loop. The stage's `split` loop runs over [low, high). The innermost cell loop advances by whole vectors
and ends with a block that overlaps the one before, so there is no scalar tail.

A summing stage holds the sums of `blocks` neighbouring vectors of cells in registers while it runs over
the rows: a row's data is loaded once for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import reduce

from ..algebras import resolution
from ..constants import CONSTANTS
from ..program import Node, nearest
from ..reading import Guard
from ..schedule import MASKS, Schedule, Stage, loop_order
from . import double_functions
from .double_double import DoubleDouble, Pair, exact_constant
from .machine import on_x86
from .operations import Plain
from .text import Vector, Writer
from .vector import define

__all__ = ["emit", "explain", "block_lanes", "ROW_RUN", "CAREFUL_RUN"]

_MOST_BLOCKS = 2
ROW_RUN = 64
CAREFUL_RUN = 16  # the same, for certified programs
# Subnormal float32 numbers slow x86 down a hundredfold; sums over rows take them for zero.
_FLUSH_ON = """  %mode_old = alloca i32
  %mode_new = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %mode_old)
  %mode = load i32, ptr %mode_old
  %mode_flushing = or i32 %mode, 32832
  store i32 %mode_flushing, ptr %mode_new
  call void @llvm.x86.sse.ldmxcsr(ptr %mode_new)
"""
# An overflow is still noted afterwards; that small numbers were flushed is as it should be.
_FLUSH_OFF = """  call void @llvm.x86.sse.stmxcsr(ptr %mode_new)
  %mode_after = load i32, ptr %mode_new
  %mode_overflow = and i32 %mode_after, 8
  %mode_kept = or i32 %mode, %mode_overflow
  store i32 %mode_kept, ptr %mode_old
  call void @llvm.x86.sse.ldmxcsr(ptr %mode_old)
"""
Value = str | Pair  # the name of a vector, or of both parts of a double-double


def block_lanes(lanes: int) -> int:
    """Cells that one step of the innermost loop may cover."""
    return lanes * _MOST_BLOCKS


def emit(plan: Schedule, bits: int, register_bytes: int, guards: Mapping[Node, Guard] | None = None) -> str:
    """The module: every stage of the schedule that runs natively, and the functions they call.

    Inputs with guards are compared with their numbers where they are loaded; a byte is set where one is fulfilled.
    """
    lanes = register_bytes * 8 // bits
    functions: list[str] = []
    declared: set[str] = set()
    needed: dict[tuple[str, int, int], None] = {}
    for number, stage in enumerate(plan.stages):
        if stage.kind != "host":
            maker = _Stage(plan, stage, bits, lanes, declared, needed, guards or {})
            functions.append(maker.function(f"stage_{number}"))
    defined: list[str] = []
    for name, width, arity in needed:
        defined.append(define(name, Vector(64, width), declared, arity))
        if bits == 32:
            defined.append(define(name, Vector(32, width), declared, arity))
    return "\n".join([*sorted(declared), "", *defined, *functions])


def explain(plan: Schedule, bits: int, register_bytes: int) -> str:
    """Vectors, and how many sums are held in registers over how many neighbouring cells."""
    lanes = register_bytes * 8 // bits
    lines = [f"vectors of {lanes} numbers of {bits} bits"]
    for stage in plan.stages:
        if stage.kind == "sum":
            work = _Stage(plan, stage, bits, lanes, set(), {}, {})
            where = " x ".join(plan.name(k) for k in stage.cells) or "one cell"
            lines.append(
                f"{len(stage.results)} sums over {plan.name(stage.table or 0)} for {where}: "
                f"{work.blocks * work.vector.lanes} neighbouring cells at a time, their sums in registers"
            )
        elif stage.kind == "host":
            lines.append(f"{stage.results[0].op}: by scipy.special, whole tables at a time")
    return "\n".join(lines)


class _Stage:
    def __init__(
        self,
        plan: Schedule,
        stage: Stage,
        bits: int,
        lanes: int,
        declared: set[str],
        needed: dict,
        guards: Mapping[Node, Guard],
    ) -> None:
        self.plan, self.stage = plan, stage
        self.guards = {n: guards[n] for n in stage.inputs if n in guards}
        self.cells = stage.cells
        self.along = self.cells[-1] if self.cells else None  # the loop that the vectors run along
        self.vector = Vector(bits, lanes if self.along is not None else 1)
        self.w = Writer(self.vector, declared=declared)
        self.pairs = plan.pairs
        self.flush = on_x86()
        self.plain = Plain(self.w, needed)
        self.double = DoubleDouble(self.w)
        self.blocks = self._blocks()
        self.entry: list[str] = []
        self.loaded: dict[tuple[Node, int], Value] = {}
        self.index: dict[int, str] = {}
        self.pointer: dict[Node, str] = {}
        self.low_pointer: dict[Node, str] = {}
        self.stride: dict[int, str] = {}

    def _blocks(self) -> int:
        """Two vectors of cells a step where the sums of both fit the 32 (or 16) registers."""
        if self.stage.kind != "sum" or self.along is None or self.pairs:
            return 1
        registers = 32 if self.vector.lanes * self.vector.bits == 512 else 16
        return _MOST_BLOCKS if _MOST_BLOCKS * len(self.stage.results) + 10 <= registers else 1

    # the loop nest ------------------------------------------------------------------------------------
    def function(self, name: str) -> str:
        w, stage = self.w, self.stage
        rank = loop_order(self.plan.axes, len(self.plan.tables))
        for loop in sorted(rank):
            p = w.let(f"getelementptr i64, ptr %capacities, i64 {loop}", "p")
            self.stride[loop] = w.let(f"load i64, ptr {p}", "cap")
        tables = [(self.pointer, n) for n in (*stage.inputs, *stage.results)]
        tables += [(self.low_pointer, n) for n in (*stage.inputs, *stage.results) if n in self.pairs]
        bases: dict[int, tuple[str, int]] = {}  # of packed columns: the first one's address and place
        for position, (pointers, node) in enumerate(tables):
            group, place = self._packed(node)
            if group in bases:
                base, first = bases[group]
                pointers[node] = w.let(f"getelementptr {self.vector.scalar}, ptr {base}, i64 {place - first}", "col")
                continue
            p = w.let(f"getelementptr ptr, ptr %buffers, i64 {position}", "p")
            pointers[node] = w.let(f"load ptr, ptr {p}", "buf")
            if group is not None:
                bases[group] = pointers[node], place
        if self.guards:
            p = w.let(f"getelementptr ptr, ptr %buffers, i64 {len(tables)}", "p")
            self.flag = w.let(f"load ptr, ptr {p}", "flag")
        if stage.kind == "sum":
            # vectors outermost: the tables of the last axis stay in the first-level cache
            order = [self.along, *self.cells[:-1]] if self.along is not None else []
        else:
            order = list(self.cells)
        self._loops(order, 0)
        w.line("  ret void")
        body = "\n".join(w.lines)
        if stage.kind == "sum" and self.vector.bits == 32 and self.flush:
            body = _FLUSH_ON + body.replace("  ret void", _FLUSH_OFF + "  ret void")
            w.declared.update(("declare void @llvm.x86.sse.stmxcsr(ptr)", "declare void @llvm.x86.sse.ldmxcsr(ptr)"))
        # realigned: around calls of the C library, constants wait on the stack, where no vector should cross a line
        return (
            f"define void @{name}(ptr noalias %buffers, ptr noalias %capacities, i64 %low, i64 %high, i64 %rows, "
            f'double %weight) "stackrealign" {{\nentry:\n{body}\n}}\n'
        )

    def _loops(self, order: list, depth: int) -> None:
        w = self.w
        self._load_available()
        if depth == len(order):
            self._innermost()
            return
        loop = order[depth]
        first = loop == self.stage.split
        start, stop = ("%low", "%high") if first else ("0", self.stride[loop])
        step = self.vector.lanes * self.blocks if loop == self.along else 1
        kept = dict(self.loaded), dict(self.index)
        before, head, after = (w.fresh("before"), w.fresh("loop"), w.fresh("after"))
        w.line(f"  br label {before}")
        w.label(before[1:])
        raw, following = w.fresh("i"), w.fresh("next")
        enter = w.let(f"icmp slt i64 {start}, {stop}")
        w.line(f"  br i1 {enter}, label {head}, label {after}")
        w.label(head[1:])
        tail = w.fresh("tail")
        w.line(f"  {raw} = phi i64 [ {start}, {before} ], [ {following}, {tail} ]")
        if step > 1:
            # the last block starts early enough to end inside
            last = w.let(f"sub i64 {stop}, {step}")
            early = w.let(f"icmp slt i64 {last}, {raw}")
            self.index[loop] = w.let(f"select i1 {early}, i64 {last}, i64 {raw}")
        else:
            self.index[loop] = raw
        self._loops(order, depth + 1)
        w.line(f"  br label {tail}")
        w.label(tail[1:])
        w.line(f"  {following} = add i64 {raw}, {step}")
        again = w.let(f"icmp slt i64 {following}, {stop}")
        w.line(f"  br i1 {again}, label {head}, label {after}")
        w.label(after[1:])
        self.loaded, self.index = kept

    def _load_available(self) -> None:
        """Load every input whose loops are all open: as far out as it can be."""
        for node in self.stage.inputs:
            home = self.plan.home[node]
            if all(loop in self.index for loop in home) and (node, 0) not in self.loaded:
                for block in range(self.blocks):
                    if block and self.along not in home:
                        self.loaded[node, block] = self.loaded[node, 0]
                    else:
                        high = self._load(self.pointer[node], home, block)
                        self._guard(node, high)
                        paired = node in self.pairs
                        self.loaded[node, block] = (
                            (high, self._load(self.low_pointer[node], home, block)) if paired else high
                        )

    def _guard(self, node: Node, value: str) -> None:
        """Set the flag where a comparison that the node is guarded by holds."""
        w = self.w
        masks = [w.compare(relation, value, w.const(number)) for relation, number in self.guards.get(node, ())]
        if not masks:
            return
        broken, fine = w.fresh("broken"), w.fresh("fine")
        found = w.any(reduce(lambda a, b: w.let(f"or {self.vector.mask} {a}, {b}"), masks))
        w.line(f"  br i1 {found}, label {broken}, label {fine}")
        w.label(broken[1:])
        w.line(f"  store i8 1, ptr {self.flag}")
        w.line(f"  br label {fine}")
        w.label(fine[1:])

    def _packed(self, node: Node) -> tuple[int | None, int]:
        """The table whose rows hold the node side by side with others, and its place there."""
        for loop, group in self.plan.packed.items():
            if node in group:
                return loop, group[node]
        return None, 0

    def _address(self, pointer: str, home: tuple[int, ...], block: int, element: str | None = None) -> str:
        w = self.w
        offset = "0"
        for loop in home:
            here = self.index[loop]
            if loop == self.along and block:
                here = w.let(f"add i64 {here}, {block * self.vector.lanes}")
            if home == (loop,) and loop in self.plan.packed:
                here = w.let(f"mul i64 {here}, {len(self.plan.packed[loop])}")
            offset = (
                here if offset == "0" else w.let(f"add i64 {w.let(f'mul i64 {offset}, {self.stride[loop]}')}, {here}")
            )
        return w.let(f"getelementptr {element or self.vector.scalar}, ptr {pointer}, i64 {offset}", "a")

    def _load(self, pointer: str, home: tuple[int, ...], block: int) -> str:
        w, v = self.w, self.vector
        address = self._address(pointer, home, block)
        align = v.bits // 8
        if v.lanes == 1:
            return w.let(f"load {v.type}, ptr {address}, align {align}")
        if home and home[-1] == self.along and not (home[0] in self.plan.packed and len(home) == 1):
            return w.let(f"load {v.type}, ptr {address}, align {align}")
        if self.along in home:
            return self._gather(address, home)
        scalar = w.let(f"load {v.scalar}, ptr {address}, align {align}")
        first = w.let(f"insertelement {v.type} poison, {v.scalar} {scalar}, i32 0")
        return w.let(f"shufflevector {v.type} {first}, {v.type} poison, <{v.lanes} x i32> zeroinitializer")

    def _gather(self, address: str, home: tuple[int, ...]) -> str:
        w, v = self.w, self.vector
        step = str(len(self.plan.packed[home[0]])) if len(home) == 1 else "1"
        for loop in home[home.index(self.along) + 1 :]:
            step = self.stride[loop] if step == "1" else w.let(f"mul i64 {step}, {self.stride[loop]}")
        out = "poison"
        for lane in range(v.lanes):
            here = w.let(f"getelementptr {v.scalar}, ptr {address}, i64 {w.let(f'mul i64 {step}, {lane}')}")
            out = w.let(f"insertelement {v.type} {out}, {v.scalar} {w.let(f'load {v.scalar}, ptr {here}')}, i32 {lane}")
        return out

    # the work ---------------------------------------------------------------------------------------
    def _innermost(self) -> None:
        closed = self._pass_over(self.stage.gate) if self.stage.gate is not None else None
        self._work()
        if closed is not None:
            self.w.line(f"  br label {closed}")
            self.w.label(closed[1:])

    def _pass_over(self, gate: Node) -> str:
        """Jump over the work where the gate of every cell in the step is zero; the label to jump to."""
        w, v = self.w, self.vector
        masks = [w.compare("une", _high(self.loaded[gate, block]), w.const(0.0)) for block in range(self.blocks)]
        mask = masks[0]
        for other in masks[1:]:
            mask = w.let(f"or {v.mask} {mask}, {other}")
        if v.lanes > 1:
            bits = w.let(f"bitcast {v.mask} {mask} to i{v.lanes}")
            mask = w.let(f"icmp ne i{v.lanes} {bits}, 0")
        opened, closed = w.fresh("open"), w.fresh("closed")
        w.line(f"  br i1 {mask}, label {opened}, label {closed}")
        w.label(opened[1:])
        return closed

    def _work(self) -> None:
        if self.stage.kind == "map":
            for block, names in enumerate(self._evaluate()):
                for node in self.stage.results:
                    self._store(node, self._value(node, names), block)
        else:
            self._sum()

    def _sum(self) -> None:
        """The loop over the rows, in runs of `ROW_RUN`: each run is summed by itself, then added to the total.

        The rounding error of a sum grows with the number of additions a term goes through; so it is
        ROW_RUN + rows / ROW_RUN of them instead of `rows`. A careful sum adds its shorter runs as Kahan does,
        which costs two roundings in all: then it is CAREFUL_RUN and a few.
        """
        careful = self.plan.careful and not self.pairs
        length = CAREFUL_RUN if careful or self.pairs else ROW_RUN
        w, v, stage = self.w, self.vector, self.stage
        zero = "zeroinitializer" if v.lanes > 1 else v.constant(0.0)
        keys = [(node, b) for node in stage.results for b in range(self.blocks)]
        parts = {node: 2 if node in self.pairs else 1 for node in stage.results}  # a double-double is two numbers
        totals = {key: [(w.fresh("s"), w.fresh("t")) for _ in range(2 if careful else parts[key[0]])] for key in keys}
        sums = {key: [(w.fresh("s"), w.fresh("t")) for _ in range(parts[key[0]])] for key in keys}
        before, run, head, after, done = (w.fresh(stem) for stem in ("before", "run", "rows", "after", "done"))
        start, following_run, n, following = w.fresh("start"), w.fresh("next"), w.fresh("n"), w.fresh("next")
        w.line(f"  br label {before}")
        w.label(before[1:])
        w.line(f"  br label {run}")
        w.label(run[1:])
        w.line(f"  {start} = phi i64 [ 0, {before} ], [ {following_run}, {after} ]")
        for old, new in (name for names in totals.values() for name in names):
            w.line(f"  {old} = phi {v.type} [ {zero}, {before} ], [ {new}, {after} ]")
        full = w.let(f"add i64 {start}, {length}")
        shorter = w.let(f"icmp slt i64 %rows, {full}")
        stop = w.let(f"select i1 {shorter}, i64 %rows, i64 {full}")
        w.line(f"  br label {head}")
        w.label(head[1:])
        w.line(f"  {n} = phi i64 [ {start}, {run} ], [ {following}, {head} ]")
        for old, new in (name for names in sums.values() for name in names):
            w.line(f"  {old} = phi {v.type} [ {zero}, {run} ], [ {new}, {head} ]")
        kept = dict(self.loaded), dict(self.index)
        assert stage.table is not None
        self.index[stage.table] = n
        self._load_available()
        known = self._evaluate()
        for (node, block), names in sums.items():
            if parts[node] == 2:
                self._name(
                    names, self.double.accumulate((names[0][0], names[1][0]), self._term(node.args[0], known[block]))
                )
            else:
                ((old, new),) = names
                w.line(f"  {new} = fadd contract {v.type} {old}, {_high(self._value(node.args[0], known[block]))}")
        w.line(f"  {following} = add i64 {n}, 1")
        again = w.let(f"icmp slt i64 {following}, {stop}")
        w.line(f"  br i1 {again}, label {head}, label {after}")
        w.label(after[1:])
        self.loaded, self.index = kept
        for key, names in totals.items():
            made = [new for _, new in sums[key]]
            if careful:
                # Kahan: what the last addition lost goes into the next one
                term = w.exact("sub", made[0], names[1][0])
                total = w.exact("add", names[0][0], term)
                self._name(names, (total, w.exact("sub", w.exact("sub", total, names[0][0]), term)))
            elif len(names) == 2:
                self._name(names, self.double.add((names[0][0], names[1][0]), self.double.normal((made[0], made[1]))))
            else:
                w.line(f"  {names[0][1]} = fadd contract {v.type} {names[0][0]}, {made[0]}")
        w.line(f"  {following_run} = add i64 {start}, {length}")
        more = w.let(f"icmp slt i64 {following_run}, %rows")
        w.line(f"  br i1 {more}, label {run}, label {done}")
        w.label(done[1:])
        self._store_sums({key: [new for _, new in names] for key, names in totals.items()})

    def _term(self, integrand: Node, known: dict[Node, Value]) -> Pair:
        """What a sum in double-double adds: a product of a machine number and a pair need not be normalised first."""
        if integrand.op == "mul" and integrand in self.pairs and len(integrand.args) == 2:
            for a, b in (integrand.args, integrand.args[::-1]):
                if isinstance(known.get(a), str) and isinstance(known.get(b), tuple):
                    return self.double.scaled(known[b], known[a])  # type: ignore[arg-type]
        return self._pair(integrand, known)

    def _name(self, names: list[tuple[str, str]], values: Pair) -> None:
        """Give the values the names that the loop expects."""
        for (_, new), value in zip(names, values):
            self.w.line(f"  {new} = bitcast {self.vector.type} {value} to {self.vector.type}")

    def _store_sums(self, sums: dict[tuple[Node, int], list[str]]) -> None:
        """Sums times the weight; in double-double, divided by the number of rows instead."""
        w, v = self.w, self.vector
        weight = "%weight" if v.bits == 64 else w.let("fptrunc double %weight to float")
        if v.lanes > 1:
            first = w.let(f"insertelement {v.type} poison, {v.scalar} {weight}, i32 0")
            weight = w.let(f"shufflevector {v.type} {first}, {v.type} poison, <{v.lanes} x i32> zeroinitializer")
        for (node, block), names in sums.items():
            if len(names) == 2 and not self.pairs:
                self._store(node, w.mul(names[0], weight), block)
            elif len(names) == 2:
                self._store(node, self.double.div((names[0], names[1]), (weight, w.const(0.0))), block)
            else:
                self._store(node, w.div(names[0], weight) if self.pairs else w.mul(names[0], weight), block)

    def _store(self, node: Node, value: Value, block: int) -> None:
        home = self.plan.home[node]
        if node.op in MASKS:
            v = self.vector
            kind = "i8" if v.lanes == 1 else f"<{v.lanes} x i8>"
            truth = self.w.let(f"zext {v.mask} {_high(value)} to {kind}")
            self.w.line(f"  store {kind} {truth}, ptr {self._address(self.pointer[node], home, block, 'i8')}, align 1")
            return
        targets = [(self.pointer[node], _high(value))]
        if node in self.pairs:
            targets.append((self.low_pointer[node], value[1] if isinstance(value, tuple) else self.w.const(0.0)))
        for pointer, part in targets:
            address = self._address(pointer, home, block)
            if len(home) == 1 and home[0] in self.plan.packed and self.vector.lanes > 1:
                self._scatter(part, address, len(self.plan.packed[home[0]]))
                continue
            self.w.line(f"  store {self.vector.type} {part}, ptr {address}, align {self.vector.bits // 8}")

    def _scatter(self, value: str, address: str, step: int) -> None:
        w, v = self.w, self.vector
        for lane in range(v.lanes):
            here = w.let(f"getelementptr {v.scalar}, ptr {address}, i64 {step * lane}")
            one = w.let(f"extractelement {v.type} {value}, i32 {lane}")
            w.line(f"  store {v.scalar} {one}, ptr {here}, align {v.bits // 8}")

    def _evaluate(self) -> list[dict[Node, Value]]:
        """Emit the body for all blocks side by side; for each block, the names of its values."""
        names: list[dict[Node, Value]] = [
            {n: name for (n, b), name in self.loaded.items() if b == block} for block in range(self.blocks)
        ]
        for node in self.stage.body:
            made: list[Value]
            if node in self.pairs:
                made = [self._double_operation(node, known) for known in names]
            else:
                args = [[_high(self._value(a, known)) for a in node.args] for known in names]
                made = (
                    list(self.plain.reciprocals([a for (a,) in args]))
                    if node.op == "reciprocal"
                    else [self.plain.operation(node, a) for a in args]
                )
            for known, name in zip(names, made):
                known[node] = name
        return names

    def _double_operation(self, node: Node, known: dict[Node, Value]) -> Value:
        double, op = self.double, node.op
        if op == "select":
            return double.select(
                _high(self._value(node.args[0], known)), *(self._pair(a, known) for a in node.args[1:])
            )
        args = [self._pair(a, known) for a in node.args]
        if op == "power":
            return double.power(args[0], int(node.value))  # type: ignore[call-overload]
        if op == "exp_product":
            out = args[0]
            for a in args[1:]:
                out = double.mul(out, a)
            return double.exp(out)
        if op == "reciprocal":
            return double.div(double.number(Fraction(1)), args[0])
        if op in ("add", "mul", "product"):
            out = args[0]
            for a in args[1:]:
                out = double.add(out, a) if op == "add" else double.mul(out, a)
            return out
        if double_functions.name_of(node) in double_functions.FUNCTIONS:
            return self._function_of_pairs(double_functions.name_of(node), args)
        return getattr(double, op)(*args)

    def _function_of_pairs(self, function: str, args: list[Pair]) -> Pair:
        w, t, name = self.w, self.vector.type, f"pair_{function}"
        self.plain.needed[name, self.vector.lanes, 2 * len(args)] = None
        parts = ", ".join(f"{t} {part}" for a in args for part in a)
        made = w.let(f"call {{{t}, {t}}} @own_{name}_x{self.vector.lanes}({parts})")
        return tuple(w.let(f"extractvalue {{{t}, {t}}} {made}, {k}") for k in (0, 1))  # type: ignore[return-value]

    def _pair(self, node: Node, known: dict[Node, Value]) -> Pair:
        """A value as two numbers; a machine number has no low part."""
        if node.op == "number":
            return self.double.number(node.value)  # type: ignore[arg-type]
        if node.value == "resolution":
            return self.double.number(Fraction(resolution(128)))
        if node.value == "nan":
            return self.w.const(math.nan), self.w.const(math.nan)
        if node.op == "constant":
            return self.double.number(exact_constant(str(node.value)))
        value = known[node]
        return value if isinstance(value, tuple) else (value, self.w.const(0.0))

    def _value(self, node: Node, names: dict[Node, Value]) -> Value:
        if node.op == "number":
            return self.vector.constant(nearest(node.value))  # type: ignore[arg-type]
        if node.value == "resolution":
            return self.vector.constant(resolution(128 if self.pairs else self.vector.bits))
        if node.op == "constant":
            return self.vector.constant(CONSTANTS[str(node.value)].float64)
        return names[node]


def _high(value: Value) -> str:
    return value[0] if isinstance(value, tuple) else value
