"""The final fit: who learns from which rows, what is kept, and that it can be taken up again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor, nn

from overproof import KD, compare, distill, storage
from overproof.errors import OutputError, OverproofError, StudyError
from overproof.models import weights
from overproof.models.columns import Encoding, TableFront
from overproof.models.fitted import Fitted, Unit
from overproof.models.mlp import MLP
from overproof.progress import Watcher
from overproof.targets.store import entries
from overproof.verbs.distill import DESCRIPTION, WEIGHTS

SMALL: dict[str, Any] = {"model": "mlp", "width": 8, "training": {"epochs": 3}}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(count: int = 120) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows of two classes, and their labels."""
    inputs, labels = load_breast_cancer(return_X_y=True)
    return inputs[:count], labels[:count]


class Told(Watcher):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.jobs: list[str] = []
        self.lines: list[str] = []

    def finished(self, job: str) -> None:
        """Note it."""
        self.jobs.append(job)

    def say(self, line: str) -> None:
        """Note it."""
        self.lines.append(line)


def test_one_student_is_trained_and_nothing_else() -> None:
    told = Told()
    made = distill(
        data=rows(), teacher=LogisticRegression(), student=SMALL, method=["kd", "label-smoothing"], watcher=told
    )
    assert told.jobs == ["teach/teacher-r0-f0", "record/teacher-r0-f0", "train/kd-0"]
    assert made.folder.parent == Path("runs")
    assert made.folder.name.endswith("-final")
    assert (made.task, made.classes) == ("binary", ("0", "1"))
    assert not made.student.training
    assert [len(made.history[name]) for name in ("hard", "soft", "validation")] == [3, 3, 3]
    assert made.history["best_epoch"] in range(3)


def test_everybody_learns_from_every_labelled_row() -> None:
    inputs, labels = rows()
    seen: list[set[bytes]] = []

    class Watched(KNeighborsClassifier):  # type: ignore[misc]
        def fit(self, X: NDArray[Any], y: Any) -> Any:  # noqa: N803
            seen.append({row.tobytes() for row in np.unique(X, axis=0)})
            return super().fit(X, y)

    made = distill(data=(inputs, labels), teacher=Watched(3), student=SMALL, protocol={"validation": 0.25}, out="run")
    assert len(seen) == 6  # of all rows, and of five times four fifths of them
    assert [len(each) for each in seen] == [120, *[96] * 5]
    # the front of the student was fitted on its training rows: all but its validation rows
    front = made.student.get_submodule("front")
    assert isinstance(front, TableFront)
    numbers = inputs.astype(np.float32)
    assert not np.allclose(front.centre, numbers.mean(axis=0), rtol=1e-6)
    whole = distill(data=(inputs, labels), teacher=Watched(3), student=SMALL, protocol={"validation": 0.0}, out="all")
    front = whole.student.get_submodule("front")
    assert isinstance(front, TableFront)
    np.testing.assert_allclose(front.centre, numbers.mean(axis=0, dtype=np.float64), rtol=1e-6)
    assert whole.history["validation"] == []
    assert whole.history["best_epoch"] == 2


def test_folds_and_few_rows_do_not_matter() -> None:
    inputs, _ = rows(6)
    with pytest.raises(OverproofError, match="folds need"):
        compare(data=(inputs, [0, 0, 0, 0, 1, 0]), teacher=LogisticRegression(), student=SMALL)
    made = distill(data=(inputs, [0, 0, 0, 0, 1, 0]), teacher=LogisticRegression(), student=SMALL, out="run")
    assert made.classes == ("0", "1")


def test_a_teacher_of_all_rows_is_no_other_than_that_of_the_training_rows() -> None:
    tables: dict[str, Any] = {"data": rows(), "teacher": KNeighborsClassifier(3), "student": SMALL}
    one = distill(**tables, out="one").student.state_dict()
    other = distill(**tables, protocol={"teacher_rows": "all"}, out="other").student.state_dict()
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_rows_of_an_official_test_set_stay_out() -> None:
    pandas = pytest.importorskip("pandas")
    inputs, labels = rows()
    frame = pandas.DataFrame(inputs).add_prefix("c").assign(label=labels, test=np.arange(120) % 4 == 0)
    tables: dict[str, Any] = {"teacher": KNeighborsClassifier(3), "student": SMALL}
    one = distill(data=frame, **tables, protocol={"test": "test", "repeats": 5, "teacher_rows": "all"}, out="one")
    frame.loc[frame["test"], "c0"] = 1e6
    other = distill(data=frame, **tables, protocol={"test": "test", "repeats": 5, "teacher_rows": "all"}, out="other")
    state = other.student.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in one.student.state_dict().items())


def test_a_teacher_is_not_asked_where_nobody_listens() -> None:
    told = Told()
    distill(data=rows(), teacher=LogisticRegression(), student=SMALL, method="simple", watcher=told)
    assert told.jobs == ["train/simple-0"]


def test_alpha_zero_is_the_simple_student() -> None:
    made = [
        distill(data=rows(), teacher=LogisticRegression(), student=SMALL, method=method, out=f"run-{place}")
        for place, method in enumerate(("simple", KD(alpha=0.0)))
    ]
    one, two = (each.student.state_dict() for each in made)
    assert all(torch.equal(tensor, two[name]) for name, tensor in one.items())


