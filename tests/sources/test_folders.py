from __future__ import annotations

import os
from pathlib import Path

import pytest

from overproof.errors import DataError, MissingInputError
from overproof.sources.folders import below, by_class, holds_images
from tests.sources.image_files import folder

TWO = {"cat/a.png": b"1", "dog/b.JPG": b"2"}
EXTENSIONS = ".avif, .bmp, .dib, .gif, .jfif, .jp2, .jpe, .jpeg, .jpg, .pbm, .pgm, .png, .pnm, .ppm, .tif, .tiff, .webp"


def refused(root: Path, error: type[Exception] = DataError) -> str:
    with pytest.raises(error) as caught:
        by_class(root)
    return str(caught.value)


def test_images_are_listed_by_class_and_path(tmp_path: Path) -> None:
    root = folder(tmp_path, {"b/2.png": b"", "b/10.png": b"", "a/x/y.webp": b"", "a/x.png": b"", "007/é.gif": b""})
    assert by_class(root) == ["007/é.gif", "a/x.png", "a/x/y.webp", "b/10.png", "b/2.png"]
    assert below(root) == by_class(root)


def test_hidden_files_and_what_systems_leave_are_left_out(tmp_path: Path) -> None:
    left = [".DS_Store", "cat/.DS_Store", "cat/Thumbs.db", "dog/desktop.ini", "cat/._a.png", ".git/x.png"]
    left += ["__MACOSX/cat/a.png", "cat/@eaDir/a.png"]
    assert by_class(folder(tmp_path, {**TWO, **dict.fromkeys(left, b"")})) == sorted(TWO)


def test_what_is_no_image_may_lie_beside_the_classes_and_not_in_them(tmp_path: Path) -> None:
    assert by_class(folder(tmp_path, {**TWO, "README.md": b"", "labels.csv": b""})) == sorted(TWO)
    folder(tmp_path, {"cat/c.heic": b"", "dog/notes.txt": b""})
    assert refused(tmp_path) == (
        f"folder {tmp_path} holds 2 files that are no images by their name (first: cat/c.heic); known: {EXTENSIONS}; "
        "move them elsewhere"
    )


def test_images_beside_the_classes_are_refused(tmp_path: Path) -> None:
    folder(tmp_path, {**TWO, "lost.png": b"", "more.png": b""})
    assert refused(tmp_path) == (
        f"folder {tmp_path} holds 2 images beside its folders (first: lost.png); put every image in the folder of its "
        "class"
    )


def test_one_class_and_an_empty_class(tmp_path: Path) -> None:
    root = folder(tmp_path / "one", {"cat/a.png": b""})
    assert refused(root) == f"folder {root} needs at least 2 classes, found 1 ('cat'); each is a folder of images"
    (root / "dog").mkdir()
    assert refused(root) == f"folder {root / 'dog'} holds no images; fill it, or remove it if it is no class"


def test_parts_of_a_data_set_are_not_taken_for_classes(tmp_path: Path) -> None:
    root = folder(tmp_path / "parts", {"train/cat/a.png": b"", "Val/dog/b.png": b""})
    assert refused(root) == (
        f"folder {root} holds parts of a data set (Val, train), not classes; set data.source to one of them, such as "
        f"{root / 'Val'}"
    )
    assert by_class(folder(tmp_path / "steps", {"train/a.png": b"", "test/b.png": b""})) == [
        "test/b.png",
        "train/a.png",
    ]


def test_links_inside_are_followed_and_outside_refused(tmp_path: Path) -> None:
    outside = folder(tmp_path / "outside", {"c.png": b"", "deep/d.png": b""})
    root = folder(tmp_path / "pets", TWO)
    (root / "cat" / "again.png").symlink_to("a.png")
    assert by_class(root) == ["cat/a.png", "cat/again.png", "dog/b.JPG"]
    link = root / "dog" / "c.png"
    link.symlink_to(outside / "c.png")
    assert refused(root) == (
        f"{link} points outside {root}; refused: copy what it points to, or set data.source to that"
    )
    link.unlink()
    for place in ("bird", "cat/more"):
        (root / place).symlink_to(outside / "deep")
        assert "points outside" in refused(root)
        (root / place).unlink()


def test_links_to_folders_inside_would_count_images_twice(tmp_path: Path) -> None:
    root = folder(tmp_path / "pets", TWO)
    for target in (root / "cat", root):
        (root / "dog" / "link").symlink_to(target)
        assert refused(root) == (
            f"{root / 'dog' / 'link'} points to another folder of {root}, whose images would be there twice; remove it"
        )
        (root / "dog" / "link").unlink()


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    folder(tmp_path / "real", TWO)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real" / "cat" / "c.png").symlink_to("a.png")
    assert by_class(tmp_path / "link") == ["cat/a.png", "cat/c.png", "dog/b.JPG"]


def test_links_to_nowhere_are_counted(tmp_path: Path) -> None:
    root = folder(tmp_path, TWO)
    (root / "dog" / "x.png").symlink_to("gone.png")
    (root / "cat" / "z.png").symlink_to("z.png")  # round in a circle
    assert refused(root, MissingInputError) == f"2 of 4 image files in {root} do not exist (first: cat/z.png)"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(folder(tmp_path, TWO) / "cat" / "p.png")
    assert refused(tmp_path) == f"{tmp_path / 'cat' / 'p.png'} is no regular file"


def test_a_folder_without_images(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(MissingInputError, match=rf"^folder {tmp_path} holds no images$"):
        below(tmp_path)


def test_whether_a_folder_holds_images(tmp_path: Path) -> None:
    assert not holds_images(folder(tmp_path, {"X.npy": b"", "sub/y.npy": b"", ".x.png": b""}))
    (tmp_path / "loop").symlink_to(tmp_path)
    assert not holds_images(tmp_path)
    assert holds_images(folder(tmp_path, {"sub/deeper/c.PNG": b""}))


def test_files_of_a_flat_folder(tmp_path: Path) -> None:
    assert below(folder(tmp_path, {"b.png": b"", "a.png": b"", "more/c.png": b"", ".DS_Store": b""})) == [
        "a.png",
        "b.png",
        "more/c.png",
    ]
    with pytest.raises(DataError, match=r"holds 1 files that are no images by their name \(first: z.heic\)"):
        below(folder(tmp_path, {"z.heic": b""}))
