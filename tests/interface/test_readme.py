"""The README is true: its examples run, its commands exist, its links lead somewhere."""

import doctest
import re
from pathlib import Path

import pytest
from chentsov.command_line import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_examples():
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0 and result.attempted > 15


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.stem)
def test_examples_of_the_docs(page):
    assert doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


def test_the_two_commands_stand_word_for_word():
    lines = README.splitlines()
    assert "python3 -m venv .venv && . .venv/bin/activate && pip install . && chentsov neuron" in lines
    assert "python3 -m venv .venv && . .venv/bin/activate && pip install -e '.[test]' && pytest" in lines


def test_every_command_is_listed():
    for command in COMMANDS:
        assert f"`chentsov {command}" in README, command


@pytest.mark.parametrize(
    "name", ["Neuron(inputs=", "DenseNetwork", "NumericNetwork", "conditional", "chunks=", "ch.store"]
)
def test_what_a_newcomer_looks_for_is_named(name):
    assert name in README


def test_every_page_is_linked():
    for page in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{page.name})" in README, page.name


def test_links_lead_to_files():
    for page in (README, *(p.read_text(encoding="utf-8") for p in (ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#:]+)\)", page):
            assert (ROOT / target).exists() or (ROOT / "docs" / target).exists(), target


def test_benchmarks_exist():
    scripts = re.findall(r"^python (?:-m )?(benchmarks[./\w]+)", README, flags=re.M)
    assert len(scripts) >= 4
    for script in scripts:
        path = ROOT / (script if script.endswith(".py") else f"{script.replace('.', '/')}/__main__.py")
        assert path.exists(), script


def test_example_commands_run(tmp_path, capsys):
    import shlex

    from chentsov.command_line import run

    examples = [line for line in README.splitlines() if line.startswith("chentsov ")]
    assert len(examples) >= 3
    for line in examples:
        arguments = shlex.split(line)[1:]
        assert run([*arguments, "--output", str(tmp_path)] if arguments[0] == "grid" else arguments) == 0, line
    assert "0" in capsys.readouterr().out
