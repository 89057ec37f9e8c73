"""Which files of a drop folder are complete, and where they go."""

import os
from pathlib import Path

import pytest

from gateway.cli.dropfolder import (
    DONE,
    FolderInUseError,
    complete,
    files_in,
    held,
    is_unchanged,
    put_away,
    read,
)


def looked(folder: Path) -> list[str]:
    """Names of the files that are complete after two looks at a quiet folder."""
    return [path.name for path in complete(files_in(folder), files_in(folder))]


def test_a_file_that_still_grows_is_left_until_it_does_not(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"{")
    first = files_in(tmp_path)
    file.write_bytes(b"{}")
    second = files_in(tmp_path)
    assert complete(first, second) == []
    assert complete(second, files_in(tmp_path)) == [file]


def test_a_file_under_an_unfinished_name_is_left_until_it_is_renamed(tmp_path: Path) -> None:
    for name in (".a.json", "a.json.part", "a.json.tmp"):
        (tmp_path / name).write_bytes(b"{}")
    assert looked(tmp_path) == []
    (tmp_path / "a.json.part").rename(tmp_path / "a.json")
    assert looked(tmp_path) == ["a.json"]


def test_the_oldest_comes_first(tmp_path: Path) -> None:
    for age, name in enumerate(("c", "a", "b")):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (age, age))
    assert looked(tmp_path) == ["c", "a", "b"]


def test_folders_links_and_pipes_are_no_payloads(tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()
    (tmp_path / "link").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe")
    assert looked(tmp_path) == []


def test_what_is_gone_is_not_seen(tmp_path: Path) -> None:
    with read(tmp_path / "gone") as dropped:
        assert dropped is None


def test_a_file_is_moved_over_no_other(tmp_path: Path) -> None:
    with held(tmp_path):
        for content in (b"one", b"two", b"three"):
            file = tmp_path / "a.json"
            file.write_bytes(content)
            with read(file) as dropped:
                assert dropped is not None
                assert put_away(dropped, DONE)
    found = {path.name: path.read_bytes() for path in (tmp_path / DONE).iterdir()}
    assert found == {"a.json": b"one", "a.2.json": b"two", "a.3.json": b"three"}


@pytest.mark.parametrize("how", ["written", "replaced", "gone"])
def test_a_file_that_changed_since_it_was_looked_at_stays(tmp_path: Path, how: str) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"one")
    with read(file) as dropped:
        assert dropped is not None
    if how == "gone":
        file.unlink()
    elif how == "written":
        file.write_bytes(b"more")
    else:
        (tmp_path / "new").write_bytes(b"two")
        (tmp_path / "new").rename(file)
    with held(tmp_path):
        assert not put_away(dropped, DONE)
    assert list((tmp_path / DONE).iterdir()) == []


def test_two_do_not_take_the_files_of_one_folder(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(FolderInUseError), held(tmp_path):
        pass
    with held(tmp_path):
        pass


def test_what_is_read_is_not_shown_in_a_repr(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("Bí Mật".encode())
    with read(tmp_path / "a") as dropped:
        assert "M" not in repr(dropped).replace(str(tmp_path), "")


def test_a_link_that_takes_a_files_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"not for us")
    (tmp_path / "a.json").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    with read(tmp_path / "a.json") as link, read(tmp_path / "pipe") as pipe:
        assert link is None
        assert pipe is None, "and no writer is waited for"


def test_a_file_that_changes_while_it_is_read_is_known_to(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"{")
    with read(file) as dropped:
        assert dropped is not None
        assert is_unchanged(dropped)
        file.write_bytes(b"{}")
        assert not is_unchanged(dropped)


def test_a_folder_for_what_was_taken_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    with read(tmp_path / "a.json") as dropped:
        assert dropped is not None
        assert put_away(dropped, DONE)
    assert (tmp_path / DONE / "a.json").exists()


def test_what_cannot_be_moved_stays_and_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    (tmp_path / "nowhere").symlink_to("/proc")
    with read(tmp_path / "a.json") as dropped:
        assert dropped is not None
        with pytest.raises(OSError, match=r"."):
            put_away(dropped, "nowhere")
    assert (tmp_path / "a.json").exists()
