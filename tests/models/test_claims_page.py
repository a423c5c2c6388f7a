"""docs/claims.md is what `python -m benchmarks.claims` makes: lines judged anew, and no line without a judge."""

import importlib
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
LINES = [line for line in PAGE.splitlines() if line.startswith("| ")][2:]

sys.path.insert(0, str(ROOT))
try:
    COMMAND = importlib.import_module("benchmarks.claims.__main__")
finally:
    sys.path.remove(str(ROOT))

# a second or more each: derivations of several families or losses
LONG = {
    "drop_in",
    "cross_form",
    "second_moment",
    "isometric",
    "trace_relation",
    "equal_traces",
    "tosses",
    "independent",
}
QUICK = [c for c in COMMAND.CLAIMS if not c.runs]


def test_every_claim_has_its_line_and_every_line_its_claim():
    expected = [[f"| {c.where}", c.statement.replace("|", r"\|")] for c in COMMAND.CLAIMS]
    assert [line.split(" | ")[:2] for line in LINES] == expected


def test_the_page_around_the_lines():
    assert COMMAND.page(LINES) == PAGE


def test_every_verdict_is_one_of_few_and_has_evidence():
    for line in LINES:
        *_, verdict, evidence = line.strip("| ").split(" | ")
        assert verdict.strip("*") in {"confirmed", "refuted", "in part", "misprint", "contradictory", "avoidable"}
        assert len(evidence) > 10


@pytest.mark.parametrize(
    "claim",
    [pytest.param(c, id=c.judge.__name__, marks=pytest.mark.slow if c.judge.__name__ in LONG else []) for c in QUICK],
)
def test_a_line_is_what_the_command_prints(claim):
    assert claim.row() in LINES


@pytest.mark.parametrize(
    "words", [r"72\.7 GB", r"5\.05 million", r"56 GB", "−451.1, −1038, −2074", r"5\.9 %", r"8\.3 %"]
)
def test_the_numbers_that_readers_ask_for_are_there(words):
    assert re.search(words, PAGE)
