from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import overproof as op
from overproof.cli import main
from overproof.errors import OutputError, StudyError
from tests.doctor.patients import STUDENT, Best, rows

STUDY = """
[data]
source = "digits"
limit = 300

[teacher]
model = "mlp"
width = 64
training.epochs = 40
training.learning_rate = 0.01

[student]
model = "mlp"
width = 8
training.epochs = 40
training.learning_rate = 0.01

[protocol]
folds = 3
"""


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path / "study.toml"


def test_it_takes_what_compare_takes() -> None:
    found = op.check(data=rows(), teacher=Best(), student=STUDENT, protocol={"folds": 4})
    assert list(found) == []
    assert "class order" in found.checked
    assert "memorising" in found.unchecked
    found = op.check(data=rows(), teacher=nn.Sequential(Best(), nn.Softmax(dim=-1)), student=STUDENT)
    assert [each.check for each in found if each.severity == "error"] == ["logits"]


def test_what_compare_refuses_is_refused() -> None:
    with pytest.raises(StudyError, match="did you mean 'folds'"):
        op.check(settings=["protocol.fold=3"])


def test_nothing_is_written_and_a_run_is_looked_at(study: Path) -> None:
    before = sorted(study.parent.rglob("*"))
    assert not any(each.severity == "error" for each in op.check(study))
    assert sorted(study.parent.rglob("*")) == before
    op.compare(study)  # into the default folder, where check finds it
    assert "stored answers" in op.check(study).checked
    with pytest.raises(OutputError, match="run of another study"):
        op.check(study, settings=["protocol.seed=1"], out=next((study.parent / "runs").iterdir()))


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], 0, "no findings"),
        (["--set", "method.alpha=0"], 0, "warning (settings): student has alpha = 0"),
        (["--set", "teacher.weights=broken.safetensors"], 1, "error (logits): The teacher gives the same logits"),
    ],
)
def test_the_exit_code_is_one_with_an_error(
    study: Path, words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from safetensors.torch import save_file

    from overproof.models.mlp import MLP

    module = MLP(width=64).build((1, 8, 8), 10)
    save_file({name: torch.zeros_like(tensor) for name, tensor in module.state_dict().items()}, "broken.safetensors")
    with pytest.raises(SystemExit) as ended:
        main(["check", str(study), *words])
    said = capsys.readouterr()
    assert ended.value.code == code, said
    assert says in " ".join(said.out.split())
    assert "checked: settings" in said.out
    assert said.err == ""


def test_a_module_is_run_only_with_trust(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    (study.parent / "checked.py").write_text(
        "from torch import nn\ndef build(width):\n    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))\n"
    )
    for words, code in (([], 77), (["--trust-study"], 0)):
        with pytest.raises(SystemExit) as ended:
            main(["check", str(study), "--set", "student.model=checked:build", *words])
        assert ended.value.code == code
