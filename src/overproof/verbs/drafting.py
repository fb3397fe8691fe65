"""A commented study from what was seen in the data: a teacher and a student that fit, and a run of minutes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

import numpy as np
import tomli_w

from overproof.data.answers import Answers, always_alike
from overproof.data.dataset import Dataset
from overproof.sources import hashing
from overproof.study import Data
from overproof.tasks.catalogue import TASKS
from overproof.verbs.looking import Look, listed

#: What the headline metrics mean.
MEANINGS = {
    "accuracy": "the share of test rows whose class is right",
    "average_precision": "how well rows that have a label are ranked before the others, averaged over labels",
    "rmse": "the root of the mean squared error, in the target's own unit: the smaller the better",
}
#: A minority rarer than this makes accuracy say little.
_RARE = 0.2
#: Row passes of a training on one core that take a minute or so, for rows of one number.
_PASSES = {"table": 600_000, "texts": 6_000_000, "images": 60_000_000}
_LONGEST_LINE = 1_000

Lines = list[str]


def study(look: Look, source: str, out: str) -> str:
    """The study, as TOML with comments.

    Args:
        look: what was seen.
        source: what the user named.
        out: the file it is written to, for the comment.
    """
    data = look.dataset
    assert data is not None
    folds = _folds(data)
    parts = [
        [
            f"# Written by overproof init, which looked at {source}: {_rows(data)}.",
            f"# Read it, change what should be otherwise, and run: overproof compare {out}",
        ],
        _data(look, data),
        _teacher(data),
        _student(data),
        _method(data),
        _protocol(data, folds),
    ]
    return "\n\n".join("\n".join(map(_whole, lines)) for lines in parts) + "\n"


def _whole(line: str) -> str:
    """A line of a study: comments hold no control characters and are not too long."""
    if not line.startswith("#"):
        return line
    words = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "?", line)
    return words if len(words) <= _LONGEST_LINE else words[: _LONGEST_LINE - 1] + "…"


def _toml(**keys: Any) -> Lines:
    """Keys as TOML lines."""
    return tomli_w.dumps(keys).rstrip("\n").split("\n")


def _comment(**keys: Any) -> Lines:
    return [f"# {line}" for line in _toml(**keys)]


def _rows(data: Dataset) -> str:
    """What the rows are, in words."""
    count = f"{len(data):,} rows"
    if data.tokens is not None:
        lengths = _lengths(data)
        return f"{count} of text, {int(np.median(lengths)):,} tokens in the median and {int(lengths.max()):,} at most"
    if data.columns is not None:
        words = sum(column.categories is not None for column in data.columns)
        gaps = int(np.isnan(data.inputs).sum())
        missing = f", {gaps:,} cells missing" if gaps else ""
        return f"{count}, {len(data.columns) - words} columns of numbers and {words} of categories{missing}"
    if len(data.shape) == 3:
        channels, height, width = data.shape
        return f"{count}, images of {height} × {width} pixels with {channels} channel{'s' * (channels > 1)}"
    return f"{count} of {' × '.join(map(str, data.shape))} numbers"


def _data(look: Look, data: Dataset) -> Lines:
    keys = look.data
    lines = ["[data]", *_toml(source=keys.source)]
    if keys.target is not None:
        lines += [f"# {look.target}.", *_toml(target=keys.target)]
    lines += [f"# {line}" for line in _task(data)] + _toml(task=data.task)
    unset = Data(source=keys.source)
    for key in ("text", "ignore", "id", "columns", "missing", "separator", "encoding", "size"):
        value = getattr(keys, key)
        if value != getattr(unset, key):
            lines += [f"# {look.notes[key]}.", *_toml(**{key: list(value) if isinstance(value, tuple) else value})]
    if data.tokens is not None:
        length = _length(data)
        cut = f"{(_lengths(data) > length).mean():.1%} of the texts are longer, and are cut."
        lines += [
            f"# Tokens of a row. {cut}",
            *_toml(length=length),
            '# "hashing" needs no files; it may also be the folder of a transformers tokenizer.',
            *_toml(tokenizer=keys.tokenizer),
        ]
    for idea, why in look.ideas[:8]:
        lines += [f"# Perhaps: {why}.", *_comment(**idea)]
    if _cost(data) > _PASSES[_kind(data)] / 4:
        lines += ["# Fewer rows make a quicker first run.", *_comment(limit=_limit(data))]
    return lines


def _lengths(data: Dataset) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Tokens of every text, as the built-in tokenizer counts them."""
    assert data.tokens is not None
    return np.array([len(hashing.words(text)) for text in data.tokens.texts], dtype=np.int64)


