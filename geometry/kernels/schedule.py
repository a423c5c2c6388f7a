"""Where each value lives: hoisting to the outermost loop, stages, tables.

Every node is given its domain, the set of loops it depends on: axes 0 ... d-1 of the grid and the rows
of the data tables. Nodes of one domain form a *stage*, one loop nest. What a stage needs from a smaller
domain is computed once for that smaller domain and read from a table there: an exponential of an axis
and a data row costs (points of the axis) x (rows), not (cells) x (rows).

A `Mean` closes the loop over its rows and starts a new level; the stage that holds its integrand
becomes a summing stage.

Loops nest in a fixed order: axes 0 ... d-2, then rows, then the last axis, along which the machine's
vectors run. Tables are stored in that order, so they are read without strides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .counts import operations, over
from .functions import FUNCTIONS
from .program import LEAVES, Node, Program

__all__ = ["Stage", "Schedule", "schedule", "explain", "domains", "loop_order", "loop_names"]

#: Truth values are stored as results only, a byte each; else they are made where they are used.
MASKS = frozenset({"lt", "le", "eq", "ne", "and", "or", "not"})


@dataclass(frozen=True)
class Stage:
    """One loop nest.

    kind: "map" stores `results` at every point of the domain; "sum" averages the integrands of its
    `results` (mean nodes) over the loop `table`; "host" applies a function of `scipy.special`.
    With a gate, a number stored for every cell, vectors of cells where it is zero are passed over: what is
    stored there means nothing.
    """

    kind: str
    level: int
    domain: tuple[int, ...]
    body: tuple[Node, ...]
    inputs: tuple[Node, ...]
    results: tuple[Node, ...]
    table: int | None = None
    gate: Node | None = None

    @property
    def cells(self) -> tuple[int, ...]:
        """The loops its results range over."""
        return tuple(k for k in self.domain if k != self.table)

    @property
    def split(self) -> int | None:
        """The loop whose range a call is given: the first axis if it is there, else the outermost."""
        return 0 if 0 in self.cells else self.cells[0] if self.cells else None


@dataclass(frozen=True)
class Schedule:
    """Stages in an order in which they can run; `home` gives the loops of every stored value.

    `pairs` are the nodes to compute in double-double arithmetic. Sums over rows are `careful` in certified
    programs: shorter runs, whose totals are added without loss.
    """

    program: Program
    axes: int
    tables: tuple[str, ...]
    stages: tuple[Stage, ...]
    home: dict[Node, tuple[int, ...]] = field(repr=False)
    pairs: frozenset[Node] = field(default=frozenset(), repr=False)
    careful: bool = False

    @cached_property
    def leaves(self) -> tuple[Node, ...]:
        """The nodes that take numbers from outside."""
        gates = (s.gate for s in self.stages if s.gate is not None)
        return tuple(dict.fromkeys(n for n in (*self.program.nodes(), *gates) if n.op in ("input", "row")))

    @cached_property
    def packed(self) -> dict[int, dict[Node, int]]:
        """For the rows of each table, the columns that are kept side by side, row by row: one address reaches
        them all.
        """
        groups: dict[int, dict[Node, int]] = {}
        for node, home in self.home.items():
            if len(home) == 1 and home[0] >= self.axes and not self.pairs:
                group = groups.setdefault(home[0], {})
                group[node] = len(group)
        return groups

    def name(self, loop: int) -> str:
        return f"axis{loop}" if loop < self.axes else self.tables[loop - self.axes]

    def __str__(self) -> str:
        from .program import describe

        lines = []
        for stage in self.stages:
            where = " x ".join(self.name(k) for k in stage.domain) or "once"
            where += f", where v{stage.gate.index} is not zero" if stage.gate is not None else ""
            lines.append(f"{stage.kind} over {where}:")
            lines += [f"  v{n.index} = {describe(n)}" for n in stage.body]
            lines += [f"  store v{n.index} = {describe(n)}" for n in stage.results if n not in stage.body]
            kept = [f"v{n.index}" for n in stage.results if n in stage.body]
            lines += [f"  store {', '.join(kept)}"] if kept else []
        return "\n".join(lines)


def loop_names(program: Program, axes: int) -> dict[int, str]:
    tables = sorted(set(program.rows.values()))
    return {k: f"axis{k}" for k in range(axes)} | {axes + k: t for k, t in enumerate(tables)}


def explain(plan: Schedule) -> str:
    """How many operations run over which loops: what was hoisted out of the innermost one."""
    names = loop_names(plan.program, plan.axes)
    count: dict[frozenset[int], int] = {}
    for stage in plan.stages:
        count[frozenset(stage.domain)] = (
            count.get(frozenset(stage.domain), 0) + operations(stage.body) + len(stage.results) * (stage.kind == "sum")
        )
    widest = max(count, key=lambda d: (len(d), count[d]), default=frozenset())
    lines = []
    for domain, n in sorted(count.items(), key=lambda item: (-len(item[0]), sorted(item[0]))):
        hoisted = "" if domain == widest else " (hoisted)" if domain < widest else ""
        lines.append(f"{n} operations over {over(domain, names)}{hoisted}")
    return "\n".join(lines) or "nothing is left to compute"


def loop_order(axes: int, tables: int) -> dict[int, int]:
    """Position of each loop in the nest: leading axes, rows, last axis."""
    order = [*range(axes - 1), *range(axes, axes + tables), *([axes - 1] if axes else [])]
    return {loop: place for place, loop in enumerate(order)}


def domains(program: Program, pattern: Mapping[str, frozenset[int]], axes: int) -> dict[Node, frozenset[int]]:
    """The loops each node depends on, given those of the inputs."""
    loops = {t: axes + k for k, t in enumerate(sorted(set(program.rows.values())))}
    out: dict[Node, frozenset[int]] = {}
    for node in program.nodes():
        if node.op == "input":
            out[node] = pattern[str(node.value)]
        elif node.op == "row":
            out[node] = frozenset({loops[program.rows[str(node.value)]]})
        else:
            union = frozenset().union(*(out[a] for a in node.args))
            out[node] = union - {loops[str(node.value)]} if node.op == "mean" else union
    return out


def schedule(
    program: Program,
    pattern: Mapping[str, frozenset[int]],
    axes: int,
    pairs: frozenset[Node] = frozenset(),
    careful: bool = False,
    gate: str | None = None,
) -> Schedule:
    """Stages for a program whose inputs depend on the axes as `pattern` says.

    A `mean` node with a second argument is computed only where that is not zero; so is everything over all
    axes where the input called `gate` is zero.

    >>> import sympy as sp
    >>> from chentsov.geometry.kernels.lower import lower
    >>> x, y = sp.symbols("x y")
    >>> print(schedule(lower([sp.exp(x) * sp.sin(y)], [x, y]), {"x": frozenset({0}), "y": frozenset({1})}, 2))
    map over axis0:
      v2 = exp(x)
      store v2
    map over axis1:
      v3 = sin(y)
      store v3
    map over axis0 x axis1:
      v4 = v2 * v3
      store v4
    """
    tables = tuple(sorted(set(program.rows.values())))
    where = domains(program, pattern, axes)
    rank = loop_order(axes, len(tables))
    nodes = [n for n in program.nodes()]
    level: dict[Node, int] = {}
    for node in nodes:
        below = max((level[a] for a in node.args), default=0)
        level[node] = below + (node.op == "mean" or _on_host(node))
    key = {n: (level[n], where[n]) for n in nodes}
    cells = frozenset(range(axes))
    gate_node = program.graph.input(gate) if gate is not None and cells and pattern[gate] == cells else None
    if gate_node is not None:
        where[gate_node] = cells

    def again(a: Node, there: tuple[int, frozenset[int]]) -> bool:
        """Whether a value over rows and all axes is computed once more for a later stage: a table of it would be as
        large as all the work.
        """
        return (
            where[a] == there[1]
            and level[a] < there[0]
            and where[a] > cells
            and a.op not in ("input", "row", "mean")
            and not _on_host(a)
        )

    # Stored: leaves from outside, means, host results, outputs, and whatever another stage reads.
    stored: set[Node] = {n for n in nodes if n.op in ("input", "row", "mean") or _on_host(n)} | set(program.outputs)
    for node in nodes:
        if node.op in MASKS and node not in stored:
            continue
        for a in _operands(node):
            if a.op in LEAVES:
                continue
            if _on_host(node):
                stored.add(a)
            elif node.op == "mean":
                there = _integrand_key(node, key, where, axes, tables)
                if there != key[a] and not again(a, there):
                    stored.add(a)
            elif key[a] != key[node] and not again(a, key[node]):
                stored.add(a)

    def ordered(domain: frozenset[int]) -> tuple[int, ...]:
        return tuple(sorted(domain, key=rank.__getitem__))

    plan: list[tuple[tuple, Stage]] = []
    maps: dict[tuple, list[Node]] = {}
    sums: dict[tuple, list[Node]] = {}
    for node in nodes:
        if node.op == "mean":
            gated = node.args[1] if len(node.args) > 1 else gate_node if where[node] == cells else None
            sums.setdefault((*_integrand_key(node, key, where, axes, tables), str(node.value), gated), []).append(node)
        elif _on_host(node):
            # between its argument's level and its own
            inputs = tuple(node.args)
            plan.append(
                (
                    (level[node] - 0.5, len(where[node]), node.index),
                    Stage("host", level[node], ordered(where[node]), (node,), inputs, (node,)),
                )
            )
        elif node in stored and node.op not in ("input", "row"):
            maps.setdefault(key[node], []).append(node)
    for (lvl, domain), results in maps.items():
        body, inputs = _body(results, again, key, (lvl, domain))
        gated = gate_node if domain == cells and lvl else None
        plan.append(
            (
                (lvl, len(domain), min(n.index for n in results)),
                Stage("map", lvl, ordered(domain), body, _with(inputs, gated), tuple(results), gate=gated),
            )
        )
    for (lvl, domain, table, gated), results in sums.items():
        integrands = [n.args[0] for n in results]
        body, inputs = _body(integrands, again, key, (lvl, domain))
        plan.append(
            (
                (lvl + 0.25, len(domain), min(n.index for n in results)),
                Stage(
                    "sum",
                    lvl,
                    ordered(domain),
                    body,
                    _with(inputs, gated),
                    tuple(results),
                    axes + tables.index(table),
                    gated,
                ),
            )
        )
    plan.sort(key=lambda p: p[0])
    home = {n: ordered(where[n]) for n in (*stored, *([gate_node] if gate_node is not None else []))}
    made = {n for n in home if n.op in ("input", "row")}
    for _, stage in plan:
        assert all(n in made or n.op in LEAVES for n in stage.inputs), "a stage reads what a later one stores"
        made.update(stage.results)
    return Schedule(program, axes, tables, tuple(s for _, s in plan), home, pairs, careful)


def _with(inputs: tuple[Node, ...], gate: Node | None) -> tuple[Node, ...]:
    return inputs if gate is None or gate in inputs else (*inputs, gate)


def _operands(node: Node) -> list[Node]:
    """What a node reads, conditions replaced by what they compare."""
    out: list[Node] = []
    for a in node.args:
        out.extend(_operands(a) if a.op in MASKS else [a])
    return out


def _on_host(node: Node) -> bool:
    record = FUNCTIONS.get(node.op)
    if node.op == "polygamma" and int(node.value) <= 8:  # type: ignore[call-overload]
        return False  # our own (`native.polygamma`); SciPy has high orders
    return record is not None and record.native is not None and record.native.startswith(("scipy:", "numpy"))


def _integrand_key(mean: Node, key: dict, where: dict, axes: int, tables: Sequence[str]) -> tuple[int, frozenset[int]]:
    """The stage that averages: the level and the domain of the integrand and of the gate, the rows always included."""
    domain = frozenset().union(*(where[a] for a in mean.args))
    return max(key[a][0] for a in mean.args), domain | {axes + tables.index(str(mean.value))}


def _body(
    results: Sequence[Node], again: Callable[[Node, tuple], bool], key: dict, here: tuple
) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The nodes to evaluate in a stage, in order, and the stored values it reads."""
    body: list[Node] = []
    inputs: list[Node] = []
    done: set[Node] = set()
    pending: list[tuple[Node, bool]] = [(n, False) for n in reversed(results)]
    while pending:
        node, ready = pending.pop()
        if ready:
            body.append(node)
        elif node not in done and node.op not in LEAVES:
            done.add(node)
            if (
                node.op in ("input", "row", "mean")
                or _on_host(node)
                or (key[node] != here and node.op not in MASKS and not again(node, here))
            ):
                inputs.append(node)
            else:
                pending.append((node, True))
                pending.extend((a, False) for a in reversed(node.args))
    return tuple(body), tuple(inputs)
