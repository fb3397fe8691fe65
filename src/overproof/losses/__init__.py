"""Losses: pure functions of tensors, one number per example.

The convention, everywhere: natural logarithm; KL(teacher‖student); temperature² included; the teacher is detached;
computed in at least float32; classes, labels or values on the last axis. The caller averages over the batch and weighs.
Nothing here writes in place or branches on values, so every loss can be mapped over the members of a cohort.
"""