def _length(data: Dataset) -> int:
    """Room for 19 texts in 20: a multiple of 16, at most 256."""
    return int(min(256, max(16, 16 * math.ceil(np.quantile(_lengths(data), 0.95) / 16))))


def _task(data: Dataset) -> Lines:
    """What is asked about a row, and how often which answer is right."""
    if data.task in ("binary", "multiclass"):
        counts = np.bincount(data.labels, minlength=len(data.classes))
        order = np.argsort(-counts, kind="stable")
        shown = ", ".join(f"{data.classes[number]!r} {counts[number]:,}" for number in order[:10])
        rest = f", … down to {counts.min():,}" if len(order) > 10 else ""
        found = [f"{len(data.classes):,} classes: {shown}{rest}."]
        if counts.min() < 2:
            found.append(
                f"A class with one row cannot be tested: {listed(_rare(data, counts, 2))}; add rows or leave it out."
            )
        return found
    if data.task == "multilabel":
        shares = [f"{name!r} {share:.1%}" for name, share in zip(data.classes, data.labels.mean(axis=0), strict=True)]
        more = ", …" if len(shares) > 12 else ""
        found = [f"{len(shares):,} labels, each with its share of the rows: {', '.join(shares[:12])}{more}."]
        alike = always_alike(Answers(data.labels, data.classes, data.task))
        return found + ([f"All rows say the same of {listed(alike)}."] if alike else [])
    found = []
    for name, values in list(zip(data.classes, data.labels.T, strict=True))[:12]:
        spread = f"mean {values.mean():.4g}, standard deviation {values.std():.4g}"
        found.append(f"{name}: values from {values.min():.4g} to {values.max():.4g}, {spread}.")
    return found


def _rare(data: Dataset, counts: np.ndarray[Any, Any], least: int) -> Iterable[str]:
    return (data.classes[number] for number in np.flatnonzero(counts < least))


def _kind(data: Dataset) -> str:
    return "texts" if data.tokens is not None else "images" if len(data.shape) == 3 else "table"


def _cost(data: Dataset) -> int:
    """Numbers that one pass over the rows looks at; columns of a table count together."""
    numbers = {
        "texts": _length(data) if data.tokens is not None else 1,
        "images": math.prod(data.shape[-2:]),
        "table": 1,
    }
    return len(data) * numbers[_kind(data)]


