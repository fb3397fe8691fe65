"""The main job on real rows: what the results say, and that nothing but the study has a say in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save, save_file
from torch import nn

from overproof import study_file
from overproof.data.dataset import limited
from overproof.errors import ModelError, OutputError, StudyError
from overproof.methods.kd import KD
from overproof.progress import Watcher
from overproof.sources.digits import load as digits
from overproof.study import Study
from overproof.targets.codecs import Dense
from overproof.targets.reading import Targets
from overproof.targets.store import Entry

Compared = Callable[..., Any]


def result_bytes(folder: Path) -> bytes:
    """The part of results.json that the study alone decides."""
    return json.dumps(json.loads((folder / "results.json").read_bytes())["result"], sort_keys=True).encode()


def weights_of(folder: Path, arm: str) -> list[bytes]:
    """The committed weights of an arm's members, split by split, wherever their cohorts keep them."""
    members = [each for each in json.loads((folder / "members.json").read_bytes()) if each["arm"] == arm]
    states = {each["cohort"]: load_file(folder / "train" / each["cohort"] / "weights.safetensors") for each in members}
    return [save({name: tensor[each["row"]] for name, tensor in states[each["cohort"]].items()}) for each in members]


def recorded_logits(folder: Path) -> NDArray[np.float32]:
    """What the store keeps of the only teacher."""
    key = json.loads((folder / "record" / "teacher" / "store.json").read_bytes())["key"]
    return Targets(Entry(key), (10,), Dense("float32")).whole()


def test_three_arms_are_trained_and_compared(compared: Compared) -> None:
    found = compared()
    assert [arm.role for arm in found.result.arms] == ["teacher", "simple", "student"]
    assert {path.name for path in found.folder.iterdir()} >= {"results.json", "report.html", "study.toml"}
    assert found.verdict == found.result.comparisons[0].sentence
    assert found.result.leak == "none"
    for arm in found.result.arms:
        assert len(arm.scores["accuracy"].values) == len(found.result.splits) == 3
        assert arm.scores["accuracy"].mean > 0.12  # ten classes; nobody is at chance
        assert len(arm.curves) == 3


def test_the_resolved_study_is_written_and_runs_again(compared: Compared, tmp_path: Path) -> None:
    first = compared()
    written = first.folder / "study.toml"
    assert "temperature = 4.0" in written.read_text()
    values = study_file.read(written)
    again = compared(study=Study.model_validate(values), out="again")
    assert result_bytes(first.folder) == result_bytes(again.folder)


def test_alpha_zero_is_simple_bit_for_bit(compared: Compared) -> None:
    found = compared("method.alpha=0.0", "student.dropout=0.2")
    assert weights_of(found.folder, "student") == weights_of(found.folder, "simple") != []
    student, simple = found.arm("student"), found.arm("simple")
    assert student.scores == simple.scores
    assert found.result.comparisons[0].differences.values == [0.0] * 3


def test_alpha_zero_is_simple_even_with_transfer_rows_and_batch_norm(compared: Compared) -> None:
    def student() -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 10))

    found = compared(
        "data.limit=200",
        data="digits",
        teacher={"model": "mlp", "width": 16, "training": {"epochs": 1}},
        student={"model": student, "training": {"epochs": 2}},
        method={"alpha": 0.0},
        protocol={"folds": 2, "student_rows": 0.3, "transfer": "train"},
    )
    assert weights_of(found.folder, "student") == weights_of(found.folder, "simple") != []


def test_alpha_above_zero_is_not_simple(compared: Compared) -> None:
    found = compared("method.alpha=0.01")
    assert weights_of(found.folder, "student") != weights_of(found.folder, "simple")


@pytest.mark.parametrize("setting", ["protocol.transfer=train", "protocol.validation=0.3", "method.temperature=1.0"])
def test_a_setting_changes_the_student_and_not_simple(compared: Compared, setting: str) -> None:
    base, other = compared(out="base"), compared(setting, out="other")
    assert weights_of(base.folder, "student") != weights_of(other.folder, "student")
    changes_rows = setting.startswith("protocol.validation")
    assert (weights_of(base.folder, "simple") != weights_of(other.folder, "simple")) == changes_rows


def test_same_study_same_bytes_and_another_seed_others(compared: Compared) -> None:
    first, second, other = compared(), compared(out="second"), compared("protocol.seed=1", out="other")
    assert result_bytes(first.folder) == result_bytes(second.folder) != result_bytes(other.folder)
    assert (first.folder / "study.toml").read_bytes() == (second.folder / "study.toml").read_bytes()


