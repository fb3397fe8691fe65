from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import overproof.methods
from overproof import study, study_file
from overproof.errors import StudyError
from overproof.methods.catalogue import catalogue, check, method
from overproof.methods.kd import KD
from overproof.methods.label_smoothing import LabelSmoothing
from overproof.methods.simple import Simple
from overproof.tasks.catalogue import TASKS
from tests.methods.shipped import SHIPPED


def table(**values: Any) -> study.Method:
    return study.Method.model_validate(values)


def test_it_finds_every_file_of_the_folder() -> None:
    folder = Path(overproof.methods.__path__[0])
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "catalogue", "method"}
    modules = {kind.__module__ for kind in catalogue().values() if kind.__module__.startswith("overproof.methods.")}
    assert {module.rpartition(".")[2] for module in modules} == files
    assert (catalogue()["kd"], catalogue()["simple"]) == (KD, Simple)
    assert all(kind.name == name for name, kind in catalogue().items())


NEW = '''
from dataclasses import dataclass
from overproof.methods.method import Method

@dataclass(frozen=True, kw_only=True)
class New(Method, name="new"):
    """A method in a file of its own."""

    strength: float = 2.0

    def loss(self, student, teacher, labels):
        return {}
'''


def test_a_new_file_is_all_it_takes(tmp_path: Path) -> None:
    # in a process of its own: a class cannot be taken out of the catalogue again
    (tmp_path / "new.py").write_text(NEW, "utf-8")
    program = (
        "import sys, overproof.methods; overproof.methods.__path__.append(sys.argv[1])\n"
        "from overproof import study; from overproof.methods.catalogue import catalogue, method\n"
        "print(*sorted(catalogue()), method(study.Method(name='new', strength=3)))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [*sorted([*SHIPPED, "new"]), "new(strength=3)"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "kdd"}, "method.name = 'kdd' is not a method; did you mean 'kd'? Known: KNOWN"),
        ({"name": "zzz"}, "method.name = 'zzz' is not a method; known: KNOWN"),
        (
            {"temprature": 2.0},
            "[method] has no key 'temprature'; did you mean 'temperature'? Known: alpha, arm, name, temperature",
        ),
        ({"nmae": "kd"}, "[method] has no key 'nmae'; did you mean 'name'? Known: alpha, arm, name, temperature"),
        ({"name": "simple", "alpha": 0.5}, "[method] has no key 'alpha'; known: arm, name"),
        ({"alpha": 1.5}, "method.alpha must be at most 1, got 1.5"),
        ({"alpha": -0.1}, "method.alpha must be at least 0, got -0.1"),
        ({"alpha": "0.5"}, "method.alpha must be a number, got '0.5'"),
        ({"alpha": True}, "method.alpha must be a number, got true"),
        ({"temperature": 0}, "method.temperature must be greater than 0, got 0"),
    ],
)
def test_what_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError) as caught:
        method(table(**values))
    assert str(caught.value) == message.replace("KNOWN", ", ".join(sorted(catalogue())))


def test_settings_reach_the_method() -> None:
    assert method(table()) == KD()
    assert method(table(alpha=1, temperature=2)) == KD(alpha=1.0, temperature=2.0)
    assert method(table(name="simple", arm="plain")) == Simple()


LIVE = '''
from dataclasses import dataclass
from overproof import study
from overproof.errors import StudyError
from overproof.methods.catalogue import catalogue, method
from overproof.methods.kd import KD
from overproof.methods.method import Method

print(len(catalogue()) > 1)  # looked into before the methods below exist

@dataclass(frozen=True, kw_only=True)
class Mine(KD, name="mine"):
    strength: float = 1.0

print(method(study.Method(name="mine", alpha=0.5, strength=2)))

@dataclass(frozen=True, kw_only=True)
class Mine(KD, name="mine"):  # the cell was run again
    strength: float = 3.0

print(method(study.Method(name="mine")))

@dataclass(frozen=True, kw_only=True)
class Other(KD, name="kd"):
    """A method that wants to be another."""

try:
    catalogue()
except StudyError as error:
    print(error)
'''


def test_a_method_of_the_users_own_is_found_whenever_it_is_defined() -> None:
    done = subprocess.run([sys.executable, "-c", LIVE], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "True",
        "mine(alpha=0.5, temperature=4, strength=2)",
        "mine(alpha=0.9, temperature=4, strength=3)",
        "overproof.methods.kd.KD and __main__.Other are both methods called 'kd'; rename one",
    ]


def test_a_method_is_refused_where_the_task_is_not_its_own() -> None:
    for task in TASKS.values():
        check(KD(), task, 2)
        check(Simple(), task, 2)
    for name in ("multiclass", "binary", "multilabel"):
        check(LabelSmoothing(), TASKS[name], 2)
    with pytest.raises(StudyError) as caught:
        check(LabelSmoothing(), TASKS["regression"], 1)
    others = sorted(name for name, kind in catalogue().items() if "regression" in kind.tasks)
    assert {"kd", "simple"} <= {*others}
    assert str(caught.value) == (
        "method.name = 'label-smoothing' is for binary, multiclass, multilabel, and this task is regression; "
        f"methods for it: {', '.join(others)}"
    )


def test_a_method_that_needs_more_classes_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KD, "fewest_classes", 3)
    check(KD(), TASKS["multiclass"], 3)
    check(KD(), TASKS["multilabel"], 1)  # labels are no classes
    with pytest.raises(StudyError, match="'kd' needs at least 3 classes, and there are 2"):
        check(KD(), TASKS["binary"], 2)


@given(st.floats(0, 1), st.floats(0, 1e6, exclude_min=True))
def test_settings_survive_toml(alpha: float, temperature: float) -> None:
    wanted = KD(alpha=alpha, temperature=temperature)
    tables = {**study_file.default(), "method": {"name": wanted.name, **wanted.settings}}
    text = study_file.written(study_file.checked(tables))
    found = study_file.checked(tomllib.loads(text)).methods[0]
    assert method(found) == wanted
