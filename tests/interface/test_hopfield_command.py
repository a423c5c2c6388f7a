"""``chentsov hopfield``: what it writes, and what it says to bad input."""

import numpy as np
import pytest
import xarray as xr
from chentsov.command_line import run


def test_the_default_system_in_small(tmp_path, capsys):
    assert run(["hopfield", "--points", "24", "--time", "2", "--output", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "κ_riemannian = −ΔE" in said and "FAIL" not in said and said.count("pass") == 6
    with xr.open_dataset(tmp_path / "hopfield.nc", engine="h5netcdf") as result:
        kappa = result["compressibility"]
        np.testing.assert_allclose(
            2 * kappa.sel(volume="riemannian"), kappa.sel(volume="primal") + kappa.sel(volume="dual"), rtol=1e-12
        )
        np.testing.assert_allclose(
            kappa.sel(volume="riemannian"), -result["laplacian_of_energy"], rtol=1e-9, atol=1e-12
        )
        np.testing.assert_allclose(result["accumulated"], result["log_volume"], atol=1e-6)
        assert sorted(result["fixed_point_kind"].values.tolist()) == ["saddle", "stable", "stable"]
        # The two basins are mirror images: neurons exchanged, states exchanged.
        basin = result["basin"].values
        assert (
            set(np.unique(basin)) == {0, 2}
            and (basin[~np.eye(24, dtype=bool)] + basin.T[~np.eye(24, dtype=bool)] == 2).all()
        )
        assert (np.diff(result["path_energy"]) < 0).all()
    assert (tmp_path / "hopfield.png").read_bytes()[:4] == b"\x89PNG"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["hopfield.nc", "hopfield.png"]


@pytest.mark.slow
def test_weights_that_are_not_symmetric(tmp_path, capsys):
    arguments = ["--weights", "2, -3; 3, 2", "--activation", "u/sqrt(1 + u^2)", "--points", "16", "--time", "1"]
    assert run(["hopfield", *arguments, "--latex", "--output", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "not symmetric: no energy" in said and r"\frac" in said
    with xr.open_dataset(tmp_path / "hopfield.nc", engine="h5netcdf") as result:
        assert "energy" not in result and np.abs(result["spectrum_imaginary"]).max() > 1
        np.testing.assert_allclose(result["accumulated"], result["log_volume"], atol=1e-6)


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--weights", "1, 2; 3"], "square matrix"),
        (["--weights", "1, x; 3, 4"], "weights are written as rows"),
        (["--weights", "1"], "two neurons"),
        (["--weights", "1,2,3;4,5,6;7,8,9"], "two neurons"),
        (["--weights", "1, nan; nan, 1"], "not finite"),
        (["--activation", "sinus"], "unknown activation"),
        (["--activation", "sin(u)"], "does not increase strictly"),
        (["--activation", "u*w"], "in u alone"),
        (["--activation", "__import__('os')"], "error"),
        (["--resistance", "-1, 1"], "must be positive"),
        (["--capacitance", "0, 1"], "must be positive"),
        (["--capacitance", "1"], "one number for each"),
        (["--current", "inf, 0"], "finite"),
        (["--gain", "0"], "gain is 0"),
        (["--gain", "1e308"], r"the gain lies between 1e-06 and 1e\+06"),
        (["--points", "1"], "2 to 4096 points"),
        (["--extent", "nan"], "extent must be a positive number"),
        (["--time", "-1"], "time must be a positive number"),
        (["--start", "1"], "one number for each"),
        (["--output", "/dev/null/x"], "cannot write"),
    ],
)
def test_bad_input_ends_in_one_line_and_status_2(arguments, words, capsys):
    import re

    assert run(["hopfield", *arguments]) == 2
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1 and re.search(words, said), said


def test_it_is_listed_in_the_help(capsys):
    assert run(["--help"]) == 0 and "hopfield" in capsys.readouterr().out


def test_basins_of_three_neurons(tmp_path, capsys):
    weights = "0, 1.5, 1.5; 1.5, 0, 1.5; 1.5, 1.5, 0"
    assert run(["hopfield", "--weights", weights, "--current", "0", "--activation", "tanh", "--basins", "128",
                "--gain", "1", "--output", str(tmp_path)]) == 0  # fmt: skip
    said = capsys.readouterr().out
    assert "share" in said and "stable" in said
    with xr.open_dataset(tmp_path / "hopfield.nc") as result:
        stable = result["kind"].values == "stable"
        assert stable.sum() == 2 and abs(result["share"].values.sum() - 1) < 1e-12
    assert (tmp_path / "hopfield.png").stat().st_size > 5000
    for wrong, words in ((["--basins", "-1"], "1 to"), (["--current", "1, 2"], "for each of the 3 neurons")):
        assert run(["hopfield", "--weights", weights, "--basins", "8", *wrong]) == 2
        assert words in capsys.readouterr().err
