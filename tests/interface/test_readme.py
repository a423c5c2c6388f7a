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


PAGES = sorted(p for p in (ROOT / "docs").rglob("*.md") if "generated" not in p.parts)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT / "docs").with_suffix("").as_posix())
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


def test_links_between_pages_lead_to_files():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists() or (ROOT / target).exists(), (page.name, target)


def test_every_page_stands_in_a_table_of_contents():
    listed = set()
    for page in PAGES:
        for block in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            listed |= {
                (page.parent / line).with_suffix(".md") for line in block.splitlines() if line and line[0] != ":"
            }
    assert {p for p in PAGES if p.name != "index.md" or p.parent.name == "reference"} <= listed


def test_indices_are_not_taken_for_emphasis():
    """An index behind a symbol, ∂_k Γ_{ij}, opens an emphasis in Markdown: such formulas stand in dollars."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    parser = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)
    for page in (*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"):
        for token in parser.parse(page.read_text(encoding="utf-8")):
            assert all(t.markup != "_" for t in token.children or () if t.type == "em_open"), (page.name, token.content)


def test_code_blocks_are_examples_that_run_or_are_marked_as_sketches():
    for page in PAGES:
        for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            assert block.startswith(">>> "), (page.name, block[:60])


@pytest.mark.slow
@pytest.mark.parametrize("script", sorted((ROOT / "docs" / "gallery").glob("plot_*.py")), ids=lambda p: p.stem)
def test_pictures_of_the_gallery_take_ten_lines(script, monkeypatch):
    import ast
    import runpy

    import matplotlib

    matplotlib.use("agg")
    source = script.read_text(encoding="utf-8")
    code = [n for n in ast.parse(source).body[1:] if not isinstance(n, ast.Import)]
    assert sum(n.end_lineno - n.lineno + 1 for n in code) <= 11  # ten, and plt.show()
    runpy.run_path(str(script))


@pytest.mark.slow
def test_the_site_builds_without_warnings(tmp_path):
    import subprocess
    import sys

    for module in ("sphinx", "furo", "myst_nb", "sphinx_gallery", "sphinx-mathjax-offline", "jupytext"):
        pytest.importorskip(module)
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", str(ROOT / "docs"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580)
    assert done.returncode == 0, done.stderr[-3000:]
    for page in (tmp_path / "structures.html", tmp_path / "index.html", *(tmp_path / "generated").rglob("*.html")):
        assert not re.search(r'<(script|link)[^>]*(src|href)="(https?:)?//', page.read_text(encoding="utf-8")), page
    assert "_static/mathjax/" in (tmp_path / "structures.html").read_text(encoding="utf-8")
    assert (tmp_path / "_static" / "mathjax" / "tex-chtml.js").exists()


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
        arguments = shlex.split(line.split(" --output ")[0])[1:]
        where = {"grid": tmp_path, "plot": tmp_path / "plot.png"}.get(arguments[0])
        assert run([*arguments, "--output", str(where)] if where else arguments) == 0, line
    assert "0" in capsys.readouterr().out
