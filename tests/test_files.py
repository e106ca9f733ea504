"""Files written whole or not at all."""

import os

import pytest

from dlcourse import files


@pytest.mark.parametrize("content", ["new: 新", b"\x00\xff"])
def test_what_is_written_is_read_and_missing_folders_are_made(tmp_path, content):
    path = tmp_path / "a" / "b.txt"
    assert files.write(path, content)
    assert (path.read_text("utf-8") if isinstance(content, str) else path.read_bytes()) == content


def test_a_file_that_holds_this_content_is_left_alone(tmp_path):
    path = tmp_path / "a.txt"
    files.write(path, "same")
    os.utime(path, (1, 1))
    assert not files.write(path, "same") and path.stat().st_mtime == 1


def test_an_interruption_in_the_middle_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), files.whole(path) as unfinished:
        unfinished.write_bytes(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old" and [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_whole(tmp_path, monkeypatch, step):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="no space"):
        files.write(path, b"new")
    assert path.read_bytes() == b"old" and [*tmp_path.iterdir()] == [path]


def test_rights_are_those_of_the_old_file_or_of_a_new_one(tmp_path):
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"old")
    path.chmod(0o600)
    files.write(path, b"new")
    other.touch()
    files.write(tmp_path / "c", b"new")
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "c").stat().st_mode == other.stat().st_mode


def test_a_new_file_keeps_the_ending_that_writers_look_at(tmp_path):
    with files.whole(tmp_path / "model.keras") as unfinished:
        assert unfinished.suffix == ".keras" and unfinished.parent == tmp_path
        unfinished.write_bytes(b"x")