def test_a_complete_run_is_read_and_not_repeated(compared: Compared) -> None:
    first = compared()
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*") if path.is_file()}
    again = compared()
    after = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*") if path.is_file()}
    assert again.result == first.result
    assert before == after


def test_another_study_is_refused_in_the_same_folder(compared: Compared) -> None:
    first = compared()
    with pytest.raises(OutputError, match=r"another study \(protocol\.seed: 0 there, 1 here\)"):
        compared("protocol.seed=1")
    assert result_bytes(first.folder)


def test_a_damaged_job_is_done_again(compared: Compared) -> None:
    first = compared()
    wanted = result_bytes(first.folder)
    weights = next((first.folder / "train").glob("*/weights.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    (first.folder / "results.json").unlink()
    again = compared()
    assert result_bytes(again.folder) == wanted


def test_a_teacher_trained_on_all_rows_is_marked(compared: Compared) -> None:
    found = compared("protocol.teacher_rows=all")
    assert found.result.leak == "leaking"
    assert any("too good to be true" in note for note in found.result.notes)
    assert len(list((found.folder / "teach").iterdir())) == 1
    assert "leaking" in (found.folder / "report.html").read_text()


def test_a_teacher_brought_with_weights_is_not_trained(compared: Compared, tmp_path: Path) -> None:
    teacher = nn.Sequential(
        nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.0), nn.Linear(32, 32), nn.ReLU(), nn.Dropout(0.0),
        nn.Linear(32, 10),
    )  # fmt: skip
    path = tmp_path / "teacher.safetensors"
    save_file(teacher.state_dict(), path)
    found = compared(f"teacher.weights={path}", "run.executor=processes")
    assert found.result.leak == "unknown"
    assert found.arm("teacher").curves == []
    assert not (found.folder / "teach").exists()
    recorded = recorded_logits(found.folder)
    with torch.no_grad():
        wanted = teacher(torch.from_numpy(limited(digits(), 300, seed=0).inputs)).numpy()
    np.testing.assert_allclose(recorded, wanted, atol=1e-5)


def test_live_objects(compared: Compared) -> None:
    rows = digits()
    teacher = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 10))
    before = {name: tensor.clone() for name, tensor in teacher.state_dict().items()}
    found = compared(
        data=(rows.inputs[:300], rows.labels[:300]),
        teacher=teacher,
        student={"model": lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), "training": {"epochs": 2}},
        method=[KD(alpha=0.5), {"name": "kd", "arm": "warm", "temperature": 8.0}],
        protocol={"folds": 2},
    )
    assert [arm.name for arm in found.result.arms] == ["teacher", "simple", "kd", "warm"]
    assert found.arm("kd").method == "kd(alpha=0.5, temperature=4)"
    assert teacher.training  # its mode is given back
    assert all(torch.equal(before[name], tensor) for name, tensor in teacher.state_dict().items())
    logits = recorded_logits(found.folder)
    with torch.no_grad():
        wanted = teacher.eval()(torch.from_numpy(rows.inputs[:300])).numpy()
    np.testing.assert_allclose(logits, wanted, atol=1e-5)


def test_a_live_teacher_does_not_keep_workers_away(compared: Compared) -> None:
    said: list[str] = []

    class Listener(Watcher):
        def say(self, line: str) -> None:
            said.append(line)

    teacher = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    student = {"model": "mlp", "width": 4, "training": {"epochs": 1}}
    given = {"data": "digits", "teacher": teacher, "student": student, "protocol": {"folds": 2}}
    here = compared("data.limit=200", "run.executor=in-process", out="here", **given)
    there = compared("data.limit=200", "run.executor=processes", out="there", watcher=Listener(), **given)
    assert result_bytes(here.folder) == result_bytes(there.folder)
    assert not any("in this process" in line for line in said)  # what it says is the doctor's: the teacher is at chance


def test_the_last_bits_of_a_live_teacher_make_another_run(compared: Compared) -> None:
    rows, teacher = digits(), nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    given = {
        "data": (rows.inputs[:200], rows.labels[:200]),
        "student": {"model": "mlp", "width": 4, "training": {"epochs": 1}},
        "protocol": {"folds": 2},
    }
    compared(teacher=teacher, **given)
    with torch.no_grad():
        teacher[1].bias[0] += 1e-6  # type: ignore[index, operator]
    with pytest.raises(OutputError, match="teacher"):
        compared(teacher=teacher, **given)


