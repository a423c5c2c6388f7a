"""`chentsov plot`, `chentsov explore` and `dataset.chentsov`: what is shown is what the dataset holds."""

import json
import re
import shutil
import subprocess
import sys

import chentsov as ch
import numpy as np
import pytest
import sympy as sp
import xarray as xr
from chentsov.command_line import run
from chentsov.explore import explorer_page
from chentsov.plots_grid import picture, reasons

u, v = sp.Symbol("u", positive=True), sp.Symbol("v", real=True)
PLANE = ch.RiemannianManifold([[1, 0], [0, u**2 + v**2]], (u, v), name="bent <plane> & more")


@pytest.fixture(scope="module")
def study():
    """Twelve cells without a number (u ≤ 0), certified where there is one."""
    axes = {u: np.linspace(-1, 2, 7), v: np.linspace(0.5, 1, 4)}
    made = PLANE.on_grid(axes, ["ricci_scalar", "determinant", "metric"], rtol=1e-9)
    made["path_u"], made["path_v"] = ("step", [0.5, 1.0, 1.5]), ("step", [0.6, 0.7, 0.9])
    return made


@pytest.fixture(scope="module")
def file(study, tmp_path_factory):
    path = tmp_path_factory.mktemp("study") / "study.nc"
    study.to_netcdf(path, engine="h5netcdf")
    return path


def test_a_picture_says_what_it_shows(study):
    figure = picture(study, ["ricci_scalar", "determinant"])
    panels = figure.axes[:2]
    assert [ax.get_title() for ax in panels] == ["Ricci scalar $R$", r"determinant of the metric $\det g$"]
    mesh = panels[1].collections[0]
    np.testing.assert_array_equal(
        np.ma.filled(mesh.get_array(), np.nan).reshape(4, 7), study.determinant.transpose("v", "u")
    )
    assert panels[0].patches[0].get_hatch()  # cells without a number
    assert "12 outside the domain" in figure.legends[0].get_texts()[0].get_text()
    assert figure.get_suptitle() == "bent <plane> & more"
    assert panels[0].lines[0].get_xdata().tolist() == [0.5, 1.0, 1.5]  # the path that the study holds


def test_components_lines_limits_and_contours(study):
    assert len([a for a in picture(study, "metric").axes if a.get_title()]) == 4
    one = picture(study, "metric", at={"i": "v", "j": "v"})
    assert len([a for a in one.axes if a.get_title()]) == 1
    lines = picture(study, "determinant", "lines", at={"u": 1.9})
    np.testing.assert_allclose(lines.axes[0].lines[0].get_ydata(), 4 + study.v.values**2)
    assert "u = 2" in lines.get_suptitle()
    limited = picture(study, "ricci_scalar", limits=(-1, 1)).axes[0].collections[0].norm
    assert (limited.vmin, limited.vmax) == (-1, 1)
    assert picture(study, "ricci_scalar", "contours").axes[0].collections


def test_arrows_of_a_stored_field():
    x = np.linspace(-1, 1, 5)
    field = xr.Dataset(
        {"w": (("a", "b", "k"), np.ones((5, 5, 2))), "R": (("a", "b"), np.outer(x, x))}, {"a": x, "b": x}
    )
    (arrows,) = (c for c in picture(field, "R", "vectors").axes[0].collections if hasattr(c, "U"))
    assert np.allclose(arrows.U, np.sqrt(0.5))
    field = field.assign_coords(k=[1, 2])  # numbered components are no axis
    given = picture(field, "R", vectors=lambda axes: (axes["a"][:, None], 0 * axes["b"]))
    (arrows,) = (c for c in given.axes[0].collections if hasattr(c, "U"))
    assert np.allclose(arrows.U.reshape(5, 5), np.sign(x)) and np.allclose(arrows.V, 0)


def test_reasons_and_the_status_table_agree(study):
    table = study.chentsov.status_table
    assert table.cells["outside_the_domain"] == 12 and table.cells["ok"] == 16 and table.cells.sum() == 28
    assert reasons(study) == {"outside the domain": 12}


