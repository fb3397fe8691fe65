"""Losses of values: how far the student's numbers are from the targets, and from the teacher's numbers."""

from __future__ import annotations

from torch import Tensor

from overproof.losses.response import Setting, at_least_float32


def squared_error(student: Tensor, labels: Tensor) -> Tensor:
    """The hard loss: squared distance to the targets, mean over the outputs.

    Args:
        student: values, shape [..., batch, outputs].
        labels: of the same shape.

    Returns:
        Shape [..., batch], at least float32.

    Example:
        >>> import torch
        >>> squared_error(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 4.0]]))
        tensor([2.])
    """
    own = at_least_float32(student)
    return (own - labels.to(own.dtype)).square().mean(dim=-1)


def squared_distance(student: Tensor, teacher: Tensor, temperature: Setting = 1.0) -> Tensor:
    """The soft loss: squared distance to the teacher's values, mean over the outputs.

    The expected squared error of the student, were the teacher's value the mean of what can be there: regression's
    counterpart of a cross-entropy to soft targets (Chen et al., Learning efficient object detection models with
    knowledge distillation, NeurIPS 2017, bound it by the teacher's own error; here it is unbounded).

    Args:
        student: values, shape [..., batch, outputs].
        teacher: values of the same shape; no gradient flows into them.
        temperature: has no meaning for values, and changes nothing.

    Returns:
        Shape [..., batch], never negative, 0 where student and teacher agree; at least float32.

    Example:
        >>> import torch
        >>> squared_distance(torch.tensor([[1.0]]), torch.tensor([[4.0]]))
        tensor([9.])
    """
    del temperature
    own = at_least_float32(student)
    return (own - teacher.detach().to(own.dtype)).square().mean(dim=-1)
