"""The control: labels only, no teacher."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from overproof.methods.method import Method, Outputs, Term


@dataclass(frozen=True, kw_only=True)
class Simple(Method, name="simple"):
    """The student's twin, trained on the labels alone with cross-entropy.

    Of several labels that is binary cross-entropy, and of values squared error: the hard loss of the task.
    """

    needs_teacher = False
    tasks = frozenset({"multiclass", "binary", "multilabel", "regression"})

    def loss(self, student: Outputs, teacher: Outputs | None, labels: Tensor | None) -> dict[str, Term]:
        """The hard loss; nothing for rows without labels."""
        del teacher  # the control never looks at it
        return {} if labels is None else {"hard": Term(1.0, student.task.hard(student.logits, labels))}
