"""What `docs/try.md` promises: closed forms without machine code, and one sentence where numbers are asked for."""

import subprocess
import sys

import pytest

CODE = """
import sys
for name in ("llvmlite", "numba", "scipy", "xarray", "pandas", "matplotlib", "typer", "rich"):
    sys.modules[name] = None
import sympy as sp, chentsov as ch
x, mu = sp.symbols("x mu", real=True)
sigma = sp.Symbol("sigma", positive=True)
density = sp.exp(-(x - mu)**2/(2*sigma**2))/(sp.sqrt(2*sp.pi)*sigma)
normal = ch.StatisticalManifold.from_density(density, {x: (-sp.oo, sp.oo)}, (mu, sigma))
assert normal.metric == sp.diag(1/sigma**2, 2/sigma**2) and normal.ricci_scalar == -1
assert ch.models.spacetimes.kerr().is_ricci_flat()
assert "double R" in ch.source({"R": normal.metric[1, 1]}, [sigma], "c").replace("metric", "R")
for name in ("scipy", "xarray", "pandas"):
    del sys.modules[name]
try:
    ch.compile(sigma**2, [sigma])(1.0)
except ch.ChentsovError as error:
    print(error)
"""


@pytest.mark.slow
def test_deriving_needs_no_machine_code():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "llvmlite, which is not installed" in done.stdout and done.stdout.count("\n") == 1


def test_the_page_runs_the_package_as_it_is_laid_out():
    from pathlib import Path

    docs = Path(__file__).resolve().parents[2] / "docs"
    page, script = ((docs / name).read_text(encoding="utf-8") for name in ("try.md", "static/try.js"))
    for part in ("try-program", "try-run", "try-output"):
        assert f'id="{part}"' in page
    program = page.split('<textarea id="try-program"')[1].split(">", 1)[1].split("</textarea>")[0]
    compile(program, "try.md", "exec")
    assert "chentsov.zip" in script and "chentsov.zip" in (docs / "conf.py").read_text(encoding="utf-8")
