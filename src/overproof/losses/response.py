"""Response-based losses: what the student's logits owe to the labels and to the teacher's logits."""

from __future__ import annotations

import torch
from torch import Tensor

#: A setting of a loss: a number, or one number per member when losses are mapped over a cohort.
Setting = float | Tensor


def cross_entropy(student: Tensor, labels: Tensor) -> Tensor:
    """The hard loss: −log of the probability that the student gives to the label.

    Args:
        student: logits, shape [..., batch, classes].
        labels: class numbers, int64, shape [..., batch].

    Returns:
        Shape [..., batch], at least float32.

    Example:
        >>> cross_entropy(torch.tensor([[0.0, 0.0]]), torch.tensor([1]))
        tensor([0.6931])
    """
    return _of_label(torch.log_softmax(at_least_float32(student), dim=-1), labels)


def smoothed_cross_entropy(student: Tensor, labels: Tensor, smoothing: Setting) -> Tensor:
    """Cross-entropy to labels that share some of their probability equally among all classes.

    ``(1 − smoothing) · (−log p_label) + smoothing · mean_classes(−log p)``, which is the cross-entropy to
    ``(1 − smoothing) · one_hot + smoothing / classes``. Szegedy et al., arXiv:1512.00567, section 7.

    Args:
        student: logits, shape [..., batch, classes].
        labels: class numbers, int64, shape [..., batch].
        smoothing: in [0, 1).

    Returns:
        Shape [..., batch], at least float32; with ``smoothing = 0`` what :func:`cross_entropy` gives, bit for bit.

    Example:
        >>> smoothed_cross_entropy(torch.tensor([[2.0, 0.0]]), torch.tensor([0]), 0.2)
        tensor([0.3269])
    """
    log_probabilities = torch.log_softmax(at_least_float32(student), dim=-1)
    of_all = -log_probabilities.mean(dim=-1)
    return (1 - smoothing) * _of_label(log_probabilities, labels) + smoothing * of_all


def soft_kl(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    """The soft loss of knowledge distillation: temperature² · KL(teacher‖student) of the softened probabilities.

    With pᵗ = softmax(teacher / temperature) and pˢ likewise, the loss is temperature² · Σ pᵗ (log pᵗ − log pˢ). The
    factor keeps the size of the gradient independent of the temperature. Hinton, Vinyals and Dean, arXiv:1503.02531.

    Args:
        student: logits, shape [..., batch, classes].
        teacher: logits of the same shape; no gradient flows into them.
        temperature: greater than 0; divides both logits.

    Returns:
        Shape [..., batch], never negative beyond rounding, 0 where student and teacher agree; at least float32.

    Example:
        >>> logits = torch.tensor([[2.0, 1.0, 0.0]])
        >>> float(soft_kl(logits, logits, 4.0)), round(float(soft_kl(-logits, logits, 4.0)), 3)
        (0.0, 1.32)
    """
    log_student = torch.log_softmax(at_least_float32(student) / temperature, dim=-1)
    log_teacher = torch.log_softmax(at_least_float32(teacher.detach()) / temperature, dim=-1)
    return temperature**2 * (log_teacher.exp() * (log_teacher - log_student)).sum(dim=-1)


def _of_label(log_probabilities: Tensor, labels: Tensor) -> Tensor:
    return -log_probabilities.gather(-1, labels.unsqueeze(-1)).squeeze(-1)


def at_least_float32(logits: Tensor) -> Tensor:
    """Half-precision numbers as float32; others as they are."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))
