import os
import threading
from pathlib import Path

import pytest
import typer

from monitor.cli.whole_file import whole_bytes, whole_text


def test_a_file_is_replaced_when_the_new_one_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "past.csv"
    file.write_text("old")
    with whole_text(file) as out:
        out.write("näme\n")
        out.flush()
        assert file.read_text() == "old"
    assert file.read_bytes() == "näme\n".encode()
    assert list(tmp_path.iterdir()) == [file]


def test_what_fails_leaves_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "past.parquet"
    file.write_bytes(b"old")

    def write_half() -> None:
        with whole_bytes(file) as out:
            out.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to("real.csv")
    with whole_text(link) as out:
        out.write("new")

    assert link.is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_text()))
    reader.start()
    with whole_text(pipe) as out:
        out.write("past")
    reader.join(10)

    assert found == ["past"]
    assert pipe.is_fifo()


def test_a_place_that_is_none_is_told(tmp_path: Path) -> None:
    def write(file: Path) -> None:
        with whole_text(file) as out:
            out.write("x")

    with pytest.raises(typer.BadParameter, match="cannot be written: No such file"):
        write(tmp_path / "nowhere" / "past.csv")
    with pytest.raises(typer.BadParameter, match="cannot be written: Is a directory"):
        write(tmp_path)
