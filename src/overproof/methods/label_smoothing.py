"""Label smoothing: no teacher, but labels that leave some probability to the other classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from torch import Tensor

from overproof.methods.method import Method, Outputs, Term


@dataclass(frozen=True, kw_only=True)
class LabelSmoothing(Method, name="label-smoothing", paper="https://arxiv.org/abs/1512.00567"):
    """Labels that share ``smoothing`` of their probability among all classes; no teacher.

    Szegedy et al., arXiv:1512.00567. Soft targets regularise like this, too: whatever it gives needs no teacher. With
    ``smoothing = 0`` the student is its simple twin, bit for bit. Of several labels each is smoothed as two classes
    are; values cannot be.

    Example:
        >>> import torch
        >>> terms = LabelSmoothing(smoothing=0.2).loss(Outputs(torch.tensor([[2.0, 0.0]])), None, torch.tensor([0]))
        >>> {name: (term.weight, round(float(term.value), 3)) for name, term in terms.items()}
        {'hard': (1.0, 0.327)}
    """

    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Probability that is shared equally among all classes, the label's included."""

    needs_teacher = False
    tasks = frozenset({"multiclass", "binary", "multilabel"})

    def loss(self, student: Outputs, teacher: Outputs | None, labels: Tensor | None) -> dict[str, Term]:
        """The hard loss with smoothed labels; nothing for rows without labels."""
        del teacher  # there is none
        if labels is None:
            return {}
        assert student.task.smoothed is not None, "regression is none of its tasks"
        return {"hard": Term(1.0, student.task.smoothed(student.logits, labels, self.smoothing))}
