"""Folders of images: a folder for each class, or, where rows need no labels, any folder."""

from __future__ import annotations

from pathlib import Path

from overproof.data.dataset import Dataset, assembled
from overproof.errors import StudyError
from overproof.sources import folders
from overproof.sources.pictures import stacked
from overproof.sources.unlabelled import without_labels
from overproof.study import Data

#: Keys of ``[data]`` that speak of columns, and have no use here.
_OF_COLUMNS = ("target", "text", "groups", "time", "id", "columns", "separator")


def recognises(path: Path, data: Data) -> bool:
    """Whether ``path`` is a folder that holds image files, or folders that do."""
    return path.is_dir() and folders.holds_images(path)


def load(path: Path, data: Data, labelled: bool = True, channels: int | None = None) -> Dataset:
    """The images of a folder.

    Args:
        path: holds one folder per class; images lie in these, or in folders below them.
        data: ``size`` brings the images to one size.
        labelled: False takes all images below ``path`` alike.
        channels: 3 to have colours even where all images are grey, as beside other rows that have some.

    Returns:
        Named after the folder; its keys are the paths of the files below it. Notes say where pixels lose something on
        the way: what is transparent, or the fourth ink.

    Raises:
        DataError: when a file is no sound image, or no image at all, or lies outside; or fewer than 2 classes.
        MissingInputError: when a file does not exist.
        MissingExtraError: without Pillow.
        StorageError: when a file cannot be read.
        StudyError: when the study asks for what a folder of images does not have.
    """
    for key in _OF_COLUMNS:
        if getattr(data, key) is not None:
            raise StudyError(
                f"data.{key} has no use with the folder of images {path}: an image has no columns, and its class is "
                "the name of its folder"
            )
    keys = tuple(folders.by_class(path) if labelled else folders.below(path))
    files = [path / key for key in keys]
    inputs, notes = stacked(files, lambda row: str(files[row]), f"folder {path}", data.size, channels)
    if not labelled:
        return without_labels(inputs, keys=keys, notes=notes)
    classes = [key.split("/", 1)[0] for key in keys]
    called = (f"folder {path}", f"class folders of {path}")
    return assembled(inputs, classes, path.resolve().name, task=data.task, called=called, keys=keys, notes=notes)