@pytest.mark.slow
def test_an_accessor_comes_by_import():
    code = (
        "import xarray as xr, chentsov.xarray; d = xr.Dataset({'a': ('x', [1.0, 2.0])}, {'x': [0.0, 1.0]});"
        "print(type(d.chentsov.plot()).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "Figure"


@pytest.mark.parametrize(
    "ending, magic",
    [("png", b"\x89PNG"), *(pytest.param(*e, marks=pytest.mark.slow) for e in (("svg", b"<?xml"), ("pdf", b"%PDF")))],
)
def test_plot_writes_pictures(ending, magic, file, tmp_path, capsys):
    target = tmp_path / f"picture.{ending}"
    assert run(["plot", str(file), "--quantity", "determinant", "--field", "-v, u", "--output", str(target)]) == 0
    assert target.read_bytes().startswith(magic)


def test_plot_evaluates_a_manifold_itself(tmp_path, capsys):
    (tmp_path / "path.csv").write_text("m,s\n0.5,1\n1,2\n")
    assert run(["plot", "--metric", "1/s^2, 0; 0, a/s^2", "--coordinates", "m s", "--positive", "s", "--constant", "a=2",
                "--axis", "m=0:1:4", "--axis", "s=1:2:5", "--path", str(tmp_path / "path.csv"),
                "--output", str(tmp_path / "p.png")]) == 0  # fmt: skip
    assert (tmp_path / "p.png").exists()


def test_explore_writes_one_file_with_the_numbers_in_it(file, study, capsys):
    offline = pytest.importorskip("plotly.offline")
    assert run(["explore", str(file)]) == 0
    page = file.with_suffix(".html").read_text(encoding="utf-8")
    assert offline.get_plotlyjs() in page
    page = page.replace(offline.get_plotlyjs(), "")
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)  # nothing is fetched
    assert "<title>bent &lt;plane&gt; &amp; more</title>" in page
    content = json.loads(re.search(r'id="study">(.*?)</script>', page, re.S)[1].replace("<\\/", "</"))
    assert content["digits"] == 9 and [a["name"] for a in content["axes"]] == ["u", "v"]
    import base64

    (field,) = (f for f in content["fields"] if f["name"] == "determinant")
    numbers = np.frombuffer(base64.b64decode(field["values"]), "<f8").reshape(7, 4)
    np.testing.assert_array_equal(numbers, study.determinant.transpose("u", "v"))
    codes = np.frombuffer(base64.b64decode(content["status"]["codes"]), "i1").reshape(7, 4)
    np.testing.assert_array_equal(codes, study.status.transpose("u", "v"))
    assert content["status"]["meanings"]["2"] == "outside the domain"
    assert content["path"]["u"] == [0.5, 1.0, 1.5]
    (scalar,) = (f for f in content["fields"] if f["name"] == "ricci_scalar")
    assert scalar["signed"] and len([f for f in content["fields"] if f["name"] == "metric"]) == 4


def _browser():
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.slow
@pytest.mark.skipif(_browser() is None, reason="no Chromium to take a screenshot with")
def test_a_browser_draws_the_page(study, tmp_path):
    pytest.importorskip("plotly")
    study.chentsov.explore(tmp_path / "page.html")
    common = [_browser(), "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader",
              "--virtual-time-budget=20000", "--window-size=1200,1000", f"--user-data-dir={tmp_path / 'profile'}"]  # fmt: skip
    shot, page = tmp_path / "shot.png", (tmp_path / "page.html").as_uri()
    subprocess.run([*common, f"--screenshot={shot}", page], check=True, capture_output=True, timeout=120)
    from matplotlib.image import imread

    pixels = imread(shot)[100:650, :, :3]
    assert len(np.unique((pixels * 16).astype(int).reshape(-1, 3), axis=0)) > 40  # a surface, not an empty frame
    document = subprocess.run([*common, "--dump-dom", page], check=True, capture_output=True, text=True, timeout=120)
    assert "Every number is certified to 9 digits" in document.stdout and 'id="slider-u"' in document.stdout
    assert document.stdout.count('class="plot-container') == 3


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda p: xr.Dataset({"t": ("x", [1.0, 2.0])}, {"x": [0.0, 1.0]}).to_netcdf(p, engine="h5netcdf"),
         "is no study of ours"),
        (lambda p: p.write_text("words"), "it is no NetCDF file or Zarr store"),
        (lambda p: None, "no such file"),
        (lambda p: PLANE.on_grid({u: [1.0], v: [1.0]}, ["determinant"]).to_netcdf(p, engine="h5netcdf"),
         "no axis of more than one point"),
    ],
    ids=["foreign", "text", "absent", "a point"],
)  # fmt: skip
def test_foreign_files_are_refused_in_one_line(make, words, tmp_path, capsys):
    pytest.importorskip("plotly")
    path = tmp_path / "data.nc"
    make(path)
    assert run(["explore", str(path)]) == 2
    complaint = capsys.readouterr().err
    assert words in complaint and complaint.count("\n") == 1
    assert not path.with_suffix(".html").exists()


def test_a_missing_library_is_named(study, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(ch.ChentsovError, match=r"pip install 'chentsov\[explore\]'"):
        explorer_page(study)


@pytest.mark.parametrize(
    "options, words",
    [
        (["--quantity", "ricci_scalr"], "did you mean 'ricci_scalar'?"),
        (["--kind", "pie"], "unknown kind of picture 'pie'"),
        (["--kind", "vectors"], "give the field by --field"),
        (["--field", "u"], "has two components by ',', not 1"),
        (["--field", "u, w"], "unknown name 'w'"),
        (["--at", "w=3"], "'w' is no axis of this dataset"),
        (["--at", "u"], "--at is written name=value"),
        (["--at", "u=1", "--at", "v=1"], "no quantity over an axis"),
        (["--limits", "1"], "colour limits are written low:high"),
        (["--limits", "2:1"], "colour limits are two numbers that rise"),
        (["--path", "nowhere.csv"], "cannot read the data file"),
        (["--axis", "u=0:1:3"], "a stored study has its own"),
        (["--output", "picture.gif"], "a picture is written as .png, .svg, .pdf"),
    ],
)
def test_bad_questions_of_plot(options, words, file, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["plot", str(file), *options]) == 2
    complaint = capsys.readouterr().err
    assert words in complaint and complaint.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
