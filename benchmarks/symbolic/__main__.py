"""`python -m benchmarks.symbolic`: metric -> Ricci scalar, three programs, a fresh process for each derivation.

Times are CPU seconds of the derivation alone, imports and the building of the metric excluded.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.symbolic.metrics import PROBLEMS, Problem

ROOT = Path(__file__).resolve().parent.parent.parent
METHODS = ("chentsov", "einsteinpy", "sympy factor")


def measure(problem: Problem, method: str, limit: float) -> dict[str, Any]:
    """One derivation in a process of its own, stopped after `limit` CPU seconds."""
    command = [sys.executable, "-m", "benchmarks.symbolic.methods", problem.name, method]
    row: dict[str, Any] = {"metric": problem.name, "method": method, "bar": problem.bar, "seconds": None, "right": None}
    late = {**row, "note": f"not finished in {limit:g} s"}
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=1.5 * limit + 10,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit) + 1)),
        )
    except subprocess.TimeoutExpired:
        return late
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return late
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {**row, "note": f"failed: {lines[-1][:80] if lines else f'exit code {done.returncode}'}"}
    return {**row, **json.loads(done.stdout.strip().splitlines()[-1]), "note": ""}


def cell(row: dict[str, Any]) -> str:
    """What the table says about a row."""
    if row["seconds"] is None:
        return row["note"]
    flag = " (WRONG)" if row["right"] is False else ""
    return f"{row['seconds']:.3f} s, {row['operations']} ops{flag}"


def table(rows: list[dict[str, Any]], methods: tuple[str, ...]) -> str:
    """A Markdown table, a line a metric."""
    lines = ["| metric | bar | " + " | ".join(methods) + " | |", "|---" * (len(methods) + 3) + "|"]
    for name in dict.fromkeys(row["metric"] for row in rows):
        mine = {row["method"]: row for row in rows if row["metric"] == name}
        ours = mine.get("chentsov")
        verdict = ""
        if ours is not None:
            met = ours["seconds"] is not None and ours["seconds"] <= ours["bar"] and ours["right"] is not False
            verdict = "met" if met else "MISSED"
        cells = " | ".join(cell(mine[m]) if m in mine else "" for m in methods)
        lines.append(f"| {name} | {PROBLEMS[name].bar:g} s | {cells} | {verdict} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.symbolic", description=__doc__)
    parser.add_argument("metrics", nargs="*", help=f"some of: {', '.join(PROBLEMS)}")
    parser.add_argument("--limit", type=float, default=120.0, help="CPU seconds for each derivation (default 120)")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--output", type=Path, default=ROOT / "outputs", help="folder for symbolic.md and symbolic.csv")
    options = parser.parse_args()
    unknown = [m for m in options.metrics if m not in PROBLEMS]
    if unknown:
        parser.error(f"unknown metric {', '.join(unknown)}; known are {', '.join(PROBLEMS)}")
    rows = []
    for name in options.metrics or PROBLEMS:
        for method in options.methods:
            rows.append(measure(PROBLEMS[name], method, options.limit))
            print(f"{name:22} {method:13} {cell(rows[-1])}", file=sys.stderr, flush=True)
    text = table(rows, tuple(options.methods))
    print(text)
    options.output.mkdir(parents=True, exist_ok=True)
    machine = f"CPU seconds; Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    _write(options.output / "symbolic.md", f"{text}\n\n{machine}, limit {options.limit:g} CPU s.\n")
    with (part := options.output / "symbolic.csv.part").open("w", newline="", encoding="utf-8") as file:
        columns = ["metric", "method", "bar", "seconds", "operations", "right", "note"]
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(part, options.output / "symbolic.csv")
    ours = [r for r in rows if r["method"] == "chentsov"]
    return (
        0 if all(r["seconds"] is not None and r["seconds"] <= r["bar"] and r["right"] is not False for r in ours) else 1
    )


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(path.suffix + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


if __name__ == "__main__":
    sys.exit(main())
