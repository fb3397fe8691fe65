from __future__ import annotations

import re
from pathlib import Path

import pytest

import overproof.doctor
from overproof.doctor.finding import Finding

CHECKS = sorted(path for path in Path(overproof.doctor.__path__[0]).glob("*.py") if path.stem != "finding")


def test_a_finding_reads_as_two_sentences() -> None:
    assert str(Finding("a", "error", "It is 3.", "Make it 2.")) == "It is 3. Make it 2."


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_a_check_names_itself(path: Path) -> None:
    named = set(re.findall(r'(?:Finding|Unchecked)\(\s*"([^"]+)"', path.read_text("utf-8")))
    assert named <= {path.stem.replace("_", " ")}
