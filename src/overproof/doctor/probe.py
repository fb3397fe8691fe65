"""Random outputs of an imagined student and teacher, to see what a method makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from overproof.doctor.finding import Finding, Unchecked
from overproof.methods.method import Method, Outputs, Term
from overproof.plan import Plan
from overproof.tasks.multiclass import MULTICLASS
from overproof.tasks.task import Task

CLASSES, ROWS = 10, 24
#: A gradient this short is 0 but for rounding.
NOTHING = 1e-12


@dataclass(frozen=True)
class Probe:
    """What student and teacher say about some rows, and the rows' labels."""

    student: Tensor
    """Outputs [rows, outputs], float64."""
    teacher: Tensor
    labels: Tensor
    """[rows], or [rows, outputs]."""
    task: Task = MULTICLASS

    @classmethod
    def drawn(cls, seed: int = 0, task: Task = MULTICLASS) -> Probe:
        """Logits as large as those of networks, or such values, the same for the same seed."""
        generator = torch.Generator().manual_seed(seed)
        outputs = 2 if task.name == "binary" else CLASSES
        student, teacher = 3 * torch.randn(2, ROWS, outputs, generator=generator, dtype=torch.float64)
        if task.classifies:
            labels = torch.randint(outputs, (ROWS,), generator=generator)
        elif task.softens:
            labels = torch.randint(2, (ROWS, outputs), generator=generator).double()
        else:
            labels = 3 * torch.randn(ROWS, outputs, generator=generator, dtype=torch.float64)
        return cls(student, teacher, labels, task)

    def terms(self, method: Method) -> dict[str, Term]:
        """The method's loss of these rows."""
        return method.loss(Outputs(self.student, self.task), Outputs(self.teacher, self.task), self.labels)

    def soft(self, method: Method) -> Tensor:
        """The part that reads the teacher: weight · mean(value), as the training loop adds it up."""
        hard = hard_terms(method, self.task)
        return _sum({name: term for name, term in self.terms(method).items() if name not in hard})

    def pull(self, method: Method, *, soft: bool = False) -> Tensor:
        """Gradient of the loss, or of its soft part, with respect to the student's logits; 0 where there is none."""
        probe = replace(self, student=self.student.clone().requires_grad_())
        loss = probe.soft(method) if soft else _sum(probe.terms(method))
        if not loss.requires_grad:
            return torch.zeros_like(probe.student)
        return torch.autograd.grad(loss, probe.student, materialize_grads=True)[0]


def hard_terms(method: Method, task: Task = MULTICLASS) -> frozenset[str]:
    """Names of the terms that read labels and no teacher, and ``hard``."""
    probe, other = Probe.drawn(0, task), Probe.drawn(1, task)
    by_labels = _changed(probe, replace(probe, labels=other.labels), method)
    by_teacher = _changed(probe, replace(probe, teacher=other.teacher), method)
    return (by_labels - by_teacher) | {"hard"}


def _changed(one: Probe, other: Probe, method: Method) -> frozenset[str]:
    """Names of the terms that differ."""
    before, after = one.terms(method), other.terms(method)
    return frozenset(name for name, term in before.items() if not torch.equal(term.value, after[name].value))


def _sum(terms: dict[str, Term]) -> Tensor:
    parts = [torch.as_tensor(term.weight * term.value.mean()) for term in terms.values()]
    return torch.stack(parts).sum() if parts else torch.zeros((), dtype=torch.float64)


def taught(plan: Plan) -> Iterator[tuple[str, Method]]:
    """The arms whose methods read a teacher, with their soft part switched on."""
    for arm in plan.study.arms:
        method = plan.methods[arm]
        if method.needs_teacher:
            yield arm, replace(method, alpha=0.5) if "alpha" in method.settings else method  # type: ignore[call-arg]


def tried(
    check: str, plan: Plan, look: Callable[[str, Method, Task], Iterator[Finding]]
) -> Iterator[Finding | Unchecked]:
    """What a check finds when it looks at each of these arms and its method."""
    for arm, method in taught(plan):
        try:
            yield from look(arm, method, plan.task)
        except Exception as error:  # a method may be anyone's, and may want more than logits
            yield Unchecked(check, f"{arm}: {method.name} cannot be tried on logits alone ({error!r}).")
