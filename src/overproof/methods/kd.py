"""Knowledge distillation: the teacher's softened probabilities beside the labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from torch import Tensor

from overproof.methods.method import Method, Outputs, Term


@dataclass(frozen=True, kw_only=True)
class KD(Method, name="kd", paper="https://arxiv.org/abs/1503.02531"):
    """Alpha weighs the soft loss: ``(1 − alpha) · hard + alpha · temperature² · KL(teacher‖student)``.

    Hinton, Vinyals and Dean, arXiv:1503.02531. With ``alpha = 0`` the student is its simple twin, bit for bit. Several
    labels are each two classes of their own. Of values the soft loss is the squared distance to the teacher's, and a
    temperature has no meaning.

    Example:
        >>> import torch
        >>> logits = Outputs(torch.tensor([[2.0, 0.0]]))
        >>> terms = KD(alpha=0.5).loss(logits, logits, torch.tensor([0]))
        >>> {name: (term.weight, round(float(term.value), 3)) for name, term in terms.items()}
        {'hard': (0.5, 0.127), 'soft': (0.5, 0.0)}
    """

    alpha: Annotated[float, Field(ge=0, le=1)] = 0.9
    """Weight of the soft loss."""
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 4.0
    """Divides the logits of both before softmax."""

    zero_at_match = True
    tasks = frozenset({"multiclass", "binary", "multilabel", "regression"})

    def loss(self, student: Outputs, teacher: Outputs | None, labels: Tensor | None) -> dict[str, Term]:
        """The task's hard loss to the labels (where there are any) and its soft loss to the teacher."""
        assert teacher is not None
        soft = Term(self.alpha, student.task.soft(student.logits, teacher.logits, self.temperature))
        if labels is None:
            return {"soft": soft}
        return {"hard": Term(1 - self.alpha, student.task.hard(student.logits, labels)), "soft": soft}
