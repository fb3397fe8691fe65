from __future__ import annotations

import torch

from overproof.doctor.probe import CLASSES, ROWS, Probe, taught
from overproof.methods.kd import KD
from overproof.methods.simple import Simple
from tests.doctor.patients import plan


def test_it_is_drawn_alike_each_time() -> None:
    one, again, other = Probe.drawn(), Probe.drawn(), Probe.drawn(1)
    assert one.student.equal(again.student)
    assert not one.student.equal(other.student)
    assert one.teacher.shape == (ROWS, CLASSES)


def test_pull_is_the_gradient_of_what_the_loop_minimises() -> None:
    probe, method = Probe.drawn(), KD(alpha=0.3, temperature=2.0)
    student = probe.student.clone().requires_grad_()
    terms = Probe(student, probe.teacher, probe.labels).terms(method)
    loss = 0.7 * terms["hard"].value.mean() + 0.3 * terms["soft"].value.mean()
    assert torch.allclose(probe.pull(method), torch.autograd.grad(loss, student)[0])
    assert probe.soft(method).equal((0.3 * terms["soft"].value.mean()).detach())
    assert not probe.pull(Simple(), soft=True).any()


def test_the_soft_loss_is_switched_on_and_only_students_are_looked_at() -> None:
    study = plan(method={"name": "kd", "alpha": 0.0})
    assert list(taught(study)) == [("student", KD(alpha=0.5))]
    assert not list(taught(plan(method={"name": "simple", "arm": "plain"})))
