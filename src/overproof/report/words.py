"""How names and texts from a results file are made safe to show.

A name may hold anything a file can hold: escape sequences that a terminal obeys, characters that reverse the reading
direction, half a surrogate pair. Those are shown as ``�``; everything else is left for the format's own escaping.
"""

from __future__ import annotations

import re

#: Controls but the newline, separators of lines, direction overrides, halves of surrogate pairs, and noncharacters.
_UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_METRICS = {
    "brier": "Brier score",
    "ece": "calibration error",
    "ece_equal_mass": "calibration error (equal bins)",
    "kl": "KL from teacher",
    "roc_auc": "ROC AUC",
    "f1": "F1",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
    "teacher_rmse": "RMSE from teacher",
}


def visible(text: str) -> str:
    r"""The text with every control and direction character replaced by ``�``; newlines stay.

    Example:
        >>> visible("caf\u00e9\n\x1b[31m"), visible("\u202eexe.gnp")
        ('café\n�[31m', '�exe.gnp')
    """
    return _UNSAFE.sub("�", text)


def line(text: str) -> str:
    r"""The text on one line, safe to print.

    Example:
        >>> line("two\n  words")
        'two words'
    """
    return " ".join(visible(text.replace("\t", " ").replace("\r", " ")).split())


def unbroken(text: str) -> str:
    r"""The text with numbers held to their unit, for forms that break lines by themselves.

    Example:
        >>> unbroken("a 95 % interval")
        'a 95\xa0% interval'
    """
    return text.replace(" %", "\u00a0%")


def metric(name: str) -> str:
    """A metric's name as it is read aloud.

    Example:
        >>> metric("balanced_accuracy"), metric("ece")
        ('balanced accuracy', 'calibration error')
    """
    return _METRICS.get(name) or line(name).replace("_", " ")


def capital(text: str) -> str:
    """The text with a capital at its beginning, and everything else as it is.

    Example:
        >>> capital("log loss"), capital("ROC AUC")
        ('Log loss', 'ROC AUC')
    """
    return text[:1].upper() + text[1:]


def listing(names: list[str], most: int = 20) -> str:
    """Names in one line, cut when there are many.

    Example:
        >>> listing(["cat", "dog", "owl"], most=2)
        'cat, dog and 1 more'
    """
    shown = ", ".join(line(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
