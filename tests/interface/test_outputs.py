"""Files are whole or absent."""

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr
from chentsov.outputs import OutputError, save_netcdf, save_text, writable_folder


@pytest.mark.parametrize("nameless", [True, False])
def test_a_failure_leaves_the_old_file_and_no_trace(tmp_path, monkeypatch, nameless):
    path = tmp_path / "result.txt"
    save_text("old", path)
    if not nameless:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    real, written = os.write, []

    def half_way(descriptor, content):
        if written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(real(descriptor, content[:2]))
        return written[0]

    monkeypatch.setattr(os, "write", half_way)
    with pytest.raises(OutputError, match="no space left"):
        save_text("new", path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_killed_process_leaves_nothing(tmp_path):
    """Killed between the first and the last byte."""
    code = """
import os, signal, sys
from chentsov.geometry.files import write_whole
real = os.write
def write(descriptor, content):
    real(descriptor, content[:1000])
    os.kill(os.getpid(), signal.SIGKILL)
os.write = write
write_whole(sys.argv[1], bytes(10_000))
"""
    if not hasattr(os, "O_TMPFILE"):
        pytest.skip("the system has no nameless files")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.bin")])
    assert done.returncode == -signal.SIGKILL and list(tmp_path.iterdir()) == []


def test_what_is_no_plain_file_is_not_replaced(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    save_text("new", tmp_path / "link.txt")
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "real.txt").read_text() == "new"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        save_text("through", pipe)
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    if Path("/dev/full").exists():
        with pytest.raises(OutputError, match="no space left"):
            save_text("x", "/dev/full")
        assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_the_streams_of_the_process_are_written_to(kind, tmp_path):
    """/dev/stdout is a link to what has no name (a pipe) or is open already (a file): neither is replaced."""
    if not Path("/dev/stdout").exists():
        pytest.skip("no such device here")
    code = "from chentsov.outputs import save_text; print('first', flush=True); save_text('second', '/dev/stdout')"
    if kind == "pipe":
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        said = done.stdout
    else:
        with open(tmp_path / "log", "ab") as log:
            done = subprocess.run([sys.executable, "-c", code], stdout=log)
        said = (tmp_path / "log").read_text()
    assert done.returncode == 0 and said == "first\nsecond"
    assert Path("/dev/stdout").is_symlink() or not Path("/dev/stdout").is_file()


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


@pytest.mark.parametrize("shell", ["> /dev/full", ">&-"])
def test_an_output_that_takes_nothing_is_one_line(shell):
    if not Path("/dev/full").exists():
        pytest.skip("a device of Linux")
    command = f"{sys.executable} -m chentsov derive --quantity ricci_scalar {shell}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("chentsov: error:") and done.stderr.count("\n") == 1


def test_an_interrupt_while_the_modules_load_is_one_line():
    code = "import os, signal; from chentsov.__main__ import _leave; _leave(2, None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "chentsov: error: interrupted\n")