def test_a_teacher_with_the_wrong_number_of_outputs_is_refused(compared: Compared, tmp_path: Path) -> None:
    rows = digits()
    given = {"student": {"model": "mlp", "width": 4}, "protocol": {"folds": 2}}
    with pytest.raises(ModelError, match=r"teacher returned shape \(2, 9\), expected \(2, 10\)"):
        compared(data=(rows.inputs, rows.labels), teacher=nn.Sequential(nn.Flatten(), nn.Linear(64, 9)), **given)
    assert not (tmp_path / "run").exists()


def test_a_student_given_as_a_module_is_refused(compared: Compared) -> None:
    rows = digits()
    with pytest.raises(ModelError, match="give a function that returns a fresh one"):
        compared(data=(rows.inputs, rows.labels), teacher="mlp", student=nn.Linear(1, 1))


def test_a_live_teacher_is_not_trained_on_all_rows(compared: Compared) -> None:
    rows = digits()
    with pytest.raises(StudyError, match="teacher_rows"):
        compared(
            data=(rows.inputs, rows.labels),
            teacher=nn.Sequential(nn.Flatten(), nn.Linear(64, 10)),
            student="mlp",
            protocol={"teacher_rows": "all"},
        )


def test_labels_without_signal_leave_everyone_at_chance(compared: Compared) -> None:
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((600, 16)).astype(np.float32)
    labels = np.repeat(np.arange(2), 300)
    small = {"width": 8, "training": {"epochs": 5}}
    found = compared(
        data=(inputs, labels),
        teacher={"model": "mlp", **small},
        student={"model": "mlp", **small},
        protocol={"folds": 5, "repeats": 2},
    )
    for arm in found.result.arms:
        assert abs(arm.scores["accuracy"].mean - 0.5) < 4 * np.sqrt(0.25 / 600)


def test_a_function_that_hands_out_the_same_module_is_refused(compared: Compared, tmp_path: Path) -> None:
    rows, shared = digits(), nn.Linear(64, 10)
    given = {"data": (rows.inputs, rows.labels), "protocol": {"folds": 2}}
    with pytest.raises(ModelError, match=r"^student: .* must return a fresh module at each call"):
        compared(teacher="mlp", student=lambda: nn.Sequential(nn.Flatten(), shared), **given)
    with pytest.raises(ModelError, match=r"^teacher: .* must return a fresh module at each call"):
        compared(teacher=lambda: nn.Sequential(nn.Flatten(), shared), student="mlp", **given)
    assert not (tmp_path / "run").exists()


def test_initial_weights_may_come_from_numpy_but_not_from_nowhere(compared: Compared) -> None:
    def drawn(weight: Any) -> nn.Module:
        layer = nn.Linear(64, 10)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.astype(np.float32)))
        return nn.Sequential(nn.Flatten(), layer)

    given = {"data": "digits", "teacher": "mlp", "method": {"alpha": 0.0}, "protocol": {"folds": 2}}
    quick = ["data.limit=200", "teacher.training.epochs=1", "student.training.epochs=1", "run.cohorts=separate"]
    found = compared(*quick, student=lambda: drawn(np.random.standard_normal((10, 64))), **given)
    assert weights_of(found.folder, "student") == weights_of(found.folder, "simple") != []
    generator = np.random.default_rng(0)
    with pytest.raises(ModelError, match="two different modules from one seed"):
        compared(*quick, student=lambda: drawn(generator.standard_normal((10, 64))), out="other", **given)


def test_keys_beside_a_live_teacher_are_not_swallowed(compared: Compared) -> None:
    teacher = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    for table, says in (
        ({"weights": "x"}, "teacher.weights has no meaning"),
        ({"leek": "none"}, "did you mean 'leak'"),
    ):
        with pytest.raises(StudyError, match=says):
            compared(data="digits", teacher={"model": teacher, **table}, student="mlp")


def test_a_run_of_another_version_is_not_continued(compared: Compared, monkeypatch: pytest.MonkeyPatch) -> None:
    compared()
    monkeypatch.setattr(torch, "__version__", "9.9.9")
    with pytest.raises(OutputError, match=r"software\.torch"):
        compared()
