"""Which plan of a program runs: by the arguments' axes, their ranges and what is asked for; made once, then kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .algebras import NumPy
from .arrange import arrange
from .doubts import with_doubts
from .intervals import coarse
from .native import double_functions
from .native.double_double import SUPPORTED
from .native.run import Machine
from .program import FLOOR, GATE, LIMIT, TOLERANCE, Node, Program, walk
from .reading import Guard, sampled_span, span
from .running import with_bounds
from .schedule import schedule
from .sensitivity import with_adjoint_bounds
from .separate import headroom, separate, split_exponents

__all__ = ["Planner"]

# The exponents that separated exponentials may meet: two denominators 1 + e may still be multiplied.
_ASKED = frozenset({TOLERANCE, GATE, LIMIT, FLOOR})  # inputs that are no numbers of the formula
_HEADROOM = {"float64": 340.0, "float32": 40.0}


class Planner:
    """The machines of one program over its data.

    Args:
        program: the computation for machine code.
        portable: the computation for numba, where plain values run there; else None.
        guards: inputs -> comparisons that none of their numbers may fulfil; plain machine code notes where one does.
    """

    def __init__(
        self,
        program: Program,
        portable: Program | None,
        data: Mapping[str, np.ndarray],
        dtype: np.dtype,
        guards: Mapping[str, Guard] | None = None,
    ) -> None:
        self.program, self.portable, self.data, self.dtype = program, portable, data, dtype
        self.guards = dict(guards or {})
        self.data_spans = {k: span(v) for k, v in data.items()}
        self.splitting: dict[tuple, bool] = {}
        self.separated: dict[tuple, bool] = {}
        self.machines: dict[tuple, Any] = {}
        self.last_key: tuple | None = None

    @property
    def last(self) -> Any:
        """The machine of the last call, or None."""
        return self.machines.get(self.last_key) if self.last_key is not None else None

    def program_of(self, mode: str) -> Program:
        """The program that a mode plans."""
        if mode == "plain" and self.portable is not None:
            return self.portable
        return _refinable(self.program) if mode == "refined" else self.program

    def machine(
        self,
        pattern: dict[str, frozenset[int]],
        axes: int,
        values: Mapping[str, np.ndarray],
        mode: str,
        sampled: bool = False,
    ) -> Machine | None:
        """The compiled plan for arguments that run along these axes and lie in the ranges of these values.

        In the mode "plain" of the values alone; "bounded" with error bounds; "proven" with what they prove instead;
        "quick" with what crude bounds leave open; "sums" and "refined" with double-doubles, None where these gain
        nothing. With `sampled`, "quick" takes ranges from some of the values, and notes where others lie outside.
        """
        shape = (axes, tuple(pattern.items()))
        spans: dict[str, tuple[float, float]] = {}
        if mode != "plain" or self._splits(shape):  # reading every number takes as long as a cheap formula
            of = sampled_span if sampled and mode == "quick" else span
            spans = {k: (0.0, 1.0) if k in _ASKED else of(v) for k, v in values.items()} | self.data_spans
        room = (shape, tuple(spans.items()))
        if room not in self.separated:
            if len(self.separated) > 1000:
                self.separated.clear()
            self.separated[room] = (
                not spans or headroom(self.program_of(mode), spans, pattern, axes) < _HEADROOM[self.dtype.name]
            )
        separated = self.separated[room]
        coarsened = {k: coarse(*span) for k, span in spans.items()} if mode != "plain" else {}
        key = (mode, shape, separated, tuple(coarsened.items()))
        self.last_key = key
        if key not in self.machines:
            program = self.program_of(mode)
            roots = mode == "plain" or mode != "refined" and not program.rows
            program = separate(program, pattern, axes, separated=separated, written=mode != "plain", roots=roots)
            program = arrange(program, pattern, axes)
            own: frozenset[Node] = frozenset()
            if mode != "plain":
                rows = {t: self.data[k].size for k, t in self.program.rows.items()}
                sharp = (
                    with_adjoint_bounds(program, coarsened, rows, TOLERANCE, self._apart, mode == "sums")
                    if mode not in ("refined", "quick") and self.dtype == np.float64
                    else None
                )
                if sharp is None and mode == "sums":
                    self.machines[key] = None
                    return None
                if mode == "quick":
                    program = with_doubts(program, coarsened, rows)
                elif sharp is not None:
                    program, own = sharp
                elif mode == "refined":
                    program, own = with_bounds(program, coarsened, rows, 128, self._apart)
                else:
                    program, _ = with_bounds(program, coarsened, rows, 8 * self.dtype.itemsize, self._apart)
            if mode == "proven":
                program = _with_proofs(program)
            careful, gate = mode in ("bounded", "proven"), GATE if mode in ("sums", "refined") else None
            plan = schedule(program, pattern, axes, own, careful, gate)
            if self.portable is not None and mode == "plain":
                from .numba_run import NumbaMachine

                self.machines[key] = NumbaMachine(plan, self.dtype)
            else:
                inside = {k: (("olt", low), ("ogt", high)) for k, (low, high) in coarsened.items() if k not in _ASKED}
                guards: dict[str, Any] = {"plain": self.guards, "quick": inside}
                self.machines[key] = Machine(plan, self.dtype, guards.get(mode))
        return self.machines[key]

    def _splits(self, shape: tuple) -> bool:
        """Whether exponentials split along these axes, so that it matters how large their parts are."""
        if shape not in self.splitting:
            axes, pattern = shape
            self.splitting[shape] = any(
                split_exponents(p, dict(pattern), axes) for p in (self.program, self.portable) if p is not None
            )
        return self.splitting[shape]

    def _apart(self, a: Node, b: Node) -> bool:
        """Whether, in every row of the data, one of two functions of the data is zero."""
        machine = NumPy(self.dtype)

        def value(node: Node) -> Any:
            if node.op == "row":
                return self.data[str(node.value)]
            return (
                machine.leaf(node) if node.op == "number" else machine.operation(node)(*[value(x) for x in node.args])
            )

        tables = {self.program.rows[str(n.value)] for n in walk((a, b)) if n.op == "row"}
        return len(tables) == 1 and bool(np.all((value(a) == 0) | (value(b) == 0)))


def _with_proofs(program: Program) -> Program:
    """The program with two conditions for each bound in its place: that it proves the value to the tolerance, or to the
    absolute one, and that it is finite.

    |computed - exact| <= bound proves a relative error of at most rtol where bound <= rtol/(1 + rtol) |computed|.
    """
    graph, count = program.graph, len(program.outputs) // 2
    limit, floor, infinity = graph.input(LIMIT), graph.input(FLOOR), graph.constant("oo")
    proofs, exist = [], []
    for value, bound in zip(program.outputs[:count], program.outputs[count:]):
        size = graph.node("abs", (value,))
        near = graph.node("le", (bound, graph.node("mul", (size, limit))))
        near = graph.node("or", (near, graph.node("le", (bound, floor))))
        proofs.append(graph.node("and", (near, graph.node("lt", (size, infinity)))))
        exist.append(graph.node("lt", (bound, infinity)))
    return Program(graph, (*program.outputs[:count], *proofs, *exist), program.inputs, program.rows)


def _refinable(program: Program) -> Program:
    """The program with NaN for the outputs that double-double arithmetic cannot compute."""
    fine: dict[Node, bool] = {}
    for node in program.nodes():
        known = (
            node.op in SUPPORTED
            or double_functions.name_of(node) in double_functions.FUNCTIONS
            or node.op == "logistic"
        )
        fine[node] = known and all(fine[a] for a in node.args)
    nan = program.graph.constant("nan")
    return Program(program.graph, tuple(o if fine[o] else nan for o in program.outputs), program.inputs, program.rows)
