"""Sources that other packages bring. The packages are real: a module and its metadata in a folder on Python's path."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from overproof.errors import DataError, OverproofError, StudyError
from overproof.sources import plugins
from overproof.sources.catalogue import load
from overproof.study import Data

SOURCE = """
import numpy as np

def moons(data):
    rows = np.arange(20.0).reshape(10, 2) + (data.limit or 0)
    return rows, ["new", "full"] * 5

def table(data):
    import pandas
    return pandas.DataFrame({"a": [1, 2, 3, 4], "held": [0, 0, 0, 1], "y": ["u", "v", "u", "v"]})

def more(data):
    return np.ones((3, 2))

def broken(data):
    raise RuntimeError("the moon\\nis gone")

def refuses(data):
    from overproof.errors import DataError
    raise DataError("no moon tonight")

def path(data):
    return "rows.csv"

NUMBER = 5
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a package with its entry points where Python finds it."""

    def installed(package: str, source: str = SOURCE, **points: str) -> None:
        site = tmp_path / "site"
        metadata = site / f"{package}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = [f"{name} = {value}" for name, value in points.items()]
        (metadata / "entry_points.txt").write_text("\n".join([f"[{plugins.GROUP}]", *lines, ""]))
        (site / f"{package}.py").write_text(source)
        if str(site) not in sys.path:
            monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(sys.modules, package, raising=False)

    return installed


def test_a_plug_in_is_a_source(install: Install) -> None:
    install("lunar", moons="lunar:moons", moontable="lunar:table")
    assert {"moons", "moontable"} <= set(plugins.names())
    data = load(Data(source="moons"), 0)
    assert (data.name, data.classes, data.shape) == ("moons", ("full", "new"), (2,))
    assert np.bincount(load(Data(source="moons", limit=6), 0).labels).tolist() == [3, 3]
    pytest.importorskip("pandas")
    assert load(Data(source="moontable"), 0, test="held").part.tolist() == [0, 0, 0, 2]


def test_a_plug_in_brings_more_rows_and_test_rows(install: Install) -> None:
    install("lunar", moons="lunar:moons", stars="lunar:more")
    data = load(Data(source="moons", unlabelled="stars"), 0, test="moons")
    assert np.bincount(data.part).tolist() == [10, 3, 10]
    assert data.labels[10:13].tolist() == [-1, -1, -1]


def test_its_code_runs_only_when_it_is_named(install: Install) -> None:
    install("lunar", "raise SystemError('imported')", moons="lunar:moons")
    assert len(load(Data(source="digits"), 0)) == 1797
    with pytest.raises(StudyError) as caught:
        load(Data(source="moons"), 0)
    assert str(caught.value) == "data.source 'moons': the plug-in lunar:moons cannot be imported (imported)"


def test_a_name_that_nobody_knows_lists_those_that_are_known(install: Install) -> None:
    install("lunar", moons="lunar:moons")
    with pytest.raises(StudyError, match=r"did you mean 'moons'\? Known: digits, moons$"):
        load(Data(source="moon"), 0)


MESSAGES: list[tuple[str, OverproofError]] = [
    ("broken", DataError("data.source 'it': the plug-in lunar:broken failed (the moon is gone)")),
    ("refuses", DataError("no moon tonight")),
    ("path", DataError("it must return (inputs, labels), got str")),
    ("NUMBER", StudyError("data.source 'it': the plug-in lunar:NUMBER is no function (int)")),
    (
        "gone",
        StudyError(
            "data.source 'it': the plug-in lunar:gone cannot be imported (module 'lunar' has no attribute 'gone')"
        ),
    ),
]


@pytest.mark.parametrize(("function", "expected"), MESSAGES)
def test_what_is_refused(install: Install, function: str, expected: OverproofError) -> None:
    install("lunar", it=f"lunar:{function}")
    with pytest.raises(type(expected)) as caught:
        load(Data(source="it"), 0)
    assert str(caught.value) == str(expected)


def test_two_packages_with_one_name(install: Install) -> None:
    install("lunar", moons="lunar:moons")
    install("other", moons="other:moons")
    with pytest.raises(StudyError, match="'moons' is offered by lunar:moons and other:moons; uninstall one of them"):
        load(Data(source="moons"), 0)
