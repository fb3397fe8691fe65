"""What a comparison found: ``results.json``, schema 1.

``result`` is a function of the study alone: the same study on the same platform gives the same bytes. Whatever a clock,
a host or a path had a say in lives in ``measured``. Rates are fractions in [0, 1]; differences are student minus simple
in the metric's own unit, signed so that positive is always better (where less is better, they are negated).
"""

from __future__ import annotations

from overproof.results.arms import Arm, Calibration, Classes, Curve, Disagreement, ReliabilityBin, Role, Scaling, Spread
from overproof.results.comparisons import Attribution, Comparison, Control, Effect, Power, Verdict
from overproof.results.data import DataSummary, SplitSummary
from overproof.results.knowledge import ClassPair, InformativeRow, Knowledge, Values
from overproof.results.record import DIRECTION, Record
from overproof.results.result import SCHEMA, Leak, Measured, Result, Results, read

__all__ = [
    "DIRECTION",
    "SCHEMA",
    "Arm",
    "Attribution",
    "Calibration",
    "ClassPair",
    "Classes",
    "Comparison",
    "Control",
    "Curve",
    "DataSummary",
    "Disagreement",
    "Effect",
    "InformativeRow",
    "Knowledge",
    "Leak",
    "Measured",
    "Power",
    "Record",
    "ReliabilityBin",
    "Result",
    "Results",
    "Role",
    "Scaling",
    "SplitSummary",
    "Spread",
    "Values",
    "Verdict",
    "read",
]
