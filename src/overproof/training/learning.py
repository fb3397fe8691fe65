"""The loss of a cohort: one method, with settings that may differ from member to member."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.func import vmap

from overproof.methods.method import Method, Outputs
from overproof.tasks.multiclass import MULTICLASS
from overproof.tasks.task import Task
from overproof.training.rows import Batch

#: A cohort's loss, and the unweighted mean of each of its terms, each [members].
Losses = tuple[Tensor, dict[str, Tensor]]


class Learning:
    """How the members of a cohort learn."""

    def __init__(
        self, methods: Sequence[Method], device: torch.device, task: Task = MULTICLASS, scale: Tensor | None = None
    ) -> None:
        """How they learn.

        Args:
            methods: of each member.
            device: where they are.
            task: what is asked about a row.
            scale: the unit of each member's values [members, outputs]; losses are then the same in every unit.
        """
        self._method, self._task, self._scale = methods[0], task, scale
        # float64 where there is such a thing: as exact as the number it came from, and losses stay float32
        exact = torch.float32 if device.type == "mps" else torch.float64
        self._settings = {
            name: torch.tensor([method.settings[name] for method in methods], dtype=exact, device=device)
            for name in methods[0].settings
            if len({method.settings[name] for method in methods}) > 1
        }

    @property
    def needs_teacher(self) -> bool:
        """Whether soft targets are read."""
        return self._method.needs_teacher

    def losses(self, logits: Tensor, batch: Batch, *, labels: bool) -> Losses:
        """The loss of every member.

        Args:
            logits: what the members say, [members, batch, classes].
            batch: the rows they say it about.
            labels: whether the labels of these rows may be used.

        Returns:
            The loss to minimise, [members], and the unweighted mean of each term, [members], without gradient.
        """
        known = {"targets": batch.targets, "labels": batch.labels if labels else None}
        if labels:
            known |= {"partner_labels": batch.partner_labels, "own": batch.own}
        given = {name: tensor for name, tensor in known.items() if tensor is not None}
        if self._scale is not None:
            values = ("targets", "labels", "partner_labels")
            given |= {name: self._in_unit(given[name]) for name in values if name in given}
            logits = self._in_unit(logits)
        if len(logits) == 1:
            total, means = self._one({}, logits[0], {name: tensor[0] for name, tensor in given.items()})
            return total.unsqueeze(0), {name: mean.unsqueeze(0) for name, mean in means.items()}
        losses: Losses = vmap(self._one)(self._settings, logits, given)
        return losses

    def hard(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The hard loss of every row, [members, batch], for logits [members, batch, outputs]."""
        if self._scale is not None:
            logits, labels = self._in_unit(logits), self._in_unit(labels)
        return self._task.hard(logits, labels)

    def _in_unit(self, values: Tensor) -> Tensor:
        """Values [members, batch, outputs] in units of each member's scale."""
        assert self._scale is not None
        return values / self._scale.unsqueeze(1)

    def _one(self, settings: Mapping[str, Tensor], logits: Tensor, given: Mapping[str, Tensor]) -> Losses:
        """The loss of one member, from [batch, …] tensors."""
        method = dataclasses.replace(self._method, **settings)
        student = Outputs(logits, self._task)
        teacher = Outputs(given["targets"], self._task) if "targets" in given else None
        terms = method.loss(student, teacher, given.get("labels"))
        if "own" in given:
            other = method.loss(student, teacher, given["partner_labels"])["hard"]
            mixed = given["own"] * terms["hard"].value + (1 - given["own"]) * other.value
            terms["hard"] = terms["hard"]._replace(value=mixed)
        means = {name: term.value.mean() for name, term in terms.items()}
        total = torch.stack([terms[name].weight * mean for name, mean in means.items()]).sum()
        return total, {name: mean.detach() for name, mean in means.items()}
