"""Small data of every kind, with names that are easily mistaken for something else."""

from __future__ import annotations

from typing import Any

import numpy as np

from overproof.data.columns import Column
from overproof.data.dataset import Dataset, Tokens, from_arrays
from overproof.study import Teacher
from overproof.teachers.catalogue import teacher_of
from overproof.teachers.teacher import Apprentice, Shown, Voice

ROWS = 90
#: Class names that look like numbers, or like nothing at all; sorted as the data sort them.
NAMES = ("007", "7", "NA")


def table(task: str = "multiclass", *, words: bool = True, gaps: bool = True, seed: int = 0) -> Dataset:
    """A table of two columns of numbers and one of words that tells the label fairly well."""
    random = np.random.default_rng(seed)
    number = random.normal(size=(ROWS, 2))
    job = random.integers(0, 4, ROWS)
    score = number[:, 0] + 0.7 * (job == 2) - 0.5 * (job == 3)
    inputs = np.column_stack([number, job]).astype(np.float32)
    if gaps:
        inputs[::13, 1] = np.nan
        inputs[::17, 2] = np.nan
    if not words:
        inputs = inputs[:, :2]
    classes: tuple[str, ...]
    labels: Any
    if task == "multiclass":
        labels, classes = np.digitize(score, [-0.5, 0.5]).astype(np.int64), NAMES
    elif task == "binary":
        labels, classes = (score > 0).astype(np.int64), ("no", "yes")
    elif task == "multilabel":
        labels, classes = np.column_stack([score > 0, number[:, 1] > 0]).astype(np.float32), ("big", "late")
    else:
        labels, classes = (1000 + 50 * score).astype(np.float32).reshape(-1, 1), ("price",)
    columns = [Column("age"), Column("the hours"), Column("job", ("cook", "None", "nurse", "ü")[:4])][: inputs.shape[1]]
    ids = np.arange(ROWS, dtype=np.uint64)
    keys = tuple(f"r{row:03}" for row in range(ROWS))
    return Dataset("table", inputs, labels, ids, classes, task, tuple(columns), keys=keys)


def texts() -> Dataset:
    """Short texts of two kinds."""
    random = np.random.default_rng(1)
    good, bad = ["fine", "good", "lovely", "great"], ["poor", "bad", "awful", "weak"]
    labels = random.integers(0, 2, ROWS)
    words = [
        " ".join(random.choice(good if label else bad, 4)) + f" film {row % 5}" for row, label in enumerate(labels)
    ]
    tokens = random.integers(1, 50, (ROWS, 6)).astype(np.int32)
    tokens[:, 4:] = 0
    ids = np.arange(ROWS, dtype=np.uint64)
    return Dataset(
        "texts", tokens, labels.astype(np.int64), ids, ("neg", "pos"), "binary", tokens=Tokens(tuple(words), 50, 0)
    )


def images(channels: int = 1) -> Dataset:
    """Small images of three classes."""
    random = np.random.default_rng(2)
    labels = np.arange(ROWS) % 3
    pixels = (random.random((ROWS, channels, 6, 6)) * 120).astype(np.uint8)
    for row, label in enumerate(labels):
        pixels[row, :, 2 * label : 2 * label + 2] += 100
    return from_arrays(pixels, np.array(["cat", "dog", "ü"])[labels], "images")


def made(model: Any, data: Dataset, *, live: Any = None, trust: bool = False, **keys: Any) -> Any:
    """What the catalogue makes of a teacher's table."""
    return teacher_of(Teacher.model_validate({"model": model, **keys}), live, data, "teacher", trust)


def everything(data: Dataset) -> Shown:
    """All rows as they are."""
    return Shown.of(data, np.arange(len(data)))


def fitted(teacher: Any, data: Dataset, rows: Any = None, seed: int = 3) -> Voice:
    """A voice that has learnt from some rows, all by default."""
    assert isinstance(teacher, Apprentice)
    return teacher.fit(data, np.arange(len(data)) if rows is None else np.asarray(rows), seed)


def probabilities(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Softmax, by hand."""
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