def test_it_is_read_where_it_is_complete_and_taken_up_where_it_is_not() -> None:
    def made(watcher: Watcher | None = None) -> dict[str, Tensor]:
        found = distill(data=rows(), teacher=LogisticRegression(), student=SMALL, out="run", watcher=watcher)
        return found.student.state_dict()

    def same(state: dict[str, Tensor]) -> bool:
        return all(torch.equal(tensor, first[name]) for name, tensor in state.items())

    first, told = made(), Told()
    assert same(made(told))
    assert told.jobs == []
    assert told.lines == ["run is complete; nothing to compute"]

    Path("run", DESCRIPTION).unlink()
    told = Told()
    assert same(made(told))
    assert told.jobs == []
    assert told.lines == []

    data = bytearray(Path("run", WEIGHTS).read_bytes())
    data[-1] ^= 1
    Path("run", WEIGHTS).write_bytes(data)
    Path("run/train/kd-0/manifest.json").unlink()
    told = Told()
    assert same(made(told))
    assert told.jobs == ["train/kd-0"]
    assert storage.digest(Path("run", WEIGHTS).read_bytes()) == _description("run")["weights"]
    assert len(entries()) == 1


def test_a_comparison_is_another_run() -> None:
    tables: dict[str, Any] = {"data": rows(), "teacher": LogisticRegression(), "student": SMALL}
    compared = compare(**tables, protocol={"folds": 2}, settings=["run.executor=in-process"])
    final = distill(**tables, protocol={"folds": 2}, settings=["run.executor=in-process"])
    assert final.folder.name == f"{compared.folder.name}-final"
    with pytest.raises(OutputError, match="is a run of another study"):
        distill(**tables, protocol={"folds": 2}, settings=["run.executor=in-process"], out=compared.folder)
    with pytest.raises(OutputError, match="is a run of another study"):
        compare(**tables, protocol={"folds": 2}, settings=["run.executor=in-process"], out=final.folder)


def test_unlabelled_rows_are_learnt_from() -> None:
    inputs, labels = rows()
    np.savez("more.npz", inputs=load_breast_cancer(return_X_y=True)[0][120:])
    tables: dict[str, Any] = {"teacher": LogisticRegression(), "student": SMALL}
    alone = distill(data=(inputs, labels), **tables, out="alone")
    more = distill(data=(inputs, labels), **tables, settings=["data.unlabelled=more.npz"], out="more")
    assert any(
        not torch.equal(tensor, alone.student.state_dict()[name]) for name, tensor in more.student.state_dict().items()
    )


def test_what_is_kept_is_enough_to_build_it_again() -> None:
    pandas = pytest.importorskip("pandas")
    inputs, values = load_diabetes(return_X_y=True)
    frame = pandas.DataFrame(inputs[:, :3], columns=["age", "sex", "bmi"])
    frame["sex"] = np.where(frame["sex"] > 0, "f", "m")
    frame.loc[::9, "age"] = np.nan
    made = distill(data=(frame, values), teacher=Ridge(), student=SMALL, out="run")
    about = _description("run")
    assert about["columns"] == [["age", None], ["sex", ["f", "m"]], ["bmi", None]]
    assert (about["task"], about["classes"], about["model"]) == ("regression", ["value"], "mlp")

    around = about["around"]
    parts = {name: tuple(map(_tupled, places)) for name, places in around["encoding"].items()}
    encoding = Encoding(**parts)
    body = MLP(**about["settings"]).build((encoding.width,), len(about["classes"]))
    module = Fitted(
        TableFront(encoding), body, Unit(len(about["classes"])) if around["unit"] else None, pair=around["pair"]
    )
    module.load_state_dict(weights.load(Path("run", WEIGHTS)))
    module.eval()
    asked = torch.tensor([[0.05, 1.0, -0.01], [float("nan"), 0.0, 0.03]])
    assert torch.equal(module(asked), made.student(asked))
    assert (module(asked) > 50).all()


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def test_it_can_teach() -> None:
    teacher = distill(data=rows(), teacher=LogisticRegression(), student=SMALL, out="run")
    brought = {"model": "mlp", "width": 8, "weights": str(teacher.folder / WEIGHTS)}
    again = distill(data=rows(), teacher=brought, student=SMALL, out="again")
    live = distill(data=rows(), teacher=teacher.student, student=SMALL, out="live")
    one, two = again.student.state_dict(), live.student.state_dict()
    assert all(torch.equal(tensor, two[name]) for name, tensor in one.items())


def test_images_and_several_values_are_students_work_too() -> None:
    image = distill(data="digits", teacher=SMALL, student=SMALL, settings=["data.limit=100"], out="image")
    assert image.student(torch.zeros(2, 1, 8, 8)).shape == (2, 10)
    assert _description("image")["columns"] is None
    assert _description("image")["around"] is None
    inputs, values = load_diabetes(return_X_y=True)
    several = distill(data=(inputs, np.stack((values, -values), 1)), teacher=Ridge(), student=SMALL, out="several")
    assert several.classes == ("value 0", "value 1")
    assert several.student(torch.zeros(3, 10)).shape == (3, 2)


def test_what_cannot_be_is_refused_before_anything_is_written() -> None:
    with pytest.raises(StudyError, match="did you mean 'mlp'"):
        distill(data=rows(), teacher=LogisticRegression(), student="mpl")
    assert not Path("runs").exists()


def test_a_module_that_is_brought_is_asked() -> None:
    inputs, labels = rows()
    teacher = nn.Linear(30, 2)
    before = {name: tensor.clone() for name, tensor in teacher.state_dict().items()}
    distill(data=(inputs, labels), teacher=teacher, student=SMALL, out="run")
    assert all(torch.equal(tensor, before[name]) for name, tensor in teacher.state_dict().items())


def _description(folder: str) -> Any:
    return json.loads(Path(folder, DESCRIPTION).read_text("utf-8"))
