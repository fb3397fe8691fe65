"""The image files of a folder, found without opening one: what is left out, and what is refused, is decided here.

Left out are hidden files and what operating systems leave behind; beside the folders of the classes, whatever is no
image (a README, a list of labels). Among the images, a file that is none by its name is refused: it may be a row that
would silently be missing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from overproof.errors import DataError, MissingInputError

#: By what names of image files end, in lower case.
SUFFIXES = frozenset(
    (
        *(".avif", ".bmp", ".dib", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg"),
        *(".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"),
    )
)
#: What systems leave behind, in lower case; so are names that start with a dot.
_LEFTOVERS = frozenset(("$recycle.bin", "@eadir", "__macosx", "desktop.ini", "ehthumbs.db", "icon\r", "thumbs.db"))
#: Names of the parts of a data set, which are no classes.
_PARTS = frozenset(("train", "training", "val", "valid", "validation", "dev", "test", "testing"))


def holds_images(root: Path) -> bool:
    """Whether a file in ``root``, or in a folder below it, is an image by its name."""
    return any(_is_image(Path(entry)) for entry in _below(root, lambda _: None))


def below(root: Path) -> list[str]:
    """All images below ``root``.

    Returns:
        Their paths relative to it, sorted, with ``/`` between folders.

    Raises:
        DataError: for a file that is no image by its name, or that lies outside.
        MissingInputError: when a link leads nowhere, or there is no image at all.
    """
    found = _checked(root, sorted(_below(root, _refuse_link(root))))
    if not found:
        raise MissingInputError(f"folder {root} holds no images")
    return found


def by_class(root: Path) -> list[str]:
    """The images in the folders of ``root``, one folder per class.

    Returns:
        As :func:`below`; the first part of each path is the class.

    Raises:
        DataError: as :func:`below`, or when folders are not classes, hold no image, or are fewer than two.
        MissingInputError: when a link leads nowhere.
    """
    files = sorted(_below(root, _refuse_link(root)))
    loose = [path for path in files if "/" not in path and _is_image(Path(path))]
    if loose:
        raise DataError(
            f"folder {root} holds {len(loose):,} images beside its folders (first: {loose[0]}); put every image in the "
            "folder of its class"
        )
    found = _checked(root, [path for path in files if "/" in path])
    classes = sorted(path.name for path in root.iterdir() if path.is_dir() and not _left_out(path.name))
    if all(name.casefold() in _PARTS for name in classes) and any(path.count("/") > 1 for path in found):
        raise DataError(
            f"folder {root} holds parts of a data set ({', '.join(classes)}), not classes; set data.source to one of "
            f"them, such as {root / classes[0]}"
        )
    empty = set(classes).difference(path.split("/", 1)[0] for path in found)
    if empty:
        raise DataError(f"folder {root / min(empty)} holds no images; fill it, or remove it if it is no class")
    if len(classes) < 2:
        raise DataError(f"folder {root} needs at least 2 classes, found 1 ({classes[0]!r}); each is a folder of images")
    return found


def _below(root: Path, on_link: Callable[[Path], None]) -> Iterator[str]:
    """Paths of all files that are not left out, relative to ``root``; folders that are links are not entered."""
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        for entry in list(os.scandir(root / folder)):
            if _left_out(entry.name):
                continue
            if entry.is_symlink():
                on_link(root / folder / entry.name)
            if entry.is_dir(follow_symlinks=False):
                waiting.append(f"{folder}{entry.name}/")
            elif not (entry.is_symlink() and Path(entry).is_dir()):
                yield f"{folder}{entry.name}"


def _refuse_link(root: Path) -> Callable[[Path], None]:
    """What refuses a link that leads outside, or to a folder."""
    home = root.resolve()

    def refuse(link: Path) -> None:
        try:
            target = link.resolve(strict=True)
        except (OSError, RuntimeError):  # it leads nowhere, which is counted, or round in a circle
            return
        if not target.is_relative_to(home):
            raise DataError(
                f"{link} points outside {root}; refused: copy what it points to, or set data.source to that"
            )
        if target.is_dir():
            raise DataError(f"{link} points to another folder of {root}, whose images would be there twice; remove it")

    return refuse


def _checked(root: Path, files: Sequence[str]) -> list[str]:
    others = [path for path in files if not _is_image(Path(path))]
    if others:
        raise DataError(
            f"folder {root} holds {len(others):,} files that are no images by their name (first: {others[0]}); known: "
            f"{', '.join(sorted(SUFFIXES))}; move them elsewhere"
        )
    strange = [path for path in files if not (root / path).is_file()]
    missing = [path for path in strange if not (root / path).exists()]
    if missing:
        raise MissingInputError(
            f"{len(missing):,} of {len(files):,} image files in {root} do not exist (first: {missing[0]})"
        )
    if strange:
        raise DataError(f"{root / strange[0]} is no regular file")
    return list(files)


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _left_out(name: str) -> bool:
    return name.startswith(".") or name.casefold() in _LEFTOVERS
