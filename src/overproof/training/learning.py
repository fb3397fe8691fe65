"""The loss of a cohort: one method, with settings that may differ from member to member."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.func import vmap

from overproof.methods.method import Method, Outputs
from overproof.training.rows import Batch

#: A cohort's loss, and the unweighted mean of each of its terms, each [members].
Losses = tuple[Tensor, dict[str, Tensor]]


class Learning:
    """How the members of a cohort learn."""

    def __init__(self, methods: Sequence[Method], device: torch.device) -> None:
        self._method = methods[0]
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
        if len(logits) == 1:
            total, means = self._one({}, logits[0], {name: tensor[0] for name, tensor in given.items()})
            return total.unsqueeze(0), {name: mean.unsqueeze(0) for name, mean in means.items()}
        losses: Losses = vmap(self._one)(self._settings, logits, given)
        return losses

    def _one(self, settings: Mapping[str, Tensor], logits: Tensor, given: Mapping[str, Tensor]) -> Losses:
        """The loss of one member, from [batch, …] tensors."""
        method = dataclasses.replace(self._method, **settings)
        student, teacher = Outputs(logits), Outputs(given["targets"]) if "targets" in given else None
        terms = method.loss(student, teacher, given.get("labels"))
        if "own" in given:
            other = method.loss(student, teacher, given["partner_labels"])["hard"]
            mixed = given["own"] * terms["hard"].value + (1 - given["own"]) * other.value
            terms["hard"] = terms["hard"]._replace(value=mixed)
        means = {name: term.value.mean() for name, term in terms.items()}
        total = torch.stack([terms[name].weight * mean for name, mean in means.items()]).sum()
        return total, {name: mean.detach() for name, mean in means.items()}
