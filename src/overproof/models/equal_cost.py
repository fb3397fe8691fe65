"""What being taught costs, in epochs of training without a teacher: counted in operations, never timed."""

from __future__ import annotations

from torch import Tensor, nn

from overproof.models.cost import PASSES_PER_STEP, macs, parameters


def operations(teacher: nn.Module | None, student: nn.Module, row: Tensor) -> tuple[int, int]:
    """What one row costs teacher and student forwards, in one unit: multiply-accumulate operations.

    Where they cannot be counted for one of the two, the parameters of both stand for them.

    Args:
        teacher: any module, run in eval mode, its mode is restored; None for a teacher that is no network, whose
            answers are not counted.
        student: likewise.
        row: one row's input, shape [1, ...]; it is brought to where each module is.

    Returns:
        Of the teacher, of the student; at least 1 each, but 0 for a teacher that is no network.

    Example:
        >>> import torch
        >>> operations(nn.Linear(4, 8), nn.Linear(4, 2), torch.zeros(1, 4))
        (32, 8)
    """
    if teacher is None:
        return 0, _macs(student, row) or max(1, parameters(student))
    counted = [_macs(module, row) for module in (teacher, student)]
    if not all(counted):
        counted = [max(1, parameters(module)) for module in (teacher, student)]
    return counted[0], counted[1]


def _macs(module: nn.Module, row: Tensor) -> int:
    """0 where they cannot be counted."""
    device = next((parameter.device for parameter in module.parameters()), row.device)
    return macs(module, row.to(device)) or 0


def epochs_worth(epochs: int, *, rows: int, batches: int, answers: int, teacher: int, student: int) -> int:
    """Epochs without a teacher that cost as much as ``epochs`` with one.

    ``⌈epochs · batches + answers · teacher / (3 · student · rows)⌉``: a labelled row costs three forward passes of the
    student (one forwards, two backwards), a row that is learnt from the teacher alone as much again, and each of the
    teacher's answers one forward pass of the teacher. What trained the teacher is not counted, nor what a method
    computes beside the student's forward pass.

    Args:
        epochs: of the student.
        rows: that one epoch of labelled batches shows, at least 1.
        batches: in one step: 1 labelled, and perhaps another with soft targets only.
        answers: rows that the teacher answers for, views counted.
        teacher: operations of the teacher for one row forwards.
        student: likewise.

    Example:
        >>> epochs_worth(30, rows=100, batches=1, answers=100, teacher=900, student=10)
        60
        >>> epochs_worth(30, rows=100, batches=2, answers=400, teacher=10, student=10)
        62
    """
    return epochs * batches - (-answers * teacher // (PASSES_PER_STEP * student * rows))
