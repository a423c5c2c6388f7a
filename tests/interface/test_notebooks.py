"""The notebooks run from top to bottom, and show what they say they show."""

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


# The longer pages run with `pytest -m slow`.
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(p.stem, marks=[] if p.stem == "quickstart" else [pytest.mark.slow])
        for p in sorted(NOTEBOOKS.glob("*.py"))
    ],
)
def test_notebook_runs(name, tmp_path):
    shown = _shown(_executed(name, tmp_path))
    assert not any(output.output_type == "error" for output in shown)
    text = "\n".join(str(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in shown)
    if name == "quickstart":
        assert any("image/png" in output.get("data", {}) for output in shown)
        assert "'hessian'" in text and "True" in text and "FAIL" not in text.split("cross-check")[-1]
        assert text.count("pass") >= 2
    assert list(tmp_path.iterdir()) == []
