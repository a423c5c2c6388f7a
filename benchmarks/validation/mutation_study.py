"""The mutation study as a table: every broken and every right program of tests/validation/study.py.

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
    path = Path(__file__).resolve().parents[2] / "tests" / "validation" / "study.py"
    spec = importlib.util.spec_from_file_location("curvature_study", path)
    assert spec is not None and spec.loader is not None
    study = importlib.util.module_from_spec(spec)
    sys.modules["curvature_study"] = study
    spec.loader.exec_module(study)

    def judge(program):
        options = dict(program.options)
        if not {"manifold", "suite"} & set(options):
            options["suite"] = suite
        started = time.process_time()
        return ch.check_curvature(program.load(), **options, shrink=False), time.process_time() - started

    def able(program) -> bool:
        missing = [m for m in program.needs if importlib.util.find_spec(m) is None]
        if missing:
            print(f"skipped   {program.name} (needs {', '.join(missing)})")
        return not missing

    started = time.process_time()
    right = accepted = total = rejected = first = named = 0
    for program in filter(able, study.RIGHT):
        report, seconds = judge(program)
        right += 1
        accepted += report.passed
        print(f"{'accepted' if report.passed else 'REJECTED':<9} {program.name} ({seconds:.2f} s)", flush=True)
    for program in filter(able, study.BROKEN):
        report, seconds = judge(program)
        name, alike = study.names_of(report)
        total += 1
        rejected += not report.passed
        first += name in program.accept
        named += bool(alike & set(program.accept))
        mark = "first" if name in program.accept else "named" if alike & set(program.accept) else "MISSED"
        print(
            f"{'PASSED!' if report.passed else 'rejected':<9} {mark:<6} {program.name}: {name or 'none'} ({seconds:.2f} s)",
            flush=True,
        )
    print(
        f"\npromised diagnoses: {len(study.PROMISED)}, each with two programs or more; {time.process_time() - started:.0f} s of CPU time"
    )
    print(f"\nright programs: {accepted} of {right} accepted")
    print(f"broken programs: {rejected} of {total} rejected; diagnosis first {first} ({first / total:.1%}), "
          f"first or indistinguishable {named} ({named / total:.1%})")  # fmt: skip


if __name__ == "__main__":
    main()
