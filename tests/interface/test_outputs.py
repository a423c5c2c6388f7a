"""Files are whole or absent."""

import os
import stat

import pytest
import xarray as xr
from chentsov.outputs import OutputError, save_netcdf, save_text, writable_folder, write_beside


def test_a_failure_leaves_the_old_file_and_no_trace(tmp_path):
    path = tmp_path / "result.txt"
    save_text("old", path)
    with pytest.raises(RuntimeError, match="half way"):
        with write_beside(path) as temporary:
            temporary.write_text("ne")
            raise RuntimeError("half way")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_an_unserialisable_dataset_leaves_nothing(tmp_path):
    data = xr.Dataset({"a": ("x", [1.0, 2.0])}, attrs={"bad": object()})
    with pytest.raises(Exception):  # noqa: B017 (whatever the writer raises)
        save_netcdf(data, tmp_path / "a.nc")
    assert list(tmp_path.iterdir()) == []


def test_permissions_follow_the_umask(tmp_path):
    former = os.umask(0o027)
    try:
        save_text("x", tmp_path / "a")
    finally:
        os.umask(former)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_bad_places(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for place in (file, file / "inside", tmp_path / "nul\0byte", tmp_path / ("x" * 300)):
        with pytest.raises(OutputError, match="cannot write"):
            writable_folder(place)
    for place in (file / "inside.nc", tmp_path / "absent" / "a.nc"):
        with pytest.raises(OutputError, match="cannot write"):
            save_text("x", place)
    with pytest.raises(OutputError, match="cannot write"):
        save_text("x", tmp_path)  # a folder is in the way
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_folder_is_made_with_its_parents(tmp_path):
    assert writable_folder(tmp_path / "a" / "b").is_dir() and list((tmp_path / "a" / "b").iterdir()) == []
