from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from torch import nn

from overproof.errors import ModelError, OverproofError, StudyError, UnsafeError
from overproof.models import imported


@pytest.mark.parametrize("error", [ValueError("a\nb"), KeyError("a"), AttributeError("a"), TypeError("a\nb")])
def test_whatever_a_function_raises_is_one_sentence(error: Exception) -> None:
    def build() -> nn.Module:
        raise error

    with pytest.raises(ModelError, match=r"mine cannot be (built|called)") as caught:
        imported.architecture("mine", build).fresh((2,), 2)
    assert "\n" not in str(caught.value)


def test_what_is_a_reference() -> None:
    assert all(map(imported.is_reference, ("a:b", "a.b.c:d", "_a1:_b2")))
    for name in ("cnn", "a:", ":b", "a:b:c", "a:b.c", "1a:b", "a b:c", "a:b\n", "os;x:y", "../a:b", "a/b:c", "C:\\x"):
        assert not imported.is_reference(name)


def test_without_trust_nothing_is_imported(tmp_path: Path, written: Callable[[str], str]) -> None:
    canary = tmp_path / "canary"
    name = written(f"open({str(canary)!r}, 'w').close()\ndef small(): ...\n")
    with pytest.raises(UnsafeError) as caught:
        imported.load(f"{name}:small", "student.model", trust=False)
    assert str(caught.value) == (
        f"student.model = '{name}:small' names code, and a study is not trusted to run code; "
        "read it, then pass --trust-study (trust_study=True in Python)"
    )
    assert name not in sys.modules
    assert not canary.exists()
    imported.load(f"{name}:small", "student.model", trust=True)
    assert canary.exists()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("missing", "student.model = '{name}:missing': module '{name}' has no function 'missing'"),
        ("number", "student.model = '{name}:number': module '{name}' has no function 'number'"),
    ],
)
def test_a_missing_function_is_named(written: Callable[[str], str], function: str, message: str) -> None:
    name = written("number = 3\n")
    with pytest.raises(StudyError) as caught:
        imported.load(f"{name}:{function}", "student.model", trust=True)
    assert str(caught.value) == message.format(name=name)


@pytest.mark.parametrize("module", ["no_such_module_anywhere", "json.no_such_part", "json."])
def test_a_missing_module_is_named(module: str) -> None:
    with pytest.raises(StudyError, match=re.escape(f"student.model = '{module}:f' cannot be imported: No module")):
        imported.load(f"{module}:f", "student.model", trust=True)


def test_a_module_that_needs_a_missing_one_is_refused(written: Callable[[str], str]) -> None:
    name = written("import no_such_module_anywhere\n")
    with pytest.raises(StudyError, match="No module named 'no_such_module_anywhere'"):
        imported.load(f"{name}:f", "student.model", trust=True)


def test_settings_are_what_the_function_is_called_with(written: Callable[[str], str]) -> None:
    name = written("from torch import nn\ndef small(width, depth=1):\n    return nn.Linear(width, depth)\n")
    function = imported.load(f"{name}:small", "student.model", trust=True)
    module = imported.architecture("small", function, {"width": 3, "depth": 2}).fresh((3,), 2, 0)
    assert isinstance(module, nn.Linear)
    assert (module.in_features, module.out_features) == (3, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (None, "small cannot be called with no settings: .*missing 1 required positional argument: 'width'"),
        ({"widht": 3}, r"small cannot be called with {'widht': 3}: .*unexpected keyword argument 'widht'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, int] | None, message: str) -> None:
    def small(width: int) -> nn.Module:
        return nn.Linear(width, 2)

    with pytest.raises(ModelError, match=message):
        imported.architecture("small", small, settings).fresh((3,), 2, 0)


def test_a_function_is_told_what_it_names() -> None:
    def of_classes(shape: tuple[int, ...], classes: int) -> nn.Module:
        return nn.Linear(shape[0], classes)

    def of_outputs(*, outputs: int, width: int = 3) -> nn.Module:
        return nn.Linear(width, outputs)

    def of_words(vocabulary: int, padding: int, classes: int) -> nn.Module:
        return nn.EmbeddingBag(vocabulary, classes, padding_idx=padding)

    class Made(nn.Linear):
        def __init__(self, shape: tuple[int, ...], classes: int = 9) -> None:
            super().__init__(shape[0], classes)

    def anything(**settings: int) -> nn.Module:
        assert not settings
        return nn.Identity()

    def fresh(function: Callable[..., nn.Module], **settings: int) -> str:
        return str(imported.architecture("it", function, settings, vocabulary=9, padding=1).fresh((5,), 2, 0))

    assert fresh(of_classes) == fresh(Made).replace("Made", "Linear") == str(nn.Linear(5, 2))
    assert fresh(of_outputs, width=7) == str(nn.Linear(7, 2))
    assert fresh(of_words) == str(nn.EmbeddingBag(9, 2, padding_idx=1))
    assert fresh(of_classes, classes=4) == str(nn.Linear(5, 4))  # what the user says goes before
    assert fresh(anything) == str(nn.Identity())
    with pytest.raises(ModelError, match=r"^it cannot be called with no settings: .*'vocabulary'"):
        imported.architecture("it", of_words).fresh((5,), 2, 0)  # rows are no texts


def test_a_function_written_in_c_is_told_nothing() -> None:
    with pytest.raises(OverproofError, match=r"^dict returned dict, expected a torch.nn.Module$"):
        imported.architecture("dict", dict).fresh((3,), 2, 0)


@pytest.mark.parametrize("returned", [None, 3, nn.Linear])
def test_a_function_must_return_a_module(returned: object) -> None:
    with pytest.raises(OverproofError, match=r"^small returned \w+, expected a torch.nn.Module$"):
        imported.architecture("small", lambda: returned).fresh((3,), 2, 0)
