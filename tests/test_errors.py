from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import overproof
from overproof import errors
from overproof.errors import OverproofError, nearest

CLASSES = [OverproofError, *OverproofError.__subclasses__()]


def drawn() -> dict[str, int]:
    """The classes and exit codes of the tree in the module's docstring."""
    tree = re.findall(r"^ *(?:[├└]── )?(\w+Error) +(\d+)  ", errors.__doc__ or "", flags=re.MULTILINE)
    return {name: int(code) for name, code in tree}


def test_the_tree_is_drawn_as_it_is() -> None:
    declared = {name: value for name, value in vars(errors).items() if isinstance(value, type)}
    assert drawn() == {name: kind.exit_code for name, kind in declared.items() if issubclass(kind, OverproofError)}


def errors_in(source: str) -> list[str]:
    """Classes that a module defines and that are errors by name or by descent."""
    classes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    return [
        node.name
        for node in classes
        if any(name.endswith("Error") or name == "Exception" for name in (node.name, *map(ast.unparse, node.bases)))
    ]


def test_no_error_lives_elsewhere() -> None:
    package = Path(overproof.__path__[0])
    found = {path.name: errors_in(path.read_text("utf-8")) for path in package.rglob("*.py")}
    assert [name for name, classes in found.items() if classes] == ["errors.py"]
    assert errors_in("class Trouble(errors.DataError): ...\nclass MyError: ...\nclass Fine: ...") == [
        "Trouble",
        "MyError",
    ]


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.StudyError, ValueError),
        (errors.DataError, ValueError),
        (errors.ModelError, ValueError),
        (errors.TrainingError, ArithmeticError),
        (errors.MissingInputError, FileNotFoundError),
        (errors.MissingExtraError, ImportError),
        (errors.OutputError, OSError),
        (errors.StorageError, OSError),
        (errors.UnsafeError, PermissionError),
    ],
)
def test_an_error_goes_by_its_built_in_name(kind: type[Exception], builtin: type[Exception]) -> None:
    with pytest.raises(builtin):
        raise kind("what, where")


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_an_error_says_its_sentence(kind: type[OverproofError]) -> None:
    assert str(kind("data.csv line 317 has 5 fields")) == "data.csv line 317 has 5 fields"
    assert kind.__doc__
    assert 0 < kind.exit_code < 128  # above are the codes of signals


def test_the_nearest_name_comes_first_and_all_names_are_listed() -> None:
    known = ["temperature", "alpha", "name"]
    assert nearest("temprature", known) == "did you mean 'temperature'? Known: alpha, name, temperature"
    assert nearest("Alpha", iter(known)) == "did you mean 'alpha'? Known: alpha, name, temperature"
    assert nearest("zzz", known) == "known: alpha, name, temperature"
    assert nearest("", []) == "known: "
