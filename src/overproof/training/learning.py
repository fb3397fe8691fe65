"""The loss of a cohort: one method, with settings that may differ from member to member."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.func import vmap

from overproof.methods.method import Method, Outputs

#: A cohort's loss, and the unweighted mean of each of its terms, each [members].
Losses = tuple[Tensor, dict[str, Tensor]]


class Learning:
    """How the members of a cohort learn."""

    def __init__(self, methods: Sequence[Method], device: torch.device) -> None:
        self._method = methods[0]
        # float64, so that a setting is as exact as the Python number it came from; it does not widen the loss
        self._settings = {
            name: torch.tensor([method.settings[name] for method in methods], dtype=torch.float64, device=device)
            for name in methods[0].settings
            if len({method.settings[name] for method in methods}) > 1
        }

    @property
    def needs_teacher(self) -> bool:
        """Whether soft targets are read."""
        return self._method.needs_teacher

    def losses(self, logits: Tensor, targets: Tensor | None, labels: Tensor | None) -> Losses:
        """The loss of every member.

        Args:
            logits: what the members say, [members, batch, classes].
            targets: what their teachers say, in the same shape; None for methods without a teacher.
            labels: [members, batch], or None for rows whose labels may not be used.

        Returns:
            The loss to minimise, [members], and the unweighted mean of each term, [members], without gradient.
        """
        told = () if targets is None else (targets,)
        known = () if labels is None else (labels,)

        def one(settings: Mapping[str, Tensor], logits: Tensor, *rest: Tensor) -> Losses:
            teacher = Outputs(rest[0]) if told else None
            return self._one(settings, Outputs(logits), teacher, rest[-1] if known else None)

        if len(logits) == 1:
            total, means = one({}, logits[0], *(tensor[0] for tensor in (*told, *known)))
            return total.unsqueeze(0), {name: mean.unsqueeze(0) for name, mean in means.items()}
        losses: Losses = vmap(one)(self._settings, logits, *told, *known)
        return losses

    def _one(
        self, settings: Mapping[str, Tensor], student: Outputs, teacher: Outputs | None, labels: Tensor | None
    ) -> Losses:
        method = dataclasses.replace(self._method, **settings)
        terms = method.loss(student, teacher, labels)
        means = {name: term.value.mean() for name, term in terms.items()}
        total = torch.stack([terms[name].weight * mean for name, mean in means.items()]).sum()
        return total, {name: mean.detach() for name, mean in means.items()}