def _limit(data: Dataset) -> int:
    """Rows for a quick first run: a round number."""
    least = max(500, 20 * len(data.classes))
    rows = int(len(data) * min(0.5, _PASSES[_kind(data)] / 10 / _cost(data)))
    unit = int(10 ** max(0, len(str(rows)) - 1))
    return min(max(least, rows // unit * unit), len(data))


def _training(data: Dataset, share: float = 1.0, learning_rate: float = 0.003) -> dict[str, Any]:
    """Epochs and batches: small data need more passes, large ones have their steps anyway."""
    passes = share * _PASSES[_kind(data)] / _cost(data)
    epochs = int(min(60, max(3, passes)))
    batch = next(
        size for most, size in ((2_000, 32), (20_000, 64), (200_000, 256), (math.inf, 1024)) if len(data) <= most
    )
    return {"epochs": epochs, "batch_size": batch, "learning_rate": learning_rate}


def _teacher(data: Dataset) -> Lines:
    lines = ["[teacher]"]
    if _kind(data) == "table" and len(data.shape) == 1:
        if find_spec("lightgbm") is not None:
            return [*lines, "# Boosted trees, fitted anew in every split.", *_toml(model="lightgbm")]
        name = "HistGradientBoosting" + ("Regressor" if data.task == "regression" else "Classifier")
        why = "# Boosted trees of scikit-learn, fitted anew in every split; lightgbm is quicker, and not installed."
        return [*lines, why, *_toml(model=f"sklearn:{name}")]
    return [*lines, "# Trained anew in every split, on that split's rows.", *_network(data, teacher=True)]


def _student(data: Dataset) -> Lines:
    return [
        "[student]",
        "# The small model, trained twice: with the teacher, and without (simple).",
        *_network(data, teacher=False),
    ]


def _network(data: Dataset, *, teacher: bool) -> Lines:
    """A reference model that fits the rows, and how it is trained."""
    model: dict[str, Any]
    training = _training(data)
    if data.tokens is not None:
        model = (
            {"model": "transformer", "width": 64, "depth": 2} if teacher else {"model": "embedding-bag", "width": 64}
        )
        training["learning_rate"] = 0.001 if teacher else 0.01
        training["epochs"] = min(training["epochs"], 30) if teacher else training["epochs"]
    elif len(data.shape) == 3 and min(data.shape[1:]) >= 16:
        model = {"model": "resnet", "depth": 8, "width": 16} if teacher else {"model": "cnn", "width": 8}
        training["epochs"] = max(3, training["epochs"] // 2) if teacher else training["epochs"]
    elif len(data.shape) == 3 and min(data.shape[1:]) >= 4:
        model = {"model": "cnn", "width": 32, "dropout": 0.3} if teacher else {"model": "cnn", "width": 4}
    else:
        model = {"model": "mlp", "width": 512 if teacher else 64} | ({"dropout": 0.3} if teacher else {})
    table = "teacher" if teacher else "student"
    return [*_toml(**model), "", f"[{table}.training]", *_toml(**training)]


def _method(data: Dataset) -> Lines:
    lines = [
        "[method]",
        *_toml(name="kd"),
        "# The share of the soft loss; the labels have the rest.",
        *_toml(alpha=0.9 if data.task != "regression" else 0.5),
    ]
    if TASKS[data.task].softens:
        lines += [
            "# Softens what the teacher says; 1 leaves it as it is.",
            *_toml(temperature=2.0 if data.task in ("binary", "multilabel") else 4.0),
        ]
    return lines


def _folds(data: Dataset) -> int:
    """Five, or as many as the rarest class has different rows."""
    if data.task not in ("binary", "multiclass"):
        return max(2, min(5, len(data) // 5))
    digests, labels = data.row_digests(), data.labels
    distinct = [len(np.unique(digests[labels == number])) for number in range(len(data.classes))]
    return max(2, min(5, *distinct))


def _protocol(data: Dataset, folds: int) -> Lines:
    task = TASKS[data.task]
    fewer = " (the rarest class has no more different rows)" if folds < 5 else ""
    held_out = int(len(data) * (1 - 1 / folds) * 0.1)
    lines = [
        "[protocol]",
        f"# Every row is tested once, by models that have not seen it{fewer}.",
        *_toml(folds=folds),
        '# More repeats settle closer verdicts; "auto" goes on until the verdict is settled.',
        *_toml(repeats=1),
        "# The share of each split's rows whose labels the student may use; the teacher always has all of them. Fewer,",
        '# with transfer = "train", is the case in which a teacher helps most.',
        *_toml(student_rows=1.0),
        *_comment(transfer="train"),
    ]
    if held_out < 30:
        lines += [
            f"# A tenth of a split's rows would be {held_out}: too few to choose an epoch by.",
            *_toml(validation=0.0),
        ]
    else:
        lines += [
            f"# Kept out of training to choose the best epoch: {held_out:,} rows of each split.",
            *_toml(validation=0.1),
        ]
    lines += [f"# What the verdict is about: {MEANINGS[task.headline]}.", *_toml(metric=task.headline)]
    if data.task == "binary":
        counts = np.bincount(data.labels, minlength=2)
        share, rarer = counts.min() / len(data), data.classes[int(counts.argmin())]
        if share < _RARE:
            lines += [
                f"# Only {share:.1%} of the rows are {rarer!r}; never saying so is right in {1 - share:.1%}. Perhaps:",
                *_comment(metric="roc_auc"),
            ]
    return lines
