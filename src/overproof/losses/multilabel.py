"""Losses of several labels at once: every label is a yes or no of its own, with one logit (sigmoid)."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import logsigmoid

from overproof.losses.response import Setting, at_least_float32


def binary_cross_entropy(student: Tensor, labels: Tensor) -> Tensor:
    """The hard loss: −log of the probability that the student gives to each label's answer, mean over the labels.

    Args:
        student: logits, shape [..., batch, labels].
        labels: 0 or 1, any number type, shape [..., batch, labels].

    Returns:
        Shape [..., batch], at least float32.

    Example:
        >>> import torch
        >>> binary_cross_entropy(torch.tensor([[0.0, 0.0, 0.0]]), torch.tensor([[1.0, 0.0, 1.0]]))
        tensor([0.6931])
    """
    return smoothed_binary_cross_entropy(student, labels, 0.0)


def smoothed_binary_cross_entropy(student: Tensor, labels: Tensor, smoothing: Setting) -> Tensor:
    """Cross-entropy to answers that leave some probability to the other one: ``(1 − smoothing) · y + smoothing / 2``.

    Label smoothing (Szegedy et al., arXiv:1512.00567) of every label as a task of two classes.

    Args:
        student: logits, shape [..., batch, labels].
        labels: 0 or 1, any number type, shape [..., batch, labels].
        smoothing: in [0, 1).

    Returns:
        Shape [..., batch], at least float32; with ``smoothing = 0`` what :func:`binary_cross_entropy` gives.

    Example:
        >>> import torch
        >>> smoothed_binary_cross_entropy(torch.tensor([[2.0]]), torch.tensor([[1.0]]), 0.2)
        tensor([0.3269])
    """
    logits = at_least_float32(student)
    on = (1 - smoothing) * labels.to(logits.dtype) + smoothing / 2
    return -(on * logsigmoid(logits) + (1 - on) * logsigmoid(-logits)).mean(dim=-1)


def soft_bernoulli(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    """The soft loss: temperature² · KL(teacher‖student) of the softened yes or no, mean over the labels.

    Of one label it is :func:`overproof.losses.response.soft_kl` of two classes with logits ``[0, z]``: distillation
    (Hinton, Vinyals and Dean, arXiv:1503.02531) of every label as a task of two classes.

    Args:
        student: logits, shape [..., batch, labels].
        teacher: logits of the same shape; no gradient flows into them.
        temperature: greater than 0; divides both logits.

    Returns:
        Shape [..., batch], never negative beyond rounding, 0 where student and teacher agree; at least float32.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[2.0, -1.0]])
        >>> float(soft_bernoulli(logits, logits, 4.0)), round(float(soft_bernoulli(-logits, logits, 4.0)), 3)
        (0.0, 1.228)
    """
    own, other = at_least_float32(student) / temperature, at_least_float32(teacher.detach()) / temperature
    log_on, log_off = logsigmoid(other), logsigmoid(-other)
    surplus = log_on.exp() * (log_on - logsigmoid(own)) + log_off.exp() * (log_off - logsigmoid(-own))
    return temperature**2 * surplus.mean(dim=-1)
