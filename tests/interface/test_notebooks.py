"""The notebooks run from top to bottom, and show what they say they show."""

import ast
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def _executed(name, folder):
    import jupytext
    from nbclient import NotebookClient

    notebook = jupytext.read(NOTEBOOKS / f"{name}.py")
    NotebookClient(notebook, timeout=150, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def _shown(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def test_the_first_page_runs_as_a_script(tmp_path, monkeypatch, capsys):
    """Cell by cell as Jupyter does it, without its kernel: what a cell ends in is shown."""
    import chentsov.plots_neuron
    import jupytext
    from chentsov.plots import new_figure

    monkeypatch.setattr(chentsov.plots_neuron, "neuron_figure", lambda *_: new_figure(1, 1))  # it takes a second
    monkeypatch.chdir(tmp_path)
    scope, shown = {}, []
    for cell in jupytext.read(NOTEBOOKS / "quickstart.py").cells:
        if cell.cell_type == "code":
            body = ast.parse("".join(line for line in cell.source.splitlines(True) if not line.startswith("%")))
            last = body.body.pop() if isinstance(body.body[-1], ast.Expr) else None
            exec(compile(body, "quickstart", "exec"), scope)
            if last is not None:
                shown.append(eval(compile(ast.Expression(last.value), "quickstart", "eval"), scope))
    assert any(type(value).__name__ == "Figure" for value in shown)
    text = "\n".join(map(repr, shown)) + capsys.readouterr().out
    assert "'hessian'" in text and "True" in text and "FAIL" not in text.split("cross-check")[-1]
    assert text.count("pass") >= 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [p.stem for p in sorted(NOTEBOOKS.glob("*.py"))])
def test_notebook_runs(name, tmp_path):
    shown = _shown(_executed(name, tmp_path))
    assert not any(output.output_type == "error" for output in shown)
    text = "\n".join(str(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in shown)
    if name == "quickstart":
        assert any("image/png" in output.get("data", {}) for output in shown)
        assert "'hessian'" in text and "True" in text and "FAIL" not in text.split("cross-check")[-1]
        assert text.count("pass") >= 2
    assert list(tmp_path.iterdir()) == []
