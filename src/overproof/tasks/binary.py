"""Binary: every row has one of two classes, and the second is the one that is looked for."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from overproof.metrics import binary
from overproof.tasks.multiclass import MULTICLASS

BINARY = replace(
    MULTICLASS, name="binary", metrics=MappingProxyType({**MULTICLASS.metrics, **binary.METRICS}), headline="accuracy"
)
