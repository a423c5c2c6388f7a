"""What became of a formula: every pass of the compiler says what it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from . import arrange, running, schedule, separate, stable
from .contraction import Contraction
from .counts import operations, written_out
from .native import emit
from .program import Program
from .schedule import Schedule

__all__ = ["explain_formula", "explain_plan"]

_SHOWN = 6  # expressions whose rewriting is shown


def explain_formula(expressions: Sequence[Any], program: Program) -> str:
    """Structure, stable forms, and common subexpressions: what does not depend on a call."""
    jets: dict[Any, list[str]] = {}
    for e in expressions:
        if isinstance(e, Contraction):
            jets.setdefault(e.jet, [])
            jets[e.jet] += [e.quantity] if e.quantity not in jets[e.jet] else []
    parts = [
        _section(
            "structure",
            "\n".join(jet.explain(names) for jet, names in jets.items()) or "closed forms, as they are given",
        )
    ]
    scalars = [
        e for e in [*expressions, *(c for jet in jets for c in jet.expressions)] if not isinstance(e, Contraction)
    ]
    texts = Counter(stable.explain(e, stable.stable(e)) for e in dict.fromkeys(scalars))
    rewritten = [text if n == 1 else f"{text} ({n} times)" for text, n in texts.items() if text != "nothing to rewrite"]
    more = [f"and {len(rewritten) - _SHOWN} more"] if len(rewritten) > _SHOWN else []
    parts.append(_section("stable forms", "\n".join(rewritten[:_SHOWN] + more) or "nothing to rewrite"))
    distinct = len(set(program.outputs))
    parts.append(
        _section(
            "common subexpressions",
            f"{written_out(program)} operations written out -> {operations(program.nodes())} when each is computed "
            "once",
        )
    )
    parts.append(_section("symmetry", f"{len(program.outputs)} results asked for, {distinct} computed"))
    return "\n".join(parts)


def explain_plan(
    program: Program,
    separated: bool,
    pattern: Mapping[str, frozenset[int]],
    axes: int,
    plan: Schedule,
    bits: int,
    register_bytes: int,
) -> str:
    """Exponentials by axis, common pairs, hoisting and vectors: what the axes of a call decide."""
    apart = separate.separate(program, pattern, axes, separated=separated)
    nested = arrange.arrange(apart, pattern, axes)
    return "\n".join(
        [
            _section("exponentials by axis", separate.explain(program, apart, pattern, axes, separated)),
            _section("common pairs", arrange.explain(apart, nested)),
            _section("hoisting", schedule.explain(plan)),
            _section("vectors and registers", emit.explain(plan, bits, register_bytes)),
            _section("error bounds", _rules(program)),
        ]
    )


def _rules(program: Program) -> str:
    missing = running.without_rule(program)
    return f"none for {', '.join(missing)}: balls certify what contains them" if missing else "of every operation"


def _section(title: str, text: str) -> str:
    return f"{title}:\n" + "\n".join(f"  {line}" for line in text.splitlines())
