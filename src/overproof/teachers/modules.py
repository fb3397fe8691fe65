"""Networks that were brought: what a study says about their outputs, around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from overproof.data.dataset import Dataset
from overproof.errors import StudyError, nearest
from overproof.models.architecture import eval_mode, logits_of
from overproof.models.fitted import Pair, says_one_number
from overproof.study import Teacher
from overproof.teachers.classes import Order, ordered
from overproof.teachers.outputs import FLOOR, Reading
from overproof.teachers.teacher import Shown

#: Rows that a network is asked about, to see what its outputs are.
_FEW = 64


class Read(nn.Module):
    """A network whose outputs are put into the order of the data's classes, and made logits where they are none."""

    places: Tensor

    def __init__(self, body: nn.Module, places: Sequence[int], *, probabilities: bool, several: bool) -> None:
        """Read what a network says.

        Args:
            body: the network.
            places: of every class of the data: the output that is about it.
            probabilities: whether its outputs are that, and not logits or values.
            several: whether each output is about a label of its own.
        """
        super().__init__()
        self.body, self._probabilities, self._several = body, probabilities, several
        self.register_buffer("places", torch.tensor(list(places), dtype=torch.int64), persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Logits or values [batch, classes], in the order of the data's."""
        said = logits_of(self.body(rows))
        if said.dim() == 1:
            said = said.unsqueeze(-1)
        alone = said.shape[-1] == 1 and len(self.places) == 2
        if self._probabilities:
            said = torch.cat((1 - said, said), dim=-1) if alone else said
            kept = said.clamp(FLOOR, 1 - FLOOR if self._several else 1)
            said = kept.log() - torch.log1p(-kept) if self._several else kept.log()
        elif alone:
            said = torch.cat((torch.zeros_like(said), said), dim=-1)
        # a wrong number of outputs is told by whoever asks
        return said[..., self.places] if said.shape[-1] == len(self.places) else said


def title(module: nn.Module) -> str:
    """The class of a network, whatever is around it."""
    return type(module.body if isinstance(module, Read | Pair) else module).__name__


def as_told(module: nn.Module, table: Teacher, data: Dataset, who: str) -> nn.Module:
    """A network that was brought, as ``teacher.classes`` and ``teacher.output`` say.

    Args:
        module: as it was brought.
        table: the study's.
        data: what it answers about.
        who: the teacher, for messages.

    Raises:
        ModelError: when ``classes`` are not the data's, or what it says are no probabilities.

    Example:
        >>> from overproof.data.dataset import from_arrays
        >>> pets = from_arrays(np.eye(2, dtype=np.float32), ["cat", "dog"], "pets")
        >>> told = as_told(nn.Identity(), Teacher(model="python:x", classes=["dog", "cat"]), pets, "teacher")
        >>> told(torch.tensor([[3.0, 1.0]])).tolist()
        [[1.0, 3.0]]
    """
    probabilities, count = table.output == "probabilities", len(data.classes)
    if table.classes is None and not probabilities:
        return Pair(module) if data.task == "binary" and says_one_number(module, data) else module
    order = Order(np.arange(count)) if table.classes is None else ordered(table.classes, data, who)
    if probabilities:
        _refuse_unless_probabilities(module, data, who)
    return Read(module, order.places.tolist(), probabilities=probabilities, several=data.task == "multilabel")


def refuse_beside_a_module(table: Teacher, where: str) -> None:
    """Refuse what has no meaning beside a live module: weights, and settings.

    Raises:
        StudyError: when one of them is there.
    """
    if table.weights is not None:
        raise StudyError(f"{where}.weights has no meaning beside a module, which has its weights; leave it out")
    for name in table.settings:
        raise StudyError(f"[{where}] has no key {name!r} beside a module; {nearest(name, Teacher.model_fields)}")


def refuse_unless_brought(table: Teacher, where: str) -> None:
    """Refuse what only a network with weights can be told, where the network is trained on the data.

    Raises:
        StudyError: when it is there.
    """
    for key, has_meaning in (("classes", False), ("output", table.output in ("auto", "logits", "values"))):
        if getattr(table, key) is not None and not has_meaning:
            raise StudyError(f"{where}.{key} has no meaning for a teacher that is trained on the data; leave it out")


def _refuse_unless_probabilities(module: nn.Module, data: Dataset, who: str) -> None:
    """See that a network says about the first rows what the study says it does."""
    rows = np.arange(min(_FEW, len(data)))
    device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
    with eval_mode(module), torch.inference_mode():
        said = logits_of(module(torch.from_numpy(data.inputs[rows]).to(device)))
    Reading(who, "probabilities", Order(np.arange(len(data.classes)))).targets(said, Shown.of(data, rows))
