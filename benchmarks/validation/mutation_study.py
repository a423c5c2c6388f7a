"""The mutation study as a table: every broken and every right program of tests/validation/programs.py.

    python benchmarks/validation/mutation_study.py [--suite default]

A broken program counts as *rejected* if its report fails, as *named first* if the expected name stands
first, and as *named* if it stands first or among the mistakes that predict the very same numbers.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from pathlib import Path

import chentsov as ch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="default")
    suite = parser.parse_args().suite
    path = Path(__file__).resolve().parents[2] / "tests" / "validation" / "programs.py"
    spec = importlib.util.spec_from_file_location("curvature_programs", path)
    assert spec is not None and spec.loader is not None
    programs = importlib.util.module_from_spec(spec)
    sys.modules["curvature_programs"] = programs
    spec.loader.exec_module(programs)

    def judge(program):
        options = dict(program.options)
        if not {"manifold", "suite"} & set(options):
            options["suite"] = suite
        started = time.process_time()
        return ch.check_curvature(program.load(), **options, shrink=False), time.process_time() - started

    right = accepted = 0
    for program in programs.CORRECT:
        if any(importlib.util.find_spec(m) is None for m in program.needs):
            print(f"skipped   {program.name} (needs {', '.join(program.needs)})")
            continue
        report, seconds = judge(program)
        right += 1
        accepted += report.passed
        print(f"{'accepted' if report.passed else 'REJECTED':<9} {program.name} ({seconds:.2f} s)", flush=True)
    total = rejected = first = named = 0
    for group, members in (("formula", programs.FORMULAS), ("arithmetic", programs.ARITHMETIC), ("own metric", programs.OWN_METRIC)):
        for program in members:
            report, seconds = judge(program)
            name = report.diagnosis.name.replace(" ", "") if report.diagnosis else "none"
            also = report.diagnosis.also if report.diagnosis else ()
            total += 1
            rejected += not report.passed
            first += name in program.accept
            hit = name in program.accept or bool(set(also) & set(program.accept))
            named += hit
            mark = "first" if name in program.accept else "named" if hit else "MISSED"
            print(f"{'PASSED!' if report.passed else 'rejected':<9} {mark:<6} {group:<10} {program.name}: {name} ({seconds:.2f} s)",
                flush=True)
    print(f"\nright programs: {accepted} of {right} accepted")
    print(f"broken programs: {rejected} of {total} rejected; diagnosis first {first} ({first / total:.1%}), first or indistinguishable {named} ({named / total:.1%})")


if __name__ == "__main__":
    main()
